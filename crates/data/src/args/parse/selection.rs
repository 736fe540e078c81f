//! `select`, `include`, `omit` and `_count`: what of a row comes back.
//!
//! Source: contract zenstack §3.3.

use hallpass_zmodel::schema::{Arity, Field, Model};

use super::fields::{all, names, visible};
use super::filter::filter;
use super::listing::{LISTING, listing};
use super::{At, Counting};
use crate::args::{ArgValue, Filter, Include, RelationCount, Selection};
use crate::error::{Error, InvalidInput};

/// The arguments that say what comes back.
pub(crate) const SELECTION: [&str; 3] = ["select", "include", "omit"];
const COUNT: &str = "_count";

/// What of a row the arguments ask for; others than those of [`SELECTION`] are passed over.
pub(crate) fn selection(at: &At<'_, '_>, model: &Model) -> Result<Selection, Error> {
    let (select, include, omit) = (said(at, "select")?, said(at, "include")?, said(at, "omit")?);
    for (other, name) in [(&include, "include"), (&omit, "omit")] {
        if select.is_some() && other.is_some() {
            return Err(at
                .fail(format!("`select` and `{name}` exclude each other"))
                .into());
        }
    }
    let mut selection = Selection {
        asked: Some(at.call().operation.name()),
        ..Selection::default()
    };
    if let Some(select) = select {
        selected(&select, model, &mut selection)?;
    }
    if let Some(include) = include {
        included(&include, model, &mut selection)?;
    }
    if let Some(omit) = omit {
        omitted(&omit, model, &mut selection)?;
    }
    Ok(selection)
}

/// A member that says something; null says nothing, as in ZenStack.
fn said<'e, 'b>(at: &'b At<'e, '_>, name: &str) -> Result<Option<At<'e, 'b>>, InvalidInput> {
    Ok(at.member(name)?.filter(|said| !said.is_null()))
}

fn selected(at: &At<'_, '_>, model: &Model, selection: &mut Selection) -> Result<(), Error> {
    let fields = selection.select.insert(Vec::new());
    let mut named = false;
    for member in &at.members()? {
        if is_off(member) {
            known(member, model)?;
            continue;
        }
        named = true;
        match known(member, model)? {
            Some(field) if field.relation().is_none() => {
                member.boolean()?;
                fields.push(field.name.clone());
            }
            Some(field) => selection.include.push(related(member, field)?),
            None => counts(member, model, &mut selection.counts)?,
        }
    }
    if !named {
        return Err(at.fail("expected one field at least").into());
    }
    Ok(())
}

fn included(at: &At<'_, '_>, model: &Model, selection: &mut Selection) -> Result<(), Error> {
    for member in &at.members()? {
        match known(member, model)? {
            Some(field) if field.relation().is_none() => {
                let relations = all(at.engine(), model).filter(|field| field.relation().is_some());
                let names = relations.map(|field| field.name.as_str());
                return Err(member.unknown(names.chain([COUNT])).into());
            }
            _ if is_off(member) => {}
            Some(field) => selection.include.push(related(member, field)?),
            None => counts(member, model, &mut selection.counts)?,
        }
    }
    Ok(())
}

fn omitted(at: &At<'_, '_>, model: &Model, selection: &mut Selection) -> Result<(), Error> {
    let fields = selection.omit.insert(Vec::new());
    let omitted = &at.engine().services.omitted;
    for member in &at.members()? {
        let field = known(member, model)?.filter(|field| field.relation().is_none());
        let Some(field) = field else {
            let columns = all(at.engine(), model).filter(|field| field.relation().is_none());
            return Err(member
                .unknown(columns.map(|field| field.name.as_str()))
                .into());
        };
        if member.boolean()? {
            fields.push(field.name.clone());
        } else if !omitted.takes_false() {
            return Err(member.fail("expected true").into());
        } else {
            selection.kept.push(field.name.clone());
        }
    }
    Ok(())
}

/// The field that a member names; none for `_count`.
fn known<'m>(at: &At<'_, '_>, model: &'m Model) -> Result<Option<&'m Field>, InvalidInput> {
    let field = visible(at.engine(), model, at.name());
    if field.is_none() && at.name() != COUNT {
        return Err(at.unknown(names(at.engine(), model).chain([COUNT])));
    }
    Ok(field)
}

fn is_off(at: &At<'_, '_>) -> bool {
    *at.value() == ArgValue::Boolean(false)
}

/// `true`, or arguments of its own.
fn related(at: &At<'_, '_>, field: &Field) -> Result<Include, Error> {
    at.count(Counting::Relations, 1)?;
    let at = &at.as_include()?;
    let mut include = Include {
        field: field.name.clone(),
        path: at.path(),
        rows: crate::args::Listing::default(),
        selection: Selection::default(),
    };
    if !at.is_object() {
        at.boolean()?;
        return Ok(include);
    }
    let target = target(at, field)?;
    let mut names = SELECTION.to_vec();
    match field.arity {
        Arity::List => names.extend(LISTING),
        Arity::Optional => names.push("where"),
        Arity::Required => {}
    }
    at.only(&names)?;
    include.rows = listing(at, target, at.limits().nested_rows)?;
    include.selection = selection(at, target)?;
    Ok(include)
}

fn target<'e>(at: &At<'e, '_>, field: &Field) -> Result<&'e Model, InvalidInput> {
    let name = field
        .relation()
        .map_or("", |relation| relation.model.as_str());
    let target = at.engine().schema.model(name);
    target.ok_or_else(|| InvalidInput::UnknownModel {
        model: name.to_owned(),
    })
}

/// `true`, or `{select: {posts: true, comments: {where}}}`
fn counts(
    at: &At<'_, '_>,
    model: &Model,
    counts: &mut Vec<RelationCount>,
) -> Result<(), InvalidInput> {
    let is_many = |field: &&Field| field.relation().is_some() && field.arity == Arity::List;
    let many = || all(at.engine(), model).filter(is_many);
    if !at.is_object() {
        at.boolean()?;
        at.count(Counting::Relations, many().count())?;
        counts.extend(many().map(|field| RelationCount {
            field: field.name.clone(),
            filter: None,
        }));
        return Ok(());
    }
    at.only(&["select"])?;
    let select = at.member("select")?;
    let select = select.ok_or_else(|| at.fail("`select` is missing"))?;
    for member in &select.members()? {
        let field = many().find(|field| field.name == member.name());
        let Some(field) = field else {
            return Err(member.unknown(many().map(|field| field.name.as_str())));
        };
        if is_off(member) {
            continue;
        }
        member.count(Counting::Relations, 1)?;
        counts.push(RelationCount {
            field: field.name.clone(),
            filter: counted(member, field)?,
        });
    }
    Ok(())
}

fn counted(at: &At<'_, '_>, field: &Field) -> Result<Option<Filter>, InvalidInput> {
    if !at.is_object() {
        at.boolean()?;
        return Ok(None);
    }
    at.only(&["where"])?;
    let target = target(at, field)?;
    let found = at.member("where")?;
    found.map(|found| filter(&found, target)).transpose()
}
