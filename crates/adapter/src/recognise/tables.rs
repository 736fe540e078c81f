//! Finding tables and columns in a catalog by the names of a schema.

use hallpass_data::Dialect;
use hallpass_data::catalog::{Catalog, Column, Table};
use hallpass_zmodel::schema::{Model, Scalar};

/// A catalog as a database of this language tells names apart.
#[derive(Clone, Copy)]
pub(super) struct Tables<'c> {
    pub(super) catalog: &'c Catalog,
    pub(super) dialect: Dialect,
}

impl<'c> Tables<'c> {
    pub(super) fn table(self, name: &str) -> Option<&'c Table> {
        let folds = self.dialect.capability().table_names_fold_case;
        let mut tables = self.catalog.tables.iter();
        tables.find(|table| same(&table.name, name, folds))
    }

    pub(super) fn column(self, table: &'c Table, name: &str) -> Option<&'c Column> {
        let mut columns = table.columns.iter();
        columns.find(|column| self.same_column(&column.name, name))
    }

    pub(super) fn same_column(self, one: &str, other: &str) -> bool {
        same(one, other, self.dialect.capability().column_names_fold_case)
    }

    /// Whether no two rows can be alike in these columns: a key lies within them.
    pub(super) fn is_unique(self, table: &Table, columns: &[String]) -> bool {
        let within = |key: &[String]| {
            let has = |one: &String| columns.iter().any(|other| self.same_column(one, other));
            !key.is_empty() && key.iter().all(has)
        };
        within(&table.primary_key) || table.uniques.iter().any(|index| within(&index.columns))
    }

    /// Whether a key or index begins with these columns, in any order.
    pub(super) fn is_indexed(self, table: &Table, columns: &[String]) -> bool {
        let begins = |key: &[String]| {
            let first = key.get(..columns.len()).unwrap_or_default();
            let has = |one: &String| first.iter().any(|other| self.same_column(one, other));
            !first.is_empty() && columns.iter().all(has)
        };
        let indexes = table.uniques.iter().chain(&table.indexes);
        begins(&table.primary_key) || indexes.map(|index| &index.columns).any(|key| begins(key))
    }
}

fn same(one: &str, other: &str, folds: bool) -> bool {
    one == other || folds && one.eq_ignore_ascii_case(other)
}

/// The columns of fields.
pub(super) fn columns_of(model: &Model, fields: &[String]) -> Vec<String> {
    let found = fields.iter().filter_map(|name| model.field(name));
    found.map(|field| field.column.clone()).collect()
}

/// What a column's type holds, as coarsely as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Text,
    Uuid,
    Integer,
    Moment,
    Boolean,
    Bytes,
    Other,
}

impl Class {
    /// Of a domain the type that it is made of.
    pub(super) fn of_column(column: &Column) -> Self {
        Self::of(
            column
                .underlying_type
                .as_ref()
                .unwrap_or(&column.database_type),
        )
    }

    fn of(database_type: &str) -> Self {
        let name = database_type.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if name == "uuid" {
            Self::Uuid
        } else if has(&["binary", "bytea"]) {
            Self::Bytes
        } else if name.starts_with("bool") || name == "tinyint(1)" {
            Self::Boolean
        } else if has(&["char", "text", "clob", "enum", "citext"]) {
            Self::Text
        } else if has(&["timestamp", "datetime", "date"]) {
            Self::Moment
        } else if has(&["int", "serial"]) && !has(&["interval", "point"]) {
            Self::Integer
        } else {
            Self::Other
        }
    }

    /// Whether values of a field go into such a column. What is not known may.
    pub(super) fn holds(self, scalar: Scalar) -> bool {
        match scalar {
            Scalar::String => matches!(self, Self::Text | Self::Uuid | Self::Other),
            Scalar::Int | Scalar::BigInt => matches!(self, Self::Integer | Self::Other),
            Scalar::DateTime => !matches!(self, Self::Uuid | Self::Boolean),
            Scalar::Boolean => matches!(self, Self::Boolean | Self::Integer | Self::Other),
            Scalar::Float | Scalar::Decimal | Scalar::Json | Scalar::Bytes => true,
        }
    }
}

/// What a field holds, in words.
pub(super) fn in_words(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::String => "text",
        Scalar::Boolean => "truth values",
        Scalar::Int | Scalar::BigInt => "whole numbers",
        Scalar::DateTime => "moments",
        Scalar::Float | Scalar::Decimal => "numbers",
        Scalar::Json => "documents",
        Scalar::Bytes => "bytes",
    }
}
