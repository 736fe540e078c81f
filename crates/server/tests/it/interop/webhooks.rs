//! Webhooks at a receiver that verifies them with the library for Standard Webhooks (`interop/standard-webhooks`).

use std::collections::BTreeMap;
use std::path::Path;

use hallpass::layouts::LayoutChoice;
use hallpass_db::testing::{TestDatabase, databases};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use super::node::Node;
use crate::harness::{Binary, Ended, MailService, Running, Visitor};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLDER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

struct World {
    test: TestDatabase,
    folder: TempDir,
    receiver: Node,
}

impl World {
    async fn all(script: Value) -> Vec<Self> {
        let mut worlds = Vec::new();
        for test in databases().await {
            hallpass::open_layout(&test.address, LayoutChoice::Auto)
                .await
                .unwrap();
            let receiver = Node::start(
                "standard-webhooks",
                &json!({ "secret": SECRET, "script": script }),
            );
            let folder = tempdir().unwrap();
            settings(
                folder.path(),
                &format!("http://127.0.0.1:{}/hook", receiver.port),
            );
            let world = Self {
                test,
                folder,
                receiver,
            };
            let installed = world.run("changes install");
            assert_eq!(installed.code, Some(0), "{}", installed.error);
            worlds.push(world);
        }
        worlds
    }

    fn run(&self, words: &str) -> Ended {
        let arguments: Vec<&str> = words.split(' ').collect();
        Binary::new(&arguments)
            .variable("DATABASE_URL", &self.test.address)
            .directory(self.folder.path())
            .finish()
    }

    fn binary(&self) -> Binary {
        Binary::serve(&self.test.address)
            .variable("HALLPASS_APP", "none")
            .directory(self.folder.path())
    }

    /// Serves, and has begun to tell of what happens.
    async fn serve(&self) -> Running {
        let running = self.binary().start();
        self.begun().await;
        running
    }

    async fn begun(&self) {
        let mut looks = tokio::time::interval(std::time::Duration::from_millis(50));
        while self.is_not_begun().await {
            looks.tick().await;
        }
    }

    async fn is_not_begun(&self) -> bool {
        let name = "SELECT name FROM hallpass_change_reader WHERE name = 'webhook:a'";
        self.test.rows(name).await.is_empty()
    }

    async fn user(&self, statement: &str) {
        let users = match self.test.name {
            "mysql" => "`User`",
            _ => "\"User\"",
        };
        self.test.run(&statement.replace("USERS", users)).await;
    }

    async fn add(&self, id: &str) {
        self.user(&format!(
            "INSERT INTO USERS (id, name) VALUES ('{id}', 'Ada')"
        ))
        .await;
    }
}

fn settings(folder: &Path, url: &str) {
    let text = format!(
        "[webhooks.a]\nurl = '{url}'\nsecrets = ['{SECRET}', '{OLDER}']\nprivate = true\n\
         [webhooks.public]\nurl = 'https://localhost:1/planted'\nsecrets = ['{OLDER}']\nevents = ['user.deleted']\n"
    );
    std::fs::write(folder.join("hallpass.toml"), text).unwrap();
}

#[tokio::test]
async fn what_a_visitor_does_is_told_and_verified_by_the_official_library() {
    let mail = MailService::start().await;
    for world in World::all(json!([])).await {
        let name = world.test.name;
        for strategy in ["database", "jwt"] {
            let running = world
                .binary()
                .variable("AUTH_RESEND_KEY", "re_test")
                .variable("AUTH_RESEND_URL", &mail.url())
                .variable("EMAIL_FROM", "Todos <no-reply@example.com>")
                .variable("AUTH_SESSION_STRATEGY", strategy)
                .start();
            world.begun().await;
            let visitor = Visitor::new(&running.base);
            let address = format!("ann.{strategy}@example.com");
            visitor.ask_for_link(&address).await;
            visitor.get(&mail.newest_link().await).await;
            assert!(visitor.is_signed_in().await, "{name}");
            let created = world.receiver.next("message");
            assert_eq!(created["type"], "user.created", "{name}");
            assert_eq!(created["data"]["primary_email"], address.as_str(), "{name}");
            assert_eq!(
                created["signatures"], 2,
                "{name}: while secrets are rotated"
            );
            let session = next_of(&world.receiver, "session.created");
            assert_eq!(session["data"]["user_id"], created["data"]["id"], "{name}");
            visitor.sign_out().await;
            let revoked = next_of(&world.receiver, "session.revoked");
            assert_eq!(revoked["data"]["id"], session["data"]["id"], "{name}");
            let log = running.end().join("\n");
            assert!(!log.contains(&address), "{name}: {log}");
        }
    }
}

/// Users are changed by a sign-in as well.
fn next_of(receiver: &Node, kind: &str) -> Value {
    loop {
        let message = receiver.next("message");
        if message["type"] == kind {
            return message;
        }
        assert_eq!(message["type"], "user.updated");
    }
}

#[tokio::test]
async fn receivers_that_misbehave_are_told_again_and_hold_up_nobody() {
    let script = json!([
        { "status": 500, "times": 1 },
        { "status": 302, "times": 1 },
        { "drop": true, "times": 1 },
        { "huge": true, "times": 1 },
        { "hang": true, "times": 1 },
    ]);
    // What a receiver does has nothing to do with the database, and its silence takes its time.
    let world = World::all(script).await.swap_remove(0);
    let name = world.test.name;
    let running = world.serve().await;
    let mut ids: Vec<String> = (0..6).map(|place| format!("u{place}")).collect();
    for id in &ids {
        world.add(id).await;
    }
    let mut told: Vec<String> = Vec::new();
    for _ in &ids {
        let message = world.receiver.next("message");
        assert_eq!(message["path"], "/hook", "{name}: no redirect is followed");
        told.push(message["data"]["id"].as_str().unwrap().to_owned());
    }
    told.sort();
    ids.sort();
    assert_eq!(told, ids, "{name}");
    let log = running.end().join("\n");
    let said = log.matches("messages are refused").count();
    assert!((1..=6).contains(&said), "{name}: {log}");
    assert!(!log.contains("Ada"), "{name}: {log}");
}

#[tokio::test]
async fn killed_at_any_moment_everything_arrives_and_in_order_of_each_user() {
    for world in World::all(json!([])).await {
        let name = world.test.name;
        let mut running = world.serve().await;
        const USERS: usize = 12;
        const CHANGES: usize = 5;
        for change in 0..CHANGES {
            for user in 0..USERS {
                let statement = match change {
                    0 => format!("INSERT INTO USERS (id, name) VALUES ('u{user}', '0')"),
                    _ => format!("UPDATE USERS SET name = '{change}' WHERE id = 'u{user}'"),
                };
                world.user(&statement).await;
            }
            // In the middle of whatever it does.
            running.kill();
            // As if the lease and the claims of the dead had ended.
            for past in [
                "UPDATE hallpass_change_worker SET lease_end = '2020-01-01 00:00:00'",
                "UPDATE hallpass_webhook_delivery SET due = '2020-01-01 00:00:00' WHERE state = 'waiting'",
            ] {
                world.test.run(past).await;
            }
            running = world.binary().start();
        }
        let mut seen: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let is_whole = |seen: &BTreeMap<String, Vec<usize>>| {
            seen.len() == USERS
                && seen
                    .values()
                    .all(|names| names.last() == Some(&(CHANGES - 1)))
        };
        while !is_whole(&seen) {
            let message = world.receiver.next("message");
            let id = message["data"]["id"].as_str().unwrap().to_owned();
            let change = message["data"]["display_name"].as_str().unwrap();
            seen.entry(id).or_default().push(change.parse().unwrap());
        }
        for (id, mut changes) in seen {
            assert!(changes.is_sorted(), "{name}: {id}: {changes:?}");
            changes.dedup();
            let all: Vec<usize> = (0..CHANGES).collect();
            assert_eq!(changes, all, "{name}: {id}");
        }
        drop(running);
    }
}

#[tokio::test]
async fn the_commands_test_show_and_send_again() {
    let script = json!([{ "status": 503, "times": 1 }]);
    for world in World::all(script).await {
        let name = world.test.name;
        let refused = world.run("webhooks test a");
        assert_eq!(refused.code, Some(1), "{name}: {}", refused.out);
        assert!(refused.out.contains("503"), "{name}: {}", refused.out);
        let taken = world.run("webhooks test a");
        assert_eq!(taken.code, Some(0), "{name}: {}", taken.out);
        assert_eq!(
            world.receiver.next("message")["type"],
            "webhook.test",
            "{name}"
        );
        // A name of this machine, though the settings speak of the public internet.
        let private = world.run("webhooks test public");
        assert_eq!(private.code, Some(1), "{name}");
        assert!(
            private.out.contains("not public"),
            "{name}: {}",
            private.out
        );
        assert!(!private.out.contains("planted"), "{name}: {}", private.out);
        let unknown = world.run("webhooks test nobody");
        assert!(
            unknown.error.contains("no webhook called"),
            "{name}: {}",
            unknown.error
        );

        assert_eq!(
            world.run("webhooks list").code,
            Some(2),
            "{name}: not begun"
        );
        let running = world.serve().await;
        world.add("u1").await;
        let first = world.receiver.next("message");
        let list = world.run("webhooks list --json");
        let list: Value = serde_json::from_str(&list.out).unwrap();
        assert_eq!(list["webhooks"][0]["name"], "a", "{name}");
        assert_eq!(list["webhooks"][0]["dead"], 0, "{name}");
        assert!(!list.to_string().contains("whsec_"), "{name}: {list}");

        let id = first["id"].as_str().unwrap();
        let mut looks = tokio::time::interval(std::time::Duration::from_millis(50));
        loop {
            let shown = world.run("webhooks deliveries a --state delivered");
            if shown.out.contains(id) {
                assert!(!shown.out.contains("Ada"), "{name}: {}", shown.out);
                break;
            }
            looks.tick().await;
        }
        let again = world.run(&format!("webhooks replay a --message {id}"));
        assert!(again.out.contains("1 messages"), "{name}: {}", again.out);
        assert_eq!(world.receiver.next("message")["id"], id, "{name}");
        assert_eq!(
            world.run("webhooks replay a").code,
            Some(2),
            "{name}: what?"
        );
        let rotated = world.run("webhooks rotate");
        assert!(rotated.out.starts_with("whsec_"), "{name}: {}", rotated.out);
        assert_ne!(rotated.out, world.run("webhooks rotate").out, "{name}");
        drop(running);
    }
}
