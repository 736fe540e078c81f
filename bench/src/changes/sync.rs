//! How long it takes to tell another PostgreSQL of a million users, how many changes a second it is told, and how far it is behind.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio_postgres::Client;

use crate::options::Options;
use crate::process::{Server, resident_kib};
use crate::server::{self, SESSION_PATH};
use crate::statistics::{millis, percentile};
use crate::stores::postgres;

/// Changes that wait when the server starts.
const WAITING: i64 = 20_000;
/// Changes a second, where the distance is measured.
const PACE: u32 = 500;
/// Longer than any part takes.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// What was measured.
pub(super) struct Figures {
    users: usize,
    backfill: Duration,
    /// Memory of the server at a tenth of the backfill, and the most of it.
    memory_kib: (u64, u64),
    waiting: Duration,
    lags: Vec<Duration>,
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mebibytes = |kib: u64| kib / 1_024;
        let a_second = |count: f64, time: Duration| count / time.as_secs_f64();
        let users = u32::try_from(self.users).unwrap_or(u32::MAX);
        let waiting = u32::try_from(WAITING).unwrap_or(u32::MAX);
        writeln!(
            formatter,
            "Another PostgreSQL, told by `hallpass serve`:\n\n| what | figure |\n|---|--:|"
        )?;
        writeln!(
            formatter,
            "| {} users who were there before | {:.0} s, {:.0} a second |",
            self.users,
            self.backfill.as_secs_f64(),
            a_second(users.into(), self.backfill)
        )?;
        writeln!(
            formatter,
            "| memory meanwhile, at a tenth and at most | {} and {} MiB |",
            mebibytes(self.memory_kib.0),
            mebibytes(self.memory_kib.1)
        )?;
        writeln!(
            formatter,
            "| {WAITING} changes of as many users that wait | {:.0} a second |",
            a_second(waiting.into(), self.waiting)
        )?;
        writeln!(
            formatter,
            "| from the commit to the other database at {PACE} changes a second, p50 and p99 | {} and {} |",
            millis(percentile(&self.lags, 50)),
            millis(percentile(&self.lags, 99))
        )
    }
}

struct World<'o> {
    options: &'o Options,
    folder: &'o Path,
    source: String,
    target: String,
    writer: Client,
    reader: Client,
}

pub(super) async fn measure(options: &Options, folder: &Path) -> Result<Figures> {
    let source = postgres::create(&options.postgres, "hallpass_bench_source").await?;
    let target = postgres::create(&options.postgres, "hallpass_bench_target").await?;
    let world = World {
        writer: postgres::connect(&source).await?,
        reader: postgres::connect(&target).await?,
        options,
        folder,
        source,
        target,
    };
    world.fill().await?;
    let (server, begun) = world.serve().await?;
    let (backfill, memory_kib) = world.backfill(&server, begun).await?;
    drop(server);
    let waiting = world.waiting().await?;
    let (server, _) = world.serve().await?;
    let lags = world.lags().await?;
    drop(server);
    world.agrees().await?;
    Ok(Figures {
        users: options.patients,
        backfill,
        memory_kib,
        waiting,
        lags,
    })
}

impl World<'_> {
    async fn fill(&self) -> Result<()> {
        // It makes the tables.
        drop(self.start("").await?);
        self.run_command(&["changes", "install"])?;
        let text = format!(
            "ALTER TABLE \"User\" DISABLE TRIGGER USER; \
             INSERT INTO \"User\" (id, name, email) SELECT 'u' || n, 'Person ' || n, 'person' || n || '@example.com' \
             FROM generate_series(1, {}) AS n; \
             ALTER TABLE \"User\" ENABLE TRIGGER USER; VACUUM ANALYZE;",
            self.options.patients
        );
        postgres::run(&self.source, &text).await
    }

    async fn serve(&self) -> Result<(Server, Instant)> {
        self.start(&format!("target={}", self.target)).await
    }

    async fn start(&self, targets: &str) -> Result<(Server, Instant)> {
        let port = server::free_port()?;
        let mut command = server::serve(self.options, &self.source, port, server::Place::Postgres)?;
        command
            .env("HALLPASS_APP", "none")
            .env("HALLPASS_SYNC_TARGETS", targets);
        let begun = Instant::now();
        let log = server::log(self.folder, port);
        Ok((
            Server::start(command, port, SESSION_PATH, &log).await?,
            begun,
        ))
    }

    fn run_command(&self, words: &[&str]) -> Result<()> {
        let binary = self.options.server.as_deref();
        let binary = binary.context("the release binary `hallpass` is needed")?;
        let status = Command::new(binary)
            .args(words)
            .env_clear()
            .env("DATABASE_URL", &self.source)
            .current_dir(self.folder)
            .stdout(Stdio::null())
            .status()?;
        ensure!(status.success(), "{words:?} failed");
        Ok(())
    }

    /// How long everybody took, and the server's memory at a tenth and at most.
    async fn backfill(&self, server: &Server, begun: Instant) -> Result<(Duration, (u64, u64))> {
        let all = i64::try_from(self.options.patients)?;
        let (mut early, mut most) = (None, 0);
        loop {
            let memory = resident_kib(server.id())?;
            most = most.max(memory);
            let told = self.told().await?;
            if told >= all / 10 {
                early.get_or_insert(memory);
            }
            if told >= all {
                return Ok((begun.elapsed(), (early.unwrap_or(most), most)));
            }
            ensure!(begun.elapsed() < PATIENCE, "{told} of {all} are told of");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn told(&self) -> Result<i64> {
        let is_there = "SELECT to_regclass('neon_auth.users_sync') IS NOT NULL";
        if !self
            .reader
            .query_one(is_there, &[])
            .await?
            .get::<_, bool>(0)
        {
            return Ok(0);
        }
        let count = "SELECT count(*) FROM neon_auth.users_sync";
        Ok(self.reader.query_one(count, &[]).await?.get(0))
    }

    /// The position in the source's log that the target has.
    async fn position(&self) -> Result<i64> {
        let text = "SELECT position FROM hallpass_sync_cursor";
        Ok(self.reader.query_one(text, &[]).await?.get(0))
    }

    /// How long changes take that happened while nobody followed.
    async fn waiting(&self) -> Result<Duration> {
        let text = format!(
            "UPDATE \"User\" SET name = 'Changed ' || id WHERE id IN (SELECT 'u' || n FROM generate_series(1, {WAITING}) AS n)"
        );
        let changed = self.writer.execute(&text, &[]).await?;
        ensure!(
            changed == WAITING.unsigned_abs(),
            "only {changed} users are there"
        );
        // A lease of the server that was ended.
        let lease = "UPDATE hallpass_change_worker SET lease_end = '2020-01-01'";
        self.writer.execute(lease, &[]).await?;
        let (server, begun) = self.serve().await?;
        self.reach(WAITING, begun).await?;
        let time = begun.elapsed();
        drop(server);
        self.writer.execute(lease, &[]).await?;
        Ok(time)
    }

    async fn reach(&self, position: i64, begun: Instant) -> Result<()> {
        while self.position().await? < position {
            ensure!(begun.elapsed() < PATIENCE, "the target stands still");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// How long each change took from its commit to the other database, the shortest first.
    async fn lags(&self) -> Result<Vec<Duration>> {
        let first = self.position().await?;
        let count = PACE * u32::try_from(self.options.duration().as_secs().max(1))? * 4;
        let (sender, mut written) = tokio::sync::mpsc::unbounded_channel();
        let writing = async {
            let update = self
                .writer
                .prepare("UPDATE \"User\" SET name = $1 WHERE id = $2")
                .await?;
            let mut pace = tokio::time::interval(Duration::from_secs(1) / PACE);
            for number in 0..count {
                pace.tick().await;
                let id = format!("u{}", number % 1_000 + 1);
                let name = format!("Number {number}");
                self.writer.execute(&update, &[&name, &id]).await?;
                sender.send(Instant::now())?;
            }
            drop(sender);
            Ok::<_, anyhow::Error>(())
        };
        let watching = async {
            let mut lags = Vec::new();
            let begun = Instant::now();
            while let Some(commit) = written.recv().await {
                let position = first + i64::try_from(lags.len())? + 1;
                self.reach(position, begun).await?;
                lags.push(commit.elapsed());
            }
            lags.sort_unstable();
            Ok::<_, anyhow::Error>(lags)
        };
        let ((), lags) = tokio::try_join!(writing, watching)?;
        Ok(lags)
    }

    /// Both databases say the same of everybody.
    async fn agrees(&self) -> Result<()> {
        let sum = |table, deleted| {
            format!(
                "SELECT count(*), sum(hashtext(id || coalesce(name, '')))::bigint FROM {table}{deleted}"
            )
        };
        let users = self.writer.query_one(&sum("\"User\"", ""), &[]).await?;
        let told = sum("neon_auth.users_sync", " WHERE deleted_at IS NULL");
        let told = self.reader.query_one(&told, &[]).await?;
        let figures =
            |row: &tokio_postgres::Row| (row.get::<_, i64>(0), row.get::<_, Option<i64>>(1));
        ensure!(
            figures(&users) == figures(&told),
            "the target tells something else than the users are"
        );
        Ok(())
    }
}
