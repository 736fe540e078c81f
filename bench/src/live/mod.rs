//! Live queries: how long a change takes to the last of a thousand who follow one query, what it costs, and how much memory a
//! follower takes.

use std::fmt::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use crate::http::{self, Connection};
use crate::options::Options;
use crate::people::person;
use crate::process::{Cpu, Server, resident_kib};
use crate::server::{self, Place, SESSION_COOKIE, SESSION_PATH};
use crate::statistics::{machine, micros, millis, percentile};
use crate::stores::Stores;

/// Who follow.
const FOLLOWERS: usize = 1_000;
/// Changes, each once everybody was told of the one before.
const CHANGES: u32 = 30;
/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Whose query it is. Nobody else asks for the todos of this person.
const FOLLOWED: usize = 3;
/// `{"orderBy":{"createdAt":"desc"},"take":20}`
const NEWEST: &str = "%7B%22orderBy%22%3A%7B%22createdAt%22%3A%22desc%22%7D%2C%22take%22%3A20%7D";

/// Measures the places that were chosen; gives the report.
pub(crate) async fn measure(options: &Options, stores: &Stores, folder: &Path) -> Result<String> {
    let mut text = format!(
        "# Live queries\n\n{FOLLOWERS} connections that follow one query of one person, {CHANGES} changes. {}, shared by the server, the \
         database and who follow.\n\n\
         | database | commit to the last one told, p50 | at most | server CPU a change | database CPU | memory a follower |\n\
         |---|--:|--:|--:|--:|--:|\n",
        machine(),
    );
    for place in [Place::Sqlite, Place::Postgres] {
        if options.measures(place) {
            let figures = contest(options, stores, folder, place).await;
            let figures = figures.with_context(|| place.name())?;
            eprintln!("{figures}");
            writeln!(text, "{figures}")?;
        }
    }
    Ok(text)
}

struct Figures {
    place: Place,
    /// From the answer to the change to the last one told, sorted.
    last: Vec<Duration>,
    /// Of all changes.
    cpu: Cpu,
    memory_kib: u64,
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = match self.place {
            Place::Postgres => micros(self.cpu.database / CHANGES),
            Place::Jwt | Place::Sqlite => "–".to_owned(),
        };
        write!(
            formatter,
            "| {} | {} | {} | {} | {database} | {} KiB |",
            self.place.name(),
            millis(percentile(&self.last, 50)),
            millis(percentile(&self.last, 99)),
            micros(self.cpu.server / CHANGES),
            self.memory_kib / FOLLOWERS as u64,
        )
    }
}

async fn contest(
    options: &Options,
    stores: &Stores,
    folder: &Path,
    place: Place,
) -> Result<Figures> {
    let port = server::free_port()?;
    let mut command = server::serve(options, stores.url(place), port, place)?;
    command
        .env("HALLPASS_DATA_LIVE_QUERIES", "2000")
        .env("HALLPASS_DATA_LIVE_QUERIES_OF_PERSON", "2000");
    let log = server::log(folder, port);
    let server = Server::start(command, port, SESSION_PATH, &log).await?;
    let cookie = format!("{SESSION_COOKIE}={}", person(FOLLOWED).token);
    let mut writer = Connection::open(port).await?;
    let id = create(&mut writer, &cookie).await?;
    let before = resident_kib(server.id())?;
    let mut told = follow_all(port, &cookie);
    everybody(&mut told).await.context("the first result")?;
    let memory_kib = resident_kib(server.id())?.saturating_sub(before);
    let database = (place == Place::Postgres).then_some(options.postgres_pid);
    let start = Cpu::of(server.id(), database)?;
    let mut last = Vec::new();
    for turn in 0..CHANGES {
        let body = json!({ "where": { "id": id }, "data": { "content": format!("turn {turn}") } });
        let request = http::json("PUT", "/api/model/todo/update", &cookie, &body.to_string());
        let answer = writer.ask(&request).await?;
        let committed = Instant::now();
        ensure!(answer.status == 200, "a wrong answer: {answer}");
        let told = everybody(&mut told).await.context("a change")?;
        last.push(told.saturating_duration_since(committed));
    }
    last.sort_unstable();
    Ok(Figures {
        place,
        last,
        cpu: Cpu::of(server.id(), database)?.since(start),
        memory_kib,
    })
}

/// The id of a new todo.
async fn create(writer: &mut Connection, cookie: &str) -> Result<String> {
    let body = json!({ "data": { "content": "followed" } }).to_string();
    let request = http::json("POST", "/api/model/todo/create", cookie, &body);
    let answer = writer.ask(&request).await?;
    ensure!(answer.status == 201, "a wrong answer: {answer}");
    let made: Value = serde_json::from_slice(answer.body)?;
    let id = made.pointer("/data/id").and_then(Value::as_str);
    Ok(id.context("no id")?.to_owned())
}

/// Each says when it was told something.
fn follow_all(port: u16, cookie: &str) -> UnboundedReceiver<Instant> {
    let (told, all) = unbounded_channel();
    let path = format!("/api/model/todo/live?q={NEWEST}");
    for _ in 0..FOLLOWERS {
        let (request, told) = (http::get(&path, Some(cookie)), told.clone());
        tokio::spawn(async move {
            let followed = follow(port, request, &told).await;
            // Once all is measured the server goes first.
            if let Err(error) = followed
                && !told.is_closed()
            {
                eprintln!("somebody follows no longer: {error:#}");
            }
        });
    }
    all
}

async fn follow(port: u16, request: Vec<u8>, told: &UnboundedSender<Instant>) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(&request).await?;
    let mut unread = Vec::with_capacity(4 * 1024);
    loop {
        if stream.read_buf(&mut unread).await? == 0 {
            bail!("the server closed the connection");
        }
        while let Some(end) = place_of(&unread, b"\n\n") {
            let event: Vec<u8> = unread.drain(..end + 2).collect();
            let is_news = [&b"event: result"[..], b"event: change"]
                .iter()
                .any(|name| place_of(&event, name).is_some());
            if is_news && told.send(Instant::now()).is_err() {
                return Ok(());
            }
        }
    }
}

fn place_of(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// When the last one was told.
async fn everybody(told: &mut UnboundedReceiver<Instant>) -> Result<Instant> {
    let mut last = Instant::now();
    for count in 0..FOLLOWERS {
        let moment = timeout(PATIENCE, told.recv()).await;
        let moment = moment.with_context(|| format!("only {count} were told"))?;
        last = last.max(moment.context("nobody follows")?);
    }
    Ok(last)
}
