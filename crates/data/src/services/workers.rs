//! Where slow work is done, so that whoever reads need not wait for it.

use std::fmt;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use tokio::sync::oneshot;

/// Work that takes tenths of a second and asks nobody.
pub type Job = Box<dyn FnOnce() + Send>;

/// Nothing was begun: too much waits already, or the work came to no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being hashed")]
pub struct Busy;

/// Threads for slow work, with a bounded queue. A program that has such threads hands them in.
pub trait Workers: Send + Sync + 'static {
    /// Does the job, now or later, on a thread that serves no request.
    ///
    /// # Errors
    /// [`Busy`] at once when too many wait.
    fn begin(&self, job: Job) -> Result<(), Busy>;
}

impl fmt::Debug for dyn Workers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Workers(..)")
    }
}

/// Does the job there and waits for what it gives. A job whose asker is gone is skipped.
pub(super) async fn run<T: Send + 'static>(
    workers: &dyn Workers,
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Busy> {
    let (answer, answered) = oneshot::channel();
    workers.begin(Box::new(move || {
        if !answer.is_closed() {
            // Nobody may be waiting any more; then nobody misses it.
            let _ = answer.send(job());
        }
    }))?;
    answered.await.map_err(|_| Busy)
}

/// How many jobs may wait for each thread.
// invariant: worked out when this is compiled, and 32 is not zero.
const WAITING_FOR_EACH: NonZeroUsize = NonZeroUsize::new(32).unwrap();

/// How many threads work, and how much may wait for them.
#[derive(Clone)]
pub struct ThreadsOptions {
    /// How many there are: as many as cores, by default.
    pub threads: NonZeroUsize,
    /// How many jobs may wait; 32 for each thread, by default.
    pub waiting: NonZeroUsize,
    /// Runs once on each thread before its first job: to make it yield to others, say.
    pub on_thread_start: Arc<dyn Fn() + Send + Sync>,
}

impl Default for ThreadsOptions {
    fn default() -> Self {
        let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self {
            threads,
            waiting: threads.saturating_mul(WAITING_FOR_EACH),
            on_thread_start: Arc::new(|| {}),
        }
    }
}

impl fmt::Debug for ThreadsOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ThreadsOptions")
            .field("threads", &self.threads)
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}

/// Threads of a client's own. They begin with the first job and end with the client.
#[derive(Default)]
pub struct Threads {
    options: ThreadsOptions,
    queue: OnceLock<SyncSender<Job>>,
}

impl Threads {
    /// Threads that nobody has asked for anything yet.
    pub fn new(options: ThreadsOptions) -> Self {
        Self {
            options,
            queue: OnceLock::new(),
        }
    }
}

impl Workers for Threads {
    fn begin(&self, job: Job) -> Result<(), Busy> {
        let queue = self.queue.get_or_init(|| start(&self.options));
        queue.try_send(job).map_err(|error| {
            if let TrySendError::Disconnected(_) = error {
                tracing::error!("no thread hashes passwords");
            }
            Busy
        })
    }
}

fn start(options: &ThreadsOptions) -> SyncSender<Job> {
    let (queue, jobs) = sync_channel(options.waiting.get());
    let jobs = Arc::new(Mutex::new(jobs));
    for number in 0..options.threads.get() {
        let jobs = Arc::clone(&jobs);
        let begin = Arc::clone(&options.on_thread_start);
        let thread = thread::Builder::new().name(format!("fields-{number}"));
        let run = move || {
            begin();
            work(&jobs);
        };
        if let Err(error) = thread.spawn(run) {
            tracing::error!(%error, "a thread for hashing passwords cannot be started");
        }
    }
    queue
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    loop {
        // One waits in the queue, the others for its place; the queue is whole whatever happened to a holder.
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // What is hashed comes from outside: one job that fails must not take the thread along.
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("hashing a password failed");
        }
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Threads(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn jobs_give_their_answers() {
        let threads = Threads::default();
        for number in 0..50 {
            assert_eq!(run(&threads, move || number).await, Ok(number));
        }
    }

    #[tokio::test]
    async fn each_thread_is_told_that_it_begins() {
        let begun = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&begun);
        let threads = Threads::new(ThreadsOptions {
            threads: NonZeroUsize::new(3).unwrap(),
            on_thread_start: Arc::new(move || {
                counter.fetch_add(1, Ordering::Relaxed);
            }),
            ..ThreadsOptions::default()
        });
        assert_eq!(begun.load(Ordering::Relaxed), 0, "nothing was asked yet");
        while begun.load(Ordering::Relaxed) < 3 {
            assert_eq!(run(&threads, || 1).await, Ok(1));
        }
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_takes_again_later() {
        let (two, most) = (2, 5);
        let threads = Threads::new(ThreadsOptions {
            threads: NonZeroUsize::new(two).unwrap(),
            waiting: NonZeroUsize::new(most).unwrap(),
            ..ThreadsOptions::default()
        });
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let may_go_on = Arc::new(Mutex::new(may_go_on));
        let wait = || {
            let may_go_on = Arc::clone(&may_go_on);
            Box::new(move || {
                let _ = may_go_on.lock().unwrap().recv();
            })
        };
        let taken = (0..10_000)
            .take_while(|_| threads.begin(wait()).is_ok())
            .count();
        assert!((most..=two + most).contains(&taken), "{taken}");
        assert_eq!(run(&threads, || 1).await, Err(Busy));
        drop(go_on);
        while run(&threads, || 1).await.is_err() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_job_that_panics_harms_no_other() {
        let threads = Threads::default();
        for _ in 0..100 {
            let lost: Result<(), _> = run(&threads, || panic!("planted")).await;
            assert_eq!(lost, Err(Busy));
        }
        assert_eq!(run(&threads, || 1).await, Ok(1));
    }
}
