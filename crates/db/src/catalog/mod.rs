//! What tables exist, read from the database's own catalog.
//!
//! Invariant: reads only. The statements stand beside this file, three a database, and give rows of the
//! same shape, so that one reader serves all. To add a fact: a column in each file, a field here.

use hallpass_sql::{Access, Bind, Dialect, Query, Value};

use crate::connection::Connection;
use crate::error::{Error, ErrorKind};

/// What exists in the current schema and those asked for (PostgreSQL), database (MySQL) or file (SQLite).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    /// The tables, by name.
    pub tables: Vec<Table>,
    /// The enum types, by name (PostgreSQL; elsewhere an enum is part of a column's type).
    pub enums: Vec<DatabaseEnum>,
    /// The schemas of the database and its extensions, where somebody asked for several schemas (PostgreSQL).
    pub places: Option<Places>,
    /// The texts that made what is there, in the order they came, where somebody asked and the database keeps them (SQLite).
    pub definitions: Vec<Definition>,
}

/// What a database keeps as the text that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// What it is.
    pub kind: DefinitionKind,
    /// Its name.
    pub name: String,
    /// The table or view that it belongs to; its own name for a table or view.
    pub table: String,
    /// One statement, as somebody wrote it.
    pub text: String,
}

/// What a [`Definition`] is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DefinitionKind {
    /// A table.
    Table,
    /// An index that is no part of a table's own text.
    Index,
    /// A trigger.
    Trigger,
    /// A view.
    View,
}

/// What a PostgreSQL database has beside tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The schema that tables live in of which nothing else is said.
    pub current: String,
    /// Names of all schemas.
    pub schemas: Vec<String>,
    /// Names of the extensions that are switched on.
    pub extensions: Vec<String>,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The schema it lives in, where that is not the current one.
    pub schema: Option<String>,
    /// Its name, case kept.
    pub name: String,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
    /// Columns of the primary key, in its order; empty without one.
    pub primary_key: Vec<String>,
    /// Name of the primary key's constraint, where the database keeps one.
    pub primary_key_name: Option<String>,
    /// Unique constraints and unique indexes. Those over expressions, parts of a column or some rows only
    /// are left out: they do not make the columns unique.
    pub uniques: Vec<Index>,
    /// Other indexes, with the same left out.
    pub indexes: Vec<Index>,
    /// Names of the indexes that were left out, and of those for words.
    pub other_indexes: Vec<String>,
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
    /// The type that this one is made of, where it is a domain (PostgreSQL).
    pub underlying_type: Option<String>,
    /// Its collation, where that takes texts for equal whose bytes differ. Not told of MySQL, where nearly all do.
    pub folding_collation: Option<String>,
    /// Whether it admits NULL.
    pub nullable: bool,
    /// Whether an insert may leave it out although it is not nullable: a default, an identity, a generated column.
    pub has_default: bool,
    /// What it gets when nothing is given, in the database's words.
    pub default: Option<String>,
    /// Whether the database counts.
    pub counts: bool,
    /// Whether it counts on from the last row that is there: the number of one that is gone is given again (SQLite without
    /// `AUTOINCREMENT`).
    pub counts_again: bool,
}

/// An index or unique constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its columns, in its order.
    pub columns: Vec<String>,
    /// Whether it belongs to a constraint of the table, and goes with that.
    pub is_constraint: bool,
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
    /// What happens when the key referred to changes, in the same words.
    pub on_update: String,
}

/// An enum type of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseEnum {
    /// The schema it lives in, where that is not the current one.
    pub schema: Option<String>,
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

    fn table_mut(&mut self, schema: Option<&str>, name: &str) -> Option<&mut Table> {
        let mut tables = self.tables.iter_mut();
        tables.find(|table| table.name == name && table.schema.as_deref() == schema)
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

/// Of PostgreSQL also what these other schemas hold.
pub(crate) async fn read(
    mut connection: Connection<'_>,
    schemas: &[String],
) -> Result<Catalog, Error> {
    let statements = match connection.dialect() {
        Dialect::Postgres => POSTGRES,
        Dialect::MySql | Dialect::MariaDb => MYSQL,
        Dialect::Sqlite => SQLITE,
    };
    let mut catalog = Catalog::default();
    for row in rows(&mut connection, statements.columns, schemas).await? {
        add_column(&mut catalog, &row)?;
    }
    add_collations(&mut connection, &mut catalog).await?;
    for row in rows(&mut connection, statements.indexes, schemas).await? {
        add_index_column(&mut catalog, &row)?;
    }
    for row in rows(&mut connection, statements.foreign_keys, schemas).await? {
        add_reference(&mut catalog, &row)?;
    }
    if let Some(enums) = statements.enums {
        for row in rows(&mut connection, enums, schemas).await? {
            add_label(&mut catalog, &row)?;
        }
    }
    Ok(catalog)
}

/// The schemas and extensions of a PostgreSQL database.
pub(crate) async fn places(mut connection: Connection<'_>) -> Result<Option<Places>, Error> {
    if connection.dialect() != Dialect::Postgres {
        return Ok(None);
    }
    let query = Query {
        text: include_str!("postgres_places.sql").to_owned(),
        binds: Vec::new(),
        access: Access::Read,
    };
    let mut places = Places::default();
    for row in connection.exec(&query, &[]).await?.rows {
        let [kind, name] = row.as_slice() else {
            return Err(unexpected());
        };
        let name = text(name)?.to_owned();
        match text(kind)? {
            "current" => places.current = name,
            "schema" => places.schemas.push(name),
            _ => places.extensions.push(name),
        }
    }
    Ok(Some(places))
}

/// What the database keeps as text.
pub(crate) async fn definitions(mut connection: Connection<'_>) -> Result<Vec<Definition>, Error> {
    if connection.dialect() != Dialect::Sqlite {
        return Ok(Vec::new());
    }
    let query = Query {
        text: include_str!("sqlite_definitions.sql").to_owned(),
        binds: Vec::new(),
        access: Access::Read,
    };
    let rows = connection.exec(&query, &[]).await?.rows;
    rows.iter().map(|row| definition(row)).collect()
}

/// A row: kind, name, table, text.
fn definition(row: &[Value]) -> Result<Definition, Error> {
    let [kind, name, table, written] = row else {
        return Err(unexpected());
    };
    Ok(Definition {
        kind: match text(kind)? {
            "table" => DefinitionKind::Table,
            "index" => DefinitionKind::Index,
            "trigger" => DefinitionKind::Trigger,
            _ => DefinitionKind::View,
        },
        name: text(name)?.to_owned(),
        table: text(table)?.to_owned(),
        text: text(written)?.to_owned(),
    })
}

async fn rows(
    connection: &mut Connection<'_>,
    text: &str,
    schemas: &[String],
) -> Result<Vec<Vec<Value>>, Error> {
    let schemas = Value::List(schemas.iter().map(Value::from).collect());
    let takes_schemas = connection.dialect() == Dialect::Postgres;
    let query = Query {
        text: text.to_owned(),
        binds: takes_schemas
            .then_some(Bind::Value(schemas))
            .into_iter()
            .collect(),
        access: Access::Read,
    };
    Ok(connection.exec(&query, &[]).await?.rows)
}

/// The collations of columns, where no statement tells them.
async fn add_collations(
    connection: &mut Connection<'_>,
    catalog: &mut Catalog,
) -> Result<(), Error> {
    let tables = catalog.tables.iter();
    let columns = tables.flat_map(|table| {
        let columns = table.columns.iter();
        columns.map(|column| (table.name.clone(), column.name.clone()))
    });
    let Some(collations) = connection.collations(columns.collect()).await? else {
        return Ok(());
    };
    let tables = catalog.tables.iter_mut();
    let columns = tables.flat_map(|table| &mut table.columns);
    for (column, collation) in columns.zip(collations) {
        column.folding_collation = collation;
    }
    Ok(())
}

/// Rows: table, column, type, nullable, has default, default or NULL, counts, schema or NULL, type of the domain or NULL,
/// collation that folds or NULL, whether it counts from the last row; by table and position.
fn add_column(catalog: &mut Catalog, row: &[Value]) -> Result<(), Error> {
    let [
        table,
        name,
        database_type,
        nullable,
        has_default,
        default,
        counts,
        schema,
        underlying_type,
        folding_collation,
        counts_again,
    ] = row
    else {
        return Err(unexpected());
    };
    let (schema, table) = (optional_text(schema)?, text(table)?);
    if catalog.table_mut(schema, table).is_none() {
        catalog.tables.push(Table {
            schema: schema.map(str::to_owned),
            name: table.to_owned(),
            ..Table::default()
        });
    }
    let column = Column {
        name: text(name)?.to_owned(),
        database_type: text(database_type)?.to_owned(),
        underlying_type: optional_text(underlying_type)?.map(str::to_owned),
        folding_collation: optional_text(folding_collation)?.map(str::to_owned),
        nullable: truth(nullable)?,
        has_default: truth(has_default)?,
        default: optional_text(default)?.map(str::to_owned),
        counts: truth(counts)?,
        counts_again: truth(counts_again)?,
    };
    if let Some(table) = catalog.table_mut(schema, table) {
        table.columns.push(column);
    }
    Ok(())
}

/// Rows: table, index, `primary`, `unique`, `index` or `other`, column, whether it is a constraint, schema or NULL; by
/// table, kind, index and position.
fn add_index_column(catalog: &mut Catalog, row: &[Value]) -> Result<(), Error> {
    let [table, name, kind, column, is_constraint, schema] = row else {
        return Err(unexpected());
    };
    let (name, column) = (text(name)?, text(column)?.to_owned());
    let Some(table) = catalog.table_mut(optional_text(schema)?, text(table)?) else {
        return Ok(());
    };
    let indexes = match text(kind)? {
        "primary" => {
            table.primary_key.push(column);
            table.primary_key_name = Some(name.to_owned()).filter(|name| !name.is_empty());
            return Ok(());
        }
        "other" => {
            if table.other_indexes.last().is_none_or(|last| last != name) {
                table.other_indexes.push(name.to_owned());
            }
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
            is_constraint: truth(is_constraint)?,
        }),
    }
    Ok(())
}

/// Rows: table, position in the key from 1, name or NULL, column, table referred to, column referred to,
/// actions on delete and on update, schema or NULL; by table, key and position.
fn add_reference(catalog: &mut Catalog, row: &[Value]) -> Result<(), Error> {
    let [
        table,
        position,
        name,
        column,
        references_table,
        references_column,
        on_delete,
        on_update,
        schema,
    ] = row
    else {
        return Err(unexpected());
    };
    let Some(table) = catalog.table_mut(optional_text(schema)?, text(table)?) else {
        return Ok(());
    };
    if integer(position)? == 1 {
        table.foreign_keys.push(ForeignKey {
            name: optional_text(name)?.map(str::to_owned),
            columns: Vec::new(),
            references_table: text(references_table)?.to_owned(),
            references_columns: Vec::new(),
            on_delete: text(on_delete)?.to_owned(),
            on_update: text(on_update)?.to_owned(),
        });
    }
    if let Some(key) = table.foreign_keys.last_mut() {
        key.columns.push(text(column)?.to_owned());
        key.references_columns
            .push(text(references_column)?.to_owned());
    }
    Ok(())
}

/// Rows: type, label, schema or NULL; by schema, type and order.
fn add_label(catalog: &mut Catalog, row: &[Value]) -> Result<(), Error> {
    let [name, label, schema] = row else {
        return Err(unexpected());
    };
    let (name, label) = (text(name)?, text(label)?.to_owned());
    let schema = optional_text(schema)?;
    match catalog.enums.last_mut() {
        Some(last) if last.name == name && last.schema.as_deref() == schema => {
            last.labels.push(label)
        }
        _ => catalog.enums.push(DatabaseEnum {
            schema: schema.map(str::to_owned),
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
