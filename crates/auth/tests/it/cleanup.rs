//! The removal of what has expired.

use hallpass_auth::Auth;
use hallpass_auth::adapter::AdapterError;
use std::time::Duration;

use crate::app::{Browser, DAY, ORIGIN, Setup, secrets};

#[tokio::test]
async fn what_expired_more_than_a_day_ago_is_removed_and_nothing_else() {
    let app = Setup::default().app();
    let mut browser = app.signed_in("ada@example.com").await;
    browser.ask("ada@example.com").await;
    let link = app.last_link();
    app.clock.advance(DAY * 2);
    let removed = app.auth.remove_expired().await.unwrap();
    assert!(removed.is_empty(), "it expired a day ago to the second");
    browser
        .follow(&link)
        .await
        .fails_with("error", "Verification");

    browser.ask("ada@example.com").await;
    app.clock.advance(DAY * 2 + Duration::from_secs(1));
    let removed = app.auth.remove_expired().await.unwrap();
    assert_eq!((removed.of("link tokens"), removed.of("sessions")), (1, 0));
    assert!(app.store.verification_tokens().is_empty());
    assert_eq!(browser.session().await["user"]["email"], "ada@example.com");

    app.clock.advance(DAY * 32);
    let removed = app.auth.remove_expired().await.unwrap();
    assert_eq!(removed.of("sessions"), 1);
    assert_eq!(app.store.users().len(), 1, "users do not expire");
    browser.sign_in("ada@example.com").await.leads_to(ORIGIN);
}

#[tokio::test]
async fn one_call_removes_a_bounded_number() {
    let app = Setup::default().app();
    for number in 0..501 {
        let address = format!("{number}@example.com");
        Browser::new(&app).sign_in(&address).await;
        // Nobody is refused for coming too often.
        app.clock.advance(DAY);
    }
    app.clock.advance(DAY * 40);
    let first = app.auth.remove_expired().await.unwrap();
    assert_eq!((first.of("sessions"), first.may_be_more()), (500, true));
    let second = app.auth.remove_expired().await.unwrap();
    assert_eq!((second.of("sessions"), second.may_be_more()), (1, false));
}

#[tokio::test]
async fn without_a_store_there_is_nothing_to_remove_and_a_store_that_is_away_is_told() {
    let app = Setup::default().app();
    app.store.go_away();
    let error = app.auth.remove_expired().await.unwrap_err();
    assert!(matches!(error, AdapterError::Unavailable(_)));
    let alone = Auth::builder()
        .secrets(secrets())
        .environment(
            app.clock.clone(),
            std::sync::Arc::new(hallpass_auth::testing::random::SeededRandom::new(1)),
        )
        .build()
        .unwrap();
    assert!(alone.remove_expired().await.unwrap().is_empty());
}
