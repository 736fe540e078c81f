//! Starts the programs of `interop/`.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

/// Longer than any step takes on a busy machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The copy of the lock file that `node_modules` was made from; `cargo xtask test` goes by it too.
const STAMP: &str = "node_modules/.installed-lock.json";

const NEEDED: &str =
    "does not start: install Node.js 20 or newer, these tests run real JavaScript packages with it";

/// A running `server.mjs`; it ends with this value, because its standard input ends.
pub(super) struct Node {
    process: Child,
    lines: Receiver<Value>,
    pub(super) port: u16,
}

impl Node {
    /// Starts `interop/NAME/server.mjs` with these options, and waits until it says where it listens.
    pub(super) fn start(name: &str, options: &Value) -> Self {
        let folder = installed(name);
        let mut process = Command::new("node")
            .arg(folder.join("server.mjs"))
            .arg(options.to_string())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("`node` {NEEDED} ({error})"));
        let lines = lines(process.stdout.take().expect("standard output is piped"));
        let mut node = Self {
            process,
            lines,
            port: 0,
        };
        let port = node.next("listening")["port"].as_u64();
        node.port = u16::try_from(port.expect("a port")).expect("a port");
        node
    }

    /// The next event of this kind.
    pub(super) fn next(&self, event: &str) -> Value {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|error| panic!("no `{event}` from node ({error})"));
            if line["event"] == event {
                return line;
            }
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn lines(output: impl std::io::Read + Send + 'static) -> Receiver<Value> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let line = serde_json::from_str(&line).expect("a JSON object a line");
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The folder `interop/NAME` with its packages; `npm ci` and what is to be generated run once, by whichever test comes
/// first.
pub(super) fn installed(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../interop")
        .join(name);
    let lock = std::env::temp_dir().join(format!("hallpass-interop-{name}.lock"));
    let lock = File::create(lock).expect("a lock file can be made");
    lock.lock().expect("the lock can be taken");
    let wanted = std::fs::read(folder.join("package-lock.json")).expect("a lock file");
    let stamp = folder.join(STAMP);
    if !std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        let installed = Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--silent"])
            .current_dir(&folder)
            .status();
        let installed = installed.unwrap_or_else(|error| panic!("`npm` {NEEDED} ({error})"));
        assert!(installed.success(), "`npm ci` failed in interop/{name}");
        std::fs::write(stamp, wanted).expect("the stamp can be written");
    }
    let generate = folder.join("generate.mjs");
    if generate.exists() && !folder.join("node_modules/.generated/done").exists() {
        let generated = Command::new("node").arg(generate).status();
        assert!(
            generated.is_ok_and(|status| status.success()),
            "interop/{name}"
        );
    }
    folder
}
