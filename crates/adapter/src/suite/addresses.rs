//! Addresses that an application beside us keeps with capital letters.

use hallpass_auth::adapter::{
    Adapter, Earlier, LinkKey, Person, SignIn, SignInOutcome, UserId, VerificationToken,
};
use hallpass_auth::password::{PasswordHash, PasswordStore};
use hallpass_auth::secret::TokenHash;
use hallpass_db::testing::TestDatabase;
use jiff::Timestamp;

use super::layouts::{fixture, open, sql};
use crate::DataAdapter;
use crate::layouts::LayoutChoice;

/// Fixtures, and how their databases quote names.
const PLACES: &[(&str, char)] = &[
    ("prisma-postgresql", '"'),
    ("prisma-mysql", '`'),
    ("prisma-sqlite", '"'),
    ("prisma-snake-postgresql", '"'),
];

async fn adapter(test: &TestDatabase) -> DataAdapter {
    DataAdapter::new(&open(test, LayoutChoice::Auto).await).unwrap()
}

/// A user as another program writes one.
async fn plant(test: &TestDatabase, (name, quote): (&str, char), id: &str, email: &str) {
    let (table, changed) = match name.contains("snake") {
        true => ("users", "updated_at"),
        false => ("User", "updatedAt"),
    };
    let moment = match test.name {
        "sqlite" => "1700000000000",
        _ => "'2026-01-01 00:00:00'",
    };
    let quoted = |name: &str| format!("{quote}{name}{quote}");
    let (table, changed) = (quoted(table), quoted(changed));
    let statement =
        format!("INSERT INTO {table} (id, email, {changed}) VALUES ('{id}', '{email}', {moment})");
    sql(test, &statement).await;
}

async fn id_of(store: &DataAdapter, email: &str) -> Option<String> {
    let found = store.user_by_email(email).await.unwrap();
    found.map(|user| user.id.0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_user_whose_address_has_capitals_is_found_and_signs_in() {
    for place in PLACES {
        let test = fixture(place.0).await;
        plant(&test, *place, "ada", "Ada@Example.org").await;
        plant(&test, *place, "bob", "bob@example.org").await;
        let store = adapter(&test).await;
        let ada = id_of(&store, "ada@example.org").await;
        assert_eq!(ada.as_deref(), Some("ada"), "{}", place.0);
        let bob = id_of(&store, "bob@example.org").await;
        assert_eq!(bob.as_deref(), Some("bob"), "{}", place.0);
        for nobody in ["Bob@example.org", "eve@example.org"] {
            assert_eq!(id_of(&store, nobody).await, None, "{}", place.0);
        }
        let outcome = follow(&store, "ada@example.org", "ada", "Ada@Example.org").await;
        let SignInOutcome::Done(signed_in) = outcome else {
            panic!("{}: {outcome:?}", place.0)
        };
        assert_eq!(signed_in.user.email.as_deref(), Some("Ada@Example.org"));
        // With passwords in a table of our own, or in a column.
        let store = store.password_store().unwrap();
        let (id, hash) = (signed_in.user.id, PasswordHash::new("hash"));
        assert!(store.set_password(&id, None, hash.clone()).await.unwrap());
        let found = store.user_and_password("ada@example.org").await.unwrap();
        let (found, known) = found.unwrap();
        assert_eq!((&found.id, known), (&id, Some(hash)), "{}", place.0);
        // Nothing that signs in outlives its user, however the link's address is written.
        let link = keep_link(&store, "ada@example.org").await;
        store.delete_user(&id).await.unwrap();
        let left = store.use_verification_token(&link.identifier, &link.token);
        assert_eq!(left.await.unwrap(), None, "{}", place.0);
    }
}

async fn keep_link(store: &DataAdapter, identifier: &str) -> LinkKey {
    let token = VerificationToken {
        identifier: identifier.to_owned(),
        token: TokenHash::new("hash"),
        expires: Timestamp::from_second(1_900_000_000).unwrap(),
    };
    store.create_verification_token(token).await.unwrap();
    LinkKey {
        identifier: identifier.to_owned(),
        token: TokenHash::new("hash"),
    }
}

/// Follows a link to `to`, as the user with this id and address.
async fn follow(store: &DataAdapter, to: &str, id: &str, email: &str) -> SignInOutcome {
    let sign_in = SignIn {
        link: Some(keep_link(store, to).await),
        person: Person::Proves {
            id: UserId(id.to_owned()),
            email: email.to_owned(),
            at: Timestamp::from_second(1_700_000_000).unwrap(),
            earlier: Earlier::Removed {
                verifying_providers: Vec::new(),
            },
        },
        account: None,
        passkey: None,
        ends: None,
        session: None,
    };
    store.sign_in(sign_in).await.unwrap()
}

/// SECURITY: whoever reads the one mailbox is not whoever reads the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn letters_that_only_a_database_takes_for_the_same_find_nobody() {
    for place in PLACES {
        let test = fixture(place.0).await;
        for (id, email) in [
            // Makes the store look for small letters too.
            ("bob", "Bob@example.org"),
            ("andre", "Andr\u{e9}@example.org"),
            ("kelvin", "\u{212a}ate@example.org"),
            ("dotted", "\u{130}da@example.org"),
            ("wide", "\u{ff21}nn@example.org"),
        ] {
            plant(&test, *place, id, email).await;
        }
        let store = adapter(&test).await;
        let bob = id_of(&store, "bob@example.org").await;
        assert_eq!(bob.as_deref(), Some("bob"), "{}", place.0);
        for email in [
            "andre@example.org",
            "kate@example.org",
            "ida@example.org",
            "\u{131}da@example.org",
            "ann@example.org",
            "b_b@example.org",
            "bob@example.org ",
            "%",
        ] {
            assert_eq!(id_of(&store, email).await, None, "{email} on {}", place.0);
        }
    }
}

/// Only where the column tells capitals apart can there be two.
#[tokio::test]
async fn the_address_itself_comes_first_and_several_others_are_nobody_s() {
    for place in PLACES.iter().filter(|(name, _)| !name.contains("mysql")) {
        let test = fixture(place.0).await;
        for (id, email) in [
            ("one", "ada@example.org"),
            ("two", "Ada@example.org"),
            ("three", "Eve@example.org"),
            ("four", "EVE@example.org"),
        ] {
            plant(&test, *place, id, email).await;
        }
        let store = adapter(&test).await;
        let ada = id_of(&store, "ada@example.org").await;
        assert_eq!(ada.as_deref(), Some("one"), "{}", place.0);
        let error = store.user_by_email("eve@example.org").await.unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("three") && cause.contains("four"), "{cause}");
    }
}
