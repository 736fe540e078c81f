//! What is written in the transaction of a sign-in, and what becomes of it when that cannot be.

use std::time::Duration;

use hallpass_auth::adapter::{
    Adapter, AdapterError, Beside, NewSession, Person, SignIn, SignInOutcome, User,
};
use hallpass_auth::directory::{SessionDirectory, SessionEntry, SessionKey};
use hallpass_auth::limit::{Limiter, Quota, Settlement, Taken};
use hallpass_auth::password::{PasswordHash, PasswordStore};
use hallpass_auth::second_factor::{Factor, ProofRecord, SecondFactorStore};
use hallpass_auth::secret::SessionToken;
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::kit;
use jiff::Timestamp;

use super::{clients, new_user};
use crate::{DataAdapter, PRISMA_LAYOUT};

const QUOTA: Quota = Quota::new(1, Duration::from_secs(60));

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_861_920_000 + second).unwrap()
}

async fn ann(adapter: &DataAdapter) -> User {
    let ann = new_user("ann@example.org", serde_json::json!({}));
    let ann = adapter.create_user(ann).await.unwrap();
    let hash = PasswordHash::new("proven");
    assert!(adapter.set_password(&ann.id, None, hash).await.unwrap());
    ann
}

fn sign_in(user: &User, password: &str, token: &SessionToken) -> SignIn {
    SignIn {
        link: None,
        person: Person::Known {
            id: user.id.clone(),
            was_proven: false,
            password: Some(PasswordHash::new(password)),
        },
        account: None,
        passkey: None,
        ends: None,
        session: Some(NewSession {
            token: token.clone(),
            expires: at(1000),
        }),
    }
}

/// All there can be; both counters are used up before.
async fn beside(adapter: &DataAdapter, user: &User, token: &SessionToken) -> Beside {
    let key = SessionKey::of_token(token);
    let [client, address] = kit::limit_keys();
    for counter in [&client, &address] {
        adapter.take(counter, QUOTA, at(0)).await.unwrap();
    }
    let unknown = SessionEntry::unknown(key, user.id.clone(), Strategy::Database, at(1000));
    Beside {
        entry: Some(SessionEntry {
            created: Some(at(0)),
            ..unknown
        }),
        proof: Some(ProofRecord {
            key,
            user_id: user.id.clone(),
            first: Factor::Password,
            second: None,
            at: at(0),
            expires: at(1000),
        }),
        settlement: Some(Settlement {
            give_back: vec![client],
            forget: vec![address],
            at: at(0),
        }),
    }
}

/// Whether each of the three is written.
async fn written(adapter: &DataAdapter, token: &SessionToken) -> [bool; 3] {
    let key = SessionKey::of_token(token);
    let entry = adapter.entry(&key).await.unwrap();
    let proof = adapter.proof(&key).await.unwrap();
    let mut settled = true;
    for counter in kit::limit_keys() {
        settled &= adapter.take(&counter, QUOTA, at(1)).await.unwrap() == Taken::Allowed;
    }
    [entry.is_some(), proof.is_some(), settled]
}

#[tokio::test]
async fn what_belongs_to_a_sign_in_is_written_with_it() {
    for (client, test) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        let ann = ann(&adapter).await;
        let token = SessionToken::new("token");
        let all = beside(&adapter, &ann, &token).await;
        let sign_in = sign_in(&ann, "proven", &token);
        let (outcome, left) = adapter.sign_in_beside(sign_in, all).await.unwrap();
        assert!(matches!(outcome, SignInOutcome::Done(_)), "{}", test.name);
        assert!(left.is_empty(), "{}", test.name);
        assert!(adapter.session_and_user(&token).await.unwrap().is_some());
        assert_eq!(written(&adapter, &token).await, [true; 3], "{}", test.name);
    }
}

#[tokio::test]
async fn a_sign_in_that_is_not_done_writes_nothing_beside_it() {
    for (client, test) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        let ann = ann(&adapter).await;
        let token = SessionToken::new("token");
        let all = beside(&adapter, &ann, &token).await;
        let old = sign_in(&ann, "the one before", &token);
        let (outcome, left) = adapter.sign_in_beside(old, all.clone()).await.unwrap();
        assert!(
            matches!(outcome, SignInOutcome::UserChanged),
            "{}: {outcome:?}",
            test.name
        );
        assert_eq!(left, all, "{}", test.name);
        assert_eq!(written(&adapter, &token).await, [false; 3], "{}", test.name);
        assert!(adapter.session_and_user(&token).await.unwrap().is_none());
    }
}

/// The list of sessions keeps nobody out, and what is left can be written later.
#[tokio::test]
async fn what_cannot_be_written_beside_a_sign_in_is_left() {
    for (client, test) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        let ann = ann(&adapter).await;
        let token = SessionToken::new("token");
        let all = beside(&adapter, &ann, &token).await;
        test.run("ALTER TABLE hallpass_proof RENAME TO away").await;
        let sign_in = sign_in(&ann, "proven", &token);
        let (outcome, left) = adapter.sign_in_beside(sign_in, all.clone()).await.unwrap();
        assert!(matches!(outcome, SignInOutcome::Done(_)), "{}", test.name);
        assert_eq!(left, all, "{}", test.name);
        test.run("ALTER TABLE away RENAME TO hallpass_proof").await;
        assert!(adapter.session_and_user(&token).await.unwrap().is_some());
        adapter.add(left.entry.unwrap()).await.unwrap();
        adapter.put_proof(left.proof.unwrap()).await.unwrap();
        adapter.settle(&left.settlement.unwrap()).await.unwrap();
        assert_eq!(written(&adapter, &token).await, [true; 3], "{}", test.name);
    }
}

/// As the kit asks of `sign_in`: a token that is taken undoes all of it, and is told although nobody waited for the write.
#[tokio::test]
async fn a_token_that_is_taken_is_a_conflict_beside_anything() {
    for (client, test) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        let ann = ann(&adapter).await;
        let token = SessionToken::new("token");
        let first = sign_in(&ann, "proven", &token);
        adapter.sign_in(first.clone()).await.unwrap();
        let all = beside(&adapter, &ann, &token).await;
        let again = adapter.sign_in_beside(first, all).await;
        assert!(
            matches!(again, Err(AdapterError::Conflict(_))),
            "{}: {again:?}",
            test.name
        );
        assert_eq!(written(&adapter, &token).await, [false; 3], "{}", test.name);
    }
}

/// A clone is the same store; one over the same tables made otherwise may keep other things.
#[tokio::test]
async fn a_store_has_one_name() {
    let (client, _database) = clients(PRISMA_LAYOUT).await.remove(0);
    let adapter = DataAdapter::new(&client).unwrap();
    let id = Adapter::store_id(&adapter);
    assert!(id.is_some());
    let clone = adapter.clone().limit_store().unwrap();
    assert_eq!(Adapter::store_id(&clone), id);
    assert_eq!(Limiter::store_id(&clone), id);
    assert_eq!(SessionDirectory::store_id(&clone), id);
    assert_eq!(SecondFactorStore::store_id(&clone), id);
    let other = DataAdapter::new(&client).unwrap();
    assert_ne!(Adapter::store_id(&other), id);
}
