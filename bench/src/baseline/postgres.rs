//! The SELECT through tokio-postgres and a deadpool of as many connections as the server uses.

use std::time::SystemTime;

use anyhow::{Context, Result};
use deadpool::managed::{self, Metrics, RecycleResult};
use jiff::Timestamp;
use tokio_postgres::{Client, NoTls, Row, Statement};

use crate::{Read, SELECT, Session};

/// The default of `hallpass-db`.
const CONNECTIONS: usize = 10;

/// A connection with its prepared statements.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) client: Client,
    pub(crate) statements: Vec<Statement>,
}

/// Opens connections and prepares the statements on each.
#[derive(Debug)]
pub(crate) struct Manager {
    url: String,
    statements: Vec<String>,
}

/// As many connections as the server uses.
pub(crate) type Pool = managed::Pool<Manager>;

/// A pool whose connections have these statements prepared.
pub(crate) fn pool(url: &str, statements: Vec<String>) -> Result<Pool> {
    let url = url.to_owned();
    let pool = Pool::builder(Manager { url, statements });
    let pool = pool.max_size(CONNECTIONS).build();
    pool.context("cannot make the pool")
}

impl managed::Manager for Manager {
    type Type = Prepared;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Prepared, Self::Error> {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await?;
        tokio::spawn(connection);
        let mut statements = Vec::with_capacity(self.statements.len());
        for text in &self.statements {
            statements.push(client.prepare(text).await?);
        }
        Ok(Prepared { client, statements })
    }

    async fn recycle(&self, _: &mut Prepared, _: &Metrics) -> RecycleResult<Self::Error> {
        Ok(())
    }
}

/// Reads sessions from PostgreSQL.
pub(crate) struct Reader(Pool);

impl Reader {
    pub(crate) fn new(url: &str) -> Result<Self> {
        pool(url, vec![format!("{SELECT}$1")]).map(Self)
    }
}

impl Read for Reader {
    async fn read(&self, token: String) -> Result<Option<Session>> {
        let connection = self
            .0
            .get()
            .await
            .map_err(|error| anyhow::anyhow!("no connection: {error}"))?;
        let statement = connection.statements.first();
        let statement = statement.context("nothing was prepared")?;
        let row = connection.client.query_opt(statement, &[&token]).await?;
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
