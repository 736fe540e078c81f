//! `sort`: in which order.

use hallpass_zmodel::schema::{Arity, Field, FieldKind, Scalar};

use super::Api;
use super::arguments::object;
use super::problem::{Code, Problem};
use super::query::Query;
use super::resources::Resource;
use crate::args::ArgValue;

/// Names of one key, relations and the field.
const MAX_STEPS: usize = 8;
const ASCENDING: &str = "asc";
const DESCENDING: &str = "desc";

/// The keys of the order that is asked for, and after them those that make it the same each time, so that pages
/// neither repeat nor miss a resource.
pub(super) fn order(
    api: &Api<'_>,
    resource: &Resource,
    query: &Query,
) -> Result<ArgValue, Problem> {
    let mut keys = Vec::new();
    let mut direction = ASCENDING;
    for key in query.list("sort") {
        let path;
        (path, direction) = match key.strip_prefix('-') {
            Some(path) => (path, DESCENDING),
            None => (key, ASCENDING),
        };
        let path: Vec<_> = path.split('.').take(MAX_STEPS + 1).collect();
        if path.len() > MAX_STEPS {
            return Err(Code::InvalidSort.because(format!("more than {MAX_STEPS} names")));
        }
        keys.extend(of_path(api, resource, &path, direction)?);
    }
    // In the direction of the last key, as an index that ends with the identity has it.
    let model = api.model(resource);
    for name in model.map(|model| model.id.as_slice()).unwrap_or_default() {
        let is_there = |key: &ArgValue| key.member(name).is_some();
        if !keys.iter().any(is_there) {
            keys.push(object([(name.as_str(), way(direction))]));
        }
    }
    Ok(ArgValue::List(keys))
}

fn way(direction: &str) -> ArgValue {
    ArgValue::Text(direction.to_owned())
}

fn of_path(
    api: &Api<'_>,
    resource: &Resource,
    path: &[&str],
    direction: &str,
) -> Result<Vec<ArgValue>, Problem> {
    let Some((name, further)) = path.split_first() else {
        return Err(Code::InvalidSort.bare());
    };
    let Some(relationship) = resource.relationship(name) else {
        let field = sortable(api, resource, name)?;
        if !further.is_empty() {
            return Err(Code::InvalidSort.because("only relations lead further"));
        }
        return Ok(vec![object([(field.name.as_str(), way(direction))])]);
    };
    if relationship.is_many {
        return Err(Code::InvalidSort.because("there is no order by many resources"));
    }
    let target = api.resources.target(relationship);
    let target = target.ok_or_else(|| Code::InvalidSort.bare())?;
    let inner = if further.is_empty() {
        let fields = target.key.fields.iter();
        let keys = fields.map(|field| object([(field.name.as_str(), way(direction))]));
        keys.collect()
    } else {
        of_path(api, target, further, direction)?
    };
    let keys = inner.into_iter().map(|inner| object([(*name, inner)]));
    Ok(keys.collect())
}

fn sortable<'a>(
    api: &'a Api<'_>,
    resource: &'a Resource,
    name: &str,
) -> Result<&'a Field, Problem> {
    let is_id = name == "id";
    let id = resource
        .key
        .fields
        .first()
        .filter(|_| is_id && resource.single_id().is_some());
    let found = api.attribute(resource, name).or(id);
    let found = found.filter(|field| {
        let is_document = matches!(
            field.kind,
            FieldKind::Scalar(Scalar::Json) | FieldKind::Typed(_)
        );
        field.arity != Arity::List && !is_document
    });
    found.ok_or_else(|| {
        Code::InvalidSort.because(format!(
            "`{}` has no such field to sort by",
            resource.type_name
        ))
    })
}
