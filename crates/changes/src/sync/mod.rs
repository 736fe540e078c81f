//! What is told of users, in a table beside them: `neon_auth.users_sync`, as Neon Auth makes it, on the same database.
//!
//! Triggers keep it in the transaction of whoever writes, so that it is never late, and foreign keys of applications to it
//! hold. On MySQL and SQLite, which have no schemas, it is `neon_auth_users_sync`.
//!
//! Source: contract neon §1.1 and §1.2.

mod collation;
mod compare;
pub(crate) mod document;
mod follow;
mod keep;
mod people;
mod reference;
mod refused;
mod remade;
mod rows;
mod taken;
mod target;
mod told;
mod triggers;
mod user_columns;
mod view;
mod views;

use hallpass_db::{Connection, Database, Transaction};
use hallpass_sql::{Access, Dialect};
use hallpass_zmodel::Schema;

use crate::capture::{Found, Script, fingerprint, found_of, uninstall};
use crate::error::ChangesError;
use crate::install::{Changes, Done, Plan, Standing, Step, begin, change, end, has_table, schemas};
use crate::log::Log;
use crate::words::query;

pub use compare::Remote;
pub use follow::{Followed, Follower};
pub(crate) use follow::{millis, target_of};
pub use keep::{Kept, Turn};
pub use people::People;
pub use reference::{OnGone, Orphan, Orphans, Reference, Referred};
pub(crate) use refused::REFUSED;
use refused::SetAside;
pub use refused::{Refusal, Refused};
pub use rows::{Checked, Filled};
use taken::{TAKEN, Taken};
pub use user_columns::{UserColumn, UserColumnSql, UserColumns, UserKey};

/// What becomes of what is told of a user who is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deletion {
    /// `deleted_at` is set, the row stays, and so does what refers to it.
    #[default]
    Soft,
    /// The row goes, and what refers to it as its foreign key says.
    Hard,
}

/// The table that tells of users, in one database.
#[derive(Debug, Clone)]
pub struct UserSync {
    database: Database,
}

/// How the table stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncStatus {
    /// Whether it is there.
    pub has_table: bool,
    /// How the triggers of the users' table stand.
    pub standing: Standing,
    /// How the triggers for foreign keys stand, with which users go, where the database needs any.
    pub keys: Standing,
    /// What is told and what is not; absent without the table.
    pub checked: Option<Checked>,
}

impl SyncStatus {
    /// Whether everything that is to be told is told.
    pub fn is_sound(&self) -> bool {
        let checked = self.checked.as_ref();
        let stand = [self.standing, self.keys];
        stand.iter().all(|one| *one == Standing::Tracked) && checked.is_some_and(Checked::is_sound)
    }
}

impl UserSync {
    /// The table in the database at `address`.
    ///
    /// # Errors
    /// [`ChangesError::Connect`] with what to check.
    pub async fn connect(address: &str) -> Result<Self, ChangesError> {
        Ok(Self::of(&crate::connect(address).await?))
    }

    /// The table in this database.
    pub fn of(database: &Database) -> Self {
        Self {
            database: database.clone(),
        }
    }

    /// The users of a schema.
    ///
    /// # Errors
    /// [`ChangesError::Track`] without a table of users that has a key of one column.
    pub async fn people(&self, schema: &Schema) -> Result<People, ChangesError> {
        let catalog = self.database.catalog_of(&schemas(schema)).await?;
        let mut people = People::of(schema, &catalog, self.database.dialect())?;
        people.collations = collation::read(&self.database, &people).await?;
        Ok(people)
    }

    /// What would have to be done so that users are told of. Changes nothing.
    ///
    /// # Errors
    /// What the database said.
    pub async fn plan(&self, people: &People, deletion: Deletion) -> Result<Plan, ChangesError> {
        plan(&mut (&self.database).into(), people, deletion).await
    }

    /// Sees to it that users are told of from now on; those that are there are told of by [`backfill`](Self::backfill).
    ///
    /// # Errors
    /// [`ChangesError::Step`], and what the database said.
    pub async fn install(&self, people: &People, deletion: Deletion) -> Result<Done, ChangesError> {
        if self.plan(people, deletion).await?.steps.is_empty() {
            return Ok(Done::default());
        }
        let mut tx = begin(&self.database).await?;
        let plan = plan(&mut (&mut tx).into(), people, deletion).await;
        end(tx, plan).await
    }

    /// Takes the triggers away. The table stays as it is: applications refer to it.
    ///
    /// # Errors
    /// As [`install`](Self::install).
    pub async fn uninstall(&self) -> Result<Done, ChangesError> {
        change(&self.database, async |connection: &mut Connection<'_>| {
            let dialect = connection.dialect();
            let found = found_of(connection, triggers::PREFIX).await?;
            let mut script = uninstall(dialect, found.iter())?;
            if has_table(connection, TAKEN).await? {
                script.push(format!("DROP TABLE {TAKEN}"));
            }
            let steps = (!script.is_empty()).then(|| Step {
                name: "untell:users".to_owned(),
                consequence: "the table stays as it is and is kept no longer".to_owned(),
                script,
            });
            Ok(Plan {
                steps: steps.into_iter().collect(),
            })
        })
        .await
    }

    /// How the table stands; `progress` as of [`verify`](Self::verify).
    ///
    /// # Errors
    /// What the database said.
    pub async fn status(
        &self,
        people: &People,
        deletion: Deletion,
        progress: impl FnMut(Filled),
    ) -> Result<SyncStatus, ChangesError> {
        let mut connection: Connection<'_> = (&self.database).into();
        let has_table = has_told_table(&mut connection).await?;
        let found = found_of(&mut connection, triggers::PREFIX).await?;
        let standing = standing(people, deletion, &found)?;
        let keys = match keys_standing(people, deletion, &found)? {
            Standing::Tracked if !has_taken(&mut connection, people).await? => Standing::Missing,
            keys => keys,
        };
        let checked = if has_table {
            Some(self.verify(people, progress).await?)
        } else {
            None
        };
        Ok(SyncStatus {
            has_table,
            standing,
            keys,
            checked,
        })
    }

    /// What becomes of what is told of users who go, as the triggers of their table have it now; nothing where those are not there.
    /// What the tables and their foreign keys were when they were made does not matter.
    ///
    /// # Errors
    /// What the database said.
    pub async fn deletion(&self, people: &People) -> Result<Option<Deletion>, ChangesError> {
        let found = found_of(&mut (&self.database).into(), triggers::PREFIX).await?;
        if standing(people, Deletion::Soft, &found)? == Standing::Missing {
            return Ok(None);
        }
        let own = || found.iter().filter(|one| is_own(people, one));
        let mut deletions = [Deletion::Hard, Deletion::Soft].into_iter();
        Ok(deletions.find(|deletion| own().any(|one| one.says(&people.gone_word(*deletion)))))
    }

    /// How the triggers stand, without looking at what is told; nothing where the table is not there, so nobody asks for it.
    ///
    /// # Errors
    /// What the database said.
    pub async fn standing(&self, people: &People) -> Result<Option<Standing>, ChangesError> {
        let mut connection: Connection<'_> = (&self.database).into();
        let Some(deletion) = self.deletion(people).await? else {
            return Ok(None);
        };
        let found = found_of(&mut connection, triggers::PREFIX).await?;
        let own = standing(people, deletion, &found)?;
        let keys = keys_standing(people, deletion, &found)?;
        Ok(Some(if own == Standing::Tracked { keys } else { own }))
    }

    /// The users whom a target refuses, by their ids: everybody else is told of, and they are tried again.
    ///
    /// # Errors
    /// What the database said.
    pub async fn refusals(&self, target: &str) -> Result<Vec<Refusal>, ChangesError> {
        self.set_aside(target).all().await
    }

    /// Forgets whom a target refuses.
    pub(crate) async fn forget_refusals(&self, target: &str) -> Result<(), ChangesError> {
        self.set_aside(target).forget().await
    }

    fn set_aside<'s>(&'s self, target: &'s str) -> SetAside<'s> {
        SetAside {
            source: &self.database,
            target,
        }
    }

    /// Capture in the same database.
    pub fn changes(&self) -> Changes {
        Changes::of(&self.database)
    }

    /// The change log of the same database.
    pub fn log(&self) -> Log {
        Log::of(&self.database)
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.database.close().await;
    }

    async fn begin(&self) -> Result<Transaction, ChangesError> {
        Ok(self.database.begin().await?)
    }
}

async fn plan(
    connection: &mut Connection<'_>,
    people: &People,
    deletion: Deletion,
) -> Result<Plan, ChangesError> {
    let mut steps = Vec::new();
    let table = document::table_of(people.dialect);
    if !has_told_table(connection).await? {
        steps.push(Step {
            name: format!("create-table:{table}"),
            consequence: "makes the table that tells applications of users".to_owned(),
            script: made(people.dialect, &people.id_collation()),
        });
    }
    let found = found_of(connection, triggers::PREFIX).await?;
    let stray = found.iter().filter(|one| !is_wanted(people, one));
    let mut script = uninstall(people.dialect, stray)?;
    if standing(people, deletion, &found)? != Standing::Tracked {
        script.extend(people.install(deletion, &mark(people, deletion)?)?);
    }
    if !has_taken(connection, people).await? {
        script.extend(taken::table_of_taken());
    }
    for one in Taken::all(people, deletion) {
        if standing_of_key(people, one, &found)? != Standing::Tracked {
            script.extend(one.install()?);
        }
    }
    if !script.is_empty() {
        let consequence = match deletion {
            Deletion::Soft => "users are told of from now on; of those who go, `deleted_at` is set",
            Deletion::Hard => {
                "users are told of from now on; the rows of those who go, go, and what refers to them by its foreign key"
            }
        };
        steps.push(Step {
            name: format!("tell:{}", people.table.name),
            consequence: consequence.to_owned(),
            script,
        });
    }
    Ok(Plan { steps })
}

fn mark(people: &People, deletion: Deletion) -> Result<String, ChangesError> {
    Ok(fingerprint(&people.install(deletion, "")?))
}

fn standing(
    people: &People,
    deletion: Deletion,
    found: &[Found],
) -> Result<Standing, ChangesError> {
    let own = found.iter().filter(|one| is_own(people, one));
    let mark = mark(people, deletion)?;
    let own: Vec<_> = own.collect();
    Ok(of_triggers(&people.triggers(), &own, &mark))
}

/// How the triggers of all foreign keys stand. One of a key that is gone does no harm, and is to go as well.
fn keys_standing(
    people: &People,
    deletion: Deletion,
    found: &[Found],
) -> Result<Standing, ChangesError> {
    let keys = Taken::all(people, deletion).map(|one| standing_of_key(people, one, found));
    let keys = keys.collect::<Result<Vec<_>, ChangesError>>()?;
    let is_stray = |one: &Found| taken::is_of_key(&one.name) && !is_wanted(people, one);
    Ok(if keys.contains(&Standing::Missing) {
        Standing::Missing
    } else if keys.contains(&Standing::Drifted) || found.iter().any(is_stray) {
        Standing::Drifted
    } else {
        Standing::Tracked
    })
}

fn standing_of_key(
    people: &People,
    one: Taken<'_>,
    found: &[Found],
) -> Result<Standing, ChangesError> {
    let wanted = one.triggers();
    let mine = found.iter().filter(|found| is_of_key(people, one, found));
    let mine: Vec<_> = mine.collect();
    Ok(of_triggers(&wanted, &mine, &one.mark()?))
}

fn of_triggers(wanted: &[String], mine: &[&Found], mark: &str) -> Standing {
    let is_there = |name: &String| mine.iter().any(|one| one.name == *name && one.enabled);
    if !wanted.iter().all(is_there) {
        Standing::Missing
    } else if mine.iter().all(|one| one.is(mark)) {
        Standing::Tracked
    } else {
        Standing::Drifted
    }
}

/// Whether a trigger is one of those that these users should have.
fn is_wanted(people: &People, found: &Found) -> bool {
    let mut keys = Taken::all(people, Deletion::default());
    is_own(people, found) || keys.any(|one| is_of_key(people, one, found))
}

fn is_own(people: &People, found: &Found) -> bool {
    found.table == people.table && people.triggers().contains(&found.name)
}

fn is_of_key(people: &People, one: Taken<'_>, found: &Found) -> bool {
    found.table.schema == people.table.schema
        && found.table.name == one.table()
        && one.triggers().contains(&found.name)
}

/// Whether there is the table for users whom foreign keys meet, where it is needed.
async fn has_taken(connection: &mut Connection<'_>, people: &People) -> Result<bool, ChangesError> {
    Ok(!taken::is_needed(people) || has_table(connection, TAKEN).await?)
}

fn made(dialect: Dialect, collation: &str) -> Script {
    let text = match dialect {
        Dialect::Postgres => include_str!("../sql/postgres_users_sync.sql"),
        Dialect::Sqlite => include_str!("../sql/sqlite_users_sync.sql"),
        _ => include_str!("../sql/mysql_users_sync.sql"),
    };
    // Names of collations, which the server itself has told.
    let text = text.replace("/* collation */", collation);
    let statements = text.split(';').map(str::trim);
    statements
        .filter(|statement| !statement.is_empty())
        .map(str::to_owned)
        .collect()
}

async fn has_told_table(connection: &mut Connection<'_>) -> Result<bool, ChangesError> {
    if connection.dialect() != Dialect::Postgres {
        return has_table(connection, document::table_of(connection.dialect())).await;
    }
    let text = "SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
                WHERE n.nspname = 'neon_auth' AND c.relname = 'users_sync'";
    let query = query(Dialect::Postgres, Access::Read, text);
    Ok(!connection.exec(&query, &[]).await?.rows.is_empty())
}
