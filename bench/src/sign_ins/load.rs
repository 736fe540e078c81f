//! Sign-ins as fast as they are answered, and session reads at a steady pace beside them.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::future::{try_join, try_join_all};

use super::forms::{Forms, Outcome};
use crate::http::Connection;
use crate::questions::{Ask as _, Mix, Question};
use crate::statistics::percentile;

/// What a storm of sign-ins came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Storm {
    pub(super) sign_ins_per_second: f64,
    pub(super) p50: Duration,
    pub(super) p99: Duration,
    /// Answered 503.
    pub(super) refused: usize,
}

/// How long session reads took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reads {
    pub(super) p50: Duration,
    pub(super) p99: Duration,
}

/// A steady pace of reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) connections: usize,
    pub(super) per_second: u32,
}

/// Signs in for `duration` over `connections`.
pub(super) async fn storm(forms: &Forms, connections: usize, duration: Duration) -> Result<Storm> {
    let seen = RefCell::new((Vec::new(), 0));
    let started = Instant::now();
    let note = |sent: Instant, outcome: &Outcome| {
        let (latencies, refused) = &mut *seen.borrow_mut();
        match outcome {
            Outcome::SignedIn(_) => latencies.push(sent.elapsed()),
            Outcome::Busy => *refused += 1,
        }
    };
    let end = started + duration;
    let one = |number| forms.sign_in_until(number, connections, end, note);
    try_join_all((0..connections).map(one)).await?;
    let elapsed = started.elapsed();
    let (mut latencies, refused) = seen.into_inner();
    ensure!(!latencies.is_empty(), "nobody was signed in");
    latencies.sort_unstable();
    let count = u32::try_from(latencies.len())?;
    Ok(Storm {
        sign_ins_per_second: f64::from(count) / elapsed.as_secs_f64(),
        p50: percentile(&latencies, 50),
        p99: percentile(&latencies, 99),
        refused,
    })
}

/// Reads sessions at a steady pace for `duration`.
pub(super) async fn read(port: u16, mix: &Mix, pace: Pace, duration: Duration) -> Result<Reads> {
    let interval = Duration::from_secs(1) / pace.per_second;
    let started = Instant::now();
    let one = |number: u32| {
        let questions = mix.share(number as usize, pace.connections);
        let first = started + interval * number;
        let interval = interval * u32::try_from(pace.connections).unwrap_or(u32::MAX);
        read_steadily(port, questions, first, interval, started + duration)
    };
    let connections = u32::try_from(pace.connections)?;
    let mut latencies = try_join_all((0..connections).map(one)).await?.concat();
    latencies.sort_unstable();
    ensure!(!latencies.is_empty(), "no session was read");
    Ok(Reads {
        p50: percentile(&latencies, 50),
        p99: percentile(&latencies, 99),
    })
}

/// Both at once.
pub(super) async fn read_in_storm(
    (port, mix, pace): (u16, &Mix, Pace),
    (forms, storming): (&Forms, usize),
    duration: Duration,
) -> Result<(Reads, Storm)> {
    // The reads begin when the queue of the sign-ins is full, and end before it is empty again.
    let lead = Duration::from_millis(500);
    let reading = async {
        tokio::time::sleep(lead).await;
        read(port, mix, pace, duration).await
    };
    try_join(reading, storm(forms, storming, lead + duration)).await
}

/// One connection. A question that comes late because the one before it took long has waited since it was due.
async fn read_steadily(
    port: u16,
    questions: impl Iterator<Item = &Question>,
    first: Instant,
    interval: Duration,
    end: Instant,
) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(port).await?;
    let mut latencies = Vec::new();
    let mut due = first;
    for question in questions {
        if due >= end {
            break;
        }
        let mut asked = due;
        if Instant::now() < due {
            tokio::time::sleep_until(due.into()).await;
            // A timer fires up to a millisecond late, which is not the server's doing.
            asked = Instant::now();
        }
        question.ask(&mut connection).await?;
        latencies.push(asked.elapsed());
        due += interval;
    }
    Ok(latencies)
}
