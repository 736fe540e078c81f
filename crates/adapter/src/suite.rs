//! The adapter test kit of `auth` on every database, over every layout.

use std::sync::Arc;

use hallpass_auth::adapter::{Account, AccountType, Adapter, NewUser, User, UserChanges, UserId};
use hallpass_data::{Client, ClientOptions};
use hallpass_db::testing::{TestDatabase, databases};
use hallpass_zmodel::{Source, load};
use jiff::Timestamp;

use crate::{DataAdapter, OWN_TABLES, PRISMA_LAYOUT};

mod accounts;
mod addresses;
mod beside;
mod doctor;
mod doctor_layouts;
mod expired;
mod foreign;
mod ids;
mod indexes;
mod kits;
mod layouts;
mod own;
mod passkeys;
mod passwords;
mod pulled;
mod recognising;
mod sessions;
mod sign_ins;

fn client(database: hallpass_db::Database, layout: &str) -> Client {
    let layout = Source {
        name: "layout.zmodel",
        text: layout,
    };
    let schema = load(&[&[layout], OWN_TABLES].concat()).unwrap();
    Client::new(database, Arc::new(schema), options()).unwrap()
}

fn options() -> ClientOptions {
    let counter = std::sync::atomic::AtomicU64::new(0);
    ClientOptions::new(
        || Timestamp::from_second(1_700_000_000).unwrap(),
        move |bytes: &mut [u8]| {
            for byte in bytes {
                let next =
                    counter.fetch_add(0x9e37_79b9_7f4a_7c15, std::sync::atomic::Ordering::Relaxed);
                *byte = (next >> 56) as u8 ^ (next >> 24) as u8;
            }
        },
    )
}

/// Clients with the tables of a layout, on every database; the databases live as long as the second part.
async fn clients(layout: &str) -> Vec<(Client, TestDatabase)> {
    let mut clients = Vec::new();
    for database in databases().await {
        let client = client(database.database.clone(), layout);
        client.create_missing_tables().await.unwrap();
        clients.push((client, database));
    }
    clients
}

fn new_user(email: &str, extra: serde_json::Value) -> NewUser {
    let serde_json::Value::Object(extra) = extra else {
        panic!("the extra members are an object")
    };
    NewUser {
        proposed_id: UserId("proposed".to_owned()),
        name: None,
        email: Some(email.to_owned()),
        email_verified: None,
        image: None,
        extra,
    }
}

#[tokio::test]
async fn ids_that_differ_in_case_are_other_people() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        let user = new_user("ann@example.org", serde_json::json!({}));
        let user = adapter.create_user(user).await.unwrap();
        let other = UserId(user.id.as_str().to_uppercase());
        let changes = UserChanges {
            name: Some(Some("Mallory".to_owned())),
            ..UserChanges::default()
        };
        let changed = adapter.update_user(&other, changes).await.unwrap();
        assert_eq!(changed, None, "{}", database.name);
        adapter.delete_user(&other).await.unwrap();
        let still = adapter.user(&user.id).await.unwrap();
        assert_eq!(still, Some(user), "{}", database.name);
    }
}

#[tokio::test]
async fn columns_of_the_application_take_what_json_says_of_them() {
    let columns = "  image         String?   @db.Text\n  since DateTime?\n  balance Decimal?\n  admin Boolean?";
    let layout = PRISMA_LAYOUT.replace("  image         String?   @db.Text", columns);
    let extra = serde_json::json!({
        "since": "2026-01-31T23:59:59.5+01:00", "balance": 1.5, "admin": true, "unknown": 1, "accounts": [],
    });
    for (client, database) in clients(&layout).await {
        let adapter = DataAdapter::new(&client).unwrap();
        let user = new_user("ann@example.org", extra.clone());
        let user = adapter.create_user(user).await.unwrap();
        let expected = serde_json::json!({
            "since": "2026-01-31T22:59:59.500Z", "balance": "1.5", "admin": true,
        });
        assert_eq!(
            serde_json::Value::Object(user.extra),
            expected,
            "{}",
            database.name
        );
    }
}

#[tokio::test]
async fn what_a_provider_sends_chooses_no_key() {
    let keys = serde_json::json!({ "id": "chosen", "userId": "chosen", "provider": "chosen" });
    let serde_json::Value::Object(extra) = keys.clone() else {
        panic!("the extra members are an object")
    };
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        let user = adapter.create_user(new_user("ann@example.org", keys.clone()));
        let user = user.await.unwrap();
        assert_ne!(user.id.as_str(), "chosen", "{}", database.name);
        let changes = UserChanges {
            extra: extra.clone(),
            ..UserChanges::default()
        };
        let changed: Option<User> = adapter.update_user(&user.id, changes).await.unwrap();
        assert_eq!(changed, Some(user.clone()), "{}", database.name);
        let account = Account {
            user_id: user.id.clone(),
            kind: AccountType::OAuth,
            provider: "github".to_owned(),
            provider_account_id: "1".to_owned(),
            extra: extra.clone(),
        };
        adapter.link_account(account).await.unwrap();
        let found = adapter.user_by_account("github", "1").await.unwrap();
        assert_eq!(found, Some(user), "{}", database.name);
    }
}
