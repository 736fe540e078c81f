use hallpass_sql::{
    Action, Column, CreateEnum, EnumStorage, ForeignKey, Index, PrimaryKey, TableName,
};
use hallpass_zmodel::schema::{Arity, Field, Model, ReferentialAction, Relation};

use super::CreateTablesError;
use super::column::{column, labels};
use crate::client::Engine;

/// Everything the schema needs of a database.
pub(super) struct Wanted {
    pub(super) enums: Vec<CreateEnum>,
    pub(super) tables: Vec<WantedTable>,
}

pub(super) struct WantedTable {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    pub(super) primary_key: Option<PrimaryKey>,
    pub(super) indexes: Vec<Index>,
    pub(super) foreign_keys: Vec<ForeignKey>,
}

impl Wanted {
    pub(super) fn of(engine: &Engine) -> Result<Self, CreateTablesError> {
        let as_types = engine.capability().enum_storage == EnumStorage::Type;
        let enums = engine.schema.enums.iter().filter(|_| as_types);
        let tables = engine
            .schema
            .models
            .iter()
            .map(|model| table(engine, model));
        Ok(Self {
            enums: enums
                .map(|item| CreateEnum {
                    name: item.mapped_name.clone(),
                    labels: labels(item),
                })
                .collect(),
            tables: tables.collect::<Result<_, _>>()?,
        })
    }
}

fn table(engine: &Engine, model: &Model) -> Result<WantedTable, CreateTablesError> {
    let mut columns = Vec::with_capacity(model.fields.len());
    for field in &model.fields {
        columns.extend(column(engine, model, field)?);
    }
    let relations = model
        .fields
        .iter()
        .filter_map(|field| Some((field, field.relation()?)));
    let kept_here = engine.schema.has_foreign_keys();
    let owned = relations.filter(|(_, relation)| kept_here && !relation.fields.is_empty());
    Ok(WantedTable {
        name: model.table.clone(),
        columns,
        primary_key: model.has_primary_key.then(|| primary_key(model)),
        indexes: indexes(model),
        foreign_keys: owned
            .filter_map(|(field, relation)| foreign_key(engine, model, field, relation))
            .collect(),
    })
}

fn primary_key(model: &Model) -> PrimaryKey {
    let given = model.id_map.clone();
    PrimaryKey {
        name: given.unwrap_or_else(|| limited(&format!("{}_pkey", model.table))),
        columns: columns_of(model, &model.id),
    }
}

fn indexes(model: &Model) -> Vec<Index> {
    let uniques = model
        .uniques
        .iter()
        .map(|one| (&one.fields, &one.map, true));
    let plain = model
        .indexes
        .iter()
        .map(|one| (&one.fields, &one.map, false));
    let index = |(fields, map, unique): (&Vec<String>, &Option<String>, bool)| {
        let columns = columns_of(model, fields);
        let ending = if unique { "key" } else { "idx" };
        Index {
            name: map
                .clone()
                .unwrap_or_else(|| default_name(model, &columns, ending)),
            columns,
            unique,
        }
    };
    uniques.chain(plain).map(index).collect()
}

fn foreign_key(
    engine: &Engine,
    model: &Model,
    field: &Field,
    relation: &Relation,
) -> Option<ForeignKey> {
    let target = engine.schema.model(&relation.model)?;
    let columns = columns_of(model, &relation.fields);
    let given = relation.map.clone();
    Some(ForeignKey {
        name: given.unwrap_or_else(|| default_name(model, &columns, "fkey")),
        columns,
        target: TableName::from(target.table.as_str()),
        references: columns_of(target, &relation.references),
        on_delete: relation.on_delete.map_or(
            if field.arity == Arity::Optional {
                Action::SetNull
            } else {
                Action::Restrict
            },
            action,
        ),
        on_update: relation.on_update.map_or(Action::Cascade, action),
    })
}

fn columns_of(model: &Model, fields: &[String]) -> Vec<String> {
    let found = fields.iter().filter_map(|name| model.field(name));
    found.map(|field| field.column.clone()).collect()
}

/// What Prisma calls it.
pub(crate) fn default_name(model: &Model, columns: &[String], ending: &str) -> String {
    let stem = format!("{}_{}", model.table, columns.join("_"));
    // Prisma cuts the stem, so that the ending stays.
    format!("{}_{ending}", cut(&stem, MAX_NAME - ending.len() - 1))
}

/// PostgreSQL cuts names after 63 bytes, silently; MySQL refuses more than 64 characters.
const MAX_NAME: usize = 63;

fn limited(name: &str) -> String {
    cut(name, MAX_NAME).to_owned()
}

fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

fn action(action: ReferentialAction) -> Action {
    match action {
        ReferentialAction::Cascade => Action::Cascade,
        ReferentialAction::Restrict => Action::Restrict,
        ReferentialAction::NoAction => Action::NoAction,
        ReferentialAction::SetNull => Action::SetNull,
        ReferentialAction::SetDefault => Action::SetDefault,
    }
}
