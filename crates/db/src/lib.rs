//! Talks to PostgreSQL, MySQL/MariaDB and SQLite.
//!
//! [`Database`] is a pool that runs one statement at a time, [`Transaction`] runs several as one, and
//! [`Connection`] is either, so that a caller writes a function once. What goes in and comes out is
//! [`Value`](hallpass_sql::Value); what a column means is not known here.
//!
//! | a value | comes back from PostgreSQL | MySQL, MariaDB | SQLite |
//! |---|---|---|---|
//! | `Bool` | `Bool` | `Int` | `Int` |
//! | `Decimal` | `Decimal` | `Decimal` | what the column's affinity makes of it |
//! | `Timestamp` | `Timestamp` (microseconds) | `Timestamp` (the column's digits) | `Text`, as `2026-01-31T23:59:59.123Z` |
//! | `Json` | `Json` | `Json`; MariaDB: `Text` | `Text` |
//! | `List` | `List`, of one dimension | refused | refused |
//!
//! Everything else comes back as it went in. PostgreSQL takes a value only for a placeholder of its own kind;
//! MySQL and SQLite compare values of different kinds in ways of their own (in MySQL `'a' = 0` is true), so
//! a caller must bind what the column holds.
//!
//! ```
//! use hallpass_db::{Database, Options};
//! use hallpass_sql::{Access, Bind, Query, Value};
//!
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let database = Database::connect(":memory:", Options::default()).await?;
//! let query = Query {
//!     text: "SELECT ? AS name".to_owned(),
//!     binds: vec![Bind::Parameter(0)],
//!     access: Access::Read,
//! };
//! let rows = database.exec(&query, &[Value::Text("Ada".to_owned())]).await?;
//! assert_eq!(rows.rows, [[Value::Text("Ada".to_owned())]]);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! Invariants:
//!
//! - The only crate that names a database driver.
//! - Values are bound, never written into a statement's text.
//! - An error holds no bound value and no password: see [`Error`].
//! - A future that is dropped leaves no statement running and no transaction open for the next caller.
//!
//! To add a database: one driver in `drivers/`, its catalog statements in `catalog/`, its row in
//! [`Database::connect`], its server in `testing`.
//!
//! # Features
//!
//! - `postgres`, `mysql`, `sqlite`: the drivers. Without any, this compiles, so that crates above need not choose, and
//!   [`Database::connect`] refuses every address.
//! - `testing`: fresh databases for tests.
#![cfg_attr(
    not(any(feature = "postgres", feature = "mysql", feature = "sqlite")),
    expect(dead_code, unused_variables, reason = "only drivers use it")
)]

mod catalog;
mod connect_error;
mod connection;
mod database;
mod drivers;
mod error;
mod listener;
mod local;
mod options;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod pool;
mod rows;
#[cfg(feature = "testing")]
pub mod testing;
mod transaction;
mod url;
mod within;

pub use catalog::{
    Catalog, Column, DatabaseEnum, Definition, DefinitionKind, ForeignKey, Index, Places, Table,
};
pub use connect_error::ConnectError;
pub use connection::Connection;
pub use database::Database;
pub use error::{Error, ErrorKind, ScriptError};
pub use listener::{Heard, Listener};
pub use local::Local;
pub use options::Options;
pub use rows::Rows;
pub use transaction::Transaction;
pub use url::address_of;
pub use within::Within;
