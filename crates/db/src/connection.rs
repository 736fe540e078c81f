use hallpass_sql::{Dialect, Query, Value};

use crate::database::Database;
use crate::error::Error;
use crate::rows::Rows;
use crate::transaction::Transaction;

/// Where a statement runs: on its own, or in a transaction.
///
/// A function that takes `impl Into<Connection<'_>>` serves both.
#[derive(Debug)]
pub enum Connection<'a> {
    /// Each statement by itself.
    Database(&'a Database),
    /// As part of a transaction.
    Transaction(&'a mut Transaction),
}

impl Connection<'_> {
    /// Runs one statement; `values` fill the query's parameters.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn exec(&mut self, query: &Query, values: &[Value]) -> Result<Rows, Error> {
        match self {
            Self::Database(database) => database.exec(query, values).await,
            Self::Transaction(transaction) => transaction.exec(query, values).await,
        }
    }

    /// The collation of each of these columns of tables, where it takes texts for equal whose bytes differ; `None` where
    /// the catalog's own statements tell it.
    pub(crate) async fn collations(
        &mut self,
        columns: Vec<(String, String)>,
    ) -> Result<Option<Vec<Option<String>>>, Error> {
        match self {
            Self::Database(database) => database.collations(columns).await,
            Self::Transaction(transaction) => transaction.collations(columns).await,
        }
    }

    /// The language the database speaks.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Database(database) => database.dialect(),
            Self::Transaction(transaction) => transaction.dialect(),
        }
    }

    /// The same connection for a shorter time, to hand to a callee and keep.
    pub fn reborrow(&mut self) -> Connection<'_> {
        match self {
            Self::Database(database) => Connection::Database(database),
            Self::Transaction(transaction) => Connection::Transaction(transaction),
        }
    }
}

impl<'a> From<&'a Database> for Connection<'a> {
    fn from(database: &'a Database) -> Self {
        Self::Database(database)
    }
}

impl<'a> From<&'a mut Transaction> for Connection<'a> {
    fn from(transaction: &'a mut Transaction) -> Self {
        Self::Transaction(transaction)
    }
}
