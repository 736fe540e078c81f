//! Adding a way in takes a sign-in of the last minutes, and signing in again is one: also where the account is known.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use hallpass_auth::ChangingWaysIn;
use hallpass_auth::account::Accounts;
use hallpass_auth::adapter::{Adapter, SessionRecord};
use hallpass_auth::directory::Page;
use hallpass_auth::environment::Clock;
use hallpass_auth::mail::mailbox::Mailbox;
use hallpass_auth::secret::SessionToken;
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::clock::FixedClock;
use hallpass_auth::time::after;
use url::Url;

use super::service::{self, BOTH, Service, app_with, bob, id_of, parameter};
use crate::app::{App, Browser, DAY, ORIGIN, START, Setup};

const ADA: &str = "ada@example.com";

/// With a list of sessions, and the pages of accounts.
fn app_of(strategy: Strategy, rule: Option<ChangingWaysIn>) -> (App, Service) {
    app_with(Setup::listing(strategy), |builder, store| {
        let mailbox = Mailbox::new(Arc::new(FixedClock::at(START)), NonZeroUsize::MIN);
        let accounts = Accounts::new(store, Arc::new(mailbox), "login@example.com");
        let builder = builder.accounts(accounts);
        match rule {
            Some(rule) => builder.changing_ways_in(rule),
            None => builder,
        }
    })
}

fn app(strategy: Strategy) -> (App, Service) {
    app_of(strategy, None)
}

/// Where somebody is sent to who has to sign in again, and comes back from to this path.
fn again(location: &str, path: &str) {
    assert!(
        location.starts_with(&format!("{ORIGIN}/auth/signin?")),
        "{location}"
    );
    let url = Url::parse(location).unwrap();
    assert_eq!(
        parameter(&url, "callbackUrl"),
        Some(format!("{ORIGIN}{path}"))
    );
    assert_eq!(parameter(&url, "error").as_deref(), Some("SessionRequired"));
}

/// Ada has an account at `example` and nothing else, and signed in there.
async fn ada(app: &App) -> Browser {
    let mut browser = Browser::new(app);
    browser
        .sign_in_at("example")
        .await
        .leads_to(&format!("{ORIGIN}/done"));
    assert_eq!(browser.session_email().await, ADA);
    browser
}

fn later(app: &App) {
    app.clock.advance(Duration::from_secs(601));
}

/// GHSA-4qvm-r4pr-v3wg: whoever copied a session has no way in of their own by it.
#[tokio::test]
async fn ghsa_4qvm_r4pr_v3wg_an_old_session_gets_no_account_until_its_person_signs_in_again() {
    for strategy in BOTH {
        let (app, there) = app(strategy);
        let mut browser = ada(&app).await;
        later(&app);
        there.knows(&bob());
        let answer = browser.sign_in_at("other").await;
        again(answer.location(), "/done");
        assert_eq!(app.store.accounts().len(), 1, "{strategy:?}");
        assert_eq!(browser.session_email().await, ADA, "she stays signed in");

        // The account is known and hers: the question ends all the same.
        there.knows(&service::ada());
        browser.sign_in_at("example").await;
        there.knows(&bob());
        let answer = browser.sign_in_at("other").await;
        answer.leads_to(&format!("{ORIGIN}/done"));
        assert_eq!(app.store.accounts().len(), 2, "{strategy:?}");
    }
}

#[tokio::test]
async fn an_operator_may_take_any_session() {
    let (app, there) = app_of(Strategy::Database, Some(ChangingWaysIn::InAnySession));
    let mut browser = ada(&app).await;
    app.clock.advance(DAY * 2);
    there.knows(&bob());
    browser
        .sign_in_at("other")
        .await
        .leads_to(&format!("{ORIGIN}/done"));
    assert_eq!(app.store.accounts().len(), 2);
}

#[tokio::test]
async fn the_page_leads_to_the_sign_in_before_it_offers_more() {
    let (app, _) = app(Strategy::Database);
    let mut browser = ada(&app).await;
    let page = browser.get("/auth/account/linked").await;
    assert!(page.body.contains(">Link other<"), "{}", page.body);
    later(&app);
    let page = browser.get("/auth/account/linked").await;
    assert!(!page.body.contains(">Link other<"), "{}", page.body);
    let query = "error=SessionRequired";
    let callback = "callbackUrl=http%3A%2F%2Flocalhost%3A3000%2Fauth%2Faccount%2Flinked";
    assert!(
        page.body.contains(query) && page.body.contains(callback),
        "{}",
        page.body
    );
}

/// CVE-2026-7507: the session that goes on has another secret, and the old one is over.
#[tokio::test]
async fn cve_2026_7507_signing_in_again_begins_the_session_anew() {
    for strategy in BOTH {
        let (app, _) = app(strategy);
        let mut browser = ada(&app).await;
        let mut copied = browser.clone();
        let user = id_of(&app, ADA);
        later(&app);
        browser.sign_in_at("example").await;
        assert_eq!(browser.session_email().await, ADA);
        assert!(copied.session().await.is_null(), "{strategy:?}");
        let listed = app.auth.sessions_of(&user, Page::first(10)).await.unwrap();
        assert_eq!(listed.len(), 1, "{strategy:?}");
        let rows = usize::from(strategy == Strategy::Database);
        assert_eq!(app.store.sessions().len(), rows);
    }
}

/// Contract §6.1: a session that began lately is kept.
#[tokio::test]
async fn signing_in_again_at_once_keeps_the_session() {
    for strategy in BOTH {
        let (app, _) = app(strategy);
        let mut browser = ada(&app).await;
        let mut copied = browser.clone();
        app.clock.advance(Duration::from_secs(599));
        browser.sign_in_at("example").await;
        assert!(!copied.session().await.is_null(), "{strategy:?}");
    }
}

/// Without a password, removing asks for a recent sign-in: which ended nowhere for whoever has services alone.
#[tokio::test]
async fn whoever_has_services_alone_removes_one_after_signing_in_again() {
    for strategy in BOTH {
        let (app, there) = app(strategy);
        let mut browser = ada(&app).await;
        there.knows(&bob());
        browser.sign_in_at("other").await;
        later(&app);
        let remove = [("provider", "other"), ("providerAccountId", "7")];
        let answer = browser.post("/auth/account/unlink", &remove).await;
        again(answer.location(), "/auth/account/linked");
        there.knows(&service::ada());
        browser.sign_in_at("example").await;
        let answer = browser.post("/auth/account/unlink", &remove).await;
        answer.leads_to(&format!("{ORIGIN}/auth/account/linked?done=removed"));
    }
}

/// A session that the directory knows nothing of may be of any age: an application beside us began it.
#[tokio::test]
async fn a_session_of_unknown_age_counts_as_old() {
    let (app, there) = app(Strategy::Database);
    let mut browser = ada(&app).await;
    let user = id_of(&app, ADA);
    let token = app.store.sessions().remove(0).session_token;
    app.store.delete_session(&token).await.unwrap();
    let row = SessionRecord {
        session_token: SessionToken::new("of-another-application"),
        user_id: user,
        expires: after(app.clock.now(), DAY),
    };
    app.store.create_session(row).await.unwrap();
    browser.set_cookie("authjs.session-token", "of-another-application");
    assert_eq!(browser.session_email().await, ADA);
    there.knows(&bob());
    let answer = browser.sign_in_at("other").await;
    again(answer.location(), "/done");
}
