//! From changes of rows to events of users.
//!
//! SECURITY: data are put together member by member. What a row has beside is not told.

use hallpass_db::{Connection, Database};
use hallpass_sql::calendar;
use hallpass_zmodel::Schema;
use serde_json::{Value, json};

use super::event::{Event, EventKind};
use crate::capture;
use crate::error::ChangesError;
use crate::install::has_table;
use crate::log::{Change, Document, Operation};
use crate::sync::{People, UserSync, millis};
use crate::tracking::{SESSIONS, Tracking};

/// The model of accounts in every layout.
const ACCOUNT: &str = "Account";

/// Where events come from.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    people: People,
    accounts: Option<Accounts>,
    /// Whether sessions are told of.
    sessions: bool,
}

/// The table of accounts, and its columns.
#[derive(Debug, Clone)]
struct Accounts {
    table: String,
    user: String,
    kind: Option<String>,
    provider: String,
    provider_account: String,
}

impl Sources {
    /// What these events come from.
    pub(crate) async fn of(
        database: &Database,
        schema: &Schema,
        events: &[EventKind],
    ) -> Result<Self, ChangesError> {
        let mut connection: Connection<'_> = database.into();
        if !has_table(&mut connection, capture::LOG).await? {
            return Err(ChangesError::NotInstalled);
        }
        let found = capture::found(&mut connection).await?;
        let is_tracked = |table: &str| {
            let mut found = found.iter();
            found.any(|one| one.table.name.eq_ignore_ascii_case(table))
        };
        let people = UserSync::of(database).people(schema).await?;
        people.whole()?;
        let wants_accounts = events.iter().any(|event| event.is_of_accounts());
        let accounts = if wants_accounts {
            Some(Accounts::of(schema).ok_or(ChangesError::NotInstalled)?)
        } else {
            None
        };
        let sessions = events.iter().any(|event| event.is_of_sessions());
        let has_all = is_tracked(&people.table.name)
            && accounts.as_ref().is_none_or(|one| is_tracked(&one.table))
            && (!sessions || is_tracked(SESSIONS));
        if !has_all {
            return Err(ChangesError::NotInstalled);
        }
        Ok(Self {
            people,
            accounts,
            sessions,
        })
    }

    /// What a change comes to.
    pub(crate) async fn events(
        &self,
        database: &Database,
        change: &Change,
    ) -> Result<Vec<Event>, ChangesError> {
        let is = |table: &str| change.table.eq_ignore_ascii_case(table);
        if is(&self.people.table.name) {
            return self.of_user(database, change).await;
        }
        if self.sessions && is(SESSIONS) {
            return Ok(of_session(change).into_iter().collect());
        }
        Ok(match &self.accounts {
            Some(accounts) if is(&accounts.table) => accounts.events(change),
            _ => Vec::new(),
        })
    }

    async fn of_user(
        &self,
        database: &Database,
        change: &Change,
    ) -> Result<Vec<Event>, ChangesError> {
        let people = &self.people;
        let before = change.before.as_ref().and_then(|row| people.id_of(row));
        let before = before.or_else(|| people.id_of(&change.key));
        let after = change.after.as_ref().and_then(|row| people.id_of(row));
        let mut events = Vec::new();
        let is_new = change.operation == Operation::Insert;
        let gone = before.as_ref();
        if let Some(id) = gone.filter(|id| !is_new && after.as_ref() != Some(id))
            && !self.has_stayed(database, id).await?
        {
            let data = json!({ "id": id });
            events.push(Event::of(change, EventKind::UserDeleted, id, data));
        }
        if let (Some(id), Some(row)) = (&after, &change.after) {
            let kind = if is_new || before.as_ref().is_some_and(|before| before != id) {
                EventKind::UserCreated
            } else {
                EventKind::UserUpdated
            };
            let told = if change.left_out.is_empty() {
                Some(people.told_of(id, row, change))
            } else {
                // The log does not have all of it; the table does, unless the user is gone by now.
                people.ask(database, id).await?
            };
            let data = told.map(Value::Object);
            events.extend(data.map(|data| Event::of(change, kind, id, data)));
        }
        Ok(events)
    }

    /// Whether a user is there of whom the log says that they went. Where users go with rows of other tables it says so before it
    /// is done, and `DELETE IGNORE` may have passed over it (MySQL).
    async fn has_stayed(&self, database: &Database, id: &str) -> Result<bool, ChangesError> {
        let people = &self.people;
        Ok(people.goes_by_keys() && people.ask(database, id).await?.is_some())
    }
}

/// A session that ends in its time is no event, and what changes of it while it goes on is none.
fn of_session(change: &Change) -> Option<Event> {
    let (kind, row) = match change.operation {
        Operation::Insert => (EventKind::SessionCreated, change.after.as_ref()?),
        Operation::Delete => (EventKind::SessionRevoked, change.before.as_ref()?),
        Operation::Update | Operation::Truncate => return None,
    };
    let expires = row.get("expires").and_then(millis);
    if kind == EventKind::SessionRevoked
        && expires.is_some_and(|expires| expires <= change.at.as_millisecond())
    {
        return None;
    }
    let user = text(row, "user_id")?;
    let moment = |name: &str| {
        let moment = row.get(name).and_then(millis);
        let moment = moment.and_then(calendar::at_millis);
        moment.map(|at| format!("{}Z", calendar::civil(at)))
    };
    let data = json!({
        "id": row.get("public_id"),
        "user_id": user,
        "provider": row.get("provider"),
        "created_at": moment("created"),
        "expires_at": moment("expires"),
    });
    Some(Event::of(change, kind, &user, data))
}

impl Accounts {
    fn of(schema: &Schema) -> Option<Self> {
        let model = schema.model(ACCOUNT)?;
        let column = |name: &str| model.field(name).map(|field| field.column.clone());
        Some(Self {
            table: model.table.clone(),
            user: column("userId")?,
            kind: column("type"),
            provider: column("provider")?,
            provider_account: column("providerAccountId")?,
        })
    }

    /// Tokens that are refreshed are no event; an account that goes to another user is two.
    fn events(&self, change: &Change) -> Vec<Event> {
        let user = |row: &Option<Document>| row.as_ref().and_then(|row| text(row, &self.user));
        let moved = user(&change.before) != user(&change.after);
        let mut events = Vec::new();
        if moved {
            let of = |row: &Option<Document>, kind| self.event(change, row.as_ref()?, kind);
            events.extend(of(&change.before, EventKind::AccountUnlinked));
            events.extend(of(&change.after, EventKind::AccountLinked));
        }
        events
    }

    fn event(&self, change: &Change, row: &Document, kind: EventKind) -> Option<Event> {
        let user = text(row, &self.user)?;
        let data = json!({
            "user_id": user,
            "type": self.kind.as_ref().and_then(|kind| row.get(kind)),
            "provider": row.get(&self.provider),
            "provider_account_id": row.get(&self.provider_account),
        });
        Some(Event::of(change, kind, &user, data))
    }
}

fn text(row: &Document, column: &str) -> Option<String> {
    match row.get(column)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl Tracking {
    /// The models that have to be tracked beside others, so that these events can be told; of sessions see
    /// [`Changes::with_sessions`](crate::Changes::with_sessions).
    pub fn needed_for(schema: &Schema, events: &[EventKind]) -> Vec<String> {
        let wants_accounts = events.iter().any(|event| event.is_of_accounts());
        let accounts = wants_accounts && schema.model(ACCOUNT).is_some();
        accounts.then(|| ACCOUNT.to_owned()).into_iter().collect()
    }
}
