//! The tables of our own: what goes with a user and with what fails, and schemas that lack them. Their kits run on every layout
//! (`kits.rs`).

use hallpass_auth::account::{AccountStore, PasswordChange};
use hallpass_auth::adapter::{Adapter, AdapterError, SessionRecord, UserId};
use hallpass_auth::one_time::{OneTimeRecord, OneTimeStore, Purpose};
use hallpass_auth::password::{PasswordHash, PasswordStore};
use hallpass_auth::second_factor::{Factors, SecondFactorStore, TotpRecord};
use hallpass_auth::secret::{SessionToken, TokenHash};
use hallpass_data::{Client, ClientOptions, Source};
use hallpass_db::testing::sqlite;
use jiff::Timestamp;

use super::{clients, new_user};
use crate::{DataAdapter, PRISMA_LAYOUT};

/// CVE-2026-53516: what somebody set up for an address that is not theirs goes with the first proof, and with the user.
#[tokio::test]
async fn cve_2026_53516_second_factors_go_with_the_first_proof_and_with_their_user() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        let user = new_user("ann@example.org", serde_json::json!({}));
        let user = adapter.create_user(user).await.unwrap();
        let record = || TotpRecord {
            user_id: user.id.clone(),
            id: "app".to_owned(),
            sealed: "sealed".to_owned(),
            last_step: 0,
            created: Timestamp::UNIX_EPOCH,
        };
        let codes = [TokenHash::new("code")];
        assert!(adapter.add_totp(record(), &codes, None).await.unwrap());
        adapter.remove_earlier(&user.id, &[]).await.unwrap();
        let factors = adapter.factors(&user.id).await.unwrap();
        assert_eq!(factors, Factors::default(), "{}", database.name);
        assert!(adapter.add_totp(record(), &codes, None).await.unwrap());
        adapter.delete_user(&user.id).await.unwrap();
        let factors = adapter.factors(&user.id).await.unwrap();
        assert_eq!(factors, Factors::default(), "{}", database.name);
    }
}

fn with_passwords() -> String {
    let image = "  image         String?   @db.Text";
    PRISMA_LAYOUT.replace(
        image,
        &format!("{image}\n  password String? @db.Text @omit"),
    )
}

/// What fails in the middle leaves nothing behind: here the last statement, on a token that is taken.
#[tokio::test]
async fn a_password_change_that_fails_changes_nothing() {
    for (client, database) in clients(&with_passwords()).await {
        let adapter = DataAdapter::new(&client).unwrap();
        let user = new_user("ann@example.org", serde_json::json!({}));
        let user = adapter.create_user(user).await.unwrap();
        let other = new_user("bob@example.org", serde_json::json!({}));
        let other = adapter.create_user(other).await.unwrap();
        let session = |user: &UserId, token: &str| SessionRecord {
            session_token: SessionToken::new(token),
            user_id: user.clone(),
            expires: Timestamp::from_second(1_893_456_000).unwrap(),
        };
        adapter
            .create_session(session(&user.id, "own"))
            .await
            .unwrap();
        adapter
            .create_session(session(&other.id, "taken"))
            .await
            .unwrap();
        let change = PasswordChange {
            user_id: user.id.clone(),
            expected: None,
            new: PasswordHash::new("new"),
            session: Some(session(&user.id, "taken")),
        };
        let failed = adapter.change_password(change).await;
        assert!(
            matches!(failed, Err(AdapterError::Conflict(_))),
            "{}",
            database.name
        );
        assert_eq!(
            adapter.password(&user.id).await.unwrap(),
            None,
            "{}",
            database.name
        );
        let own = adapter
            .session_and_user(&SessionToken::new("own"))
            .await
            .unwrap();
        assert!(own.is_some(), "{}", database.name);
    }
}

fn token(user_id: &UserId) -> OneTimeRecord {
    OneTimeRecord {
        purpose: Purpose::ResetPassword,
        hash: TokenHash::new(format!("hash-of-{user_id}")),
        user_id: user_id.clone(),
        email: "ann@example.org".to_owned(),
        expires: Timestamp::from_second(1_893_456_000).unwrap(),
    }
}

/// GHSA-2vg6-77g8-24mp: what belongs to a user goes with the user, and nothing else goes.
#[tokio::test]
async fn ghsa_2vg6_77g8_24mp_one_time_tokens_go_with_their_user() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        let mut users = Vec::new();
        for email in ["ann@example.org", "bob@example.org"] {
            let user = new_user(email, serde_json::json!({}));
            let user = adapter.create_user(user).await.unwrap();
            adapter.put(token(&user.id)).await.unwrap();
            users.push(user.id);
        }
        adapter.delete_user(&users[0]).await.unwrap();
        for (user, stays) in users.iter().zip([false, true]) {
            let hash = token(user).hash;
            let taken = adapter.take(Purpose::ResetPassword, &hash).await.unwrap();
            assert_eq!(taken.is_some(), stays, "{}", database.name);
        }
    }
}

#[tokio::test]
async fn a_schema_without_our_models_signs_in_and_says_what_is_missing() {
    let test = sqlite().await;
    let layout = Source {
        name: "layout.zmodel",
        text: PRISMA_LAYOUT,
    };
    let options = ClientOptions::new(|| Timestamp::UNIX_EPOCH, |bytes: &mut [u8]| bytes.fill(7));
    let client: Client = hallpass_data::open(&test.address, &[layout], options)
        .await
        .unwrap();
    let adapter = DataAdapter::new(&client).unwrap();
    let user = new_user("ann@example.org", serde_json::json!({}));
    let user = adapter.create_user(user).await.unwrap();
    for result in [adapter.ready(), adapter.put(token(&user.id)).await] {
        let Err(AdapterError::Other(cause)) = result else {
            panic!("there is no table for it")
        };
        assert_eq!(
            cause.to_string(),
            "the schema has no model `HallpassOneTimeToken`: add the sources of `OWN_TABLES`"
        );
    }
    adapter.delete_user(&user.id).await.unwrap();
    assert_eq!(adapter.user(&user.id).await.unwrap(), None);
}
