//! Holds what another database tells of users against the users, and mends it: some rows at a time, however many there are.
//!
//! Both databases may order ids in different ways, so nothing is merged: users are read in the order of their ids, and the target is
//! asked for the rows of those. Who is told of and is no user shows in the count of the target's rows, and is looked for only to be
//! mended.

use std::collections::{BTreeMap, HashMap, HashSet};

use hallpass_db::{Connection, Database, Transaction};
use hallpass_sql::{Access, Value};

use super::document::{MEMBERS, SIGNED_UP, table_of};
use super::follow::reader;
use super::people::People;
use super::refused::Refused;
use super::rows::{Checked, Filled};
use super::target::{self, CURSOR};
use super::{Deletion, UserSync, has_told_table};
use crate::error::ChangesError;
use crate::install::has_table;
use crate::words::{query, table};

/// Users that are compared at a time.
const BATCH: usize = 500;
/// How often a batch is tried while a process follows at the same moment.
const TRIES: usize = 100;

/// A target, to be looked at beside whoever follows it.
#[derive(Debug)]
pub struct Remote {
    source: UserSync,
    people: People,
    target: Database,
    name: String,
}

/// Users of a batch: what is to be told of each, by id.
type Batch = BTreeMap<String, serde_json::Value>;

/// What the target tells of a user.
#[derive(Debug, PartialEq)]
struct Told {
    document: Option<serde_json::Value>,
    is_gone: bool,
}

/// What is wrong in a batch: the ids.
#[derive(Debug, Default)]
struct Wrong {
    missing: Vec<String>,
    different: Vec<String>,
}

impl Remote {
    /// The target `name` at `address`, which a follower has begun to tell. Changes nothing.
    ///
    /// # Errors
    /// [`ChangesError::NoReader`] where no follower was there yet, and what the databases said.
    pub async fn connect(
        source: &UserSync,
        people: &People,
        name: &str,
        address: &str,
    ) -> Result<Self, ChangesError> {
        let target = crate::connect(address).await?;
        let mut connection: Connection<'_> = (&target).into();
        let is_begun = has_told_table(&mut connection).await?
            && has_table(&mut connection, CURSOR).await?
            && target::cursor(&target, name).await?.is_some();
        if !is_begun {
            target.close().await;
            return Err(ChangesError::NoReader { name: reader(name) });
        }
        Ok(Self {
            source: source.clone(),
            people: people.clone(),
            target,
            name: name.to_owned(),
        })
    }

    /// Counts what lacks, differs and is strange. What happens at the same time, and what the target has not read yet, may count as well.
    /// `progress` hears after every batch.
    ///
    /// # Errors
    /// What the databases said.
    pub async fn verify(&self, mut progress: impl FnMut(Filled)) -> Result<Checked, ChangesError> {
        let mut filled = self.beginning().await?;
        let mut checked = Checked::default();
        let mut after = None;
        loop {
            let (batch, last) = self.users(after.as_ref()).await?;
            let wrong = self.wrong(&batch, &self.told(&batch).await?);
            // Those that were told of meanwhile are not counted.
            let wrong = self.looked_at_again(wrong).await?;
            checked.users += count(batch.len());
            checked.missing += count(wrong.missing.len());
            checked.different += count(wrong.different.len());
            filled.seen = checked.users;
            progress(filled);
            let Some(last) = last else { break };
            after = Some(last);
        }
        checked.told = self.rows_told("IS NULL").await?;
        checked.gone = self.rows_told("IS NOT NULL").await?;
        let right = checked.users.saturating_sub(checked.missing);
        checked.strange = checked.told.saturating_sub(right);
        Ok(checked)
    }

    /// Makes rows that lack, differ or are strange what they should be, while whoever follows waits for each batch.
    ///
    /// # Errors
    /// As [`verify`](Self::verify); what was done by then stays. [`ChangesError::Moved`] where it never gets its turn.
    pub async fn repair(
        &self,
        deletion: Deletion,
        mut progress: impl FnMut(Filled),
    ) -> Result<Filled, ChangesError> {
        let mut filled = self.beginning().await?;
        let mut after: Option<Value> = None;
        loop {
            let tx = self.begin().await?;
            let (batch, last) = self.users(after.as_ref()).await?;
            let wrong = self.wrong(&batch, &self.told(&batch).await?);
            filled.written += match self.mend(tx, &batch, &wrong).await {
                Err(error) if Refused::of(&error).is_some() => {
                    let wrong = wrong.missing.iter().chain(&wrong.different);
                    self.mend_each(wrong, deletion).await?
                }
                other => other?,
            };
            filled.seen += count(batch.len());
            progress(filled);
            let Some(last) = last else { break };
            after = Some(last);
        }
        if self.rows_told("IS NULL").await? > filled.seen {
            filled.written += self.remove_strange(deletion).await?;
        }
        // Whoever is right by now, or no user any longer, is set aside no more.
        let refused = self.source.refusals(&self.name).await?;
        let refused: Vec<String> = refused.into_iter().map(|one| one.user).collect();
        filled.written += self.mend_each(refused.iter(), deletion).await?;
        Ok(filled)
    }

    async fn mend(
        &self,
        mut tx: Transaction,
        batch: &Batch,
        wrong: &Wrong,
    ) -> Result<u64, ChangesError> {
        let mut written = 0;
        for id in wrong.missing.iter().chain(&wrong.different) {
            if let Some(document) = batch.get(id) {
                written += target::tell(&mut tx, &document.to_string()).await?;
            }
        }
        tx.commit().await?;
        Ok(written)
    }

    /// One by one, where the row of one may be refused: that one is set aside, as whoever follows does it.
    async fn mend_each<'i>(
        &self,
        ids: impl Iterator<Item = &'i String>,
        deletion: Deletion,
    ) -> Result<u64, ChangesError> {
        let set_aside = self.source.set_aside(&self.name);
        set_aside.prepare().await?;
        let mut written = 0;
        for id in ids {
            match self.mend_one(id, deletion).await {
                Ok(rows) => {
                    written += rows;
                    set_aside.accept(id).await?;
                }
                Err(error) => set_aside.refuse(id, error).await?,
            }
        }
        Ok(written)
    }

    async fn mend_one(&self, id: &str, deletion: Deletion) -> Result<u64, ChangesError> {
        let mut tx = self.begin().await?;
        let written = match self.people.ask(&self.source.database, id).await? {
            Some(document) => {
                let text = serde_json::Value::Object(document).to_string();
                target::tell(&mut tx, &text).await?
            }
            None => target::gone(&mut tx, deletion, id).await?,
        };
        tx.commit().await?;
        Ok(written)
    }

    /// Ends the connections to the target.
    pub async fn close(&self) {
        self.target.close().await;
    }

    async fn beginning(&self) -> Result<Filled, ChangesError> {
        let users = table(self.people.dialect, &self.people.table)?;
        let text = format!("SELECT count(*) FROM {users}");
        let users = number(&self.source.database, &text).await?;
        Ok(Filled {
            users,
            ..Filled::default()
        })
    }

    async fn rows_told(&self, deleted: &str) -> Result<u64, ChangesError> {
        let told = table_of(self.target.dialect());
        let text = format!("SELECT count(*) FROM {told} WHERE deleted_at {deleted}");
        number(&self.target, &text).await
    }

    /// Holds the cursor, so that nobody tells of anything until the transaction ends: what is read of the source then is not older than
    /// what the target has.
    async fn begin(&self) -> Result<Transaction, ChangesError> {
        for _ in 0..TRIES {
            let cursor = target::cursor(&self.target, &self.name).await?;
            let cursor = cursor.ok_or_else(|| ChangesError::NoReader {
                name: reader(&self.name),
            })?;
            let mut tx = self.target.begin().await?;
            if target::step(&mut tx, &self.name, &cursor, &cursor).await? {
                return Ok(tx);
            }
            tx.rollback().await?;
        }
        Err(ChangesError::Moved {
            name: reader(&self.name),
        })
    }

    /// The users behind an id, and where the next ones begin.
    async fn users(&self, after: Option<&Value>) -> Result<(Batch, Option<Value>), ChangesError> {
        let people = &self.people;
        let id = people.reference("u", &people.id)?;
        let behind = after.map_or(String::new(), |_| format!("WHERE {id} > ? "));
        let text = format!(
            "SELECT {id}, {} FROM {} AS u {behind}ORDER BY {id} LIMIT {BATCH}",
            people.told("u", "'null'")?,
            table(people.dialect, &people.table)?
        );
        let values: Vec<Value> = after.cloned().into_iter().collect();
        let rows = people.rows(&self.source.database, &text, &values).await?;
        let last = (rows.len() == BATCH).then(|| rows.last().map(|(id, _)| id.clone()));
        Ok((batch_of(rows)?, last.flatten()))
    }

    /// What the target tells of these users.
    async fn told(&self, batch: &Batch) -> Result<HashMap<String, Told>, ChangesError> {
        if batch.is_empty() {
            return Ok(HashMap::new());
        }
        let dialect = self.target.dialect();
        let text = format!(
            "SELECT id, raw_json, deleted_at FROM {} WHERE id IN ({})",
            table_of(dialect),
            places(batch.len())
        );
        let values: Vec<Value> = batch.keys().map(Value::from).collect();
        let query = query(dialect, Access::Read, &text);
        let rows = self.target.exec(&query, &values).await?.rows;
        let told = rows.into_iter().map(|row| {
            let [id, document, deleted] =
                <[Value; 3]>::try_from(row).map_err(|_| ChangesError::Shape)?;
            let Value::Text(id) = id else {
                return Err(ChangesError::Shape);
            };
            let told = Told {
                document: document_of(document),
                is_gone: deleted != Value::Null,
            };
            Ok((id, told))
        });
        told.collect()
    }

    fn wrong(&self, batch: &Batch, told: &HashMap<String, Told>) -> Wrong {
        let mut wrong = Wrong::default();
        for (id, document) in batch {
            match told.get(id) {
                None | Some(Told { is_gone: true, .. }) => wrong.missing.push(id.clone()),
                Some(one) if !self.is_same(document, one.document.as_ref()) => {
                    wrong.different.push(id.clone());
                }
                Some(_) => {}
            }
        }
        wrong
    }

    fn is_same(&self, one: &serde_json::Value, other: Option<&serde_json::Value>) -> bool {
        let Some(other) = other else {
            return false;
        };
        let signed_up = self.people.knows_sign_up().then_some(SIGNED_UP);
        let mut members = MEMBERS.into_iter().chain(signed_up);
        members.all(|member| one.get(member) == other.get(member))
    }

    /// Of users that seemed to be told of wrongly, those that still are.
    async fn looked_at_again(&self, wrong: Wrong) -> Result<Wrong, ChangesError> {
        let ids: Vec<String> = wrong.missing.into_iter().chain(wrong.different).collect();
        if ids.is_empty() {
            return Ok(Wrong::default());
        }
        let mut batch = Batch::new();
        for id in ids {
            // Who went meanwhile is no user.
            if let Some(document) = self.people.ask(&self.source.database, &id).await? {
                batch.insert(id, serde_json::Value::Object(document));
            }
        }
        Ok(self.wrong(&batch, &self.told(&batch).await?))
    }

    /// Removes who is told of and is no user, or says that they are gone.
    async fn remove_strange(&self, deletion: Deletion) -> Result<u64, ChangesError> {
        let mut written = 0;
        let mut after = None;
        loop {
            let tx = self.begin().await?;
            let ids = self.living(after.as_deref()).await?;
            let users = self.among(&ids).await?;
            let strange: Vec<&String> = ids.iter().filter(|id| !users.contains(*id)).collect();
            written += match remove(tx, &strange, deletion).await {
                Err(error) if Refused::of(&error).is_some() => {
                    self.mend_each(strange.into_iter(), deletion).await?
                }
                other => other?,
            };
            if ids.len() < BATCH {
                return Ok(written);
            }
            after = ids.into_iter().next_back();
        }
    }

    /// Whom the target tells of, behind an id.
    async fn living(&self, after: Option<&str>) -> Result<Vec<String>, ChangesError> {
        let dialect = self.target.dialect();
        let behind = after.map_or("", |_| " AND id > ?");
        let text = format!(
            "SELECT id FROM {} WHERE deleted_at IS NULL{behind} ORDER BY id LIMIT {BATCH}",
            table_of(dialect)
        );
        let values: Vec<Value> = after.map(Value::from).into_iter().collect();
        let query = query(dialect, Access::Read, &text);
        let rows = self.target.exec(&query, &values).await?.rows;
        texts(rows)
    }

    /// Which of these are users.
    async fn among(&self, ids: &[String]) -> Result<HashSet<String>, ChangesError> {
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let people = &self.people;
        let text = format!(
            "SELECT {id} FROM {users} AS u WHERE {id} IN ({places})",
            id = people.id_text("u")?,
            users = table(people.dialect, &people.table)?,
            places = places(ids.len())
        );
        let values: Vec<Value> = ids.iter().map(Value::from).collect();
        let query = query(people.dialect, Access::Read, &text);
        let rows = self.source.database.exec(&query, &values).await?.rows;
        Ok(texts(rows)?.into_iter().collect())
    }
}

async fn remove(
    mut tx: Transaction,
    ids: &[&String],
    deletion: Deletion,
) -> Result<u64, ChangesError> {
    let mut written = 0;
    for id in ids {
        written += target::gone(&mut tx, deletion, id).await?;
    }
    tx.commit().await?;
    Ok(written)
}

fn batch_of(rows: Vec<(Value, String)>) -> Result<Batch, ChangesError> {
    let rows = rows.into_iter().map(|(_, text)| {
        let document: serde_json::Value =
            serde_json::from_str(&text).map_err(|_| ChangesError::Shape)?;
        let id = document.get("id").and_then(serde_json::Value::as_str);
        let id = id.ok_or(ChangesError::Shape)?.to_owned();
        Ok((id, document))
    });
    rows.collect()
}

fn document_of(value: Value) -> Option<serde_json::Value> {
    match value {
        Value::Json(document) => Some(*document),
        Value::Text(text) => serde_json::from_str(&text).ok(),
        Value::Bytes(bytes) => serde_json::from_slice(&bytes).ok(),
        _ => None,
    }
}

fn texts(rows: Vec<Vec<Value>>) -> Result<Vec<String>, ChangesError> {
    let texts = rows.into_iter().map(|row| match row.into_iter().next() {
        Some(Value::Text(text)) => Ok(text),
        _ => Err(ChangesError::Shape),
    });
    texts.collect()
}

fn places(count: usize) -> String {
    vec!["?"; count].join(", ")
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

async fn number(database: &Database, text: &str) -> Result<u64, ChangesError> {
    let query = query(database.dialect(), Access::Read, text);
    let rows = database.exec(&query, &[]).await?.rows;
    match rows.first().and_then(|row| row.first()) {
        Some(Value::Int(number)) => Ok(u64::try_from(*number).unwrap_or(0)),
        _ => Err(ChangesError::Shape),
    }
}
