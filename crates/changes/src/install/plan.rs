//! What has to be done.

use hallpass_db::Connection;
use hallpass_sql::{Access, Dialect, TableName, Value};

use crate::capture::cascade::Cascade;
use crate::capture::{self, ACTORS, Found, LOG, Script, Table};
use crate::error::ChangesError;
use crate::sync::REFUSED;
use crate::tracking::Tracking;
use crate::webhooks;
use crate::words::query;
use crate::worker::WORKERS;

/// The tables of the log, those that others point at last.
const TABLES: [&str; 6] = [
    WORKERS,
    REFUSED,
    "hallpass_change_reader",
    "hallpass_change_head",
    ACTORS,
    LOG,
];

/// What has to be done, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is and what it concerns: `track:users`.
    pub name: String,
    /// The same, in a sentence.
    pub consequence: String,
    pub(crate) script: Script,
}

impl Step {
    /// Its statements, to be read.
    pub fn statements(&self) -> &[String] {
        &self.script
    }
}

/// What stays when capture is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// The log, with everything in it, and how far its readers are.
    Log,
    /// Nothing.
    Nothing,
}

pub(super) async fn install(
    connection: &mut Connection<'_>,
    tracking: &Tracking,
) -> Result<Plan, ChangesError> {
    let mut steps = Vec::new();
    if !has_log(connection).await? {
        steps.push(Step {
            name: format!("create-table:{LOG}"),
            consequence: "makes the change log, and the tables that say how far it is read"
                .to_owned(),
            script: log_script(connection.dialect()),
        });
    }
    let found = capture::found(connection).await?;
    for tracked in &tracking.tables {
        let table = Table::of(tracking, tracked);
        let mine: Vec<&Found> = found
            .iter()
            .filter(|one| is_of(one, &tracked.table, connection.dialect()))
            .collect();
        steps.extend(one_table(table, &mine)?);
    }
    let is_wanted = |one: &&Found| {
        let mut tables = tracking.tables.iter();
        tables.any(|tracked| is_of(one, &tracked.table, tracking.dialect))
    };
    let stray = found.iter().filter(|one| !is_wanted(one));
    steps.extend(untrack(stray, connection.dialect())?);
    steps.extend(cascades(connection, tracking).await?);
    Ok(Plan { steps })
}

/// What foreign keys do to tracked tables, where those tables' own triggers are not fired for it.
pub(super) async fn cascades(
    connection: &mut Connection<'_>,
    tracking: &Tracking,
) -> Result<Vec<Step>, ChangesError> {
    let dialect = connection.dialect();
    let found = capture::cascades_found(connection).await?;
    let mut steps = Vec::new();
    for one in Cascade::all(tracking) {
        if fit_of_cascade(one, &found)? == Fit::Same {
            continue;
        }
        steps.push(Step {
            name: format!("follow-{}:{}", one.event(), one.table().name),
            consequence: format!(
                "writes to the log what foreign keys to {} do to rows of {}",
                one.table().name,
                one.tells_of().join(", ")
            ),
            script: one.install()?,
        });
    }
    for one in found.iter().filter(|one| is_stray(one, tracking)) {
        steps.push(Step {
            name: format!("unfollow:{}", one.table.name),
            consequence: format!(
                "nothing is told any longer of what goes with rows of {}",
                one.table.name
            ),
            script: capture::uninstall(dialect, [one].into_iter())?,
        });
    }
    Ok(steps)
}

pub(super) fn fit_of_cascade(one: Cascade<'_>, found: &[Found]) -> Result<Fit, ChangesError> {
    let table = one.table();
    let name = one.trigger();
    let mine = |found: &&Found| found.name == name && found.table == table;
    Ok(match found.iter().find(mine) {
        None => Fit::Missing,
        Some(found) if found.is(&one.fingerprint()?) => Fit::Same,
        Some(_) => Fit::Drifted,
    })
}

/// Whether a trigger tells of a foreign key that is no longer there, or of tables that nobody tracks.
pub(super) fn is_stray(found: &Found, tracking: &Tracking) -> bool {
    !Cascade::all(tracking).any(|one| one.trigger() == found.name && one.table() == found.table)
}

pub(super) async fn uninstall(
    connection: &mut Connection<'_>,
    leave: Leave,
) -> Result<Plan, ChangesError> {
    let mut found = capture::found(connection).await?;
    found.extend(capture::cascades_found(connection).await?);
    let mut steps = untrack(found.iter(), connection.dialect())?;
    if leave == Leave::Nothing {
        for table in TABLES.into_iter().chain(webhooks::TABLES) {
            if has_table(connection, table).await? {
                steps.push(Step {
                    name: format!("drop-table:{table}"),
                    consequence: "what stands in it is gone".to_owned(),
                    script: vec![format!("DROP TABLE {table}")],
                });
            }
        }
    }
    Ok(Plan { steps })
}

/// How the triggers of a table stand to those that it should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// None is there, or not all of them, or somebody switched one off.
    Missing,
    /// All are there and write other columns.
    Drifted,
    /// All is as it should be.
    Same,
}

pub(super) fn fit(table: Table<'_>, mine: &[&Found]) -> Result<Fit, ChangesError> {
    let fingerprint = table.fingerprint()?;
    let mut wanted = table.triggers().into_iter();
    let is_there = |name: String| mine.iter().any(|one| one.name == name && one.enabled);
    if !wanted.all(is_there) {
        return Ok(Fit::Missing);
    }
    Ok(if mine.iter().all(|one| one.is(&fingerprint)) {
        Fit::Same
    } else {
        Fit::Drifted
    })
}

pub(super) fn is_of(found: &Found, table: &TableName, dialect: Dialect) -> bool {
    let fold = dialect.capability().table_names_fold_case;
    let same = if fold {
        found.table.name.eq_ignore_ascii_case(&table.name)
    } else {
        found.table.name == table.name
    };
    same && found.table.schema == table.schema
}

fn one_table(table: Table<'_>, mine: &[&Found]) -> Result<Option<Step>, ChangesError> {
    let name = &table.tracked.table.name;
    let columns: Vec<&str> = table
        .tracked
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let columns = columns.join(", ");
    Ok(match fit(table, mine)? {
        Fit::Same => None,
        Fit::Missing => Some(Step {
            name: format!("track:{name}"),
            consequence: format!("writes to the log what happens to its rows: {columns}"),
            script: table.install()?,
        }),
        Fit::Drifted => Some(Step {
            name: format!("retrack:{name}"),
            consequence: format!("writes other columns to the log from now on: {columns}"),
            script: table.refresh()?,
        }),
    })
}

/// Takes away the triggers of each table at once.
fn untrack<'f>(
    found: impl Iterator<Item = &'f Found>,
    dialect: Dialect,
) -> Result<Vec<Step>, ChangesError> {
    let mut tables: Vec<(&TableName, Vec<&Found>)> = Vec::new();
    for one in found {
        match tables.iter_mut().find(|(table, _)| **table == one.table) {
            Some((_, mine)) => mine.push(one),
            None => tables.push((&one.table, vec![one])),
        }
    }
    let steps = tables.into_iter().map(|(table, mine)| {
        Ok(Step {
            name: format!("untrack:{}", table.name),
            consequence: "what happens to its rows is written to the log no longer".to_owned(),
            script: capture::uninstall(dialect, mine.into_iter())?,
        })
    });
    steps.collect()
}

fn log_script(dialect: Dialect) -> Script {
    let text = match dialect {
        Dialect::Postgres => include_str!("../sql/postgres_log.sql"),
        Dialect::Sqlite => include_str!("../sql/sqlite_log.sql"),
        _ => include_str!("../sql/mysql_log.sql"),
    };
    let statements = text.split(';').map(str::trim);
    statements
        .filter(|statement| !statement.is_empty())
        .map(str::to_owned)
        .collect()
}

pub(super) async fn has_log(connection: &mut Connection<'_>) -> Result<bool, ChangesError> {
    has_table(connection, LOG).await
}

pub(crate) async fn has_table(
    connection: &mut Connection<'_>,
    name: &str,
) -> Result<bool, ChangesError> {
    let dialect = connection.dialect();
    let text = match dialect {
        Dialect::Postgres => {
            "SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname = current_schema() AND c.relname = ?::text"
        }
        Dialect::Sqlite => "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?",
        _ => {
            "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?"
        }
    };
    let rows = connection
        .exec(&query(dialect, Access::Read, text), &[Value::from(name)])
        .await?;
    Ok(!rows.rows.is_empty())
}
