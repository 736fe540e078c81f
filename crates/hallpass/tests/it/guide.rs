//! The schema of the guide, from sign-up to what somebody may read and write: for every way to sign in and both kinds of
//! sessions, on every database.

use axum::http::StatusCode;
use hallpass::auth::session::Strategy;
use hallpass_db::testing::databases;
use serde_json::{Value, json};

use crate::application::{Application, Browser};

const PASSWORD: &str = "correct horse battery";

#[tokio::test]
async fn who_signed_in_reads_and_writes_what_is_theirs_with_database_sessions() {
    for test in databases().await {
        journey(
            &Application::open(&test, Strategy::Database).await,
            test.name,
        )
        .await;
    }
}

#[tokio::test]
async fn who_signed_in_reads_and_writes_what_is_theirs_with_token_sessions() {
    for test in databases().await {
        journey(&Application::open(&test, Strategy::Jwt).await, test.name).await;
    }
}

async fn journey(application: &Application, place: &str) {
    sign_up(application, place).await;
    let mut ann = Browser::new(application);
    ann.by_mail("ann@example.com").await;
    let mut bob = Browser::new(application);
    let wrong = bob
        .by_password("bob@example.com", "wrong horse battery")
        .await;
    assert_eq!(bob.session().await, Value::Null, "{place}: {wrong:?}");
    bob.by_password("bob@example.com", PASSWORD).await;
    let mut cat = Browser::new(application);
    cat.by_service().await;

    let people = [
        (&mut ann, "ann@example.com"),
        (&mut bob, "bob@example.com"),
        (&mut cat, "cat@example.com"),
    ];
    let mut nobody = Browser::new(application);
    for (browser, email) in people {
        own(browser, email, place).await;
    }
    let seen = nobody.get("/posts").await.json();
    assert_eq!(seen, json!([]), "{place}");
    let refused = nobody.post("/posts", &json!({"title": "x"})).await;
    assert_ne!(refused.status, StatusCode::OK, "{place}: {refused:?}");

    // Of Ann's posts Bob sees the one that is published, and nothing of Ann.
    ann.post("/posts", &json!({"title": "public", "published": true}))
        .await;
    let seen = bob.get("/posts").await.json();
    let titles: Vec<_> = seen
        .as_array()
        .unwrap()
        .iter()
        .map(|post| &post["title"])
        .collect();
    assert_eq!(titles, ["of bob@example.com", "public"], "{place}");
    assert_eq!(seen[0]["author"], json!({"email": "bob@example.com"}));
    assert_eq!(seen[1]["author"], Value::Null, "{place}");
    let stolen = json!({"title": "x", "authorId": seen[1]["authorId"]});
    let refused = bob.post("/posts", &stolen).await;
    assert_eq!(
        refused.status,
        StatusCode::FORBIDDEN,
        "{place}: {refused:?}"
    );
}

/// Nobody makes a user, whom nobody may read.
async fn sign_up(application: &Application, place: &str) {
    let mut browser = Browser::new(application);
    for (data, status) in [
        (
            json!({"email": "bob", "password": PASSWORD}),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({"email": "bob@example.com", "password": "short"}),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({"email": "bob@example.com", "image": "no address"}),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        // It is done, and what was made may not be seen.
        (
            json!({"email": "bob@example.com", "password": PASSWORD}),
            StatusCode::FORBIDDEN,
        ),
        (
            json!({"email": "bob@example.com", "password": PASSWORD}),
            StatusCode::CONFLICT,
        ),
    ] {
        let answer = browser.post("/users", &data).await;
        assert_eq!(answer.status, status, "{place}: {data} {answer:?}");
    }
    let users = application
        .client
        .find_many("User")
        .select(["email", "password"]);
    let users = users.run().await.unwrap();
    let hash: &str = users[0].get("password").unwrap();
    assert!(
        users.len() == 1 && hash.starts_with("$2b$12$"),
        "{place}: {hash}"
    );
}

/// Somebody sees themselves, without the password, and writes a post.
async fn own(browser: &mut Browser<'_>, email: &str, place: &str) {
    let session = browser.session().await;
    assert_eq!(session["user"]["email"], email, "{place}: {session}");
    assert!(!session.to_string().contains("$2b$"), "{place}: {session}");
    let users = browser.get("/users").await.json();
    let [user] = users.as_array().unwrap().as_slice() else {
        panic!("{place}: {email} sees {users}");
    };
    assert_eq!(user["email"], email, "{place}");
    assert_eq!(user.get("password"), None, "{place}: {user}");
    let title = format!("of {email}");
    let made = browser.post("/posts", &json!({"title": title})).await;
    assert_eq!(made.status, StatusCode::OK, "{place}: {made:?}");
    assert_eq!(made.json()["authorId"], user["id"], "{place}");
    let posts = browser.get("/posts").await.json();
    assert_eq!(posts.as_array().unwrap().len(), 1, "{place}: {posts}");
    assert_eq!(posts[0]["author"]["email"], email, "{place}");
}
