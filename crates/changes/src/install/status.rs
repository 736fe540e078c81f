//! How capture stands.

use hallpass_db::Database;
use hallpass_sql::{Access, Value};

use super::plan::{Fit, fit, fit_of_cascade, has_log, is_of, is_stray};
use crate::capture::cascade::Cascade;
use crate::capture::{self, Table};
use crate::error::ChangesError;
use crate::log::{Log, ReaderStatus};
use crate::tracking::{Tracked, Tracking};
use crate::words::query;

/// How capture stands in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Whether the log is there.
    pub has_log: bool,
    /// The tables that are to be tracked, and those that are and need not be.
    pub tables: Vec<TableStatus>,
    /// The tables whose foreign keys take tracked rows along, where the database fires no triggers for that.
    pub keys: Vec<KeysStatus>,
    /// How many changes are kept.
    pub kept: u64,
    /// How far the readers are.
    pub readers: Vec<ReaderStatus>,
}

/// How a table stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableStatus {
    /// Its name.
    pub table: String,
    /// How it stands.
    pub standing: Standing,
    /// Columns whose values are not in the log: secrets, and what the schema does not know.
    pub left_out: Vec<String>,
    /// Tables from which foreign keys change rows of this one in a way that nothing tells of.
    pub unseen_from: Vec<String>,
}

/// How what foreign keys to a table do to tracked rows is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysStatus {
    /// The table.
    pub table: String,
    /// How the triggers for it stand. [`Drifted`](Standing::Drifted) and [`Stray`](Standing::Stray) ones tell what foreign keys
    /// would have done that are others now.
    pub standing: Standing,
    /// The tracked tables.
    pub of: Vec<String>,
}

/// How the triggers of a table stand to those that it should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// What happens to its rows is written to the log.
    Tracked,
    /// Nothing is, or not everything.
    Missing,
    /// It is, but columns were added, dropped or declared secret since.
    Drifted,
    /// It is, and nobody asks for it any longer.
    Stray,
}

impl Status {
    /// Whether all is as it should be.
    pub fn is_sound(&self) -> bool {
        let tracked = |one: &TableStatus| one.standing == Standing::Tracked;
        self.has_log
            && self.tables.iter().all(tracked)
            && self
                .keys
                .iter()
                .all(|one| one.standing == Standing::Tracked)
            && !self.readers.iter().any(|one| one.is_lost)
    }
}

pub(super) async fn read(database: &Database, tracking: &Tracking) -> Result<Status, ChangesError> {
    let has_log = has_log(&mut database.into()).await?;
    let mut status = Status {
        has_log,
        tables: tables(database, tracking).await?,
        keys: keys(database, tracking).await?,
        kept: 0,
        readers: Vec::new(),
    };
    if has_log {
        status.kept = kept(database).await?;
        let log = Log::of(database);
        log.advance().await?;
        status.readers = log.readers().await?;
    }
    Ok(status)
}

pub(super) async fn tables(
    database: &Database,
    tracking: &Tracking,
) -> Result<Vec<TableStatus>, ChangesError> {
    let dialect = database.dialect();
    let found = capture::found(&mut database.into()).await?;
    let mut tables = Vec::new();
    for tracked in &tracking.tables {
        let mine: Vec<_> = found
            .iter()
            .filter(|one| is_of(one, &tracked.table, dialect))
            .collect();
        let fit = fit(Table::of(tracking, tracked), &mine)?;
        tables.push(of(tracked, fit));
    }
    let is_known = |one: &capture::Found| {
        let mut tables = tracking.tables.iter();
        tables.any(|tracked| is_of(one, &tracked.table, dialect))
    };
    for one in found.iter().filter(|one| !is_known(one)) {
        let stray = TableStatus {
            table: one.table.name.clone(),
            standing: Standing::Stray,
            left_out: Vec::new(),
            unseen_from: Vec::new(),
        };
        if !tables.contains(&stray) {
            tables.push(stray);
        }
    }
    Ok(tables)
}

pub(super) async fn keys(
    database: &Database,
    tracking: &Tracking,
) -> Result<Vec<KeysStatus>, ChangesError> {
    let found = capture::cascades_found(&mut database.into()).await?;
    let mut keys: Vec<KeysStatus> = Vec::new();
    for one in Cascade::all(tracking) {
        let of = one.tells_of().into_iter().map(str::to_owned);
        keys.push(KeysStatus {
            table: one.table().name,
            standing: fit_of_cascade(one, &found)?.into(),
            of: of.collect(),
        });
    }
    let stray = found.iter().filter(|one| is_stray(one, tracking));
    keys.extend(stray.map(|one| KeysStatus {
        table: one.table.name.clone(),
        standing: Standing::Stray,
        of: Vec::new(),
    }));
    Ok(keys)
}

impl From<Fit> for Standing {
    fn from(fit: Fit) -> Self {
        match fit {
            Fit::Missing => Self::Missing,
            Fit::Drifted => Self::Drifted,
            Fit::Same => Self::Tracked,
        }
    }
}

fn of(tracked: &Tracked, fit: Fit) -> TableStatus {
    TableStatus {
        table: tracked.table.name.clone(),
        standing: fit.into(),
        left_out: tracked.left_out.clone(),
        unseen_from: tracked.unseen_from.clone(),
    }
}

async fn kept(database: &Database) -> Result<u64, ChangesError> {
    let text = "SELECT count(*) FROM hallpass_change";
    let query = query(database.dialect(), Access::Read, text);
    let rows = database.exec(&query, &[]).await?.rows;
    match rows.first().and_then(|row| row.first()) {
        Some(Value::Int(count)) => Ok(u64::try_from(*count).unwrap_or(0)),
        _ => Err(ChangesError::Shape),
    }
}
