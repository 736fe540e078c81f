//! Writes of relationships.

use super::arguments::object;
use super::body::{Body, Linkage};
use super::document::{Frame, of_identifiers};
use super::problem::{Code, Failure, Problem};
use super::query::Query;
use super::reading::{identifiers, ids};
use super::resources::{Relationship, Resource};
use super::route::One;
use super::write::{key, keys};
use super::{Answer, Api, read};
use crate::args::ArgValue;
use crate::operation::Operation;
use crate::record::Record;

/// What happens to a relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// `POST`
    Add,
    /// `PUT`, `PATCH`
    Replace,
    /// `DELETE`
    Remove,
}

/// `POST`, `PATCH` and `DELETE /user/1/relationships/posts`
pub(super) async fn write(
    api: &Api<'_>,
    one: &One<'_>,
    relationship: &Relationship,
    verb: Verb,
    body: &[u8],
) -> Result<Answer, Failure> {
    if !relationship.is_many && verb != Verb::Replace {
        return Err(Code::InvalidVerb.bare().into());
    }
    let target = api.target(relationship)?;
    let linkage = Body::read(body)?.linkage()?;
    let action = action(api, target, relationship, verb, &linkage)?;
    let name = relationship.name.as_str();
    let mut select = match ids(one.resource) {
        ArgValue::Object(members) => members,
        _ => Vec::new(),
    };
    let read = identifiers(api, target, relationship);
    select.extend(read.map(|read| (name.to_owned(), read)));
    let arguments = vec![
        ("where".to_owned(), api.ids(one.resource).unique(&one.id)?),
        ("data".to_owned(), object([(name, action)])),
        ("select".to_owned(), ArgValue::Object(select)),
    ];
    let row = api
        .call(one.resource, Operation::Update, arguments)
        .await?
        .into_record();
    let row = row.ok_or_else(|| Code::NotFound.bare())?;
    if is_cut(api, &row, relationship) {
        // The first page, which tells how many there are and where the others stand.
        return read::relationship(api, one, relationship, &Query::default()).await;
    }
    let frame = Frame::at(format!("{}/relationships/{name}", api.address_of(one)));
    Ok(Answer::ok(of_identifiers(
        api,
        target,
        &row,
        relationship,
        &frame,
    )))
}

/// Whether it leads to more than were read.
fn is_cut(api: &Api<'_>, row: &Record, relationship: &Relationship) -> bool {
    let most = api.linkage().and_then(|most| usize::try_from(most).ok());
    let found = row.related_many(&relationship.name).map(<[_]>::len);
    matches!((found, most), (Ok(found), Some(most)) if found > most)
}

fn action(
    api: &Api<'_>,
    target: &Resource,
    relationship: &Relationship,
    verb: Verb,
    linkage: &Linkage,
) -> Result<ArgValue, Problem> {
    match (relationship.is_many, linkage) {
        (true, Linkage::Many(each)) => {
            let verb = match verb {
                Verb::Add => "connect",
                Verb::Replace => "set",
                Verb::Remove => "disconnect",
            };
            Ok(object([(verb, keys(api, target, each)?)]))
        }
        (true, _) => Err(Code::InvalidPayload.because("expected several at `data`")),
        (false, Linkage::One(one)) => Ok(object([("connect", key(api, target, one)?)])),
        (false, Linkage::Nothing) if relationship.is_optional => {
            Ok(object([("disconnect", ArgValue::Boolean(true))]))
        }
        (false, Linkage::Nothing) => {
            Err(Code::InvalidPayload.because("the relationship must lead to something"))
        }
        (false, Linkage::Many(_)) => Err(Code::InvalidPayload.because("expected one at `data`")),
    }
}
