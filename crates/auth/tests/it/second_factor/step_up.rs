//! What may lock others out takes a recent proof.

use std::time::Duration;

use hallpass_auth::adapter::{Account, AccountType, Adapter as _};
use hallpass_auth::limit::LimitRules;
use hallpass_auth::providers::{PasskeyProvider, PasswordProvider};
use hallpass_auth::second_factor::SecondFactorSettings;
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::authenticator::{Algorithm, Page, SoftAuthenticator};
use hallpass_auth::testing::memory::MemoryAdapter;
use http::StatusCode;
use serde_json::Map;

use super::support::{ASK, STEP, ada, app};
use crate::account::support::{ADA, NEW, OLD, STRATEGIES, app_with_store};
use crate::app::{App, Browser, ORIGIN};

/// The forms that may lock others out, with what a thief of session and password would send.
const DANGEROUS: [(&str, &[(&str, &str)]); 5] = [
    (
        "/auth/account/password",
        &[("password", OLD), ("newPassword", NEW)],
    ),
    (
        "/auth/account/email",
        &[("password", OLD), ("email", "mallory@example.com")],
    ),
    ("/auth/account/delete", &[("password", OLD)]),
    ("/auth/second-factor/codes", &[("password", OLD)]),
    (
        "/auth/account/unlink",
        &[
            ("password", OLD),
            ("provider", "github"),
            ("providerAccountId", "1"),
        ],
    ),
];

#[tokio::test]
async fn session_and_password_are_not_enough_when_the_code_was_long_ago() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let (mut browser, phone) = ada(&app).await;
        let account = Account {
            user_id: app.user(ADA).id,
            kind: AccountType::OAuth,
            provider: "github".to_owned(),
            provider_account_id: "1".to_owned(),
            extra: Map::new(),
        };
        app.store.link_account(account).await.unwrap();
        app.clock.advance(Duration::from_secs(601));
        for (path, members) in DANGEROUS {
            let answer = browser.post_json(path, members).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
            assert_eq!(answer.json()["error"], "SecondFactorRequired", "{path}");
            let url = answer.json()["url"].as_str().unwrap().to_owned();
            assert!(url.starts_with(ASK), "{url}");
        }
        browser.code(&phone.code(&app)).await;
        let (path, members) = DANGEROUS[0];
        let answer = browser.post(path, members).await;
        answer.leads_to(&format!("{ORIGIN}/auth/account?done=password"));
    }
}

/// CVE-2026-7507: a session that was copied before the code is worth no more after it.
#[tokio::test]
async fn cve_2026_7507_a_code_gives_the_session_another_secret() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let (mut browser, phone) = ada(&app).await;
        let mut thief = browser.clone();
        app.clock.advance(STEP);
        browser.code(&phone.code(&app)).await.leads_to(ORIGIN);
        assert!(browser.is_signed_in().await);
        assert!(!thief.is_signed_in().await, "{strategy:?}");
    }
}

/// Whoever has no password proves it by the code, with no need to sign in again.
#[tokio::test]
async fn a_code_is_a_proof_where_there_is_no_password() {
    let app = app(Strategy::Database);
    let mut browser = app.signed_in("bob@example.com").await;
    let phone = browser.set_up("").await;
    app.clock.advance(Duration::from_secs(3_600));
    browser.code(&phone.code(&app)).await;
    let answer = browser.post("/auth/account/delete", &[]).await;
    answer.leads_to(&format!("{ORIGIN}/auth/account/delete?done"));
}

/// After another password the session is still known to be proven by both.
#[tokio::test]
async fn a_new_password_takes_nothing_from_the_session() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let (mut browser, _) = ada(&app).await;
        let (path, members) = DANGEROUS[0];
        browser.post(path, members).await;
        let answer = browser
            .post_json("/auth/second-factor/codes", &[("password", NEW)])
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{strategy:?}");
    }
}

fn app_with_passkeys(strategy: Strategy) -> App {
    app_with_store(strategy, |builder, store: MemoryAdapter| {
        builder
            .second_factor(SecondFactorSettings::new(store.clone()))
            .passkeys(store)
            .provider(PasswordProvider::new("password"))
            .provider(PasskeyProvider::passkey())
            .limits(LimitRules::none())
    })
}

/// GHSA-4qvm-r4pr-v3wg in other clothes: a passkey is two factors in one, so that whoever copied a session could make one and
/// never be asked for a code.
#[tokio::test]
async fn a_copied_session_makes_and_removes_no_passkey() {
    const OPTIONS: &str = "/auth/webauthn-options/passkey?action=register";
    let long_ago = Duration::from_secs(601);
    for strategy in STRATEGIES {
        let app = app_with_passkeys(strategy);
        let (mut browser, phone) = ada(&app).await;
        let mut device = SoftAuthenticator::new(Algorithm::Es256, 1);
        let mut data = String::new();
        for is_recent in [true, false] {
            let answer = browser.get(OPTIONS).await;
            if is_recent {
                data = device.create(&answer.json()["options"], &Page::at(ORIGIN));
                app.clock.advance(long_ago);
                continue;
            }
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{strategy:?}");
            assert_eq!(answer.json()["error"], "SecondFactorRequired");
            assert!(answer.json()["url"].as_str().unwrap().starts_with(ASK));
        }
        let late = [("action", "register"), ("data", &*data)];
        let answer = browser.post_bare("/auth/callback/passkey", &late).await;
        assert!(answer.location().starts_with(ASK), "{}", answer.location());
        assert!(app.store.passkeys().is_empty(), "{strategy:?}");

        browser.code(&phone.code(&app)).await;
        let made = browser.get(OPTIONS).await.json();
        let data = device.create(&made["options"], &Page::at(ORIGIN));
        let members = [("action", "register"), ("data", &*data)];
        let answer = browser.post_bare("/auth/callback/passkey", &members).await;
        answer.leads_to(ORIGIN);
        let id = app.store.passkeys().remove(0);
        let id = id.authenticator.credential_id.digest();
        app.clock.advance(long_ago);
        let answer = browser
            .post_json("/auth/passkeys/remove", &[("id", &id)])
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{strategy:?}");
        assert_eq!(app.store.passkeys().len(), 1);
        browser.code(&phone.code(&app)).await;
        browser.post("/auth/passkeys/remove", &[("id", &id)]).await;
        assert!(app.store.passkeys().is_empty(), "{strategy:?}");
    }
}

#[tokio::test]
async fn without_a_second_factor_all_is_as_before() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    app.clock.advance(Duration::from_secs(3_600));
    let (path, members) = DANGEROUS[0];
    let answer = browser.post(path, members).await;
    answer.leads_to(&format!("{ORIGIN}/auth/account?done=password"));
    let mut nobody = Browser::new(&app);
    let answer = nobody.get("/auth/account/second-factor").await;
    assert!(answer.location().contains("/auth/signin"));
}
