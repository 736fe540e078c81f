//! Passwords in a field of the users, on every database.

use hallpass_auth::adapter::{Adapter, AdapterError, SessionRecord};
use hallpass_auth::password::{PasswordHash, PasswordStore};
use hallpass_auth::secret::SessionToken;
use hallpass_auth::testing::kit;
use jiff::Timestamp;

use super::{clients, new_user};
use crate::{DataAdapter, PRISMA_LAYOUT};

fn layout(field: &str) -> String {
    let image = "  image         String?   @db.Text";
    PRISMA_LAYOUT.replace(image, &format!("{image}\n  {field}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_promise_about_passwords_is_kept_on_every_database() {
    for (field, name) in [
        ("password String? @db.Text @omit", "password"),
        // As the users of the Prisma adapter write it.
        ("password String?", "password"),
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

#[tokio::test]
async fn a_schema_without_the_field_is_named() {
    for (client, _) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        let error = adapter.clone().password_store().unwrap_err();
        assert_eq!(
            error.to_string(),
            "model `User` has no field `password` of type `String`, which signing in with a password needs"
        );
        for name in ["passwordHash", "accounts", "emailVerified"] {
            let error = adapter.clone().password_field(name).unwrap_err();
            assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
        }
        let read = adapter.user_and_password("ann@example.org").await;
        assert!(matches!(read, Err(AdapterError::Other(_))));
    }
}
