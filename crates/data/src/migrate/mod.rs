//! Migrations: files of SQL that bring a database from one form of its tables to the next, each once.
//!
//! `folder` reads and writes the files, `history` the table that says which have run, `script` what a script says of
//! transactions, `shadow` makes the database in which files are tried; this file decides and runs.
//!
//! Invariant: what has run is never run again, and what stopped halfway is never passed over: both are told by name.
//! Where tables change inside of transactions (PostgreSQL, SQLite), a migration and its entry in the history are one.

mod folder;
mod history;
mod script;
mod shadow;

use std::path::PathBuf;

use hallpass_db::{Connection, ErrorKind, ScriptError, Transaction};
use hallpass_sql::{EmitError, StartupLock};
use hallpass_zmodel::Schema;

use crate::client::ClientOptions;
use crate::generate::uuid;
use crate::structure::{Consent, Plan, Standing, Step, Structure, StructureError, make_again};
use folder::{Migration, moment_after, name_at};
use history::Entry;

pub use folder::FolderError;

/// The migrations of a folder, and the database they are for.
#[derive(Debug, Clone)]
pub struct Migrator {
    structure: Structure,
    address: String,
    folder: PathBuf,
    world: ClientOptions,
}

/// Why migrations did not run.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A migration stopped halfway, or is running at this moment. What it did has to be looked at by a person.
    #[error("the migration `{name}` did not run to its end{}", detail(logs.as_deref()))]
    Unfinished {
        /// Which.
        name: String,
        /// What the database said, where it was written down.
        logs: Option<String>,
    },
    /// A file was changed after it had run.
    #[error("the migration `{name}` was changed after it had run")]
    Changed {
        /// Which.
        name: String,
    },
    /// A migration failed.
    #[error("the migration `{name}` failed")]
    Failed {
        /// Which.
        name: String,
        /// How much of it has happened.
        outcome: Outcome,
        /// What the database said.
        #[source]
        source: ScriptError,
    },
    /// No such migration waits to be resolved.
    #[error("no migration `{name}` stopped halfway")]
    NotUnfinished {
        /// What was named.
        name: String,
    },
    /// The database lets nobody make another one to try migrations in.
    #[error("the database does not let this user make a database to try the migrations in")]
    Shadow(#[source] hallpass_db::Error),
    /// The steps of a new migration that somebody has to agree to.
    #[error("{} of the new migration must be agreed to by name", steps_of(steps))]
    Consent {
        /// Which.
        steps: Vec<Step>,
    },
    /// The table of the history has another shape than Prisma's.
    #[error("the table `_prisma_migrations` has another shape than Prisma gives it")]
    History,
    /// Tables could not be compared or changed.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// What the database said.
    #[error(transparent)]
    Database(#[from] hallpass_db::Error),
}

impl From<EmitError> for MigrateError {
    fn from(error: EmitError) -> Self {
        Self::Structure(error.into())
    }
}

/// What a migration that failed has left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing: it can run again once its file is mended.
    Nothing,
    /// Some of its statements, which cannot be undone; it is written down and will not run again by itself.
    Some,
}

fn detail(logs: Option<&str>) -> String {
    logs.map(|logs| format!(": {logs}")).unwrap_or_default()
}

fn steps_of(steps: &[Step]) -> String {
    let names: Vec<_> = steps
        .iter()
        .map(|step| format!("`{}`", step.name))
        .collect();
    names.join(", ")
}

/// How the folder and the database stand to each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Migrations that have run.
    pub applied: Vec<String>,
    /// Migrations that have not.
    pub pending: Vec<String>,
    /// Migrations that stopped halfway, with what the database said.
    pub unfinished: Vec<(String, Option<String>)>,
    /// Migrations whose files were changed after they had run.
    pub changed: Vec<String>,
    /// Migrations that have run and are not in the folder.
    pub unknown: Vec<String>,
}

/// How a migration that stopped halfway is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Somebody did the rest by hand.
    Applied,
    /// Somebody undid what it had done; it will run again.
    RolledBack,
}

/// What [`Migrator::develop`] shall do.
#[derive(Debug, Clone, Default)]
pub struct Development {
    /// What the new migration is called, in words.
    pub name: String,
    /// To which of its steps somebody agrees.
    pub consent: Consent,
    /// Whether to write it and let it be looked at before it runs. Then no consent is needed.
    pub create_only: bool,
}

/// What [`Migrator::develop`] did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Developed {
    /// Migrations that ran.
    pub applied: Vec<String>,
    /// The files that were written.
    pub written: Vec<PathBuf>,
    /// What the new migration does.
    pub plan: Plan,
}

/// What came of one turn.
enum Turn {
    /// This one ran.
    Ran(String),
    /// This one must run outside of a transaction.
    Outside(Migration, String),
    /// The history was made, and must be there for others before anything runs.
    Prepared,
    /// Nothing is left.
    Nothing,
}

impl Migrator {
    /// The migrations of `folder` for the database at `address`.
    ///
    /// # Errors
    /// [`StructureError::Connect`] with what to check.
    pub async fn connect(
        address: &str,
        folder: impl Into<PathBuf>,
        world: ClientOptions,
    ) -> Result<Self, MigrateError> {
        Ok(Self {
            structure: Structure::connect(address).await?,
            address: address.to_owned(),
            folder: folder.into(),
            world,
        })
    }

    /// How the folder and the database stand to each other. Changes nothing.
    ///
    /// # Errors
    /// [`MigrateError`] when the folder or the history cannot be read.
    pub async fn status(&self) -> Result<Status, MigrateError> {
        let migrations = folder::read(&self.folder, self.structure.dialect())?;
        let catalog = self.structure.database.catalog().await?;
        let mut connection = Connection::Database(&self.structure.database);
        let entries = history::read(&mut connection, &catalog).await?;
        Ok(Status::of(&migrations, &entries))
    }

    /// Runs what has not run yet, in the order of the names. Several processes take turns: each migration runs once.
    ///
    /// # Errors
    /// [`MigrateError::Changed`] and [`MigrateError::Unfinished`] before anything runs; [`MigrateError::Failed`].
    pub async fn deploy(&self) -> Result<Vec<String>, MigrateError> {
        let migrations = folder::read(&self.folder, self.structure.dialect())?;
        let mut applied = Vec::new();
        if migrations.is_empty() {
            return Ok(applied);
        }
        loop {
            match self.turn(&migrations).await? {
                Turn::Ran(name) => applied.push(name),
                Turn::Outside(migration, id) => {
                    self.run_outside(&migration, &id).await?;
                    applied.push(migration.name);
                }
                Turn::Prepared => {}
                Turn::Nothing => return Ok(applied),
            }
        }
    }

    /// The next migration, under the lock.
    async fn turn(&self, migrations: &[Migration]) -> Result<Turn, MigrateError> {
        let standing = Standing::before(&self.structure.database).await?;
        let mut tx = self.structure.begin_locked().await?;
        let done = self.turn_locked(&mut tx, migrations, &standing).await;
        match done {
            Ok(turn) => {
                self.structure.end_locked(tx).await?;
                Ok(turn)
            }
            Err(error) => {
                tx.close();
                Err(error)
            }
        }
    }

    async fn turn_locked(
        &self,
        tx: &mut Transaction,
        migrations: &[Migration],
        standing: &Standing,
    ) -> Result<Turn, MigrateError> {
        let catalog = tx.catalog().await?;
        let mut connection = Connection::Transaction(tx);
        if history::ensure(&mut connection, &catalog).await? {
            return Ok(Turn::Prepared);
        }
        let entries = history::read(&mut connection, &catalog).await?;
        let status = Status::of(migrations, &entries);
        status.check()?;
        let mut next = migrations.iter();
        let Some(migration) = next.find(|one| status.pending.contains(&one.name)) else {
            return Ok(Turn::Nothing);
        };
        let (id, now) = (self.id(), self.world.clock.now());
        let capability = tx.dialect().capability();
        if capability.transactional_ddl && !script::is_outside(&migration.sql) {
            run_inside(tx, migration).await?;
            standing.check(tx).await?;
            history::write(
                &mut *tx,
                &history::begin(&id, migration, now, Some(self.world.clock.now())),
            )
            .await?;
            return Ok(Turn::Ran(migration.name.clone()));
        }
        let entry = history::begin(&id, migration, now, None);
        if capability.startup_lock == StartupLock::Writer {
            // The one that writes is this transaction: the entry is the lock from here on.
            history::write(tx, &entry).await?;
            return Ok(Turn::Outside(migration.clone(), id));
        }
        // On another connection, so that the entry stays whatever becomes of the script.
        history::write(&self.structure.database, &entry).await?;
        self.run_outside(migration, &id).await?;
        Ok(Turn::Ran(migration.name.clone()))
    }

    /// Runs a migration whose beginning is written down.
    async fn run_outside(&self, migration: &Migration, id: &str) -> Result<(), MigrateError> {
        let database = &self.structure.database;
        let now = || hallpass_sql::Value::from(self.world.clock.now());
        let Err(source) = database.script(&migration.sql).await else {
            let finished = vec![("finished_at", now()), ("applied_steps_count", 1.into())];
            return history::write(database, &history::change(id, finished)).await;
        };
        let outcome = if source.done == Some(0) && source.error.kind() != ErrorKind::Unavailable {
            Outcome::Nothing
        } else {
            Outcome::Some
        };
        let entry = match outcome {
            Outcome::Nothing => vec![("rolled_back_at", now())],
            Outcome::Some => vec![("logs", logs(&source).into())],
        };
        history::write(database, &history::change(id, entry)).await?;
        Err(failed(migration, outcome, source))
    }

    /// Says of a migration that stopped halfway how it stands now.
    ///
    /// # Errors
    /// [`MigrateError::NotUnfinished`] when none of this name did.
    pub async fn resolve(&self, name: &str, how: Resolution) -> Result<(), MigrateError> {
        let database = &self.structure.database;
        let catalog = database.catalog().await?;
        let mut connection = Connection::Database(database);
        let entries = history::read(&mut connection, &catalog).await?;
        let mut unfinished = entries.iter().filter(|entry| !entry.is_finished);
        let Some(entry) = unfinished.find(|entry| entry.name == name) else {
            return Err(MigrateError::NotUnfinished {
                name: name.to_owned(),
            });
        };
        let column = match how {
            Resolution::Applied => "finished_at",
            Resolution::RolledBack => "rolled_back_at",
        };
        let now = vec![(column, self.world.clock.now().into())];
        history::write(database, &history::change(&entry.id, now)).await
    }

    /// Runs what has not run yet, then writes and runs the migration that makes the tables what the schema says. What is
    /// there already is told by running all files in a database of its own, which goes afterwards.
    ///
    /// # Errors
    /// As [`deploy`](Self::deploy); [`MigrateError::Consent`] when the new one takes away what nobody agreed to;
    /// [`MigrateError::Shadow`].
    pub async fn develop(
        &self,
        schema: &Schema,
        wish: &Development,
    ) -> Result<Developed, MigrateError> {
        let mut done = Developed {
            applied: self.deploy().await?,
            ..Developed::default()
        };
        let migrations = folder::read(&self.folder, self.structure.dialect())?;
        done.plan = self.in_shadow(&migrations, schema).await?;
        if done.plan.is_empty() {
            return Ok(done);
        }
        let steps = done.plan.steps.iter();
        let refused: Vec<_> = steps
            .filter(|step| !wish.consent.covers(step))
            .cloned()
            .collect();
        if !wish.create_only && !refused.is_empty() {
            return Err(MigrateError::Consent { steps: refused });
        }
        done.written = self.write(&migrations, &done.plan, &wish.name)?;
        if !wish.create_only {
            done.applied.extend(self.deploy().await?);
        }
        Ok(done)
    }

    /// Labels of enums come in a migration of their own: PostgreSQL takes none for a default before that is over.
    fn write(
        &self,
        migrations: &[Migration],
        plan: &Plan,
        words: &str,
    ) -> Result<Vec<PathBuf>, MigrateError> {
        let dialect = self.structure.dialect();
        let is_label = |step: &Step| step.name.starts_with("add-label:");
        let (labels, others): (Vec<_>, Vec<_>) = plan.steps.iter().cloned().partition(is_label);
        let moment = moment_after(migrations, self.world.clock.now());
        let later = jiff::Timestamp::from_second(moment.as_second() + 1).unwrap_or(moment);
        let labels_words = if others.is_empty() {
            words.to_owned()
        } else {
            format!("{words} labels")
        };
        let at = if labels.is_empty() { moment } else { later };
        let parts = [
            (labels, moment, labels_words),
            (others, at, words.to_owned()),
        ];
        let mut written = Vec::new();
        for (steps, moment, words) in parts.into_iter().filter(|(steps, ..)| !steps.is_empty()) {
            let migration = Migration {
                name: name_at(moment, &words),
                sql: Plan { steps }.script(dialect)?,
            };
            written.push(folder::write(&self.folder, dialect, &migration)?);
        }
        Ok(written)
    }

    fn id(&self) -> String {
        uuid(4, None, &*self.world.random)
    }
}

/// Runs a script, and makes again what went without a word with tables that it made anew.
async fn run_inside(tx: &mut Transaction, migration: &Migration) -> Result<(), MigrateError> {
    let run = async |tx: &mut Transaction| {
        let ran = tx.script(&migration.sql).await;
        ran.map_err(|source| failed(migration, Outcome::Nothing, source))
    };
    if tx.dialect().capability().alter_column {
        return run(tx).await;
    }
    let before = tx.catalog_of(&[]).await?;
    run(tx).await?;
    Ok(make_again(tx, &before, &migration.sql).await?)
}

fn failed(migration: &Migration, outcome: Outcome, source: ScriptError) -> MigrateError {
    MigrateError::Failed {
        name: migration.name.clone(),
        outcome,
        source,
    }
}

fn logs(error: &ScriptError) -> String {
    match error.done {
        Some(done) => format!("statement {}: {}", u64::from(done) + 1, error.error),
        None => error.error.to_string(),
    }
}

impl Status {
    fn of(migrations: &[Migration], entries: &[Entry]) -> Self {
        let mut status = Self::default();
        for migration in migrations {
            let name = migration.name.clone();
            let mut own = entries.iter().filter(|entry| entry.name == name);
            match own.next_back() {
                None => status.pending.push(name),
                Some(entry) if !entry.is_finished => {}
                Some(entry) if migration.is(&entry.checksum) => status.applied.push(name),
                Some(_) => status.changed.push(name),
            }
        }
        for entry in entries {
            let known = migrations
                .iter()
                .any(|migration| migration.name == entry.name);
            if !entry.is_finished {
                status
                    .unfinished
                    .push((entry.name.clone(), entry.logs.clone()));
            } else if !known {
                status.unknown.push(entry.name.clone());
            }
        }
        status
    }

    /// Whether nothing speaks against running what is pending.
    fn check(&self) -> Result<(), MigrateError> {
        if let Some((name, logs)) = self.unfinished.first() {
            return Err(MigrateError::Unfinished {
                name: name.clone(),
                logs: logs.clone(),
            });
        }
        match self.changed.first() {
            Some(name) => Err(MigrateError::Changed { name: name.clone() }),
            None => Ok(()),
        }
    }
}
