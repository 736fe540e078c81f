//! A view of the told table, under a name that an application chooses, for its own schema to name.

use hallpass_db::Connection;
use hallpass_sql::{Access, Dialect};

use super::UserSync;
use super::document::table_of;
use crate::error::ChangesError;
use crate::install::{Done, Plan, Step, change};
use crate::words::{identifier, query};

/// What an application may see. Not `raw_json`, which it could come to hand on to browsers.
///
/// Source: contract neon, trap 7.
const COLUMNS: &str = "id, name, email, created_at, updated_at, deleted_at";

impl UserSync {
    /// Makes a view of the table that tells of users, everything but `raw_json`, where there is none of this name. The table has
    /// another name on each database; the view has one on all.
    ///
    /// # Errors
    /// [`ChangesError::Step`], also where a table has the name.
    pub async fn show_as(&self, view: &str) -> Result<Done, ChangesError> {
        change(&self.database, async |connection: &mut Connection<'_>| {
            if has_view(connection, view).await? {
                return Ok(Plan::default());
            }
            let dialect = connection.dialect();
            let script = vec![format!(
                "CREATE VIEW {} AS SELECT {COLUMNS} FROM {}",
                identifier(dialect, view)?,
                table_of(dialect)
            )];
            Ok(Plan {
                steps: vec![Step {
                    name: format!("create-view:{view}"),
                    consequence: "shows applications what is told of users".to_owned(),
                    script,
                }],
            })
        })
        .await
    }
}

async fn has_view(connection: &mut Connection<'_>, view: &str) -> Result<bool, ChangesError> {
    let text = match connection.dialect() {
        Dialect::Postgres => {
            "SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname = current_schema() AND c.relkind = 'v' AND c.relname = ?"
        }
        Dialect::Sqlite => "SELECT 1 FROM sqlite_schema WHERE type = 'view' AND name = ?",
        _ => {
            "SELECT 1 FROM information_schema.views WHERE table_schema = DATABASE() AND table_name = ?"
        }
    };
    let query = query(connection.dialect(), Access::Read, text);
    Ok(!connection
        .exec(&query, &[view.into()])
        .await?
        .rows
        .is_empty())
}
