//! The statements through tokio-postgres; session and todos over the same connection.

use std::time::SystemTime;

use anyhow::{Context, Result};
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::{CREATE, Call, FIND, Todo, Todos, UPDATE, new_id, now};
use crate::SELECT;
use crate::postgres::{Pool, pool};

/// Todos in PostgreSQL.
pub(crate) struct Store(Pool);

impl Store {
    pub(crate) fn new(url: &str) -> Result<Self> {
        let numbered = |text: &str| text.replace('?', "$");
        let session = format!("{SELECT}$1");
        pool(
            url,
            vec![session, numbered(FIND), numbered(CREATE), numbered(UPDATE)],
        )
        .map(Self)
    }
}

impl Todos for Store {
    async fn call(&self, token: String, call: Call) -> Result<Option<Vec<Todo>>> {
        let connection = self.0.get().await;
        let connection = connection.map_err(|error| anyhow::anyhow!("no connection: {error}"))?;
        let client = &connection.client;
        let [session, find, create, update] = &*connection.statements else {
            anyhow::bail!("other statements were prepared");
        };
        let now = now();
        let found = client.query_opt(session, &[&token]).await?;
        let Some(owner) = found.map(|row| owner(&row, now)).transpose()?.flatten() else {
            return Ok(None);
        };
        let rows = match call {
            Call::Find => client.query(find, &[&owner]).await?,
            Call::Create { content } => {
                let (id, created_at) = (new_id()?, SystemTime::from(now));
                let values: [&(dyn ToSql + Sync); 5] = [&id, &content, &false, &created_at, &owner];
                client.query(create, &values).await?
            }
            Call::Update { id, content } => client.query(update, &[&content, &owner, &id]).await?,
        };
        rows.iter().map(todo).collect::<Result<_>>().map(Some)
    }
}

/// Whose session it is, unless it has ended.
fn owner(row: &Row, now: Timestamp) -> Result<Option<String>> {
    let expires: SystemTime = row.try_get(2)?;
    let ended = Timestamp::try_from(expires)? <= now;
    Ok((!ended).then(|| row.try_get(1)).transpose()?)
}

fn todo(row: &Row) -> Result<Todo> {
    let created_at: SystemTime = row.try_get(3)?;
    let created_at = Timestamp::try_from(created_at).context("a moment out of bounds")?;
    Ok(Todo {
        id: row.try_get(0)?,
        content: row.try_get(1)?,
        completed: row.try_get(2)?,
        created_at: format!("{created_at:.3}"),
        user_id: row.try_get(4)?,
    })
}
