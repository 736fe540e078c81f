//! Writes of single resources.

use super::arguments::object;
use super::body::{Body, Identifier, Linkage, Payload, Purpose};
use super::document::{Document, Frame};
use super::problem::{Code, Failure, Problem};
use super::query::Query;
use super::reading::{Reading, ids};
use super::resources::{Relationship, Resource};
use super::route::{One, unsupported};
use super::{Answer, Api};
use crate::args::ArgValue;
use crate::operation::Operation;

/// What is written: values of fields, and what happens to relations.
pub(super) type Data = Vec<(String, ArgValue)>;

/// `POST /user`
pub(super) async fn create(
    api: &Api<'_>,
    resource: &Resource,
    body: Body,
    query: &Query,
) -> Result<Answer, Failure> {
    let reading = Reading::of(api, resource, query)?;
    let purpose = body.purpose()?;
    let mut payload = body.payload()?;
    payload.require_type(api, resource)?;
    payload.identify(api, resource)?;
    let (operation, arguments) = match purpose {
        Purpose::Create => {
            let data = data(api, resource, &payload, Moment::Create)?;
            (
                Operation::Create,
                vec![("data".to_owned(), ArgValue::Object(data))],
            )
        }
        Purpose::Upsert(names) => (Operation::Upsert, upsert(api, resource, &payload, &names)?),
    };
    let row = api.write(resource, operation, arguments, &reading).await?;
    let frame = api.place(resource, &row).map(Frame::at).unwrap_or_default();
    Ok(Answer::created(
        Document::new(api, &reading).one(&row, &frame),
    ))
}

/// `PATCH /user/1`
pub(super) async fn update(
    api: &Api<'_>,
    one: &One<'_>,
    body: Body,
    query: &Query,
) -> Result<Answer, Failure> {
    let resource = one.resource;
    let reading = Reading::of(api, resource, query)?;
    let payload = body.payload()?;
    payload.require_type(api, resource)?;
    payload.require_id(&one.id)?;
    let data = data(api, resource, &payload, Moment::Update)?;
    let arguments = vec![
        ("where".to_owned(), api.ids(resource).unique(&one.id)?),
        ("data".to_owned(), ArgValue::Object(data)),
    ];
    let row = api
        .write(resource, Operation::Update, arguments, &reading)
        .await?;
    let frame = api.place(resource, &row).map(Frame::at).unwrap_or_default();
    Ok(Answer::ok(Document::new(api, &reading).one(&row, &frame)))
}

/// `DELETE /user/1`
pub(super) async fn delete(api: &Api<'_>, one: &One<'_>) -> Result<Answer, Failure> {
    let found = api.ids(one.resource).unique(&one.id)?;
    delete_where(api, one.resource, found).await
}

/// Removes the row that a condition names.
pub(super) async fn delete_where(
    api: &Api<'_>,
    resource: &Resource,
    found: ArgValue,
) -> Result<Answer, Failure> {
    let arguments = vec![
        ("where".to_owned(), found),
        ("select".to_owned(), ids(resource)),
    ];
    api.call(resource, Operation::Delete, arguments).await?;
    Ok(Answer::ok(br#"{"meta":{}}"#.to_vec()))
}

/// When relations are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Create,
    Update,
}

/// What a payload writes into a row.
pub(super) fn data(
    api: &Api<'_>,
    resource: &Resource,
    payload: &Payload,
    moment: Moment,
) -> Result<Data, Problem> {
    let is_relation = |name: &str| api.relation(resource, name).is_some();
    if payload.attributes.iter().any(|(name, _)| is_relation(name)) {
        return Err(Code::InvalidRelation.because("relations stand in `relationships`"));
    }
    let mut data = payload.attributes.clone();
    for (name, linkage) in &payload.relationships {
        let relationship = resource
            .relationship(name)
            .ok_or_else(|| unsupported(resource))?;
        let action = action(api, relationship, linkage, moment)?;
        data.extend(action.map(|action| (name.clone(), action)));
    }
    Ok(data)
}

/// What happens to a relation.
fn action(
    api: &Api<'_>,
    relationship: &Relationship,
    linkage: &Linkage,
    moment: Moment,
) -> Result<Option<ArgValue>, Problem> {
    let target = api.resources.target(relationship);
    let target = target.ok_or_else(|| Code::InvalidRelation.bare())?;
    if relationship.is_many {
        let each = match linkage {
            Linkage::Many(each) => each.as_slice(),
            Linkage::One(one) => std::slice::from_ref(one),
            Linkage::Nothing => return Err(Code::InvalidRelationData.bare()),
        };
        let verb = match moment {
            Moment::Create => "connect",
            Moment::Update => "set",
        };
        return Ok(Some(object([(verb, keys(api, target, each)?)])));
    }
    match (linkage, moment) {
        (Linkage::One(one), _) => Ok(Some(object([("connect", key(api, target, one)?)]))),
        (Linkage::Nothing, _) if !relationship.is_optional => {
            Err(Code::InvalidRelationData.because("the relationship must lead to something"))
        }
        (Linkage::Nothing, Moment::Create) => Ok(None),
        (Linkage::Nothing, Moment::Update) => {
            Ok(Some(object([("disconnect", ArgValue::Boolean(true))])))
        }
        (Linkage::Many(_), _) => Err(Code::InvalidRelationData.bare()),
    }
}

/// The condition that names a resource.
pub(super) fn key(
    api: &Api<'_>,
    target: &Resource,
    identifier: &Identifier,
) -> Result<ArgValue, Problem> {
    if !api.is_named(target, &identifier.type_name) {
        let detail = format!("expected resources of type `{}`", target.type_name);
        return Err(Code::InvalidRelation.because(detail));
    }
    api.ids(target).unique(&identifier.id)
}

/// The conditions that name resources.
pub(super) fn keys(
    api: &Api<'_>,
    target: &Resource,
    identifiers: &[Identifier],
) -> Result<ArgValue, Problem> {
    let keys = identifiers.iter().map(|one| key(api, target, one));
    keys.collect::<Result<_, _>>().map(ArgValue::List)
}

/// `where`, `create` and `update`.
fn upsert(
    api: &Api<'_>,
    resource: &Resource,
    payload: &Payload,
    names: &[String],
) -> Result<Data, Problem> {
    let model = api
        .model(resource)
        .ok_or_else(|| Code::InvalidPayload.bare())?;
    let identity = (&model.id, &model.id_name);
    let uniques = api.schema().uniques(model);
    let uniques = uniques.map(|unique| (&unique.fields, &unique.name));
    let mut keys = std::iter::once(identity).chain(uniques);
    let key = keys
        .find(|(fields, _)| !fields.is_empty() && fields.iter().all(|field| names.contains(field)));
    let (key, key_name) =
        key.ok_or_else(|| Code::InvalidPayload.because("`matchFields` must hold a unique key"))?;
    let mut of_key = Vec::new();
    let mut found = Vec::new();
    for name in names {
        let given = payload.attributes.iter().find(|(one, _)| one == name);
        let (_, value) = given.ok_or_else(|| {
            Code::InvalidPayload.because("`matchFields` must be among the attributes")
        })?;
        let is_of_compound = key.len() > 1 && key.contains(name);
        let to = if is_of_compound {
            &mut of_key
        } else {
            &mut found
        };
        to.push((name.clone(), value.clone()));
    }
    if !of_key.is_empty() {
        let name = key_name.clone().unwrap_or_else(|| key.join("_"));
        found.push((name, ArgValue::Object(of_key)));
    }
    let mut changes = payload.clone();
    changes.attributes.retain(|(name, _)| !names.contains(name));
    let create = data(api, resource, payload, Moment::Create)?;
    let update = data(api, resource, &changes, Moment::Update)?;
    Ok(vec![
        ("where".to_owned(), ArgValue::Object(found)),
        ("create".to_owned(), ArgValue::Object(create)),
        ("update".to_owned(), ArgValue::Object(update)),
    ])
}

impl Payload {
    pub(super) fn require_type(&self, api: &Api<'_>, resource: &Resource) -> Result<(), Problem> {
        if api.is_named(resource, &self.type_name) {
            return Ok(());
        }
        let detail = format!("expected `{}` at `data.type`", resource.type_name);
        Err(Code::InvalidPayload.because(detail))
    }

    /// Refuses a body that is about another resource than the path.
    pub(super) fn require_id(&self, id: &str) -> Result<(), Problem> {
        match &self.id {
            Some(other) if other != id => {
                Err(Code::InvalidId.because("`data.id` is not the id of the path"))
            }
            _ => Ok(()),
        }
    }

    /// Takes the id that a client chose into the attributes, where it is not said there or by relationships.
    pub(super) fn identify(&mut self, api: &Api<'_>, resource: &Resource) -> Result<(), Problem> {
        let Some(id) = &self.id else {
            return Ok(());
        };
        for (name, value) in api.ids(resource).values(id)? {
            let given = self.attributes.iter().find(|(one, _)| *one == name);
            match given.map(|(_, given)| text(given) == text(&value)) {
                Some(true) => {}
                Some(false) => {
                    return Err(Code::InvalidId.because("`data.id` is not what the attributes say"));
                }
                None if self.relates_by(api, resource, &name) => {}
                None => self.attributes.push((name, value)),
            }
        }
        Ok(())
    }

    /// Whether a relationship that is said fills the field.
    fn relates_by(&self, api: &Api<'_>, resource: &Resource, field: &str) -> bool {
        let named = self.relationships.iter();
        let mut relations = named.filter_map(|(name, _)| api.relation(resource, name));
        relations.any(|relation| relation.fields.iter().any(|one| one == field))
    }
}

/// A value as ids have it, to compare.
fn text(value: &ArgValue) -> Option<String> {
    super::body::id(value)
}
