//! The tables of webhooks: the queue, and what endpoints said of themselves.

use hallpass_db::{Connection, Database};
use hallpass_sql::Dialect;

use crate::error::ChangesError;
use crate::install::{Plan, Step, change, has_table};

pub(super) const QUEUE: &str = "hallpass_webhook_delivery";
pub(super) const ENDPOINTS: &str = "hallpass_webhook_endpoint";

/// Every table of webhooks.
pub(crate) const TABLES: [&str; 2] = [QUEUE, ENDPOINTS];

/// Makes the tables that are not there.
pub(super) async fn prepare(database: &Database) -> Result<(), ChangesError> {
    change(database, async |connection: &mut Connection<'_>| {
        let dialect = connection.dialect();
        let wanted = [
            (QUEUE, "keeps what endpoints are to be told", queue(dialect)),
            (
                ENDPOINTS,
                "keeps which endpoints want no more",
                endpoints(dialect),
            ),
        ];
        let mut steps = Vec::new();
        for (table, consequence, script) in wanted {
            if !has_table(connection, table).await? {
                steps.push(Step {
                    name: format!("create-table:{table}"),
                    consequence: consequence.to_owned(),
                    script,
                });
            }
        }
        Ok(Plan { steps })
    })
    .await?;
    Ok(())
}

fn endpoints(dialect: Dialect) -> Vec<String> {
    let (moment, kind) = match dialect {
        Dialect::Postgres => ("timestamptz", ""),
        Dialect::Sqlite => ("TEXT", ""),
        _ => (
            "DATETIME(6)",
            " ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        ),
    };
    vec![format!(
        "CREATE TABLE {ENDPOINTS} (name VARCHAR(64) NOT NULL PRIMARY KEY, disabled {moment} NOT NULL){kind}"
    )]
}

fn queue(dialect: Dialect) -> Vec<String> {
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
