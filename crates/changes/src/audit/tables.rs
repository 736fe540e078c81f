//! The tables of the trail. They are the only ones that `changes uninstall` leaves whatever is said: they are evidence.

use hallpass_db::{Connection, Database};
use hallpass_sql::Dialect;

use super::entry::EntryHash;
use crate::error::ChangesError;
use crate::install::{Plan, Step, change, has_table};
use crate::words::is_mysql;

/// The chain.
pub(super) const CHAIN: &str = "hallpass_audit";
/// Its end, and how far its beginning was removed. One row.
pub(super) const HEAD: &str = "hallpass_audit_head";

/// The columns of an entry, in the order in which they are read and written.
pub(super) const COLUMNS: &str = "number, at, kind, actor, client, agent, subject, subject_id, details, previous, hash, key_name, seal";

/// Makes the tables where they are not there.
pub(super) async fn prepare(database: &Database) -> Result<(), ChangesError> {
    change(database, async |connection: &mut Connection<'_>| {
        let mut steps = Vec::new();
        let made = [
            (CHAIN, "keeps the entries of the audit trail"),
            (HEAD, "says where the audit trail ends"),
        ];
        for (table, consequence) in made {
            if !has_table(connection, table).await? {
                steps.push(Step {
                    name: format!("create-table:{table}"),
                    consequence: consequence.to_owned(),
                    script: script(table, connection.dialect()),
                });
            }
        }
        Ok(Plan { steps })
    })
    .await?;
    Ok(())
}

pub(super) async fn are_there(database: &Database) -> Result<bool, ChangesError> {
    let mut connection: Connection<'_> = database.into();
    Ok(has_table(&mut connection, CHAIN).await? && has_table(&mut connection, HEAD).await?)
}

fn script(table: &str, dialect: Dialect) -> Vec<String> {
    let (long, kind) = match dialect {
        _ if is_mysql(dialect) => (
            "MEDIUMTEXT",
            " ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        ),
        _ => ("TEXT", ""),
    };
    if table == HEAD {
        let none = EntryHash::NONE;
        return vec![
            format!(
                "CREATE TABLE {HEAD} (id INTEGER NOT NULL PRIMARY KEY, number BIGINT NOT NULL, hash VARCHAR(64) NOT NULL, \
                 cut BIGINT NOT NULL){kind}"
            ),
            format!("INSERT INTO {HEAD} (id, number, hash, cut) VALUES (1, 0, '{none}', 0)"),
        ];
    }
    // Moments stand as text: they are hashed, and no database is to round them.
    vec![
        format!(
            "CREATE TABLE {CHAIN} (number BIGINT NOT NULL PRIMARY KEY, at VARCHAR(40) NOT NULL, kind VARCHAR(64) NOT NULL, \
             actor VARCHAR(255), client VARCHAR(64), agent VARCHAR(255), subject VARCHAR(64), subject_id VARCHAR(255), \
             details {long} NOT NULL, previous VARCHAR(64) NOT NULL, hash VARCHAR(64) NOT NULL, key_name VARCHAR(16) NOT NULL, \
             seal VARCHAR(64) NOT NULL){kind}"
        ),
        format!("CREATE INDEX {CHAIN}_actor ON {CHAIN} (actor, number)"),
        format!("CREATE INDEX {CHAIN}_subject ON {CHAIN} (subject_id, number)"),
    ]
}
