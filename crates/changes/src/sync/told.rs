//! What is told of a user, from a row of the change log or of the table.

use hallpass_db::Database;
use hallpass_sql::{Access, Value};

use super::follow::millis;
use super::people::People;
use crate::error::ChangesError;
use crate::log::{Change, Document, Operation};
use crate::words::{is_mysql, query, table};

impl People {
    /// What the table says of one user; nothing of one who is not there.
    pub(crate) async fn ask(
        &self,
        database: &Database,
        id: &str,
    ) -> Result<Option<Document>, ChangesError> {
        let given = if is_mysql(self.dialect) {
            self.id_in("?")
        } else {
            "CAST(? AS text)".to_owned()
        };
        let text = format!(
            "SELECT {}, {} FROM (SELECT {given} AS id) AS asked JOIN {} AS u ON {}",
            self.reference("u", &self.id)?,
            self.told("u", "'null'")?,
            table(self.dialect, &self.table)?,
            self.is_user("u", "asked.id")?
        );
        let row = self.rows(database, &text, &[id.into()]).await?.pop();
        Ok(row.and_then(|(_, text)| serde_json::from_str(&text).ok()))
    }

    /// Ids, and what is told of each.
    pub(super) async fn rows(
        &self,
        database: &Database,
        text: &str,
        values: &[Value],
    ) -> Result<Vec<(Value, String)>, ChangesError> {
        let query = query(self.dialect, Access::Read, text);
        let rows = database.exec(&query, values).await?.rows;
        let rows = rows.into_iter().map(|row| {
            let [id, document] = <[Value; 2]>::try_from(row).map_err(|_| ChangesError::Shape)?;
            match document {
                Value::Text(text) => Ok((id, text)),
                Value::Bytes(bytes) => Ok((id, String::from_utf8_lossy(&bytes).into_owned())),
                _ => Err(ChangesError::Shape),
            }
        });
        rows.collect()
    }

    pub(crate) fn id_of(&self, row: &Document) -> Option<String> {
        match row.get(&self.id.name)? {
            serde_json::Value::String(id) => Some(id.clone()),
            serde_json::Value::Number(id) => Some(id.to_string()),
            _ => None,
        }
    }

    /// The members of Neon's document.
    pub(crate) fn told_of(&self, id: &str, row: &Document, change: &Change) -> Document {
        let people = self;
        let column = |one: &Option<crate::tracking::TrackedColumn>| {
            let value = one.as_ref().and_then(|one| row.get(&one.name)).cloned();
            value.unwrap_or(serde_json::Value::Null)
        };
        let verified = people.verified.as_ref().is_some_and(|one| {
            let value = row.get(&one.column.name);
            match value {
                None | Some(serde_json::Value::Null | serde_json::Value::Bool(false)) => false,
                Some(serde_json::Value::Number(number)) if one.is_boolean => {
                    number.as_i64() != Some(0)
                }
                Some(_) => true,
            }
        });
        let is_new = change.operation == Operation::Insert;
        let signed_up = match &people.signed_up {
            Some(_) => millis(&column(&people.signed_up)),
            None => is_new.then(|| change.at.as_millisecond()),
        };
        let members = [
            ("id", id.into()),
            ("display_name", column(&people.name)),
            ("primary_email", column(&people.email)),
            ("primary_email_verified", verified.into()),
            ("profile_image_url", column(&people.image)),
            ("signed_up_at_millis", signed_up.into()),
        ];
        members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}
