//! The load: connections that ask as fast as they are answered, and what they saw.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::try_join_all;
use serde_json::Value;

use crate::contestant::{Contestant, PATH};
use crate::http::{self, Answer, Connection};
use crate::people::Person;
use crate::process::Cpu;

/// One request and what its answer must show.
#[derive(Debug)]
pub(crate) struct Question {
    request: Vec<u8>,
    person: Person,
    /// The mail address as it stands in the body: cheap to look for while time runs.
    proof: Vec<u8>,
}

impl Question {
    pub(crate) fn new(path: &str, cookie: &str, person: Person) -> Self {
        let proof = format!("\"{}\"", person.email).into_bytes();
        Self {
            request: http::request(path, Some(cookie)),
            person,
            proof,
        }
    }

    fn check(&self, answer: Answer<'_>) -> Result<()> {
        let found = answer
            .body
            .windows(self.proof.len())
            .any(|window| window == self.proof);
        ensure!(
            answer.status == 200 && found,
            "a wrong answer: {}",
            show(answer)
        );
        Ok(())
    }

    fn check_fully(&self, answer: Answer<'_>) -> Result<()> {
        self.check(answer)?;
        let body: Value = serde_json::from_slice(answer.body).with_context(|| show(answer))?;
        let wanted = [
            ("name", &self.person.name),
            ("email", &self.person.email),
            ("image", &self.person.image),
        ];
        for (member, wanted) in wanted {
            let pointer = format!("/user/{member}");
            let found = body.pointer(&pointer).and_then(Value::as_str);
            ensure!(
                found == Some(wanted.as_str()),
                "`{member}` is not `{wanted}`: {}",
                show(answer)
            );
        }
        ensure!(
            body.get("expires").is_some_and(Value::is_string),
            "`expires` is missing: {}",
            show(answer)
        );
        Ok(())
    }
}

fn show(answer: Answer<'_>) -> String {
    format!("{} {}", answer.status, String::from_utf8_lossy(answer.body))
}

/// All requests of a run, asked in turn.
#[derive(Debug)]
pub(crate) struct Mix {
    questions: Vec<Question>,
}

impl Mix {
    pub(crate) fn new(questions: Vec<Question>) -> Result<Self> {
        ensure!(!questions.is_empty(), "there is nothing to ask");
        Ok(Self { questions })
    }

    /// The questions of one of `count` connections, without end.
    fn share(&self, connection: usize, count: usize) -> impl Iterator<Item = &Question> {
        let start = self.questions.len() * connection / count;
        self.questions.iter().cycle().skip(start)
    }
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

/// Asks every question once and checks every member of every answer.
pub(crate) async fn verify(contestant: &Contestant, mix: &Mix) -> Result<()> {
    let mut connection = Connection::open(contestant.port()).await?;
    for question in &mix.questions {
        let answer = connection
            .ask(&question.request)
            .await
            .with_context(|| contestant.name())?;
        question
            .check_fully(answer)
            .with_context(|| contestant.name())?;
    }
    if contestant.knows_people() {
        verify_stranger(contestant)
            .await
            .with_context(|| contestant.name())?;
    }
    Ok(())
}

/// A token that nobody has must find nobody: a server that answers without looking would fail here.
async fn verify_stranger(contestant: &Contestant) -> Result<()> {
    let request = http::request(
        PATH,
        Some("authjs.session-token=00000000-0000-4000-8000-ffffffffffff"),
    );
    let mut connection = Connection::open(contestant.port()).await?;
    let answer = connection.ask(&request).await?;
    ensure!(
        answer.body == b"null",
        "a token that nobody has is answered with {}",
        show(answer)
    );
    Ok(())
}

/// Asks for `duration` over `connections` and measures.
pub(crate) async fn run(
    contestant: &Contestant,
    mix: &Mix,
    connections: usize,
    duration: Duration,
) -> Result<Measurement> {
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(contestant.port()).await?);
    }
    let before = contestant.cpu()?;
    let started = Instant::now();
    let end = started + duration;
    let asking = open
        .into_iter()
        .enumerate()
        .map(|(number, connection)| ask(connection, mix.share(number, connections), end));
    let latencies = try_join_all(asking)
        .await
        .with_context(|| contestant.name())?;
    let elapsed = started.elapsed();
    let mut latencies = latencies.concat();
    measurement(&mut latencies, elapsed, contestant.cpu()?.since(before))
}

/// One connection: a question, its answer, the next question.
async fn ask(
    mut connection: Connection,
    questions: impl Iterator<Item = &Question>,
    end: Instant,
) -> Result<Vec<Duration>> {
    let mut latencies = Vec::with_capacity(16 * 1024);
    for question in questions {
        let sent = Instant::now();
        if sent >= end {
            break;
        }
        question.check(connection.ask(&question.request).await?)?;
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

/// The value below which `percent` of a sorted list lie.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted
        .get(sorted.len() * percent / 100)
        .copied()
        .unwrap_or_default()
}
