//! Columns of applications that name users: whose users nobody tells of, and the foreign key that keeps it from happening.
//!
//! Source: contract neon §1.3 (foreign keys on rows that are there) and §2.3 (the row "Add FK").

use hallpass_db::{Catalog, Database};
use hallpass_sql::{Access, Dialect, EmitError, TableName, Value};
use hallpass_zmodel::Schema;

use super::document::table_of;
use super::people::People;
use super::{UserSync, remade};
use crate::capture::name_for;
use crate::error::ChangesError;
use crate::install::{Plan, Step, begin, end};
use crate::tracking::TrackError;
use crate::words::{identifier, is_mysql, query, table};

/// As many users as a refusal names.
const NAMED: u32 = 100;

/// A column of an application that holds ids of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub(super) table: TableName,
    pub(super) column: String,
}

/// What becomes of rows whose user is gone from the table that tells of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnGone {
    /// They go as well.
    Cascade,
    /// They stay and name nobody; the column must admit that.
    SetNull,
    /// They keep the user from going.
    Restrict,
}

/// Somebody whom rows name and nobody tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// What stands in the column.
    pub id: String,
    /// The rows that name it.
    pub rows: u64,
}

/// Everybody whom rows name and nobody tells of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Orphans {
    /// The rows.
    pub rows: u64,
    /// How many they name.
    pub users: u64,
    /// The first of those, by their ids.
    pub named: Vec<Orphan>,
}

/// What came of asking for a foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Referred {
    /// It is there from now on.
    Added,
    /// It was there.
    Already,
    /// It is not there, because these rows are.
    Orphans(Orphans),
}

impl Reference {
    /// The column of a field.
    ///
    /// # Errors
    /// [`TrackError::NoModel`] for what the schema does not have.
    pub fn of(schema: &Schema, model: &str, field: &str) -> Result<Self, TrackError> {
        let found = schema.model(model).and_then(|model| {
            Some(Self {
                table: TableName {
                    schema: model.database_schema.clone(),
                    name: model.table.clone(),
                },
                column: model.field(field)?.column.clone(),
            })
        });
        found.ok_or_else(|| TrackError::NoModel {
            name: format!("{model}.{field}"),
        })
    }

    /// The same for tables and columns that no schema names.
    pub fn named(table: TableName, column: &str) -> Self {
        Self {
            table,
            column: column.to_owned(),
        }
    }

    /// Where to look besides the tables at hand.
    fn places(&self) -> Vec<String> {
        self.table.schema.iter().cloned().collect()
    }

    fn is_kept(&self, catalog: &Catalog) -> bool {
        let tables = catalog.tables.iter();
        let mut mine = tables.filter(|one| {
            let places = catalog.places.as_ref();
            let current = places.map(|places| places.current.as_str());
            let schema = self.table.schema.as_deref();
            one.name == self.table.name
                && one.schema.as_deref() == schema.filter(|name| Some(*name) != current)
        });
        mine.any(|one| {
            let mut keys = one.foreign_keys.iter();
            keys.any(|key| key.columns == [self.column.clone()] && is_told(&key.references_table))
        })
    }

    /// The clause of the key, without its name.
    fn clause(&self, dialect: Dialect, on_gone: OnGone) -> Result<String, EmitError> {
        let action = match on_gone {
            OnGone::Cascade => "CASCADE",
            OnGone::SetNull => "SET NULL",
            OnGone::Restrict => "RESTRICT",
        };
        Ok(format!(
            "FOREIGN KEY ({}) REFERENCES {} (id) ON DELETE {action}",
            identifier(dialect, &self.column)?,
            table_of(dialect)
        ))
    }

    fn key_name(&self) -> String {
        name_for(
            "users_sync_fkey_",
            &TableName {
                schema: self.table.schema.clone(),
                name: format!("{}.{}", self.table.name, self.column),
            },
        )
    }
}

/// As the catalog names the table that tells of users.
fn is_told(name: &str) -> bool {
    let name = name.rsplit_once('.').map_or(name, |(_, name)| name);
    ["users_sync", "neon_auth_users_sync"].contains(&name.trim_matches('"'))
}

impl UserSync {
    /// Whom rows name and nobody tells of: users who are gone, and those who are not told of yet. Null names nobody. At most `most`
    /// of them are given by their ids.
    ///
    /// # Errors
    /// What the database said.
    pub async fn orphans(
        &self,
        people: &People,
        reference: &Reference,
        most: u32,
    ) -> Result<Orphans, ChangesError> {
        let dialect = people.dialect;
        let id = people.id_in(&format!("t.{}", identifier(dialect, &reference.column)?));
        let groups = format!(
            "SELECT {id} AS id, count(*) AS named FROM {} AS t WHERE {id} IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM {} AS s WHERE s.id = {id}) GROUP BY {id}",
            table(dialect, &reference.table)?,
            people.told_table()
        );
        let whole = if is_mysql(dialect) {
            "CAST(coalesce(sum(named), 0) AS SIGNED)"
        } else if dialect == Dialect::Postgres {
            "coalesce(sum(named), 0)::bigint"
        } else {
            "coalesce(sum(named), 0)"
        };
        let counted = format!("SELECT {whole}, count(*) FROM ({groups}) AS g");
        let named = format!("{groups} ORDER BY id LIMIT {most}");
        let counted = rows(&self.database, &counted).await?;
        let Some([Value::Int(all), Value::Int(users)]) = counted.first().map(Vec::as_slice) else {
            return Err(ChangesError::Shape);
        };
        let named = rows(&self.database, &named).await?.into_iter().map(orphan);
        Ok(Orphans {
            rows: count(*all),
            users: count(*users),
            named: named.collect::<Result<_, _>>()?,
        })
    }

    /// Whether a column has a foreign key to the table that tells of users.
    ///
    /// # Errors
    /// What the database said.
    pub async fn refers(&self, reference: &Reference) -> Result<bool, ChangesError> {
        let catalog = self.database.catalog_of(&reference.places()).await?;
        Ok(reference.is_kept(&catalog))
    }

    /// Gives a column a foreign key to the table that tells of users. Refuses, and says by whom, while rows name somebody who is
    /// not told of. SQLite adds no key to a table: there it is made anew, with its rows, indexes and triggers.
    ///
    /// # Errors
    /// [`ChangesError::Step`] where the database refuses for another reason: a column of another type or collation than the ids of
    /// users, or a table that somebody holds.
    pub async fn refer(
        &self,
        people: &People,
        reference: &Reference,
        on_gone: OnGone,
    ) -> Result<Referred, ChangesError> {
        if self.refers(reference).await? {
            return Ok(Referred::Already);
        }
        let orphans = self.orphans(people, reference, NAMED).await?;
        if orphans.rows > 0 {
            return Ok(Referred::Orphans(orphans));
        }
        let Err(error) = self.add_key(reference, on_gone).await else {
            return Ok(Referred::Added);
        };
        // Somebody may have written such a row meanwhile, which only the database saw.
        let orphans = self.orphans(people, reference, NAMED).await?;
        if orphans.rows > 0 {
            Ok(Referred::Orphans(orphans))
        } else {
            Err(error)
        }
    }

    async fn add_key(&self, reference: &Reference, on_gone: OnGone) -> Result<(), ChangesError> {
        let dialect = self.database.dialect();
        let clause = reference.clause(dialect, on_gone)?;
        if dialect == Dialect::Sqlite {
            return remade::with_clause(&self.database, &reference.table.name, &clause).await;
        }
        let statement = format!(
            "ALTER TABLE {} ADD CONSTRAINT {} {clause}",
            table(dialect, &reference.table)?,
            identifier(dialect, &reference.key_name())?
        );
        let step = Step {
            name: format!("refer:{}.{}", reference.table.name, reference.column),
            consequence: "rows name only users who are told of".to_owned(),
            script: vec![statement],
        };
        let plan = Plan { steps: vec![step] };
        end(begin(&self.database).await?, Ok(plan)).await?;
        Ok(())
    }
}

impl People {
    /// A column of ids as the table that tells of users has them.
    pub(super) fn id_in(&self, column: &str) -> String {
        match (self.dialect, &self.collations) {
            (Dialect::Postgres, _) => format!("{column}::text"),
            (Dialect::MySql | Dialect::MariaDb, Some(collations)) => collations.told.of(column),
            _ => format!(
                "CAST({column} AS {})",
                if is_mysql(self.dialect) {
                    "CHAR"
                } else {
                    "TEXT"
                }
            ),
        }
    }
}

async fn rows(database: &Database, text: &str) -> Result<Vec<Vec<Value>>, ChangesError> {
    let query = query(database.dialect(), Access::Read, text);
    Ok(database.exec(&query, &[]).await?.rows)
}

fn orphan(row: Vec<Value>) -> Result<Orphan, ChangesError> {
    match <[Value; 2]>::try_from(row) {
        Ok([Value::Text(id), Value::Int(rows)]) => Ok(Orphan {
            id,
            rows: count(rows),
        }),
        _ => Err(ChangesError::Shape),
    }
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
