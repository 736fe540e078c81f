//! `count`, `aggregate` and `groupBy`.
//!
//! Source: contract zenstack §3.5.

use hallpass_sql::{Aggregate, Comparison, Direction, Nulls, Value};
use hallpass_zmodel::schema::{Arity, Field, FieldKind, Model, Scalar};

use super::fields::{all, names, visible};
use super::filter::{Kinds, known, listed, of_field, operator};
use super::listing::{direction, require_few_keys, skip, take, way};
use super::value::of_scalar;
use super::{At, Counting, filter, listing, value};
use crate::args::{
    AggregateArgs, ArgValue, Filter, GroupArgs, GroupKey, GroupOrder, Having, Listing, Measure,
    MeasureTest, Section,
};
use crate::codec::Codec;
use crate::error::{Error, InvalidInput};

/// The members that hold values made of many rows.
pub(crate) const SECTIONS: [(&str, Aggregate); 5] = [
    ("_count", Aggregate::Count),
    ("_sum", Aggregate::Sum),
    ("_avg", Aggregate::Average),
    ("_min", Aggregate::Minimum),
    ("_max", Aggregate::Maximum),
];
const ROWS: [&str; 4] = ["where", "orderBy", "skip", "take"];
/// The name of the number of rows beside those of fields.
const ALL: &str = "_all";

/// What `count` asks for.
pub(crate) enum Counted {
    /// The number of rows.
    Rows(Listing),
    /// Numbers by field.
    Fields(AggregateArgs),
}

/// The arguments of `count`.
pub(crate) fn count(at: &At<'_, '_>) -> Result<Counted, Error> {
    at.only(&[&ROWS[..], &["select"]].concat())?;
    let model = at.call().model;
    let rows = listing(at, model, u64::MAX)?;
    let Some(select) = at.member("select")? else {
        return Ok(Counted::Rows(rows));
    };
    Ok(match section(&select, model, "_count", Aggregate::Count)? {
        Section::Rows(_) => Counted::Rows(rows),
        fields => Counted::Fields(AggregateArgs {
            rows,
            sections: vec![fields],
        }),
    })
}

/// The arguments of `aggregate`.
pub(crate) fn aggregate(at: &At<'_, '_>) -> Result<AggregateArgs, Error> {
    at.only(&with_sections(&ROWS))?;
    let model = at.call().model;
    Ok(AggregateArgs {
        rows: listing(at, model, u64::MAX)?,
        sections: sections(at, model)?,
    })
}

/// The arguments of `groupBy`.
pub(crate) fn group_by(at: &At<'_, '_>) -> Result<GroupArgs, Error> {
    at.only(&with_sections(&[&ROWS[..], &["by", "having"]].concat()))?;
    let model = at.call().model;
    let by = by(at, model)?;
    let mut args = GroupArgs {
        filter: None,
        having: None,
        order: Vec::new(),
        take: None,
        skip: None,
        sections: sections(at, model)?,
        by,
    };
    for member in &at.members()? {
        match member.name() {
            "where" => args.filter = Some(filter(member, model)?),
            "having" => args.having = Some(having(member, model, &args.by)?),
            "orderBy" => args.order = orders(member, model, &args.by)?,
            "take" => args.take = Some(take(member, at.limits().rows)?),
            "skip" => args.skip = Some(skip(member)?),
            _ => {}
        }
    }
    Ok(args)
}

fn with_sections<'n>(names: &[&'n str]) -> Vec<&'n str> {
    let sections = SECTIONS.iter().map(|(name, _)| *name);
    names.iter().copied().chain(sections).collect()
}

fn by(at: &At<'_, '_>, model: &Model) -> Result<Vec<String>, InvalidInput> {
    let by = at.member("by")?;
    let by = by.ok_or_else(|| at.fail("`by` is missing"))?;
    let names = by.one_or_many()?;
    by.require_short(names.len())?;
    if names.is_empty() {
        return Err(by.fail("expected the name of a field"));
    }
    let mut fields: Vec<String> = Vec::with_capacity(names.len());
    for name in &names {
        let is_column = |field: &&Field| field.relation().is_none();
        let field = visible(at.engine(), model, name.text()?).filter(is_column);
        let field = field.ok_or_else(|| name.fail("expected the name of a field"))?;
        if !fields.contains(&field.name) {
            fields.push(field.name.clone());
        }
    }
    Ok(fields)
}

/// In the order of the arguments.
fn sections(at: &At<'_, '_>, model: &Model) -> Result<Vec<Section>, InvalidInput> {
    let mut sections = Vec::new();
    for member in &at.members()? {
        let known = SECTIONS
            .into_iter()
            .find(|(name, _)| *name == member.name());
        if let Some((name, aggregate)) = known {
            sections.push(section(member, model, name, aggregate)?);
        }
    }
    Ok(sections)
}

/// `true`, or an object of fields that are `true`.
fn section(
    at: &At<'_, '_>,
    model: &Model,
    name: &'static str,
    aggregate: Aggregate,
) -> Result<Section, InvalidInput> {
    let counts = aggregate == Aggregate::Count;
    if counts && *at.value() == ArgValue::Boolean(true) {
        return Ok(Section::Rows(name));
    }
    let members = at.members()?;
    let mut measures = Vec::with_capacity(members.len());
    for member in &members {
        let field = match member.name() {
            ALL if counts => None,
            _ => Some(measured(member, model, aggregate)?.name.clone()),
        };
        if *member.value() != ArgValue::Boolean(true) {
            return Err(member.fail("expected true"));
        }
        measures.push(Measure { aggregate, field });
    }
    Ok(Section::Fields(name, measures))
}

/// The field of this name, which must have such a value.
fn measured<'m>(
    at: &At<'_, '_>,
    model: &'m Model,
    aggregate: Aggregate,
) -> Result<&'m Field, InvalidInput> {
    let can = |field: &&Field| has(field, aggregate);
    visible(at.engine(), model, at.name())
        .filter(can)
        .ok_or_else(|| {
            let known = all(at.engine(), model).filter(can);
            let known = known.map(|field| field.name.as_str());
            let all = (aggregate == Aggregate::Count).then_some(ALL);
            at.unknown(known.chain(all))
        })
}

/// Whether rows have such a value of the field.
pub(crate) fn has(field: &Field, aggregate: Aggregate) -> bool {
    let is_list = field.arity == Arity::List;
    match (aggregate, &field.kind) {
        (_, FieldKind::Relation(_) | FieldKind::Unsupported(_)) => false,
        (Aggregate::Count, _) => true,
        (_, _) if is_list => false,
        (Aggregate::Sum | Aggregate::Average, FieldKind::Scalar(scalar)) => matches!(
            scalar,
            Scalar::Int | Scalar::BigInt | Scalar::Float | Scalar::Decimal
        ),
        (Aggregate::Minimum | Aggregate::Maximum, FieldKind::Scalar(scalar)) => {
            !matches!(scalar, Scalar::Json | Scalar::Bytes)
        }
        (Aggregate::Minimum | Aggregate::Maximum, FieldKind::Enum(_)) => true,
        (Aggregate::Every | Aggregate::Any, FieldKind::Scalar(scalar)) => {
            *scalar == Scalar::Boolean
        }
        (_, FieldKind::Enum(_) | FieldKind::Typed(_)) => false,
    }
}

/// Keys of an order of groups, each an object with one key.
fn orders(at: &At<'_, '_>, model: &Model, by: &[String]) -> Result<Vec<GroupOrder>, InvalidInput> {
    let mut orders = Vec::new();
    let items = at.one_or_many()?;
    require_few_keys(at, items.len())?;
    for one in &items {
        match one.members()?.as_slice() {
            [] => {}
            [member] => orders.push(order(member, model, by)?),
            _ => return Err(one.fail("expected one key at most")),
        }
    }
    Ok(orders)
}

fn order(at: &At<'_, '_>, model: &Model, by: &[String]) -> Result<GroupOrder, InvalidInput> {
    let section = SECTIONS.into_iter().find(|(name, _)| *name == at.name());
    if let Some((_, aggregate)) = section {
        let members = at.members()?;
        let [member] = members.as_slice() else {
            return Err(at.fail("expected one key"));
        };
        let field = match member.name() {
            ALL if aggregate == Aggregate::Count => None,
            _ => Some(measured(member, model, aggregate)?.name.clone()),
        };
        return Ok(GroupOrder {
            key: GroupKey::Measure(Measure { aggregate, field }),
            direction: direction(member)?,
            nulls: Nulls::Default,
        });
    }
    let field = common(at, model, by, "orderBy")?;
    let (direction, nulls): (Direction, Nulls) = way(at, field.arity == Arity::Optional)?;
    Ok(GroupOrder {
        key: GroupKey::Field(field.name.clone()),
        direction,
        nulls,
    })
}

/// A field that the rows of a group have in common.
fn common<'m>(
    at: &At<'_, '_>,
    model: &'m Model,
    by: &[String],
    argument: &str,
) -> Result<&'m Field, InvalidInput> {
    let Some(field) = visible(at.engine(), model, at.name()) else {
        let fields = names(at.engine(), model);
        return Err(at.unknown(fields.chain(SECTIONS.iter().map(|(name, _)| *name))));
    };
    if by.contains(&field.name) {
        return Ok(field);
    }
    Err(at.fail(format!("fields in \"{argument}\" must be in \"by\"")))
}

fn having(at: &At<'_, '_>, model: &Model, by: &[String]) -> Result<Having, InvalidInput> {
    let at = at.as_filter()?;
    let mut parts = Vec::new();
    for member in &at.members()? {
        let several = |items: Vec<At<'_, '_>>| {
            let parts = items.iter().map(|item| having(item, model, by));
            parts.collect::<Result<Vec<_>, _>>()
        };
        match member.name() {
            "AND" => parts.extend(several(member.one_or_many()?)?),
            "OR" => {
                let items = several(member.items()?)?;
                let said = items.into_iter().filter(|item| !is_empty(item));
                parts.push(Having::Any(said.collect()));
            }
            "NOT" => {
                let items = several(member.one_or_many()?)?;
                let said: Vec<_> = items.into_iter().filter(|item| !is_empty(item)).collect();
                if !said.is_empty() {
                    parts.push(Having::Not(Box::new(Having::All(said))));
                }
            }
            _ => parts.push(having_field(member, model, by)?),
        }
    }
    Ok(Having::All(parts))
}

fn is_empty(having: &Having) -> bool {
    matches!(having, Having::All(parts) if parts.is_empty())
}

/// Tests of a field that groups have in common, and of values made of it.
fn having_field(at: &At<'_, '_>, model: &Model, by: &[String]) -> Result<Having, InvalidInput> {
    let is_section = |name: &str| SECTIONS.iter().any(|(one, _)| *one == name);
    let members = if at.is_object() {
        at.members()?
    } else {
        Vec::new()
    };
    if !members.iter().any(|member| is_section(member.name())) {
        let field = common(at, model, by, "having")?;
        return Ok(Having::Common(of_field(at, model, field, Kinds::Chosen)?));
    }
    let mut parts = Vec::with_capacity(members.len());
    for member in &members {
        match SECTIONS
            .into_iter()
            .find(|(name, _)| *name == member.name())
        {
            Some((_, aggregate)) => {
                let field = measured(at, model, aggregate)?;
                let measure = Measure {
                    aggregate,
                    field: Some(field.name.clone()),
                };
                parts.push(Having::Measure(
                    measure,
                    test(member, model, field, aggregate)?,
                ));
            }
            None => {
                let field = common(at, model, by, "having")?;
                let known = known(at.engine(), field);
                if !known.contains(&member.name()) {
                    let sections = SECTIONS.iter().map(|(name, _)| *name);
                    return Err(member.unknown(known.into_iter().chain(sections)));
                }
                parts.push(Having::Common(Filter::All(operator(
                    member,
                    model,
                    field,
                    &|_| true,
                )?)));
            }
        }
    }
    Ok(Having::All(parts))
}

const OPERATORS: [&str; 9] = [
    "equals", "not", "in", "notIn", "lt", "lte", "gt", "gte", "between",
];

/// A value, or an object of operators.
fn test(
    at: &At<'_, '_>,
    model: &Model,
    field: &Field,
    aggregate: Aggregate,
) -> Result<MeasureTest, InvalidInput> {
    if !at.is_object() {
        return equals(at, model, field, aggregate);
    }
    let at = at.as_filter()?;
    at.only(&OPERATORS)?;
    let members = at.members()?;
    at.count(Counting::Conditions, members.len())?;
    let tests = members.iter().map(|member| {
        let operand = |at: &At<'_, '_>| operand(at, model, field, aggregate);
        let operands = |at: &At<'_, '_>| {
            let items = listed(at)?;
            items.iter().map(operand).collect::<Result<Vec<_>, _>>()
        };
        let compare = |comparison| Ok(MeasureTest::Compare(comparison, operand(member)?));
        let not = |test| MeasureTest::Not(Box::new(test));
        match member.name() {
            "equals" => equals(member, model, field, aggregate),
            "not" => test(member, model, field, aggregate).map(not),
            "in" => operands(member).map(MeasureTest::In),
            "notIn" => Ok(not(MeasureTest::In(operands(member)?))),
            "lt" => compare(Comparison::Less),
            "lte" => compare(Comparison::LessOrEqual),
            "gt" => compare(Comparison::Greater),
            "gte" => compare(Comparison::GreaterOrEqual),
            _ => {
                let two = <[Value; 2]>::try_from(operands(member)?);
                let [from, to] = two.map_err(|_| member.fail("expected two values"))?;
                Ok(MeasureTest::All(vec![
                    MeasureTest::Compare(Comparison::GreaterOrEqual, from),
                    MeasureTest::Compare(Comparison::LessOrEqual, to),
                ]))
            }
        }
    });
    tests.collect::<Result<_, _>>().map(MeasureTest::All)
}

fn equals(
    at: &At<'_, '_>,
    model: &Model,
    field: &Field,
    aggregate: Aggregate,
) -> Result<MeasureTest, InvalidInput> {
    // A number of rows is never null, everything else is where there are no values.
    if at.is_null() && aggregate != Aggregate::Count {
        return Ok(MeasureTest::IsNull);
    }
    let value = operand(at, model, field, aggregate)?;
    Ok(MeasureTest::Compare(Comparison::Equal, value))
}

/// Something to compare with, as the statement takes it.
fn operand(
    at: &At<'_, '_>,
    model: &Model,
    field: &Field,
    aggregate: Aggregate,
) -> Result<Value, InvalidInput> {
    let scalar = match &field.kind {
        FieldKind::Scalar(scalar) => Some(*scalar),
        _ => None,
    };
    let number = |scalar| of_scalar(at, scalar);
    let value = match (aggregate, scalar) {
        (Aggregate::Count, _) => return at.integer().map(Value::Int),
        (Aggregate::Average, _) => return number(Scalar::Float),
        // A sum of whole numbers may be larger than any of them.
        (Aggregate::Sum, Some(Scalar::Int | Scalar::BigInt)) => number(Scalar::BigInt)?,
        _ => value(at, model, field)?,
    };
    let exact = at.engine().capability().exact_numbers;
    Ok(match (value, aggregate) {
        // Where exact numbers are no type, they are floating ones as soon as they leave their column.
        (Value::Decimal(text), _) if !exact => {
            let number = text.parse().ok().map(Value::Float);
            number.ok_or_else(|| at.expected("number"))?
        }
        (value, Aggregate::Sum) => value,
        (value, _) => {
            let codec = Codec::of(at.engine(), model, field);
            let encoded = codec.and_then(|codec| codec.encode(&value).ok());
            encoded.ok_or_else(|| at.fail("no row can have this value"))?
        }
    })
}
