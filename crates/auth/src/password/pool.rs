//! Threads that do the slow work, so that whoever reads sessions need not wait for it.
//!
//! A fixed number of threads takes jobs from a queue of a fixed length. A full queue refuses at once: the asker can
//! say so to a person, and nobody waits for an answer that comes too late. A job whose asker is gone is skipped.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use futures_channel::oneshot;

use super::hash::Memory;

/// After this time without work a thread gives its memory back.
const IDLE: Duration = Duration::from_secs(5);

/// Why a job was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PoolError {
    /// The queue is full.
    Busy,
    /// The job came to no end, or no thread could be started.
    Lost,
}

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// The threads. They end when this is dropped.
pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    wake: Condvar,
    bound: usize,
}

struct State {
    jobs: VecDeque<Job>,
    closed: bool,
    threads: usize,
}

impl Pool {
    /// `start` runs once on each thread before its first job.
    pub(super) fn new(
        threads: NonZeroUsize,
        bound: NonZeroUsize,
        start: &Arc<dyn Fn() + Send + Sync>,
    ) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                jobs: VecDeque::new(),
                closed: false,
                threads: 0,
            }),
            wake: Condvar::new(),
            bound: bound.get(),
        });
        for number in 0..threads.get() {
            let (ours, start) = (Arc::clone(&shared), Arc::clone(start));
            let thread = thread::Builder::new().name(format!("password-{number}"));
            let spawned = thread.spawn(move || {
                start();
                work(&ours);
            });
            match spawned {
                Ok(_) => shared.lock().threads += 1,
                Err(error) => {
                    tracing::error!(%error, "a thread for hashing passwords cannot be started")
                }
            }
        }
        Self { shared }
    }

    /// Does it on one of the threads.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let (answer, answered) = oneshot::channel();
        self.push(Box::new(move |memory| {
            if !answer.is_canceled() {
                // Nobody may be waiting any more; then nobody misses it.
                let _ = answer.send(job(memory));
            }
        }))?;
        answered.await.map_err(|_| PoolError::Lost)
    }

    fn push(&self, job: Job) -> Result<(), PoolError> {
        let mut state = self.shared.lock();
        if state.threads == 0 {
            return Err(PoolError::Lost);
        }
        if state.jobs.len() >= self.shared.bound {
            return Err(PoolError::Busy);
        }
        state.jobs.push_back(job);
        drop(state);
        self.shared.wake.notify_one();
        Ok(())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wake.notify_all();
    }
}

impl Shared {
    // A panic elsewhere cannot leave the queue half-changed, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; `None` when the pool is closed. Gives the memory back while there is nothing to do.
    fn next(&self, memory: &mut Memory) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            let waited = self.wake.wait_timeout(state, IDLE);
            let (again, waited) = waited.unwrap_or_else(PoisonError::into_inner);
            state = again;
            if waited.timed_out() && state.jobs.is_empty() {
                memory.release();
            }
        }
    }
}

fn work(shared: &Shared) {
    let mut memory = Memory::default();
    while let Some(job) = shared.next(&mut memory) {
        // What is hashed comes from outside: one job that fails must not take the thread along.
        if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
            tracing::error!("hashing a password failed");
            memory.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::future::join_all;

    use super::*;

    fn pool(threads: usize, bound: usize) -> Pool {
        let nothing: Arc<dyn Fn() + Send + Sync> = Arc::new(|| {});
        let number = |number| NonZeroUsize::new(number).unwrap();
        Pool::new(number(threads), number(bound), &nothing)
    }

    #[tokio::test]
    async fn every_job_gets_its_own_answer() {
        let pool = pool(3, 100);
        let answers = join_all((0..50).map(|number| pool.run(move |_| number))).await;
        assert_eq!(answers, (0..50).map(Ok).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_takes_again_later() {
        let pool = pool(1, 2);
        let (begun, has_begun) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let held = pool.run(move |_| {
            begun.send(()).unwrap();
            may_go_on.recv().unwrap();
        });
        let mut held = Box::pin(held);
        assert!(futures_util::poll!(held.as_mut()).is_pending());
        has_begun.recv().unwrap();
        let mut waiting: Vec<_> = (0..2).map(|n| Box::pin(pool.run(move |_| n))).collect();
        for one in &mut waiting {
            assert!(futures_util::poll!(one.as_mut()).is_pending());
        }
        assert_eq!(pool.run(|_| ()).await, Err(PoolError::Busy));
        go_on.send(()).unwrap();
        held.await.unwrap();
        assert_eq!(join_all(waiting).await, [Ok(0), Ok(1)]);
        assert_eq!(pool.run(|_| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn a_job_whose_asker_is_gone_is_not_done() {
        let pool = pool(1, 8);
        let (begun, has_begun) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let mut held = Box::pin(pool.run(move |_| {
            begun.send(()).unwrap();
            may_go_on.recv().unwrap();
        }));
        assert!(futures_util::poll!(held.as_mut()).is_pending());
        has_begun.recv().unwrap();
        let (done, was_done) = mpsc::channel::<()>();
        let mut left = Box::pin(pool.run(move |_| done.send(()).unwrap()));
        assert!(futures_util::poll!(left.as_mut()).is_pending());
        drop(left);
        go_on.send(()).unwrap();
        held.await.unwrap();
        assert_eq!(pool.run(|_| 1).await, Ok(1));
        assert!(was_done.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_job_that_panics_harms_no_other() {
        let pool = pool(1, 8);
        let lost: Result<(), _> = pool.run(|_| panic!("planted")).await;
        assert_eq!(lost, Err(PoolError::Lost));
        assert_eq!(pool.run(|_| 1).await, Ok(1));
    }

    #[tokio::test]
    async fn threads_end_with_the_pool() {
        struct Told(mpsc::Sender<()>);
        impl Drop for Told {
            fn drop(&mut self) {
                let _ = self.0.send(());
            }
        }
        thread_local! {
            static TOLD: std::cell::RefCell<Option<Told>> = const { std::cell::RefCell::new(None) };
        }
        let (ended, has_ended) = mpsc::channel();
        let start: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
            TOLD.with_borrow_mut(|told| *told = Some(Told(ended.clone())));
        });
        let two = NonZeroUsize::new(2).unwrap();
        let pool = Pool::new(two, two, &start);
        pool.run(|_| ()).await.unwrap();
        drop(pool);
        for _ in 0..2 {
            has_ended.recv_timeout(Duration::from_secs(60)).unwrap();
        }
    }
}
