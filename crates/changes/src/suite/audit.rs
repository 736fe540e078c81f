//! The audit trail: what is done to it is found, and what many write at once is one chain.

use std::time::Duration;

use hallpass_db::testing::{TestDatabase, databases};
use hallpass_sql::Value;
use jiff::Timestamp;
use serde_json::{Map, json};

use super::world::World;
use crate::audit::{
    Audit, AuditKeys, Checkpoint, CheckpointState, Draft, Entry, Fault, Filter, Order, Verified,
    Verifier,
};
use crate::log::{actor, run};

const COLUMNS: &str = "number, at, kind, actor, client, agent, subject, subject_id, details, previous, hash, key_name, seal";

pub(super) fn keys(secret: &str) -> AuditKeys {
    AuditKeys::derive([secret]).unwrap()
}

pub(super) fn draft(kind: &str) -> Draft {
    let mut details = Map::new();
    details.insert("reason".to_owned(), json!("a \"b\" | c,d\u{0}\n"));
    Draft::new(kind)
        .unwrap()
        .actor("u1")
        .client("192.0.2.1")
        .agent("Mozilla/5.0")
        .subject("user", "u2")
        .details(&details)
}

pub(super) struct Trail {
    pub(super) test: TestDatabase,
    pub(super) audit: Audit,
}

impl Trail {
    /// On every database, with entries 1 to 8.
    pub(super) async fn all() -> Vec<Self> {
        let mut trails = Vec::new();
        for test in databases().await {
            let audit = Audit::open(&test.database, keys("a secret")).await.unwrap();
            for number in 2..=8 {
                let head = audit.record(&[draft("a.b")]).await.unwrap();
                assert_eq!(head.number, number, "{}", test.name);
            }
            trails.push(Self { test, audit });
        }
        trails
    }

    pub(super) async fn verify(&self) -> Verified {
        self.verify_from(None).await
    }

    pub(super) async fn verify_from(&self, checkpoint: Option<Checkpoint>) -> Verified {
        let keys = Some(self.audit.keys());
        self.audit
            .verify(keys, checkpoint, |_, _| {})
            .await
            .unwrap()
    }

    pub(super) async fn entries(&self) -> Vec<Entry> {
        let all = Filter::default();
        self.audit.entries(&all, Order::Oldest, 1000).await.unwrap()
    }

    pub(super) async fn rows(&self) -> Vec<Vec<Value>> {
        let text = format!("SELECT {COLUMNS} FROM hallpass_audit ORDER BY number");
        self.test.rows(&text).await
    }

    async fn put(&self, row: &[Value]) {
        let places = vec!["?"; row.len()].join(", ");
        let text = format!("INSERT INTO hallpass_audit ({COLUMNS}) VALUES ({places})");
        run(&mut (&self.test.database).into(), &text, row)
            .await
            .unwrap();
    }

    pub(super) async fn put_all(&self, rows: &[Vec<Value>]) {
        self.test.run("DELETE FROM hallpass_audit").await;
        for row in rows {
            self.put(row).await;
        }
    }
}

#[tokio::test]
async fn a_chain_that_nobody_touched_is_sound_here_and_as_lines_elsewhere() {
    for trail in Trail::all().await {
        let name = trail.test.name;
        let verified = trail.verify().await;
        assert_eq!(verified.faults, [], "{name}");
        assert_eq!(verified.extent, Some((1, 8)), "{name}");
        assert_eq!(
            verified.head,
            Some(trail.audit.head().await.unwrap()),
            "{name}"
        );
        let entries = trail.entries().await;
        assert_eq!(entries[0].kind, "audit.began");
        let details = entries[7].details.members();
        assert_eq!(details["reason"], "a \"b\" | c,d\u{0}\n", "{name}");

        let lines: Vec<String> = entries.iter().map(Entry::to_line).collect();
        let check = |lines: &[String]| {
            let mut verifier = Verifier::new(Some(trail.audit.keys()), None);
            for (place, line) in (1..).zip(lines) {
                verifier.push_line(line, place);
            }
            verifier.finish(None).faults
        };
        assert_eq!(check(&lines), [], "{name}");
        assert_eq!(check(&lines[..5]), [], "an export may end anywhere");
        let mut swapped = lines.clone();
        swapped.swap(3, 4);
        assert!(check(&swapped).contains(&Fault::OutOfOrder { number: 4 }));
        let odd = lines[4].replace("\"kind\"", " \"kind\"");
        let mut touched = lines.clone();
        touched[4] = odd;
        assert_eq!(check(&touched), [Fault::Unreadable { place: 5 }]);
        touched[4] = lines[4].replace("192.0.2.1", "192.0.2.2");
        assert_eq!(check(&touched), [Fault::Changed { number: 5 }]);
        for line in [
            "",
            "{}",
            "[]",
            "null",
            "{\"number\":1}",
            &"[".repeat(10_000),
        ] {
            touched[4] = line.to_owned();
            assert_eq!(
                check(&touched),
                [Fault::Unreadable { place: 5 }],
                "{line:.20}"
            );
        }
        assert_eq!(check(&lines[1..]), [Fault::Missing { from: 1, to: 1 }]);
        let mut part = Verifier::new(Some(trail.audit.keys()), None).part();
        for line in &lines[3..] {
            part.push_line(line, 0);
        }
        let verified = part.finish(None);
        assert_eq!((verified.faults, verified.extent), (vec![], Some((4, 8))));
    }
}

#[tokio::test]
async fn many_who_write_at_once_make_one_chain() {
    for trail in Trail::all().await {
        let mut tasks = Vec::new();
        for place in 0..8 {
            // Each with connections of its own, as another process.
            let database = crate::connect(&trail.test.address).await.unwrap();
            let audit = Audit::of(&database, keys("a secret"));
            tasks.push(tokio::spawn(async move {
                for _ in 0..10 {
                    let drafts = vec![draft("many").actor(&place.to_string()); 3];
                    audit.record(&drafts).await.unwrap();
                }
                database.close().await;
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let verified = trail.verify().await;
        assert_eq!(verified.faults, [], "{}", trail.test.name);
        assert_eq!(verified.extent, Some((1, 8 + 240)), "{}", trail.test.name);
    }
}

#[tokio::test]
async fn of_many_that_open_it_at_once_one_begins_the_chain() {
    for test in databases().await {
        let opening = (0..6).map(|_| {
            let database = test.database.clone();
            tokio::spawn(async move { Audit::open(&database, keys("a secret")).await })
        });
        let opening: Vec<_> = opening.collect();
        for audit in opening {
            assert!(audit.await.unwrap().is_ok(), "{}", test.name);
        }
        let audit = Audit::of(&test.database, keys("a secret"));
        assert_eq!(audit.head().await.unwrap().number, 1, "{}", test.name);
    }
}

#[tokio::test]
async fn what_ends_in_the_middle_leaves_nothing() {
    for trail in Trail::all().await {
        let name = trail.test.name;
        let before = trail.audit.head().await.unwrap();
        let mut tx = trail.test.database.begin().await.unwrap();
        trail
            .audit
            .append(&mut tx, &vec![draft("half"); 250])
            .await
            .unwrap();
        drop(tx);
        assert_eq!(trail.audit.head().await.unwrap(), before, "{name}");
        assert!(trail.verify().await.is_sound(), "{name}");
        // And goes with whatever else the transaction did.
        let mut tx = trail.test.database.begin().await.unwrap();
        let head = trail
            .audit
            .append(&mut tx, &vec![draft("whole"); 250])
            .await
            .unwrap();
        assert_eq!(head.number, 258, "{name}");
        tx.commit().await.unwrap();
        assert_eq!(trail.verify().await.extent, Some((1, 258)), "{name}");
    }
}

#[tokio::test]
async fn secrets_are_changed_one_after_the_other() {
    for trail in Trail::all().await {
        let name = trail.test.name;
        let both = AuditKeys::derive(["a newer secret", "a secret"]).unwrap();
        let newer = Audit::of(&trail.test.database, both.clone());
        newer.record(&[draft("newer")]).await.unwrap();
        // During a rollout an older process still writes.
        trail.audit.record(&[draft("older")]).await.unwrap();
        newer.record(&[draft("newer")]).await.unwrap();
        let verify = async |secrets: &[&str]| {
            let keys = AuditKeys::derive(secrets).unwrap();
            newer
                .verify(Some(&keys), None, |_, _| {})
                .await
                .unwrap()
                .faults
        };
        assert_eq!(verify(&["a newer secret", "a secret"]).await, [], "{name}");
        // What the newest key sealed vouches for all before it.
        assert_eq!(verify(&["a newer secret"]).await, [], "{name}");
        assert_eq!(
            verify(&["a secret"]).await,
            [Fault::UnknownKey { from: 11 }],
            "{name}"
        );
        let unsealed = newer.verify(None, None, |_, _| {}).await.unwrap();
        assert!(unsealed.is_sound(), "{name}");
        // Of entries by a key that is gone, too, every part is proven.
        trail
            .test
            .run("UPDATE hallpass_audit SET actor = 'x' WHERE number = 3")
            .await;
        assert_eq!(
            verify(&["a newer secret"]).await,
            [Fault::Changed { number: 3 }],
            "{name}"
        );
    }
}

#[tokio::test]
async fn what_is_old_goes_and_the_chain_says_so() {
    for test in databases().await {
        let name = test.name;
        let audit = Audit::open(&test.database, keys("a secret")).await.unwrap();
        let trail = Trail { test, audit };
        let old: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
        trail
            .audit
            .record(&vec![draft("old").at(old); 2500])
            .await
            .unwrap();
        let week = Duration::from_secs(7 * 86_400);
        // The first entry of all is of today: behind it nothing goes.
        assert_eq!(trail.audit.cut(week).await.unwrap().entries, 0, "{name}");
        trail.test.run("DELETE FROM hallpass_audit").await;
        let none = "0".repeat(64);
        let anew = format!("UPDATE hallpass_audit_head SET number = 0, hash = '{none}'");
        trail.test.run(&anew).await;
        trail
            .audit
            .record(&vec![draft("old").at(old); 2500])
            .await
            .unwrap();
        trail.audit.record(&[draft("new")]).await.unwrap();
        let old = trail.entries().await.swap_remove(6);
        let gone: Checkpoint = format!("7:{}", old.hash).parse().unwrap();
        let cut = trail.audit.cut(week).await.unwrap();
        assert_eq!((cut.entries, cut.is_more), (2500, false), "{name}");
        let verified = trail.verify_from(Some(gone)).await;
        assert_eq!(verified.faults, [], "{name}");
        assert_eq!(verified.checkpoint, CheckpointState::Gone, "{name}");
        assert_eq!(verified.extent, Some((2501, 2502)), "{name}");
        assert_eq!(
            trail.audit.cut(week).await.unwrap().entries,
            0,
            "{name}: nothing more"
        );
        assert_eq!(trail.audit.head().await.unwrap().number, 2502, "{name}");
        // Whoever goes further than the chain says is found.
        trail.audit.record(&[draft("new")]).await.unwrap();
        trail
            .test
            .run("DELETE FROM hallpass_audit WHERE number = 2501")
            .await;
        trail
            .test
            .run("UPDATE hallpass_audit_head SET cut = 2501")
            .await;
        let found = trail.verify().await.faults;
        assert_eq!(found, [Fault::Missing { from: 1, to: 2501 }], "{name}");
    }
}

#[tokio::test]
async fn entries_are_found_by_who_and_what() {
    for trail in Trail::all().await {
        let name = trail.test.name;
        let keys = trail.audit.keys();
        let nobody = keys.address("nobody@example.com");
        let at: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
        let drafts = [
            Draft::new("sign-in.failed")
                .unwrap()
                .subject("address", &nobody)
                .at(at),
            Draft::new("sign-in.succeeded").unwrap().actor("u7"),
            Draft::new("sign-in-of-another-kind")
                .unwrap()
                .subject("user", "u7"),
            Draft::new("todo.sent").unwrap().subject("Todo", "u7"),
        ];
        trail.audit.record(&drafts).await.unwrap();
        let numbers = async |filter: Filter, order| {
            let entries = trail.audit.entries(&filter, order, 100).await.unwrap();
            entries.iter().map(|entry| entry.number).collect::<Vec<_>>()
        };
        let of_kind = |kind: &str| Filter {
            kind: Some(kind.to_owned()),
            ..Filter::default()
        };
        assert_eq!(
            numbers(of_kind("sign-in"), Order::Oldest).await,
            [9, 10],
            "{name}"
        );
        assert_eq!(
            numbers(of_kind("sign-in.failed"), Order::Oldest).await,
            [9],
            "{name}"
        );
        assert_eq!(
            numbers(of_kind("%"), Order::Oldest).await,
            Vec::<i64>::new(),
            "{name}"
        );
        let user = Filter {
            user: Some("u7".to_owned()),
            ..Filter::default()
        };
        assert_eq!(numbers(user, Order::Newest).await, [11, 10], "{name}");
        let address = Filter {
            addresses: keys.addresses("Nobody@example.com ").collect(),
            ..Filter::default()
        };
        assert_eq!(numbers(address, Order::Oldest).await, [9], "{name}");
        let old = Filter {
            until: Some("2021-01-01T00:00:00Z".parse().unwrap()),
            ..Filter::default()
        };
        assert_eq!(numbers(old, Order::Oldest).await, [9], "{name}");
        let between = Filter {
            after: Some(3),
            before: Some(6),
            ..Filter::default()
        };
        assert_eq!(numbers(between, Order::Oldest).await, [4, 5], "{name}");
    }
}

#[tokio::test]
async fn what_happens_to_rows_is_taken_once_by_whoever_is_first() {
    for world in World::all().await {
        let name = world.test.name;
        let database = &world.test.database;
        let audit = Audit::open(database, keys("a secret")).await.unwrap();
        world
            .run("INSERT INTO users (id, name) VALUES ('before', 'Ada')")
            .await;
        assert!(audit.gather().await.unwrap(), "{name}: the reader is made");
        while audit.gather().await.unwrap() {}
        let mut tx = database.begin().await.unwrap();
        actor::set(&mut tx, "u1").await.unwrap();
        let text = "INSERT INTO users (id, name, email, password) VALUES ('u2', 'planted name', 'planted@example.com', 'planted')";
        run(&mut (&mut tx).into(), text, &[]).await.unwrap();
        actor::clear(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        world
            .run("UPDATE users SET name = 'planted', count = 3 WHERE id = 'u2'")
            .await;
        world.run("DELETE FROM users WHERE id = 'u2'").await;
        let two = [audit.clone(), audit.clone()];
        let two = two.map(|audit| tokio::spawn(async move { audit.gather().await }));
        for gathering in two {
            let result = gathering.await.unwrap();
            assert!(
                matches!(result, Ok(_) | Err(crate::ChangesError::Moved { .. })),
                "{name}: {result:?}"
            );
        }
        let rows = Filter {
            kind: Some("row".to_owned()),
            ..Filter::default()
        };
        let entries = audit.entries(&rows, Order::Oldest, 100).await.unwrap();
        let kinds: Vec<_> = entries.iter().map(|entry| entry.kind.as_str()).collect();
        assert_eq!(
            kinds,
            ["row.inserted", "row.updated", "row.deleted"],
            "{name}"
        );
        assert_eq!(entries[0].actor.as_deref(), Some("u1"), "{name}");
        assert_eq!(entries[1].actor, None, "{name}");
        let subject = entries[1].subject.as_ref().unwrap();
        assert_eq!(
            (subject.kind.as_str(), subject.id.as_str()),
            ("users", "u2"),
            "{name}"
        );
        assert_eq!(
            entries[1].details.members()["columns"],
            json!(["name", "count"]),
            "{name}"
        );
        // Names of columns, and nothing that stood in them.
        let raw = world.test.rows("SELECT * FROM hallpass_audit").await;
        assert!(!format!("{raw:?}").contains("planted"), "{name}");
        let verified = audit
            .verify(Some(audit.keys()), None, |_, _| {})
            .await
            .unwrap();
        assert_eq!(verified.faults, [], "{name}");
    }
}

#[tokio::test]
async fn a_database_without_a_trail_says_so() {
    for test in databases().await {
        let name = test.name;
        let audit = Audit::of(&test.database, keys("a secret"));
        assert!(!audit.is_there().await.unwrap(), "{name}");
        let is_none = |error: crate::ChangesError| matches!(error, crate::ChangesError::NoAudit);
        assert!(is_none(audit.head().await.unwrap_err()), "{name}");
        let entries = audit.entries(&Filter::default(), Order::Newest, 1).await;
        assert!(is_none(entries.unwrap_err()), "{name}");
        let verified = audit.verify(None, None, |_, _| {}).await;
        assert!(is_none(verified.unwrap_err()), "{name}");
        let gathered = audit.gather().await.unwrap_err();
        assert!(gathered.failing().is_some(), "{name}: {gathered}");
    }
}

#[test]
fn what_stands_in_one_part_never_passes_for_another() {
    let link = |draft: Draft| {
        let head = crate::audit::Head {
            number: 1,
            hash: "0".repeat(64).parse().unwrap(),
        };
        crate::audit::linked(head, &draft, &keys("a secret")).hash
    };
    let new = |kind: &str| Draft::new(kind).unwrap().at(Timestamp::UNIX_EPOCH);
    let hashes = [
        link(new("ab")),
        link(new("a").actor("b")),
        link(new("a").client("b")),
        link(new("a").agent("b")),
        link(new("a").actor("")),
        link(new("a").client("")),
        link(new("a").actor("b").client("c")),
        link(new("a").actor("bc").client("")),
        link(new("a").actor("b|c")),
        link(new("a").actor("b\",\"client\":\"c")),
        link(new("a").subject("b", "c")),
        link(new("a").subject("bc", "")),
        link(new("a").subject("", "bc")),
    ];
    for (place, hash) in hashes.iter().enumerate() {
        assert!(!hashes[..place].contains(hash), "{place}");
    }
}
