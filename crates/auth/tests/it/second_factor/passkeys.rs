//! A passkey in place of a code.

use std::time::Duration;

use futures_util::future::join_all;
use hallpass_auth::ChangingWaysIn;
use hallpass_auth::limit::LimitRules;
use hallpass_auth::providers::{PasskeyProvider, PasswordProvider};
use hallpass_auth::second_factor::{
    Factor, PasskeysAsFactor, Require, SecondFactorSettings, SecondFactorStore,
};
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::authenticator::{Algorithm, Page, SoftAuthenticator};
use http::StatusCode;
use serde_json::{Value, json};

use super::support::{ASK, Phone, ada, proofs};
use crate::account::support::{ADA, NEW, OLD, STRATEGIES, app_with_store};
use crate::app::{Answer, App, Browser, ORIGIN};

const OPTIONS: &str = "/auth/second-factor/passkey";
const LONG_AGO: Duration = Duration::from_secs(601);

fn app_of(
    strategy: Strategy,
    limits: LimitRules,
    settings: impl FnOnce(SecondFactorSettings) -> SecondFactorSettings,
) -> App {
    app_with_store(strategy, |builder, store| {
        builder
            .second_factor(settings(SecondFactorSettings::new(store.clone())))
            .passkeys(store)
            .provider(PasswordProvider::new("password"))
            .provider(PasskeyProvider::passkey())
            .limits(limits)
    })
}

fn app(strategy: Strategy) -> App {
    app_of(strategy, LimitRules::none(), |settings| settings)
}

fn requiring(strategy: Strategy) -> App {
    app_of(strategy, LimitRules::none(), |settings| {
        settings.passkeys(PasskeysAsFactor::Required)
    })
}

/// As the operator of an application that took over from Auth.js may want it.
fn in_any_session(strategy: Strategy, passkeys: PasskeysAsFactor) -> App {
    app_with_store(strategy, |builder, store| {
        let settings = SecondFactorSettings::new(store.clone()).passkeys(passkeys);
        builder
            .second_factor(settings)
            .passkeys(store)
            .provider(PasswordProvider::new("password"))
            .provider(PasskeyProvider::passkey())
            .limits(LimitRules::none())
            .changing_ways_in(ChangingWaysIn::InAnySession)
    })
}

fn key(seed: u8) -> SoftAuthenticator {
    SoftAuthenticator::new(Algorithm::Es256, seed)
}

fn page() -> Page {
    Page::at(ORIGIN)
}

/// Adds a passkey to whoever is signed in.
async fn add(browser: &mut Browser, device: &mut SoftAuthenticator) -> Answer {
    const BEGIN: &str = "/auth/webauthn-options/passkey?action=register";
    let made = browser.get_json(BEGIN).await.json();
    let data = device.create(&made["options"], &page());
    let members = [("action", "register"), ("data", &*data)];
    browser.post_bare("/auth/callback/passkey", &members).await
}

/// Ada with an app and a passkey.
async fn ada_with_key(app: &App, device: &mut SoftAuthenticator) -> (Browser, Phone) {
    let (mut browser, phone) = ada(app).await;
    add(&mut browser, device).await.leads_to(ORIGIN);
    (browser, phone)
}

/// Ada with a passkey and nothing else beside her password.
async fn ada_with_key_alone(app: &App, device: &mut SoftAuthenticator) -> Browser {
    let mut browser = app.ada().await;
    add(&mut browser, device).await.leads_to(ORIGIN);
    browser
}

async fn begin(browser: &mut Browser) -> Value {
    let answer = browser.get_json(OPTIONS).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["options"].clone()
}

async fn send(browser: &mut Browser, data: &str) -> Answer {
    browser
        .post_json("/auth/second-factor", &[("data", data)])
        .await
}

async fn answer(browser: &mut Browser, device: &mut SoftAuthenticator) -> Answer {
    let options = begin(browser).await;
    let data = device.get(&options, &page());
    send(browser, &data).await
}

/// A browser whose sign-in waits.
async fn waiting(app: &App) -> Browser {
    let mut browser = Browser::new(app);
    browser.password().await.leads_to(ASK);
    browser
}

#[track_caller]
fn is_refused(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
    assert_eq!(answer.json()["error"], "WrongCode");
}

#[tokio::test]
async fn a_passkey_answers_in_place_of_a_code() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let mut device = key(1);
        device.counter = 4;
        ada_with_key(&app, &mut device).await;
        let mut browser = waiting(&app).await;
        let methods = browser.get_json("/auth/second-factor").await.json();
        assert_eq!(
            methods["methods"],
            json!(["totp", "recovery-code", "passkey"])
        );
        let page = browser.get("/auth/second-factor").await.body;
        assert!(page.contains("name=\"code\""), "works without scripts");
        assert!(page.contains("data-passkey=\"authenticate\""));

        let options = begin(&mut browser).await;
        assert_eq!(options["userVerification"], "required");
        let own = json!([{ "id": device.wire_id(), "type": "public-key", "transports": ["internal", "hybrid"] }]);
        assert_eq!(options["allowCredentials"], own);
        assert_eq!(options["rpId"], "localhost");
        let data = device.get(&options, &self::page());
        let done = send(&mut browser, &data).await;
        done.leads_to(ORIGIN);
        assert!(browser.is_signed_in().await, "{strategy:?}");
        assert_eq!(proofs(&app)[0], (Factor::Password, Some(Factor::Passkey)));
        assert_eq!(app.store.passkeys()[0].authenticator.counter, 5);
        assert_eq!(browser.cookie("hallpass.second-factor"), None);
    }
}

/// rodauth 2.46: a key of somebody else is answered as a wrong code, even where its owner is the one who answers.
#[tokio::test]
async fn rodauth_2_46_the_key_of_somebody_else_answers_for_nobody() {
    let app = app(Strategy::Database);
    let (mut own, mut other) = (key(1), key(2));
    ada_with_key(&app, &mut own).await;
    let mut bob = app.signed_in("bob@example.com").await;
    add(&mut bob, &mut other).await.leads_to(ORIGIN);
    let mut browser = waiting(&app).await;
    is_refused(&answer(&mut browser, &mut other).await);
    is_refused(&answer(&mut browser, &mut key(3)).await);
    // The right id, and the key of somebody else.
    other.id = own.id.clone();
    other.user_handle = own.user_handle.clone();
    is_refused(&answer(&mut browser, &mut other).await);
    assert!(!browser.is_signed_in().await);
    let good = answer(&mut browser, &mut own).await;
    good.leads_to(ORIGIN);
}

#[tokio::test]
async fn a_key_that_verified_nobody_or_was_copied_is_refused() {
    let app = app(Strategy::Database);
    let mut device = key(1);
    device.counter = 4;
    ada_with_key(&app, &mut device).await;
    let mut browser = waiting(&app).await;
    let honest = device.flags;
    device.flags = 0b0000_0001;
    is_refused(&answer(&mut browser, &mut device).await);
    device.flags = honest;
    device.counter = 2;
    is_refused(&answer(&mut browser, &mut device).await);
    device.counter = 20;
    let elsewhere = Page::at("https://evil.example");
    let options = begin(&mut browser).await;
    let data = device.get(&options, &elsewhere);
    is_refused(&send(&mut browser, &data).await);
    for data in ["", "{}", "no JSON", &"x".repeat(70_000)] {
        let _ = begin(&mut browser).await;
        is_refused(&send(&mut browser, data).await);
    }
    let good = answer(&mut browser, &mut device).await;
    good.leads_to(ORIGIN);
}

/// A challenge belongs to one sign-in that waits, of one browser, and serves once, good or bad.
#[tokio::test]
async fn a_challenge_serves_its_own_sign_in_once() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let mut device = key(1);
        let (mut here, _) = ada_with_key(&app, &mut device).await;
        let (mut one, mut other) = (waiting(&app).await, waiting(&app).await);

        // Of the sign-in page, of another sign-in that waits, and of a session.
        let path = "/auth/webauthn-options/passkey?action=authenticate";
        let at_sign_in = one.get_json(path).await.json()["options"].clone();
        let data = device.get(&at_sign_in, &page());
        is_refused(&send(&mut one, &data).await);
        for source in [&mut other, &mut here] {
            let options = begin(source).await;
            let data = device.get(&options, &page());
            let challenge = source.cookie("authjs.challenge").unwrap().to_owned();
            one.set_cookie("authjs.challenge", &challenge);
            is_refused(&send(&mut one, &data).await);
        }
        // And the other way round: it is no sign-in by passkey.
        let options = begin(&mut one).await;
        let data = device.get(&options, &page());
        let members = [("action", "authenticate"), ("data", &*data)];
        let mut thief = one.clone();
        let answer = thief.post_bare("/auth/callback/passkey", &members).await;
        assert!(
            answer.location().contains("error="),
            "{}",
            answer.location()
        );

        // Twenty times at once.
        let mut copies = vec![one; 20];
        let sent = copies.iter_mut().map(|copy| send(copy, &data));
        let answers = join_all(sent).await;
        let good = answers.iter().filter(|one| one.status == StatusCode::FOUND);
        assert_eq!(good.count(), 1, "{strategy:?}");
        let mut late = waiting(&app).await;
        begin(&mut late).await;
        app.clock.advance(Duration::from_secs(660));
        let answer = send(&mut late, &data).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
}

/// CVE-2024-4629, CVE-2026-9798: codes and passkeys count together.
#[tokio::test]
async fn cve_2024_4629_answers_by_passkey_are_counted_as_codes() {
    let rules = LimitRules::none().rule("second_factor per address: 5/15m");
    let app = app_of(Strategy::Database, rules.unwrap(), |settings| settings);
    let mut device = key(1);
    let (_, phone) = ada_with_key(&app, &mut device).await;
    let mut browser = waiting(&app).await;
    for number in 0..5 {
        let refused = match number % 2 {
            0 => answer(&mut browser, &mut key(9)).await,
            _ => {
                browser
                    .post_json("/auth/second-factor", &[("code", "000000")])
                    .await
            }
        };
        is_refused(&refused);
    }
    let late = answer(&mut browser, &mut device).await;
    assert_eq!(late.status, StatusCode::TOO_MANY_REQUESTS);
    let late = browser.code(&phone.code(&app)).await;
    assert_eq!(late.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn nobody_is_offered_what_is_not_theirs() {
    let app = app(Strategy::Database);
    let answer = Browser::new(&app).get_json(OPTIONS).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    ada(&app).await;
    let mut browser = waiting(&app).await;
    let answer = browser.get_json(OPTIONS).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let page = browser.get("/auth/second-factor").await.body;
    assert!(!page.contains("data-passkey"));
    // An application without passkeys answers alike.
    let without = super::support::app(Strategy::Database);
    ada(&without).await;
    let mut browser = waiting(&without).await;
    let answer = browser.get_json(OPTIONS).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    is_refused(&send(&mut browser, "{}").await);
}

#[tokio::test]
async fn a_passkey_alone_is_asked_for_only_where_it_is_required() {
    for strategy in STRATEGIES {
        let offering = app(strategy);
        ada_with_key_alone(&offering, &mut key(1)).await;
        let mut browser = Browser::new(&offering);
        browser.password().await.leads_to(ORIGIN);

        let requiring = requiring(strategy);
        let mut device = key(1);
        ada_with_key_alone(&requiring, &mut device).await;
        let mut browser = waiting(&requiring).await;
        let methods = browser.get_json("/auth/second-factor").await.json();
        assert_eq!(methods["methods"], json!(["passkey"]));
        let page = browser.get("/auth/second-factor").await.body;
        assert!(!page.contains("name=\"code\""), "there is no app");
        let code = browser.post_json("/auth/second-factor", &[("code", "123456")]);
        is_refused(&code.await);
        let good = answer(&mut browser, &mut device).await;
        good.leads_to(ORIGIN);
        assert!(browser.is_signed_in().await);
    }
}

/// CVE-2026-94218: whoever has nothing but the password of somebody with a passkey cannot set up an app in its place.
#[tokio::test]
async fn cve_2026_94218_where_everybody_needs_one_a_passkey_is_one() {
    let app = app_of(Strategy::Database, LimitRules::none(), |settings| {
        settings.require(Require::Always)
    });
    let mut device = key(1);
    let mut browser = Browser::new(&app);
    browser.sign_in(ADA).await.leads_to(ASK);
    browser.set_up("").await;
    app.set_password(ADA, OLD).await;
    add(&mut browser, &mut device).await.leads_to(ORIGIN);
    let id = app.user(ADA).id;
    assert!(app.store.remove_factors(&id).await.unwrap());

    let mut thief = waiting(&app).await;
    thief.get("/auth/second-factor/setup").await.leads_to(ASK);
    let members = [("code", "123456")];
    let answer = thief.post("/auth/second-factor/setup", &members).await;
    answer.leads_to(ASK);
    let good = self::answer(&mut thief, &mut device).await;
    good.leads_to(ORIGIN);
}

#[tokio::test]
async fn a_passkey_is_a_recent_proof() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let mut device = key(1);
        let (mut browser, _) = ada_with_key(&app, &mut device).await;
        app.clock.advance(LONG_AGO);
        let members = [("password", OLD), ("newPassword", NEW)];
        let path = "/auth/account/password";
        let refused = browser.post_json(path, &members).await;
        assert_eq!(refused.json()["error"], "SecondFactorRequired");
        let mut copied = browser.clone();
        let done = answer(&mut browser, &mut device).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        assert!(!copied.is_signed_in().await, "CVE-2026-7507");
        let changed = browser.post_json(path, &members).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    }
}

/// Where passkeys are asked for, the last one goes only with a proof, and so does another one come.
#[tokio::test]
async fn where_passkeys_are_required_a_copied_session_neither_adds_nor_removes_one() {
    let app = requiring(Strategy::Database);
    let mut device = key(1);
    let mut browser = ada_with_key_alone(&app, &mut device).await;
    app.clock.advance(LONG_AGO);
    let id = app.store.passkeys()[0].authenticator.credential_id.digest();
    let members = [("id", &*id)];
    let removed = browser.post_json("/auth/passkeys/remove", &members).await;
    assert_eq!(removed.json()["error"], "SecondFactorRequired");
    let path = "/auth/webauthn-options/passkey?action=register";
    let added = browser.get_json(path).await;
    assert_eq!(added.json()["error"], "SecondFactorRequired");
    let done = answer(&mut browser, &mut device).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    add(&mut browser, &mut key(2)).await.leads_to(ORIGIN);
    let removed = browser.post_json("/auth/passkeys/remove", &members).await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.body);
}

/// Where a passkey is asked for, the first one takes a recent sign-in: else a copied session could keep the owner out.
#[tokio::test]
async fn the_first_passkey_takes_a_recent_sign_in() {
    let required = PasskeysAsFactor::Required;
    let every = STRATEGIES.map(|strategy| {
        let whatever_is_set = in_any_session(strategy, required);
        [app(strategy), requiring(strategy), whatever_is_set]
    });
    for app in every.into_iter().flatten() {
        let mut browser = app.ada().await;
        let mut device = key(1);
        let path = "/auth/webauthn-options/passkey?action=register";
        let made = browser.get_json(path).await.json();
        let data = device.create(&made["options"], &page());
        app.clock.advance(LONG_AGO);
        let refused = browser.get_json(path).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert_eq!(refused.json()["error"], "SignInAgain");
        let url = refused.json()["url"].as_str().unwrap().to_owned();
        assert!(url.contains("/auth/signin?callbackUrl="), "{url}");
        let members = [("action", "register"), ("data", &*data)];
        let refused = browser.post_bare("/auth/callback/passkey", &members).await;
        assert!(refused.location().contains("/auth/signin"));
        assert!(app.store.passkeys().is_empty());
        browser.password().await.leads_to(ORIGIN);
        add(&mut browser, &mut device).await.leads_to(ORIGIN);
        // So does taking it away again.
        app.clock.advance(LONG_AGO);
        let id = app.store.passkeys()[0].authenticator.credential_id.digest();
        let refused = browser.post("/auth/passkeys/remove", &[("id", &id)]).await;
        assert!(!refused.location().contains("notice=removed"));
        assert_eq!(app.store.passkeys().len(), 1);
    }
}

#[tokio::test]
async fn where_any_session_will_do_an_old_one_does() {
    for strategy in STRATEGIES {
        let app = in_any_session(strategy, PasskeysAsFactor::Offered);
        let mut browser = app.ada().await;
        app.clock.advance(LONG_AGO);
        add(&mut browser, &mut key(1)).await.leads_to(ORIGIN);
        app.clock.advance(LONG_AGO);
        let id = app.store.passkeys()[0].authenticator.credential_id.digest();
        browser.post("/auth/passkeys/remove", &[("id", &id)]).await;
        assert!(app.store.passkeys().is_empty());
    }
}

/// A passkey that is shown again is a sign-in as any other: the question ends.
#[tokio::test]
async fn signing_in_by_the_passkey_at_hand_begins_the_session_anew() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let mut device = key(1);
        let mut browser = ada_with_key_alone(&app, &mut device).await;
        let mut copied = browser.clone();
        app.clock.advance(LONG_AGO);
        let path = "/auth/webauthn-options/passkey?action=authenticate";
        let options = browser.get_json(path).await.json()["options"].clone();
        let data = device.get(&options, &page());
        let members = [("action", "authenticate"), ("data", &*data)];
        let answer = browser.post_bare("/auth/callback/passkey", &members).await;
        answer.leads_to(ORIGIN);
        assert!(browser.is_signed_in().await);
        assert!(!copied.is_signed_in().await, "{strategy:?}");
        add(&mut browser, &mut key(2)).await.leads_to(ORIGIN);
        assert_eq!(app.store.passkeys().len(), 2);
    }
}

/// Supabase #2607: no session is worth two factors by a key that is gone.
#[tokio::test]
async fn supabase_2607_what_a_removed_passkey_proved_counts_no_more() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let mut device = key(1);
        let (mut browser, phone) = ada_with_key(&app, &mut device).await;
        let mut by_key = Browser::new(&app);
        let path = "/auth/webauthn-options/passkey?action=authenticate";
        let options = by_key.get_json(path).await.json()["options"].clone();
        let data = device.get(&options, &page());
        let members = [("action", "authenticate"), ("data", &*data)];
        by_key.post_bare("/auth/callback/passkey", &members).await;
        let mut by_both = waiting(&app).await;
        answer(&mut by_both, &mut device).await;
        let path = "/auth/second-factor/codes";
        let members = [("password", OLD)];
        for session in [&mut by_key, &mut by_both] {
            let answer = session.post_json(path, &members).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        }
        let id = app.store.passkeys()[0].authenticator.credential_id.digest();
        browser.post("/auth/passkeys/remove", &[("id", &id)]).await;
        assert!(app.store.passkeys().is_empty());
        for session in [&mut by_key, &mut by_both] {
            let answer = session.post_json(path, &members).await;
            assert_eq!(
                answer.json()["error"],
                "SecondFactorRequired",
                "{strategy:?}"
            );
        }
        let answer = browser.post_json(path, &members).await;
        assert_eq!(answer.status, StatusCode::OK, "proven by the app");
        drop(phone);
    }
}

#[tokio::test]
async fn the_owner_hears_of_passkeys_that_come_and_go() {
    let app = app(Strategy::Database);
    let mut browser = ada_with_key_alone(&app, &mut key(1)).await;
    let (to, subject) = app.mails().remove(0);
    assert_eq!(to, ADA);
    assert!(subject.contains("New passkey on"), "{subject}");
    let id = app.store.passkeys()[0].authenticator.credential_id.digest();
    let count = app.mails().len();
    // What fails is no news.
    browser
        .post("/auth/passkeys/remove", &[("id", "other")])
        .await;
    assert_eq!(app.mails().len(), count);
    browser.post("/auth/passkeys/remove", &[("id", &id)]).await;
    let (to, subject) = app.mails().remove(0);
    assert_eq!(to, ADA);
    assert!(subject.contains("Passkey removed on"), "{subject}");
}
