use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything takes on a busy machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The binary, about to be started, in an environment of its own.
pub(crate) struct Binary(Command);

impl Binary {
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.args(arguments).env_clear().env("NO_COLOR", "1");
        Self(command)
    }

    /// `hallpass dev` on a free port.
    pub(crate) fn dev(data: &Path) -> Self {
        Self::new(&["dev", "--port", "0", "--data-dir"]).argument(data)
    }

    /// `hallpass serve` on a free port, with a secret.
    pub(crate) fn serve(database_url: &str) -> Self {
        Self::new(&["serve"])
            .variable("PORT", "0")
            .variable("AUTH_SECRET", "a-secret-for-tests-of-more-than-32-letters")
            .variable("DATABASE_URL", database_url)
    }

    fn argument(mut self, argument: &Path) -> Self {
        self.0.arg(argument);
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn directory(mut self, path: &Path) -> Self {
        self.0.current_dir(path);
        self
    }

    /// Starts it and waits until it says where it listens.
    pub(crate) fn start(self) -> Running {
        let mut running = self.spawn();
        running.greet();
        running
    }

    /// Starts it.
    pub(crate) fn spawn(mut self) -> Running {
        let child = self
            .0
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.expect("the binary starts");
        let output = lines(child.stdout.take().expect("standard output is piped"));
        let log = lines(child.stderr.take().expect("standard error is piped"));
        Running {
            child,
            output,
            log,
            base: String::new(),
            greeting: Vec::new(),
        }
    }

    /// Runs it to its end, which comes by itself.
    pub(crate) fn finish(mut self) -> Ended {
        let output = self
            .0
            .stdin(Stdio::null())
            .output()
            .expect("the binary starts");
        Ended {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("output is text"),
            error: String::from_utf8(output.stderr).expect("output is text"),
        }
    }
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) error: String,
}

/// The binary, running. Dropped, it is killed.
pub(crate) struct Running {
    child: Child,
    output: Receiver<String>,
    log: Receiver<String>,
    /// `http://localhost:…`.
    pub(crate) base: String,
    /// What it said before it served.
    pub(crate) greeting: Vec<String>,
}

impl Running {
    fn greet(&mut self) {
        while self.base.is_empty() {
            let line = match self.output.recv_timeout(PATIENCE) {
                Ok(line) => line,
                Err(error) => panic!(
                    "it does not say where it listens ({error}): {}",
                    self.logged().join("\n")
                ),
            };
            if let Some(address) = line
                .split_whitespace()
                .find(|word| word.starts_with("http://"))
            {
                self.base = address.trim_end_matches('/').to_owned();
            }
            self.greeting.push(line);
        }
    }

    /// The next line of standard output that holds this.
    pub(crate) fn line_with(&self, part: &str) -> String {
        loop {
            let line = self.output.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|error| panic!("no line with `{part}` ({error})"));
            if line.contains(part) {
                return line;
            }
        }
    }

    /// What it has logged since the last time it was asked.
    pub(crate) fn logged(&self) -> Vec<String> {
        self.log.try_iter().collect()
    }

    pub(crate) fn port(&self) -> u16 {
        self.base
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok())
            .expect("the address has a port")
    }

    /// Asks it to stop, as Ctrl-C (`INT`) or the system (`TERM`) do, and waits for its end.
    pub(crate) fn stop(mut self, signal: &str) -> (Option<i32>, Duration) {
        let start = Instant::now();
        self.signal(signal);
        let status = self.child.wait().expect("its end can be waited for");
        (status.code(), start.elapsed())
    }

    /// Asks it to stop, and gives what it has logged since the last time it was asked.
    pub(crate) fn end(mut self) -> Vec<String> {
        self.signal("TERM");
        self.child.wait().expect("its end can be waited for");
        self.log.iter().collect()
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("its end can be waited for");
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &self.child.id().to_string()])
            .status();
        assert!(sent.expect("`kill` runs").success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- log of hallpass\n{}", self.logged().join("\n"));
        }
    }
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
