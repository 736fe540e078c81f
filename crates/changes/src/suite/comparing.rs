//! What another database tells, held against the users and mended.

use hallpass_sql::Dialect;

use super::following::{Pair, settle};
use crate::sync::document::table_of;
use crate::sync::{Checked, Deletion, Remote, UserSync};
use crate::{ChangesError, Filled};

/// More than are compared at a time.
const USERS: u64 = 700;

impl Pair {
    async fn with_users() -> Vec<Self> {
        let pairs = Self::all().await;
        for pair in &pairs {
            let users: Vec<String> = (0..USERS)
                .map(|one| format!("('u{one:04}', 'n{one}')"))
                .collect();
            let insert = format!("INSERT INTO users (id, name) VALUES {}", users.join(","));
            pair.source.run(&insert).await;
        }
        pairs
    }

    async fn remote(&self, name: &str) -> Result<Remote, ChangesError> {
        let sync = UserSync::of(&self.source.test.database);
        let people = sync.people(&self.source.schema).await.unwrap();
        Remote::connect(&sync, &people, name, &self.target.address).await
    }

    /// A row less, one that says somebody is gone, one that says something else, one of nobody.
    async fn spoil(&self) {
        let told = table_of(self.target.database.dialect());
        let renamed = match self.target.database.dialect() {
            Dialect::Postgres => "raw_json || '{\"display_name\":\"Eve\"}'",
            _ => "json_set(raw_json, '$.display_name', 'Eve')",
        };
        for statement in [
            format!("DELETE FROM {told} WHERE id = 'u0001'"),
            format!("UPDATE {told} SET deleted_at = '2026-01-01 00:00:00' WHERE id = 'u0002'"),
            format!("UPDATE {told} SET raw_json = {renamed} WHERE id = 'u0600'"),
            format!("INSERT INTO {told} (raw_json) VALUES ('{{\"id\":\"nobody\"}}')"),
        ] {
            self.target.run(&statement).await;
        }
    }
}

#[tokio::test]
async fn what_lacks_differs_and_is_strange_is_counted_and_mended() {
    for pair in Pair::with_users().await {
        let name = &pair.name;
        let error = pair.remote("t").await.unwrap_err();
        assert!(
            matches!(error, ChangesError::NoReader { .. }),
            "{name}: {error}"
        );
        let follower = pair.follower(Deletion::Soft).await;
        settle(&follower).await;
        let remote = pair.remote("t").await.unwrap();
        let sound = Checked {
            users: USERS,
            told: USERS,
            ..Checked::default()
        };
        assert_eq!(remote.verify(|_| ()).await.unwrap(), sound, "{name}");

        pair.spoil().await;
        let mut seen = Vec::new();
        let checked = remote.verify(|one: Filled| seen.push((one.seen, one.users)));
        let expected = Checked {
            users: USERS,
            told: USERS - 1,
            gone: 1,
            missing: 2,
            strange: 1,
            different: 1,
        };
        assert_eq!(checked.await.unwrap(), expected, "{name}");
        assert_eq!(seen, [(500, USERS), (USERS, USERS)], "{name}");
        let repaired = remote.repair(Deletion::Soft, |_| ()).await.unwrap();
        assert_eq!((repaired.seen, repaired.written), (USERS, 4), "{name}");
        let mended = Checked { gone: 1, ..sound };
        assert_eq!(remote.verify(|_| ()).await.unwrap(), mended, "{name}");
        let again = remote.repair(Deletion::Hard, |_| ()).await.unwrap();
        assert_eq!(again.written, 0, "{name}: who is gone is no longer told of");

        // Whoever follows goes on from where it was.
        pair.source
            .run("UPDATE users SET name = 'new' WHERE id = 'u0600'")
            .await;
        pair.source
            .run("DELETE FROM users WHERE id = 'u0001'")
            .await;
        settle(&follower).await;
        pair.agrees().await;
        remote.close().await;
    }
}

#[tokio::test]
async fn what_is_repaired_while_it_is_followed_is_right_in_the_end() {
    for pair in Pair::with_users().await {
        let name = &pair.name;
        let follower = pair.follower(Deletion::Hard).await;
        settle(&follower).await;
        let remote = pair.remote("t").await.unwrap();
        pair.spoil().await;
        let changing = async {
            for turn in 0..30 {
                let text = format!(
                    "UPDATE users SET name = 'turn {turn}' WHERE id IN ('u0001', 'u0600', 'u{turn:04}')"
                );
                pair.source.run(&text).await;
            }
        };
        let following = async {
            for _ in 0..60 {
                // Who met the other is asked again.
                let _ = follower.step(7).await;
            }
        };
        let (repaired, (), ()) =
            tokio::join!(remote.repair(Deletion::Hard, |_| ()), changing, following);
        if let Err(error) = repaired {
            let is_contended = error.failing().is_none_or(|why| why.name() == "slow");
            assert!(is_contended, "{name}: {error}");
            remote.repair(Deletion::Hard, |_| ()).await.unwrap();
        }
        settle(&follower).await;
        pair.agrees().await;
        assert!(remote.verify(|_| ()).await.unwrap().is_sound(), "{name}");
        remote.close().await;
    }
}
