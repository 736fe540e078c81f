//! The two databases, filled with the same people.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::options::Options;
use crate::people::Member;
use crate::process::Server;
use crate::server::{self, Place, SESSION_PATH};

/// The addresses of the filled databases.
#[derive(Debug)]
pub(crate) struct Stores {
    pub(crate) sqlite: String,
    file: PathBuf,
    pub(crate) postgres: String,
}

impl Stores {
    /// The address of the database that holds the users.
    pub(crate) fn url(&self, place: Place) -> &str {
        match place {
            Place::Postgres => &self.postgres,
            Place::Jwt | Place::Sqlite => &self.sqlite,
        }
    }

    /// Runs statements one by one, such as those that fill more tables.
    pub(crate) async fn run(&self, place: Place, statements: &str) -> Result<()> {
        match place {
            Place::Postgres => postgres::run(&self.postgres, statements).await,
            Place::Jwt | Place::Sqlite => sqlite::run(&self.file, statements),
        }
    }

    /// Gives people their passwords.
    pub(crate) async fn set_passwords(&self, place: Place, members: &[Member]) -> Result<()> {
        match place {
            Place::Postgres => postgres::set_passwords(&self.postgres, members).await,
            Place::Jwt | Place::Sqlite => sqlite::set_passwords(&self.file, members),
        }
    }
}

/// Makes the databases that are measured, has the server make its tables in them, and
/// fills them.
pub(crate) async fn prepare(options: &Options, folder: &Path) -> Result<Stores> {
    let file = folder.join("bench.db");
    let stores = Stores {
        sqlite: format!("sqlite:{}", file.display()),
        postgres: postgres::create(&options.postgres, "hallpass_bench").await?,
        file,
    };
    // The server of the jwt strategy has its users in SQLite.
    if options.measures(Place::Sqlite) || options.measures(Place::Jwt) {
        make_tables(options, &stores.sqlite, Place::Sqlite, folder).await?;
        sqlite::fill(&stores.file, options.users)?;
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
    let port = server::free_port()?;
    let command = server::serve(options, url, port, place)?;
    let log = server::log(folder, port);
    Server::start(command, port, SESSION_PATH, &log)
        .await
        .map(drop)
}
