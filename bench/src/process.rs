//! Server processes: started, watched through `/proc`, and killed when dropped.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::http::{self, Connection};

/// How long a server may take to its first answer.
const LIMIT: Duration = Duration::from_secs(60);

/// A server process that listens on a port.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    /// From the start of the process to its first answer.
    pub(crate) start: Duration,
}

impl Server {
    /// Starts a server, its output in `log`, and waits for its first answer to `path`.
    pub(crate) async fn start(
        mut command: Command,
        port: u16,
        path: &str,
        log: &Path,
    ) -> Result<Self> {
        let file = std::fs::File::create(log)?;
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        let started = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let mut server = Self {
            child,
            port,
            start: Duration::ZERO,
        };
        let request = http::get(path, None);
        while !answers(port, &request).await {
            if server.child.try_wait()?.is_some() || started.elapsed() > LIMIT {
                bail!(
                    "the server does not answer; it wrote:\n{}",
                    std::fs::read_to_string(log)?
                );
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.start = started.elapsed();
        Ok(server)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn answers(port: u16, request: &[u8]) -> bool {
    let Ok(mut connection) = Connection::open(port).await else {
        return false;
    };
    connection
        .ask(request)
        .await
        .is_ok_and(|answer| answer.status == 200)
}

/// CPU time that a server and its database have used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cpu {
    pub(crate) server: Duration,
    pub(crate) database: Duration,
}

impl Cpu {
    /// What a server has used, and its database where that is a process of its own.
    pub(crate) fn of(server: u32, database: Option<u32>) -> Result<Self> {
        Ok(Self {
            server: cpu(server)?,
            database: database.map_or(Ok(Duration::ZERO), cpu_of_family)?,
        })
    }

    /// What was used since an earlier look.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            server: self.server.saturating_sub(before.server),
            database: self.database.saturating_sub(before.database),
        }
    }
}

/// The CPU time of a process and its threads.
fn cpu(id: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    let stat = Stat::parse(&stat).with_context(|| format!("cannot read /proc/{id}/stat"))?;
    Ok(ticks(stat.own))
}

/// The CPU time of a process, its children and those that have ended.
fn cpu_of_family(id: u32) -> Result<Duration> {
    let mut sum = 0;
    for entry in std::fs::read_dir("/proc")? {
        // Processes end while one looks.
        let Ok(text) = std::fs::read_to_string(entry?.path().join("stat")) else {
            continue;
        };
        match Stat::parse(&text) {
            Some(stat) if stat.id == id => sum += stat.own + stat.ended_children,
            Some(stat) if stat.parent == id => sum += stat.own,
            _ => {}
        }
    }
    Ok(ticks(sum))
}

/// The resident memory of a process, in KiB.
pub(crate) fn resident_kib(id: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let value = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let value = value
        .and_then(|value| value.trim().strip_suffix(" kB"))
        .context("no VmRSS")?;
    Ok(value.parse()?)
}

fn ticks(count: u64) -> Duration {
    Duration::from_millis(count * 1000 / rustix::param::clock_ticks_per_second())
}

/// The fields of `/proc/ID/stat` that are used, times in ticks.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    id: u32,
    parent: u32,
    own: u64,
    ended_children: u64,
}

impl Stat {
    fn parse(text: &str) -> Option<Self> {
        let id = text.split(' ').next()?.parse().ok()?;
        // The name in parentheses may hold spaces and parentheses.
        let (_, rest) = text.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split(' ').collect();
        let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
        Some(Self {
            id,
            parent: fields.get(1)?.parse().ok()?,
            own: number(11)? + number(12)?,
            ended_children: number(13)? + number(14)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_may_hold_anything() {
        let text = "42 (a) b (c)) S 7 1 1 0 -1 4194560 1 2 3 4 100 20 30 4 20 0 1 0 5 6 7";
        assert_eq!(
            Stat::parse(text),
            Some(Stat {
                id: 42,
                parent: 7,
                own: 120,
                ended_children: 34
            })
        );
    }

    #[test]
    fn this_process_has_memory() {
        assert!(resident_kib(std::process::id()).unwrap() > 100);
    }
}
