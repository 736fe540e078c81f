//! The two databases, filled with the same people.

mod postgres;
mod sqlite;

use std::path::Path;

use anyhow::Result;

use crate::contestant::{PATH, Place, hallpass};
use crate::options::Options;
use crate::process::Server;

/// The addresses of the filled databases.
#[derive(Debug)]
pub(crate) struct Stores {
    pub(crate) sqlite: String,
    pub(crate) postgres: String,
}

/// Makes the databases that are measured, has the server make its tables in them, and
/// fills them.
pub(crate) async fn prepare(options: &Options, folder: &Path) -> Result<Stores> {
    let file = folder.join("bench.db");
    let stores = Stores {
        sqlite: format!("sqlite:{}", file.display()),
        postgres: postgres::create(&options.postgres).await?,
    };
    // The server of the jwt strategy has its users in SQLite.
    if options.measures(Place::Sqlite) || options.measures(Place::Jwt) {
        make_tables(options, &stores.sqlite, Place::Sqlite, folder).await?;
        sqlite::fill(&file, options.users)?;
    }
    if options.measures(Place::Postgres) {
        make_tables(options, &stores.postgres, Place::Postgres, folder).await?;
        postgres::fill(&stores.postgres, options.users).await?;
    }
    eprintln!("{} users and sessions in each database", options.users);
    Ok(stores)
}

/// Starts the server once: it makes the tables that are missing. Without a server the bare layout is made when filling.
async fn make_tables(options: &Options, url: &str, place: Place, folder: &Path) -> Result<()> {
    if options.server.is_none() {
        return Ok(());
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port();
    let command = hallpass(options, url, port, place);
    Server::start(command, port, PATH, &folder.join("tables.log"))
        .await
        .map(drop)
}
