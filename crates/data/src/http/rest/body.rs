//! Bodies of requests: a resource, or what a relationship leads to.

use hallpass_sql::calendar;
use serde_json::{Map, Value as Json};

use super::problem::{Code, Problem};
use crate::args::ArgValue;
use crate::args::parse::whole;
use crate::http::json::{self, Document};
use crate::http::meta;

/// What a body says of a resource.
#[derive(Debug, Clone, Default)]
pub(super) struct Payload {
    /// What it calls its type.
    pub(super) type_name: String,
    pub(super) id: Option<String>,
    pub(super) attributes: Vec<(String, ArgValue)>,
    pub(super) relationships: Vec<(String, Linkage)>,
}

/// What a relationship leads to, or is to lead to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Linkage {
    Nothing,
    One(Identifier),
    Many(Vec<Identifier>),
}

/// `{type, id}`
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Identifier {
    pub(super) type_name: String,
    pub(super) id: String,
}

/// What a body says of how to write it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Purpose {
    Create,
    /// `meta: {operation: "upsert", matchFields: […]}`
    Upsert(Vec<String>),
}

/// A body, parted.
pub(super) struct Body {
    data: ArgValue,
    meta: Map<String, Json>,
}

impl Body {
    pub(super) fn read(body: &[u8]) -> Result<Self, Problem> {
        if body.is_empty() {
            return Err(Code::InvalidPayload.because("the request has no body"));
        }
        let Document { json, literals } = json::parse(body).map_err(refused)?;
        let Json::Object(mut members) = json else {
            return Err(Code::InvalidPayload.because("expected an object"));
        };
        let known = ["data", "meta", "jsonapi"];
        if let Some(other) = members.keys().find(|name| !known.contains(&name.as_str())) {
            let detail = match other.as_str() {
                "included" => "`included` cannot be written along",
                _ => "expected nothing but `data` and `meta`",
            };
            return Err(Code::InvalidPayload.because(detail));
        }
        let meta = match members.shift_remove("meta") {
            None => Map::new(),
            Some(Json::Object(meta)) => meta,
            Some(_) => return Err(Code::InvalidPayload.because("expected an object at `meta`")),
        };
        let serialization = meta.get("serialization").filter(|one| !one.is_null());
        let document = Document {
            json: Json::Object(members),
            literals,
        };
        let read = meta::of_document(document, serialization).map_err(refused)?;
        let data = match read {
            ArgValue::Object(members) => members.into_iter().find(|(name, _)| name == "data"),
            _ => None,
        };
        let data = data.map(|(_, data)| data);
        let data = data.ok_or_else(|| Code::InvalidPayload.because("`data` is missing"))?;
        Ok(Self { data, meta })
    }

    pub(super) fn purpose(&self) -> Result<Purpose, Problem> {
        match self.meta.get("operation") {
            None | Some(Json::Null) => Ok(Purpose::Create),
            Some(Json::String(operation)) if operation == "upsert" => {
                let names = self.meta.get("matchFields").and_then(Json::as_array);
                let names = names
                    .into_iter()
                    .flatten()
                    .map(|name| name.as_str().map(str::to_owned));
                let names: Option<Vec<_>> = names.collect();
                let names = names.filter(|names| !names.is_empty());
                let names = names.ok_or_else(|| {
                    Code::InvalidPayload.because("expected names of fields at `meta.matchFields`")
                })?;
                Ok(Purpose::Upsert(names))
            }
            Some(_) => Err(Code::InvalidPayload.because("expected `upsert` at `meta.operation`")),
        }
    }

    /// What it says of a resource.
    pub(super) fn payload(self) -> Result<Payload, Problem> {
        let ArgValue::Object(members) = self.data else {
            return Err(Code::InvalidPayload.because("expected an object at `data`"));
        };
        let mut payload = Payload::default();
        let mut is_typed = false;
        for (name, value) in members {
            match (name.as_str(), value) {
                ("type", ArgValue::Text(text)) => {
                    payload.type_name = text;
                    is_typed = true;
                }
                ("id", value) => payload.id = Some(id(&value).ok_or_else(|| wrong("id"))?),
                ("attributes", ArgValue::Object(members)) => payload.attributes = members,
                ("relationships", ArgValue::Object(members)) => {
                    let read = members
                        .into_iter()
                        .map(|(name, one)| Ok((name, related(one)?)));
                    payload.relationships = read.collect::<Result<_, Problem>>()?;
                }
                (name @ ("type" | "attributes" | "relationships"), _) => return Err(wrong(name)),
                // Links and meta of what was read before come back with it.
                _ => {}
            }
        }
        if !is_typed {
            return Err(wrong("type"));
        }
        Ok(payload)
    }

    /// What it says that a relationship leads to.
    pub(super) fn linkage(self) -> Result<Linkage, Problem> {
        linkage(self.data).ok_or_else(|| {
            Code::InvalidPayload.because("expected `{type, id}`, several of them or null at `data`")
        })
    }
}

fn refused(error: impl std::fmt::Display) -> Problem {
    Code::InvalidPayload.because(error.to_string())
}

fn wrong(name: &str) -> Problem {
    Code::InvalidPayload.because(format!("`data.{name}` is missing or of another type"))
}

/// `{data: …}`
fn related(relationship: ArgValue) -> Result<Linkage, Problem> {
    let ArgValue::Object(members) = relationship else {
        return Err(Code::InvalidRelationData.bare());
    };
    let data = members.into_iter().find(|(name, _)| name == "data");
    let data = data.and_then(|(_, data)| linkage(data));
    data.ok_or_else(|| Code::InvalidRelationData.bare())
}

fn linkage(data: ArgValue) -> Option<Linkage> {
    match data {
        ArgValue::Null => Some(Linkage::Nothing),
        ArgValue::List(items) => {
            let items = items.iter().map(identifier);
            items.collect::<Option<_>>().map(Linkage::Many)
        }
        one => identifier(&one).map(Linkage::One),
    }
}

fn identifier(data: &ArgValue) -> Option<Identifier> {
    let ArgValue::Text(type_name) = data.member("type")? else {
        return None;
    };
    Some(Identifier {
        type_name: type_name.clone(),
        id: id(data.member("id")?)?,
    })
}

/// Ids are texts or numbers.
pub(super) fn id(value: &ArgValue) -> Option<String> {
    match value {
        ArgValue::Text(text) | ArgValue::Decimal(text) | ArgValue::Literal(text) => {
            Some(text.clone())
        }
        // To JSON `7.0` is a whole number, too.
        ArgValue::Number(number) => Some(match whole(number) {
            Some(number) => number.to_string(),
            None => number.to_string(),
        }),
        ArgValue::BigInt(number) => Some(number.to_string()),
        ArgValue::DateTime(moment) => Some(calendar::Written(*moment).to_string()),
        _ => None,
    }
}
