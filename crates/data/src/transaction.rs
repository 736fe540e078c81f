//! Where statements run, and what is tried again.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use hallpass_db::{Catalog, Error as DatabaseError, ErrorKind, Rows, Transaction, Within};
use hallpass_sql::{Isolation, Query, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::attribution::Act;
use crate::client::{Client, Engine};
use crate::error::Error;
use crate::live::Written;
use crate::structure::schemas_to_look_at;
use crate::violation;

/// How often a transaction is tried before the caller hears of it.
const ATTEMPTS: u32 = 10;
/// The longest pause before the second attempt; it doubles with each one.
const FIRST_PAUSE_MILLIS: u64 = 5;
/// The longest pause of all.
const LONGEST_PAUSE_MILLIS: u64 = 400;

/// Where a client's statements run.
#[derive(Debug, Clone)]
pub(crate) enum At {
    /// Each by itself.
    Database,
    /// In a transaction.
    Transaction(Arc<Mutex<Open>>),
}

/// A transaction that clients share.
pub(crate) struct Open {
    /// Absent when it is over.
    transaction: Option<Transaction>,
    /// What others did to it, which a new attempt may not meet.
    contention: Option<DatabaseError>,
    /// How far it was asked to be kept from others.
    isolation: Option<Isolation>,
    /// Who was said to act, where something was said.
    acting: Option<Act>,
    /// What live queries are told when it is committed.
    written: Written,
}

/// How a transaction is run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TransactionOptions {
    /// How far it is kept from what others do at the same time; where nothing is said READ COMMITTED, and on SQLite, where
    /// one transaction writes at a time, SERIALIZABLE.
    pub isolation: Option<Isolation>,
    /// How long all attempts together may take, with everything that is done in them.
    pub limit: Option<Duration>,
}

impl fmt::Debug for Open {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Open(..)")
    }
}

impl Open {
    /// Says who acts, where that is not who acted last. Not worth a word of nobody where nobody was said.
    async fn act(&mut self, act: Option<Act>) -> Result<Result<(), DatabaseError>, Error> {
        let Some(act) = act else {
            return Ok(Ok(()));
        };
        let acting = self
            .acting
            .as_ref()
            .and_then(|acting| acting.actor.as_ref());
        if acting == act.actor.as_ref() {
            return Ok(Ok(()));
        }
        let transaction = self.transaction.as_mut().ok_or(Error::TransactionOver)?;
        let result = act.say(transaction).await;
        self.acting = Some(act);
        self.note(&result);
        Ok(result)
    }

    async fn exec(
        &mut self,
        act: Option<Act>,
        within: Within,
        query: &Query,
        values: &[Value],
    ) -> Result<Result<Rows, DatabaseError>, Error> {
        if let Err(error) = self.act(act).await? {
            return Ok(Err(error));
        }
        let transaction = self.transaction.as_mut().ok_or(Error::TransactionOver)?;
        let result = transaction.exec_within(within, query, values).await;
        self.note(&result);
        Ok(result)
    }

    async fn exec_later(
        &mut self,
        act: Option<Act>,
        query: &Query,
        values: &[Value],
    ) -> Result<Result<(), DatabaseError>, Error> {
        if let Err(error) = self.act(act).await? {
            return Ok(Err(error));
        }
        let transaction = self.transaction.as_mut().ok_or(Error::TransactionOver)?;
        let result = transaction.exec_later(query, values).await;
        self.note(&result);
        Ok(result)
    }

    async fn catalog(
        &mut self,
        schemas: Option<&[String]>,
    ) -> Result<Result<Catalog, DatabaseError>, Error> {
        let transaction = self.transaction.as_mut().ok_or(Error::TransactionOver)?;
        let result = match schemas {
            Some(schemas) => transaction.catalog_of(schemas).await,
            None => transaction.catalog().await,
        };
        self.note(&result);
        Ok(result)
    }

    fn note<T>(&mut self, result: &Result<T, DatabaseError>) {
        if let Err(error) = result
            && error.kind() == ErrorKind::Retry
        {
            self.contention = Some(error.clone());
        }
    }
}

impl Client {
    /// Whether statements run each by itself.
    pub(crate) fn is_outside(&self) -> bool {
        matches!(self.at, At::Database)
    }

    /// Runs `work` as one: all of it happens, or nothing.
    ///
    /// The client that `work` gets runs its statements in the transaction. When other transactions are in the way,
    /// everything is undone and `work` runs again, a bounded number of times, so it should do nothing but work on
    /// the database. An error of `work` undoes everything. Inside a transaction, this is part of it.
    ///
    /// ```no_run
    /// # async fn example(db: hallpass_data::Client) -> Result<(), hallpass_data::Error> {
    /// use hallpass_data::field;
    ///
    /// let moved = db.transaction(async |tx| {
    ///     let todo = tx.delete("Todo").filter(field("id").eq("1")).run().await?;
    ///     tx.create("Note").set("text", todo.as_ref().map(|todo| todo.get::<&str>("content")).transpose()?).run().await
    /// }).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// What `work` gives, [`Error::Contention`] when every attempt met other transactions, or what the database
    /// says to beginning and committing.
    // Not `AsyncFn`: nothing could say that its future is `Send`, and handlers of servers must be.
    pub async fn transaction<T, E, F, W>(&self, work: F) -> Result<T, E>
    where
        F: Fn(Self) -> W,
        W: Future<Output = Result<T, E>>,
        E: From<Error>,
    {
        self.transaction_with(TransactionOptions::default(), work)
            .await
    }

    /// The same with a time limit for all attempts together: when it is over, everything is undone.
    ///
    /// # Errors
    /// [`Error::TransactionTooLong`] when it took longer, else as [`transaction`](Self::transaction).
    pub async fn transaction_within<T, E, F, W>(&self, limit: Duration, work: F) -> Result<T, E>
    where
        F: Fn(Self) -> W,
        W: Future<Output = Result<T, E>>,
        E: From<Error>,
    {
        let options = TransactionOptions {
            limit: Some(limit),
            ..TransactionOptions::default()
        };
        self.transaction_with(options, work).await
    }

    /// The same, run as the options say. A transaction that others made impossible to keep apart from them is undone and
    /// tried again, like one that met others in its way.
    ///
    /// ```no_run
    /// # async fn example(db: hallpass_data::Client) -> Result<(), hallpass_data::Error> {
    /// use hallpass_data::{Isolation, TransactionOptions, field};
    ///
    /// let alone = TransactionOptions { isolation: Some(Isolation::Serializable), ..Default::default() };
    /// db.transaction_with(alone, async |tx| {
    ///     let on_call = tx.count("Doctor").filter(field("onCall").eq(true)).run().await?;
    ///     if on_call > 1 {
    ///         tx.update("Doctor").filter(field("id").eq(1)).set("onCall", false).run().await?;
    ///     }
    ///     Ok::<_, hallpass_data::Error>(())
    /// }).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotSupported`] when the database does not have the isolation, or this is part of a transaction that has
    /// less; [`Error::TransactionTooLong`] when it took longer than its limit; else as [`transaction`](Self::transaction).
    ///
    /// Source: contract zenstack §3.1, `$transaction(callback, {isolationLevel})`.
    pub async fn transaction_with<T, E, F, W>(
        &self,
        options: TransactionOptions,
        work: F,
    ) -> Result<T, E>
    where
        F: Fn(Self) -> W,
        W: Future<Output = Result<T, E>>,
        E: From<Error>,
    {
        let limit = options.limit.map(Limit::begin);
        self.require_isolation(options.isolation).await?;
        if matches!(self.at, At::Transaction(_)) {
            return within(limit, work(self.clone())).await;
        }
        let mut tries = Tries::begin(&self.engine);
        loop {
            match self.attempt(&work, options.isolation, limit).await {
                Attempt::Done(result) => return result,
                Attempt::Contended(error) => {
                    if let Some(limit) = limit.filter(Limit::is_over) {
                        return Err(limit.exceeded().into());
                    }
                    if !tries.another(&self.engine).await {
                        return Err(Error::Contention(error).into());
                    }
                }
            }
        }
    }

    /// Refuses what the database does not have, and what a transaction around this one does not give.
    async fn require_isolation(&self, wanted: Option<Isolation>) -> Result<(), Error> {
        let Some(wanted) = wanted else {
            return Ok(());
        };
        let known = self.engine.capability().isolations;
        if !known.contains(&wanted) {
            let dialect = self.engine.dialect;
            return Err(Error::NotSupported(format!(
                "{wanted} transactions are not supported on {dialect}"
            )));
        }
        let At::Transaction(open) = &self.at else {
            return Ok(());
        };
        // Where there is one kind only, every transaction is of it.
        let given = open.lock().await.isolation.or(known.first().copied());
        if given >= Some(wanted) {
            return Ok(());
        }
        Err(Error::NotSupported(format!(
            "a transaction that has begun cannot become {wanted}"
        )))
    }

    async fn attempt<T, E, F, W>(
        &self,
        work: &F,
        isolation: Option<Isolation>,
        limit: Option<Limit>,
    ) -> Attempt<Result<T, E>>
    where
        F: Fn(Self) -> W,
        W: Future<Output = Result<T, E>>,
        E: From<Error>,
    {
        let begin = async { Ok::<_, Error>(self.engine.database.begin_at(isolation).await) };
        let transaction = match within(limit, begin).await {
            Ok(Ok(transaction)) => transaction,
            Ok(Err(error)) => return Attempt::of(error),
            Err(late) => return Attempt::Done(Err(late.into())),
        };
        let open = Arc::new(Mutex::new(Open {
            transaction: Some(transaction),
            contention: None,
            isolation,
            acting: None,
            written: Written::default(),
        }));
        let client = Self {
            engine: Arc::clone(&self.engine),
            at: At::Transaction(Arc::clone(&open)),
            access: self.access.clone(),
            limits: Arc::clone(&self.limits),
            acting: self.acting.clone(),
            touched: self.touched.clone(),
        };
        let ending = Ending(Arc::clone(&open));
        let result = within(limit, work(client)).await;
        // Clients that `work` has left behind find the transaction over.
        let (transaction, contention, acting, written) = {
            let mut open = open.lock().await;
            (
                open.transaction.take(),
                open.contention.take(),
                open.acting.take(),
                mem::take(&mut open.written),
            )
        };
        drop(ending);
        let Some(mut transaction) = transaction else {
            return contention.map_or(Attempt::Done(result), Attempt::Contended);
        };
        match (contention, result) {
            (Some(error), _) => {
                roll_back(transaction).await;
                Attempt::Contended(error)
            }
            (None, Ok(value)) => {
                if let Some(acting) = acting
                    && let Err(error) = acting.end(&mut transaction).await
                {
                    return Attempt::of(error);
                }
                // Also where the answer to the commit was lost, or nobody waits for it any more: it may have happened.
                let _told = written.when_done(&self.engine);
                match transaction.commit().await {
                    Ok(()) => Attempt::Done(Ok(value)),
                    Err(error) => Attempt::of(error),
                }
            }
            (None, Err(error)) => {
                roll_back(transaction).await;
                Attempt::Done(Err(error))
            }
        }
    }

    /// Runs one statement. By itself it is tried again when others are in the way; in a transaction, all of it is.
    // Not async: a future around another is larger by all that both of them are given.
    pub(crate) fn statement(
        &self,
        model: &str,
        query: &Query,
        values: &[Value],
    ) -> impl Future<Output = Result<Rows, Error>> + Send {
        self.statement_within(model, query, values, None)
    }

    /// The same for a read whose rows may be of so many bytes.
    pub(crate) async fn statement_within(
        &self,
        model: &str,
        query: &Query,
        values: &[Value],
        bytes: Option<u64>,
    ) -> Result<Rows, Error> {
        self.access.require_own(model)?;
        #[cfg(test)]
        self.note_sent(query);
        let within = self.within(bytes);
        let act = self.act(model, query);
        let result = match &self.at {
            At::Transaction(open) => {
                let mut open = open.lock().await;
                open.written.note(model, query);
                Box::pin(open.exec(act, within, query, values)).await?
            }
            At::Database => {
                let _told = Written::by(&self.engine, model, query);
                self.alone(act, within, query, values).await
            }
        };
        result.map_err(|error| violation::named(&self.engine, model, error))
    }

    /// What one statement may take.
    fn within(&self, bytes: Option<u64>) -> Within {
        Within {
            time: self.limits.statement_time,
            bytes,
        }
    }

    /// As [`statement`](Self::statement), for a write whose answer is not waited for.
    pub(crate) async fn statement_later(
        &self,
        model: &str,
        query: &Query,
        values: &[Value],
    ) -> Result<(), Error> {
        let At::Transaction(open) = &self.at else {
            return self.statement(model, query, values).await.map(drop);
        };
        self.access.require_own(model)?;
        #[cfg(test)]
        self.note_sent(query);
        let act = self.act(model, query);
        let mut open = open.lock().await;
        open.written.note(model, query);
        let result = open.exec_later(act, query, values).await?;
        result.map_err(|error| violation::named(&self.engine, model, error))
    }

    /// As [`statement`](Self::statement), for a read that finds its rows by a unique key.
    pub(crate) async fn look_up(
        &self,
        model: &str,
        query: &Query,
        values: &[Value],
        bytes: Option<u64>,
    ) -> Result<Rows, Error> {
        self.access.require_own(model)?;
        match &self.at {
            At::Transaction(_) => self.statement_within(model, query, values, bytes).await,
            At::Database => {
                #[cfg(test)]
                self.note_sent(query);
                let within = self.within(bytes);
                let found = self.engine.database.look_up_within(within, query, values);
                let result = match found.await {
                    Err(error) if error.kind() == ErrorKind::Retry => {
                        self.alone(None, within, query, values).await
                    }
                    result => result,
                };
                result.map_err(|error| violation::named(&self.engine, model, error))
            }
        }
    }

    #[cfg(test)]
    fn note_sent(&self, query: &Query) {
        self.engine.sent.lock().unwrap().push(query.text.clone());
    }

    /// What tables exist, as this client's statements see it.
    ///
    /// # Errors
    /// [`Error::NotSupported`] for a client of a person, else what the database said.
    pub async fn catalog(&self) -> Result<Catalog, Error> {
        self.access.require_full()?;
        let schemas = schemas_to_look_at(&self.engine.schema);
        let catalog = match &self.at {
            At::Transaction(open) => open.lock().await.catalog(schemas.as_deref()).await?,
            At::Database => match &schemas {
                Some(schemas) => self.engine.database.catalog_of(schemas).await,
                None => self.engine.database.catalog().await,
            },
        };
        catalog.map_err(|error| Error::of_database("", error))
    }

    /// Undoes the transaction and closes its connection, with all that belongs to it.
    pub(crate) async fn close_transaction(&self) {
        if let At::Transaction(open) = &self.at
            && let Some(transaction) = open.lock().await.transaction.take()
        {
            transaction.close();
        }
    }

    async fn alone(
        &self,
        act: Option<Act>,
        within: Within,
        query: &Query,
        values: &[Value],
    ) -> Result<Rows, DatabaseError> {
        let mut tries = Tries::begin(&self.engine);
        loop {
            let database = &self.engine.database;
            let done = match &act {
                // Boxed, because few say who acts, and every statement has room for what is not.
                Some(act) => Box::pin(act.exec(database, within, query, values)).await,
                None => database.exec_within(within, query, values).await,
            };
            match done {
                Err(error) if error.kind() == ErrorKind::Retry => {
                    if !tries.another(&self.engine).await {
                        return Err(error);
                    }
                }
                result => return result,
            }
        }
    }
}

/// How long a transaction may take.
#[derive(Debug, Clone, Copy)]
struct Limit {
    time: Duration,
    until: Instant,
}

impl Limit {
    fn begin(time: Duration) -> Self {
        Self {
            time,
            until: Instant::now() + time,
        }
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    fn exceeded(self) -> Error {
        Error::TransactionTooLong { limit: self.time }
    }
}

/// Gives up on work that is not done in time. A statement that runs at that moment is stopped.
async fn within<T, E: From<Error>>(
    limit: Option<Limit>,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    // Boxed, because transactions stand inside transactions, and each would hold the whole of the inner one.
    let work = Box::pin(work);
    let Some(limit) = limit else {
        return work.await;
    };
    let done = tokio::time::timeout_at(limit.until, work).await;
    done.unwrap_or_else(|_| Err(limit.exceeded().into()))
}

/// Ends the transaction when the future that runs it is dropped, also while a client of it is kept elsewhere: that one
/// would hold the connection for as long as it lives.
struct Ending(Arc<Mutex<Open>>);

impl Drop for Ending {
    fn drop(&mut self) {
        if let Ok(mut open) = self.0.try_lock() {
            drop(open.transaction.take());
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // A client kept elsewhere runs a statement at this moment.
            let open = Arc::clone(&self.0);
            runtime.spawn(async move { drop(open.lock().await.transaction.take()) });
        }
    }
}

/// How an attempt ended.
enum Attempt<R> {
    Done(R),
    /// Others were in the way; nothing was written.
    Contended(DatabaseError),
}

impl<T, E: From<Error>> Attempt<Result<T, E>> {
    /// What the database said to beginning or committing.
    fn of(error: DatabaseError) -> Self {
        if error.kind() == ErrorKind::Retry {
            Self::Contended(error)
        } else {
            Self::Done(Err(Error::of_database("", error).into()))
        }
    }
}

async fn roll_back(transaction: Transaction) {
    if let Err(error) = transaction.rollback().await {
        // The database rolls back by itself when the connection is gone.
        tracing::debug!(%error, "a rollback was not confirmed");
    }
}

/// How often something was tried, and since when.
struct Tries {
    attempt: u32,
    /// No attempt begins after it. One attempt may itself wait long for another program that holds SQLite's file.
    until: Instant,
}

impl Tries {
    fn begin(engine: &Engine) -> Self {
        Self {
            attempt: 1,
            until: Instant::now() + engine.database.patience(),
        }
    }

    /// Pauses; `false` when it was tried often or long enough.
    async fn another(&mut self, engine: &Engine) -> bool {
        if self.attempt >= ATTEMPTS || Instant::now() >= self.until {
            return false;
        }
        pause(engine, self.attempt).await;
        self.attempt += 1;
        true
    }
}

/// Waits for a random time, longer with each attempt, so that those who met do not meet again.
async fn pause(engine: &Engine, attempt: u32) {
    let longest = FIRST_PAUSE_MILLIS
        .saturating_mul(1 << attempt.min(16))
        .min(LONGEST_PAUSE_MILLIS);
    let mut bytes = [0; 8];
    engine.random.fill(&mut bytes);
    let millis = 1 + u64::from_le_bytes(bytes) % longest;
    tracing::debug!(attempt, millis, "others were in the way, trying again");
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
