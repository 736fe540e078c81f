//! The load: connections that ask as fast as they are answered, and what they saw.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::future::try_join_all;

use crate::http::Connection;
use crate::process::Cpu;
use crate::questions::{Ask, Mix};
use crate::statistics::percentile;

/// A server that is asked.
pub(crate) trait Target {
    /// As reports and errors say it.
    fn name(&self) -> String;

    fn port(&self) -> u16;

    /// CPU time used so far; the database's only where it is a process of its own.
    fn cpu(&self) -> Result<Cpu>;
}

/// What one run of one server showed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measurement {
    pub(crate) requests_per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// CPU time a request.
    pub(crate) server: Duration,
    pub(crate) database: Duration,
}

impl fmt::Display for Measurement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            requests_per_second,
            p50,
            p99,
            server,
            ..
        } = self;
        write!(
            formatter,
            "{requests_per_second:.0}/s, p50 {p50:.0?}, p99 {p99:.0?}, server CPU {server:.1?}"
        )
    }
}

/// Asks for `duration` over `connections` and measures.
pub(crate) async fn run(
    target: &impl Target,
    mix: &Mix<impl Ask>,
    connections: usize,
    duration: Duration,
) -> Result<Measurement> {
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(target.port()).await?);
    }
    let before = target.cpu()?;
    let started = Instant::now();
    let end = started + duration;
    let asking = open
        .into_iter()
        .enumerate()
        .map(|(number, connection)| ask(connection, mix.share(number, connections), end));
    let latencies = try_join_all(asking).await.with_context(|| target.name())?;
    let elapsed = started.elapsed();
    let mut latencies = latencies.concat();
    measurement(&mut latencies, elapsed, target.cpu()?.since(before))
}

/// One connection: a question, its answer, the next question.
async fn ask<'q, Q: Ask + 'q>(
    mut connection: Connection,
    questions: impl Iterator<Item = &'q Q>,
    end: Instant,
) -> Result<Vec<Duration>> {
    let mut latencies = Vec::with_capacity(16 * 1024);
    for question in questions {
        let sent = Instant::now();
        if sent >= end {
            break;
        }
        question.ask(&mut connection).await?;
        latencies.push(sent.elapsed());
    }
    Ok(latencies)
}

fn measurement(latencies: &mut [Duration], elapsed: Duration, cpu: Cpu) -> Result<Measurement> {
    latencies.sort_unstable();
    let count = u32::try_from(latencies.len())?;
    if count == 0 {
        bail!("no request was answered");
    }
    Ok(Measurement {
        requests_per_second: f64::from(count) / elapsed.as_secs_f64(),
        p50: percentile(latencies, 50),
        p99: percentile(latencies, 99),
        server: cpu.server / count,
        database: cpu.database / count,
    })
}
