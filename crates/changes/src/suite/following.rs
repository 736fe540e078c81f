//! Users told of in another database.

use std::collections::BTreeMap;

use hallpass_db::testing::{TestDatabase, databases};
use hallpass_sql::{Access, Dialect, Query, Value};

use super::world::World;
use crate::ChangesError;
use crate::log::Retention;
use crate::sync::document::table_of;
use crate::sync::{Deletion, Follower, UserSync};

pub(super) struct Pair {
    pub(super) source: World,
    pub(super) target: TestDatabase,
    pub(super) name: String,
}

impl Pair {
    /// Every database as the source of every other.
    pub(super) async fn all() -> Vec<Self> {
        let mut pairs = Vec::new();
        for place in 0..databases().await.len() {
            for source in World::all().await {
                let target = databases().await.swap_remove(place);
                pairs.push(Self {
                    name: format!("{} to {}", source.test.name, target.name),
                    source,
                    target,
                });
            }
        }
        pairs
    }

    pub(super) async fn follower(&self, deletion: Deletion) -> Follower {
        let sync = UserSync::of(&self.source.test.database);
        let people = sync.people(&self.source.schema).await.unwrap();
        Follower::open(&sync, &people, &self.target.database, "t", deletion)
            .await
            .unwrap()
    }

    /// The names of living users, as the target tells them.
    async fn told(&self) -> BTreeMap<String, String> {
        let text = format!(
            "SELECT id, name FROM {} WHERE deleted_at IS NULL",
            table_of(self.target.database.dialect())
        );
        names(&self.target.rows(&text).await)
    }

    /// The target tells of everybody and of nobody else.
    pub(super) async fn agrees(&self) {
        let (told, users) = (self.told().await, self.users().await);
        let differ = |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| -> Vec<_> {
            let rows = one.iter().filter(|(id, name)| other.get(*id) != Some(name));
            rows.map(|(id, name)| format!("{id} {name}")).collect()
        };
        let differences = (differ(&told, &users), differ(&users, &told));
        assert_eq!(differences, (vec![], vec![]), "{}", self.name);
    }

    async fn users(&self) -> BTreeMap<String, String> {
        names(&self.source.test.rows("SELECT id, name FROM users").await)
    }
}

fn names(rows: &[Vec<Value>]) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        _ => String::new(),
    };
    rows.iter()
        .map(|row| (text(&row[0]), text(&row[1])))
        .collect()
}

/// Until nothing is left to do.
pub(super) async fn settle(follower: &Follower) -> u64 {
    let mut written = 0;
    loop {
        let step = follower.step(100).await.unwrap();
        written += step.written;
        if !step.is_copying && step.behind == 0 {
            return written;
        }
    }
}

#[tokio::test]
async fn users_are_copied_and_then_followed_whatever_happens_meanwhile() {
    for pair in Pair::all().await {
        let name = &pair.name;
        let users: Vec<String> = (0..700)
            .map(|one| format!("('u{one:04}', 'n{one}')"))
            .collect();
        let insert = format!("INSERT INTO users (id, name) VALUES {}", users.join(","));
        pair.source.run(&insert).await;
        let follower = pair.follower(Deletion::Soft).await;
        let first = follower.step(100).await.unwrap();
        assert!(
            first.is_copying && first.written == 500,
            "{name}: {first:?}"
        );
        // Of those who are copied and of those who are not yet.
        pair.source
            .run("UPDATE users SET name = 'new' WHERE id IN ('u0001', 'u0600')")
            .await;
        pair.source
            .run("DELETE FROM users WHERE id IN ('u0002', 'u0601')")
            .await;
        pair.source
            .run("INSERT INTO users (id, name) VALUES ('a', 'a'), ('z', 'z')")
            .await;
        settle(&follower).await;
        pair.agrees().await;
        pair.source
            .run("UPDATE users SET id = 'moved' WHERE id = 'z'")
            .await;
        pair.source
            .run("UPDATE users SET password = 'planted' WHERE id = 'a'")
            .await;
        pair.source
            .run("INSERT INTO users (id, name) VALUES ('b', 'one')")
            .await;
        pair.source
            .run("UPDATE users SET name = 'two' WHERE id = 'b'")
            .await;
        pair.source
            .run("UPDATE users SET name = 'three' WHERE id = 'b'")
            .await;
        settle(&follower).await;
        pair.agrees().await;
        assert_eq!(settle(&follower).await, 0, "{name}: nothing is done twice");
        let text = format!(
            "SELECT raw_json FROM {}",
            table_of(pair.target.database.dialect())
        );
        let all = format!("{:?}", pair.target.rows(&text).await);
        assert!(!all.contains("planted"), "{name}");
    }
}

#[tokio::test]
async fn whoever_dies_at_any_moment_leaves_nothing_out_and_does_nothing_twice() {
    for pair in Pair::all().await {
        pair.source
            .run("INSERT INTO users (id, name) VALUES ('u0', 'n0'), ('u1', 'n1'), ('u2', 'n2')")
            .await;
        let follower = pair.follower(Deletion::Hard).await;
        for turn in 0_usize..40 {
            let id = turn % 4;
            let text = match turn % 5 {
                0 => format!("DELETE FROM users WHERE id = 'u{id}'"),
                _ => format!("UPDATE users SET name = 'turn {turn}' WHERE id = 'u{id}'"),
            };
            pair.source.run(&text).await;
            if turn % 5 == 4 {
                let text = format!(
                    "INSERT INTO users (id, name) SELECT 'u{id}', 'again' {} WHERE NOT EXISTS (SELECT 1 FROM users WHERE id = 'u{id}')",
                    if pair.source.is_mysql() {
                        "FROM DUAL"
                    } else {
                        ""
                    }
                );
                pair.source.run(&text).await;
            }
            // Dropped after so many looks at it, wherever it is by then.
            tokio::select! {
                biased;
                () = patience(turn * 3) => {}
                step = follower.step(3) => drop(step),
            }
        }
        settle(&follower).await;
        pair.agrees().await;
    }
}

async fn patience(looks: usize) {
    for _ in 0..looks {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_target_that_is_away_loses_nothing_and_delays_nobody() {
    for pair in Pair::all().await {
        let name = &pair.name;
        let follower = pair.follower(Deletion::Soft).await;
        settle(&follower).await;
        let away = {
            let lost = hallpass_db::Database::connect(
                &pair.target.address,
                hallpass_db::Options::default(),
            )
            .await
            .unwrap();
            lost.close().await;
            lost
        };
        let sync = UserSync::of(&pair.source.test.database);
        let people = sync.people(&pair.source.schema).await.unwrap();
        pair.source
            .run("INSERT INTO users (id, name) VALUES ('u1', 'Ada')")
            .await;
        let opened = Follower::open(&sync, &people, &away, "t", Deletion::Soft).await;
        assert!(opened.is_err(), "{name}");
        // Others read on, and what this one has not read stays.
        assert_eq!(pair.source.read().await.len(), 1, "{name}");
        let all = Retention {
            age: Some(std::time::Duration::ZERO),
            most: None,
            most_bytes: None,
        };
        let removed = pair.source.log().remove(all, &[]).await.unwrap();
        assert_eq!(
            (removed.changes, removed.held_by),
            (0, vec!["sync:t".to_owned()]),
            "{name}"
        );
        settle(&follower).await;
        pair.agrees().await;
        assert_eq!(
            pair.source.log().remove(all, &[]).await.unwrap().changes,
            1,
            "{name}"
        );
    }
}

#[tokio::test]
async fn what_the_log_has_no_longer_is_said_and_copied_anew() {
    for pair in Pair::all().await {
        let name = &pair.name;
        pair.source
            .run("INSERT INTO users (id, name) VALUES ('u1', 'Ada'), ('u2', 'Bo')")
            .await;
        let follower = pair.follower(Deletion::Soft).await;
        settle(&follower).await;
        pair.source.run("DELETE FROM users WHERE id = 'u1'").await;
        pair.source
            .run("UPDATE users SET name = 'B' WHERE id = 'u2'")
            .await;
        pair.source.read().await;
        let all = Retention {
            age: Some(std::time::Duration::ZERO),
            most: None,
            most_bytes: None,
        };
        pair.source
            .log()
            .remove(all, &["sync:t".to_owned()])
            .await
            .unwrap();
        let error = follower.step(10).await.unwrap_err();
        assert!(
            matches!(error, ChangesError::Lost { .. }),
            "{name}: {error}"
        );
        follower.restart().await.unwrap();
        settle(&follower).await;
        assert_eq!(
            pair.told().await,
            pair.users().await,
            "{name}: who went in between is gone"
        );
    }
}

#[tokio::test]
async fn a_source_that_was_restored_is_not_taken_for_the_same() {
    for pair in Pair::all().await {
        let name = &pair.name;
        let follower = pair.follower(Deletion::Soft).await;
        settle(&follower).await;
        pair.source
            .run("INSERT INTO users (id, name) VALUES ('u1', 'Ada')")
            .await;
        settle(&follower).await;
        // As after a restore: another change stands where the target has seen one.
        let other = match pair.source.dialect() {
            Dialect::Sqlite => "UPDATE hallpass_change SET at = '2020-01-01T00:00:00.000Z'",
            _ => "UPDATE hallpass_change SET at = '2020-01-01 00:00:00'",
        };
        pair.source.run(other).await;
        pair.source
            .run("INSERT INTO users (id, name) VALUES ('u2', 'Bo')")
            .await;
        let error = follower.step(10).await.unwrap_err();
        assert!(
            matches!(error, ChangesError::Lost { .. }),
            "{name}: {error}"
        );
    }
}

#[tokio::test]
async fn values_that_the_log_leaves_out_are_asked_of_the_table() {
    for pair in Pair::all().await {
        let follower = pair.follower(Deletion::Hard).await;
        settle(&follower).await;
        let long = "x".repeat(1_000_000);
        let insert = format!(
            "INSERT INTO users (id, name, bio) VALUES ('u1', 'Ada', '{long}'), ('u2', 'Bo', '{long}')"
        );
        pair.source.run(&insert).await;
        pair.source.run("DELETE FROM users WHERE id = 'u2'").await;
        settle(&follower).await;
        pair.agrees().await;
        if pair.source.dialect() == Dialect::Postgres {
            pair.source
                .run("INSERT INTO users (id, name) VALUES ('u3', 'Cy')")
                .await;
            pair.source.run("TRUNCATE users CASCADE").await;
            pair.source
                .run("INSERT INTO users (id, name) VALUES ('u4', 'Di')")
                .await;
            settle(&follower).await;
            pair.agrees().await;
        }
    }
}

#[tokio::test]
async fn two_processes_that_follow_under_one_name_do_no_work_twice() {
    for pair in Pair::all().await {
        let name = &pair.name;
        let one = pair.follower(Deletion::Soft).await;
        let other = pair.follower(Deletion::Soft).await;
        settle(&one).await;
        for turn in 0..20 {
            pair.source
                .run(&format!(
                    "INSERT INTO users (id, name) VALUES ('u{turn}', 'n')"
                ))
                .await;
        }
        loop {
            let (first, second) = tokio::join!(one.step(3), other.step(3));
            for step in [&first, &second] {
                if let Err(error) = step {
                    let is_expected = match error {
                        ChangesError::Moved { .. } => true,
                        ChangesError::Database(error) => {
                            error.kind() == hallpass_db::ErrorKind::Retry
                        }
                        _ => false,
                    };
                    assert!(is_expected, "{name}: {error}");
                }
            }
            if [&first, &second]
                .iter()
                .any(|step| step.as_ref().is_ok_and(|step| step.behind == 0))
            {
                break;
            }
        }
        pair.agrees().await;
    }
}

#[tokio::test]
async fn without_a_log_nobody_is_followed() {
    for world in World::bare().await {
        let sync = UserSync::of(&world.test.database);
        let people = sync.people(&world.schema).await.unwrap();
        let target = hallpass_db::testing::sqlite().await;
        let error = Follower::open(&sync, &people, &target.database, "t", Deletion::Soft).await;
        assert!(
            matches!(error, Err(ChangesError::NotInstalled)),
            "{}",
            world.test.name
        );
        let untouched = Query {
            text: "SELECT count(*) FROM sqlite_schema".to_owned(),
            binds: Vec::new(),
            access: Access::Read,
        };
        let rows = target.database.exec(&untouched, &[]).await.unwrap().rows;
        assert_eq!(rows, [[Value::Int(0)]]);
    }
}
