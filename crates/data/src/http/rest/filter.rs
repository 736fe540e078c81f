//! `filter[…]`: which resources.

use hallpass_zmodel::schema::{Arity, Field, FieldKind, Scalar};

use super::Api;
use super::arguments::{any, every, object};
use super::id::unescaped;
use super::problem::{Code, Problem};
use super::query::{Query, items};
use super::resources::Resource;
use super::value::coerce;
use crate::args::ArgValue;
use crate::policy::DialectVersion;

/// An operator, and the fields that have it.
struct Operator {
    name: &'static str,
    of: fn(&Field) -> bool,
}

const OPERATORS: [Operator; 14] = [
    Operator {
        name: "lt",
        of: has_order,
    },
    Operator {
        name: "lte",
        of: has_order,
    },
    Operator {
        name: "gt",
        of: has_order,
    },
    Operator {
        name: "gte",
        of: has_order,
    },
    Operator {
        name: "between",
        of: has_order,
    },
    Operator {
        name: "contains",
        of: is_text,
    },
    Operator {
        name: "icontains",
        of: is_text,
    },
    Operator {
        name: "search",
        of: is_text,
    },
    Operator {
        name: "startsWith",
        of: is_text,
    },
    Operator {
        name: "endsWith",
        of: is_text,
    },
    Operator {
        name: "has",
        of: is_list,
    },
    Operator {
        name: "hasEvery",
        of: is_list,
    },
    Operator {
        name: "hasSome",
        of: is_list,
    },
    Operator {
        name: "isEmpty",
        of: is_list,
    },
];

/// The operators that filters of a field may have.
pub(crate) fn operators(field: &Field) -> impl Iterator<Item = &'static str> {
    let able = OPERATORS.iter().filter(|operator| (operator.of)(field));
    able.map(|operator| operator.name)
}

fn is_list(field: &Field) -> bool {
    field.arity == Arity::List && !is_document(field)
}

fn is_text(field: &Field) -> bool {
    !is_list(field) && field.kind == FieldKind::Scalar(Scalar::String)
}

fn has_order(field: &Field) -> bool {
    use Scalar::{BigInt, DateTime, Decimal, Float, Int, String};
    let scalar = match field.kind {
        FieldKind::Scalar(scalar) => Some(scalar),
        _ => None,
    };
    !is_list(field)
        && matches!(
            scalar,
            Some(String | Int | BigInt | Float | Decimal | DateTime)
        )
}

fn is_document(field: &Field) -> bool {
    matches!(
        field.kind,
        FieldKind::Scalar(Scalar::Json) | FieldKind::Typed(_)
    )
}

/// All conditions of a query on a kind of resource; `None` where there is none.
pub(super) fn conditions(
    api: &Api<'_>,
    resource: &Resource,
    query: &Query,
) -> Result<Option<ArgValue>, Problem> {
    let filters = query.filters()?;
    let filters = filters
        .iter()
        .map(|(names, value)| condition(api, resource, names, value));
    Ok(every(filters.collect::<Result<_, _>>()?))
}

fn condition(
    api: &Api<'_>,
    resource: &Resource,
    names: &[&str],
    value: &str,
) -> Result<ArgValue, Problem> {
    let Some((first, further)) = names.split_first() else {
        return Err(Code::InvalidFilter.bare());
    };
    let (name, operator) = match first.split_once('$') {
        Some((name, operator)) => (name, Some(known(operator)?)),
        None => (*first, None),
    };
    if let Some(relationship) = resource.relationship(name) {
        let target = api.resources.target(relationship);
        let target = target.filter(|_| operator.is_none());
        let target = target.ok_or_else(|| Code::InvalidFilter.bare())?;
        let inner = if further.is_empty() {
            let ids = items(value).map(|id| api.ids(target).listed(id));
            any(ids.collect::<Result<_, _>>()?)
        } else {
            condition(api, target, further, value)?
        };
        let test = if relationship.is_many { "some" } else { "is" };
        return Ok(object([(name, object([(test, inner)]))]));
    }
    if !further.is_empty() {
        return Err(Code::InvalidFilter.because("only relations lead further"));
    }
    match (name, resource.key.fields.as_slice()) {
        ("id", [only]) if operator.is_none() => {
            let ids = items(value).map(|id| coerce(api.schema(), only, &unescaped(id)));
            let test = equal(ids.collect::<Result<_, _>>()?)?;
            Ok(object([(only.name.as_str(), test)]))
        }
        ("id", [only]) => test(api, only, operator, value),
        ("id", _) if operator.is_none() => {
            let ids = items(value).map(|id| api.ids(resource).listed(id));
            Ok(any(ids.collect::<Result<_, _>>()?))
        }
        _ => test(api, api.field(resource, name)?, operator, value),
    }
}

fn known(operator: &str) -> Result<&'static Operator, Problem> {
    let found = OPERATORS.iter().find(|one| one.name == operator);
    found.ok_or_else(|| Code::InvalidFilter.because("there is no such operator"))
}

/// A condition on the value of a field.
fn test(
    api: &Api<'_>,
    field: &Field,
    operator: Option<&Operator>,
    value: &str,
) -> Result<ArgValue, Problem> {
    if operator.is_some_and(|operator| !(operator.of)(field)) {
        return Err(Code::InvalidFilter.because(format!("`{}` has no such operator", field.name)));
    }
    let one = |text: &str| coerce(api.schema(), field, text);
    let each = || items(value).map(one).collect::<Result<Vec<_>, _>>();
    let test = match operator.map(|operator| operator.name) {
        None if is_document(field) => object([("equals", one(value)?)]),
        None if is_list(field) => object([("equals", ArgValue::List(each()?))]),
        None => equal(each()?)?,
        Some("between") => {
            let bounds = value.split(',').map(one).collect::<Result<Vec<_>, _>>()?;
            if bounds.len() != 2 {
                return Err(Code::InvalidValue.because("`between` takes two values"));
            }
            object([("between", ArgValue::List(bounds))])
        }
        Some("icontains") if api.has_any_case() => {
            let insensitive = ArgValue::Text("insensitive".to_owned());
            object([("contains", one(value)?), ("mode", insensitive)])
        }
        // Elsewhere `contains` looks at no case.
        Some("icontains") => object([("contains", one(value)?)]),
        Some(name @ ("hasEvery" | "hasSome")) => object([(name, ArgValue::List(each()?))]),
        Some("isEmpty") => object([("isEmpty", truth(value)?)]),
        // Clients of the third generation call it so.
        Some("search") if api.version == DialectVersion::Three && field.full_text => {
            object([("fts", object([("search", one(value)?)]))])
        }
        Some(name) => object([(name, one(value)?)]),
    };
    Ok(object([(field.name.as_str(), test)]))
}

/// Equal to one of these.
fn equal(mut values: Vec<ArgValue>) -> Result<ArgValue, Problem> {
    match (values.len(), values.pop()) {
        (1, Some(only)) => Ok(object([("equals", only)])),
        (_, Some(last)) => {
            values.push(last);
            Ok(object([("in", ArgValue::List(values))]))
        }
        (_, None) => Err(Code::InvalidValue.because("expected a value")),
    }
}

fn truth(text: &str) -> Result<ArgValue, Problem> {
    match text {
        "true" => Ok(ArgValue::Boolean(true)),
        "false" => Ok(ArgValue::Boolean(false)),
        _ => Err(Code::InvalidValue.because("expected `true` or `false`")),
    }
}

impl Api<'_> {
    /// A field that filters may name.
    fn field(&self, resource: &Resource, name: &str) -> Result<&Field, Problem> {
        self.attribute(resource, name).ok_or_else(|| {
            Code::InvalidFilter.because(format!("`{}` has no such field", resource.type_name))
        })
    }
}
