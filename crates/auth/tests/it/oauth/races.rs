//! Several at once.

use futures_util::future::join_all;
use hallpass_auth::session::Strategy;
use http::StatusCode;

use super::service::{BOTH, app};
use crate::app::{Browser, ORIGIN};

/// CVE-2026-53517: whatever the service does with a code that comes twice, it is one user, one account.
#[tokio::test(flavor = "multi_thread")]
async fn cve_2026_53517_two_callbacks_with_one_code_make_one_user() {
    for strategy in BOTH {
        for _ in 0..10 {
            let (app, _) = app(strategy);
            let mut browser = Browser::new(&app);
            let path = browser.agree("example").await;
            let both = (0..8).map(|_| {
                let (mut browser, path) = (browser.clone(), path.clone());
                tokio::spawn(async move { browser.get(&path).await })
            });
            for answer in join_all(both).await {
                let answer = answer.unwrap();
                assert_eq!(answer.status, StatusCode::FOUND);
                assert_eq!(answer.location(), format!("{ORIGIN}/done"));
            }
            assert_eq!(
                (app.store.users().len(), app.store.accounts().len()),
                (1, 1)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn first_sign_ins_of_one_person_at_once_make_one_user() {
    for strategy in BOTH {
        for _ in 0..50 {
            let (app, _) = app(strategy);
            let all = (0..8).map(|_| {
                let mut browser = Browser::new(&app);
                tokio::spawn(async move {
                    let answer = browser.sign_in_at("example").await;
                    (answer.location().to_owned(), browser.session_email().await)
                })
            });
            for one in join_all(all).await {
                let (target, email) = one.unwrap();
                assert_eq!(target, format!("{ORIGIN}/done"));
                assert_eq!(email, "ada@example.com");
            }
            assert_eq!(
                (app.store.users().len(), app.store.accounts().len()),
                (1, 1)
            );
            let sessions = if strategy == Strategy::Database { 8 } else { 0 };
            assert_eq!(app.store.sessions().len(), sessions);
        }
    }
}

/// Two services, one address: one of them makes the user, the other is told.
#[tokio::test(flavor = "multi_thread")]
async fn first_sign_ins_of_one_address_at_two_services_make_one_user() {
    for _ in 0..10 {
        let (app, _) = app(Strategy::Database);
        let all = ["example", "other"].map(|provider| {
            let mut browser = Browser::new(&app);
            tokio::spawn(async move { browser.sign_in_at(provider).await.location().to_owned() })
        });
        let mut targets: Vec<String> = join_all(all)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        targets.sort();
        let refused = format!("{ORIGIN}/auth/signin?error=OAuthAccountNotLinked");
        assert_eq!(targets, [refused, format!("{ORIGIN}/done")]);
        assert_eq!(
            (app.store.users().len(), app.store.accounts().len()),
            (1, 1)
        );
    }
}

/// A user who proves the address by mail while the account signs in: no session slips past the proof.
#[tokio::test(flavor = "multi_thread")]
async fn no_sign_in_slips_past_the_first_proof() {
    for _ in 0..20 {
        let (app, _) = app(Strategy::Database);
        Browser::new(&app).sign_in_at("example").await;
        let mut owner = Browser::new(&app);
        owner.ask("ada@example.com").await;
        let link = app.last_link();
        let mut thief = Browser::new(&app);
        let path = thief.agree("example").await;
        let proof = tokio::spawn(async move {
            owner.follow(&link).await;
            owner
        });
        let theft = tokio::spawn(async move {
            thief.get(&path).await;
            thief
        });
        let (mut owner, mut thief) = (proof.await.unwrap(), theft.await.unwrap());
        assert_eq!(owner.session_email().await, "ada@example.com");
        assert_eq!(thief.session().await, serde_json::Value::Null);
        assert!(app.store.accounts().is_empty());
    }
}
