//! Databases of their own, made in a few milliseconds each.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, anyhow};
use hallpass_db::{Database, Options};
use hallpass_sql::{Access, Dialect, Query};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::Provider;

use crate::loading::name_of;

/// Hundreds of namespaces share a server.
const CONNECTIONS: usize = 3;

/// The servers on which databases are made.
#[derive(Debug)]
pub(crate) struct Servers {
    servers: Vec<Server>,
    made: AtomicU64,
}

#[derive(Debug)]
struct Server {
    provider: Provider,
    address: String,
    database: Database,
}

/// A database of a namespace, and what removes it.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) database: Database,
    removal: Option<(Database, String)>,
}

impl Servers {
    pub(crate) async fn connect(addresses: &[String]) -> anyhow::Result<Self> {
        let mut servers = Vec::new();
        for address in addresses {
            let database = Database::connect(address, Options::default()).await;
            let database = database.map_err(|error| anyhow!("{error}; {}", error.help()))?;
            let provider = match database.dialect() {
                Dialect::Postgres => Provider::Postgresql,
                Dialect::MySql | Dialect::MariaDb => Provider::Mysql,
                // Always there, and each namespace has a database of its own in memory.
                Dialect::Sqlite => continue,
            };
            servers.push(Server {
                provider,
                address: address.clone(),
                database,
            });
        }
        Ok(Self {
            servers,
            made: AtomicU64::new(0),
        })
    }

    /// Names of the databases that there are.
    pub(crate) fn providers(&self) -> Vec<&'static str> {
        let servers = self.servers.iter().map(|server| name_of(server.provider));
        [name_of(Provider::Sqlite)]
            .into_iter()
            .chain(servers)
            .collect()
    }

    /// An empty database for a schema.
    pub(crate) async fn make(&self, provider: Provider, schema: &Schema) -> anyhow::Result<Made> {
        if provider == Provider::Sqlite {
            return Ok(Made {
                database: open(":memory:").await?,
                removal: None,
            });
        }
        let server = self.servers.iter().find(|one| one.provider == provider);
        let server =
            server.with_context(|| format!("no `--database-url` for {}", name_of(provider)))?;
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let name = format!("hallpass_ns_{}_{number}", std::process::id());
        if provider == Provider::Postgresql && !names_schemas(schema) {
            server.schema(&name).await
        } else {
            server.database(&name).await
        }
    }
}

impl Server {
    /// A schema of the database, which costs less than a database.
    async fn schema(&self, name: &str) -> anyhow::Result<Made> {
        run(&self.database, format!("CREATE SCHEMA {name}")).await?;
        let separator = if self.address.contains('?') { '&' } else { '?' };
        let path = format!("options=-c%20search_path%3D{name}");
        let address = format!("{}{separator}{path}", self.address);
        Ok(Made {
            database: open(&address).await?,
            removal: Some((self.database.clone(), format!("DROP SCHEMA {name} CASCADE"))),
        })
    }

    async fn database(&self, name: &str) -> anyhow::Result<Made> {
        let force = match self.provider {
            Provider::Postgresql => " WITH (FORCE)",
            Provider::Mysql | Provider::Sqlite => "",
        };
        run(&self.database, format!("CREATE DATABASE {name}")).await?;
        Ok(Made {
            database: open(&hallpass_db::address_of(&self.address, name)).await?,
            removal: Some((
                self.database.clone(),
                format!("DROP DATABASE {name}{force}"),
            )),
        })
    }
}

impl Made {
    pub(crate) async fn remove(&self) -> anyhow::Result<()> {
        self.database.close().await;
        match &self.removal {
            Some((server, statement)) => run(server, statement.clone()).await,
            None => Ok(()),
        }
    }
}

/// Whether tables go into schemas of the database that the schema names.
fn names_schemas(schema: &Schema) -> bool {
    let datasource = schema.datasource.as_ref();
    let names = |one: &Option<String>| one.is_some();
    schema
        .models
        .iter()
        .any(|model| names(&model.database_schema))
        || schema.enums.iter().any(|one| names(&one.database_schema))
        || datasource.is_some_and(|block| {
            names(&block.default_schema)
                || !block.schemas.is_empty()
                || !block.extensions.is_empty()
        })
}

async fn open(address: &str) -> anyhow::Result<Database> {
    let options = Options {
        max_connections: CONNECTIONS,
        ..Options::default()
    };
    let database = Database::connect(address, options).await;
    database.map_err(|error| anyhow!("{error}; {}", error.help()))
}

async fn run(database: &Database, text: String) -> anyhow::Result<()> {
    let query = Query {
        text,
        binds: Vec::new(),
        access: Access::Write,
    };
    database.exec(&query, &[]).await?;
    Ok(())
}
