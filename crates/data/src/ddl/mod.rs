//! Makes the tables of the schema that are not there. Never drops, never changes: a table that is there and lacks
//! something is an error that names it, unless the caller lets columns be added that rows can do without.
//!
//! `column` says what a field is in the database, `wanted` what a model is, `plan` what is missing and in which order it
//! is made; this file takes the lock and runs the plan.
//!
//! Source: contract zenstack §5.1 and §5.3, the columns and names of Prisma.

mod column;
mod names;
mod plan;
mod wanted;

use hallpass_sql::{
    AdvisoryLock, EmitError, NativeTypeError, Query, StartupLock, Statement, Value,
};

use crate::client::{Client, Engine};
use crate::error::Error;
use plan::Plan;

pub(crate) use names::{default_name, name_of, primary_key_name};
pub(crate) use plan::find;
pub(crate) use wanted::{Wanted, WantedTable, columns_of};

/// Processes of this library that make tables take turns by it. The number is arbitrary.
pub(crate) const LOCK: AdvisoryLock = AdvisoryLock {
    key: 7_305_804_402_566_455_635,
    timeout_seconds: 20,
};

/// What [`Client::create_missing_tables`] made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Created {
    /// Names of the tables.
    pub tables: Vec<String>,
    /// Names of the enum types, where those are types of their own.
    pub enums: Vec<String>,
    /// Columns, where those may be added to tables that are there.
    pub columns: Vec<MissingColumn>,
}

/// What may be made where something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Growth {
    /// Tables that are not there.
    #[default]
    Tables,
    /// And columns of tables that are there, where a row can do without: they may be null and no key, index or default
    /// is made for them.
    Columns,
}

/// A column that a table lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingColumn {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
}

/// A label that an enum type lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingLabel {
    /// The enum type.
    pub enumeration: String,
    /// The label.
    pub label: String,
}

/// Why tables were not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateTablesError {
    /// Tables or enum types are there and lack what the schema needs. Nothing was made; a migration has to add it.
    #[error("the database lacks {}", lacking(columns, labels))]
    Incomplete {
        /// What tables lack.
        columns: Vec<MissingColumn>,
        /// What enum types lack.
        labels: Vec<MissingLabel>,
    },
    /// A `@db.` type that this database does not have.
    #[error("the native type of `{model}.{field}` cannot be used")]
    NativeType {
        /// The model.
        model: String,
        /// The field.
        field: String,
        /// Why.
        #[source]
        source: NativeTypeError,
    },
    /// A table that cannot be said in this database's language.
    #[error("table `{table}` has no words in this database's language")]
    Unsupported {
        /// The table.
        table: String,
        /// What cannot be said.
        #[source]
        source: EmitError,
    },
    /// A field whose default does not fit it.
    #[error("the default of `{model}.{field}` does not fit its type")]
    Default {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// Another process has been making tables for too long.
    #[error("another process is creating tables and does not finish")]
    Locked,
    /// The database refused to make a table.
    #[error("table `{table}` cannot be created")]
    Table {
        /// Its name.
        table: String,
        /// What the database said.
        #[source]
        source: Error,
    },
    /// What the database said.
    #[error(transparent)]
    Database(#[from] Error),
}

impl CreateTablesError {
    /// A refusal names the table; a database that went away has refused nothing.
    fn of_making(table: &str, source: Error) -> Self {
        match source {
            Error::Database(_) => Self::Table {
                table: table.to_owned(),
                source,
            },
            other => Self::Database(other),
        }
    }
}

fn lacking(columns: &[MissingColumn], labels: &[MissingLabel]) -> String {
    let columns = columns
        .iter()
        .map(|one| format!("column `{}.{}`", one.table, one.column));
    let labels = labels
        .iter()
        .map(|one| format!("label `{}` of enum `{}`", one.label, one.enumeration));
    columns.chain(labels).collect::<Vec<_>>().join(", ")
}

impl Client {
    /// Makes every table of the schema that is not there, with its keys, indexes and foreign keys. Safe to call at
    /// every start, and by several processes at once.
    ///
    /// # Errors
    /// [`CreateTablesError::Incomplete`] when a table is there but lacks columns: nothing is made or altered then.
    pub async fn create_missing_tables(&self) -> Result<Created, CreateTablesError> {
        self.create_missing(Growth::Tables).await
    }

    /// The same, and what else `growth` lets be made.
    ///
    /// # Errors
    /// [`CreateTablesError::Incomplete`] when a table lacks what may not be added: nothing is made or altered then.
    pub async fn create_missing(&self, growth: Growth) -> Result<Created, CreateTablesError> {
        let wanted = Wanted::of(&self.engine.schema, self.engine.dialect)?;
        if self.missing(&wanted, growth).await?.is_empty() {
            return Ok(Created::default());
        }
        self.transaction(async |tx| {
            tx.lock().await?;
            let result = tx.make_missing(&wanted, growth).await;
            match &result {
                Ok(_) => tx.unlock().await?,
                // A failed transaction takes no statement that would release the lock.
                Err(_) if tx.holds_lock() => tx.close_transaction().await,
                Err(_) => {}
            }
            result
        })
        .await
    }

    async fn make_missing(
        &self,
        wanted: &Wanted,
        growth: Growth,
    ) -> Result<Created, CreateTablesError> {
        // Read again: whoever had the lock before us may have made them.
        let plan = self.missing(wanted, growth).await?;
        for (table, statement) in &plan.statements {
            let query = emit(&self.engine, table, statement)?;
            let made = self.statement(table, &query, &[]).await;
            made.map_err(|source| CreateTablesError::of_making(table, source))?;
        }
        Ok(plan.created)
    }

    async fn missing(&self, wanted: &Wanted, growth: Growth) -> Result<Plan, CreateTablesError> {
        let catalog = self.catalog().await?;
        Plan::of(&self.engine, wanted, &catalog, growth)
    }

    /// Whether the lock belongs to the connection and outlives the transaction.
    fn holds_lock(&self) -> bool {
        self.engine.capability().startup_lock == StartupLock::Connection
    }

    async fn lock(&self) -> Result<(), CreateTablesError> {
        let kind = self.engine.capability().startup_lock;
        if kind == StartupLock::Writer {
            return Ok(());
        }
        let query = emit(&self.engine, "", &Statement::AcquireLock(LOCK))?;
        let rows = self.statement("", &query, &[]).await?.rows;
        let given = rows.first().and_then(|row| row.first());
        if kind == StartupLock::Connection && given != Some(&Value::Int(1)) {
            return Err(CreateTablesError::Locked);
        }
        Ok(())
    }

    async fn unlock(&self) -> Result<(), CreateTablesError> {
        if self.holds_lock() {
            let query = emit(&self.engine, "", &Statement::ReleaseLock(LOCK))?;
            self.statement("", &query, &[]).await?;
        }
        Ok(())
    }
}

fn emit(engine: &Engine, table: &str, statement: &Statement) -> Result<Query, CreateTablesError> {
    hallpass_sql::emit(statement, engine.dialect).map_err(|source| CreateTablesError::Unsupported {
        table: table.to_owned(),
        source,
    })
}
