//! Fresh databases for tests (feature `testing`): one suite, run on every database there is.
//!
//! ```no_run
//! # async fn run() {
//! for test in hallpass_db::testing::databases().await {
//!     let catalog = test.database.catalog().await.unwrap();
//!     assert!(catalog.tables.is_empty(), "{}", test.name);
//! }
//! # }
//! ```
//!
//! SQLite is always there. `HALLPASS_TEST_POSTGRES` and `HALLPASS_TEST_MYSQL` hold the address of a
//! throw-away server with the right to make databases, such as `postgres://postgres:…@localhost/postgres`
//! and `mysql://root:…@localhost/mysql`. An address that is missing leaves its database out with a note;
//! with `HALLPASS_TEST_REQUIRE=1` it fails the test instead. Each call makes databases of its own, so
//! tests run side by side; they are dropped with the [`TestDatabase`].
#![cfg_attr(
    not(any(feature = "postgres", feature = "mysql", feature = "sqlite")),
    expect(unused_mut, reason = "without a driver there are no databases")
)]
#![expect(
    clippy::panic,
    reason = "a test that cannot have its database fails, and this module is only for tests"
)]

mod trace;

use std::fmt;
use std::time::Duration;

use hallpass_sql::{Access, Query, Value};
use tempfile::TempDir;

use crate::database::Database;
use crate::error::Error;
use crate::options::Options;
use crate::rows::Rows;

pub use trace::Trace;

/// A database of its own for one test.
pub struct TestDatabase {
    /// The pool.
    pub database: Database,
    /// `sqlite`, `postgres` or `mysql`, for messages.
    pub name: &'static str,
    /// Where it is, to connect again.
    pub address: String,
    // Holds SQLite's file, and gives the others their unique name.
    _folder: TempDir,
    server: Option<OnServer>,
}

/// What it takes to drop a database again.
struct OnServer {
    admin: String,
    name: String,
}

impl TestDatabase {
    /// Runs a statement as it is written, for what only tests need to say: the tables of other programs, triggers that
    /// fail.
    pub async fn run(&self, text: &str) {
        self.rows(text).await;
    }

    /// Runs a statement as it is written, and gives its rows.
    pub async fn rows(&self, text: &str) -> Vec<Vec<Value>> {
        run_on(&self.database, text.to_owned()).await.rows
    }
}

impl fmt::Debug for TestDatabase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TestDatabase({})", self.name)
    }
}

/// A fresh database on every server there is.
pub async fn databases() -> Vec<TestDatabase> {
    databases_with(Options::default()).await
}

/// A fresh database on every server there is, with these options.
pub async fn databases_with(options: Options) -> Vec<TestDatabase> {
    let mut databases = Vec::new();
    for name in ["sqlite", "postgres", "mysql"] {
        databases.extend(one(name, &options).await);
    }
    databases
}

/// A fresh database on the server of this name: `sqlite`, `postgres` or `mysql`. `None` where it is left out.
pub async fn database(name: &str) -> Option<TestDatabase> {
    one(name, &Options::default()).await
}

async fn one(name: &str, options: &Options) -> Option<TestDatabase> {
    match name {
        #[cfg(feature = "sqlite")]
        "sqlite" => Some(sqlite_with(options.clone()).await),
        #[cfg(feature = "postgres")]
        "postgres" => on_server("postgres", "HALLPASS_TEST_POSTGRES", options).await,
        #[cfg(feature = "mysql")]
        "mysql" => on_server("mysql", "HALLPASS_TEST_MYSQL", options).await,
        _ => None,
    }
}

/// A fresh SQLite database.
#[cfg(feature = "sqlite")]
pub async fn sqlite() -> TestDatabase {
    sqlite_with(Options::default()).await
}

#[cfg(feature = "sqlite")]
async fn sqlite_with(options: Options) -> TestDatabase {
    let folder = folder();
    let address = format!("sqlite:{}", folder.path().join("test.db").display());
    TestDatabase {
        database: open(&address, options).await,
        name: "sqlite",
        address,
        _folder: folder,
        server: None,
    }
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
async fn on_server(name: &'static str, variable: &str, options: &Options) -> Option<TestDatabase> {
    let Some(admin) = setting(variable) else {
        assert!(
            setting("HALLPASS_TEST_REQUIRE").is_none_or(|value| value != "1"),
            "{variable} is not set, and HALLPASS_TEST_REQUIRE asks for every database"
        );
        eprintln!("{variable} is not set: {name} is left out");
        return None;
    };
    let folder = folder();
    let server = OnServer {
        name: unique_name(&folder),
        admin,
    };
    // Older servers would keep texts in latin1.
    let encoding = if name == "mysql" {
        " CHARACTER SET utf8mb4"
    } else {
        ""
    };
    run(
        &server.admin,
        format!("CREATE DATABASE {}{encoding}", server.name),
    )
    .await;
    let address = crate::url::address_of(&server.admin, &server.name);
    Some(TestDatabase {
        database: open(&address, options.clone()).await,
        name,
        address,
        _folder: folder,
        server: Some(server),
    })
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some(server) = self.server.take() else {
            return;
        };
        // PostgreSQL drops no database that has connections, and a test may have left some.
        let force = if self.name == "postgres" {
            " WITH (FORCE)"
        } else {
            ""
        };
        let text = format!("DROP DATABASE {}{force}", server.name);
        // A thread of its own, since dropping cannot await and the test's runtime may be the only thread.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            match runtime {
                Ok(runtime) => runtime.block_on(drop_database(&server.admin, text)),
                Err(error) => eprintln!("no runtime to drop the database {}: {error}", server.name),
            }
        });
        if dropping.join().is_err() {
            eprintln!("a test database could not be dropped");
        }
    }
}

/// Runs a statement as it is written on a database that may refuse or be away.
///
/// # Errors
/// What the database said.
pub async fn attempt(database: &Database, text: &str) -> Result<Rows, Error> {
    let query = Query {
        text: text.to_owned(),
        binds: Vec::new(),
        access: Access::Write,
    };
    database.exec(&query, &[]).await
}

/// How long a database that is no longer needed is waited for.
const DROPPING: Duration = Duration::from_secs(5);

/// Drops a database, or leaves it to whoever ends the server. PostgreSQL waits with it for every connection that is being opened,
/// and one of this test's own may be: nobody opens it further while the test's only thread waits here.
async fn drop_database(admin: &str, text: String) {
    let options = Options {
        max_connections: 1,
        statement_timeout: Some(DROPPING),
        ..Options::default()
    };
    let database = open(admin, options).await;
    if let Err(error) = attempt(&database, &text).await {
        eprintln!("`{text}` failed, and the database is left: {error}");
    }
    database.close().await;
}

async fn run(admin: &str, text: String) {
    let options = Options {
        max_connections: 1,
        ..Options::default()
    };
    let database = open(admin, options).await;
    run_on(&database, text).await;
    database.close().await;
}

async fn run_on(database: &Database, text: String) -> Rows {
    match attempt(database, &text).await {
        Ok(rows) => rows,
        Err(error) => panic!("`{text}` failed: {error}"),
    }
}

async fn open(address: &str, options: Options) -> Database {
    match Database::connect(address, options).await {
        Ok(database) => database,
        Err(error) => {
            let cause = std::error::Error::source(&error)
                .map(ToString::to_string)
                .unwrap_or_default();
            panic!("no test database: {error}: {cause}; {}", error.help());
        }
    }
}

fn folder() -> TempDir {
    match tempfile::Builder::new()
        .prefix("hallpass_test_")
        .rand_bytes(12)
        .tempdir()
    {
        Ok(folder) => folder,
        Err(error) => panic!("no folder for a test database: {error}"),
    }
}

/// The folder's random name, which is unique on this machine at least; the process id tells machines apart a little more.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn unique_name(folder: &TempDir) -> String {
    let name = folder
        .path()
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    format!("{name}_{}", std::process::id())
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
#[expect(
    clippy::disallowed_methods,
    reason = "tests find their servers in the environment"
)]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
