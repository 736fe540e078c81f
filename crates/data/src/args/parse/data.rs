//! The data of writes: values, and what happens to rows that belong to one.
//!
//! Source: contract zenstack §3.6.

use std::borrow::Cow;

use hallpass_sql::Value;
use hallpass_zmodel::schema::{Arity, Field, FieldKind, Model, ModelKind, Scalar};

use super::fields::is_visible;
use super::nested::nested;
use super::typed::of_name;
use super::{At, Call, Counting, nullable, value};
use crate::args::{ArgValue, Calculation, Change, Changes, Nested, NewRow};
use crate::client::Engine;
use crate::codec::Codec;
use crate::error::InvalidInput;
use crate::interface::InputValidation;
use crate::validate::Issue;

/// What data is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purpose<'e> {
    /// The field of the rows by which they belong to the one around them, where there is one.
    pub(crate) back: Option<&'e Field>,
    /// Whether rows that belong to these may be written as well.
    pub(crate) depth: Depth,
}

/// How much data may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Values only.
    Flat,
    /// Values, and what happens to rows that belong to it.
    Nested,
}

impl Purpose<'_> {
    /// Data of the call itself.
    pub(crate) const OUTERMOST: Self = Self {
        back: None,
        depth: Depth::Nested,
    };

    /// Data of the call itself, values only.
    pub(crate) const FLAT: Self = Self {
        back: None,
        depth: Depth::Flat,
    };
}

/// What reading all data of a call comes upon: what breaks the rules of the schema, on whatever level.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    issues: Vec<Issue>,
}

impl Findings {
    /// Refuses data that breaks rules.
    pub(crate) fn finish(self, call: &Call<'_>) -> Result<(), InvalidInput> {
        if self.issues.is_empty() {
            return Ok(());
        }
        Err(InvalidInput::Validation {
            operation: call.operation.name(),
            model: call.model.name.clone(),
            issues: self.issues,
        })
    }
}

/// A row to add.
pub(crate) fn new_row<'e>(
    at: &At<'e, '_>,
    model: &'e Model,
    purpose: Purpose<'e>,
    findings: &mut Findings,
) -> Result<NewRow<'e>, InvalidInput> {
    at.count(Counting::Rows, 1)?;
    let relations = relations(at, model, purpose, Moment::Create, findings)?;
    let values = read_values(at, model, purpose, given, findings)?;
    let names: Vec<_> = values.iter().map(|(field, _)| *field).collect();
    let owners: Vec<_> = relations.iter().map(|(field, _)| *field).collect();
    refuse_mixture(at, model, &names, &owners)?;
    require_all(at, model, purpose, &names, &owners)?;
    Ok(NewRow {
        model,
        values,
        nested: relations,
    })
}

/// What a row becomes.
pub(crate) fn changes<'e>(
    at: &At<'e, '_>,
    model: &'e Model,
    purpose: Purpose<'e>,
    findings: &mut Findings,
) -> Result<Changes<'e>, InvalidInput> {
    let relations = relations(at, model, purpose, Moment::Update, findings)?;
    let values = read_values(at, model, purpose, change, findings)?;
    let names: Vec<_> = values.iter().map(|(field, _)| *field).collect();
    let owners: Vec<_> = relations.iter().map(|(field, _)| *field).collect();
    refuse_mixture(at, model, &names, &owners)?;
    Ok(Changes {
        model,
        values,
        nested: relations,
    })
}

/// What is said of relations.
fn relations<'e>(
    at: &At<'e, '_>,
    model: &'e Model,
    purpose: Purpose<'e>,
    moment: Moment,
    findings: &mut Findings,
) -> Result<Vec<(&'e Field, Vec<Nested<'e>>)>, InvalidInput> {
    let mut relations = Vec::new();
    for member in at.each_member()? {
        let member = member?;
        let field = writable(&member, model, purpose)?;
        // Null says nothing about the row at the other end, as in ZenStack.
        if member.is_null() && field.arity == Arity::Optional {
            continue;
        }
        if let Some(relation) = field.relation() {
            relations.push((field, nested(&member, field, relation, moment, findings)?));
        }
    }
    Ok(relations)
}

/// What is said of values, after the rules of the schema changed and judged it.
fn read_values<'e, T>(
    at: &At<'e, '_>,
    model: &'e Model,
    purpose: Purpose<'e>,
    read: impl Fn(&At<'e, '_>, &Model, &Field) -> Result<T, InvalidInput>,
    findings: &mut Findings,
) -> Result<Vec<(&'e Field, T)>, InvalidInput> {
    let values = values(at, model, purpose, &read)?;
    let is_password = |(field, _): &&(&Field, T)| field.password.is_some();
    at.count(Counting::Hashes, values.iter().filter(is_password).count())?;
    let is_checked = at.engine().interface.input_validation == InputValidation::On;
    if !is_checked || !has_rules(model) {
        return Ok(values);
    }
    let mut members = at.pairs()?.to_vec();
    let validator = at.engine().validator();
    match validator.data(model, &mut members, &at.path()) {
        Ok(()) => {
            let changed = ArgValue::Object(members);
            self::values(&at.instead(&changed), model, purpose, &read)
        }
        Err(issues) => {
            findings.issues.extend(issues);
            Ok(values)
        }
    }
}

fn values<'e, T>(
    at: &At<'e, '_>,
    model: &'e Model,
    purpose: Purpose<'e>,
    read: impl Fn(&At<'e, '_>, &Model, &Field) -> Result<T, InvalidInput>,
) -> Result<Vec<(&'e Field, T)>, InvalidInput> {
    let mut values = Vec::new();
    for member in at.each_member()? {
        let member = member?;
        let field = writable(&member, model, purpose)?;
        if field.relation().is_none() {
            values.push((field, read(&member, model, field)?));
        }
    }
    Ok(values)
}

fn has_rules(model: &Model) -> bool {
    let has_rules = |field: &Field| !field.rules.is_empty() || is_typed(field);
    !model.rules.is_empty() || model.fields.iter().any(has_rules)
}

/// When rows that belong to another are written: with it, or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Create,
    Update,
}

/// The field of this name, where data may say something of it.
fn writable<'e>(
    member: &At<'e, '_>,
    model: &'e Model,
    purpose: Purpose<'e>,
) -> Result<&'e Field, InvalidInput> {
    let engine = member.engine();
    let found = model.field(member.name());
    let found = found.filter(|field| is_writable(engine, model, field, purpose));
    found.ok_or_else(|| {
        let known = model
            .fields
            .iter()
            .filter(|field| is_writable(engine, model, field, purpose));
        member.unknown(known.map(|field| field.name.as_str()))
    })
}

pub(crate) fn is_writable(
    engine: &Engine,
    model: &Model,
    field: &Field,
    purpose: Purpose<'_>,
) -> bool {
    let is_hidden = !is_visible(engine, field)
        || field.computed
        || engine.schema.is_discriminator(model, field)
        || leads_to_view(engine, field);
    let is_too_deep = purpose.depth == Depth::Flat && field.relation().is_some();
    !is_hidden && !is_too_deep && !leads_back(field, purpose.back)
}

/// Whether the rows at the other end are made by somebody else.
fn leads_to_view(engine: &Engine, field: &Field) -> bool {
    let target = field.relation().map(|relation| &relation.model);
    let target = target.and_then(|name| engine.schema.model(name));
    target.is_some_and(|target| target.kind == ModelKind::View)
}

/// Whether the field says to which row the one in question belongs, which its place says already.
fn leads_back(field: &Field, back: Option<&Field>) -> bool {
    let Some(back) = back else {
        return false;
    };
    let key = back.relation().map(|relation| relation.fields.as_slice());
    back.name == field.name || key.unwrap_or_default().contains(&field.name)
}

/// The value of a field, as its column takes it.
fn given(at: &At<'_, '_>, model: &Model, field: &Field) -> Result<Value, InvalidInput> {
    if field.arity == Arity::List && is_typed(field) {
        // One document; what is set stands in an object, as with other lists.
        let set = if at.is_object() {
            Some(only_member(at, &["set"])?)
        } else {
            None
        };
        let at = set.as_ref().unwrap_or(at);
        return encoded(at, model, field, value(at, model, field)?);
    }
    if field.arity == Arity::List {
        return list(at, model, field);
    }
    let value = nullable(at, model, field)?;
    encoded(at, model, field, value)
}

/// All values of a list, or `{set: […]}`.
fn list(at: &At<'_, '_>, model: &Model, field: &Field) -> Result<Value, InvalidInput> {
    if at.is_object() {
        at.only(&["set"])?;
        let Some(set) = at.member("set")? else {
            return Err(at.fail("expected `set`"));
        };
        return elements(&set, model, field);
    }
    elements(at, model, field)
}

fn elements(at: &At<'_, '_>, model: &Model, field: &Field) -> Result<Value, InvalidInput> {
    let items = at.items()?;
    at.require_short(items.len())?;
    let items = items.iter().map(|item| value(item, model, field));
    let value = Value::List(items.collect::<Result<_, _>>()?);
    encoded(at, model, field, value)
}

fn is_typed(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Typed(_))
}

fn encoded(
    at: &At<'_, '_>,
    model: &Model,
    field: &Field,
    value: Value,
) -> Result<Value, InvalidInput> {
    let codec = codec(at, model, field)?;
    // Of a password a hash is stored, which is made later.
    let encoded = match field.password {
        Some(_) => codec.encode(&value),
        None if codec.stores_as_is(&value) => return Ok(value),
        None => codec.store(&value),
    };
    encoded.map_err(|_| at.fail(format!("expected {}", codec.expected())))
}

fn codec<'e>(
    at: &At<'e, '_>,
    model: &Model,
    field: &Field,
) -> Result<Cow<'e, Codec>, InvalidInput> {
    let codec = Codec::lent(at.engine(), model, field);
    codec.ok_or_else(|| InvalidInput::NotColumn {
        model: model.name.clone(),
        field: field.name.clone(),
    })
}

/// What a value becomes.
fn change(at: &At<'_, '_>, model: &Model, field: &Field) -> Result<Change, InvalidInput> {
    if !at.is_object() {
        return given(at, model, field).map(Change::Set);
    }
    if field.arity == Arity::List {
        return list_change(at, model, field);
    }
    if is_number(field) && field.arity != Arity::List {
        return number_change(at, model, field);
    }
    given(at, model, field).map(Change::Set)
}

fn is_number(field: &Field) -> bool {
    matches!(
        field.kind,
        FieldKind::Scalar(Scalar::Int | Scalar::BigInt | Scalar::Float | Scalar::Decimal)
    )
}

/// `{set}` or `{push}`
fn list_change(at: &At<'_, '_>, model: &Model, field: &Field) -> Result<Change, InvalidInput> {
    let only = only_member(at, &["set", "push"])?;
    if only.name() == "set" {
        return given(at, model, field).map(Change::Set);
    }
    let items = only.one_or_many()?;
    only.require_short(items.len())?;
    if let FieldKind::Typed(name) = &field.kind {
        only.require_light_document()?;
        let documents = items
            .iter()
            .map(|item| Ok(Value::from(of_name(item, name)?)));
        let documents = documents.collect::<Result<_, InvalidInput>>()?;
        return Ok(Change::PushedDocuments(documents));
    }
    let items = items.iter().map(|item| value(item, model, field));
    let pushed = Value::List(items.collect::<Result<_, _>>()?);
    encoded(&only, model, field, pushed).map(Change::Pushed)
}

/// `{set}`, `{increment}`, `{decrement}`, `{multiply}` or `{divide}`
fn number_change(at: &At<'_, '_>, model: &Model, field: &Field) -> Result<Change, InvalidInput> {
    let names = Calculation::ALL.map(Calculation::name);
    let known: Vec<_> = std::iter::once("set").chain(names).collect();
    let only = only_member(at, &known)?;
    let calculation = Calculation::ALL
        .into_iter()
        .find(|one| one.name() == only.name());
    let Some(calculation) = calculation else {
        return given(&only, model, field).map(Change::Set);
    };
    let amount = value(&only, model, field)?;
    // The column keeps the result of it, and rounds that.
    let codec = codec(&only, model, field)?;
    let amount = codec.encode(&amount);
    let amount = amount.map_err(|_| only.fail(format!("expected {}", codec.expected())))?;
    if calculation == Calculation::Divide && is_zero(&amount) {
        return Err(only.fail("expected a number other than zero"));
    }
    Ok(Change::Calculated(calculation, amount))
}

fn is_zero(number: &Value) -> bool {
    match number {
        Value::Int(number) => *number == 0,
        Value::Float(number) => *number == 0.0,
        Value::Decimal(text) => !text.bytes().any(|digit| matches!(digit, b'1'..=b'9')),
        _ => false,
    }
}

/// The one member of an object that takes exactly one.
fn only_member<'e, 'b>(at: &'b At<'e, '_>, known: &[&str]) -> Result<At<'e, 'b>, InvalidInput> {
    at.only(known)?;
    let mut members = at.members()?.into_iter();
    match (members.next(), members.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(at.fail(format!("expected exactly one of {}", listed(known)))),
    }
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// Whether rows are named by this field and others: the key of a relation that this side keeps.
pub(crate) fn is_key(model: &Model, field: &Field) -> bool {
    let mut relations = model.fields.iter().filter_map(Field::relation);
    relations.any(|relation| relation.fields.contains(&field.name))
}

/// Other rows are named by relations or by their keys, and on one level all in the same way.
fn refuse_mixture(
    at: &At<'_, '_>,
    model: &Model,
    values: &[&Field],
    relations: &[&Field],
) -> Result<(), InvalidInput> {
    let is_owned = |field: &&&Field| {
        let relation = field.relation();
        relation.is_some_and(|relation| !relation.fields.is_empty())
    };
    let owned = relations.iter().find(is_owned);
    let key = values.iter().find(|field| is_key(model, field));
    match (owned, key) {
        (Some(owned), Some(key)) => Err(at.fail(format!(
            "`{}` cannot stand beside `{}`: name other rows by relations or by their keys",
            key.name, owned.name
        ))),
        _ => Ok(()),
    }
}

/// Every field that nothing fills is there.
fn require_all(
    at: &At<'_, '_>,
    model: &Model,
    purpose: Purpose<'_>,
    values: &[&Field],
    relations: &[&Field],
) -> Result<(), InvalidInput> {
    let is_given = |field: &Field| values.iter().any(|one| one.name == field.name);
    let named = |field: &Field| {
        let relation = relations.iter().filter_map(|one| one.relation());
        relation
            .flat_map(|one| &one.fields)
            .any(|name| *name == field.name)
    };
    let engine = at.engine();
    for field in &model.fields {
        if !field.has_column() || !needs_value(field) || is_given(field) || named(field) {
            continue;
        }
        if !is_visible(engine, field) {
            return Err(at.fail(format!(
                "no row of `{}` can be added: `{}` needs a value that clients cannot give",
                model.name, field.name
            )));
        }
        if !is_writable(engine, model, field, purpose) {
            continue;
        }
        // Callers who name rows by relations look for the relation.
        let relation = model.fields.iter().find(|one| {
            let relation = one.relation();
            let is_key = relation.is_some_and(|relation| relation.fields.contains(&field.name));
            is_key && is_writable(engine, model, one, purpose)
        });
        let by_relation =
            purpose.depth == Depth::Nested && !values.iter().any(|one| is_key(model, one));
        let missing = relation.filter(|_| by_relation).unwrap_or(field);
        return Err(at.missing(&missing.name));
    }
    Ok(())
}

/// Whether a new row must say what the field is.
pub(crate) fn needs_value(field: &Field) -> bool {
    field.arity == Arity::Required && field.default.is_none() && !field.updated_at
}
