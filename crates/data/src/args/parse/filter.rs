//! `where`: conditions on fields and related rows.
//!
//! Source: contract zenstack §3.2.

use hallpass_sql::Value;
use hallpass_zmodel::schema::{Arity, Field, FieldKind, Model, Scalar};

use super::fields::{names, visible};
use super::json::json;
use super::{At, Counting, nullable, search, value};
use crate::args::{Filter, Input, Related, Test};
use crate::client::Engine;
use crate::error::InvalidInput;
use crate::plan;
use crate::slicing::FilterKind;

const EQUALITY: &[&str] = &["equals", "not"];
const MEMBERSHIP: &[&str] = &["in", "notIn"];
const ORDER: &[&str] = &["lt", "lte", "gt", "gte", "between"];
const LIST: &[&str] = &["equals", "has", "hasEvery", "hasSome", "isEmpty"];
const TEXT: &[&str] = &["contains", "startsWith", "endsWith"];

/// A condition on rows of a model.
pub(crate) fn filter(at: &At<'_, '_>, model: &Model) -> Result<Filter, InvalidInput> {
    conditions(at, model, &[], Purpose::Any)
}

/// A condition that fixes a unique key, and perhaps more.
pub(crate) fn unique(at: &At<'_, '_>, model: &Model) -> Result<Filter, InvalidInput> {
    let engine = at.engine();
    let keys = compound_keys(engine, model);
    let filter = conditions(at, model, &keys, Purpose::Key)?;
    if plan::require_unique(&engine.schema, model, Some(&filter)).is_err() {
        let single = plan::unique_keys(&engine.schema, model).filter_map(|key| match key {
            [name] => visible(engine, model, name).map(|field| field.name.as_str()),
            _ => None,
        });
        let names = single.chain(keys.iter().map(|(name, _)| name.as_str()));
        let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
        if names.is_empty() {
            return Err(at.fail(format!("nothing tells rows of `{}` apart", model.name)));
        }
        return Err(at.fail(format!("expected a value of {}", names.join(" or "))));
    }
    Ok(filter)
}

/// Keys of more than one field, by their names in queries.
pub(crate) fn compound_keys<'m>(
    engine: &'m Engine,
    model: &'m Model,
) -> Vec<(String, &'m [String])> {
    let identity = (&model.id, &model.id_name);
    let uniques = engine.schema.uniques(model);
    let uniques = uniques.map(|unique| (&unique.fields, &unique.name));
    let keys = std::iter::once(identity).chain(uniques);
    let is_seen = |name: &String| visible(engine, model, name).is_some();
    let keys = keys.filter(|(fields, _)| fields.len() > 1 && fields.iter().all(is_seen));
    let named = keys.map(|(fields, name)| {
        let name = name.clone().unwrap_or_else(|| fields.join("_"));
        (name, fields.as_slice())
    });
    named.collect()
}

/// What a condition is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To find rows.
    Any,
    /// To name one.
    Key,
}

fn conditions(
    at: &At<'_, '_>,
    model: &Model,
    keys: &[(String, &[String])],
    purpose: Purpose,
) -> Result<Filter, InvalidInput> {
    let at = at.as_filter()?;
    let mut parts = Vec::with_capacity(1);
    for member in at.each_member()? {
        let member = &member?;
        let key = keys.iter().find(|(name, _)| name == member.name());
        match (member.name(), key) {
            ("AND", _) => parts.push(Filter::All(several(&member.one_or_many()?, model)?)),
            ("OR", _) => parts.push(Filter::Any(several(&member.items()?, model)?)),
            ("NOT", _) => {
                let inner = several(&member.one_or_many()?, model)?;
                if !inner.is_empty() {
                    parts.push(Filter::Not(Box::new(Filter::All(inner))));
                }
            }
            (_, Some((_, fields))) => parts.push(compound(member, model, fields)?),
            (name, None) => match visible(at.engine(), model, name) {
                Some(field) => {
                    let kinds = match purpose {
                        Purpose::Key if is_unique(at.engine(), model, field) => Kinds::All,
                        _ => Kinds::Chosen,
                    };
                    parts.push(of_field(member, model, field, kinds)?);
                }
                None => {
                    let fields = names(at.engine(), model);
                    let keys = keys.iter().map(|(name, _)| name.as_str());
                    return Err(member.unknown(fields.chain(keys).chain(["AND", "OR", "NOT"])));
                }
            },
        }
    }
    Ok(match parts.len() {
        1 => parts.remove(0),
        _ => Filter::All(parts),
    })
}

/// The conditions of a list. One that says nothing counts for nothing: `OR: [{}]` finds no row, `NOT: {}` keeps all.
fn several(items: &[At<'_, '_>], model: &Model) -> Result<Vec<Filter>, InvalidInput> {
    let mut filters = Vec::with_capacity(items.len());
    for item in items {
        let filter = conditions(item, model, &[], Purpose::Any)?;
        if filter != Filter::All(Vec::new()) {
            filters.push(filter);
        }
    }
    Ok(filters)
}

/// `{a_b: {a, b}}`
fn compound(at: &At<'_, '_>, model: &Model, fields: &[String]) -> Result<Filter, InvalidInput> {
    at.count(Counting::Conditions, fields.len())?;
    let mut parts = Vec::with_capacity(fields.len());
    let names: Vec<_> = fields.iter().map(String::as_str).collect();
    at.only(&names)?;
    for name in fields {
        let Some(field) = model.field(name) else {
            continue;
        };
        let member = at.member(name)?;
        let member = member.ok_or_else(|| at.fail(format!("`{name}` is missing")))?;
        let test = Test::Equals(Input::Value(value(&member, model, field)?));
        parts.push(Filter::Field(name.clone(), test));
    }
    Ok(Filter::All(parts))
}

/// Which kinds of operators count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kinds {
    /// Those that the client has.
    Chosen,
    /// All there are: a row is named by a key, whatever the client has.
    All,
}

fn is_unique(engine: &Engine, model: &Model, field: &Field) -> bool {
    plan::unique_keys(&engine.schema, model).any(|key| matches!(key, [only] if *only == field.name))
}

pub(super) fn of_field(
    at: &At<'_, '_>,
    model: &Model,
    field: &Field,
    kinds: Kinds,
) -> Result<Filter, InvalidInput> {
    at.count(Counting::Conditions, 1)?;
    let has = |kind| kinds == Kinds::All || has_kind(at.engine(), model, field, kind);
    if !has_any(field, has) {
        return Err(at.fail("no filter of this field is allowed"));
    }
    match &field.kind {
        FieldKind::Relation(relation) => {
            at.count(Counting::Relations, 1)?;
            let target = at.engine().schema.model(&relation.model);
            let target = target.ok_or_else(|| InvalidInput::UnknownModel {
                model: relation.model.clone(),
            })?;
            if field.arity == Arity::List {
                to_many(at, field, target)
            } else {
                to_one(at, field, target)
            }
        }
        kind if field.arity == Arity::List && !matches!(kind, FieldKind::Typed(_)) => {
            of_list(at, model, field, &|operator| has(FilterKind::of(operator)))
        }
        FieldKind::Scalar(Scalar::Json) | FieldKind::Typed(_) => json(at, field),
        _ if !at.is_object() && has(FilterKind::Equality) => {
            let value = nullable(at, model, field)?;
            Ok(test(field, Test::Equals(Input::Value(value))))
        }
        _ => operators(at, model, field, &|operator| has(FilterKind::of(operator))),
    }
}

pub(crate) fn has_kind(engine: &Engine, model: &Model, field: &Field, kind: FilterKind) -> bool {
    engine.interface.slicing.has_filter(model, field, kind)
}

/// Whether any operator of the field is left.
fn has_any(field: &Field, has: impl Fn(FilterKind) -> bool) -> bool {
    match &field.kind {
        FieldKind::Relation(_) => has(FilterKind::Relation),
        FieldKind::Scalar(Scalar::Json) | FieldKind::Typed(_) => has(FilterKind::Json),
        _ => FilterKind::ALL.into_iter().any(has),
    }
}

/// Whether the client has an operator.
type Has<'h> = &'h dyn Fn(&str) -> bool;

/// `{has: 1, isEmpty: false}`
fn of_list(
    at: &At<'_, '_>,
    model: &Model,
    field: &Field,
    has: Has<'_>,
) -> Result<Filter, InvalidInput> {
    let input = |at: &At<'_, '_>| value(at, model, field).map(Input::Value);
    let inputs = |at: &At<'_, '_>| {
        let items = listed(at)?;
        items.iter().map(input).collect::<Result<Vec<_>, _>>()
    };
    let members = at.members()?;
    let tests = members.iter().map(|member| {
        let one = match member.name() {
            name if !has(name) => return Err(member.unknown(LIST.iter().copied())),
            "equals" => {
                let items = listed(member)?;
                let values = items.iter().map(|item| value(item, model, field));
                Test::Equals(Input::Value(Value::List(values.collect::<Result<_, _>>()?)))
            }
            "has" => Test::Has(input(member)?),
            "hasEvery" => Test::HasEvery(inputs(member)?),
            "hasSome" => Test::HasSome(inputs(member)?),
            "isEmpty" => Test::IsEmpty(member.boolean()?),
            _ => return Err(member.unknown(LIST.iter().copied())),
        };
        Ok(test(field, one))
    });
    Ok(Filter::All(tests.collect::<Result<_, _>>()?))
}

/// The values of a list, each of which counts as a condition.
pub(super) fn listed<'e, 'b>(at: &'b At<'e, '_>) -> Result<Vec<At<'e, 'b>>, InvalidInput> {
    let items = at.items()?;
    at.require_short(items.len())?;
    at.count(Counting::Conditions, items.len())?;
    Ok(items)
}

fn test(field: &Field, test: Test) -> Filter {
    Filter::Field(field.name.clone(), test)
}

/// `{gte: 1, lt: 9}`
fn operators(
    at: &At<'_, '_>,
    model: &Model,
    field: &Field,
    has: Has<'_>,
) -> Result<Filter, InvalidInput> {
    let at = at.as_filter()?;
    let members = at.members()?;
    // The first was counted with the field.
    at.count(Counting::Conditions, members.len().saturating_sub(1))?;
    let mut known = known(at.engine(), field);
    known.extend(search::operators(at.engine(), model, field));
    known.retain(|name| has(name));
    let any_case = match members.iter().find(|member| member.name() == "mode") {
        Some(mode) if known.contains(&"mode") => is_insensitive(mode)?,
        _ => false,
    };
    let mut parts = Vec::with_capacity(members.len());
    for member in &members {
        if !known.contains(&member.name()) {
            return Err(member.unknown(known.iter().copied()));
        }
        for part in operator(member, model, field, has)? {
            parts.push(match part {
                Filter::Field(name, one) if any_case => {
                    Filter::Field(name, Test::AnyCase(Box::new(one)))
                }
                part => part,
            });
        }
    }
    Ok(match parts.len() {
        1 => parts.remove(0),
        _ => Filter::All(parts),
    })
}

pub(super) fn is_insensitive(mode: &At<'_, '_>) -> Result<bool, InvalidInput> {
    match mode.text()? {
        "default" => Ok(false),
        "insensitive" => Ok(true),
        _ => Err(mode.fail("expected `default` or `insensitive`")),
    }
}

/// The operators of a field.
pub(crate) fn known(engine: &Engine, field: &Field) -> Vec<&'static str> {
    let scalar = match &field.kind {
        FieldKind::Scalar(scalar) => Some(*scalar),
        _ => None,
    };
    let is_text = scalar == Some(Scalar::String);
    let has_order = matches!(
        scalar,
        Some(
            Scalar::String
                | Scalar::Int
                | Scalar::BigInt
                | Scalar::Float
                | Scalar::Decimal
                | Scalar::DateTime
        )
    );
    let groups = [
        (true, EQUALITY),
        (scalar != Some(Scalar::Boolean), MEMBERSHIP),
        (has_order, ORDER),
        (is_text, TEXT),
        (is_text && engine.capability().has_any_case(), &["mode"]),
    ];
    let groups = groups.into_iter().filter(|(has, _)| *has);
    groups.flat_map(|(_, names)| names).copied().collect()
}

pub(super) fn operator(
    at: &At<'_, '_>,
    model: &Model,
    field: &Field,
    has: Has<'_>,
) -> Result<Vec<Filter>, InvalidInput> {
    let input = |at: &At<'_, '_>| value(at, model, field).map(Input::Value);
    let inputs = |at: &At<'_, '_>| {
        let items = listed(at)?;
        items.iter().map(input).collect::<Result<Vec<_>, _>>()
    };
    let part = |at: &At<'_, '_>| at.count_pattern().and_then(|()| input(at));
    let one = match at.name() {
        "equals" => Test::Equals(Input::Value(nullable(at, model, field)?)),
        "not" if at.is_object() => {
            let inner = operators(at, model, field, has)?;
            return Ok(vec![Filter::Not(Box::new(inner))]);
        }
        "not" => Test::Not(Input::Value(nullable(at, model, field)?)),
        "in" => Test::In(inputs(at)?),
        "notIn" => Test::NotIn(inputs(at)?),
        "lt" => Test::Less(input(at)?),
        "lte" => Test::LessOrEqual(input(at)?),
        "gt" => Test::Greater(input(at)?),
        "gte" => Test::GreaterOrEqual(input(at)?),
        "contains" => Test::Contains(part(at)?),
        "startsWith" => Test::StartsWith(part(at)?),
        "endsWith" => Test::EndsWith(part(at)?),
        "between" => {
            let [from, to] =
                <[Input; 2]>::try_from(inputs(at)?).map_err(|_| at.fail("expected two values"))?;
            return Ok(vec![
                test(field, Test::GreaterOrEqual(from)),
                test(field, Test::LessOrEqual(to)),
            ]);
        }
        "fts" | "fuzzy" | "search" => search::test(at)?,
        // `mode`, which was read before.
        _ => return Ok(Vec::new()),
    };
    Ok(vec![test(field, one)])
}

/// `null`, `{is, isNot}` or a condition on the related row.
fn to_one(at: &At<'_, '_>, field: &Field, target: &Model) -> Result<Filter, InvalidInput> {
    let owns_key = field
        .relation()
        .is_some_and(|relation| !relation.fields.is_empty());
    let is = |related| Filter::Relation(field.name.clone(), related);
    if at.is_null() {
        require_optional(at, field)?;
        return Ok(if owns_key {
            Filter::Unlinked(field.name.clone())
        } else {
            is(Related::None(anything()))
        });
    }
    let members = at.members()?;
    if !members
        .iter()
        .any(|member| matches!(member.name(), "is" | "isNot"))
    {
        return Ok(is(Related::Some(Box::new(filter(at, target)?))));
    }
    at.only(&["is", "isNot"])?;
    let mut parts = Vec::with_capacity(members.len());
    for member in &members {
        let is_there = member.name() == "is";
        let (is_there, inner) = if member.is_null() {
            require_optional(member, field)?;
            (!is_there, anything())
        } else {
            (is_there, Box::new(filter(member, target)?))
        };
        parts.push(is(if is_there {
            Related::Some(inner)
        } else {
            Related::None(inner)
        }));
    }
    Ok(Filter::All(parts))
}

fn require_optional(at: &At<'_, '_>, field: &Field) -> Result<(), InvalidInput> {
    if field.arity == Arity::Optional {
        return Ok(());
    }
    Err(at.expected("object"))
}

fn anything() -> Box<Filter> {
    Box::new(Filter::All(Vec::new()))
}

/// `{some, every, none}`
fn to_many(at: &At<'_, '_>, field: &Field, target: &Model) -> Result<Filter, InvalidInput> {
    const KNOWN: [&str; 3] = ["some", "every", "none"];
    at.only(&KNOWN)?;
    let members = at.members()?;
    let mut parts = Vec::with_capacity(members.len());
    for member in &members {
        let inner = Box::new(filter(member, target)?);
        let related = match member.name() {
            "some" => Related::Some(inner),
            "every" => Related::Every(inner),
            _ => Related::None(inner),
        };
        parts.push(Filter::Relation(field.name.clone(), related));
    }
    Ok(Filter::All(parts))
}
