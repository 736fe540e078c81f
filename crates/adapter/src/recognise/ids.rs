//! Ids: of the kind that the tables have, and made by whoever makes them there.
//!
//! Auth.js takes any kind of id, and which one is up to the application: numbers that the database counts, UUIDs, cuids. A
//! layout's file names the usual one; what the columns are counts.
//!
//! Source: contract authjs §10.1 (adapters ignore the proposed id and make their own).

use hallpass_data::catalog::{Column, Table};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{DefaultValue, Field, FieldKind, Model, NativeType, Scalar};

use super::Difference;
use super::tables::{Class, Tables};
use crate::layout::{NEEDED, USER};
use crate::own::AUTHENTICATOR;

/// The length of ids as text.
const UUID: u16 = 36;
const ULID: u16 = 26;
const CUID: u16 = 25;
const CUID2: u16 = 24;

/// The schema with the ids of sign-in models, and all that refers to users, as the tables have them.
pub(super) fn fitting(mut schema: Schema, tables: Tables<'_>) -> Schema {
    let usual = user_id(&schema).map(kind_of);
    for model in schema.models.iter_mut().filter(|model| is_ours(model)) {
        let column = tables
            .table(&model.table)
            .and_then(|table| tables.column(table, &made_id(model)?.column));
        if let Some(column) = column
            && let Some(id) = made_id_mut(model)
        {
            take(id, column, tables);
        }
    }
    let found = user_id(&schema).map(kind_of);
    if let Some(kind) = found.filter(|found| Some(found) != usual.as_ref()) {
        for model in schema.models.iter_mut().filter(|model| is_ours(model)) {
            refer(model, &kind, tables);
        }
    }
    schema
}

/// Makes what refers to a user what the id of users is; a number of as many bits as its own column has.
fn refer(model: &mut Model, id: &Kind, tables: Tables<'_>) {
    let column = tables
        .table(&model.table)
        .and_then(|table| tables.column(table, &reference(model)?.column));
    let is_number = matches!(id.0, FieldKind::Scalar(Scalar::Int | Scalar::BigInt));
    let own = column.filter(|column| is_number && Class::of_column(column) == Class::Integer);
    let (kind, native_type) = own.map_or_else(|| id.clone(), |column| integer(column, tables));
    if let Some(field) = reference_mut(model) {
        field.kind = kind;
        field.native_type = native_type;
    }
}

/// Whether a field is a key or refers to one: its type is not changed without all that refers to it.
pub(super) fn is_key(model: &Model, field: &Field) -> bool {
    let relations = model.fields.iter().filter_map(Field::relation);
    let mut references = relations.flat_map(|relation| &relation.fields);
    model.id.contains(&field.name) || references.any(|name| *name == field.name)
}

/// A column that refers to users and cannot be compared with their ids, where UUIDs are a type of their own.
pub(super) fn unlike(
    schema: &Schema,
    tables: Tables<'_>,
    model: &Model,
    table: &Table,
) -> Option<Difference> {
    if !tables.dialect.capability().uuid_type {
        return None;
    }
    let users = schema.model(USER)?;
    let id = tables.column(tables.table(&users.table)?, &user_id(schema)?.column)?;
    let column = tables.column(table, &reference(model)?.column)?;
    let expected = match (Class::of_column(id), Class::of_column(column)) {
        (Class::Uuid, Class::Text) => "values of type `uuid`, as ids of users are",
        (Class::Text, Class::Uuid) => "text, as ids of users are",
        _ => return None,
    };
    Some(Difference::Type {
        table: table.name.clone(),
        column: column.name.clone(),
        found: column.database_type.clone(),
        expected,
        is_key: true,
    })
}

/// A default for an id in a column of text or UUIDs; `usual` is what makes ids otherwise.
pub(super) fn text_id(column: &Column, usual: Option<&DefaultValue>) -> Option<DefaultValue> {
    match Class::of_column(column) {
        Class::Uuid => Some(uuid(usual)),
        Class::Text => Some(text(column, usual)),
        _ => None,
    }
}

fn is_ours(model: &Model) -> bool {
    let mut names = NEEDED.iter().map(|(name, _)| *name);
    model.name == AUTHENTICATOR || names.any(|name| name == model.name)
}

fn user_id(schema: &Schema) -> Option<&Field> {
    schema.model(USER).and_then(made_id)
}

/// What a field holds, in which type.
type Kind = (FieldKind, Option<NativeType>);

fn kind_of(field: &Field) -> Kind {
    (field.kind.clone(), field.native_type.clone())
}

/// The id of a model whose rows get one when they are made.
fn made_id(model: &Model) -> Option<&Field> {
    model.fields.iter().find(|field| is_made(&model.id, field))
}

fn made_id_mut(model: &mut Model) -> Option<&mut Field> {
    let id = &model.id;
    model.fields.iter_mut().find(|field| is_made(id, field))
}

fn is_made(id: &[String], field: &Field) -> bool {
    *id == [&*field.name] && field.default.is_some()
}

/// The field in which a model refers to its user.
fn reference(model: &Model) -> Option<&Field> {
    model.field(&reference_name(model)?)
}

fn reference_mut(model: &mut Model) -> Option<&mut Field> {
    let name = reference_name(model)?;
    model.fields.iter_mut().find(|field| field.name == name)
}

fn reference_name(model: &Model) -> Option<String> {
    let mut relations = model.fields.iter().filter_map(Field::relation);
    let to_user = relations.find(|one| one.model == USER && !one.fields.is_empty())?;
    to_user.fields.first().cloned()
}

/// Makes an id what its column is. A column of another type stays a difference.
fn take(field: &mut Field, column: &Column, tables: Tables<'_>) {
    let is_uuid_type = tables.dialect.capability().uuid_type;
    let (kind, native_type) = match Class::of_column(column) {
        Class::Integer => integer(column, tables),
        Class::Uuid if is_uuid_type => (FieldKind::Scalar(Scalar::String), Some(native("Uuid"))),
        Class::Uuid | Class::Text => (FieldKind::Scalar(Scalar::String), None),
        _ => return,
    };
    // What the layout says of its own kind of ids it says more exactly.
    if field.kind != kind || native_type.is_some() {
        field.native_type = native_type;
    }
    field.kind = kind;
    field.default = Some(made_by(column, field.default.as_ref(), tables));
}

fn integer(column: &Column, tables: Tables<'_>) -> Kind {
    let name = column.database_type.to_ascii_lowercase();
    // Where columns are of no fixed type, whole numbers have 64 bits.
    let is_big = name.starts_with("big") || !tables.dialect.capability().timestamp_type;
    let (scalar, unsigned) = match is_big {
        true => (Scalar::BigInt, "UnsignedBigInt"),
        false => (Scalar::Int, "UnsignedInt"),
    };
    let native_type = name.contains("unsigned").then(|| native(unsigned));
    (FieldKind::Scalar(scalar), native_type)
}

fn native(name: &str) -> NativeType {
    NativeType {
        name: name.to_owned(),
        arguments: Vec::new(),
    }
}

/// Who makes the id of a new row: the database where its column says so, else the engine.
pub(super) fn made_by(
    column: &Column,
    usual: Option<&DefaultValue>,
    tables: Tables<'_>,
) -> DefaultValue {
    if column.counts || Class::of_column(column) == Class::Integer && !is_made_there(column) {
        // A number that nobody counts is told as a column that nobody fills.
        return DefaultValue::Autoincrement;
    }
    // What an insert does not give back cannot be found again without its id.
    if is_made_there(column) && tables.dialect.capability().insert_returning {
        return DefaultValue::DbGenerated(column.default.clone().unwrap_or_default());
    }
    text_id(column, usual).unwrap_or(DefaultValue::Uuid(4))
}

/// Whether the database makes another value for each row; the same for all makes no ids.
fn is_made_there(column: &Column) -> bool {
    let is_call = |text: &String| text.contains('(');
    column.has_default && column.default.as_ref().is_none_or(is_call)
}

fn uuid(usual: Option<&DefaultValue>) -> DefaultValue {
    match usual {
        Some(usual @ DefaultValue::Uuid(_)) => usual.clone(),
        _ => DefaultValue::Uuid(4),
    }
}

fn text(column: &Column, usual: Option<&DefaultValue>) -> DefaultValue {
    let usual = match usual {
        Some(usual @ DefaultValue::Cuid(_)) => usual.clone(),
        usual => uuid(usual),
    };
    let names_uuid = |text: &String| text.to_ascii_lowercase().contains("uuid");
    let usual = match column.default.as_ref().is_some_and(names_uuid) {
        true => uuid(None),
        false => usual,
    };
    let name = column.database_type.to_ascii_lowercase();
    let Some(width) = width(&name) else {
        return usual;
    };
    // What is shorter than the column is filled up with blanks.
    let is_padded = name.starts_with("char(") || name.starts_with("character(");
    match (width, is_padded) {
        (UUID, true) => uuid(None),
        (ULID, true) => DefaultValue::Ulid,
        (CUID, true) => DefaultValue::Cuid(1),
        (CUID2, true) => DefaultValue::Cuid(2),
        (_, true) => DefaultValue::Nanoid(width),
        (UUID.., false) => usual,
        (CUID.., false) => DefaultValue::Cuid(1),
        (_, false) => DefaultValue::Nanoid(width),
    }
}

/// How many characters go into a column, where its type says so.
fn width(database_type: &str) -> Option<u16> {
    let (_, rest) = database_type.split_once('(')?;
    rest.split_once(')')?.0.trim().parse().ok()
}
