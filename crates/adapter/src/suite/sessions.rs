//! Tokens of sessions at rest, on every database. The kit of the session directory runs on every layout (`kits.rs`).

use hallpass_auth::adapter::{Adapter, SessionRecord};
use hallpass_auth::directory::{Kept, Page, SessionDirectory, SessionKey, Which};
use hallpass_auth::secret::SessionToken;
use hallpass_auth::session::Strategy;
use hallpass_data::Client;
use hallpass_db::testing::databases;
use jiff::Timestamp;

use super::{clients, new_user};
use crate::{AtRest, DataAdapter, PRISMA_LAYOUT, SessionTable, decide_tokens_at_rest};

const TOKEN: &str = "6a1d9a1e-8c4e-4d0b-9d6e-4f4f6b0a7c11";
const FORMS: [AtRest; 2] = [AtRest::Clear, AtRest::Hashed];

fn adapter(client: &Client, at_rest: AtRest) -> DataAdapter {
    let adapter = DataAdapter::new(client).unwrap();
    adapter.session_tokens_at_rest(at_rest)
}

fn later() -> Timestamp {
    Timestamp::from_second(1_893_456_000).unwrap()
}

/// A session of a new user.
async fn begin(adapter: &DataAdapter, token: &str) -> SessionRecord {
    let user = new_user(&format!("{token}@example.org"), serde_json::json!({}));
    let user = adapter.create_user(user).await.unwrap();
    let record = SessionRecord {
        session_token: SessionToken::new(token),
        user_id: user.id,
        expires: later(),
    };
    adapter.create_session(record.clone()).await.unwrap();
    record
}

/// What stands in the table.
async fn columns(client: &Client) -> Vec<String> {
    let rows = client.find_many("Session").run().await.unwrap();
    let tokens = rows.iter().map(|row| row.get::<String>("sessionToken"));
    tokens.map(Result::unwrap).collect()
}

#[tokio::test]
async fn hashed_tokens_stand_nowhere_and_their_hashes_are_no_tokens() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let adapter = adapter(&client, AtRest::Hashed);
        begin(&adapter, TOKEN).await;
        let stored = columns(&client).await;
        let hash = SessionKey::of_token(&SessionToken::new(TOKEN)).to_hex();
        assert_eq!(stored, [format!("sha256:{hash}")], "{}", database.name);
        for at_rest in FORMS {
            let adapter = super::sessions::adapter(&client, at_rest);
            for stolen in [&stored[0], &hash] {
                let stolen = SessionToken::new(&**stolen);
                let found = adapter.session_and_user(&stolen).await.unwrap();
                assert_eq!(found, None, "{at_rest:?} on {}", database.name);
                let moved = adapter.extend_session(&stolen, later()).await.unwrap();
                assert_eq!(moved, None);
                let removed = adapter.delete_session(&stolen).await.unwrap();
                assert_eq!(removed, None);
            }
        }
        assert_eq!(columns(&client).await, stored);
    }
}

/// Changing the setting signs nobody out: a row is found in either form, and gets the one of the setting.
#[tokio::test]
async fn sessions_go_on_when_the_setting_changes() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        for [before, after] in [FORMS, [AtRest::Hashed, AtRest::Clear]] {
            let place = format!("{before:?} to {after:?} on {}", database.name);
            let (before, after) = (adapter(&client, before), adapter(&client, after));
            for how in ["read", "extended", "removed"] {
                let record = begin(&before, &format!("{how} {place}")).await;
                let token = &record.session_token;
                let written = columns(&client).await;
                match how {
                    "read" => {
                        let found = after.session_and_user(token).await.unwrap();
                        assert_eq!(
                            found.map(|(found, _)| found),
                            Some(record.clone()),
                            "{place}"
                        );
                    }
                    "extended" => {
                        let found = after.extend_session(token, later()).await.unwrap();
                        assert_eq!(found, Some(record.clone()), "{place}");
                    }
                    _ => {
                        let found = after.delete_session(token).await.unwrap();
                        assert_eq!(found, Some(record.clone()), "{place}");
                        assert!(columns(&client).await.is_empty());
                        continue;
                    }
                }
                assert_ne!(columns(&client).await, written, "{place}: rewritten");
                let again = after.session_and_user(token).await.unwrap();
                assert!(again.is_some(), "{place}");
                after.delete_session(token).await.unwrap();
            }
        }
    }
}

/// Reads that meet a rewriting lose nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_row_that_is_rewritten_meanwhile_is_found_by_all() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let [clear, hashed] = FORMS.map(|form| adapter(&client, form));
        let record = begin(&clear, TOKEN).await;
        let mut readers = Vec::new();
        for number in 0..16 {
            let reader = [&clear, &hashed][number % 2].clone();
            let token = record.session_token.clone();
            readers.push(tokio::spawn(async move {
                for _ in 0..10 {
                    let found = reader.session_and_user(&token).await.unwrap();
                    assert!(found.is_some());
                }
            }));
        }
        for reader in readers {
            reader
                .await
                .unwrap_or_else(|error| panic!("{}: {error}", database.name));
        }
    }
}

/// Sessions of both forms, as a table holds them for a while after the setting changed, are listed and ended.
#[tokio::test]
async fn mixed_forms_are_listed_and_ended() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        for at_rest in FORMS {
            let reader = adapter(&client, at_rest);
            let record = begin(&adapter(&client, AtRest::Clear), &format!("{at_rest:?} 1")).await;
            let user = record.user_id.clone();
            let other = SessionRecord {
                session_token: SessionToken::new(format!("{at_rest:?} 2")),
                ..record.clone()
            };
            let hashing = adapter(&client, AtRest::Hashed);
            hashing.create_session(other.clone()).await.unwrap();
            let now = Timestamp::UNIX_EPOCH;
            let page = Page::first(10);
            let keys = [&record, &other].map(|one| SessionKey::of_token(&one.session_token));
            let listed = reader.list(&user, Strategy::Database, now, page).await;
            let listed = listed.unwrap();
            assert!(
                keys.iter()
                    .all(|key| listed.iter().any(|one| one.key == *key)),
                "{}",
                database.name
            );
            let kept = Which::AllBut(Some(Kept::of_key(keys[0])));
            assert_eq!(reader.end_stored(&user, kept).await.unwrap(), 1);
            let one = Which::One(keys[0]);
            assert_eq!(reader.end_stored(&user, one).await.unwrap(), 1);
        }
    }
}

#[tokio::test]
async fn what_was_decided_when_the_tables_were_made_stays() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let stored_by = async |adapter: &DataAdapter, token: &str| {
            let record = begin(adapter, token).await;
            let stored = columns(&client).await;
            adapter.delete_session(&record.session_token).await.unwrap();
            stored[0].starts_with("sha256:")
        };
        let auto = || DataAdapter::new(&client).unwrap();
        assert!(!stored_by(&auto(), "undecided").await, "{}", database.name);
        decide_tokens_at_rest(&client, SessionTable::Made)
            .await
            .unwrap();
        assert!(stored_by(&auto(), "decided").await, "{}", database.name);
        decide_tokens_at_rest(&client, SessionTable::Found)
            .await
            .unwrap();
        assert!(stored_by(&auto(), "still").await, "{}", database.name);
        let clear = adapter(&client, AtRest::Clear);
        assert!(!stored_by(&clear, "told otherwise").await);
    }
}

#[tokio::test]
async fn what_was_there_before_tells_who_made_the_table() {
    for database in databases().await {
        let client = super::client(database.database.clone(), PRISMA_LAYOUT);
        let table = async || {
            let catalog = database.database.catalog().await.unwrap();
            SessionTable::before(client.schema(), &catalog)
        };
        assert_eq!(table().await, SessionTable::Made, "{}", database.name);
        for expected in [SessionTable::Made, SessionTable::Found] {
            let created = client.create_missing_tables().await.unwrap();
            let table = SessionTable::after(client.schema(), &created);
            assert_eq!(table, expected, "{}", database.name);
        }
        assert_eq!(table().await, SessionTable::Found, "{}", database.name);
    }
}

#[tokio::test]
async fn tables_that_were_found_keep_tokens_in_clear() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        decide_tokens_at_rest(&client, SessionTable::Found)
            .await
            .unwrap();
        decide_tokens_at_rest(&client, SessionTable::Made)
            .await
            .unwrap();
        let auto = DataAdapter::new(&client).unwrap();
        begin(&auto, TOKEN).await;
        assert_eq!(columns(&client).await, [TOKEN], "{}", database.name);
    }
}
