//! What headers say: who asks, in which transaction, with which settings.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass_data::ArgValue;
use hallpass_data::http::arguments;
use http::HeaderMap;
use serde_json::Value as Json;

/// A header that is not what it should be.
#[derive(Debug)]
pub(crate) struct Unreadable(pub(crate) &'static str);

/// In whose name a client works.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    /// Whether the rules hold; as the namespace says where this is `None`.
    pub(crate) enforced: Option<bool>,
    /// `auth()`; nobody where it is `None`.
    pub(crate) person: Option<ArgValue>,
    /// Whether SQL may be sent although rules hold.
    pub(crate) raw_sql: bool,
    /// Settings of the client, over those of the namespace.
    pub(crate) options: Json,
}

impl Who {
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Unreadable> {
        let enforced = match text(headers, "x-zen-enforce")? {
            None => None,
            Some("policy") => Some(true),
            Some("none") => Some(false),
            Some(_) => return Err(Unreadable("x-zen-enforce")),
        };
        let person = document(headers, "x-zen-auth")?;
        let person = person.map(wrapped).transpose();
        let policy = document(headers, "x-zen-policy-options")?.unwrap_or_default();
        let raw_sql = policy.get("dangerouslyAllowRawSql");
        Ok(Self {
            enforced,
            person: person.map_err(|()| Unreadable("x-zen-auth"))?,
            raw_sql: raw_sql.and_then(Json::as_bool).unwrap_or_default(),
            options: document(headers, "x-zen-options")?.unwrap_or_default(),
        })
    }
}

/// Settings of the REST style.
pub(crate) fn handler_options(headers: &HeaderMap) -> Result<Option<Json>, Unreadable> {
    document(headers, "x-zen-handler-options")
}

/// The transaction that the request is part of.
pub(crate) fn transaction(headers: &HeaderMap) -> Result<Option<&str>, Unreadable> {
    text(headers, "x-zen-tx")
}

/// `{json, meta?}`
pub(crate) fn wrapped(mut pair: Json) -> Result<ArgValue, ()> {
    let json = pair.get_mut("json").map(Json::take).ok_or(())?;
    let meta = pair.get("meta").filter(|meta| !meta.is_null());
    arguments(json, meta).map_err(drop)
}

fn document(headers: &HeaderMap, name: &'static str) -> Result<Option<Json>, Unreadable> {
    let Some(text) = text(headers, name)? else {
        return Ok(None);
    };
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
    let json = bytes
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    json.map(Some).ok_or(Unreadable(name))
}

fn text<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<Option<&'h str>, Unreadable> {
    let found = headers.get(name).map(|value| value.to_str());
    let found = found.transpose().map_err(|_| Unreadable(name))?;
    Ok(found.filter(|text| !text.is_empty()))
}
