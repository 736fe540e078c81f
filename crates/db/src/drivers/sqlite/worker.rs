//! Threads that own a connection each and take jobs from one queue.
//!
//! One queue for all of them, and not one a thread: a thread that has ended a job takes the next at once, without
//! waiting until the caller of the first has run and handed it on.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, InterruptHandle};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::Instant;

use crate::error::{Error, ErrorKind};

type Job = Box<dyn FnOnce(&mut Connection, &Arc<InterruptHandle>) + Send>;

enum Message {
    Run(Job),
    Close(oneshot::Sender<()>),
}

/// What waits for a thread.
struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
}

struct State {
    messages: VecDeque<Message>,
    /// Threads that wait for a message.
    idle: usize,
    open: bool,
}

impl Queue {
    fn push(&self, message: Message) -> Result<(), Error> {
        let mut state = lock(&self.state);
        if !state.open {
            return Err(closed());
        }
        state.messages.push_back(message);
        let idle = state.idle;
        drop(state);
        if idle > 0 {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// The next message; waits for one. `None` when there will be no more.
    fn take(&self) -> Option<Message> {
        let mut state = lock(&self.state);
        loop {
            if let Some(message) = state.messages.pop_front() {
                return Some(message);
            }
            if !state.open {
                return None;
            }
            state.idle += 1;
            state = self
                .arrived
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// Takes these as the last messages, unless it is closed already.
    fn close(&self, last: Vec<Message>) {
        let mut state = lock(&self.state);
        if state.open {
            state.open = false;
            state.messages.extend(last);
        }
        drop(state);
        self.arrived.notify_all();
    }
}

/// The threads, as their users see them. When it is dropped, they end after what was sent.
pub(super) struct Workers {
    queue: Arc<Queue>,
    count: usize,
}

impl Workers {
    /// Starts threads that open a connection each, one after the other, with `open`.
    pub(super) async fn start(
        name: &str,
        count: usize,
        open: impl Fn() -> Result<Connection, Error> + Clone + Send + 'static,
    ) -> Result<Self, Error> {
        let queue = Queue {
            state: Mutex::new(State {
                messages: VecDeque::new(),
                idle: 0,
                open: true,
            }),
            arrived: Condvar::new(),
        };
        let workers = Self {
            queue: Arc::new(queue),
            count,
        };
        for _ in 0..count {
            workers.add(name, open.clone()).await?;
        }
        Ok(workers)
    }

    async fn add(
        &self,
        name: &str,
        open: impl FnOnce() -> Result<Connection, Error> + Send + 'static,
    ) -> Result<(), Error> {
        let queue = Arc::clone(&self.queue);
        let (opened, answer) = oneshot::channel();
        let body = move || match open() {
            Ok(connection) => {
                if opened.send(Ok(())).is_ok() {
                    work(connection, &queue);
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
        answer.await.map_err(|_| closed())?
    }

    /// Runs `job` on a thread. Gives up when none takes it in `patience`. When this future is dropped, the job is
    /// taken back, or the statement interrupted.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        patience: Option<Duration>,
        job: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, receiver) = oneshot::channel();
        let mut answer = Answer {
            receiver,
            progress: Arc::new(Mutex::new(Progress::Waiting)),
        };
        let progress = Arc::clone(&answer.progress);
        self.send(move |connection, interrupt| {
            if begin(&progress, interrupt) {
                let result = job(connection);
                *lock(&progress) = Progress::Ended;
                // Nobody listens when the caller is gone.
                drop(sender.send(result));
            }
        })?;
        if let Some(patience) = patience {
            match tokio::time::timeout(patience, &mut answer.receiver).await {
                Ok(result) => return result.unwrap_or_else(|_| Err(closed())),
                Err(_) if answer.is_waiting() => return Err(busy(patience)),
                Err(_) => {}
            }
        }
        let result = (&mut answer.receiver).await;
        result.unwrap_or_else(|_| Err(closed()))
    }

    fn send(
        &self,
        job: impl FnOnce(&mut Connection, &Arc<InterruptHandle>) + Send + 'static,
    ) -> Result<(), Error> {
        self.queue.push(Message::Run(Box::new(job)))
    }

    /// Lets the work at hand end, then closes the connections.
    pub(super) async fn close(&self) {
        let (last, answers): (Vec<_>, Vec<_>) = (0..self.count)
            .map(|_| {
                let (done, answer) = oneshot::channel();
                (Message::Close(done), answer)
            })
            .unzip();
        self.queue.close(last);
        for answer in answers {
            // An error means that the threads are gone already.
            drop(answer.await);
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue.close(Vec::new());
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Workers({})", self.count)
    }
}

fn work(mut connection: Connection, queue: &Queue) {
    let interrupt = Arc::new(connection.get_interrupt_handle());
    while let Some(message) = queue.take() {
        match message {
            Message::Run(job) => {
                // A panic would end the thread, and with the writer's every write until a restart.
                let run = AssertUnwindSafe(|| job(&mut connection, &interrupt));
                if catch_unwind(run).is_err() {
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

/// How far a job has come.
enum Progress {
    Waiting,
    Running(Arc<InterruptHandle>),
    /// It has run, or nobody waits for it any more.
    Ended,
}

/// Whether the job is still wanted.
fn begin(progress: &Mutex<Progress>, interrupt: &Arc<InterruptHandle>) -> bool {
    let mut progress = lock(progress);
    let wanted = matches!(*progress, Progress::Waiting);
    if wanted {
        *progress = Progress::Running(Arc::clone(interrupt));
    }
    wanted
}

/// The caller's side of a job.
struct Answer<T> {
    receiver: oneshot::Receiver<T>,
    progress: Arc<Mutex<Progress>>,
}

impl<T> Answer<T> {
    fn is_waiting(&self) -> bool {
        matches!(*lock(&self.progress), Progress::Waiting)
    }
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        let mut progress = lock(&self.progress);
        // The thread takes this lock to end a job, so no other caller's statement can be hit.
        if let Progress::Running(interrupt) = &*progress {
            interrupt.interrupt();
        }
        *progress = Progress::Ended;
    }
}

/// The one thread that writes. Statements of many callers wait in its queue, so that it goes from one to the next without
/// waiting until anybody has run in between; a transaction has it alone.
#[derive(Debug)]
pub(super) struct Writer {
    workers: Arc<Workers>,
    /// One for a statement, all for a transaction. Whoever comes later waits behind a transaction that waits.
    shares: Arc<Semaphore>,
}

/// More than there are callers.
const SHARES: u32 = 1 << 16;

impl Writer {
    /// Over one worker.
    pub(super) fn new(workers: Workers) -> Self {
        Self {
            workers: Arc::new(workers),
            shares: Arc::new(Semaphore::new(SHARES as usize)),
        }
    }

    /// Runs `job`, which leaves no transaction open, on the thread. When this future is dropped, the job is taken back, or
    /// the statement interrupted.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        patience: Duration,
        job: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let start = Instant::now();
        let _share = within(patience, self.shares.acquire()).await?;
        let patience = patience.saturating_sub(start.elapsed());
        self.workers.call(Some(patience), job).await
    }

    /// The writer alone.
    pub(super) async fn acquire(&self, patience: Duration) -> Result<Held, Error> {
        let shares = Arc::clone(&self.shares).acquire_many_owned(SHARES);
        Ok(Held {
            _shares: within(patience, shares).await?,
            workers: Arc::clone(&self.workers),
        })
    }

    /// Lets the work at hand end, then closes the connection.
    pub(super) async fn close(&self) {
        self.shares.close();
        self.workers.close().await;
    }
}

async fn within<P>(
    patience: Duration,
    permit: impl Future<Output = Result<P, AcquireError>>,
) -> Result<P, Error> {
    let permit = tokio::time::timeout(patience, permit).await;
    permit.map_err(|_| busy(patience))?.map_err(|_| closed())
}

/// The right to use the writer alone, until dropped.
#[derive(Debug)]
pub(super) struct Held {
    workers: Arc<Workers>,
    _shares: OwnedSemaphorePermit,
}

impl Held {
    /// Runs `job` on the thread. When this future is dropped, the statement is interrupted.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.workers.call(None, job).await
    }

    /// Runs `job` on the thread after what was sent before, without waiting for it.
    pub(super) fn send(&self, job: impl FnOnce(&mut Connection) + Send + 'static) {
        // An error means that the connection is closed, which undoes what was open.
        drop(self.workers.send(|connection, _| job(connection)));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn busy(patience: Duration) -> Error {
    let millis = patience.as_millis();
    Error::new(
        ErrorKind::Unavailable,
        format!("no connection became free within {millis} ms"),
    )
}

fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "the database was closed")
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::sync::mpsc;
    use std::task::{Context, Waker};

    use super::*;

    async fn one() -> Arc<Workers> {
        let open = || Connection::open_in_memory().map_err(|_| closed());
        Arc::new(Workers::start("test", 1, open).await.unwrap())
    }

    /// A job that tells when it begins and ends when it is told.
    fn held(
        workers: &Arc<Workers>,
        patience: Option<Duration>,
    ) -> (
        impl Future<Output = Result<(), Error>> + Send + 'static,
        oneshot::Receiver<()>,
        mpsc::Sender<()>,
    ) {
        let workers = Arc::clone(workers);
        let (begun, beginning) = oneshot::channel();
        let (release, released) = mpsc::channel();
        let job = move |_: &mut Connection| {
            begun.send(()).unwrap();
            released.recv().map_err(|_| closed())
        };
        let call = async move { workers.call(patience, job).await };
        (call, beginning, release)
    }

    #[tokio::test]
    async fn a_job_that_no_thread_takes_in_time_never_runs() {
        let workers = one().await;
        let (call, beginning, release) = held(&workers, None);
        let call = tokio::spawn(call);
        beginning.await.unwrap();
        let (ran, runs) = mpsc::channel();
        let job = move |_: &mut Connection| ran.send(()).map_err(|_| closed());
        let error = workers.call(Some(Duration::from_millis(5)), job).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Unavailable);
        release.send(()).unwrap();
        call.await.unwrap().unwrap();
        workers.call(None, |_| Ok(())).await.unwrap();
        assert!(runs.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_job_that_was_taken_in_time_may_run_longer() {
        let workers = one().await;
        let patience = Duration::from_millis(5);
        let (call, beginning, release) = held(&workers, Some(patience));
        let mut call = tokio::spawn(call);
        beginning.await.unwrap();
        let early = tokio::time::timeout(patience * 4, &mut call).await;
        assert!(early.is_err(), "nobody has released it");
        release.send(()).unwrap();
        call.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn closing_lets_what_waits_run_and_refuses_what_comes_later() {
        let workers = one().await;
        let (first, beginning, release) = held(&workers, None);
        let first = tokio::spawn(first);
        beginning.await.unwrap();
        // Joined in order: the second is queued before the closing begins.
        let second = workers.call(None, |_| Ok(()));
        let (second, (), ()) = tokio::join!(second, workers.close(), async move {
            release.send(()).unwrap();
        });
        second.unwrap();
        first.await.unwrap().unwrap();
        let late = workers.call(None, |_| Ok(())).await.unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Unavailable);
        workers.close().await;
    }

    #[tokio::test]
    async fn a_job_that_panics_fails_its_caller_only() {
        let workers = one().await;
        let failed: Result<(), _> = workers.call(None, |_| panic!("on purpose")).await;
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::Unavailable);
        workers.call(None, |_| Ok(())).await.unwrap();
    }

    /// Asks a future once, and does not listen.
    fn is_pending(future: &mut (impl Future + Unpin)) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        Pin::new(future).poll(&mut context).is_pending()
    }

    #[tokio::test]
    async fn the_writer_goes_on_without_waiting_for_the_callers_of_what_it_has_done() {
        let open = || Connection::open_in_memory().map_err(|_| closed());
        let writer = Arc::new(Writer::new(Workers::start("test", 1, open).await.unwrap()));
        let patience = Duration::from_secs(60);
        let (told, tells) = mpsc::channel();
        let (start, started) = mpsc::channel::<()>();
        let started = Arc::new(Mutex::new(started));
        let call = |number: u8| {
            let (writer, told, started) = (Arc::clone(&writer), told.clone(), Arc::clone(&started));
            let job = move |_: &mut Connection| {
                // No job is at its end before its caller was asked: an answer that is there at once would be taken.
                started.lock().unwrap().recv().map_err(|_| closed())?;
                told.send(number).map_err(|_| closed())
            };
            Box::pin(async move { writer.call(patience, job).await })
        };
        let mut calls = [call(1), call(2), call(3)];
        for call in &mut calls {
            // Asked once, and not again.
            assert!(is_pending(call));
        }
        for _ in 0..4 {
            start.send(()).unwrap();
        }
        let mut done: Vec<u8> = (0..3).map(|_| tells.recv().unwrap()).collect();
        assert_eq!(done, [1, 2, 3]);
        // A transaction waits until they are at their end, and what comes later waits for the transaction.
        let mut alone = Box::pin(writer.acquire(patience));
        assert!(is_pending(&mut alone));
        let mut late = call(4);
        assert!(is_pending(&mut late));
        for call in calls {
            call.await.unwrap();
        }
        let held = alone.await.unwrap();
        assert!(is_pending(&mut late));
        held.call(|_| Ok(())).await.unwrap();
        assert!(tells.try_recv().is_err());
        drop(held);
        late.await.unwrap();
        done.extend(tells.try_recv());
        assert_eq!(done, [1, 2, 3, 4]);
    }
}
