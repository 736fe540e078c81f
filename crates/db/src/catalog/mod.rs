//! What tables exist, read from the database's own catalog.
//!
//! Invariant: reads only. The statements stand beside this file, three a database, and give rows of the
//! same shape, so that one reader serves all. To add a fact: a column in each file, a field here.

use hallpass_sql::{Access, Dialect, Query, Value};

use crate::connection::Connection;
use crate::error::{Error, ErrorKind};

/// What exists in the current schema (PostgreSQL), database (MySQL) or file (SQLite).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    /// The tables, by name.
    pub tables: Vec<Table>,
    /// The enum types, by name (PostgreSQL; elsewhere an enum is part of a column's type).
    pub enums: Vec<DatabaseEnum>,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Its name, case kept.
    pub name: String,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
    /// Columns of the primary key, in its order; empty without one.
    pub primary_key: Vec<String>,
    /// Unique constraints and unique indexes. Those over expressions, parts of a column or some rows only
    /// are left out: they do not make the columns unique.
    pub uniques: Vec<Index>,
    /// Other indexes, with the same left out.
    pub indexes: Vec<Index>,
    /// References to other tables.
    pub foreign_keys: Vec<ForeignKey>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name, case kept.
    pub name: String,
    /// Its type as the database writes it: `timestamp(3) without time zone`, `varchar(191)`, `TEXT`.
    pub database_type: String,
    /// Whether it admits NULL.
    pub nullable: bool,
    /// Whether an insert may leave it out although it is not nullable: a default, an identity, a generated column.
    pub has_default: bool,
}

/// An index or unique constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its columns, in its order.
    pub columns: Vec<String>,
}

/// A reference to another table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The constraint's name; SQLite keeps none.
    pub name: Option<String>,
    /// The referring columns.
    pub columns: Vec<String>,
    /// The table referred to.
    pub references_table: String,
    /// Its columns, in the order of `columns`.
    pub references_columns: Vec<String>,
    /// What happens when the row referred to is deleted: `CASCADE`, `SET NULL`, `RESTRICT`, `NO ACTION`,
    /// `SET DEFAULT`.
    pub on_delete: String,
}

/// An enum type of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseEnum {
    /// Its name.
    pub name: String,
    /// Its labels, in order.
    pub labels: Vec<String>,
}

impl Catalog {
    /// The table of this exact name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    fn table_mut(&mut self, name: &str) -> Option<&mut Table> {
        self.tables.iter_mut().find(|table| table.name == name)
    }
}

impl Table {
    /// The column of this exact name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The catalog statements of one database.
struct Statements {
    columns: &'static str,
    indexes: &'static str,
    foreign_keys: &'static str,
    enums: Option<&'static str>,
}

const POSTGRES: Statements = Statements {
    columns: include_str!("postgres_columns.sql"),
    indexes: include_str!("postgres_indexes.sql"),
    foreign_keys: include_str!("postgres_foreign_keys.sql"),
    enums: Some(include_str!("postgres_enums.sql")),
};

const MYSQL: Statements = Statements {
    columns: include_str!("mysql_columns.sql"),
    indexes: include_str!("mysql_indexes.sql"),
    foreign_keys: include_str!("mysql_foreign_keys.sql"),
    enums: None,
};

const SQLITE: Statements = Statements {
    columns: include_str!("sqlite_columns.sql"),
    indexes: include_str!("sqlite_indexes.sql"),
    foreign_keys: include_str!("sqlite_foreign_keys.sql"),
    enums: None,
};

pub(crate) async fn read(mut connection: Connection<'_>) -> Result<Catalog, Error> {
    let statements = match connection.dialect() {
        Dialect::Postgres => POSTGRES,
        Dialect::MySql | Dialect::MariaDb => MYSQL,
        Dialect::Sqlite => SQLITE,
    };
    let mut catalog = Catalog::default();
    for row in rows(&mut connection, statements.columns).await? {
        add_column(&mut catalog, &row)?;
    }
    for row in rows(&mut connection, statements.indexes).await? {
        add_index_column(&mut catalog, &row)?;
    }
    for row in rows(&mut connection, statements.foreign_keys).await? {
        add_reference(&mut catalog, &row)?;
    }
    if let Some(enums) = statements.enums {
        for row in rows(&mut connection, enums).await? {
            add_label(&mut catalog, &row)?;
        }
    }
    Ok(catalog)
}

async fn rows(connection: &mut Connection<'_>, text: &str) -> Result<Vec<Vec<Value>>, Error> {
    let query = Query {
        text: text.to_owned(),
        binds: Vec::new(),
        access: Access::Read,
    };
    Ok(connection.exec(&query, &[]).await?.rows)
}

/// Rows: table, column, type, nullable, has default; by table and position.
fn add_column(catalog: &mut Catalog, row: &[Value]) -> Result<(), Error> {
    let [table, name, database_type, nullable, has_default] = row else {
        return Err(unexpected());
    };
    let table = text(table)?;
    if catalog.table(table).is_none() {
        catalog.tables.push(Table {
            name: table.to_owned(),
            ..Table::default()
        });
    }
    let column = Column {
        name: text(name)?.to_owned(),
        database_type: text(database_type)?.to_owned(),
        nullable: truth(nullable)?,
        has_default: truth(has_default)?,
    };
    if let Some(table) = catalog.table_mut(table) {
        table.columns.push(column);
    }
    Ok(())
}

/// Rows: table, index, `primary`, `unique` or `index`, column; by table, index and position.
fn add_index_column(catalog: &mut Catalog, row: &[Value]) -> Result<(), Error> {
    let [table, name, kind, column] = row else {
        return Err(unexpected());
    };
    let (name, column) = (text(name)?, text(column)?.to_owned());
    let Some(table) = catalog.table_mut(text(table)?) else {
        return Ok(());
    };
    let indexes = match text(kind)? {
        "primary" => {
            table.primary_key.push(column);
            return Ok(());
        }
        "unique" => &mut table.uniques,
        _ => &mut table.indexes,
    };
    match indexes.last_mut() {
        Some(index) if index.name == name => index.columns.push(column),
        _ => indexes.push(Index {
            name: name.to_owned(),
            columns: vec![column],
        }),
    }
    Ok(())
}

/// Rows: table, position in the key from 1, name or NULL, column, table referred to, column referred to,
/// action on delete; by table, key and position.
fn add_reference(catalog: &mut Catalog, row: &[Value]) -> Result<(), Error> {
    let [
        table,
        position,
        name,
        column,
        references_table,
        references_column,
        on_delete,
    ] = row
    else {
        return Err(unexpected());
    };
    let Some(table) = catalog.table_mut(text(table)?) else {
        return Ok(());
    };
    if integer(position)? == 1 {
        table.foreign_keys.push(ForeignKey {
            name: optional_text(name)?.map(str::to_owned),
            columns: Vec::new(),
            references_table: text(references_table)?.to_owned(),
            references_columns: Vec::new(),
            on_delete: text(on_delete)?.to_owned(),
        });
    }
    if let Some(key) = table.foreign_keys.last_mut() {
        key.columns.push(text(column)?.to_owned());
        key.references_columns
            .push(text(references_column)?.to_owned());
    }
    Ok(())
}

/// Rows: type, label; by type and order.
fn add_label(catalog: &mut Catalog, row: &[Value]) -> Result<(), Error> {
    let [name, label] = row else {
        return Err(unexpected());
    };
    let (name, label) = (text(name)?, text(label)?.to_owned());
    match catalog.enums.last_mut() {
        Some(last) if last.name == name => last.labels.push(label),
        _ => catalog.enums.push(DatabaseEnum {
            name: name.to_owned(),
            labels: vec![label],
        }),
    }
    Ok(())
}

fn text(value: &Value) -> Result<&str, Error> {
    optional_text(value)?.ok_or_else(unexpected)
}

fn optional_text(value: &Value) -> Result<Option<&str>, Error> {
    match value {
        Value::Text(text) => Ok(Some(text)),
        Value::Null => Ok(None),
        _ => Err(unexpected()),
    }
}

fn truth(value: &Value) -> Result<bool, Error> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        _ => Ok(integer(value)? != 0),
    }
}

fn integer(value: &Value) -> Result<i64, Error> {
    match value {
        Value::Int(number) => Ok(*number),
        _ => Err(unexpected()),
    }
}

fn unexpected() -> Error {
    Error::new(
        ErrorKind::Other,
        "the database's catalog has another shape than expected",
    )
}
