//! What happens to rows that belong to one: the table of actions.
//!
//! Source: contract zenstack §3.6.

use hallpass_zmodel::schema::{Arity, Field, Model, Relation};

use super::data::{Depth, Findings, Moment, Purpose, changes, new_row};
use super::{At, Counting, filter, unique};
use crate::args::{ArgValue, Filter, Nested};
use crate::error::InvalidInput;

/// An action, when it may be said, and of what.
struct Action {
    name: &'static str,
    /// Also of rows that are just added.
    on_create: bool,
    to_one: Fits,
    to_many: bool,
    /// Whether it may add a row, which a delegate has only of models that extend it.
    adds: bool,
}

/// Whether an action fits a relation to one row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fits {
    Never,
    Always,
    /// Where there may be no such row.
    Optional,
}

const ACTIONS: [Action; 11] = [
    adding("create", true, Fits::Always, true),
    adding("createMany", true, Fits::Never, true),
    action("connect", true, Fits::Always, true),
    adding("connectOrCreate", true, Fits::Always, true),
    action("disconnect", false, Fits::Optional, true),
    action("set", false, Fits::Never, true),
    action("update", false, Fits::Always, true),
    adding("upsert", false, Fits::Always, true),
    action("delete", false, Fits::Optional, true),
    action("updateMany", false, Fits::Never, true),
    action("deleteMany", false, Fits::Never, true),
];

const fn action(name: &'static str, on_create: bool, to_one: Fits, to_many: bool) -> Action {
    Action {
        name,
        on_create,
        to_one,
        to_many,
        adds: false,
    }
}

const fn adding(name: &'static str, on_create: bool, to_one: Fits, to_many: bool) -> Action {
    Action {
        adds: true,
        ..action(name, on_create, to_one, to_many)
    }
}

impl Action {
    fn fits(&self, field: &Field, target: &Model, moment: Moment) -> bool {
        if self.adds && target.discriminator.is_some() {
            return false;
        }
        let fits_arity = match (field.arity, self.to_one) {
            (Arity::List, _) => self.to_many,
            (_, Fits::Never) => false,
            (_, Fits::Always) => true,
            (arity, Fits::Optional) => arity == Arity::Optional,
        };
        fits_arity && (self.on_create || moment == Moment::Update)
    }
}

/// The actions that may be said of a relation to a model.
pub(crate) fn actions(
    field: &Field,
    target: &Model,
    moment: Moment,
) -> impl Iterator<Item = &'static str> {
    let able = ACTIONS
        .iter()
        .filter(move |action| action.fits(field, target, moment));
    able.map(|action| action.name)
}

/// The other end of a relation, about which something is said.
#[derive(Clone, Copy)]
struct Target<'e> {
    model: &'e Model,
    is_many: bool,
    /// Whether a table between the two keeps the relation.
    is_linked: bool,
    /// For the data of its rows.
    data: Purpose<'e>,
}

/// What a relation field says.
pub(super) fn nested<'e>(
    at: &At<'e, '_>,
    field: &'e Field,
    relation: &'e Relation,
    moment: Moment,
    findings: &mut Findings,
) -> Result<Vec<Nested<'e>>, InvalidInput> {
    let model = at.engine().schema.model(&relation.model);
    let model = model.ok_or_else(|| at.fail("unknown model"))?;
    let target = Target {
        model,
        is_many: field.arity == Arity::List,
        is_linked: relation.join.is_some(),
        data: Purpose {
            back: model.field(&relation.opposite),
            depth: Depth::Nested,
        },
    };
    // Its key stands in the row itself, and holds one value.
    let is_owned = !target.is_many && !relation.fields.is_empty();
    let mut actions = Vec::new();
    for member in at.members()? {
        let known: Vec<_> = self::actions(field, model, moment).collect();
        if !known.contains(&member.name()) {
            return Err(member.unknown(known));
        }
        let action = said(&member, target, findings)?;
        if is_owned && action.is_some() && !actions.is_empty() {
            return Err(at.fail("takes one action, for there is one row at the other end"));
        }
        actions.extend(action);
    }
    // Rows let go before others are taken, whatever the order in which it is said.
    actions.sort_by_key(|action| !matches!(action, Nested::Disconnect(_) | Nested::Delete(_)));
    Ok(actions)
}

fn said<'e>(
    member: &At<'e, '_>,
    target: Target<'e>,
    findings: &mut Findings,
) -> Result<Option<Nested<'e>>, InvalidInput> {
    let action = match member.name() {
        "create" => Nested::Create(each(member, target, |at| {
            new_row(at, target.model, target.data, findings)
        })?),
        "createMany" => create_many(member, target, findings)?,
        "connect" => Nested::Connect(each(member, target, |at| unique(at, target.model))?),
        "connectOrCreate" => Nested::ConnectOrCreate(each(member, target, |at| {
            at.only(&["where", "create"])?;
            let meant = unique(&required(at, "where")?, target.model)?;
            let new = new_row(
                &required(at, "create")?,
                target.model,
                target.data,
                findings,
            )?;
            Ok((meant, new))
        })?),
        "disconnect" => {
            let filters = meant(member, target)?;
            if filters.is_empty() {
                return Ok(None);
            }
            Nested::Disconnect(any_of(filters))
        }
        "set" => Nested::Set(each(member, target, |at| unique(at, target.model))?),
        "update" => Nested::Update(each(member, target, |at| update(at, target, findings))?),
        "upsert" => Nested::Upsert(each(member, target, |at| upsert(at, target, findings))?),
        "delete" => {
            let filters = meant(member, target)?;
            if filters.is_empty() {
                return Ok(None);
            }
            Nested::Delete(filters)
        }
        "updateMany" => Nested::UpdateMany(each(member, target, |at| {
            at.only(&["where", "data"])?;
            let flat = Purpose {
                depth: Depth::Flat,
                ..target.data
            };
            let meant = optional_filter(at, target.model)?;
            Ok((
                meant,
                changes(&required(at, "data")?, target.model, flat, findings)?,
            ))
        })?),
        _ => Nested::DeleteMany(each(member, target, |at| filter(at, target.model))?),
    };
    Ok(Some(action))
}

/// One thing, or each of several where the relation is to many rows.
fn each<'e, T>(
    at: &At<'e, '_>,
    target: Target<'e>,
    mut read: impl FnMut(&At<'e, '_>) -> Result<T, InvalidInput>,
) -> Result<Vec<T>, InvalidInput> {
    if !target.is_many {
        at.count(Counting::Actions, 1)?;
        return Ok(vec![read(at)?]);
    }
    let items = at.one_or_many()?;
    at.count(Counting::Actions, items.len())?;
    items.iter().map(read).collect()
}

fn create_many<'e>(
    at: &At<'e, '_>,
    target: Target<'e>,
    findings: &mut Findings,
) -> Result<Nested<'e>, InvalidInput> {
    at.only(&["data", "skipDuplicates"])?;
    let flat = Purpose {
        depth: Depth::Flat,
        ..target.data
    };
    let data = required(at, "data")?;
    let data = data.one_or_many()?;
    let rows = data
        .iter()
        .map(|row| new_row(row, target.model, flat, findings));
    let rows = rows.collect::<Result<_, _>>()?;
    let skip = at.member("skipDuplicates")?;
    let skip_duplicates = skip.map(|skip| skip.boolean()).transpose()? == Some(true);
    // Nobody could tell which rows are new, to link those.
    if skip_duplicates && target.is_linked {
        return Err(at.fail("`skipDuplicates` does not go with a relation of many to many"));
    }
    Ok(Nested::CreateMany {
        rows,
        skip_duplicates,
    })
}

/// The rows that are let go or removed: of a relation to one row `true` or a filter, else by their keys.
fn meant<'e>(at: &At<'e, '_>, target: Target<'e>) -> Result<Vec<Filter>, InvalidInput> {
    if target.is_many {
        return each(at, target, |at| unique(at, target.model));
    }
    match at.value() {
        ArgValue::Boolean(true) => Ok(vec![Filter::All(Vec::new())]),
        ArgValue::Boolean(false) => Ok(Vec::new()),
        ArgValue::Object(_) => Ok(vec![filter(at, target.model)?]),
        _ => Err(at.expected("boolean or object")),
    }
}

fn any_of(mut filters: Vec<Filter>) -> Filter {
    match filters.pop() {
        Some(only) if filters.is_empty() => only,
        Some(last) => {
            filters.push(last);
            Filter::Any(filters)
        }
        None => Filter::Any(filters),
    }
}

type Update<'e> = (Filter, crate::args::Changes<'e>);

fn update<'e>(
    at: &At<'e, '_>,
    target: Target<'e>,
    findings: &mut Findings,
) -> Result<Update<'e>, InvalidInput> {
    if target.is_many {
        at.only(&["where", "data"])?;
        let meant = unique(&required(at, "where")?, target.model)?;
        let data = changes(&required(at, "data")?, target.model, target.data, findings)?;
        return Ok((meant, data));
    }
    let data = at.member("data")?;
    match data {
        // A model may have a field of this name, whose value then is no data.
        Some(data) if data.is_object() && target.model.field("data").is_none() => {
            at.only(&["where", "data"])?;
            let meant = optional_filter(at, target.model)?;
            Ok((meant, changes(&data, target.model, target.data, findings)?))
        }
        _ => {
            let data = changes(at, target.model, target.data, findings)?;
            Ok((Filter::All(Vec::new()), data))
        }
    }
}

type Upsert<'e> = (Filter, crate::args::NewRow<'e>, crate::args::Changes<'e>);

fn upsert<'e>(
    at: &At<'e, '_>,
    target: Target<'e>,
    findings: &mut Findings,
) -> Result<Upsert<'e>, InvalidInput> {
    at.only(&["where", "create", "update"])?;
    let meant = if target.is_many {
        unique(&required(at, "where")?, target.model)?
    } else {
        optional_filter(at, target.model)?
    };
    let new = new_row(
        &required(at, "create")?,
        target.model,
        target.data,
        findings,
    )?;
    let data = changes(
        &required(at, "update")?,
        target.model,
        target.data,
        findings,
    )?;
    Ok((meant, new, data))
}

fn optional_filter(at: &At<'_, '_>, model: &Model) -> Result<Filter, InvalidInput> {
    match at.member("where")? {
        Some(found) => filter(&found, model),
        None => Ok(Filter::All(Vec::new())),
    }
}

pub(crate) fn required<'e, 'b>(at: &'b At<'e, '_>, name: &str) -> Result<At<'e, 'b>, InvalidInput> {
    at.member(name)?.ok_or_else(|| at.missing(name))
}
