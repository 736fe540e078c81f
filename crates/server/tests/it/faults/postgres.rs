//! A PostgreSQL of a test's own, which it may kill.
//!
//! It commits before it answers, so that what was answered survives its processes; only the machine's own death it would not survive.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, interval};

/// Longer than a start takes on a busy machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(60);
/// Accounts that a Debian machine has: the server refuses root.
const ACCOUNTS: [&str; 3] = ["postgres", "mysql", "nobody"];
const READY: &str = "ready to accept connections";

/// Where `initdb` and `postgres` are, as `cargo xtask test` and `cargo xtask with-databases` say.
pub(crate) fn programs() -> Option<PathBuf> {
    let programs = std::env::var_os("HALLPASS_TEST_POSTGRES_PROGRAMS");
    if programs.is_none() {
        let required = std::env::var_os("HALLPASS_TEST_REQUIRE").is_some_and(|value| value == "1");
        assert!(!required, "HALLPASS_TEST_POSTGRES_PROGRAMS is not set");
        eprintln!("HALLPASS_TEST_POSTGRES_PROGRAMS is not set: nothing is killed");
    }
    programs.map(PathBuf::from)
}

/// A server, until it is killed or dropped.
pub(crate) struct Server {
    programs: PathBuf,
    folder: TempDir,
    account: Option<&'static str>,
    port: u16,
    password: String,
    child: Option<Child>,
}

impl Server {
    pub(crate) async fn start(programs: &Path) -> Self {
        let mut server = Self::new(programs);
        server.initialise();
        server.start_again().await;
        server
    }

    fn new(programs: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("hallpass-fault-").tempdir();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let word = || RandomState::new().build_hasher().finish();
        Self {
            programs: programs.to_owned(),
            folder: folder.unwrap(),
            account: account(),
            port: listener.local_addr().unwrap().port(),
            password: format!("{:016x}{:016x}", word(), word()),
            child: None,
        }
    }

    fn initialise(&self) {
        let password = self.folder.path().join("password");
        std::fs::write(&password, &self.password).unwrap();
        if let Some(account) = self.account {
            let (user, group) = (number("-u", account), number("-g", account));
            for path in [self.folder.path(), password.as_path()] {
                std::os::unix::fs::chown(path, user, group).unwrap();
            }
        }
        let mut command = self.command("initdb");
        command
            .args([
                "--auth=scram-sha-256",
                "--username=hallpass",
                "--encoding=UTF8",
            ])
            .args(["--locale=C", "--no-sync", "--pwfile"])
            .arg(password)
            .arg("--pgdata")
            .arg(self.data());
        let made = command.output().unwrap();
        let error = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "{error}");
    }

    pub(crate) fn address(&self) -> String {
        let Self { port, password, .. } = self;
        format!("postgres://hallpass:{password}@127.0.0.1:{port}/postgres")
    }

    /// Kills all of its processes, in the middle of whatever they do.
    pub(crate) fn kill(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        let id = child.id().to_string();
        let listed = Command::new("ps")
            .args(["-o", "pid=", "--ppid", &id])
            .output();
        let listed = String::from_utf8(listed.expect("`ps` runs").stdout).unwrap();
        let mut kill = Command::new("kill");
        kill.args(["-KILL", &id]).args(listed.split_whitespace());
        // One of them may have ended by itself.
        let _ = kill.stderr(Stdio::null()).status();
        child.wait().unwrap();
    }

    /// Starts it with the data that it left.
    pub(crate) async fn start_again(&mut self) {
        let start = Instant::now();
        let mut tries = interval(Duration::from_millis(100));
        loop {
            tries.tick().await;
            match self.try_start() {
                Ok(()) => return,
                // What was killed may still be going.
                Err(log) => assert!(start.elapsed() < PATIENCE, "{log}"),
            }
        }
    }

    fn try_start(&mut self) -> Result<(), String> {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data());
        command.arg("-p").arg(self.port.to_string());
        let settings = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=100",
            // The kernel outlives what is killed here.
            "fsync=off",
            "full_page_writes=off",
            "synchronous_commit=on",
        ];
        command.args(settings.iter().flat_map(|setting| ["-c", setting]));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("PostgreSQL starts");
        let lines = lines(child.stderr.take().expect("standard error is piped"));
        let mut log = Vec::new();
        while let Ok(line) = lines.recv_timeout(PATIENCE) {
            if line.contains(READY) {
                self.child = Some(child);
                return Ok(());
            }
            log.push(line);
        }
        let _ = child.kill();
        child.wait().unwrap();
        Err(log.join("\n"))
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Run by an account that is not root, and ended by the kernel when this process dies.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some(account) = self.account {
            command
                .arg(format!("--reuid={account}"))
                .arg(format!("--regid={account}"))
                .arg("--clear-groups");
        }
        command
            .arg(program)
            .current_dir(self.folder.path())
            .env("LC_ALL", "C");
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The account that runs it, where this one is root.
fn account() -> Option<&'static str> {
    let own = Command::new("id").arg("-u").output().expect("`id` runs");
    if own.stdout != b"0\n" {
        return None;
    }
    let is_there = |name: &&&str| {
        let known = Command::new("id").args(["-u", name]).output();
        known.is_ok_and(|known| known.status.success())
    };
    let found = ACCOUNTS.iter().find(is_there).copied();
    Some(found.expect("an account that is not root"))
}

fn number(option: &str, account: &str) -> Option<u32> {
    let told = Command::new("id").args([option, account]).output().ok()?;
    String::from_utf8(told.stdout).ok()?.trim().parse().ok()
}

/// What it writes, which is read to its end: a full pipe would stop it.
fn lines(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    receiver
}
