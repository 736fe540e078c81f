//! The SELECT through tokio-postgres and a deadpool of as many connections as the server uses.

use std::time::SystemTime;

use anyhow::{Context, Result};
use deadpool::managed::{self, Metrics, RecycleResult};
use jiff::Timestamp;
use tokio_postgres::{Client, NoTls, Row, Statement};

use crate::{Read, SELECT, Session};

/// The default of `hallpass-db`.
const CONNECTIONS: usize = 10;

/// A connection with its prepared statement.
#[derive(Debug)]
pub(crate) struct Prepared {
    client: Client,
    statement: Statement,
}

#[derive(Debug)]
struct Manager {
    url: String,
}

impl managed::Manager for Manager {
    type Type = Prepared;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Prepared, Self::Error> {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await?;
        tokio::spawn(connection);
        let statement = client.prepare(&format!("{SELECT}$1")).await?;
        Ok(Prepared { client, statement })
    }

    async fn recycle(&self, _: &mut Prepared, _: &Metrics) -> RecycleResult<Self::Error> {
        Ok(())
    }
}

/// Reads sessions from PostgreSQL.
pub(crate) struct Reader(managed::Pool<Manager>);

impl Reader {
    pub(crate) fn new(url: &str) -> Result<Self> {
        let pool = managed::Pool::builder(Manager {
            url: url.to_owned(),
        })
        .max_size(CONNECTIONS)
        .build();
        pool.map(Self).context("cannot make the pool")
    }
}

impl Read for Reader {
    async fn read(&self, token: String) -> Result<Option<Session>> {
        let connection = self
            .0
            .get()
            .await
            .map_err(|error| anyhow::anyhow!("no connection: {error}"))?;
        let row = connection
            .client
            .query_opt(&connection.statement, &[&token])
            .await?;
        row.as_ref().map(session).transpose()
    }
}

fn session(row: &Row) -> Result<Session> {
    let expires: SystemTime = row.try_get("expires")?;
    Ok(Session {
        name: row.try_get("name")?,
        email: row.try_get("email")?,
        image: row.try_get("image")?,
        expires: format!("{:.3}", Timestamp::try_from(expires)?),
    })
}
