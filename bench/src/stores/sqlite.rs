//! The SQLite file.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, params};

use crate::people::{Member, person};

/// The part of the layout that session reads use, for a run without the server; see `crates/adapter/layouts`.
const TABLES: &str = r#"
CREATE TABLE IF NOT EXISTS "User" (
  id TEXT NOT NULL PRIMARY KEY, name TEXT, email TEXT UNIQUE, "emailVerified" TEXT, image TEXT
);
CREATE TABLE IF NOT EXISTS "Session" (
  "sessionToken" TEXT NOT NULL PRIMARY KEY, "userId" TEXT NOT NULL REFERENCES "User" (id) ON DELETE CASCADE,
  expires TEXT NOT NULL
);
"#;

const USER: &str = r#"INSERT INTO "User" (id, name, email, image) VALUES (?1, ?2, ?3, ?4)"#;
const SESSION: &str = r#"INSERT INTO "Session" ("sessionToken", "userId", expires)
VALUES (?1, ?2, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+30 days'))"#;

/// Fills the file with people who are signed in.
pub(super) fn fill(file: &Path, users: usize) -> Result<()> {
    let mut connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.execute_batch(TABLES)?;
    let transaction = connection.transaction()?;
    {
        let mut user = transaction.prepare(USER)?;
        let mut session = transaction.prepare(SESSION)?;
        for number in 0..users {
            let person = person(number);
            user.execute(params![person.id, person.name, person.email, person.image])?;
            session.execute(params![person.stored, person.id])?;
        }
    }
    transaction
        .commit()
        .context("cannot fill the SQLite database")?;
    connection.execute_batch("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE);")?;
    Ok(())
}

/// Gives people their passwords.
pub(super) fn set_passwords(file: &Path, members: &[Member]) -> Result<()> {
    let mut connection = Connection::open(file)?;
    let transaction = connection.transaction()?;
    for member in members {
        let set = r#"UPDATE "User" SET password = ?2 WHERE id = ?1"#;
        let changed = transaction.execute(set, params![member.person.id, member.hash])?;
        ensure!(changed == 1, "a person is missing in SQLite");
    }
    Ok(transaction.commit()?)
}

/// Runs statements, such as those that fill a new file.
pub(crate) fn run(file: &Path, statements: &str) -> Result<()> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    Ok(connection.execute_batch(statements)?)
}
