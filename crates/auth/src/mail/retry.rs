//! Trying again: how often, how long apart, and when to give up.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::SendError;

/// How a transport tries again after a failure that may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Tries in all, the first one included; 0 counts as 1.
    pub tries: u32,
    /// How long one try may take.
    pub timeout: Duration,
    /// Pause before the second try; it doubles with each further one.
    pub first_pause: Duration,
    /// How long all tries and pauses may take together.
    pub deadline: Duration,
}

impl Default for Retry {
    /// Three tries of 10 seconds within 25, so that a person who waits for the page gets an answer.
    fn default() -> Self {
        Self {
            tries: 3,
            timeout: Duration::from_secs(10),
            first_pause: Duration::from_millis(500),
            deadline: Duration::from_secs(25),
        }
    }
}

/// How one try failed. The texts hold neither address, link nor key.
#[derive(Debug)]
pub(super) enum Failure {
    /// May pass.
    Transient {
        /// What happened.
        reason: String,
        /// What the service asked to wait.
        pause: Option<Duration>,
    },
    /// Will not pass.
    Permanent {
        /// What happened.
        reason: String,
    },
}

impl Failure {
    pub(super) fn transient(reason: impl Into<String>) -> Self {
        Self::Transient {
            reason: reason.into(),
            pause: None,
        }
    }

    pub(super) fn permanent(reason: impl Into<String>) -> Self {
        Self::Permanent {
            reason: reason.into(),
        }
    }
}

impl Retry {
    /// Runs `attempt` until it succeeds, fails for good, or the tries or the time are used up.
    ///
    /// Each try keeps to [`Retry::timeout`] by itself, because only it knows what it waited for.
    pub(super) async fn run<A, F>(&self, mut attempt: A) -> Result<(), SendError>
    where
        A: FnMut() -> F,
        F: Future<Output = Result<(), Failure>>,
    {
        let started = Instant::now();
        // Durations are compared, never added to an instant: a service may ask for a pause of centuries.
        let time_left = || self.deadline.saturating_sub(started.elapsed());
        let mut backoff = self.first_pause;
        let mut last = format!("no answer within {}", seconds(self.deadline));
        for tries_left in (0..self.tries.max(1)).rev() {
            let mut pause = backoff;
            match timeout(time_left(), attempt()).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(Failure::Permanent { reason })) => {
                    return Err(SendError::Refused { reason });
                }
                Ok(Err(Failure::Transient {
                    reason,
                    pause: asked,
                })) => {
                    last = reason;
                    pause = asked.unwrap_or(pause);
                }
                Err(_) => break,
            }
            if tries_left == 0 || pause >= time_left() {
                break;
            }
            sleep(pause).await;
            backoff = backoff.saturating_mul(2);
        }
        Err(SendError::Unreachable { reason: last })
    }
}

/// `10 s` or `0.25 s`.
pub(super) fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}
