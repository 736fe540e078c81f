//! Connections that all callers share: statements go out one behind the other, and answers come back in that order.
//!
//! Only for reads that take no time, since what runs on a pipeline holds up what was sent behind it. Why, what bounds
//! that, and what was measured: `docs/design/db-pools.md`.
//!
//! INVARIANT: a pipeline is an addition to the pool, never a condition. Where none is open, fresh or alive, the caller
//! takes a connection of the pool, and a pipeline is opened beside.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, timeout};

use super::connection::{Connection, Connector};
use crate::drivers::Statement;
use crate::error::{Error, ErrorKind};
use crate::options::Options;
use crate::rows::Rows;

/// The server stops a statement that runs longer on a pipeline; it then runs again on a connection of its own.
const LIMIT: Duration = Duration::from_secs(2);

/// A pipeline that has work and gave no answer for so long gets no more work.
const STALLED: Duration = Duration::from_millis(250);

/// How long what nobody waits for any more may hold up a pipeline before it is cut.
const ABANDONED: Duration = Duration::from_secs(5);

/// Statements that wait on one pipeline, at most.
const MAX_WAITING: usize = 256;

/// With so many waiting on each pipeline, another is opened.
const BUSY: usize = 4;

/// After a failure to open a pipeline the next attempt waits so long.
const PAUSE: Duration = Duration::from_secs(1);

/// The pipelines to one database.
pub(super) struct Pipelines {
    connector: Connector,
    places: Arc<[Mutex<Place>]>,
    limit: Duration,
    connect_timeout: Duration,
}

/// Where a pipeline is or can be.
enum Place {
    /// To be opened from this moment on.
    Empty(Instant),
    Opening,
    Open(Arc<Pipeline>),
    /// For good.
    Closed,
}

impl Pipelines {
    /// At most `count`, opened when they are needed.
    pub(super) fn new(connector: Connector, count: usize, options: &Options) -> Self {
        let place = |_| Mutex::new(Place::Empty(Instant::now()));
        Self {
            connector,
            places: (0..count).map(place).collect(),
            limit: options
                .statement_timeout
                .map_or(LIMIT, |limit| limit.min(LIMIT)),
            connect_timeout: options.connect_timeout,
        }
    }

    /// A turn on the pipeline with the fewest waiting; `None` when none takes work.
    pub(super) fn turn(&self) -> Option<Turn> {
        let now = Instant::now();
        let mut best: Option<Arc<Pipeline>> = None;
        let mut fewest = MAX_WAITING;
        let mut empty = None;
        for (number, place) in self.places.iter().enumerate() {
            let mut place = lock(place);
            match &*place {
                Place::Open(pipeline) if pipeline.is_over() => *place = Place::Empty(now),
                Place::Open(pipeline) => {
                    let waiting = pipeline.waiting.load(Ordering::Relaxed);
                    if waiting < fewest && !pipeline.is_stalled(waiting, now) {
                        fewest = waiting;
                        best = Some(Arc::clone(pipeline));
                    }
                }
                Place::Empty(from) if *from <= now => empty = Some(number),
                Place::Empty(_) | Place::Opening | Place::Closed => {}
            }
        }
        if fewest >= BUSY
            && let Some(number) = empty
        {
            self.open(number);
        }
        best.map(|pipeline| Turn::begin(pipeline, now))
    }

    /// Opens a pipeline in the background: a caller would get a connection of the pool sooner.
    fn open(&self, number: usize) {
        let (Ok(runtime), Some(place)) = (Handle::try_current(), self.places.get(number)) else {
            return;
        };
        let mut inside = lock(place);
        if !matches!(*inside, Place::Empty(_)) {
            return;
        }
        *inside = Place::Opening;
        drop(inside);
        let (connector, places) = (self.connector.clone(), Arc::clone(&self.places));
        let (limit, patience) = (self.limit, self.connect_timeout);
        runtime.spawn(async move {
            let opening = timeout(patience, connector.connect_with_limit(limit)).await;
            let opened = match opening {
                Ok(Ok(connection)) => Place::Open(Arc::new(Pipeline::new(connection))),
                Ok(Err(error)) => {
                    tracing::debug!(%error, "a shared connection to PostgreSQL could not be opened");
                    Place::Empty(Instant::now() + PAUSE)
                }
                Err(_) => Place::Empty(Instant::now() + PAUSE),
            };
            if let Some(place) = places.get(number) {
                let mut place = lock(place);
                if matches!(*place, Place::Opening) {
                    *place = opened;
                }
            }
        });
    }

    /// Lets go of all pipelines; each ends when the last of those who wait on it has its answer.
    pub(super) fn close(&self) {
        for place in self.places.iter() {
            *lock(place) = Place::Closed;
        }
    }
}

fn lock(place: &Mutex<Place>) -> MutexGuard<'_, Place> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Pipelines {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = |place: &&Mutex<Place>| matches!(*lock(place), Place::Open(_));
        formatter
            .debug_struct("Pipelines")
            .field("open", &self.places.iter().filter(open).count())
            .finish_non_exhaustive()
    }
}

/// One shared connection.
struct Pipeline {
    connection: Connection,
    opened: Instant,
    /// Statements that were sent and not answered, those included whose callers are gone.
    waiting: AtomicUsize,
    /// When it last answered, or got work while it had none: milliseconds since it was opened.
    moved: AtomicU64,
    given_up: AtomicBool,
}

impl Pipeline {
    fn new(connection: Connection) -> Self {
        Self {
            connection,
            opened: Instant::now(),
            waiting: AtomicUsize::new(0),
            moved: AtomicU64::new(0),
            given_up: AtomicBool::new(false),
        }
    }

    fn is_over(&self) -> bool {
        self.given_up.load(Ordering::Relaxed) || self.connection.is_closed()
    }

    fn is_stalled(&self, waiting: usize, now: Instant) -> bool {
        let moved = Duration::from_millis(self.moved.load(Ordering::Relaxed));
        waiting > 0 && now.saturating_duration_since(self.opened) > moved + STALLED
    }

    fn note_move(&self, now: Instant) {
        let millis = now.saturating_duration_since(self.opened).as_millis();
        let millis = u64::try_from(millis).unwrap_or(u64::MAX);
        self.moved.store(millis, Ordering::Relaxed);
    }

    fn end_turn(&self) {
        self.note_move(Instant::now());
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Waits until everything that was sent so far is answered.
    async fn catch_up(&self) {
        let reached = timeout(ABANDONED, self.connection.run_text("")).await;
        if !matches!(reached, Ok(Ok(()))) {
            // Whoever waits on it goes to the pool.
            self.given_up.store(true, Ordering::Relaxed);
            self.connection.cut();
        }
    }
}

/// A statement's place on a pipeline, held until the server has answered, whether or not the caller waits for it.
pub(super) struct Turn {
    pipeline: Arc<Pipeline>,
    answered: bool,
}

impl Turn {
    fn begin(pipeline: Arc<Pipeline>, now: Instant) -> Self {
        if pipeline.waiting.fetch_add(1, Ordering::Relaxed) == 0 {
            pipeline.note_move(now);
        }
        Self {
            pipeline,
            answered: false,
        }
    }

    pub(super) async fn exec(mut self, statement: Statement<'_>) -> Result<Rows, Error> {
        let result = self.pipeline.connection.exec(statement).await;
        // What is too large may still be on its way.
        self.answered = !matches!(&result, Err(error) if error.kind() == ErrorKind::TooLarge);
        result
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.answered {
            self.pipeline.end_turn();
            return;
        }
        // The caller has gone away and its statement runs on. What is sent behind it tells when it has ended.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let pipeline = Arc::clone(&self.pipeline);
        runtime.spawn(async move {
            pipeline.catch_up().await;
            pipeline.end_turn();
        });
    }
}
