//! The statements through rusqlite: a few readers, and one connection that writes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Result, anyhow};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::{CREATE, Call, FIND, Todo, Todos, UPDATE, new_id, now};
use crate::SELECT;
use crate::sqlite::{Pool, open};

/// As `hallpass-db` waits: the measured server has the same file open.
const PATIENCE: Duration = Duration::from_secs(5);

/// Todos in SQLite.
pub(crate) struct Store {
    readers: Pool,
    writer: Arc<Mutex<Connection>>,
}

impl Store {
    pub(crate) fn open(url: &str) -> Result<Self> {
        let writer = open(url)?;
        writer.busy_timeout(PATIENCE)?;
        // As durable as `hallpass-db`, and with the same keys looked after.
        writer.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        writer.pragma_update(None, "synchronous", "NORMAL")?;
        writer.pragma_update(None, "foreign_keys", true)?;
        Ok(Self {
            readers: Pool::open(url)?,
            writer: Arc::new(Mutex::new(writer)),
        })
    }
}

impl Todos for Store {
    /// Session and todos on the same thread: one way there and back.
    async fn call(&self, token: String, call: Call) -> Result<Option<Vec<Todo>>> {
        let writer = Arc::clone(&self.writer);
        self.readers
            .run(move |reader| {
                let now = now();
                let owner = owner(reader, &token, now)?;
                owner
                    .map(|owner| run(reader, &writer, &owner, call, now))
                    .transpose()
            })
            .await
    }
}

/// Whose session it is, unless it has ended.
fn owner(reader: &Connection, token: &str, now: Timestamp) -> Result<Option<String>> {
    let mut statement = reader.prepare_cached(&format!("{SELECT}?1"))?;
    let session = |row: &Row<'_>| Ok((row.get::<_, String>(1)?, row.get::<_, String>(2)?));
    let found = statement.query_row([token], session).optional()?;
    let Some((owner, expires)) = found else {
        return Ok(None);
    };
    let ended = expires.parse::<Timestamp>()? <= now;
    Ok((!ended).then_some(owner))
}

fn run(
    reader: &Connection,
    writer: &Mutex<Connection>,
    owner: &str,
    call: Call,
    now: Timestamp,
) -> Result<Vec<Todo>> {
    let lock = || writer.lock().map_err(|_| anyhow!("a writer has panicked"));
    match call {
        Call::Find => todos(reader, FIND, [owner]),
        Call::Create { content } => {
            let values = params![new_id()?, content, false, format!("{now:.3}"), owner];
            todos(&*lock()?, CREATE, values)
        }
        Call::Update { id, content } => todos(&*lock()?, UPDATE, [&*content, owner, &*id]),
    }
}

fn todos(connection: &Connection, text: &str, values: impl Params) -> Result<Vec<Todo>> {
    // Prepared once: rusqlite finds it by its text.
    let mut statement = connection.prepare_cached(text)?;
    let rows = statement.query_map(values, todo)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn todo(row: &Row<'_>) -> rusqlite::Result<Todo> {
    Ok(Todo {
        id: row.get(0)?,
        content: row.get(1)?,
        completed: row.get(2)?,
        created_at: row.get(3)?,
        user_id: row.get(4)?,
    })
}
