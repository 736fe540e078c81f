//! How ids compare in databases where texts of different tables do not compare by themselves.

use hallpass_db::Database;
use hallpass_sql::{Access, Value};

use super::document::table_of;
use super::people::{Collation, Collations, People};
use crate::error::ChangesError;
use crate::words::{is_mysql, query};

const OF_COLUMN: &str = "SELECT character_set_name, collation_name FROM information_schema.columns \
                         WHERE table_schema = DATABASE() AND table_name = ? AND column_name = ?";
const OF_DATABASE: &str = "SELECT @@character_set_database, @@collation_database";

/// Of the told table where it is there; else those of the users' ids, so that columns which refer to users can refer to
/// it as well.
pub(super) async fn read(
    database: &Database,
    people: &People,
) -> Result<Option<Collations>, ChangesError> {
    if !is_mysql(database.dialect()) {
        return Ok(None);
    }
    let users = of_column(database, &people.table.name, &people.id.name).await?;
    let told = of_column(database, table_of(database.dialect()), "id").await?;
    let told = match told.or_else(|| users.clone()) {
        Some(told) => told,
        None => one(database, OF_DATABASE, &[])
            .await?
            .ok_or(ChangesError::Shape)?,
    };
    Ok(Some(Collations { users, told }))
}

async fn of_column(
    database: &Database,
    table: &str,
    column: &str,
) -> Result<Option<Collation>, ChangesError> {
    one(database, OF_COLUMN, &[table.into(), column.into()]).await
}

async fn one(
    database: &Database,
    text: &str,
    values: &[Value],
) -> Result<Option<Collation>, ChangesError> {
    let query = query(database.dialect(), Access::Read, text);
    let rows = database.exec(&query, values).await?.rows;
    Ok(match rows.first().map(Vec::as_slice) {
        Some([Value::Text(character_set), Value::Text(name)]) => Some(Collation {
            character_set: plain(character_set)?,
            name: plain(name)?,
        }),
        _ => None,
    })
}

/// SECURITY: it becomes part of a statement.
fn plain(name: &str) -> Result<String, ChangesError> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if name.chars().all(is_plain) {
        Ok(name.to_owned())
    } else {
        Err(ChangesError::Shape)
    }
}

impl Collation {
    /// An expression in this collation.
    pub(super) fn of(&self, expression: &str) -> String {
        format!(
            "CONVERT({expression} USING {}) COLLATE {}",
            self.character_set, self.name
        )
    }
}
