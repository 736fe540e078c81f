//! Webhooks: what is queued, in which order it is sent, and what becomes of what is refused.

use std::time::Duration;

use hallpass_db::testing::databases;
use serde_json::{Value as Json, json};

use super::world::schema;
use crate::webhooks::{
    ATTEMPTS, Answer, Delivery, EventKind, LONGEST_ASKED, Replay, State, Webhook,
};
use crate::{Changes, ChangesError, Tracking};
use hallpass_db::testing::TestDatabase;
use hallpass_zmodel::Schema;

const SCHEMA: &str = r#"
model User {
  id       String    @id
  name     String?
  email    String?
  bio      String?
  secret   String?
  accounts Account[]

  @@map("users")
}

model Account {
  userId            String @map("user_id")
  type              String
  provider          String
  providerAccountId String @map("provider_account_id")
  access_token      String?
  user              User   @relation(fields: [userId], references: [id], onDelete: Cascade)

  @@id([provider, providerAccountId])
  @@map("accounts")
}
"#;

const TABLES: [&str; 3] = [
    "CREATE TABLE users (id varchar(191) PRIMARY KEY NOT NULL, name varchar(191), email varchar(191), bio TEXT, \
     secret varchar(191))",
    "CREATE TABLE accounts (user_id varchar(191) NOT NULL, type varchar(64) NOT NULL, provider varchar(64) NOT NULL, \
     provider_account_id varchar(64) NOT NULL, access_token varchar(191), PRIMARY KEY (provider, provider_account_id))",
    "CREATE TABLE hallpass_session (session_key varchar(64) PRIMARY KEY NOT NULL, public_id varchar(64) NOT NULL, \
     user_id varchar(255) NOT NULL, strategy varchar(16) NOT NULL, created MOMENT, last_seen MOMENT, \
     expires MOMENT NOT NULL, network varchar(64), provider varchar(255))",
];

struct World {
    test: TestDatabase,
    changes: Changes,
    schema: Schema,
}

impl World {
    async fn all() -> Vec<Self> {
        let mut worlds = Vec::new();
        for test in databases().await {
            let moment = match test.name {
                "postgres" => "timestamp(3)",
                "mysql" => "datetime(3)",
                _ => "text",
            };
            for statement in TABLES {
                let text = statement.replace("MOMENT", moment);
                let text = match test.name {
                    "mysql" => text.replace("bio TEXT", "bio longtext"),
                    _ => text,
                };
                test.run(&text).await;
            }
            let world = Self {
                changes: Changes::of(&test.database),
                schema: schema(SCHEMA),
                test,
            };
            world.install().await;
            worlds.push(world);
        }
        worlds
    }

    async fn install(&self) {
        let events: Vec<_> = EventKind::all().collect();
        let named = Tracking::needed_for(&self.schema, &events);
        assert_eq!(named, ["Account"]);
        let tracking = self.changes.tracking(&self.schema, &named).await.unwrap();
        let tracking = self.changes.with_sessions(tracking).await.unwrap();
        self.changes.install(&tracking).await.unwrap();
    }

    async fn webhook(&self, events: &[EventKind]) -> Webhook {
        let log = self.changes.log();
        Webhook::open(&log, &self.schema, "e", events)
            .await
            .unwrap()
    }

    async fn all_events(&self) -> Webhook {
        let events: Vec<_> = EventKind::all().collect();
        self.webhook(&events).await
    }

    async fn run(&self, text: &str) {
        self.test.run(text).await;
    }

    async fn user(&self, id: &str) {
        self.run(&format!(
            "INSERT INTO users (id, name) VALUES ('{id}', 'Ada')"
        ))
        .await;
    }

    /// As if time had passed.
    async fn make_due(&self) {
        self.make_old("due").await;
    }

    async fn make_old(&self, column: &str) {
        let moment = match self.test.name {
            "sqlite" => "2020-01-01T00:00:00.000Z",
            _ => "2020-01-01 00:00:00",
        };
        let text = format!(
            "UPDATE hallpass_webhook_delivery SET {column} = '{moment}' WHERE {column} IS NOT NULL"
        );
        self.run(&text).await;
    }

    async fn states(&self) -> Vec<(String, String)> {
        let listed = self
            .changes
            .deliveries()
            .list("e", None, 100)
            .await
            .unwrap();
        let pairs = listed.into_iter().rev().map(|one| (one.subject, one.state));
        pairs.collect()
    }
}

/// What is queued now, as types and data.
async fn gathered(webhook: &Webhook) -> Vec<(String, Json)> {
    while webhook.gather().await.unwrap() {}
    let mut all = Vec::new();
    loop {
        let claimed = webhook.claim(100).await.unwrap();
        if claimed.is_empty() {
            return all;
        }
        for one in claimed {
            let payload: Json = serde_json::from_str(&one.payload).unwrap();
            assert!(payload["timestamp"].is_string());
            all.push((
                payload["type"].as_str().unwrap().to_owned(),
                payload["data"].clone(),
            ));
            webhook.settle(&one, &taken(), 0).await.unwrap();
        }
    }
}

fn taken() -> Answer {
    Answer::Taken("200".to_owned())
}

fn refused() -> Answer {
    Answer::Refused("500".to_owned())
}

fn types(events: &[(String, Json)]) -> Vec<&str> {
    events.iter().map(|(kind, _)| kind.as_str()).collect()
}

#[tokio::test]
async fn users_accounts_and_sessions_become_events() {
    for world in World::all().await {
        let name = world.test.name;
        world.user("before").await;
        let webhook = world.all_events().await;
        for statement in [
            "INSERT INTO users (id, name, email, secret) VALUES ('u1', 'Ada', 'ada@example.com', 'planted')",
            "UPDATE users SET name = 'Eve' WHERE id = 'u1'",
            "INSERT INTO accounts VALUES ('u1', 'oauth', 'github', '7', 'planted')",
            "UPDATE accounts SET access_token = 'planted-too'",
            "INSERT INTO hallpass_session (session_key, public_id, user_id, strategy, created, expires, network, provider) \
             VALUES ('planted', 's1', 'u1', 'database', '2026-01-01 00:00:00', '2999-01-01 00:00:00', 'planted', 'github')",
            "UPDATE hallpass_session SET last_seen = '2026-01-02 00:00:00', expires = '2999-02-01 00:00:00'",
            "DELETE FROM hallpass_session",
            "INSERT INTO hallpass_session (session_key, public_id, user_id, strategy, expires) \
             VALUES ('planted', 's2', 'u1', 'jwt', '2020-01-01 00:00:00')",
            "DELETE FROM hallpass_session",
            "DELETE FROM accounts",
            "DELETE FROM users WHERE id = 'u1'",
        ] {
            world.run(statement).await;
        }
        let events = gathered(&webhook).await;
        assert_eq!(
            types(&events),
            [
                "user.created",
                "user.updated",
                "account.linked",
                "session.created",
                "session.revoked",
                "session.created",
                "account.unlinked",
                "user.deleted",
            ],
            "{name}"
        );
        let [created, updated, linked, session, .., deleted] = events.as_slice() else {
            panic!("{name}: {events:?}");
        };
        assert_eq!(created.1["primary_email"], "ada@example.com", "{name}");
        assert_eq!(
            (&updated.1["id"], &updated.1["display_name"]),
            (&"u1".into(), &"Eve".into())
        );
        let account = json!({
            "user_id": "u1", "type": "oauth", "provider": "github", "provider_account_id": "7",
        });
        assert_eq!(linked.1, account, "{name}");
        let expected = json!({
            "id": "s1", "user_id": "u1", "provider": "github",
            "created_at": "2026-01-01T00:00:00Z", "expires_at": "2999-01-01T00:00:00Z",
        });
        assert_eq!(session.1, expected, "{name}");
        assert_eq!(deleted.1, json!({ "id": "u1" }), "{name}");
        let whole = format!("{events:?}");
        assert!(!whole.contains("planted"), "{name}: {whole}");
        let rows = world.test.rows("SELECT * FROM hallpass_change").await;
        assert!(!format!("{rows:?}").contains("planted"), "{name}: {rows:?}");
    }
}

#[tokio::test]
async fn an_endpoint_is_told_what_it_asks_for_alone() {
    for world in World::all().await {
        let name = world.test.name;
        let webhook = world.webhook(&[EventKind::UserDeleted]).await;
        world.user("u1").await;
        world.run("DELETE FROM users").await;
        assert_eq!(types(&gathered(&webhook).await), ["user.deleted"], "{name}");
    }
}

#[tokio::test]
async fn what_is_too_long_for_the_log_is_asked_of_the_table() {
    for world in World::all().await {
        let name = world.test.name;
        let webhook = world.webhook(&[EventKind::UserUpdated]).await;
        for id in ["u1", "u2"] {
            world.user(id).await;
        }
        let long = "x".repeat(300 * 1024);
        world
            .run(&format!("UPDATE users SET name = 'Eve', bio = '{long}'"))
            .await;
        world.run("DELETE FROM users WHERE id = 'u2'").await;
        let events = gathered(&webhook).await;
        assert_eq!(types(&events), ["user.updated"], "{name}");
        assert_eq!(events[0].1["display_name"], "Eve", "{name}");
    }
}

#[tokio::test]
async fn of_each_user_one_after_the_other_and_users_do_not_wait_for_each_other() {
    for world in World::all().await {
        let name = world.test.name;
        let webhook = world.all_events().await;
        for id in ["u1", "u2"] {
            world.user(id).await;
            world
                .run(&format!("UPDATE users SET name = 'Eve' WHERE id = '{id}'"))
                .await;
        }
        webhook.gather().await.unwrap();
        let claimed = webhook.claim(100).await.unwrap();
        let kinds = |claimed: &[Delivery]| -> Vec<bool> {
            let created = claimed
                .iter()
                .map(|one| one.payload.contains("user.created"));
            created.collect()
        };
        assert_eq!(kinds(&claimed), [true, true], "{name}");
        // Nobody else gets what is being sent, nor what stands behind it.
        assert_eq!(webhook.claim(100).await.unwrap(), [], "{name}");
        webhook.settle(&claimed[0], &refused(), 0).await.unwrap();
        webhook.settle(&claimed[1], &taken(), 0).await.unwrap();
        let next = webhook.claim(100).await.unwrap();
        assert_eq!(kinds(&next), [false], "{name}: the second user goes on");
        webhook.settle(&next[0], &taken(), 0).await.unwrap();
        let due =
            "SELECT count(*) FROM hallpass_webhook_delivery WHERE state = 'waiting' AND due < ";
        let now = match name {
            "postgres" => "clock_timestamp()",
            "mysql" => "UTC_TIMESTAMP(6)",
            _ => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        };
        let due = world.test.rows(&format!("{due}{now}")).await;
        assert_eq!(
            due,
            [[0.into()]],
            "{name}: what stands behind is not looked at"
        );
        world.make_due().await;
        let again = webhook.claim(100).await.unwrap();
        assert_eq!(
            kinds(&again),
            [true],
            "{name}: the first begins where it was"
        );
        assert_eq!(
            (again[0].attempt, &again[0].message),
            (2, &claimed[0].message)
        );
    }
}

#[tokio::test]
async fn who_died_or_was_too_slow_loses_nothing_and_decides_nothing() {
    for world in World::all().await {
        let name = world.test.name;
        let webhook = world.all_events().await;
        world.user("u1").await;
        webhook.gather().await.unwrap();
        let first = webhook.claim(1).await.unwrap().remove(0);
        world.make_due().await;
        let second = webhook.claim(1).await.unwrap().remove(0);
        assert_eq!((first.attempt, second.attempt), (1, 2), "{name}");
        // The first one comes back from the dead.
        webhook.settle(&first, &taken(), 0).await.unwrap();
        assert_eq!(world.states().await[0].1, "waiting", "{name}");
        webhook.settle(&second, &taken(), 0).await.unwrap();
        assert_eq!(world.states().await[0].1, "delivered", "{name}");
    }
}

#[tokio::test]
async fn two_processes_queue_once_and_claim_once() {
    for world in World::all().await {
        let name = world.test.name;
        let (one, other) = (world.all_events().await, world.all_events().await);
        for place in 0..20 {
            world.user(&format!("u{place}")).await;
        }
        let (first, second) = tokio::join!(one.gather(), other.gather());
        for gathered in [first, second] {
            let is_fine = matches!(gathered, Ok(_) | Err(ChangesError::Moved { .. }))
                || gathered.is_err_and(|error| error.failing().is_some());
            assert!(is_fine, "{name}");
        }
        while one.gather().await.unwrap() {}
        assert_eq!(world.states().await.len(), 20, "{name}");
        let (first, second) = tokio::join!(one.claim(20), other.claim(20));
        let claimed = first.unwrap().len() + second.unwrap().len();
        assert_eq!(claimed, 20, "{name}");
    }
}

#[tokio::test]
async fn what_is_refused_for_three_days_is_dead_and_can_be_replayed() {
    for world in World::all().await {
        let name = world.test.name;
        let webhook = world.all_events().await;
        world.user("u1").await;
        world.run("DELETE FROM users").await;
        webhook.gather().await.unwrap();
        for attempt in 1..=ATTEMPTS {
            world.make_due().await;
            let one = webhook.claim(10).await.unwrap().remove(0);
            assert_eq!(one.attempt, attempt, "{name}");
            let state = webhook.settle(&one, &refused(), 9).await.unwrap();
            let expected = if attempt == ATTEMPTS {
                State::Dead
            } else {
                State::Waiting
            };
            assert_eq!(state, expected, "{name}: {attempt}");
        }
        let deliveries = world.changes.deliveries();
        let counts = deliveries.counts().await.unwrap();
        assert_eq!((counts[0].waiting, counts[0].dead), (1, 1), "{name}");
        // The next one of the same user goes on.
        let next = webhook.claim(10).await.unwrap();
        assert!(next[0].payload.contains("user.deleted"), "{name}");
        webhook.settle(&next[0], &taken(), 0).await.unwrap();

        let dead = deliveries.list("e", Some(State::Dead), 10).await.unwrap();
        assert_eq!(
            (dead.len(), dead[0].answer.as_deref()),
            (1, Some("500")),
            "{name}"
        );
        assert_eq!(
            deliveries.replay("other", &Replay::Dead).await.unwrap(),
            0,
            "{name}"
        );
        assert_eq!(
            deliveries.replay("e", &Replay::Dead).await.unwrap(),
            1,
            "{name}"
        );
        let again = webhook.claim(10).await.unwrap();
        assert_eq!(
            (&again[0].message, again[0].attempt),
            (&dead[0].message, 1),
            "{name}"
        );
        webhook.settle(&again[0], &taken(), 0).await.unwrap();
        let message = Replay::Message(next[0].message.clone());
        assert_eq!(deliveries.replay("e", &message).await.unwrap(), 1, "{name}");
        assert_eq!(webhook.claim(10).await.unwrap().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn what_is_asked_for_is_waited_for_within_bounds() {
    for world in World::all().await {
        let name = world.test.name;
        let webhook = world.all_events().await;
        world.user("u1").await;
        webhook.gather().await.unwrap();
        let one = webhook.claim(1).await.unwrap().remove(0);
        // Five seconds without it; a year of what a broken clock asks for is a day.
        let asked = Answer::Later("503".to_owned(), Duration::from_secs(365 * 86_400));
        let state = webhook.settle(&one, &asked, 0).await.unwrap();
        assert_eq!(state, State::Waiting, "{name}");
        let deliveries = world.changes.deliveries();
        let listed = deliveries.list("e", None, 1).await.unwrap().remove(0);
        let now = match name {
            "postgres" => "SELECT clock_timestamp()",
            "mysql" => "SELECT UTC_TIMESTAMP(6)",
            _ => "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        };
        let now = world.test.rows(now).await.remove(0).remove(0);
        let now = crate::log::moment_of(&now).unwrap();
        let waits = Duration::try_from(listed.due.duration_since(now)).unwrap();
        assert!(
            waits > LONGEST_ASKED - Duration::from_secs(60),
            "{name}: {waits:?}"
        );
        assert!(waits <= LONGEST_ASKED, "{name}: {waits:?}");
        assert_eq!(listed.answer.as_deref(), Some("503"), "{name}");
    }
}

#[tokio::test]
async fn who_is_gone_is_told_no_more_until_somebody_says_so() {
    for world in World::all().await {
        let name = world.test.name;
        let webhook = world.all_events().await;
        let deliveries = world.changes.deliveries();
        assert!(!webhook.is_disabled().await.unwrap(), "{name}");
        assert!(!deliveries.enable("e").await.unwrap(), "{name}");
        for id in ["u1", "u2"] {
            world.user(id).await;
        }
        webhook.gather().await.unwrap();
        let claimed = webhook.claim(2).await.unwrap();
        for one in &claimed {
            // Two answers at the same moment say it once.
            let gone = Answer::Gone("410".to_owned());
            let state = webhook.settle(one, &gone, 0).await.unwrap();
            assert_eq!(state, State::Waiting, "{name}");
        }
        // Also to another process, which begins now.
        let other = world.all_events().await;
        assert!(other.is_disabled().await.unwrap(), "{name}");
        let disabled = deliveries.disabled().await.unwrap();
        assert_eq!(disabled.len(), 1, "{name}");
        assert_eq!(disabled[0].endpoint, "e", "{name}");
        // What happens meanwhile is kept neither in the queue nor in the log.
        world.user("u3").await;
        assert!(!other.pass_over().await.unwrap(), "{name}");
        let readers = world.changes.readers().await.unwrap();
        assert_eq!(readers[0].behind, 0, "{name}");
        assert_eq!(world.states().await.len(), 2, "{name}");

        assert!(deliveries.enable("e").await.unwrap(), "{name}");
        assert!(!other.is_disabled().await.unwrap(), "{name}");
        world.user("u4").await;
        other.gather().await.unwrap();
        let told = other.claim(10).await.unwrap();
        let told: Vec<_> = told.iter().map(|one| (&one.message, one.attempt)).collect();
        assert_eq!(told.len(), 3, "{name}: those who waited, and the new one");
        assert_eq!(
            told[0],
            (&claimed[0].message, 2),
            "{name}: under the same id"
        );
    }
}

#[tokio::test]
async fn what_is_old_goes_and_what_waits_stays() {
    for world in World::all().await {
        let name = world.test.name;
        let webhook = world.all_events().await;
        for id in ["taken", "waits"] {
            world.user(id).await;
        }
        webhook.gather().await.unwrap();
        let claimed = webhook.claim(10).await.unwrap();
        webhook.settle(&claimed[0], &taken(), 0).await.unwrap();
        assert_eq!(webhook.clean().await.unwrap(), 0, "{name}");
        for column in ["created", "due", "finished"] {
            world.make_old(column).await;
        }
        assert_eq!(webhook.clean().await.unwrap(), 1, "{name}");
        assert_eq!(world.states().await.len(), 1, "{name}");
        let counts = world.changes.deliveries().counts().await.unwrap();
        assert!(
            counts[0].waits.as_secs() > 86_400 * 365,
            "{name}: {counts:?}"
        );
    }
}

#[tokio::test]
async fn what_is_not_tracked_is_said() {
    for world in World::all().await {
        let name = world.test.name;
        let users = world.changes.tracking(&world.schema, &[]).await.unwrap();
        world.changes.install(&users).await.unwrap();
        let log = world.changes.log();
        let open = async |kind| Webhook::open(&log, &world.schema, "e", &[kind]).await;
        assert!(open(EventKind::UserCreated).await.is_ok(), "{name}");
        for kind in [EventKind::AccountLinked, EventKind::SessionRevoked] {
            let error = open(kind).await.unwrap_err();
            assert!(
                matches!(error, ChangesError::NotInstalled),
                "{name}: {error}"
            );
        }
        world
            .changes
            .uninstall(crate::Leave::Nothing)
            .await
            .unwrap();
        assert!(open(EventKind::UserCreated).await.is_err(), "{name}");
        assert_eq!(
            world.changes.deliveries().counts().await.unwrap(),
            [],
            "{name}"
        );
    }
}
