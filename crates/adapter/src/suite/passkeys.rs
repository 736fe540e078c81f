//! Passkeys: their kit on every layout, in the table of Auth.js and in our own, and rows of other programs.

use std::sync::Arc;

use hallpass_auth::adapter::Adapter;
use hallpass_auth::passkey::{CredentialId, DeviceType, PasskeyStore};
use hallpass_auth::testing::kit;
use hallpass_data::Client;
use hallpass_db::testing::{TestDatabase, databases};
use jiff::Timestamp;

use super::layouts::{DIALECTS, chosen, fixture, fixtures_of, made, open, run_ddl, sql};
use super::{new_user, options};
use crate::DataAdapter;
use crate::layouts::{DEFAULT, LayoutChoice};
use crate::recognise::choose;

/// As `open`, for somebody who signs in with passkeys.
async fn open_with_passkeys(test: &TestDatabase, choice: LayoutChoice) -> Client {
    let catalog = test.database.catalog().await.unwrap();
    let dialect = test.database.dialect();
    let chosen = choose(choice, &catalog, dialect).unwrap();
    let schema = Arc::new(chosen.with_passkeys(&catalog, dialect).schema);
    let client = Client::new(test.database.clone(), schema, options()).unwrap();
    client.create_missing_tables().await.unwrap();
    client.fitted().await.unwrap()
}

async fn keeps_every_promise(client: &Client, place: &str) {
    let adapter = DataAdapter::new(client).unwrap();
    adapter.keeps_passkeys().unwrap();
    let result = kit::run_on(kit::PASSKEY_RULES, async || Box::new(adapter.clone()) as _).await;
    result.unwrap_or_else(|failures| panic!("{place}: {failures}"));
}

async fn has_table(test: &TestDatabase, name: &str) -> bool {
    let catalog = test.database.catalog().await.unwrap();
    let mut tables = catalog.tables.iter();
    tables.any(|table| table.name.eq_ignore_ascii_case(name))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_promise_is_kept_on_tables_that_we_make() {
    for (file, test) in made().await {
        let choice = if file == DEFAULT {
            LayoutChoice::Auto
        } else {
            file.choice
        };
        let place = format!("{} on {}", file.name, test.name);
        keeps_every_promise(&open_with_passkeys(&test, choice).await, &place).await;
        // What we made is found again, with passkeys or without.
        let again = chosen(&test, LayoutChoice::Auto).await;
        assert_eq!(again.layout.name, file.name, "{place}");
        assert_eq!(again.differences, [], "{place}");
        keeps_what_was_kept(&test, &place).await;
    }
}

/// The keys are found by whoever opens the database next, whether or not that one asks for passkeys.
async fn keeps_what_was_kept(test: &TestDatabase, place: &str) {
    let adapter = DataAdapter::new(&open(test, LayoutChoice::Auto).await).unwrap();
    let mut id = [0xf7; 32];
    id[30..].copy_from_slice(&1_u16.to_be_bytes());
    let found = adapter.passkey(&CredentialId::new(&id).unwrap()).await;
    assert!(found.unwrap().is_some(), "{place}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_promise_is_kept_on_tables_that_others_made() {
    for dialect in DIALECTS {
        for (name, ..) in fixtures_of(dialect) {
            let test = fixture(name).await;
            let client = open_with_passkeys(&test, LayoutChoice::Auto).await;
            keeps_every_promise(&client, &format!("tables of {name}")).await;
        }
    }
}

/// Nothing is added to somebody's tables; passkeys are kept all the same, in our own table.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_table_of_another_program_is_made_unasked() {
    for test in databases().await {
        let client = open(&test, LayoutChoice::Prisma).await;
        assert!(!has_table(&test, "Authenticator").await, "{}", test.name);
        keeps_every_promise(&client, test.name).await;
        open_with_passkeys(&test, LayoutChoice::Auto).await;
        assert!(!has_table(&test, "Authenticator").await, "{}", test.name);
        keeps_what_was_kept(&test, test.name).await;
    }
}

/// Keys of our own table count when the program beside us has added its table.
#[tokio::test]
async fn a_table_that_is_added_later_hides_no_key() {
    let test = fixture("prisma-postgresql").await;
    sql(&test, "ALTER TABLE \"Authenticator\" RENAME TO \"Later\"").await;
    let client = open_with_passkeys(&test, LayoutChoice::Auto).await;
    keeps_every_promise(&client, "before").await;
    sql(&test, "ALTER TABLE \"Later\" RENAME TO \"Authenticator\"").await;
    keeps_what_was_kept(&test, "after").await;
}

#[tokio::test]
async fn a_table_of_the_same_name_that_is_no_table_of_passkeys_is_left_alone() {
    let test = hallpass_db::testing::sqlite().await;
    run_ddl(
        &test,
        "CREATE TABLE \"Authenticator\" (id INTEGER PRIMARY KEY, secret TEXT);",
    )
    .await;
    let client = open_with_passkeys(&test, LayoutChoice::Prisma).await;
    keeps_every_promise(&client, "beside another table").await;
    let rows = sql(&test, "SELECT count(*) FROM \"Authenticator\"").await;
    assert_eq!(rows, [[0.into()]]);
}

/// A key as an Auth.js application writes it, and one that holds garbage beside it.
#[tokio::test]
async fn keys_of_auth_js_are_used_and_garbage_hides_none() {
    let test = fixture("prisma-postgresql").await;
    let client = open(&test, LayoutChoice::Auto).await;
    let adapter = DataAdapter::new(&client).unwrap();
    let user = new_user("ann@example.org", serde_json::json!({}));
    let user = adapter.create_user(user).await.unwrap().id;
    let insert = |id: &str, key: &str, counter: i64| {
        format!(
            "INSERT INTO \"Authenticator\" VALUES ('{id}', '{user}', '{id}', '{key}', {counter}, 'multiDevice', true, NULL)"
        )
    };
    let good = "bvcZDzOIKjrmTRmLhthOjkin/a9alO7l4UArzHqpTLg=";
    sql(&test, &insert(good, "pQECAyYgASE=", 7)).await;
    sql(&test, &insert("not base64!", "pQECAyYgASE=", 7)).await;
    sql(&test, &insert("AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "-_", 7)).await;
    sql(&test, &insert("BAAAAAAAAAAAAAAAAAAAAAAAAAA=", "pQ==", -1)).await;
    let id = CredentialId::from_stored(good).unwrap();
    let listed = adapter.passkeys_of(&user).await.unwrap();
    assert_eq!(listed.len(), 1);
    let key = adapter.passkey(&id).await.unwrap().unwrap();
    assert_eq!(listed, std::slice::from_ref(&key));
    assert_eq!(key.authenticator.user_id, user);
    assert_eq!(key.authenticator.counter, 7);
    assert_eq!(key.authenticator.device_type, DeviceType::MultiDevice);
    assert_eq!(key.notes, Default::default());
    // A use and a name are the first that we know of it.
    let at = Timestamp::from_second(1_700_000_000).unwrap();
    assert!(adapter.count_use(&id, 7, 8, at).await.unwrap());
    assert!(adapter.rename_passkey(&user, &id, "Phone").await.unwrap());
    let key = adapter.passkey(&id).await.unwrap().unwrap();
    assert_eq!(key.notes.name.as_deref(), Some("Phone"));
    assert_eq!(key.notes.last_used, Some(at));
    let garbage = CredentialId::from_stored("AAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    assert!(adapter.passkey(&garbage).await.is_err());
}
