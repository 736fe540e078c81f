//! Does one piece of work for as long as the process lives, where no other process does it.

use std::time::Duration;

use async_trait::async_trait;
use hallpass::changes::{Changes, ChangesError, Failing, Turn, Worker};
use hallpass::system::SystemRandom;
use tokio::time::{Instant, sleep, timeout};

use super::pace::{Pace, after};
use crate::shutdown::Stop;

/// How long a process that died keeps others from its work.
const LEASE: Duration = Duration::from_secs(15);
/// How often the lease is renewed, and looked for by those who do not have it.
const RENEWAL: Duration = Duration::from_secs(5);
/// How long giving it back may take when the process ends.
const FAREWELL: Duration = Duration::from_secs(1);

/// A piece of work.
#[async_trait]
pub(super) trait Duty: Send + 'static {
    /// By which processes agree who does it: `sync:billing`.
    fn name(&self) -> String;

    /// Does a part of it. May be dropped at any moment, and called again.
    ///
    /// # Errors
    /// Why it cannot go on; it is called again later.
    async fn turn(&mut self) -> Result<Turn, ChangesError>;

    /// Ends what it has open.
    async fn close(&mut self) {}
}

/// One duty of this process.
pub(super) struct Run {
    changes: Changes,
    holder: String,
    duty: Box<dyn Duty>,
    pace: Pace,
    worker: Option<Worker>,
    /// When the lease was taken or renewed; `None` without it.
    held: Option<Instant>,
    state: State,
}

/// How it goes, as far as this process has seen and said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unknown,
    Works,
    Fails { why: Failing, times: u32 },
}

/// What a turn of the run came to.
enum Outcome {
    Done(Turn),
    /// Another process is at it.
    Elsewhere,
    Failed {
        why: Failing,
        code: Option<String>,
    },
}

impl Run {
    pub(super) fn new(changes: &Changes, holder: &str, duty: Box<dyn Duty>, pace: Pace) -> Self {
        Self {
            changes: changes.clone(),
            holder: holder.to_owned(),
            duty,
            pace,
            worker: None,
            held: None,
            state: State::Unknown,
        }
    }

    /// Works until asked to stop, then lets another process go on at once.
    pub(super) async fn until(mut self, mut stop: Stop) {
        tokio::select! {
            () = stop.requested() => {}
            () = self.forever() => {}
        }
        let farewell = async {
            if let (Some(worker), Some(_)) = (&self.worker, self.held) {
                // Else it ends by itself.
                let _ = worker.release().await;
            }
            self.duty.close().await;
        };
        let _ = timeout(FAREWELL, farewell).await;
    }

    async fn forever(&mut self) {
        loop {
            let outcome = match self.turn().await {
                Ok(outcome) => outcome,
                Err(error) => failed(&error),
            };
            let pause = self.note(outcome).await;
            // Also without a pause others have their turn.
            sleep(pause).await;
        }
    }

    async fn turn(&mut self) -> Result<Outcome, ChangesError> {
        if !self.claim().await? {
            return Ok(Outcome::Elsewhere);
        }
        match timeout(self.pace.turn, self.duty.turn()).await {
            Ok(turn) => Ok(Outcome::Done(turn?)),
            Err(_) => Ok(Outcome::Failed {
                why: Failing::Slow,
                code: None,
            }),
        }
    }

    async fn claim(&mut self) -> Result<bool, ChangesError> {
        if self.held.is_some_and(|since| since.elapsed() < RENEWAL) {
            return Ok(true);
        }
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None => self.changes.worker(&self.duty.name(), &self.holder).await?,
        };
        let claimed = self.worker.insert(worker).claim(LEASE).await?;
        self.held = claimed.then(Instant::now);
        Ok(claimed)
    }

    /// Says what has changed, and gives how long to wait.
    async fn note(&mut self, outcome: Outcome) -> Duration {
        match outcome {
            Outcome::Elsewhere => {
                self.state = State::Unknown;
                RENEWAL
            }
            Outcome::Done(turn) => {
                self.works().await;
                match turn {
                    Turn::More => Duration::ZERO,
                    Turn::Rest => self.pace.rest,
                }
            }
            Outcome::Failed { why, code } => self.fails(why, code).await,
        }
    }

    async fn works(&mut self) {
        if self.state == State::Works {
            return;
        }
        if matches!(self.state, State::Fails { .. }) {
            tracing::info!(work = self.duty.name(), "work in the background goes on");
        }
        self.state = State::Works;
        // Another process may have written down that it fails.
        if let Some(worker) = &self.worker
            && worker.worked().await.is_err()
        {
            self.state = State::Unknown;
        }
    }

    async fn fails(&mut self, why: Failing, code: Option<String>) -> Duration {
        let times = match self.state {
            State::Fails { why: before, times } if before == why => times.saturating_add(1),
            _ => {
                let (work, text) = (self.duty.name(), why.text());
                tracing::warn!(work, code, "work in the background stands still: {text}");
                if let Some(worker) = &self.worker {
                    // Where the database is away, nothing can be written down either.
                    let _ = worker.failed(why).await;
                }
                match self.state {
                    State::Fails { times, .. } => times.saturating_add(1),
                    _ => 1,
                }
            }
        };
        self.state = State::Fails { why, times };
        after(times, &SystemRandom)
    }
}

/// SECURITY: of an error only its kind and the database's code are told: its text may name what is in a row.
fn failed(error: &ChangesError) -> Outcome {
    match error.failing() {
        Some(why) => Outcome::Failed {
            why,
            code: error.code().map(str::to_owned),
        },
        // Another process was faster, and goes on.
        None => Outcome::Elsewhere,
    }
}
