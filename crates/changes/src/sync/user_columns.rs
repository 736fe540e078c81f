//! Columns of applications that name users: which there are, whose rows name nobody, and what keeps their foreign keys from working.
//!
//! A column is known by the schema's relations, by a foreign key, or by its name, where most of its first values are ids of users. What stands in a row is
//! looked at by the database alone, and never told.
//!
//! Source: contract neon §1.3.

use hallpass_db::{Catalog, Column, Table};
use hallpass_sql::{Access, Dialect, EmitError, TableName, Value};
use hallpass_zmodel::Schema;

use super::document::table_of;
use super::people::People;
use super::{UserSync, has_told_table, views};
use crate::error::ChangesError;
use crate::install::schemas;
use crate::tracking::Tracking;
use crate::words::{identifier, query, table};

/// Names of columns that hold ids of users in many applications, in small letters and without `_`.
const NAMES: [&str; 12] = [
    "userid",
    "ownerid",
    "authorid",
    "creatorid",
    "createdby",
    "createdbyid",
    "updatedby",
    "updatedbyid",
    "assigneeid",
    "memberid",
    "senderid",
    "profileid",
];
/// Models that the doctor looks at by rules of their own.
const OF_SIGN_IN: [&str; 4] = ["Account", "Session", "VerificationToken", "Authenticator"];
/// Tables of our own begin so.
const OWN: &str = "hallpass_";
/// Values of a column that are looked at to tell whether it names users.
const SAMPLE: u32 = 1_000;
/// Columns that are looked at.
const MOST: usize = 100;

/// A column that names users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserColumn {
    /// The table, as the database calls it.
    pub table: String,
    /// The column.
    pub column: String,
    /// Its foreign key to the users, or to the table that tells of them.
    pub key: Option<UserKey>,
    /// Whether rows are found by it.
    pub is_indexed: bool,
    /// Its type and that of the ids, where no foreign key can be between them.
    pub differing_types: Option<(String, String)>,
    /// Rows that name nobody; absent where rows were not looked at, and where a key keeps it from happening.
    pub ghosts: Option<u64>,
    /// What may be done.
    pub sql: UserColumnSql,
}

/// A foreign key to users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserKey {
    /// Whether it is to the table that tells of users, rather than to the users.
    pub is_to_told: bool,
    /// What becomes of the rows: `CASCADE`, `SET NULL`, …
    pub on_delete: String,
}

/// Statements for a person to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserColumnSql {
    /// Shows whom rows name that is nobody, and how many do.
    pub look: String,
    /// Removes such rows.
    pub delete: String,
    /// Lets them name nobody; absent where the column must name somebody.
    pub clear: Option<String>,
    /// Gives them to somebody else.
    pub adopt: String,
    /// Keeps it from happening again; refused until no such row is there. Absent where the database adds no keys.
    pub key: Option<String>,
    /// Finds rows by the column.
    pub index: String,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserColumns {
    /// The columns, by table.
    pub columns: Vec<UserColumn>,
    /// Others than its owner who may write to the table that tells of users.
    pub writers: u64,
    /// Views that show what belongs to users who are gone, though they mean to leave it out.
    pub views: Vec<String>,
}

/// Kinds of types between which there can be foreign keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Uuid,
    Other,
}

/// A column that may be one.
struct Candidate<'c> {
    table: &'c Table,
    column: &'c Column,
    /// Its foreign key to users.
    key: Option<UserKey>,
    /// Whether the schema or the key says that it names users.
    is_certain: bool,
}

/// What is looked at, and by what.
struct Examiner<'e> {
    sync: &'e UserSync,
    people: &'e People,
    /// Whether there is a table that tells of users.
    is_told: bool,
    /// The type of the users' ids.
    id_type: String,
}

impl UserSync {
    /// Columns that name users. With `counting`, rows that name nobody are counted: that reads each of these tables.
    ///
    /// # Errors
    /// What the database said.
    pub async fn user_columns(
        &self,
        schema: &Schema,
        people: &People,
        counting: bool,
    ) -> Result<UserColumns, ChangesError> {
        let catalog = self.database.catalog_of(&schemas(schema)).await?;
        let examiner = Examiner {
            sync: self,
            people,
            is_told: has_told_table(&mut (&self.database).into()).await?,
            id_type: id_type(&catalog, people),
        };
        let mut found = UserColumns {
            columns: Vec::new(),
            writers: examiner.writers().await?,
            views: views::ghostly(&self.database).await?,
        };
        for candidate in examiner.candidates(schema, &catalog).into_iter().take(MOST) {
            if candidate.is_certain || examiner.names_users(&candidate).await? {
                found
                    .columns
                    .push(examiner.column(&candidate, counting).await?);
            }
        }
        Ok(found)
    }
}

fn id_type(catalog: &Catalog, people: &People) -> String {
    let mut tables = catalog.tables.iter();
    let users = tables.find(|one| one.name == people.table.name);
    let id = users.and_then(|users| users.column(&people.id.name));
    id.map_or(String::new(), |id| id.database_type.clone())
}

impl Examiner<'_> {
    fn dialect(&self) -> Dialect {
        self.people.dialect
    }

    fn candidates<'c>(&self, schema: &Schema, catalog: &'c Catalog) -> Vec<Candidate<'c>> {
        let mut found = Vec::new();
        for table in &catalog.tables {
            let model = schema.models.iter().find(|one| one.table == table.name);
            let is_of_sign_in = model.is_some_and(|one| OF_SIGN_IN.contains(&one.name.as_str()));
            let is_ours = table.name.starts_with(OWN)
                || table.name == self.people.table.name
                || table.name == table_of(self.dialect());
            if is_of_sign_in || is_ours {
                continue;
            }
            for column in &table.columns {
                let key = self.key(table, column);
                let is_certain = key.is_some() || is_relation(schema, table, column);
                let is_named = is_named(&column.name) && self.may_name(column);
                if (is_certain || is_named) && !self.names_others(table, column) {
                    found.push(Candidate {
                        table,
                        column,
                        key,
                        is_certain,
                    });
                }
            }
        }
        found
    }

    /// Whether its type admits ids of users.
    fn may_name(&self, column: &Column) -> bool {
        let (own, ids) = (kind(&column.database_type), kind(&self.id_type));
        own != Kind::Other && (own == ids || [own, ids] == [Kind::Uuid, Kind::Text])
    }

    /// Whether a foreign key says that it names rows of another table.
    fn names_others(&self, table: &Table, column: &Column) -> bool {
        let mut keys = table.foreign_keys.iter();
        keys.any(|key| {
            key.columns == [column.name.clone()] && self.is_to(&key.references_table).is_none()
        })
    }

    /// To the table that tells of users (`true`), to the users (`false`), or to neither.
    fn is_to(&self, name: &str) -> Option<bool> {
        let bare = name.rsplit_once('.').map_or(name, |(_, name)| name);
        let bare = bare.trim_matches('"');
        if ["users_sync", "neon_auth_users_sync"].contains(&bare) {
            return Some(true);
        }
        bare.eq_ignore_ascii_case(&self.people.table.name)
            .then_some(false)
    }

    fn key(&self, table: &Table, column: &Column) -> Option<UserKey> {
        let keys = table.foreign_keys.iter();
        let mut keys = keys.filter(|key| key.columns == [column.name.clone()]);
        keys.find_map(|key| {
            Some(UserKey {
                is_to_told: self.is_to(&key.references_table)?,
                on_delete: key.on_delete.to_ascii_uppercase(),
            })
        })
    }

    /// Whether most of its first values are ids of users.
    async fn names_users(&self, candidate: &Candidate<'_>) -> Result<bool, ChangesError> {
        let column = identifier(self.dialect(), &candidate.column.name)?;
        let text = format!(
            "SELECT count(*), count(CASE WHEN EXISTS ({}) THEN 1 END) FROM (SELECT DISTINCT {column} FROM \
             (SELECT {column} FROM {} WHERE {column} IS NOT NULL LIMIT {SAMPLE}) AS f) AS t",
            self.partner(candidate)?,
            self.table(candidate)?
        );
        match self.rows(&text).await?.first().map(Vec::as_slice) {
            Some([Value::Int(all), Value::Int(users)]) => Ok(*users > 0 && users * 2 >= *all),
            _ => Err(ChangesError::Shape),
        }
    }

    async fn column(
        &self,
        candidate: &Candidate<'_>,
        counting: bool,
    ) -> Result<UserColumn, ChangesError> {
        let ghosts = if counting && candidate.key.is_none() {
            Some(self.ghosts(candidate).await?)
        } else {
            None
        };
        let Column {
            name,
            database_type,
            ..
        } = candidate.column;
        let differs = self.dialect() != Dialect::Sqlite
            && kind(database_type) != self.kind_of_ids()
            && kind(database_type) != Kind::Other;
        let ids = match self.is_told {
            true => "text".to_owned(),
            false => self.id_type.clone(),
        };
        Ok(UserColumn {
            table: candidate.table.name.clone(),
            column: name.clone(),
            is_indexed: is_indexed(candidate.table, name),
            differing_types: differs.then(|| (database_type.clone(), ids)),
            ghosts,
            sql: self.sql(candidate)?,
            key: candidate.key.clone(),
        })
    }

    /// The table that tells of users has texts, whatever the ids are.
    fn kind_of_ids(&self) -> Kind {
        if self.is_told {
            Kind::Text
        } else {
            kind(&self.id_type)
        }
    }

    async fn ghosts(&self, candidate: &Candidate<'_>) -> Result<u64, ChangesError> {
        let text = format!(
            "SELECT count(*) FROM {} AS t WHERE {}",
            self.table(candidate)?,
            self.nobody(candidate, "t")?
        );
        match self.rows(&text).await?.first().and_then(|row| row.first()) {
            Some(Value::Int(count)) => Ok(u64::try_from(*count).unwrap_or(0)),
            _ => Err(ChangesError::Shape),
        }
    }

    fn sql(&self, candidate: &Candidate<'_>) -> Result<UserColumnSql, EmitError> {
        let dialect = self.dialect();
        let (name, column) = (
            self.table(candidate)?,
            identifier(dialect, &candidate.column.name)?,
        );
        let which = self.nobody(candidate, &name)?;
        let references = if self.is_told {
            format!("{} (id)", table_of(dialect))
        } else {
            let id = identifier(dialect, &self.people.id.name)?;
            format!("{} ({id})", table(dialect, &self.people.table)?)
        };
        let on_delete = if candidate.column.nullable {
            "SET NULL"
        } else {
            "CASCADE"
        };
        let key = format!(
            "ALTER TABLE {name} ADD FOREIGN KEY ({column}) REFERENCES {references} ON DELETE {on_delete}"
        );
        Ok(UserColumnSql {
            look: format!("SELECT {column}, count(*) FROM {name} WHERE {which} GROUP BY {column}"),
            delete: format!("DELETE FROM {name} WHERE {which}"),
            clear: candidate
                .column
                .nullable
                .then(|| format!("UPDATE {name} SET {column} = NULL WHERE {which}")),
            adopt: format!("UPDATE {name} SET {column} = 'the id of a user' WHERE {which}"),
            key: (dialect != Dialect::Sqlite).then_some(key),
            index: format!(
                "CREATE INDEX {} ON {name} ({column})",
                identifier(dialect, &index_name(candidate))?
            ),
        })
    }

    /// Whether a row names somebody who is not there.
    fn nobody(&self, candidate: &Candidate<'_>, row: &str) -> Result<String, EmitError> {
        let column = identifier(self.dialect(), &candidate.column.name)?;
        Ok(format!(
            "{row}.{column} IS NOT NULL AND NOT EXISTS ({})",
            self.partner_of(candidate, row)?
        ))
    }

    fn partner(&self, candidate: &Candidate<'_>) -> Result<String, EmitError> {
        self.partner_of(candidate, "t")
    }

    /// Whom a row names: the one who is told of, where there is such a table, else the user.
    fn partner_of(&self, candidate: &Candidate<'_>, row: &str) -> Result<String, EmitError> {
        let (dialect, people) = (self.dialect(), self.people);
        let column = format!("{row}.{}", identifier(dialect, &candidate.column.name)?);
        if self.is_told {
            return Ok(format!(
                "SELECT 1 FROM {} AS s WHERE s.id = {}",
                people.told_table(),
                people.id_in(&column)
            ));
        }
        let users = people
            .collations
            .as_ref()
            .and_then(|one| one.users.as_ref());
        let id = people.reference("u", &people.id)?;
        let is_same = match (dialect, users) {
            (Dialect::Postgres, _)
                if kind(&candidate.column.database_type) != kind(&self.id_type) =>
            {
                format!("{id}::text = {column}::text")
            }
            (_, Some(users)) => format!("{id} = {}", users.of(&column)),
            _ => format!("{id} = {column}"),
        };
        Ok(format!(
            "SELECT 1 FROM {} AS u WHERE {is_same}",
            table(dialect, &people.table)?
        ))
    }

    fn table(&self, candidate: &Candidate<'_>) -> Result<String, EmitError> {
        let name = TableName {
            schema: candidate.table.schema.clone(),
            name: candidate.table.name.clone(),
        };
        table(self.dialect(), &name)
    }

    async fn writers(&self) -> Result<u64, ChangesError> {
        let text = match self.dialect() {
            _ if !self.is_told => return Ok(0),
            Dialect::Postgres => {
                "SELECT count(DISTINCT a.grantee) FROM pg_catalog.pg_class AS c \
                 JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace, aclexplode(c.relacl) AS a \
                 WHERE n.nspname = 'neon_auth' AND c.relname = 'users_sync' AND a.grantee <> c.relowner \
                 AND a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')"
            }
            Dialect::Sqlite => return Ok(0),
            _ => {
                "SELECT count(DISTINCT grantee) FROM information_schema.table_privileges \
                 WHERE table_schema = DATABASE() AND table_name = 'neon_auth_users_sync' \
                 AND privilege_type IN ('INSERT', 'UPDATE', 'DELETE')"
            }
        };
        match self.rows(text).await?.first().and_then(|row| row.first()) {
            Some(Value::Int(count)) => Ok(u64::try_from(*count).unwrap_or(0)),
            _ => Err(ChangesError::Shape),
        }
    }

    async fn rows(&self, text: &str) -> Result<Vec<Vec<Value>>, ChangesError> {
        let query = query(self.dialect(), Access::Read, text);
        Ok(self.sync.database.exec(&query, &[]).await?.rows)
    }
}

/// Whether the schema has a relation to the users by this column alone.
fn is_relation(schema: &Schema, table: &Table, column: &Column) -> bool {
    let Some(users) = Tracking::users(schema) else {
        return false;
    };
    let models = schema.models.iter().filter(|one| one.table == table.name);
    let mut fields = models.flat_map(|model| {
        let relations = model.fields.iter().filter_map(|field| field.relation());
        let own = relations.filter(|relation| relation.model == users.name);
        own.filter_map(|relation| match relation.fields.as_slice() {
            [only] => model.field(only),
            _ => None,
        })
    });
    fields.any(|field| field.column == column.name)
}

fn is_named(column: &str) -> bool {
    let plain: String = column
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    NAMES.contains(&plain.as_str())
}

fn kind(database_type: &str) -> Kind {
    let lower = database_type.to_ascii_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
    if lower == "uuid" {
        Kind::Uuid
    } else if begins(&[
        "text",
        "char",
        "varchar",
        "character",
        "longtext",
        "mediumtext",
        "tinytext",
    ]) {
        Kind::Text
    } else if begins(&[
        "int",
        "bigint",
        "smallint",
        "mediumint",
        "serial",
        "bigserial",
    ]) {
        Kind::Number
    } else {
        Kind::Other
    }
}

fn is_indexed(table: &Table, column: &str) -> bool {
    let begins = |columns: &[String]| columns.first().is_some_and(|first| first == column);
    let mut indexes = table.indexes.iter().chain(&table.uniques);
    begins(&table.primary_key) || indexes.any(|index| begins(&index.columns))
}

fn index_name(candidate: &Candidate<'_>) -> String {
    format!("{}_{}_idx", candidate.table.name, candidate.column.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_by_names_and_kinds_of_types() {
        for name in ["user_id", "userId", "OWNER_ID", "created_by"] {
            assert!(is_named(name), "{name}");
        }
        for name in ["id", "username", "user", "userid_hash", ""] {
            assert!(!is_named(name), "{name}");
        }
        let rows = [
            ("text", Kind::Text),
            ("character varying(255)", Kind::Text),
            ("varchar(191)", Kind::Text),
            ("TEXT", Kind::Text),
            ("uuid", Kind::Uuid),
            ("bigint(20)", Kind::Number),
            ("INTEGER", Kind::Number),
            ("timestamp without time zone", Kind::Other),
            ("jsonb", Kind::Other),
        ];
        for (text, expected) in rows {
            assert_eq!(kind(text), expected, "{text}");
        }
    }
}
