//! Which rows, in which order, and how many.
//!
//! Source: contract zenstack §3.4.

use hallpass_sql::{Direction, Nulls};
use hallpass_zmodel::schema::{Arity, FieldKind, Model, Scalar};

use super::fields::{names, visible};
use super::filter::{filter, unique};
use super::{At, Counting, search};
use crate::args::{Listing, Order, OrderKey};
use crate::error::{Error, InvalidInput};

/// The arguments that say which rows.
pub(crate) const LISTING: [&str; 6] = ["where", "orderBy", "skip", "take", "cursor", "distinct"];

/// Which rows of a model the arguments mean; others than those of [`LISTING`] are passed over.
///
/// `most` is how many rows may be taken.
pub(crate) fn listing(at: &At<'_, '_>, model: &Model, most: u64) -> Result<Listing, Error> {
    let mut rows = Listing::default();
    for member in at.each_member()? {
        let member = &member?;
        match member.name() {
            "where" => rows.filter = Some(filter(member, model)?),
            "orderBy" => rows.order = order(member, model)?,
            "skip" => rows.skip = Some(skip(member)?),
            "take" => rows.take = Some(take(member, most)?),
            "cursor" => rows.cursor = Some(unique(member, model)?),
            "distinct" => rows.distinct = distinct(member, model)?,
            _ => {}
        }
    }
    if rows.cursor.is_some() {
        refuse_relevance(&rows.order)?;
    }
    Ok(rows)
}

/// How many rows; below zero those at the end.
pub(super) fn take(at: &At<'_, '_>, most: u64) -> Result<i64, InvalidInput> {
    let rows = at.integer()?;
    if rows.unsigned_abs() > most {
        return Err(at.fail(too_many_rows(most)));
    }
    Ok(rows)
}

/// What is said to those who would get more rows than they may.
pub(crate) fn too_many_rows(most: u64) -> String {
    format!("at most {most} rows in one read; ask for pages with `take` and `skip`")
}

/// What is said to those who would get more bytes than they may.
pub(crate) fn too_many_bytes(most: u64) -> String {
    format!(
        "at most {most} bytes in one read; ask for pages with `take` and `skip`, or for fewer fields with `select`"
    )
}

/// How well a text fits is calculated anew for every row: no cursor stands still there.
fn refuse_relevance(order: &[Order]) -> Result<(), Error> {
    let name = order.iter().find_map(|order| match order.key {
        OrderKey::Words { .. } => Some(search::RELEVANCE[0]),
        OrderKey::Alike { .. } => Some(search::RELEVANCE[1]),
        OrderKey::Field(_) | OrderKey::Count(_) => None,
    });
    match name {
        Some(name) => Err(Error::NotSupported(format!(
            "`cursor` is not supported with an order by `{name}`"
        ))),
        None => Ok(()),
    }
}

pub(super) fn skip(at: &At<'_, '_>) -> Result<i64, InvalidInput> {
    let rows = at.integer()?;
    if rows < 0 {
        return Err(at.fail("expected 0 or more"));
    }
    Ok(rows)
}

fn distinct(at: &At<'_, '_>, model: &Model) -> Result<Vec<String>, Error> {
    if !at.engine().capability().distinct_on {
        let dialect = at.engine().dialect;
        return Err(Error::NotSupported(format!(
            "`distinct` is not supported on {dialect}"
        )));
    }
    let names = at.one_or_many()?;
    at.require_short(names.len())?;
    let names = names.iter().map(|name| {
        let is_column = |field: &&_| !matches!(kind(field), FieldKind::Relation(_));
        let field = visible(at.engine(), model, name.text()?).filter(is_column);
        let field = field.ok_or_else(|| name.fail("expected the name of a field"))?;
        Ok(field.name.clone())
    });
    names.collect()
}

fn kind(field: &hallpass_zmodel::schema::Field) -> &FieldKind {
    &field.kind
}

/// Keys of an order: an object with one key at most, or several of them.
pub(crate) fn order(at: &At<'_, '_>, model: &Model) -> Result<Vec<Order>, InvalidInput> {
    let mut keys = Vec::new();
    let items = at.one_or_many()?;
    require_few_keys(at, items.len())?;
    for one in &items {
        keys.extend(key(one, model, &[])?);
    }
    Ok(keys)
}

pub(super) fn require_few_keys(at: &At<'_, '_>, keys: usize) -> Result<(), InvalidInput> {
    let most = at.limits().order_keys;
    if keys > most {
        return Err(at.fail(format!("at most {most} keys in one order")));
    }
    Ok(())
}

fn key(at: &At<'_, '_>, model: &Model, through: &[String]) -> Result<Option<Order>, InvalidInput> {
    let members = at.members()?;
    let [member] = members.as_slice() else {
        if members.is_empty() {
            return Ok(None);
        }
        return Err(at.fail("expected one key at most"));
    };
    if let Some(order) = search::order(member, model, through)? {
        return Ok(Some(order));
    }
    let Some(field) = visible(at.engine(), model, member.name()) else {
        return Err(member.unknown(names(at.engine(), model)));
    };
    if let Some(relation) = field.relation() {
        member.count(Counting::Relations, 1)?;
        let target = at.engine().schema.model(&relation.model);
        let target = target.ok_or_else(|| InvalidInput::UnknownModel {
            model: relation.model.clone(),
        })?;
        if field.arity == Arity::List {
            return count(member, &field.name, through);
        }
        let further: Vec<_> = through.iter().chain([&field.name]).cloned().collect();
        return key(member, target, &further);
    }
    if matches!(
        field.kind,
        FieldKind::Scalar(Scalar::Json) | FieldKind::Typed(_)
    ) {
        return Err(member.fail("rows cannot be sorted by JSON"));
    }
    let (direction, nulls) = way(member, field.arity == Arity::Optional)?;
    Ok(Some(Order {
        through: through.to_vec(),
        key: OrderKey::Field(field.name.clone()),
        direction,
        nulls,
    }))
}

/// `{_count: 'desc'}`
fn count(at: &At<'_, '_>, field: &str, through: &[String]) -> Result<Option<Order>, InvalidInput> {
    at.only(&["_count"])?;
    let Some(count) = at.member("_count")? else {
        return Ok(None);
    };
    Ok(Some(Order {
        through: through.to_vec(),
        key: OrderKey::Count(field.to_owned()),
        direction: direction(&count)?,
        nulls: Nulls::Default,
    }))
}

/// `'asc'`, or `{sort: 'asc', nulls: 'last'}` of a field that may be null.
pub(super) fn way(at: &At<'_, '_>, may_be_null: bool) -> Result<(Direction, Nulls), InvalidInput> {
    if !at.is_object() || !may_be_null {
        return Ok((direction(at)?, Nulls::Default));
    }
    at.only(&["sort", "nulls"])?;
    let sort = at.member("sort")?;
    let sort = sort.ok_or_else(|| at.fail("`sort` is missing"))?;
    let nulls = match at.member("nulls")? {
        None => Nulls::Default,
        Some(nulls) => match nulls.text()? {
            "first" => Nulls::First,
            "last" => Nulls::Last,
            _ => return Err(nulls.fail("expected `first` or `last`")),
        },
    };
    Ok((direction(&sort)?, nulls))
}

pub(super) fn direction(at: &At<'_, '_>) -> Result<Direction, InvalidInput> {
    match at.text()? {
        "asc" => Ok(Direction::Ascending),
        "desc" => Ok(Direction::Descending),
        _ => Err(at.fail("expected `asc` or `desc`")),
    }
}
