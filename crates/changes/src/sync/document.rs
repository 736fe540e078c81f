//! What is told of a user, as expressions of SQL. The members are those of Neon Auth's `raw_json` that are the users' own;
//! what only servers may know has no member here.
//!
//! Source: contract neon §1.1 and trap 7.

use hallpass_sql::{Dialect, EmitError};

use super::people::People;
use crate::capture::document::{bounded, joined};
use crate::tracking::{Class, TrackedColumn};
use crate::words::{identifier, is_mysql};

/// The members that are compared when what is told is verified, all but the moment of signing up.
pub(super) const MEMBERS: [&str; 5] = [
    "id",
    "display_name",
    "primary_email",
    "primary_email_verified",
    "profile_image_url",
];
pub(super) const SIGNED_UP: &str = "signed_up_at_millis";

impl People {
    /// The id of a row as text.
    pub(super) fn id_text(&self, record: &str) -> Result<String, EmitError> {
        Ok(self.id_as_text(self.reference(record, &self.id)?))
    }

    /// The same of whatever holds an id as the users' table has it.
    pub(super) fn id_as_text(&self, name: String) -> String {
        match self.dialect {
            Dialect::Postgres => format!("{name}::text"),
            // In the collation of the other column, so that its index is used; without saying so, a statement of
            // columns of different collations is refused.
            Dialect::MySql | Dialect::MariaDb => {
                let name = if self.is_counted() {
                    format!("CAST({name} AS CHAR)")
                } else {
                    name
                };
                let collations = self.collations.as_ref();
                collations.map_or(name.clone(), |one| one.told.of(&name))
            }
            Dialect::Sqlite => format!("CAST({name} AS TEXT)"),
        }
    }

    /// Whether a row of the users is that of an id, which is text of the told table's kind; asked of the index of the users.
    pub(super) fn is_user(&self, user: &str, told: &str) -> Result<String, EmitError> {
        let key = self.reference(user, &self.id)?;
        let id = self.id_text(user)?;
        Ok(match self.dialect {
            Dialect::Postgres => format!("{id} = {told}"),
            Dialect::Sqlite => format!("{key} = {told} AND {id} = {told}"),
            Dialect::MySql | Dialect::MariaDb => {
                let users = self.collations.as_ref().and_then(|one| one.users.as_ref());
                match users {
                    Some(users) => format!("{key} = {}", users.of(told)),
                    None => format!("{key} = CAST({told} AS SIGNED) AND {id} = {told}"),
                }
            }
        })
    }

    /// What a column of ids has behind its type.
    pub(super) fn id_collation(&self) -> String {
        self.collations.as_ref().map_or(String::new(), |one| {
            format!(
                "CHARACTER SET {} COLLATE {}",
                one.told.character_set, one.told.name
            )
        })
    }

    /// What is told of a row; `signed_up` where the table does not know since when somebody is there.
    pub(super) fn told(&self, record: &str, signed_up: &str) -> Result<String, EmitError> {
        let id = match self.dialect {
            Dialect::Postgres => format!("to_json({})::text", self.id_text(record)?),
            Dialect::MySql | Dialect::MariaDb => {
                format!(
                    "JSON_QUOTE(CONVERT({} USING utf8mb4))",
                    self.id_text(record)?
                )
            }
            Dialect::Sqlite => format!("json_quote({})", self.id_text(record)?),
        };
        let signed_up = match &self.signed_up {
            Some(column) => self.millis(record, column)?,
            None => signed_up.to_owned(),
        };
        let verified = self.verified(record)?;
        let parts = [
            ("{\"id\":", id),
            (",\"display_name\":", self.text(record, self.name.as_ref())?),
            (
                ",\"primary_email\":",
                self.text(record, self.email.as_ref())?,
            ),
            (",\"primary_email_verified\":", verified),
            (
                ",\"profile_image_url\":",
                self.text(record, self.image.as_ref())?,
            ),
            (",\"signed_up_at_millis\":", signed_up),
        ];
        let mut pieces: Vec<String> = Vec::with_capacity(parts.len() * 2 + 1);
        for (name, value) in parts {
            pieces.push(format!("'{name}'"));
            pieces.push(value);
        }
        pieces.push("'}'".to_owned());
        Ok(joined(self.dialect, &pieces))
    }

    /// The moment at which somebody is put into the table, where the table has no column for it.
    pub(super) fn now_millis(&self) -> &'static str {
        match self.dialect {
            Dialect::Postgres => "(extract(epoch FROM clock_timestamp()) * 1000)::bigint::text",
            Dialect::Sqlite => {
                "CAST(CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) AS TEXT)"
            }
            _ => {
                "CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) DIV 1000 AS CHAR)"
            }
        }
    }

    /// The moment that another document has, or `null`.
    pub(super) fn kept_millis(&self, document: &str) -> String {
        match self.dialect {
            Dialect::Postgres => format!("coalesce({document} ->> '{SIGNED_UP}', 'null')"),
            Dialect::Sqlite => {
                format!("coalesce(CAST(json_extract({document}, '$.{SIGNED_UP}') AS TEXT), 'null')")
            }
            _ => {
                format!("COALESCE(CAST(JSON_EXTRACT({document}, '$.{SIGNED_UP}') AS CHAR), 'null')")
            }
        }
    }

    /// Whether a document says of somebody what another says.
    pub(super) fn differs(&self, document: &str, told: &str) -> String {
        let signed_up = self.knows_sign_up().then_some(SIGNED_UP);
        let members = MEMBERS.iter().copied().chain(signed_up);
        let tests = members.map(|member| match self.dialect {
            Dialect::Postgres => format!(
                "({document} ->> '{member}') IS DISTINCT FROM (({told})::jsonb ->> '{member}')"
            ),
            Dialect::Sqlite => format!(
                "json_extract({document}, '$.{member}') IS NOT json_extract({told}, '$.{member}')"
            ),
            _ => format!(
                "NOT (CAST(JSON_EXTRACT({document}, '$.{member}') AS CHAR) <=> \
                 CAST(JSON_EXTRACT({told}, '$.{member}') AS CHAR))"
            ),
        });
        tests.collect::<Vec<_>>().join(" OR ")
    }

    fn text(&self, record: &str, column: Option<&TrackedColumn>) -> Result<String, EmitError> {
        let Some(column) = column else {
            return Ok("'null'".to_owned());
        };
        let name = self.reference(record, column)?;
        // Whatever its type, what is told is text.
        let class = match column.class {
            Class::Free | Class::Text => column.class,
            _ => Class::Other,
        };
        Ok(bounded(self.dialect, class, &name))
    }

    fn verified(&self, record: &str) -> Result<String, EmitError> {
        let Some(verified) = &self.verified else {
            return Ok("'false'".to_owned());
        };
        let name = self.reference(record, &verified.column)?;
        let is_proven = if !verified.is_boolean {
            format!("{name} IS NOT NULL")
        } else if self.dialect == Dialect::Postgres {
            name
        } else {
            format!("{name} <> 0")
        };
        Ok(format!(
            "CASE WHEN {is_proven} THEN 'true' ELSE 'false' END"
        ))
    }

    fn millis(&self, record: &str, column: &TrackedColumn) -> Result<String, EmitError> {
        let name = self.reference(record, column)?;
        Ok(match self.dialect {
            Dialect::Postgres => {
                format!("coalesce((extract(epoch FROM {name}) * 1000)::bigint::text, 'null')")
            }
            // As text in ISO 8601, or as a number: of milliseconds, or of seconds where it is too small for those.
            Dialect::Sqlite => format!(
                "CASE WHEN {name} IS NULL THEN 'null' \
                 WHEN typeof({name}) IN ('integer', 'real') AND abs({name}) < 100000000000 \
                 THEN CAST(CAST({name} * 1000 AS INTEGER) AS TEXT) \
                 WHEN typeof({name}) IN ('integer', 'real') THEN CAST(CAST({name} AS INTEGER) AS TEXT) \
                 ELSE coalesce(CAST(CAST(round((julianday({name}) - 2440587.5) * 86400000) AS INTEGER) AS TEXT), 'null') END"
            ),
            _ => {
                let moment = if column.class == Class::ZonedMoment {
                    format!("CONVERT_TZ({name}, @@session.time_zone, '+00:00')")
                } else {
                    name
                };
                format!(
                    "COALESCE(CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {moment}) DIV 1000 AS CHAR), 'null')"
                )
            }
        })
    }

    pub(super) fn reference(
        &self,
        record: &str,
        column: &TrackedColumn,
    ) -> Result<String, EmitError> {
        let name = identifier(self.dialect, &column.name)?;
        Ok(if record.is_empty() {
            name
        } else {
            format!("{record}.{name}")
        })
    }

    /// The table that tells of users.
    pub(super) fn told_table(&self) -> &'static str {
        table_of(self.dialect)
    }

    /// Now, by the clock of the database.
    pub(super) fn now(&self) -> &'static str {
        match self.dialect {
            Dialect::Postgres => "clock_timestamp()",
            Dialect::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
            _ => "UTC_TIMESTAMP(6)",
        }
    }
}

/// The name of Neon Auth's table, in one word where tables live in no schemas.
pub(crate) fn table_of(dialect: Dialect) -> &'static str {
    if is_mysql(dialect) || dialect == Dialect::Sqlite {
        "neon_auth_users_sync"
    } else {
        "neon_auth.users_sync"
    }
}
