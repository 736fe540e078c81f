//! Throw-away servers for tests: on a free port, with their data in a temporary folder, stopped whatever happens.
//!
//! A server stops when its [`Running`] is dropped (end, failure, panic, Ctrl-C) and, where this process is killed
//! outright, by the kernel's parent-death signal. To add a kind of server, write its file and add it to [`ALL`].

mod account;
mod mariadb;
mod postgres;
mod redis;
mod site;

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use tempfile::TempDir;

pub(crate) use self::site::Site;
use crate::{programs, shell};

/// How long a server may take to be ready: a busy machine with a slow disk needs many seconds.
const START_LIMIT: Duration = Duration::from_secs(120);
const STOP_LIMIT: Duration = Duration::from_secs(20);
/// A port that was free may be taken before the server gets it.
const ATTEMPTS: u32 = 3;

/// Run a command with throw-away databases.
///
/// Starts a PostgreSQL, a MariaDB and a Redis on free ports with their data in a temporary folder, runs the command with
/// their addresses in `HALLPASS_TEST_POSTGRES`, `HALLPASS_TEST_MYSQL` and `HALLPASS_TEST_REDIS`, and stops them when it
/// ends.
///
/// For the quick loop on one crate: `cargo xtask with-databases cargo nextest run -p hallpass-db`
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The command and its arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND"
    )]
    command: Vec<String>,
}

/// One kind of server.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: &'static str,
    /// The variable that tells tests its address.
    pub(crate) variable: &'static str,
    /// Makes the data folder.
    initialise: fn(&Site) -> Result<()>,
    /// The server itself, in the foreground, writing its log to standard error.
    command: fn(&Site) -> Result<Command>,
    /// What the log says when clients may come.
    ready: &'static str,
    /// The signal that ends it at once: its data are thrown away.
    stop: StopSignal,
    /// Its address for an administrator.
    url: fn(&Site) -> String,
}

/// Every server that the test suite uses.
pub(crate) const ALL: &[Service] = &[postgres::SERVICE, mariadb::SERVICE, redis::SERVICE];

/// The PostgreSQL alone, for the benchmark.
pub(crate) const POSTGRES: &Service = &postgres::SERVICE;

/// The MariaDB alone, likewise.
pub(crate) const MARIADB: &Service = &mariadb::SERVICE;

/// A signal by the name that `setpriv` and the kernel each know.
#[derive(Debug, Clone, Copy)]
enum StopSignal {
    /// PostgreSQL's immediate shutdown.
    Quit,
    Terminate,
}

impl StopSignal {
    fn name(self) -> &'static str {
        match self {
            Self::Quit => "QUIT",
            Self::Terminate => "TERM",
        }
    }

    fn signal(self) -> Signal {
        match self {
            Self::Quit => Signal::QUIT,
            Self::Terminate => Signal::TERM,
        }
    }
}

/// A server that runs; dropping it stops the server and removes its data.
#[derive(Debug)]
pub(crate) struct Running {
    service: &'static Service,
    child: Child,
    url: String,
    /// Held for its drop.
    _folder: TempDir,
}

impl Running {
    /// Its address for an administrator.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The process id of the server.
    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        shell::signal(&self.child, self.service.stop.signal());
        if !shell::ends_within(&mut self.child, STOP_LIMIT) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        eprintln!("    {} stopped", self.service.name);
    }
}

/// `cargo xtask with-databases`.
pub(crate) fn run(options: &Options) -> Result<()> {
    programs::ensure_databases()?;
    let running = start_all()?;
    let (program, args) = options
        .command
        .split_first()
        .context("no command is given")?;
    let mut command = Command::new(program);
    command.args(args);
    announce(&mut command, &running);
    shell::run(&mut command)
}

/// Starts every server of [`ALL`].
pub(crate) fn start_all() -> Result<Vec<Running>> {
    ALL.iter().map(start).collect()
}

/// Tells a command the addresses of what runs.
pub(crate) fn announce(command: &mut Command, running: &[Running]) {
    for server in running {
        command.env(server.service.variable, server.url());
    }
    // For tests that start and kill a server of their own.
    if let Some(folder) = programs::postgres_folder() {
        command.env("HALLPASS_TEST_POSTGRES_PROGRAMS", folder);
    }
    command.env("HALLPASS_TEST_REQUIRE", "1");
}

/// Starts one server and waits until it is ready.
pub(crate) fn start(service: &'static Service) -> Result<Running> {
    let started = Instant::now();
    let mut attempt = 1;
    let running = loop {
        match start_once(service) {
            Ok(running) => break running,
            Err(error) => {
                shell::check_interrupted()?;
                if attempt == ATTEMPTS {
                    return Err(error.context(format!("cannot start {}", service.name)));
                }
                attempt += 1;
            }
        }
    };
    eprintln!(
        "    {} is ready after {:.1} s",
        service.name,
        started.elapsed().as_secs_f64()
    );
    Ok(running)
}

fn start_once(service: &'static Service) -> Result<Running> {
    let (site, folder) = Site::prepare(service.stop.name())?;
    (service.initialise)(&site)
        .with_context(|| format!("{} cannot make its data", service.name))?;
    let log = folder.path().join("log");
    let child = spawn(&mut (service.command)(&site)?, &log)?;
    let mut running = Running {
        service,
        child,
        url: (service.url)(&site),
        _folder: folder,
    };
    wait_until_ready(&mut running, &log)?;
    Ok(running)
}

fn spawn(command: &mut Command, log: &PathBuf) -> Result<Child> {
    use std::os::unix::process::CommandExt;
    let file = File::create(log)?;
    // A process group of its own: Ctrl-C ends the tests first and the server after them.
    command
        .process_group(0)
        .stdin(std::process::Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file);
    command
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))
}

fn wait_until_ready(running: &mut Running, log: &PathBuf) -> Result<()> {
    let started = Instant::now();
    loop {
        let text = String::from_utf8_lossy(&std::fs::read(log)?).into_owned();
        if text.contains(running.service.ready) {
            return Ok(());
        }
        if let Some(status) = running.child.try_wait()? {
            bail!("it ended ({status}); its log ends:\n{}", tail(&text));
        }
        if started.elapsed() > START_LIMIT {
            bail!(
                "it is not ready after {} s; its log ends:\n{}",
                START_LIMIT.as_secs(),
                tail(&text)
            );
        }
        shell::pause()?;
    }
}

fn tail(log: &str) -> String {
    let lines: Vec<_> = log.trim_end().lines().collect();
    lines
        .get(lines.len().saturating_sub(12)..)
        .unwrap_or_default()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_shown() {
        let log: String = (1..=30).map(|line| format!("{line}\n")).collect();
        let shown = tail(&log);
        assert!(
            shown.starts_with("19\n") && shown.ends_with("\n30"),
            "{shown}"
        );
        assert_eq!(tail("only\n"), "only");
    }

    #[test]
    fn every_service_has_a_variable_of_its_own() {
        let mut variables: Vec<_> = ALL.iter().map(|service| service.variable).collect();
        variables.dedup();
        assert_eq!(variables.len(), ALL.len());
    }
}
