//! Starts `interop/smtp-server`: Nodemailer's SMTP server, which fails on request.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};

/// Longer than any step takes; reached only when something is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server; ends with this value.
pub(crate) struct Server {
    process: Child,
    lines: Receiver<Value>,
    pub(crate) port: u16,
    /// Its certificate, for those who are to trust it.
    pub(crate) certificate: String,
}

impl Server {
    /// Starts a server with these options (see `server.mjs`); a certificate for `localhost` is added.
    pub(crate) fn start(mut options: Value) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        options["cert"] = json!(cert.pem());
        options["key"] = json!(signing_key.serialize_pem());
        install();
        let mut process = Command::new("node")
            .arg(folder().join("server.mjs"))
            .arg(options.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`node` does not start: install Node.js 20 or newer, the SMTP tests run a real server with it");
        let lines = read_lines(process.stdout.take().unwrap());
        let mut server = Self {
            process,
            lines,
            port: 0,
            certificate: cert.pem(),
        };
        server.port = server.next("listening")["port"]
            .as_u64()
            .unwrap()
            .try_into()
            .unwrap();
        server
    }

    /// The next event of this kind.
    pub(crate) fn next(&self, event: &str) -> Value {
        loop {
            let line = self
                .lines
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("no `{event}` from the SMTP server"));
            if line["event"] == event {
                return line;
            }
        }
    }

    /// Ends the server and gives all events not asked for before.
    pub(crate) fn stop(mut self) -> Vec<Value> {
        drop(self.process.stdin.take());
        self.process.wait().expect("the server ends");
        std::iter::from_fn(|| self.lines.recv_timeout(PATIENCE).ok()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How many of the events are of this kind.
pub(crate) fn count(events: &[Value], event: &str) -> usize {
    events.iter().filter(|line| line["event"] == event).count()
}

fn read_lines(output: impl std::io::Read + Send + 'static) -> Receiver<Value> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            let line = serde_json::from_str(&line.unwrap()).expect("a JSON object a line");
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../interop/smtp-server")
}

/// `npm ci`, once, by whichever test process comes first.
fn install() {
    let lock = File::create(std::env::temp_dir().join("hallpass-smtp-server.lock")).unwrap();
    lock.lock().unwrap();
    // npm writes this file when everything else stands.
    if folder().join("node_modules/.package-lock.json").exists() {
        return;
    }
    let status = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--silent"])
        .current_dir(folder())
        .status()
        .expect("`npm` does not start: install Node.js 20 or newer, the SMTP tests run a real server with it");
    assert!(status.success(), "`npm ci` failed in interop/smtp-server");
}
