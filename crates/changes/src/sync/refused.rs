//! Users whose row another database refuses. They are set aside, so that everybody else is told of, and tried again by themselves.
//!
//! What is tried is what the users' table says at that moment, so nothing of the log has to be kept for them, and their last word
//! stays the last. They stand in the source: a target that refuses, or is away, is not asked who they are. A user is set aside
//! before the target's cursor moves past them, and taken from here after the target has them: whatever dies, nobody is forgotten.

use std::time::Duration;

use hallpass_db::{Connection, Database, Error, ErrorKind};
use hallpass_sql::{Dialect, Value};
use jiff::Timestamp;

use crate::error::ChangesError;
use crate::install::{Plan, Step, change, has_table};
use crate::log::{moment_of, run};
use crate::words::{later, now};

/// Who they are.
pub(crate) const REFUSED: &str = "hallpass_sync_refused";
/// How many may be set aside for a target. When there are more, it is not their rows that are at fault.
const MOST: usize = 100;
/// Between the first two tries, and the longest time between two.
const FIRST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(3600);

/// A user whom a target refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The id, and nothing else of them.
    pub user: String,
    /// Why.
    pub why: Refused,
    /// The database's own code.
    pub code: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// How often it was tried.
    pub tries: u32,
}

/// Why a database refuses the row of one user, and takes others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refused {
    /// A value does not fit.
    Value,
    /// Another row has what must be one row's own.
    Unique,
    /// Rows refer to the user, or the row refers to one that is not there.
    ForeignKey,
    /// A column of the target's own must have a value.
    NotNull,
    /// A check refuses it.
    Check,
    /// A trigger, or a limit of the database.
    Rule,
}

/// Every reason: its name in the table, and what a person reads.
const REASONS: [(Refused, &str, &str); 6] = [
    (
        Refused::Value,
        "value",
        "a value is too long for a column of the target, or none that it takes: widen the column, or change the user",
    ),
    (
        Refused::Unique,
        "unique",
        "another row of the target has a value that it wants to be one row's own: remove one of them, or the index",
    ),
    (
        Refused::ForeignKey,
        "foreign-key",
        "rows of the target refer to the user, or the row refers to one that is not there: see to those, or to what the foreign key does",
    ),
    (
        Refused::NotNull,
        "not-null",
        "a column of the target wants a value that nobody tells it: give it a default",
    ),
    (
        Refused::Check,
        "check",
        "a check of the target refuses the row: change the check, or the user",
    ),
    (
        Refused::Rule,
        "rule",
        "a trigger of the target, or a limit of that database, refuses the row",
    ),
];

impl Refused {
    /// Its name, for machines.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// What a person reads.
    pub fn text(self) -> &'static str {
        self.row().2
    }

    /// Why a row is refused; `None` where it is not the row that is refused.
    pub(super) fn of(error: &ChangesError) -> Option<(Self, Option<String>)> {
        let ChangesError::Database(error) = error else {
            return None;
        };
        let why = match error.kind() {
            ErrorKind::InvalidValue => Self::Value,
            ErrorKind::UniqueViolation => Self::Unique,
            ErrorKind::ForeignKeyViolation => Self::ForeignKey,
            ErrorKind::NotNullViolation => Self::NotNull,
            ErrorKind::CheckViolation => Self::Check,
            _ if is_rule(error) => Self::Rule,
            _ => return None,
        };
        Some((why, error.code().map(str::to_owned)))
    }

    fn named(name: &str) -> Self {
        let mut rows = REASONS.iter();
        // A newer version may know more reasons.
        rows.find(|row| row.1 == name)
            .map_or(Self::Rule, |row| row.0)
    }

    fn row(self) -> (Self, &'static str, &'static str) {
        let mut rows = REASONS.iter();
        rows.find(|row| row.0 == self)
            .copied()
            .unwrap_or(REASONS[0])
    }
}

/// What triggers raise, and rows beyond a limit: PostgreSQL, MySQL, SQLite.
fn is_rule(error: &Error) -> bool {
    const CODES: [&str; 7] = ["P0001", "54000", "1118", "1153", "1644", "18", "1811"];
    error.code().is_some_and(|code| CODES.contains(&code))
}

/// Those of one target.
#[derive(Debug, Clone, Copy)]
pub(super) struct SetAside<'s> {
    pub(super) source: &'s Database,
    /// The name of the target.
    pub(super) target: &'s str,
}

impl SetAside<'_> {
    /// Makes the table where it is not there.
    pub(super) async fn prepare(self) -> Result<(), ChangesError> {
        if has_table(&mut self.source.into(), REFUSED).await? {
            return Ok(());
        }
        change(self.source, async |connection: &mut Connection<'_>| {
            if has_table(connection, REFUSED).await? {
                return Ok(Plan::default());
            }
            let (moment, id, kind) = match connection.dialect() {
                Dialect::Postgres => ("timestamptz", "text", ""),
                Dialect::Sqlite => ("TEXT", "TEXT", ""),
                _ => (
                    "DATETIME(6)",
                    "VARCHAR(700)",
                    " ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
                ),
            };
            let made = format!(
                "CREATE TABLE {REFUSED} (target VARCHAR(64) NOT NULL, user_id {id} NOT NULL, why VARCHAR(32) NOT NULL, \
                 code VARCHAR(32), since {moment} NOT NULL, due {moment} NOT NULL, tries BIGINT NOT NULL, \
                 PRIMARY KEY (target, user_id)){kind}"
            );
            Ok(Plan {
                steps: vec![Step {
                    name: format!("create-table:{REFUSED}"),
                    consequence: "says which users other databases refuse".to_owned(),
                    script: vec![made],
                }],
            })
        })
        .await?;
        Ok(())
    }

    /// All of them, by their ids.
    pub(super) async fn all(self) -> Result<Vec<Refusal>, ChangesError> {
        if !has_table(&mut self.source.into(), REFUSED).await? {
            return Ok(Vec::new());
        }
        let text = format!(
            "SELECT user_id, why, code, since, tries FROM {REFUSED} WHERE target = ? ORDER BY user_id"
        );
        let rows = self.run(&text, &[self.target.into()]).await?.0;
        rows.iter().map(|row| refusal(row)).collect()
    }

    /// The ids of those whose turn it is to be tried again.
    pub(super) async fn due(self) -> Result<Vec<String>, ChangesError> {
        let now = now(self.source.dialect());
        let text = format!(
            "SELECT user_id FROM {REFUSED} WHERE target = ? AND due <= {now} ORDER BY user_id"
        );
        let rows = self.run(&text, &[self.target.into()]).await?.0;
        let ids = rows.into_iter().map(|row| match row.into_iter().next() {
            Some(Value::Text(id)) => Ok(id),
            _ => Err(ChangesError::Shape),
        });
        ids.collect()
    }

    /// Sets a user aside, or says that it was tried again in vain.
    ///
    /// # Errors
    /// The error itself where it is not of the row, or where there is no more room: see [`MOST`].
    pub(super) async fn refuse(self, user: &str, error: ChangesError) -> Result<(), ChangesError> {
        let Some((why, code)) = Refused::of(&error) else {
            return Err(error);
        };
        let there = self.all().await?;
        let before = there.iter().find(|one| one.user == user);
        if before.is_none() && there.len() >= MOST {
            return Err(error);
        }
        let tries = before.map_or(1, |one| one.tries.saturating_add(1));
        let dialect = self.source.dialect();
        let due = later(dialect, pause(tries));
        let text = if before.is_some() {
            format!(
                "UPDATE {REFUSED} SET why = ?, code = ?, tries = ?, due = {due} WHERE target = ? AND user_id = ?"
            )
        } else {
            let now = now(dialect);
            format!(
                "INSERT INTO {REFUSED} (why, code, tries, since, due, target, user_id) VALUES (?, ?, ?, {now}, {due}, ?, ?)"
            )
        };
        let values: [Value; 5] = [
            why.name().into(),
            code.into(),
            i64::from(tries).into(),
            self.target.into(),
            user.into(),
        ];
        self.run(&text, &values).await?;
        Ok(())
    }

    /// A user was taken after all.
    pub(super) async fn accept(self, user: &str) -> Result<(), ChangesError> {
        let text = format!("DELETE FROM {REFUSED} WHERE target = ? AND user_id = ?");
        self.run(&text, &[self.target.into(), user.into()]).await?;
        Ok(())
    }

    /// Nobody is set aside any longer: everybody is told of anew, or nobody is.
    pub(crate) async fn forget(self) -> Result<(), ChangesError> {
        if has_table(&mut self.source.into(), REFUSED).await? {
            let text = format!("DELETE FROM {REFUSED} WHERE target = ?");
            self.run(&text, &[self.target.into()]).await?;
        }
        Ok(())
    }

    async fn run(
        self,
        text: &str,
        values: &[Value],
    ) -> Result<(Vec<Vec<Value>>, u64), ChangesError> {
        run(&mut self.source.into(), text, values).await
    }
}

/// Twice as long each time.
fn pause(tries: u32) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)));
    doubled.min(LONGEST)
}

fn refusal(row: &[Value]) -> Result<Refusal, ChangesError> {
    let [
        Value::Text(user),
        Value::Text(why),
        code,
        since,
        Value::Int(tries),
    ] = row
    else {
        return Err(ChangesError::Shape);
    };
    Ok(Refusal {
        user: user.clone(),
        why: Refused::named(why),
        code: match code {
            Value::Text(code) => Some(code.clone()),
            _ => None,
        },
        since: moment_of(since).ok_or(ChangesError::Shape)?,
        tries: u32::try_from(*tries).unwrap_or(u32::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_between_tries_double_up_to_an_hour() {
        let minutes = |tries| pause(tries).as_secs() / 60;
        let times: Vec<_> = [1, 2, 3, 6, 7, 8, u32::MAX].map(minutes).into();
        assert_eq!(times, [1, 2, 4, 32, 60, 60, 60]);
    }

    #[test]
    fn every_reason_has_a_name_of_its_own() {
        for (why, name, _) in REASONS {
            assert_eq!((why.name(), Refused::named(name)), (name, why));
        }
    }
}
