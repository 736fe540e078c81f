//! Passwords in a field of the users and in a table of our own, on every database.

use hallpass_auth::account::AccountStore;
use hallpass_auth::adapter::{Adapter, AdapterError, SessionRecord};
use hallpass_auth::password::{PasswordHash, PasswordStore};
use hallpass_auth::secret::SessionToken;
use hallpass_auth::testing::kit;
use hallpass_data::Source;
use hallpass_db::testing::{databases, sqlite};
use jiff::Timestamp;

use super::layouts::{fixture, open};
use super::{clients, new_user};
use crate::doctor::{Depth, examine};
use crate::layouts::LayoutChoice;
use crate::{DataAdapter, PRISMA_LAYOUT};

fn layout(field: &str) -> String {
    let image = "  image         String?   @db.Text";
    PRISMA_LAYOUT.replace(image, &format!("{image}\n  {field}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_promise_about_passwords_is_kept_on_every_database() {
    for (field, name) in [
        ("password String? @db.Text @omit", "password"),
        // As the users of ZenStack write it: what the engine gets is a hash already.
        ("password String? @db.Text @password @omit", "password"),
        // As the users of the Prisma adapter write it.
        ("password String?", "password"),
        // As applications write it that know nothing but passwords.
        ("password String", "password"),
        ("password String @db.Text @omit", "password"),
        ("password String @db.Text @password @omit", "password"),
        (
            "passwordHash String? @map(\"password_hash\") @db.Text",
            "passwordHash",
        ),
    ] {
        for (client, database) in clients(&layout(field)).await {
            let adapter = DataAdapter::new(&client).unwrap();
            let adapter = adapter.password_field(name).unwrap();
            let result = kit::run_password_rules(async || adapter.clone()).await;
            result.unwrap_or_else(|failures| panic!("{field} on {}: {failures}", database.name));
        }
    }
}

/// Whoever comes by a link or a service has none, and gets one later.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn users_without_password_are_made_where_every_row_needs_one() {
    for field in ["password String", "password String @password @omit"] {
        for (client, database) in clients(&layout(field)).await {
            let adapter = DataAdapter::new(&client).unwrap();
            needs_no_password(&adapter, database.name).await;
            let rules = kit::run_on(kit::ACCOUNT_RULES, async || Box::new(adapter.clone()) as _);
            let result = rules.await;
            result.unwrap_or_else(|failures| panic!("{field} on {}: {failures}", database.name));
        }
    }
}

async fn needs_no_password(adapter: &DataAdapter, place: &str) {
    let user = new_user("zoe@example.org", serde_json::json!({}));
    let id = adapter.create_user(user).await;
    let id = id.unwrap_or_else(|error| panic!("{place}: {error:?}")).id;
    let email = "zoe@example.org";
    let (_, none) = adapter.user_and_password(email).await.unwrap().unwrap();
    assert_eq!(none, None, "{place}");
    assert!(!adapter.remove_password(&id).await.unwrap(), "{place}");
    let hash = || PasswordHash::new("$argon2id$x");
    assert!(adapter.set_password(&id, None, hash()).await.unwrap());
    assert!(!adapter.set_password(&id, None, hash()).await.unwrap());
    assert_eq!(
        adapter.password(&id).await.unwrap(),
        Some(hash()),
        "{place}"
    );
    // CVE-2026-53516: nothing is left of it after the first proof of the address.
    adapter.remove_earlier(&id, &[]).await.unwrap();
    assert_eq!(adapter.password(&id).await.unwrap(), None, "{place}");
    assert!(adapter.set_password(&id, None, hash()).await.unwrap());
    assert!(adapter.remove_password(&id).await.unwrap(), "{place}");
    assert_eq!(adapter.password(&id).await.unwrap(), None, "{place}");
    adapter.delete_user(&id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn columns_of_passwords_that_every_row_needs_are_taken_as_found() {
    for (name, change) in [
        (
            "prisma-snake-postgresql",
            "ALTER TABLE users ALTER COLUMN password SET NOT NULL",
        ),
        (
            "prisma-snake-mysql",
            "ALTER TABLE users MODIFY COLUMN password varchar(255) NOT NULL",
        ),
        (
            "drizzle-postgresql",
            "ALTER TABLE \"user\" ADD COLUMN password text NOT NULL",
        ),
        (
            "drizzle-mysql",
            "ALTER TABLE user ADD COLUMN password varchar(255) NOT NULL",
        ),
        (
            "drizzle-sqlite",
            "ALTER TABLE user ADD COLUMN password text NOT NULL DEFAULT ''",
        ),
    ] {
        let test = fixture(name).await;
        test.run(change).await;
        let client = open(&test, LayoutChoice::Auto).await;
        let adapter = DataAdapter::new(&client).unwrap();
        needs_no_password(&adapter, name).await;
        let report = examine(&client, Depth::Rows).await.unwrap();
        let of_password = |one: &&crate::doctor::Finding| one.place.contains("password");
        assert_eq!(report.findings.iter().find(of_password), None, "{name}");
        let result = kit::run_password_rules(async || adapter.clone()).await;
        result.unwrap_or_else(|failures| panic!("{name}: {failures}"));
    }
}

/// A session is read with every page, and what is read of its user reaches callbacks and browsers.
#[tokio::test]
async fn password_is_never_read_with_a_session_or_an_account() {
    for field in ["password String?", "password String? @omit"] {
        for (client, database) in clients(&layout(field)).await {
            let adapter = DataAdapter::new(&client).unwrap();
            let extra = serde_json::json!({ "password": "chosen" });
            let user = adapter
                .create_user(new_user("ann@example.org", extra))
                .await;
            let user = user.unwrap();
            let hash = PasswordHash::new("planted");
            let set = adapter.set_password(&user.id, None, hash).await.unwrap();
            assert!(set, "a stranger chose the password on {}", database.name);
            let session = SessionRecord {
                session_token: SessionToken::new("token"),
                user_id: user.id.clone(),
                expires: Timestamp::from_second(1_900_000_000).unwrap(),
            };
            adapter.create_session(session.clone()).await.unwrap();
            let read = adapter.session_and_user(&session.session_token).await;
            let (_, of_session) = read.unwrap().unwrap();
            let by_id = adapter.user(&user.id).await.unwrap().unwrap();
            for user in [user, of_session, by_id] {
                assert!(
                    user.extra.is_empty(),
                    "{:?} on {}",
                    user.extra,
                    database.name
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_promise_about_passwords_is_kept_in_a_table_of_our_own() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        let adapter = adapter.password_store().unwrap();
        let result = kit::run_password_rules(async || adapter.clone()).await;
        result.unwrap_or_else(|failures| panic!("on {}: {failures}", database.name));
        let rules = kit::run_on(kit::ACCOUNT_RULES, async || Box::new(adapter.clone()) as _);
        let result = rules.await;
        result.unwrap_or_else(|failures| panic!("on {}: {failures}", database.name));
    }
}

/// GHSA-2vg6-77g8-24mp: ids may be given again, and whoever gets one must find no password under it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ghsa_2vg6_77g8_24mp_no_password_outlives_its_user() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        for round in 0..5 {
            let address = format!("ann-{round}@example.org");
            let user = new_user(&address, serde_json::json!({}));
            let user = adapter.create_user(user).await.unwrap();
            let set = || adapter.set_password(&user.id, None, PasswordHash::new("x"));
            let removal = adapter.delete_user(&user.id);
            let (one, removed, other) = tokio::join!(set(), removal, set());
            removed.unwrap();
            assert!(!(one.unwrap() && other.unwrap()), "{}", database.name);
        }
        let left = client.count("HallpassPassword").run().await.unwrap();
        assert_eq!(left, 0, "{}", database.name);
    }
}

/// A column that came later holds what counts, and removing a password removes it everywhere.
#[tokio::test]
async fn a_column_counts_more_than_the_table() {
    for database in databases().await {
        let (own, column) = (PasswordHash::new("own"), PasswordHash::new("column"));
        let with_column = layout("password String? @omit @db.Text");
        let client = super::client(database.database.clone(), &with_column);
        client.create_missing_tables().await.unwrap();
        let columns = DataAdapter::new(&client).unwrap();
        let without = super::client(database.database.clone(), PRISMA_LAYOUT);
        let table = DataAdapter::new(&without).unwrap();
        let user = new_user("ann@example.org", serde_json::json!({}));
        let user = table.create_user_with_password(user, own.clone()).await;
        let id = user.unwrap().id;
        assert_eq!(columns.password(&id).await.unwrap(), None);
        assert!(
            columns
                .set_password(&id, None, column.clone())
                .await
                .unwrap()
        );
        assert_eq!(columns.password(&id).await.unwrap(), Some(column));
        assert_eq!(table.password(&id).await.unwrap(), Some(own));
        // CVE-2026-53516: the first proof removes both.
        columns.remove_earlier(&id, &[]).await.unwrap();
        for store in [&columns, &table] {
            let left = store.password(&id).await.unwrap();
            assert_eq!(left, None, "{}", database.name);
        }
    }
}

#[tokio::test]
async fn a_schema_without_a_place_for_passwords_is_told() {
    for (client, _) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        for name in ["password", "passwordHash", "accounts", "emailVerified"] {
            let error = adapter.clone().password_field(name).unwrap_err();
            let expected = format!(
                "model `User` has no field `{name}` of type `String`, which signing in with a password needs"
            );
            assert_eq!(error.to_string(), expected);
        }
    }
    let test = sqlite().await;
    let bare = Source {
        name: "layout.zmodel",
        text: PRISMA_LAYOUT,
    };
    let client = hallpass_data::open(&test.address, &[bare], super::options()).await;
    let adapter = DataAdapter::new(&client.unwrap()).unwrap();
    let error = adapter.clone().password_store().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the schema has no model `HallpassPassword`: add the sources of `OWN_TABLES`"
    );
    let read = adapter.user_and_password("ann@example.org").await;
    assert!(matches!(read, Err(AdapterError::Other(_))));
}
