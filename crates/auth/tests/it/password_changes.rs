//! A password that changes while a sign-in with the old one is under way.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use hallpass_auth::AuthBuilder;
use hallpass_auth::adapter::UserId;
use hallpass_auth::callbacks::{ClaimsCause, SignInDecision};
use hallpass_auth::directory::{SessionDirectory, Which};
use hallpass_auth::password::{PasswordHash, PasswordSettings, PasswordStore, Upgrade};
use hallpass_auth::providers::PasswordProvider;
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::clock::FixedClock;
use hallpass_auth::testing::memory::MemoryAdapter;
use hallpass_auth::testing::random::SeededRandom;
use serde_json::Value;

use crate::app::{Browser, ORIGIN, START, Setup};
use crate::passwords::{BCRYPT, NOBODY, PASSWORD, add, hash, quick, try_as};

fn with_passwords(builder: AuthBuilder, store: &MemoryAdapter) -> AuthBuilder {
    let settings = PasswordSettings::new(store.clone()).hasher(quick());
    let settings = settings.upgrade(Upgrade::AtSignIn);
    builder
        .passwords(settings)
        .provider(PasswordProvider::new("password"))
}

/// Somebody sets another password.
async fn change(store: &MemoryAdapter, id: &UserId) {
    let known = store.password(id).await.unwrap();
    let new = PasswordHash::new("another");
    assert!(store.set_password(id, known.as_ref(), new).await.unwrap());
}

/// The callback stands for all that lies between the proof and the session. An upgrade writes the hash before it.
#[tokio::test]
async fn an_old_password_that_was_proven_begins_no_session_after_the_new_one() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        for stored in [hash(PASSWORD).await, PasswordHash::new(BCRYPT)] {
            let typed = match stored.expose() {
                BCRYPT => "correct horse battery staple",
                _ => PASSWORD,
            };
            let app = Setup::listing(strategy).app_with_store(|builder, store| {
                with_passwords(builder, &store).on_sign_in(move |attempt| {
                    let store = store.clone();
                    async move {
                        change(&store, &attempt.user.id).await;
                        Ok(SignInDecision::Allow)
                    }
                })
            });
            add(&app, "ann@example.com", Some(stored)).await;
            let mut browser = Browser::new(&app);
            let answer = try_as(&mut browser, "ann@example.com", typed).await;
            answer.leads_to(NOBODY);
            assert!(answer.set_cookies().is_empty(), "{strategy:?}");
            assert!(app.store.sessions().is_empty(), "{strategy:?}");
            assert_eq!(browser.session().await, Value::Null, "{strategy:?}");
        }
    }
}

/// After the last comparison there still is time until the token is made.
#[tokio::test]
async fn a_token_counts_as_begun_before_its_password_was_read() {
    let clock = Arc::new(FixedClock::at(START));
    let times = Arc::clone(&clock);
    let app = Setup::listing(Strategy::Jwt).app_with_store(move |builder, store| {
        let builder = builder.environment(Arc::clone(&times) as _, Arc::new(SeededRandom::new(5)));
        with_passwords(builder, &store).on_claims(move |claims, cause| {
            let (store, times) = (store.clone(), Arc::clone(&times));
            async move {
                if let ClaimsCause::SignIn { user, .. } = cause {
                    change(&store, &user.id).await;
                    times.advance(Duration::from_secs(1));
                    let at = hallpass_auth::environment::Clock::now(&*times);
                    let expires = "2100-01-01T00:00:00Z".parse().unwrap();
                    let ended = store.end_tokens(&user.id, Which::AllBut(None), at, expires);
                    ended.await.unwrap();
                    times.advance(Duration::from_secs(1));
                }
                Ok(Some(claims))
            }
        })
    });
    add(&app, "ann@example.com", Some(hash(PASSWORD).await)).await;
    let mut browser = Browser::new(&app);
    let answer = try_as(&mut browser, "ann@example.com", PASSWORD).await;
    answer.leads_to(ORIGIN);
    assert!(!answer.set_cookies().is_empty());
    clock.advance(Duration::from_secs(3_600));
    assert_eq!(browser.session().await, Value::Null);
}

/// One of them makes the hash anew; the others see another hash than they read, of the same password.
#[tokio::test]
async fn sign_ins_at_once_that_upgrade_the_hash_all_succeed() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let app =
            Setup::of(strategy).app_with_store(|builder, store| with_passwords(builder, &store));
        add(&app, "ann@example.com", Some(PasswordHash::new(BCRYPT))).await;
        let answers = join_all((0..4).map(|_| async {
            let mut browser = Browser::new(&app);
            let typed = "correct horse battery staple";
            try_as(&mut browser, "ann@example.com", typed).await
        }));
        for answer in answers.await {
            answer.leads_to(ORIGIN);
        }
    }
}
