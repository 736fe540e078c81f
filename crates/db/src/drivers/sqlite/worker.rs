//! Threads that own a connection each, and who may use them.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, InterruptHandle};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::error::{Error, ErrorKind};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

enum Message {
    Run(Job),
    Close(oneshot::Sender<()>),
}

/// A thread with a connection, as its users see it.
#[derive(Clone)]
pub(super) struct Worker {
    messages: Sender<Message>,
    interrupt: Arc<InterruptHandle>,
}

impl Worker {
    /// Starts a thread that opens a connection with `open` and runs jobs on it until it is closed or no
    /// `Worker` is left.
    pub(super) async fn start(
        name: &str,
        open: impl FnOnce() -> Result<Connection, Error> + Send + 'static,
    ) -> Result<Self, Error> {
        let (messages, inbox) = channel();
        let (opened, answer) = oneshot::channel();
        let body = move || match open() {
            Ok(connection) => {
                if opened.send(Ok(connection.get_interrupt_handle())).is_ok() {
                    work(connection, &inbox);
                }
            }
            Err(error) => drop(opened.send(Err(error))),
        };
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(body)
            .map_err(|error| {
                Error::new(
                    ErrorKind::Unavailable,
                    format!("no thread can be started: {error}"),
                )
            })?;
        let interrupt = answer.await.map_err(|_| closed())??;
        Ok(Self {
            messages,
            interrupt: Arc::new(interrupt),
        })
    }
}

fn work(mut connection: Connection, inbox: &Receiver<Message>) {
    while let Ok(message) = inbox.recv() {
        match message {
            Message::Run(job) => {
                // A panic would end the thread, and with the writer's every write until a restart.
                if catch_unwind(AssertUnwindSafe(|| job(&mut connection))).is_err() {
                    tracing::error!("a statement made the SQLite driver panic");
                }
            }
            Message::Close(done) => {
                if let Err((_, error)) = connection.close() {
                    tracing::warn!(%error, "the SQLite database could not be closed cleanly");
                }
                // Nobody listens when the caller of `close` is gone.
                let _: Result<(), ()> = done.send(());
                return;
            }
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Worker")
    }
}

/// Workers of one kind; each is held by one user at a time.
#[derive(Debug)]
pub(super) struct Lane {
    all: Vec<Worker>,
    idle: Arc<Mutex<Vec<Worker>>>,
    // INVARIANT: a permit a worker in `idle`.
    free: Arc<Semaphore>,
}

impl Lane {
    pub(super) fn new(workers: Vec<Worker>) -> Self {
        Self {
            free: Arc::new(Semaphore::new(workers.len())),
            idle: Arc::new(Mutex::new(workers.clone())),
            all: workers,
        }
    }

    pub(super) async fn acquire(&self, timeout: Duration) -> Result<Held, Error> {
        let permit = tokio::time::timeout(timeout, Arc::clone(&self.free).acquire_owned())
            .await
            .map_err(|_| {
                let detail = format!(
                    "no connection became free within {} ms",
                    timeout.as_millis()
                );
                Error::new(ErrorKind::Unavailable, detail)
            })?
            .map_err(|_| closed())?;
        let worker = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        Ok(Held {
            worker: worker.ok_or_else(closed)?,
            idle: Arc::clone(&self.idle),
            _permit: permit,
        })
    }

    /// Lets the work at hand end, then closes the connections.
    pub(super) async fn close(&self) {
        self.free.close();
        for worker in &self.all {
            let (done, answer) = oneshot::channel();
            if worker.messages.send(Message::Close(done)).is_ok() {
                // An error means that the thread is gone already.
                drop(answer.await);
            }
        }
    }
}

/// The right to use a worker alone, until dropped.
#[derive(Debug)]
pub(super) struct Held {
    worker: Worker,
    idle: Arc<Mutex<Vec<Worker>>>,
    // Fields drop after `Drop::drop`, so the worker is back in `idle` before the permit is.
    _permit: OwnedSemaphorePermit,
}

impl Held {
    /// Runs `job` on the thread. When this future is dropped, the statement is interrupted.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, receiver) = oneshot::channel();
        let job = move |connection: &mut Connection| {
            if !sender.is_closed() {
                // Nobody listens when the caller is gone.
                drop(sender.send(job(connection)));
            }
        };
        self.worker
            .messages
            .send(Message::Run(Box::new(job)))
            .map_err(|_| closed())?;
        let mut answer = Answer {
            receiver,
            interrupt: &self.worker.interrupt,
            arrived: false,
        };
        let result = (&mut answer.receiver).await;
        answer.arrived = true;
        result.unwrap_or_else(|_| Err(closed()))
    }

    /// Runs `job` on the thread after what was sent before, without waiting for it.
    pub(super) fn send(&self, job: impl FnOnce(&mut Connection) + Send + 'static) {
        // An error means that the connection is closed, which undoes what was open.
        drop(self.worker.messages.send(Message::Run(Box::new(job))));
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(self.worker.clone());
    }
}

struct Answer<'a, T> {
    receiver: oneshot::Receiver<T>,
    interrupt: &'a InterruptHandle,
    arrived: bool,
}

impl<T> Drop for Answer<'_, T> {
    fn drop(&mut self) {
        if !self.arrived {
            // A job that has not begun sees that nobody waits; one that runs is stopped. The worker is
            // still held here, so no other caller's statement can be hit.
            self.receiver.close();
            self.interrupt.interrupt();
        }
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "the database was closed")
}
