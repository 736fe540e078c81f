//! The table of the queue.

use hallpass_db::{Connection, Database};
use hallpass_sql::Dialect;

use crate::error::ChangesError;
use crate::install::{Plan, Step, change, has_table};

pub(super) const QUEUE: &str = "hallpass_webhook_delivery";

/// Every table of webhooks.
pub(crate) const TABLES: [&str; 1] = [QUEUE];

/// Makes the table where it is not there.
pub(super) async fn prepare(database: &Database) -> Result<(), ChangesError> {
    change(database, async |connection: &mut Connection<'_>| {
        if has_table(connection, QUEUE).await? {
            return Ok(Plan::default());
        }
        Ok(Plan {
            steps: vec![Step {
                name: format!("create-table:{QUEUE}"),
                consequence: "keeps what endpoints are to be told".to_owned(),
                script: script(connection.dialect()),
            }],
        })
    })
    .await?;
    Ok(())
}

fn script(dialect: Dialect) -> Vec<String> {
    let (id, moment, text, kind) = match dialect {
        Dialect::Postgres => (
            "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            "timestamptz",
            "text",
            "",
        ),
        Dialect::Sqlite => ("INTEGER PRIMARY KEY AUTOINCREMENT", "TEXT", "TEXT", ""),
        _ => (
            "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
            "DATETIME(6)",
            "LONGTEXT",
            " ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        ),
    };
    vec![
        format!(
            "CREATE TABLE {QUEUE} (id {id}, endpoint VARCHAR(64) NOT NULL, message VARCHAR(64) NOT NULL, \
             subject VARCHAR(255) NOT NULL, kind VARCHAR(64) NOT NULL, payload {text} NOT NULL, state VARCHAR(16) NOT NULL, \
             attempts INT NOT NULL, due {moment} NOT NULL, created {moment} NOT NULL, finished {moment}, answer VARCHAR(32)){kind}"
        ),
        format!("CREATE INDEX {QUEUE}_due ON {QUEUE} (endpoint, state, due)"),
        format!("CREATE INDEX {QUEUE}_line ON {QUEUE} (endpoint, subject, state, id)"),
    ]
}
