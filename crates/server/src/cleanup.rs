//! Removes what has expired, again and again, for as long as the server runs.
//!
//! Every process does it; the times are spread, so that several on one database do not meet. What fails is said once a
//! round, and the next round tries again.

use std::time::Duration;

use hallpass::Auth;
use hallpass::auth::adapter::{AdapterError, Removed};
use hallpass::auth::environment::Random;
use hallpass::system::SystemRandom;
use tokio::time::sleep;

/// How long after the start the first round begins at the earliest; whoever starts has more urgent work.
const FIRST: Duration = Duration::from_secs(30);

/// Between two batches of a round, for the others who use the database.
const PAUSE: Duration = Duration::from_millis(250);

/// How many batches a round has at most: half a million rows of each kind.
const BATCHES: usize = 1_000;

/// Never ends; drop it to stop, also in the middle of a batch. Without `every` it does nothing.
pub(crate) async fn forever(auth: &Auth, every: Option<Duration>) {
    let Some(every) = every else {
        return std::future::pending().await;
    };
    sleep(spread(FIRST, &SystemRandom)).await;
    loop {
        round(auth).await;
        sleep(spread(every, &SystemRandom)).await;
    }
}

async fn round(auth: &Auth) {
    let sum = batches(async || auth.remove_expired().await).await;
    for (kind, text) in sum.failed() {
        tracing::warn!(cause = text, "expired {kind} could not be removed");
    }
    if !sum.is_empty() {
        tracing::info!("removed what expired: {}", counts(&sum));
    }
}

/// Batches until nothing is left of what can be removed. What fails keeps nothing else from going.
async fn batches(batch: impl AsyncFn() -> Result<Removed, AdapterError>) -> Removed {
    let mut sum = Removed::default();
    for _ in 0..BATCHES {
        match batch().await {
            Ok(removed) => sum.add(&removed),
            Err(error) => {
                sum.fail("rows", &error);
                break;
            }
        }
        if !sum.may_be_more() {
            break;
        }
        sleep(PAUSE).await;
    }
    sum
}

/// `3 sessions, 1 link tokens`.
fn counts(removed: &Removed) -> String {
    let counts = removed.iter().map(|(kind, rows)| format!("{rows} {kind}"));
    counts.collect::<Vec<_>>().join(", ")
}

/// A time between this one and a quarter more.
fn spread(time: Duration, random: &dyn Random) -> Duration {
    let mut byte = [0];
    random.fill(&mut byte);
    time + time / 1_024 * u32::from(byte[0])
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn times_are_spread_by_a_quarter() {
        let hour = Duration::from_secs(3_600);
        let times: Vec<_> = (0..50).map(|_| spread(hour, &SystemRandom)).collect();
        assert!(
            times
                .iter()
                .all(|time| (hour..=hour / 4 * 5).contains(time))
        );
        assert!(times.iter().any(|time| *time != times[0]));
    }

    /// A table that fails at each batch is told once, and the others go on to their last row.
    #[tokio::test(start_paused = true)]
    async fn a_table_that_fails_ends_no_round() {
        let left = Cell::new(1_200_usize);
        let sum = batches(async || {
            let mut removed = Removed::default();
            let rows = left.get().min(500);
            left.set(left.get() - rows);
            removed.count("link tokens", rows, 500);
            removed.fail("sessions", &std::io::Error::other("no such table"));
            Ok(removed)
        })
        .await;
        assert_eq!((left.get(), sum.of("link tokens")), (0, 1_200));
        let failed: Vec<_> = sum.failed().collect();
        assert_eq!(failed, [("sessions", "no such table")]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_away_ends_the_round() {
        let asked = Cell::new(0);
        let sum = batches(async || {
            asked.set(asked.get() + 1);
            Err(AdapterError::Unavailable(Box::new(std::io::Error::other(
                "away",
            ))))
        })
        .await;
        assert_eq!(asked.get(), 1);
        let failed: Vec<_> = sum.failed().collect();
        assert_eq!(failed, [("rows", "the database is not reachable: away")]);
    }

    #[test]
    fn counts_name_the_kinds() {
        let mut removed = Removed::default();
        removed.count("sessions", 3, 500);
        removed.count("link tokens", 1, 500);
        assert_eq!(counts(&removed), "1 link tokens, 3 sessions");
    }
}
