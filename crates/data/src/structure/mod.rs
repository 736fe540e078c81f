//! The tables of a database, compared with a schema and changed with consent.
//!
//! `compare` finds the steps (`column`, `keys` and `rebuild` those of one table, `enums` those of types, `labels` what rows hold of them, `alike` knows who says the same in
//! other words, `written` reads the text that made a table), `step` names them, this file takes the lock and runs those that somebody agreed
//! to. `standing` sees to it that views and triggers work afterwards as they did before.
//!
//! To add a difference: where it is found, a step with its [`Effect`] and a sentence, its row in `suite/structure.rs`.

mod alike;
mod column;
mod compare;
mod enums;
mod keys;
mod labels;
mod rebuild;
mod standing;
mod step;
mod written;

use hallpass_db::{Connection, Database, Options, Transaction};
use hallpass_sql::{Dialect, EmitError, StartupLock, Statement, Value};
use hallpass_zmodel::Schema;

use crate::ddl::{CreateTablesError, LOCK, Wanted};

pub use crate::pull::{FieldName, ModelName, Naming};
pub(crate) use alike::{canonical_default, canonical_type};
pub(crate) use compare::is_own;
pub(crate) use standing::{Standing, make_again};
pub use step::{Consent, Effect, Plan, Step};

/// A database, seen as tables.
#[derive(Debug, Clone)]
pub struct Structure {
    pub(crate) database: Database,
}

/// Why tables were not compared or changed.
#[derive(Debug, thiserror::Error)]
pub enum StructureError {
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] hallpass_db::ConnectError),
    /// The schema says something that this database cannot keep.
    #[error(transparent)]
    Wanted(#[from] CreateTablesError),
    /// A step that cannot be said in this database's language.
    #[error("the tables cannot be said in this database's language")]
    Unsupported(#[from] EmitError),
    /// Another process has been changing tables for too long.
    #[error("another process is changing tables and does not finish")]
    Locked,
    /// The database refused a step. Where changes of tables can be undone, nothing has happened.
    #[error("the step `{step}` failed")]
    Step {
        /// Its name.
        step: String,
        /// What the database said.
        #[source]
        source: hallpass_db::Error,
    },
    /// A view or a trigger that worked before would no longer. Nothing has happened.
    #[error(
        "{what} would no longer work ({why}); change or drop it first{}",
        standing::remedy(what)
    )]
    Breaks {
        /// Which.
        what: String,
        /// What the database said.
        why: hallpass_db::Error,
    },
    /// What the database said.
    #[error(transparent)]
    Database(#[from] hallpass_db::Error),
}

/// What [`Structure::push`] did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pushed {
    /// The steps that were done.
    pub done: Vec<Step>,
    /// The steps that nobody agreed to.
    pub left: Vec<Step>,
}

impl Structure {
    /// The tables of the database at `address`.
    ///
    /// # Errors
    /// [`StructureError::Connect`] with what to check.
    pub async fn connect(address: &str) -> Result<Self, StructureError> {
        // Changes of large tables take their time.
        let options = Options {
            statement_timeout: None,
            ..Options::default()
        };
        Ok(Self {
            database: Database::connect(address, options).await?,
        })
    }

    /// The language of the database.
    pub fn dialect(&self) -> Dialect {
        self.database.dialect()
    }

    /// What would have to be done so that the tables are what the schema says. Changes nothing.
    ///
    /// # Errors
    /// [`StructureError`] when the schema does not go with the database, or the database cannot be read.
    pub async fn compare(&self, schema: &Schema) -> Result<Plan, StructureError> {
        let wanted = Wanted::of(schema, self.dialect())?;
        let catalog = self.database.catalog_of(&schemas(schema)).await?;
        let mut plan = compare::compare(&wanted, &catalog, self.dialect())?;
        let mut connection = Connection::Database(&self.database);
        plan.steps
            .extend(labels::steps(&mut connection, &wanted, &catalog).await?);
        Ok(plan)
    }

    /// Does what has to be done, as far as somebody agreed to it; all of it or nothing, where the database can undo
    /// changes of tables. Several processes take turns.
    ///
    /// # Errors
    /// As [`compare`](Self::compare), and [`StructureError::Step`].
    pub async fn push(&self, schema: &Schema, consent: &Consent) -> Result<Pushed, StructureError> {
        let wanted = Wanted::of(schema, self.dialect())?;
        let schemas = schemas(schema);
        let mut done = self.push_labels(&wanted, &schemas).await?;
        let standing = Standing::before(&self.database).await?;
        let pushed = self.locked(async |tx| {
            let catalog = tx.catalog_of(&schemas).await?;
            let mut plan = compare::compare(&wanted, &catalog, tx.dialect())?;
            let mut connection = Connection::Transaction(tx);
            let unknown = labels::steps(&mut connection, &wanted, &catalog).await?;
            plan.steps.extend(unknown);
            let steps = plan.steps.into_iter();
            let (agreed, left): (Vec<_>, Vec<_>) = steps.partition(|step| consent.covers(step));
            for step in &agreed {
                run(tx, step).await?;
            }
            standing.check(tx).await?;
            Ok((agreed, left))
        });
        let (agreed, left) = pushed.await?;
        done.extend(agreed);
        Ok(Pushed { done, left })
    }

    /// New labels first, in a transaction of their own: PostgreSQL takes none for a default before that is over.
    async fn push_labels(
        &self,
        wanted: &Wanted,
        schemas: &[String],
    ) -> Result<Vec<Step>, StructureError> {
        let catalog = self.database.catalog_of(schemas).await?;
        let plan = compare::compare(wanted, &catalog, self.dialect())?;
        let labels: Vec<_> = plan
            .steps
            .into_iter()
            .filter(|step| step.name.starts_with("add-label:"))
            .collect();
        if labels.is_empty() {
            return Ok(labels);
        }
        let added = self.locked(async |tx| {
            for step in &labels {
                run(tx, step).await?;
            }
            Ok(())
        });
        added.await?;
        Ok(labels)
    }

    /// Runs `work` in a transaction that changes tables, while no other process does.
    pub(crate) async fn locked<T>(
        &self,
        work: impl AsyncFnOnce(&mut Transaction) -> Result<T, StructureError>,
    ) -> Result<T, StructureError> {
        let mut tx = self.begin_locked().await?;
        match work(&mut tx).await {
            Ok(value) => {
                self.end_locked(tx).await?;
                Ok(value)
            }
            Err(error) => {
                // A lock that belongs to the connection goes with it.
                tx.close();
                Err(error)
            }
        }
    }

    /// Ends a transaction of [`begin_locked`](Self::begin_locked).
    pub(crate) async fn end_locked(&self, mut tx: Transaction) -> Result<(), StructureError> {
        if self.dialect().capability().startup_lock == StartupLock::Connection {
            let query = hallpass_sql::emit(&Statement::ReleaseLock(LOCK), self.dialect())?;
            tx.exec(&query, &[]).await?;
        }
        Ok(tx.commit().await?)
    }

    pub(crate) async fn begin_locked(&self) -> Result<Transaction, StructureError> {
        let mut tx = self.database.begin_change().await?;
        let kind = self.dialect().capability().startup_lock;
        if kind == StartupLock::Writer {
            return Ok(tx);
        }
        let query = hallpass_sql::emit(&Statement::AcquireLock(LOCK), self.dialect())?;
        let rows = tx.exec(&query, &[]).await?.rows;
        let given = rows.first().and_then(|row| row.first());
        if kind == StartupLock::Connection && given != Some(&Value::Int(1)) {
            tx.close();
            return Err(StructureError::Locked);
        }
        Ok(tx)
    }
}

/// The statements that make everything in a database where nothing is.
pub(crate) fn create_all(wanted: &Wanted, dialect: Dialect) -> Vec<Statement> {
    let tables = wanted.tables.iter();
    tables
        .flat_map(|table| compare::create(table, dialect.capability()).0)
        .collect()
}

async fn run(tx: &mut Transaction, step: &Step) -> Result<(), StructureError> {
    for statement in &step.statements {
        let query = hallpass_sql::emit(statement, tx.dialect())?;
        let done = if speaks_of_others(statement) {
            let ran = tx.script(&query.text).await;
            ran.map_err(|failed| failed.error)
        } else {
            tx.exec(&query, &[]).await.map(drop)
        };
        done.map_err(|source| StructureError::Step {
            step: step.name.clone(),
            source,
        })?;
    }
    Ok(())
}

/// Whether it holds words of somebody else, of which the database says what is wrong with them. Of a script its answer is repeated, since
/// there are no values in it.
fn speaks_of_others(statement: &Statement) -> bool {
    match statement {
        Statement::AsWritten(_) => true,
        Statement::CreateTable(create) => !create.taken_over.checks.is_empty(),
        _ => false,
    }
}

/// The same, where there is more to look at than the current one.
pub(crate) fn schemas_to_look_at(schema: &Schema) -> Option<Vec<String>> {
    let names = schemas(schema);
    let datasource = schema.datasource.as_ref();
    let has_extensions = datasource.is_some_and(|block| !block.extensions.is_empty());
    (has_extensions || !names.is_empty()).then_some(names)
}

/// The schemas of the database that a schema speaks of.
pub(crate) fn schemas(schema: &Schema) -> Vec<String> {
    let datasource = schema.datasource.as_ref();
    let listed = datasource.map(|block| block.schemas.clone());
    let mut names = listed.unwrap_or_default();
    let said = schema
        .models
        .iter()
        .filter_map(|one| one.database_schema.clone());
    names.extend(said);
    names.extend(datasource.and_then(|block| block.default_schema.clone()));
    names
}
