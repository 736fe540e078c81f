//! Work that one process at a time does, of all that run on one database.
//!
//! A worker has a name and a lease that ends by itself: when its process dies, another goes on. What it works on keeps its own
//! position in a transaction, so that two processes that both believe to hold a lease double nothing; the lease spares the work.
//! Beside the lease stands since when the work fails and why, in words that say nothing of anybody.

use std::time::Duration;

use hallpass_db::{ConnectError, Connection, Database, ErrorKind};
use hallpass_sql::{Dialect, Value};
use jiff::Timestamp;

use crate::error::ChangesError;
use crate::install::{Plan, Step, change, has_table};
use crate::log::{moment_of, run};
use crate::tracking::TrackError;
use crate::words::{later, now};

/// Who holds leases, and how the work stands.
pub(crate) const WORKERS: &str = "hallpass_change_worker";

/// One piece of work, as one process sees it.
#[derive(Debug, Clone)]
pub struct Worker {
    database: Database,
    name: String,
    holder: String,
}

/// How a piece of work stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerStatus {
    /// Its name.
    pub name: String,
    /// Whether a process is at it now.
    pub is_held: bool,
    /// Since when it fails, and why; absent while it works.
    pub failing: Option<(Timestamp, Failing)>,
}

/// Why work cannot go on. It is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failing {
    /// A database does not answer.
    Away,
    /// An address names no database that there is.
    Address,
    /// A database answers, and does not let us in.
    NotAdmitted,
    /// There is no change log, or the table is not tracked.
    NotInstalled,
    /// What comes next is in the log no longer.
    Lost,
    /// The database takes too long.
    Slow,
    /// The database refuses for want of a right.
    NoRight,
    /// The database refuses: a table has another shape.
    Refused,
    /// The table of the users lacks a column that the schema names.
    NoColumn,
    /// The address leads to the database of the users itself.
    Itself,
}

/// Every reason: its name in the table, and what a person reads.
const REASONS: [(Failing, &str, &str); 10] = [
    (Failing::Away, "away", "the database does not answer"),
    (
        Failing::Address,
        "address",
        "its address cannot be used: correct it, or make the folder that it names",
    ),
    (
        Failing::NotAdmitted,
        "not-admitted",
        "the database does not admit us: the user, the password or the name of the database is wrong",
    ),
    (
        Failing::NotInstalled,
        "not-installed",
        "not everything is tracked that has to be: run `hallpass changes install`",
    ),
    (
        Failing::Lost,
        "lost",
        "what comes next is in the change log no longer, or the source was restored: it has to begin anew",
    ),
    (Failing::Slow, "slow", "the database takes too long"),
    (
        Failing::NoRight,
        "no-right",
        "a right is missing: the role of its address has to read and write Hallpass's tables there (of a target: `users_sync` and \
         `hallpass_sync_cursor`), and to make them the first time; the log names the code",
    ),
    (
        Failing::Refused,
        "refused",
        "the database refuses: a table has another shape, or it cannot write",
    ),
    (
        Failing::NoColumn,
        "no-column",
        "the table of the users lacks a column that the schema names, as after a rename: bring both together (`hallpass doctor`)",
    ),
    (
        Failing::Itself,
        "itself",
        "its address leads to the database of the users itself: take it from the settings; `hallpass sync install` tells of users there",
    ),
];

impl Failing {
    /// Its name, for machines.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// What a person reads.
    pub fn text(self) -> &'static str {
        self.row().2
    }

    pub(crate) fn of(name: &str) -> Self {
        let mut rows = REASONS.iter();
        // A newer version may know more reasons.
        rows.find(|row| row.1 == name)
            .map_or(Self::Refused, |row| row.0)
    }

    fn row(self) -> (Self, &'static str, &'static str) {
        let mut rows = REASONS.iter();
        rows.find(|row| row.0 == self)
            .copied()
            .unwrap_or(REASONS[0])
    }
}

impl ChangesError {
    /// Why work stops by this; `None` where another process was faster, which is no failure.
    pub fn failing(&self) -> Option<Failing> {
        Some(match self {
            Self::Moved { .. } => return None,
            Self::Track(TrackError::NoColumn { .. }) => Failing::NoColumn,
            Self::Connect(error) => of_connecting(error),
            Self::NotInstalled | Self::NoReader { .. } | Self::Track(_) | Self::NoAudit => {
                Failing::NotInstalled
            }
            Self::Lost { .. } => Failing::Lost,
            Self::Itself { .. } => Failing::Itself,
            Self::Locked => Failing::Slow,
            Self::Database(error) | Self::Step { source: error, .. } => match error.kind() {
                ErrorKind::Unavailable => Failing::Away,
                ErrorKind::Retry | ErrorKind::Timeout => Failing::Slow,
                _ if error.code().is_some_and(is_no_right) => Failing::NoRight,
                _ => Failing::Refused,
            },
            Self::Unsupported(_) | Self::Shape | Self::Engine(_) => Failing::Refused,
        })
    }
}

fn of_connecting(error: &ConnectError) -> Failing {
    match error {
        ConnectError::Server { source, .. } if source.code().is_some_and(is_no_admission) => {
            Failing::NotAdmitted
        }
        ConnectError::Server { .. } | ConnectError::Timeout { .. } => Failing::Away,
        ConnectError::File { .. } => Failing::Refused,
        _ => Failing::Address,
    }
}

/// Codes of servers: who, from where and to which database.
fn is_no_admission(code: &str) -> bool {
    // PostgreSQL: wrong password and its kin, no such database, no right to connect.
    let is_postgres = code.starts_with("28") || matches!(code, "3D000" | "42501");
    is_postgres || matches!(code, "1044" | "1045" | "1049" | "1130" | "1698")
}

/// Codes of servers: no right to a table, a column, a schema, or to make one.
fn is_no_right(code: &str) -> bool {
    matches!(
        code,
        "42501" | "1044" | "1142" | "1143" | "1227" | "1370" | "1419"
    )
}

impl Worker {
    /// The work of this name, for a process that calls itself `holder` as no other does; both of at most 64 signs. Makes the
    /// table of leases where it is not there.
    ///
    /// # Errors
    /// What the database said.
    pub async fn open(database: &Database, name: &str, holder: &str) -> Result<Self, ChangesError> {
        prepare(database).await?;
        Ok(Self {
            database: database.clone(),
            name: name.to_owned(),
            holder: holder.to_owned(),
        })
    }

    /// Takes the lease, or keeps it, for so long (in whole seconds, at least one). Whether it is this process's.
    ///
    /// # Errors
    /// What the database said.
    pub async fn claim(&self, lease: Duration) -> Result<bool, ChangesError> {
        let dialect = self.database.dialect();
        let end = later(dialect, lease);
        let text = format!(
            "UPDATE {WORKERS} SET holder = ?, lease_end = {end} WHERE name = ? AND (holder = ? OR lease_end <= {})",
            now(dialect)
        );
        let (holder, name) = (self.holder.as_str(), self.name.as_str());
        if self
            .run(&text, &[holder.into(), name.into(), holder.into()])
            .await?
            > 0
        {
            return Ok(true);
        }
        let is_there = format!("SELECT 1 FROM {WORKERS} WHERE name = ?");
        if !self.rows(&is_there, &[name.into()]).await?.is_empty() {
            return Ok(false);
        }
        let text = format!("INSERT INTO {WORKERS} (name, holder, lease_end) VALUES (?, ?, {end})");
        match self.run(&text, &[name.into(), holder.into()]).await {
            // Another process made it in between.
            Err(ChangesError::Database(error)) if error.kind() == ErrorKind::UniqueViolation => {
                Ok(false)
            }
            other => Ok(other? > 0),
        }
    }

    /// Gives the lease back, so that another process need not wait for its end.
    ///
    /// # Errors
    /// What the database said.
    pub async fn release(&self) -> Result<(), ChangesError> {
        let text = format!(
            "UPDATE {WORKERS} SET holder = '', lease_end = {} WHERE name = ? AND holder = ?",
            now(self.database.dialect())
        );
        self.run(
            &text,
            &[self.name.as_str().into(), self.holder.as_str().into()],
        )
        .await?;
        Ok(())
    }

    /// Writes down that the work fails, and keeps since when.
    ///
    /// # Errors
    /// What the database said.
    pub async fn failed(&self, why: Failing) -> Result<(), ChangesError> {
        let text = format!(
            "UPDATE {WORKERS} SET failure = ?, failing_since = coalesce(failing_since, {}) WHERE name = ? AND holder = ?",
            now(self.database.dialect())
        );
        let (name, holder) = (self.name.as_str(), self.holder.as_str());
        self.run(&text, &[why.name().into(), name.into(), holder.into()])
            .await?;
        Ok(())
    }

    /// Writes down that it works.
    ///
    /// # Errors
    /// What the database said.
    pub async fn worked(&self) -> Result<(), ChangesError> {
        let text = format!(
            "UPDATE {WORKERS} SET failure = NULL, failing_since = NULL WHERE name = ? AND holder = ?"
        );
        self.run(
            &text,
            &[self.name.as_str().into(), self.holder.as_str().into()],
        )
        .await?;
        Ok(())
    }

    /// How all work on this database stands, by name; nothing where none was ever begun.
    ///
    /// # Errors
    /// What the database said.
    pub(crate) async fn all(database: &Database) -> Result<Vec<WorkerStatus>, ChangesError> {
        if !has_table(&mut database.into(), WORKERS).await? {
            return Ok(Vec::new());
        }
        let text = format!(
            "SELECT name, CASE WHEN lease_end > {} THEN 1 ELSE 0 END, failing_since, failure FROM {WORKERS} ORDER BY name",
            now(database.dialect())
        );
        let (rows, _) = run(&mut database.into(), &text, &[]).await?;
        rows.iter().map(|row| status(row)).collect()
    }

    /// Forgets how a piece of work stood.
    pub(crate) async fn forget(database: &Database, name: &str) -> Result<(), ChangesError> {
        if has_table(&mut database.into(), WORKERS).await? {
            let text = format!("DELETE FROM {WORKERS} WHERE name = ?");
            run(&mut database.into(), &text, &[name.into()]).await?;
        }
        Ok(())
    }

    async fn run(&self, text: &str, values: &[Value]) -> Result<u64, ChangesError> {
        Ok(run(&mut (&self.database).into(), text, values).await?.1)
    }

    async fn rows(&self, text: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, ChangesError> {
        Ok(run(&mut (&self.database).into(), text, values).await?.0)
    }
}

fn status(row: &[Value]) -> Result<WorkerStatus, ChangesError> {
    let [Value::Text(name), Value::Int(is_held), since, failure] = row else {
        return Err(ChangesError::Shape);
    };
    let failing = match (moment_of(since), failure) {
        (Some(since), Value::Text(why)) => Some((since, Failing::of(why))),
        _ => None,
    };
    Ok(WorkerStatus {
        name: name.clone(),
        is_held: *is_held != 0,
        failing,
    })
}

async fn prepare(database: &Database) -> Result<(), ChangesError> {
    change(database, async |connection: &mut Connection<'_>| {
        if has_table(connection, WORKERS).await? {
            return Ok(Plan::default());
        }
        let (moment, kind) = match connection.dialect() {
            Dialect::Postgres => ("timestamptz", ""),
            Dialect::Sqlite => ("TEXT", ""),
            _ => (
                "DATETIME(6)",
                " ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            ),
        };
        let made = format!(
            "CREATE TABLE {WORKERS} (name VARCHAR(64) NOT NULL PRIMARY KEY, holder VARCHAR(64) NOT NULL, \
             lease_end {moment} NOT NULL, failing_since {moment}, failure VARCHAR(32)){kind}"
        );
        Ok(Plan {
            steps: vec![Step {
                name: format!("create-table:{WORKERS}"),
                consequence: "says which process does what, and how it goes".to_owned(),
                script: vec![made],
            }],
        })
    })
    .await?;
    Ok(())
}
