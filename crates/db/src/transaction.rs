use std::time::Duration;

use hallpass_sql::{Dialect, Query, Value};

use crate::catalog::{self, Catalog};
use crate::database::{limited, resolve, shorter};
use crate::drivers::{Session, Statement};
use crate::error::{Error, ErrorKind, ScriptError};
use crate::rows::Rows;
use crate::within::Within;

/// Several statements that happen together or not at all.
///
/// Dropping it rolls back, also when the future that holds it is dropped. A statement that fails or is
/// dropped midway ends the transaction on every database, as it does on PostgreSQL: what follows is
/// refused, and [`commit`](Self::commit) rolls back and says so.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction {
    session: Box<dyn Session>,
    dialect: Dialect,
    statement_timeout: Option<Duration>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// A statement failed.
    Failed,
    /// A statement was not awaited to its end, and may still run.
    Left,
}

impl Transaction {
    pub(crate) fn new(
        session: Box<dyn Session>,
        dialect: Dialect,
        statement_timeout: Option<Duration>,
    ) -> Self {
        Self {
            session,
            dialect,
            statement_timeout,
            state: State::Open,
        }
    }

    /// The language the database speaks.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Runs one statement; `values` fill the query's parameters.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`]; after any of them the transaction can only be rolled back.
    pub async fn exec(&mut self, query: &Query, values: &[Value]) -> Result<Rows, Error> {
        self.exec_within(Within::default(), query, values).await
    }

    /// The same within bounds of its own: see [`Database::exec_within`](crate::Database::exec_within).
    ///
    /// # Errors
    ///
    /// As [`exec`](Self::exec).
    pub async fn exec_within(
        &mut self,
        within: Within,
        query: &Query,
        values: &[Value],
    ) -> Result<Rows, Error> {
        if self.state != State::Open {
            return Err(over());
        }
        let values = resolve(query, values)?;
        let statement = Statement::of(query, &values).within(within.bytes);
        // Set before the await: it stays so if this future is dropped, or the time is over.
        self.state = State::Left;
        let time = shorter(self.statement_timeout, within.time);
        let answer = limited(time, async { Ok(self.session.exec(statement).await) }).await?;
        if matches!(&answer, Err(error) if error.kind() == ErrorKind::TooLarge) {
            // The rest of its rows is still on the way.
            return answer;
        }
        self.settled(answer)
    }

    /// Runs one write whose answer is not waited for: PostgreSQL gets it together with the next statement, or with the
    /// commit. An error of it is the error of whatever took it along.
    ///
    /// # Errors
    ///
    /// As [`exec`](Self::exec).
    pub async fn exec_later(&mut self, query: &Query, values: &[Value]) -> Result<(), Error> {
        if self.state != State::Open {
            return Err(over());
        }
        let values = resolve(query, values)?;
        let statement = Statement::of(query, &values);
        self.state = State::Left;
        let answer = async { Ok(self.session.exec_later(statement).await) };
        let answer = limited(self.statement_timeout, answer).await?;
        self.settled(answer)
    }

    /// Sets a variable until the transaction ends, or empties it; see [`Local`](crate::Local). PostgreSQL gets it together with the next statement.
    ///
    /// # Errors
    ///
    /// As [`exec`](Self::exec); `Other` where there are no such variables.
    pub async fn set_local(
        &mut self,
        name: &'static str,
        value: Option<&str>,
    ) -> Result<(), Error> {
        if self.state != State::Open {
            return Err(over());
        }
        self.state = State::Left;
        let answer = async { Ok(self.session.set_local(name, value).await) };
        let answer = limited(self.statement_timeout, answer).await?;
        self.settled(answer)
    }

    /// See [`Connection::collations`](crate::Connection::collations).
    pub(crate) async fn collations(
        &mut self,
        columns: Vec<(String, String)>,
    ) -> Result<Option<Vec<Option<String>>>, Error> {
        if self.state != State::Open {
            return Err(over());
        }
        self.state = State::Left;
        let answer = self.session.collations(columns).await;
        self.settled(answer)
    }

    /// Runs a script of a person, several statements, however long it takes.
    ///
    /// # Errors
    ///
    /// [`ScriptError`] of the first statement that fails; the transaction can only be rolled back.
    pub async fn script(&mut self, text: &str) -> Result<(), ScriptError> {
        if self.state != State::Open {
            return Err(over().into());
        }
        self.state = State::Left;
        let answer = self.session.script(text).await;
        self.settled(answer)
    }

    /// Goes on after a statement that was awaited to its end.
    fn settled<T, E>(&mut self, answer: Result<T, E>) -> Result<T, E> {
        self.state = match &answer {
            Ok(_) => State::Open,
            Err(_) => State::Failed,
        };
        answer
    }

    /// What tables exist, this transaction's included: see [`Database::catalog`](crate::Database::catalog).
    ///
    /// # Errors
    ///
    /// As [`exec`](Self::exec).
    pub async fn catalog(&mut self) -> Result<Catalog, Error> {
        catalog::read(self.into(), &[]).await
    }

    /// The same, and on PostgreSQL the tables of these other schemas, and what schemas and extensions there are; on SQLite the
    /// texts that made everything.
    ///
    /// # Errors
    ///
    /// As [`exec`](Self::exec).
    pub async fn catalog_of(&mut self, schemas: &[String]) -> Result<Catalog, Error> {
        let mut catalog = catalog::read(self.into(), schemas).await?;
        catalog.places = catalog::places(self.into()).await?;
        catalog.definitions = catalog::definitions(self.into()).await?;
        Ok(catalog)
    }

    /// Makes everything permanent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Other`] when a statement failed before: everything is rolled back; so it is after the error of a
    /// statement that went out [later](Self::exec_later). `Retry` when the database refuses to commit. After `Unavailable` and `Timeout` it is not known whether it happened.
    pub async fn commit(self) -> Result<(), Error> {
        if self.state != State::Open {
            self.rollback().await?;
            return Err(over());
        }
        limited(self.statement_timeout, self.session.commit()).await
    }

    /// Undoes everything. Where a statement may still run, it is stopped and everything undone soon afterwards, which
    /// nobody waits for.
    ///
    /// # Errors
    ///
    /// `Unavailable` when the connection is lost; the database then rolls back by itself.
    pub async fn rollback(self) -> Result<(), Error> {
        if self.state == State::Left {
            // Dropping the session stops the statement; a rollback would wait behind it.
            return Ok(());
        }
        limited(self.statement_timeout, self.session.rollback()).await
    }

    /// Undoes everything and closes the connection instead of giving it back, which ends what belongs to the
    /// connection and outlives a rollback: MySQL's named locks.
    pub fn close(self) {
        self.session.close();
    }
}

fn over() -> Error {
    Error::new(
        ErrorKind::Other,
        "a statement of this transaction failed before, so it is rolled back",
    )
}
