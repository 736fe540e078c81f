//! Talks to PostgreSQL, MySQL/MariaDB and SQLite.
//!
//! Invariant: the only crate that names a database driver.

use async_trait::async_trait;
use hallpass_sql::{Dialect, Query, Value};
