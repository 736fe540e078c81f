//! Sessions in the cookie cross from one server to the other, in both directions.

use hallpass_db::testing::{TestDatabase, sqlite};
use serde_json::{Value, json};

use super::address::Address;
use super::authjs::{AuthJs, Options};
use super::browser::Person;
use super::server::Server;

const HTTP: Address = Address("http://app.test/api/auth");
const HTTPS: Address = Address("https://app.test/api/auth");
const NEW: &str = "the-new-secret-0123456789-0123456789-abc";
const OLD: &str = "the-old-secret-9876543210-9876543210-xyz";

/// Auth.js with JWT sessions and these secrets, newest first.
fn authjs(address: Address, secrets: &[&str]) -> AuthJs {
    let secret = match secrets {
        [one] => json!(one),
        list => json!(list),
    };
    Options::at(address.0, "")
        .with("secret", secret)
        .with("strategy", "jwt")
        .with("adapter", "memory")
        .start()
}

/// Hallpass with JWT sessions and these secrets.
async fn hallpass(database: &TestDatabase, address: Address, secrets: &[&str]) -> Server {
    let mut variables = vec![("AUTH_SESSION_STRATEGY", "jwt")];
    match secrets {
        [new, old] => variables.extend([("AUTH_SECRET_1", *new), ("AUTH_SECRET", *old)]),
        secrets => variables.push(("AUTH_SECRET", secrets[0])),
    }
    Server::hallpass(address, &database.address, &variables).await
}

fn without_times(mut claims: Value) -> Value {
    for name in ["iat", "exp", "jti"] {
        let claims = claims.as_object_mut().expect("claims");
        assert!(claims.remove(name).is_some(), "{name}");
    }
    claims
}

/// Our tokens name their session, so that it can be ended; Auth.js hands the name on.
fn without_name(claims: Value) -> Value {
    let mut claims = without_times(claims);
    let members = claims.as_object_mut().expect("claims");
    assert!(members.remove("hallpass_sid").is_some(), "the name");
    claims
}

#[tokio::test]
async fn whoever_signs_in_at_one_is_signed_in_at_the_other() {
    let database = sqlite().await;
    for address in [HTTP, HTTPS] {
        let theirs = Server::AuthJs(authjs(address, &[NEW]));
        let ours = hallpass(&database, address, &[NEW]).await;
        for (one, other) in [(&theirs, &ours), (&ours, &theirs)] {
            let mut ann = Person::new(address);
            ann.sign_in(one, "ann@example.com").await;
            let there = ann.session(other).await;
            assert_eq!(
                there["user"]["email"],
                "ann@example.com",
                "{}",
                other.name()
            );
            // Each renews the cookie; the renewed one is as good at home.
            let here = ann.session(one).await;
            assert_eq!(here["user"], there["user"], "{}", one.name());

            let left = ann.post(other, "/signout", &[]).await;
            assert_eq!(left.status, 302, "{}: {left:?}", other.name());
            assert_eq!(ann.session_cookie(), "", "{}", other.name());
            assert_eq!(ann.session(one).await, Value::Null);
        }
    }
}

#[tokio::test]
async fn a_cookie_of_http_is_none_on_https() {
    let database = sqlite().await;
    let plain = Server::AuthJs(authjs(HTTP, &[NEW]));
    let ours = hallpass(&database, HTTPS, &[NEW]).await;
    let mut ann = Person::new(HTTP);
    ann.sign_in(&plain, "ann@example.com").await;
    let mut elsewhere = Person::new(HTTPS);
    let token = ann.session_cookie();
    elsewhere.jar.put(HTTPS.names().session, token);
    assert_eq!(elsewhere.session(&ours).await, Value::Null);
}

#[tokio::test]
async fn large_tokens_cross_in_chunks() {
    let database = sqlite().await;
    let peer = authjs(HTTPS, &[NEW]);
    let claims =
        json!({ "name": "Ann", "email": "ann@example.com", "sub": "1", "pad": "x".repeat(9_000) });
    let name = HTTPS.names().session;
    let token = peer.encode(name, &json!(NEW), &claims).await;
    let (theirs, ours) = (
        Server::AuthJs(peer),
        hallpass(&database, HTTPS, &[NEW]).await,
    );
    for (one, other) in [(&theirs, &ours), (&ours, &theirs)] {
        let mut ann = Person::new(HTTPS);
        ann.jar.put(name, &token);
        assert_eq!(ann.email(one).await.as_deref(), Some("ann@example.com"));
        let chunks: Vec<String> = (0..4).map(|number| format!("{name}.{number}")).collect();
        assert_eq!(ann.jar.names(name), chunks, "cut by {}", one.name());
        assert_eq!(
            ann.email(other).await.as_deref(),
            Some("ann@example.com"),
            "read by {}",
            other.name()
        );
        assert_eq!(ann.jar.names(name), chunks, "cut by {}", other.name());
        // A piece that is lost is the end of the session.
        ann.jar.forget(&chunks[1]);
        assert_eq!(ann.email(other).await, None, "{}", other.name());
        assert_eq!(ann.jar.names(name), [""; 0], "deleted by {}", other.name());
    }
}

#[tokio::test]
async fn get_token_reads_our_cookies() {
    let database = sqlite().await;
    for address in [HTTP, HTTPS] {
        let peer = authjs(address, &[NEW]);
        let ours = hallpass(&database, address, &[NEW]).await;
        let mut ann = Person::new(address);
        ann.sign_in(&ours, "ann@example.com").await;
        let ask = json!({ "secret": NEW, "secureCookie": address.is_secure() });
        let cookies = ann.jar.header();
        let claims = peer.tool("get-token", &ask, &[("cookie", &cookies)]).await;
        let claims = without_name(claims);
        let sub = claims["sub"]
            .as_str()
            .expect("the id of the user")
            .to_owned();
        assert_eq!(
            claims,
            json!({ "name": null, "email": "ann@example.com", "picture": null, "sub": sub })
        );

        let bearer = format!("Bearer {}", ann.session_cookie());
        let by_header = peer
            .tool("get-token", &ask, &[("authorization", &bearer)])
            .await;
        assert_eq!(without_name(by_header), claims);

        let raw = json!({ "secret": NEW, "secureCookie": address.is_secure(), "raw": true });
        let raw = peer.tool("get-token", &raw, &[("cookie", &cookies)]).await;
        assert_eq!(raw, ann.session_cookie());

        let wrong = json!({ "secret": OLD, "secureCookie": address.is_secure() });
        let wrong = peer
            .tool("get-token", &wrong, &[("cookie", &cookies)])
            .await;
        assert_eq!(wrong, Value::Null);
        let other_name = json!({ "secret": NEW, "secureCookie": !address.is_secure() });
        let other_name = peer
            .tool("get-token", &other_name, &[("cookie", &cookies)])
            .await;
        assert_eq!(other_name, Value::Null);
    }
}

#[tokio::test]
async fn a_secret_can_be_replaced_on_one_side_after_the_other() {
    let database = sqlite().await;
    let both = authjs(HTTP, &[NEW, OLD]);
    let (theirs, ours) = (
        Server::AuthJs(both),
        hallpass(&database, HTTP, &[NEW, OLD]).await,
    );
    let (their_old, our_old) = (
        Server::AuthJs(authjs(HTTP, &[OLD])),
        hallpass(&database, HTTP, &[OLD]).await,
    );
    // Who signed in under the old secret stays, whoever reads the cookie first.
    for (before, after) in [(&their_old, &ours), (&our_old, &theirs), (&our_old, &ours)] {
        let mut ann = Person::new(HTTP);
        ann.sign_in(before, "ann@example.com").await;
        assert_eq!(ann.email(after).await.as_deref(), Some("ann@example.com"));
        // Renewed under the new secret, the cookie is good for both that know it.
        for server in [&theirs, &ours] {
            assert_eq!(ann.email(server).await.as_deref(), Some("ann@example.com"));
        }
        // And no longer for one that has only the old secret.
        let mut copy = ann.clone();
        assert_eq!(copy.email(&our_old).await, None);
        assert_eq!(ann.email(&their_old).await, None);
    }
}

#[tokio::test]
async fn csrf_tokens_cross() {
    let database = sqlite().await;
    for secrets in [&[NEW][..], &[NEW, OLD]] {
        let (theirs, ours) = (
            Server::AuthJs(authjs(HTTP, secrets)),
            hallpass(&database, HTTP, secrets).await,
        );
        for (one, other) in [(&theirs, &ours), (&ours, &theirs)] {
            let mut ann = Person::new(HTTP);
            ann.get(one, "/csrf").await;
            let token = ann.jar.csrf(HTTP.names().csrf).to_owned();
            let left = ann.post(other, "/signout", &[]).await;
            assert_eq!(left.header("location"), Some(HTTP.origin()), "{left:?}");
            assert_eq!(ann.jar.csrf(HTTP.names().csrf), token, "{}", other.name());
        }
    }
}
