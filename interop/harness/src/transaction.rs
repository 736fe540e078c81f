//! Transactions that stay open between requests.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hallpass_data::{Client, Error, Isolation, TransactionOptions};
use serde_json::Value as Json;
use tokio::sync::oneshot::{self, Receiver, Sender};
use tokio::task::JoinHandle;

use crate::sent::Who;

/// How long a suite may keep one open.
const LIMIT: Duration = Duration::from_secs(60);

/// An open transaction.
#[derive(Debug)]
pub(crate) struct Held {
    /// With full access; whose name counts stands in `who`.
    pub(crate) client: Client,
    pub(crate) who: Who,
    end: Sender<Ending>,
    task: JoinHandle<Result<(), Ended>>,
}

/// How a transaction is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Commit,
    Rollback,
}

/// Why nothing was committed.
#[derive(Debug)]
enum Ended {
    Rollback,
    Data(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Data(error)
    }
}

impl Held {
    /// Begins a transaction of a client with full access.
    pub(crate) async fn begin(
        client: Client,
        who: Who,
        isolation: Option<Isolation>,
    ) -> Result<Self, Error> {
        let (give, given) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let task = tokio::spawn(run(client, isolation, give, ended));
        match given.await {
            Ok(client) => Ok(Self {
                client,
                who,
                end,
                task,
            }),
            Err(_) => Err(task.await.map_or(Error::TransactionOver, failure)),
        }
    }

    /// Ends it.
    pub(crate) async fn end(self, how: Ending) -> Result<(), Error> {
        // Nobody listens where it has ended by itself; then the task says why.
        let _ = self.end.send(how);
        match self.task.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Ended::Rollback)) if how == Ending::Rollback => Ok(()),
            Ok(other) => Err(failure(other)),
            Err(_) => Err(Error::TransactionOver),
        }
    }
}

/// `{isolationLevel?}`: `RepeatableRead`, or `repeatable read`.
pub(crate) fn isolation(sent: &Json) -> Result<Option<Isolation>, String> {
    let Some(sent) = sent.get("isolationLevel").filter(|sent| !sent.is_null()) else {
        return Ok(None);
    };
    let plain = |text: &str| text.replace(' ', "").to_ascii_uppercase();
    let wanted = sent.as_str().map(plain);
    let mut known = Isolation::ALL.into_iter();
    let found = known.find(|one| wanted.as_deref() == Some(&*plain(one.name())));
    let found = found.map(Some);
    found.ok_or_else(|| format!("there is no isolation level {sent}"))
}

fn failure(result: Result<(), Ended>) -> Error {
    match result {
        Err(Ended::Data(error)) => error,
        _ => Error::TransactionOver,
    }
}

async fn run(
    client: Client,
    isolation: Option<Isolation>,
    give: Sender<Client>,
    ended: Receiver<Ending>,
) -> Result<(), Ended> {
    let ends = Arc::new(Mutex::new(Some((give, ended))));
    let work = |tx: Client| {
        let ends = Arc::clone(&ends);
        async move {
            let taken = ends.lock().unwrap_or_else(PoisonError::into_inner).take();
            // A second attempt: the suite's requests cannot be sent again.
            let Some((give, ended)) = taken else {
                return Err(Ended::Rollback);
            };
            drop(give.send(tx));
            match ended.await {
                Ok(Ending::Commit) => Ok(()),
                Ok(Ending::Rollback) | Err(_) => Err(Ended::Rollback),
            }
        }
    };
    let options = TransactionOptions {
        isolation,
        limit: Some(LIMIT),
    };
    client.transaction_with(options, work).await
}
