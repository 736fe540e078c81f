//! `hallpass serve` tells other databases of users, and keeps the change log small.

use std::time::{Duration, Instant};

use hallpass::layouts::LayoutChoice;
use hallpass_db::testing::{TestDatabase, databases};
use tempfile::tempdir;

use crate::harness::{Binary, Ended, Running};

/// Longer than anything takes on a busy machine, the end of a lease included; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(90);

/// A source whose users are tracked, and a target of another kind.
struct Pair {
    name: String,
    source: TestDatabase,
    target: TestDatabase,
}

impl Pair {
    async fn all() -> Vec<Self> {
        let mut targets = databases().await;
        targets.rotate_left(1);
        let mut pairs = Vec::new();
        for (source, target) in databases().await.into_iter().zip(targets) {
            hallpass::open_layout(&source.address, LayoutChoice::Auto)
                .await
                .unwrap();
            let pair = Self {
                name: format!("{} to {}", source.name, target.name),
                source,
                target,
            };
            let installed = pair.run("changes install");
            assert_eq!(installed.code, Some(0), "{}", installed.error);
            pairs.push(pair);
        }
        pairs
    }

    fn targets(&self) -> String {
        format!("other={}", self.target.address)
    }

    fn run(&self, words: &str) -> Ended {
        let arguments: Vec<&str> = words.split(' ').collect();
        let folder = tempdir().unwrap();
        Binary::new(&arguments)
            .variable("DATABASE_URL", &self.source.address)
            .variable("HALLPASS_SYNC_TARGETS", &self.targets())
            .directory(folder.path())
            .finish()
    }

    fn serve(&self, targets: &str) -> Running {
        Binary::serve(&self.source.address)
            .variable("HALLPASS_APP", "none")
            .variable("HALLPASS_SYNC_TARGETS", targets)
            .start()
    }

    async fn add(&self, id: &str) {
        let users = if self.source.name == "mysql" {
            "`User`"
        } else {
            "\"User\""
        };
        let text = format!("INSERT INTO {users} (id, name) VALUES ('{id}', 'Ada')");
        self.source.run(&text).await;
    }

    /// What the target says of it, `None` while there is no table.
    async fn told(&self, id: &str) -> bool {
        let (tables, table) = match self.target.name {
            "postgres" => (
                "pg_class WHERE relname = 'users_sync'",
                "neon_auth.users_sync",
            ),
            "mysql" => (
                "information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'neon_auth_users_sync'",
                "neon_auth_users_sync",
            ),
            _ => (
                "sqlite_schema WHERE name = 'neon_auth_users_sync'",
                "neon_auth_users_sync",
            ),
        };
        let has = |rows: Vec<Vec<_>>| !rows.is_empty();
        has(self.target.rows(&format!("SELECT 1 FROM {tables}")).await)
            && has(self
                .target
                .rows(&format!("SELECT id FROM {table} WHERE id = '{id}'"))
                .await)
    }

    async fn is_told_soon(&self, id: &str) {
        let start = Instant::now();
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        while !self.told(id).await {
            assert!(start.elapsed() < PATIENCE, "{}: {id}", self.name);
            looks.tick().await;
        }
    }

    fn status(&self) -> serde_json::Value {
        serde_json::from_str(&self.run("sync status --json").out).unwrap()
    }

    /// The status, once it says this of the target.
    async fn status_with(&self, part: &str, value: serde_json::Value) -> serde_json::Value {
        let start = Instant::now();
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        loop {
            looks.tick().await;
            let status = self.status();
            if status["targets"][0].pointer(part) == Some(&value) {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "{}: {status}", self.name);
        }
    }
}

#[tokio::test]
async fn users_are_told_of_in_another_database_while_it_serves() {
    for pair in Pair::all().await {
        let name = &pair.name;
        pair.add("before").await;
        assert_eq!(pair.run("sync status").code, Some(2), "{name}: not begun");
        let one = pair.serve(&pair.targets());
        let other = pair.serve(&pair.targets());
        pair.is_told_soon("before").await;
        pair.add("after").await;
        pair.is_told_soon("after").await;
        let status = pair.status_with("/behind", 0.into()).await;
        assert_eq!(status["targets"][0]["sound"], true, "{name}: {status}");
        assert_eq!(status["sound"], true, "{name}: {status}");
        let told = pair.run("sync status");
        assert_eq!(told.code, Some(0), "{name}");
        assert!(
            told.out.contains("Target other: followed"),
            "{name}: {}",
            told.out
        );
        // Who ends gives the work to the other at once.
        for (ended, id) in [(one, "third"), (other, "fourth")] {
            let log = ended.end().join("\n");
            assert!(!log.contains("stands still"), "{name}: {log}");
            if id == "third" {
                pair.add(id).await;
                pair.is_told_soon(id).await;
            }
        }
        let nobody = pair.run("sync status");
        assert_eq!(nobody.code, Some(2), "{name}");
        assert!(
            nobody.out.contains("followed by nobody"),
            "{name}: {}",
            nobody.out
        );
    }
}

#[tokio::test]
async fn another_process_goes_on_for_one_that_was_killed() {
    let pair = Pair::all().await.swap_remove(0);
    let one = pair.serve(&pair.targets());
    pair.add("u1").await;
    pair.is_told_soon("u1").await;
    let other = pair.serve(&pair.targets());
    one.kill();
    pair.add("u2").await;
    pair.is_told_soon("u2").await;
    drop(other);
}

#[tokio::test]
async fn a_target_that_is_away_delays_nobody_and_is_said_once() {
    for pair in Pair::all().await {
        let name = &pair.name;
        let targets = format!("away=postgres://u:planted@127.0.0.1:1/d {}", pair.targets());
        let running = pair.serve(&targets);
        for id in ["u1", "u2"] {
            pair.add(id).await;
            pair.is_told_soon(id).await;
        }
        let log = running.end();
        let said: Vec<_> = log
            .iter()
            .filter(|line| line.contains("stands still"))
            .collect();
        assert_eq!(said.len(), 1, "{name}: {said:?}");
        assert!(said[0].contains("sync:away"), "{name}: {said:?}");
        assert!(!log.join("\n").contains("planted"), "{name}");
    }
}

#[tokio::test]
async fn what_stands_still_says_why_and_goes_on_by_itself() {
    for pair in Pair::all().await {
        let name = &pair.name;
        let running = pair.serve(&pair.targets());
        pair.add("u1").await;
        pair.is_told_soon("u1").await;
        pair.target
            .run("ALTER TABLE hallpass_sync_cursor RENAME TO elsewhere")
            .await;
        pair.add("u2").await;
        let status = pair.status_with("/failing/why", "refused".into()).await;
        assert_eq!(status["targets"][0]["sound"], false, "{name}");
        let told = pair.run("sync status");
        assert!(told.out.contains("STANDS STILL"), "{name}: {}", told.out);
        // What it had made anew meanwhile, it finds again.
        let gone = pair.target.run("DROP TABLE IF EXISTS hallpass_sync_cursor");
        gone.await;
        pair.target
            .run("ALTER TABLE elsewhere RENAME TO hallpass_sync_cursor")
            .await;
        pair.is_told_soon("u2").await;
        pair.status_with("/failing", serde_json::Value::Null).await;
        let log = running.end().join("\n");
        assert!(log.contains("goes on"), "{name}: {log}");
    }
}

#[tokio::test]
async fn what_is_lost_is_told_anew_when_somebody_says_so() {
    for pair in Pair::all().await {
        let name = &pair.name;
        let running = pair.serve(&pair.targets());
        pair.add("u1").await;
        pair.is_told_soon("u1").await;
        running.stop("TERM");
        pair.add("u2").await;
        let folder = tempdir().unwrap();
        let clean = Binary::new(&["changes", "clean", "--past", "sync:other"])
            .variable("DATABASE_URL", &pair.source.address)
            .variable("HALLPASS_CHANGES_KEEP", "1s")
            .variable("HALLPASS_CHANGES_MOST", "1")
            .directory(folder.path());
        pair.add("u3").await;
        assert_eq!(clean.finish().code, Some(0), "{name}");
        assert!(pair.run("sync status").out.contains("LOST"), "{name}");
        let unknown = pair.run("sync restart nobody");
        assert_eq!(unknown.code, Some(1), "{name}");
        assert!(
            unknown.error.contains("no target"),
            "{name}: {}",
            unknown.error
        );
        let again = pair.run("sync restart other");
        assert_eq!(again.code, Some(0), "{name}: {}", again.error);
        let running = pair.serve(&pair.targets());
        for id in ["u1", "u2", "u3"] {
            pair.is_told_soon(id).await;
        }
        drop(running);
        // A target that is taken from the settings holds nothing once somebody says so.
        assert!(
            pair.run("changes status").out.contains("sync:other"),
            "{name}"
        );
        let forgotten = pair.run("changes forget sync:other");
        assert_eq!(forgotten.code, Some(0), "{name}: {}", forgotten.error);
        assert!(
            !pair.run("changes status").out.contains("sync:other"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_target_is_held_against_the_users_and_mended() {
    for pair in Pair::all().await {
        let name = &pair.name;
        let early = pair.run("sync verify --target other");
        assert_eq!(early.code, Some(1), "{name}: {}", early.out);
        assert!(
            early.error.contains("hallpass serve"),
            "{name}: {}",
            early.error
        );
        let running = pair.serve(&pair.targets());
        for id in ["u1", "u2"] {
            pair.add(id).await;
            pair.is_told_soon(id).await;
        }
        let table = match pair.target.name {
            "postgres" => "neon_auth.users_sync",
            _ => "neon_auth_users_sync",
        };
        pair.target
            .run(&format!("DELETE FROM {table} WHERE id = 'u1'"))
            .await;
        let strange = format!("INSERT INTO {table} (raw_json) VALUES ('{{\"id\":\"planted\"}}')");
        pair.target.run(&strange).await;
        let verified = pair.run("sync verify --target other");
        assert_eq!(
            verified.code,
            Some(2),
            "{name}: {}{}",
            verified.out,
            verified.error
        );
        for part in [
            "2 users here",
            "1 users are not told of",
            "1 rows tell of people",
        ] {
            assert!(verified.out.contains(part), "{name}: {}", verified.out);
        }
        assert!(
            !verified.out.contains("planted"),
            "{name}: {}",
            verified.out
        );
        let repaired = pair.run("sync repair --target other");
        assert_eq!(repaired.code, Some(0), "{name}: {}", repaired.error);
        assert!(
            repaired.out.contains("wrote 2 rows"),
            "{name}: {}",
            repaired.out
        );
        let verified = pair.run("sync verify --target other");
        assert_eq!(verified.code, Some(0), "{name}: {}", verified.out);
        let unknown = pair.run("sync repair --target nobody");
        assert_eq!(unknown.code, Some(1), "{name}");
        assert!(
            unknown.error.contains("no target"),
            "{name}: {}",
            unknown.error
        );
        drop(running);
    }
}

#[tokio::test]
async fn the_log_is_kept_small_while_it_serves() {
    for pair in Pair::all().await {
        let name = &pair.name;
        for id in ["u1", "u2", "u3", "u4"] {
            pair.add(id).await;
        }
        let running = Binary::serve(&pair.source.address)
            .variable("HALLPASS_APP", "none")
            .variable("HALLPASS_CHANGES_MOST", "1")
            .start();
        let start = Instant::now();
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        loop {
            looks.tick().await;
            let rows = pair
                .source
                .rows("SELECT count(*) FROM hallpass_change")
                .await;
            if rows == [[1.into()]] {
                break;
            }
            assert!(start.elapsed() < PATIENCE, "{name}: {rows:?}");
        }
        drop(running);
    }
}

#[tokio::test]
async fn without_a_change_log_it_serves_and_says_what_is_missing() {
    for pair in Pair::all().await {
        let name = &pair.name;
        assert_eq!(
            pair.run("changes uninstall --drop-log").code,
            Some(0),
            "{name}"
        );
        let running = pair.serve(&pair.targets());
        let status = pair.status_with("/failing/why", "not-installed".into());
        status.await;
        assert_eq!(pair.run("changes install").code, Some(0), "{name}");
        pair.add("u1").await;
        pair.is_told_soon("u1").await;
        drop(running);
    }
}

/// The measurements of one process, and where they are.
async fn measured(address: &str) -> String {
    let answer = reqwest::get(format!("{address}/metrics")).await.unwrap();
    assert_eq!(answer.status(), 200);
    let kind = answer.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    answer.text().await.unwrap()
}

#[tokio::test]
async fn measurements_tell_lag_and_failures_and_nothing_of_anybody() {
    for pair in Pair::all().await {
        let name = &pair.name;
        let targets = format!("away=postgres://u:planted@127.0.0.1:1/d {}", pair.targets());
        let running = Binary::serve(&pair.source.address)
            .variable("HALLPASS_APP", "none")
            .variable("HALLPASS_SYNC_TARGETS", &targets)
            .variable("HALLPASS_METRICS_LISTEN", "127.0.0.1:0")
            .start();
        pair.add("u1").await;
        pair.is_told_soon("u1").await;
        let log = running.logged().join("\n");
        let address = log
            .split_whitespace()
            .find_map(|word| word.strip_suffix("/metrics"))
            .unwrap_or_else(|| panic!("{name}: {log}"))
            .to_owned();
        let start = Instant::now();
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        let text = loop {
            looks.tick().await;
            let text = measured(&address).await;
            let parts = [
                "hallpass_database_up 1\n",
                "hallpass_changes_installed 1\n",
                "hallpass_changes_position 1\n",
                "hallpass_reader_lag_changes{reader=\"sync:other\"} 0\n",
                "hallpass_reader_lag_seconds{reader=\"sync:other\"} 0\n",
                "hallpass_reader_lost{reader=\"sync:other\"} 0\n",
                "hallpass_sync_refused_users{target=\"other\"} 0\n",
                "hallpass_worker_held{worker=\"sync:other\"} 1\n",
                "hallpass_worker_failing{worker=\"sync:away\",reason=\"away\"} 1\n",
            ];
            if parts.iter().all(|part| text.contains(part)) {
                break text;
            }
            assert!(start.elapsed() < PATIENCE, "{name}: {text}");
        };
        for secret in ["planted", "127.0.0.1", "Ada", "u1"] {
            assert!(!text.contains(secret), "{name}: {text}");
        }
        // Not where everybody is.
        let page = reqwest::get(format!("{}/metrics", running.base))
            .await
            .unwrap();
        assert_eq!(page.status(), 404, "{name}");
        drop(running);
    }
}
