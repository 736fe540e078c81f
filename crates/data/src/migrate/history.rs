//! The table that says which migrations have run: Prisma's own, so that either tool goes on where the other stopped.
//!
//! Why, in docs/design/migrations.md.

use hallpass_db::{Catalog, Connection};
use hallpass_sql::{Expr, Insert, Query, Select, Source, Statement, TableName, Update, Value};
use hallpass_zmodel::{Schema, Source as Text, load};
use jiff::Timestamp;

use super::MigrateError;
use super::folder::Migration;
use crate::ddl::Wanted;
use crate::structure::{StructureError, create_all};

const TABLE: &str = "_prisma_migrations";

/// The table as Prisma makes it.
const MODEL: &str = r#"
    model Migration {
      id                  String    @id @db.VarChar(36)
      checksum            String    @db.VarChar(64)
      finished_at         DateTime? @db.Timestamptz
      migration_name      String    @db.VarChar(255)
      logs                String?   @db.Text
      rolled_back_at      DateTime? @db.Timestamptz
      started_at          DateTime  @default(now()) @db.Timestamptz
      applied_steps_count Int       @default(0)
      @@map("_prisma_migrations")
    }
"#;

/// A row of the table that still counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) checksum: String,
    pub(super) is_finished: bool,
    pub(super) logs: Option<String>,
}

/// Makes the table where it is not there; says whether it did.
pub(super) async fn ensure(
    connection: &mut Connection<'_>,
    catalog: &Catalog,
) -> Result<bool, MigrateError> {
    if catalog.table(TABLE).is_some() {
        return Ok(false);
    }
    let dialect = connection.dialect();
    let wanted = Wanted::of(&model()?, dialect).map_err(StructureError::from)?;
    for statement in create_all(&wanted, dialect) {
        let query = hallpass_sql::emit(&statement, dialect)?;
        connection.exec(&query, &[]).await?;
    }
    Ok(true)
}

fn model() -> Result<Schema, MigrateError> {
    let source = Text {
        name: "migrations",
        text: MODEL,
    };
    load(&[source]).map_err(|_| MigrateError::History)
}

/// The entries that were not taken back, in the order in which they began.
pub(super) async fn read(
    connection: &mut Connection<'_>,
    catalog: &Catalog,
) -> Result<Vec<Entry>, MigrateError> {
    if catalog.table(TABLE).is_none() {
        return Ok(Vec::new());
    }
    let columns = ["id", "migration_name", "checksum", "finished_at", "logs"];
    let source = Source::Table {
        table: TableName::from(TABLE),
        alias: None,
    };
    let mut select = Select::from(source, columns.map(Expr::column).to_vec());
    select.filter = Some(Expr::IsNull(Box::new(Expr::column("rolled_back_at"))));
    select.order = vec![hallpass_sql::Order {
        expr: Expr::column("started_at"),
        direction: hallpass_sql::Direction::Ascending,
        nulls: hallpass_sql::Nulls::Default,
    }];
    let query = hallpass_sql::emit(&Statement::Select(select), connection.dialect())?;
    let rows = connection.exec(&query, &[]).await?.rows;
    rows.iter().map(|row| entry(row)).collect()
}

fn entry(row: &[Value]) -> Result<Entry, MigrateError> {
    let [id, name, checksum, finished, logs] = row else {
        return Err(MigrateError::History);
    };
    let text = |value: &Value| match value {
        Value::Text(text) => Ok(text.clone()),
        _ => Err(MigrateError::History),
    };
    Ok(Entry {
        id: text(id)?,
        name: text(name)?,
        checksum: text(checksum)?,
        is_finished: *finished != Value::Null,
        logs: text(logs).ok(),
    })
}

/// Writes down that a migration begins, or has run already.
pub(super) fn begin(
    id: &str,
    migration: &Migration,
    started: Timestamp,
    finished: Option<Timestamp>,
) -> Statement {
    let values: [(&str, Value); 6] = [
        ("id", id.into()),
        ("checksum", migration.checksum().into()),
        ("migration_name", migration.name.as_str().into()),
        ("started_at", started.into()),
        ("finished_at", finished.into()),
        ("applied_steps_count", i32::from(finished.is_some()).into()),
    ];
    let (columns, row): (Vec<_>, Vec<_>) = values
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Expr::Value(value)))
        .unzip();
    Statement::Insert(Insert {
        table: TableName::from(TABLE),
        columns,
        rows: vec![row],
        unless: None,
        conflict: None,
        returning: Vec::new(),
    })
}

/// Writes down how it ended.
pub(super) fn change(id: &str, assignments: Vec<(&str, Value)>) -> Statement {
    let assignments = assignments.into_iter();
    Statement::Update(Update {
        table: TableName::from(TABLE),
        assignments: assignments
            .map(|(name, value)| (name.to_owned(), Expr::Value(value)))
            .collect(),
        filter: Some(Expr::column("id").equals(Expr::Value(id.into()))),
        returning: Vec::new(),
    })
}

/// Runs a statement of this file.
pub(super) async fn write(
    connection: impl Into<Connection<'_>>,
    statement: &Statement,
) -> Result<(), MigrateError> {
    let mut connection = connection.into();
    let query: Query = hallpass_sql::emit(statement, connection.dialect())?;
    connection.exec(&query, &[]).await?;
    Ok(())
}
