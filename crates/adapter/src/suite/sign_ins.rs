//! A sign-in whose connection is lost in the middle.

use hallpass_auth::adapter::{
    Adapter, AdapterError, LinkKey, NewSession, Person, SignIn, SignInOutcome, VerificationToken,
};
use hallpass_auth::secret::{SessionToken, TokenHash};
use jiff::Timestamp;

use super::{clients, new_user};
use crate::{DataAdapter, PRISMA_LAYOUT};

/// What ends the connection when a session is added, the last write of a sign-in. SQLite has no connection to lose, and
/// fails instead.
fn fatal(database: &str) -> &'static [&'static str] {
    match database {
        "postgres" => &[
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END'",
            "CREATE TRIGGER fatal BEFORE INSERT ON \"Session\" FOR EACH ROW EXECUTE FUNCTION die()",
        ],
        "mysql" => {
            &["CREATE TRIGGER fatal BEFORE INSERT ON `Session` FOR EACH ROW KILL CONNECTION_ID()"]
        }
        _ => &[
            "CREATE TRIGGER fatal BEFORE INSERT ON \"Session\" BEGIN SELECT RAISE(ABORT, 'dies'); END",
        ],
    }
}

fn mended(database: &str) -> &'static str {
    match database {
        "postgres" => "DROP TRIGGER fatal ON \"Session\"",
        _ => "DROP TRIGGER fatal",
    }
}

#[tokio::test]
async fn a_connection_lost_in_the_middle_of_a_sign_in_leaves_the_link_usable() {
    for (client, test) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        let expires: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        let link = LinkKey {
            identifier: "ann@example.org".to_owned(),
            token: TokenHash::new("hash"),
        };
        let token = VerificationToken {
            identifier: link.identifier.clone(),
            token: link.token.clone(),
            expires,
        };
        adapter.create_verification_token(token).await.unwrap();
        let sign_in = SignIn {
            link: Some(link),
            person: Person::New(new_user("ann@example.org", serde_json::json!({}))),
            account: None,
            passkey: None,
            ends: None,
            session: Some(NewSession {
                token: SessionToken::new("token"),
                expires,
            }),
        };
        for statement in fatal(test.name) {
            test.run(statement).await;
        }
        let failed = adapter.sign_in(sign_in.clone()).await;
        match test.name {
            "sqlite" => assert!(matches!(failed, Err(AdapterError::Other(_)))),
            name => assert!(
                matches!(failed, Err(AdapterError::Unavailable(_))),
                "{name}: {failed:?}"
            ),
        }
        let user = adapter.user_by_email("ann@example.org").await.unwrap();
        assert_eq!(user, None, "{}", test.name);
        test.run(mended(test.name)).await;
        let outcome = adapter.sign_in(sign_in.clone()).await.unwrap();
        assert!(matches!(outcome, SignInOutcome::Done(_)), "{}", test.name);
        let again = adapter.sign_in(sign_in).await.unwrap();
        assert!(matches!(again, SignInOutcome::LinkGone), "{}", test.name);
    }
}
