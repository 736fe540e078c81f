//! The audit trail of the real binary: who did what, and that nobody changes it unseen.

use std::time::{Duration, Instant};

use hallpass::changes::actor;
use hallpass::layouts::LayoutChoice;
use hallpass_db::testing::{TestDatabase, databases, sqlite};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::harness::{Binary, Ended, MailService, Running, Visitor};

/// Longer than anything takes on a busy machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(90);

const ANN: &str = "ann@example.com";
const TYPED: &str = "planted words that nobody may read";

struct Place {
    test: TestDatabase,
    mail: MailService,
    folder: TempDir,
}

impl Place {
    async fn on(test: TestDatabase) -> Self {
        let layout = LayoutChoice::Auto;
        hallpass::open_layout(&test.address, layout).await.unwrap();
        let place = Self {
            test,
            mail: MailService::start().await,
            folder: tempdir().unwrap(),
        };
        let installed = place.run("changes install");
        assert_eq!(installed.code, Some(0), "{}", installed.error);
        place
    }

    async fn everywhere() -> Vec<Self> {
        let mut places = Vec::new();
        for test in databases().await {
            places.push(Self::on(test).await);
        }
        places
    }

    fn serve(&self) -> Running {
        Binary::serve(&self.test.address)
            .directory(self.folder.path())
            .variable("AUTH_RESEND_KEY", "re_test")
            .variable("AUTH_RESEND_URL", &self.mail.url())
            .variable("EMAIL_FROM", "no-reply@example.com")
            .variable("HALLPASS_APP", "none")
            .variable("HALLPASS_PASSWORD", "true")
            .variable("HALLPASS_CONSOLE_ADMINISTRATORS", "root@example.com")
            .variable("HALLPASS_AUDIT", "true")
            .start()
    }

    fn run(&self, words: &str) -> Ended {
        let arguments: Vec<&str> = words.split(' ').collect();
        Binary::new(&arguments)
            .variable("DATABASE_URL", &self.test.address)
            .variable("AUTH_SECRET", "a-secret-for-tests-of-more-than-32-letters")
            .directory(self.folder.path())
            .finish()
    }

    async fn sign_in(&self, running: &Running, address: &str) -> (Visitor, String) {
        let visitor = Visitor::new(&running.base);
        visitor
            .ask_for_link(address)
            .await
            .assert_shows("Check your email");
        let link = self.mail.newest_link().await;
        visitor.get(&link).await;
        assert!(visitor.is_signed_in().await, "{}", self.test.name);
        (visitor, link)
    }

    /// The entries, the oldest first, by `audit tail`.
    fn entries(&self, more: &str) -> Vec<Value> {
        let tail = self.run(&format!("audit tail --json -n 1000{more}"));
        assert_eq!(tail.code, Some(0), "{}", tail.error);
        tail.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The first entry of this kind with this detail, as soon as it is there.
    async fn entry(&self, kind: &str, detail: (&str, &str)) -> Value {
        self.entry_where(|entry| {
            entry["kind"] == kind && (detail.0.is_empty() || entry["details"][detail.0] == detail.1)
        })
        .await
    }

    async fn entry_where(&self, is_it: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        let mut looks = tokio::time::interval(Duration::from_millis(100));
        loop {
            looks.tick().await;
            let entries = self.entries("");
            if let Some(found) = entries.iter().find(|entry| is_it(entry)) {
                return found.clone();
            }
            let name = self.test.name;
            assert!(start.elapsed() < PATIENCE, "{name}: {entries:?}");
        }
    }
}

async fn try_password(visitor: &Visitor, address: &str) {
    let page = visitor.get("/api/auth/signin").await;
    let token = page.attribute("name=\"csrfToken\"", "value");
    let fields = [
        ("csrfToken", token.as_str()),
        ("email", address),
        ("password", TYPED),
    ];
    visitor.post("/api/auth/callback/password", &fields).await;
}

#[tokio::test]
async fn who_did_what_from_where_is_written_down_and_can_be_proven() {
    for place in Place::everywhere().await {
        let name = place.test.name;
        let running = place.serve();
        let stranger = Visitor::new(&running.base);
        try_password(&stranger, "nobody@example.com").await;
        let failed = place
            .entry("sign-in.failed", ("reason", "unknown-user"))
            .await;
        assert_eq!(failed["client"], "127.0.0.1", "{name}");
        assert_eq!(failed["details"]["provider"], "password", "{name}");
        assert_eq!(failed["subject"]["kind"], "address", "{name}");
        let (ann, link) = place.sign_in(&running, ANN).await;
        let succeeded = place.entry("sign-in.succeeded", ("way", "mail")).await;
        let id = succeeded["actor"].as_str().unwrap().to_owned();
        try_password(&stranger, ANN).await;
        let failed = place
            .entry("sign-in.failed", ("reason", "user-without-password"))
            .await;
        assert_eq!(failed["subject"]["id"], id.as_str(), "{name}");
        assert_eq!(failed["actor"], Value::Null, "{name}");
        stranger.get(&link).await;
        let session = ann.cookie("authjs.session-token").unwrap();
        ann.sign_out().await;
        let out = place.entry("sign-out", ("", "")).await;
        assert_eq!(out["actor"], id.as_str(), "{name}");

        // What another program does to a row, and says who did.
        let users = if name == "mysql" {
            "`User`"
        } else {
            "\"User\""
        };
        let mut tx = place.test.database.begin().await.unwrap();
        actor::set(&mut tx, "support-7").await.unwrap();
        let text = format!("UPDATE {users} SET name = 'planted name'");
        tx.script(&text).await.unwrap();
        actor::clear(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let updated = place
            .entry_where(|entry| entry["actor"] == "support-7")
            .await;
        assert_eq!(updated["kind"], "row.updated", "{name}");
        assert_eq!(
            updated["details"]["columns"],
            serde_json::json!(["name"]),
            "{name}"
        );
        assert_eq!(updated["subject"]["id"], id.as_str(), "{name}");

        let mine = place.entries(&format!(" --user {id}"));
        assert!(mine.iter().all(|entry| entry["actor"] == id.as_str() || entry["subject"]["id"] == id.as_str()));
        assert!(mine.len() >= 3, "{name}: {mine:?}");
        assert_eq!(
            place.entries(" --address nobody@example.com").len(),
            1,
            "{name}"
        );

        // No secret, no address and no name of anybody.
        let token = link
            .split("token=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap();
        let raw = place.test.rows("SELECT * FROM hallpass_audit").await;
        let raw = format!("{raw:?}");
        for secret in [token, &session, TYPED, "planted", "@example.com"] {
            assert!(!raw.contains(secret), "{name}: {secret}");
        }
        let log = running.end().join("\n");
        assert!(log.contains("the end of the audit trail"), "{name}: {log}");
        assert!(!log.contains("stands still"), "{name}: {log}");
        proven(&place).await;
    }
}

/// The chain is sound, here and exported; and what is done to it is found.
async fn proven(place: &Place) {
    let name = place.test.name;
    let sound = place.run("audit verify");
    assert_eq!(sound.code, Some(0), "{name}: {}{}", sound.out, sound.error);
    let machine: Value = serde_json::from_str(&place.run("audit verify --json").out).unwrap();
    let head = machine["head"].as_str().unwrap();
    assert_eq!(
        place.run(&format!("audit verify --head {head}")).code,
        Some(0),
        "{name}"
    );
    let exported = place.run("audit export --output audit.jsonl");
    assert_eq!(exported.code, Some(0), "{name}: {}", exported.error);
    assert!(exported.error.contains(head), "{name}: {}", exported.error);
    assert_eq!(
        place.run("audit export --output audit.jsonl").code,
        Some(1),
        "{name}: never over what is there"
    );
    assert_eq!(
        place.run("audit verify --file audit.jsonl").code,
        Some(0),
        "{name}"
    );
    let elsewhere =
        Binary::new(&["audit", "verify", "--file", "audit.jsonl"]).directory(place.folder.path());
    let without = elsewhere.finish();
    assert_eq!(without.code, Some(1), "{name}");
    assert!(
        without.error.contains("--unsealed"),
        "{name}: {}",
        without.error
    );
    let unsealed = Binary::new(&["audit", "verify", "--file", "audit.jsonl", "--unsealed"]);
    assert_eq!(
        unsealed.directory(place.folder.path()).finish().code,
        Some(0),
        "{name}"
    );
    let part = place.run("audit export --after 2 --output part.jsonl");
    assert_eq!(part.code, Some(0), "{name}: {}", part.error);
    assert_eq!(
        place.run("audit verify --file part.jsonl").code,
        Some(2),
        "{name}"
    );
    assert_eq!(
        place.run("audit verify --file part.jsonl --part").code,
        Some(0),
        "{name}"
    );

    place
        .test
        .run("UPDATE hallpass_audit SET actor = 'somebody' WHERE number = 3")
        .await;
    place
        .test
        .run("DELETE FROM hallpass_audit WHERE number = 5")
        .await;
    let found = place.run("audit verify");
    assert_eq!(found.code, Some(2), "{name}: {}", found.out);
    for part in ["entry 3 was CHANGED", "entry 5 is MISSING"] {
        assert!(found.out.contains(part), "{name}: {}", found.out);
    }
}

#[tokio::test]
async fn what_is_taken_down_is_written_when_the_process_ends_and_goes_on_when_it_was_killed() {
    for place in Place::everywhere().await {
        let name = place.test.name;
        let running = place.serve();
        place.sign_in(&running, ANN).await;
        // Nothing waits for the queue.
        running.stop("TERM");
        assert_eq!(
            place.entries(" --kind sign-in.succeeded").len(),
            1,
            "{name}"
        );
        let running = place.serve();
        place.sign_in(&running, ANN).await;
        running.kill();
        let running = place.serve();
        place.sign_in(&running, ANN).await;
        running.stop("TERM");
        let entries = place.entries(" --kind sign-in.succeeded").len();
        assert!((2..=3).contains(&entries), "{name}: {entries}");
        let sound = place.run("audit verify");
        assert_eq!(sound.code, Some(0), "{name}: {}", sound.out);
    }
}

#[tokio::test]
async fn administrators_read_it_as_a_page_and_as_json_and_nobody_else_does() {
    for place in Place::everywhere().await {
        let name = place.test.name;
        let running = place.serve();
        let (ann, _) = place.sign_in(&running, ANN).await;
        let (root, _) = place.sign_in(&running, "root@example.com").await;
        place.entry("sign-in.succeeded", ("way", "mail")).await;
        for path in ["/console/audit", "/console/audit.json"] {
            let status = async |visitor: &Visitor| visitor.get(path).await.status.as_u16();
            assert_eq!(status(&ann).await, 403, "{name}: {path}");
            let stranger = Visitor::new(&running.base).get(path).await;
            assert!(
                !stranger.body.contains("sign-in.succeeded"),
                "{name}: {path}"
            );
            assert_eq!(status(&root).await, 200, "{name}: {path}");
        }
        let page = root.get("/console/audit?kind=sign-in").await;
        page.assert_shows("sign-in.succeeded");
        page.assert_shows("127.0.0.1");
        assert!(!page.body.contains("<script"), "{name}");
        let sent = root.request(reqwest::Method::GET, "/console/audit.json?limit=2");
        let answer = sent.send().await.unwrap();
        let caching = answer.headers()["cache-control"].to_str().unwrap();
        assert!(caching.contains("no-store"), "{name}: {caching}");
        let read = async |path: &str| root.get_json(&format!("/console/audit.json{path}")).await;
        let newest = read("?limit=2").await;
        assert_eq!(newest["entries"].as_array().unwrap().len(), 2, "{name}");
        assert_eq!(newest["more"], true, "{name}");
        let oldest = read("?after=0&limit=3").await;
        assert_eq!(oldest["entries"][0]["kind"], "audit.began", "{name}");
        assert_eq!(oldest["entries"][2]["number"], 3, "{name}");
        let none = read("?kind=%25").await;
        assert_eq!(none["entries"], serde_json::json!([]), "{name}");
        for odd in ["?limit=-1", "?limit=99999999999", "?user=%00'", "?before=0"] {
            let answer = root.get(&format!("/console/audit.json{odd}")).await;
            assert_eq!(answer.status.as_u16(), 200, "{name}: {odd}");
        }
        let wrong = root.get("/console/audit.json?after=x").await;
        assert_eq!(wrong.status.as_u16(), 400, "{name}");
        // Who looked stands in it, too.
        let looked = place.entry("console.looked", ("page", "audit")).await;
        assert!(looked["actor"].is_string(), "{name}");
    }
}

#[tokio::test]
async fn without_the_setting_nothing_is_kept_and_commands_say_so() {
    let place = Place::on(sqlite().await).await;
    for command in ["audit tail", "audit verify", "audit export"] {
        let ended = place.run(command);
        assert_eq!(ended.code, Some(1), "{command}");
        assert!(
            ended.error.contains("HALLPASS_AUDIT=true"),
            "{command}: {}",
            ended.error
        );
    }
    let running = Binary::serve(&place.test.address)
        .variable("HALLPASS_APP", "none")
        .start();
    drop(running);
    let tables = place
        .test
        .rows("SELECT name FROM sqlite_schema WHERE name LIKE 'hallpass_audit%'")
        .await;
    assert!(tables.is_empty(), "{tables:?}");
}

#[tokio::test]
async fn what_people_do_to_their_account_is_said_to_be_theirs() {
    for place in Place::everywhere().await {
        let name = place.test.name;
        let running = place.serve();
        let (ann, _) = place.sign_in(&running, ANN).await;
        let page = ann.get("/api/auth/account").await;
        let token = page.attribute("name=\"csrfToken\"", "value");
        let fields = [("csrfToken", token.as_str()), ("name", "Ann")];
        let named = ann.post("/api/auth/account/name", &fields).await;
        named.assert_shows("Your name is changed");
        let fields = [("csrfToken", token.as_str())];
        let gone = ann.post("/api/auth/account/delete", &fields).await;
        gone.assert_shows("Account deleted");

        let id = place.entry("user.deleted", ("", "")).await["actor"].clone();
        let text =
            "SELECT operation, actor FROM hallpass_change WHERE table_name = 'User' ORDER BY seq";
        let mut told = Vec::new();
        for row in place.test.rows(text).await {
            let words: Vec<_> = row.iter().map(text_of).collect();
            told.push((words[0].clone().unwrap(), words[1].clone()));
        }
        let ann = id.as_str().map(str::to_owned);
        assert!(ann.is_some(), "{name}");
        let first = ("insert".to_owned(), None);
        assert_eq!(told.first(), Some(&first), "{name}: {told:?}");
        let last = ("delete".to_owned(), ann.clone());
        assert_eq!(told.last(), Some(&last), "{name}: {told:?}");
        let updates: Vec<_> = told.iter().filter(|one| one.0 == "update").collect();
        assert!(!updates.is_empty(), "{name}");
        assert!(updates.iter().all(|one| one.1 == ann), "{name}: {told:?}");
        // In the trail too, and what another program writes over the same connections is nobody's.
        let row = place.entry("row.deleted", ("", "")).await;
        assert_eq!(row["actor"], id, "{name}");
    }
}

fn text_of(value: &hallpass::data::Value) -> Option<String> {
    match value {
        hallpass::data::Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}
