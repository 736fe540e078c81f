//! What a database is asked, taken down.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use hallpass_sql::{Dialect, Isolation};

use crate::database::Database;
use crate::drivers::{Driver, Session, Statement};
use crate::error::{Error, ScriptError};
use crate::listener::Listener;
use crate::local::Local;
use crate::rows::Rows;

/// The statements that a [`traced`](Trace::of) database was asked, in their order; clones share them.
///
/// `BEGIN`, `COMMIT` and `ROLLBACK` are written so for every database. A write that nobody waited for
/// ([`Transaction::exec_later`](crate::Transaction::exec_later)) has the word `later: ` before it, one with a variable
/// ([`Database::exec_with`]) the variable: `with a.b = c: `. A variable that is set in a transaction is `set a.b = c`.
#[derive(Debug, Clone, Default)]
pub struct Trace(Arc<Mutex<Vec<String>>>);

impl Trace {
    /// The same database, and what it is asked from now on.
    pub fn of(database: &Database) -> (Database, Self) {
        let trace = Self::default();
        let traced = database.with_driver(|inner| {
            Arc::new(TracedDriver {
                inner,
                trace: trace.clone(),
            })
        });
        (traced, trace)
    }

    /// What was asked since this was called last.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, text: impl Into<String>) {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(text.into());
    }
}

#[derive(Debug)]
struct TracedDriver {
    inner: Arc<dyn Driver>,
    trace: Trace,
}

impl TracedDriver {
    fn session(&self, inner: Box<dyn Session>) -> Box<dyn Session> {
        self.trace.note("BEGIN");
        Box::new(TracedSession {
            inner,
            trace: self.trace.clone(),
        })
    }
}

#[async_trait]
impl Driver for TracedDriver {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    async fn exec(&self, statement: Statement<'_>) -> Result<Rows, Error> {
        self.trace.note(statement.text);
        self.inner.exec(statement).await
    }

    async fn exec_with(&self, local: Local<'_>, statement: Statement<'_>) -> Result<Rows, Error> {
        let Local { name, value } = local;
        let text = statement.text;
        self.trace.note(format!("with {name} = {value}: {text}"));
        self.inner.exec_with(local, statement).await
    }

    async fn look_up(&self, statement: Statement<'_>) -> Result<Rows, Error> {
        self.trace.note(statement.text);
        self.inner.look_up(statement).await
    }

    async fn collations(
        &self,
        columns: Vec<(String, String)>,
    ) -> Result<Option<Vec<Option<String>>>, Error> {
        self.inner.collations(columns).await
    }

    async fn begin(&self, isolation: Option<Isolation>) -> Result<Box<dyn Session>, Error> {
        Ok(self.session(self.inner.begin(isolation).await?))
    }

    async fn begin_change(&self) -> Result<Box<dyn Session>, Error> {
        Ok(self.session(self.inner.begin_change().await?))
    }

    async fn script(&self, text: &str) -> Result<(), ScriptError> {
        self.trace.note(text);
        self.inner.script(text).await
    }

    async fn listen(&self, channel: &str) -> Result<Option<Listener>, Error> {
        self.inner.listen(channel).await
    }

    async fn notify(&self, channel: &str, message: &str) -> Result<bool, Error> {
        self.inner.notify(channel, message).await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

#[derive(Debug)]
struct TracedSession {
    inner: Box<dyn Session>,
    trace: Trace,
}

#[async_trait]
impl Session for TracedSession {
    async fn exec(&mut self, statement: Statement<'_>) -> Result<Rows, Error> {
        self.trace.note(statement.text);
        self.inner.exec(statement).await
    }

    async fn exec_later(&mut self, statement: Statement<'_>) -> Result<(), Error> {
        self.trace.note(format!("later: {}", statement.text));
        self.inner.exec_later(statement).await
    }

    async fn set_local(&mut self, name: &'static str, value: Option<&str>) -> Result<(), Error> {
        let shown = value.unwrap_or_default();
        self.trace.note(format!("set {name} = {shown}"));
        self.inner.set_local(name, value).await
    }

    async fn collations(
        &mut self,
        columns: Vec<(String, String)>,
    ) -> Result<Option<Vec<Option<String>>>, Error> {
        self.inner.collations(columns).await
    }

    async fn script(&mut self, text: &str) -> Result<(), ScriptError> {
        self.trace.note(text);
        self.inner.script(text).await
    }

    async fn commit(self: Box<Self>) -> Result<(), Error> {
        self.trace.note("COMMIT");
        self.inner.commit().await
    }

    async fn rollback(self: Box<Self>) -> Result<(), Error> {
        self.trace.note("ROLLBACK");
        self.inner.rollback().await
    }

    fn close(self: Box<Self>) {
        self.inner.close();
    }
}
