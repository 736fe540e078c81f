//! The published flaws of peers that concern these flows, each as the behaviour that rules it out, under its id.
//! Those of the primitives are in `tests/vectors/security.rs`; some more stand with their subject: GHSA-8fpg-xm3f-6cx3
//! in `server_side`, GHSA-2vg6-77g8-24mp in `session_database`, CVE-2026-53517 (one use among many at once) in `races`,
//! GHSA-pgx2-m66h-x29f and GHSA-9qq3-v9g3-cxhw (in every environment) in `hosts`, CVE-2022-31186 in `logs`.

use std::num::NonZeroUsize;
use std::sync::Arc;

use hallpass_auth::adapter::Adapter;
use hallpass_auth::environment::Clock;
use hallpass_auth::jwe::Keys;
use hallpass_auth::mail::mailbox::Mailbox;
use hallpass_auth::origin::HostTrust;
use hallpass_auth::providers::{Confirm, EmailProvider};
use hallpass_auth::secret::Secret;
use hallpass_auth::secrets::Secrets;
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::clock::FixedClock;
use hallpass_auth::testing::memory::MemoryAdapter;
use hallpass_auth::testing::random::SeededRandom;
use hallpass_auth::variables::{Reading, Variables};
use hallpass_auth::{Auth, ConfigError};
use http::StatusCode;
use serde_json::{Value, json};

use crate::app::{Browser, ORIGIN, START, Setup, form, get, secrets};

#[tokio::test]
async fn ghsa_7rqj_j65f_68wh_and_issue_13469_full_width_at_signs_send_nothing() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    for email in [
        "attacker@evil.com\u{ff20}victim.com",
        "attacker@evil.com\u{fe6b}victim.com",
    ] {
        browser
            .ask(email)
            .await
            .fails_with("error", "Configuration");
    }
    browser.ask("attacker\u{ff20}evil.com").await;
    let recipients: Vec<String> = app
        .mailbox
        .list()
        .iter()
        .map(|mail| mail.message.to.clone())
        .collect();
    assert_eq!(
        recipients,
        ["attacker@evil.com"],
        "normalised before it is judged and used"
    );
}

#[tokio::test]
async fn ghsa_5jpx_9hw9_2fx4_quoted_local_parts_send_nothing() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    for email in [
        "\"e@attacker.com\"@victim.com",
        "\"a\"@victim.com",
        "a\"@victim.com",
    ] {
        browser
            .ask(email)
            .await
            .fails_with("error", "Configuration");
    }
    assert!(app.mailbox.list().is_empty());
}

#[tokio::test]
async fn cve_2022_35924_a_list_of_addresses_is_never_mailed() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    browser
        .ask("attacker@a.com,victim@v.com")
        .await
        .fails_with("error", "Configuration");
    browser.ask("attacker@a.com,victim").await;
    for mail in app.mailbox.list() {
        assert_eq!(mail.message.to, "attacker@a.com");
    }
}

#[tokio::test]
async fn cve_2022_39263_and_cve_2021_21310_an_own_token_opens_no_other_account() {
    let app = Setup::default().app();
    app.signed_in("victim@example.com").await;
    let mut attacker = Browser::new(&app);
    attacker.ask("attacker@example.com").await;
    let link = app.last_link().replace("attacker%40", "victim%40");
    attacker
        .follow(&link)
        .await
        .fails_with("error", "Verification");
    assert_eq!(attacker.session().await, Value::Null);
}

#[tokio::test]
async fn cve_2023_48309_no_other_sealed_cookie_is_a_session() {
    let app = Setup {
        confirm: Confirm::Auto,
        ..Setup::jwt()
    }
    .app();
    let mut browser = Browser::new(&app);
    browser.ask("ada@example.com").await;
    let sealed = browser.cookie("hallpass.link-request").unwrap().to_owned();
    browser.set_cookie("authjs.session-token", &sealed);
    assert_eq!(browser.session().await, Value::Null);
    assert!(browser.cookie("authjs.session-token").is_none());
}

#[tokio::test]
async fn ghsa_x445_f3h2_j279_and_issue_13469_the_mark_of_one_provider_is_none_at_another() {
    let clock = Setup::default().app().clock;
    let mailbox = Mailbox::new(clock, NonZeroUsize::MIN);
    let other = EmailProvider::new("other", "login@example.com", Arc::new(mailbox.clone()));
    let app = Setup::confirming(Confirm::Auto).app_with(|builder| builder.provider(other));
    let mut browser = Browser::new(&app);
    browser.ask("ada@example.com").await;
    let link = app.last_link().replace("/nodemailer?", "/other?");
    let answer = browser.follow(&link).await;
    assert_eq!(answer.status, StatusCode::OK, "a click is asked for");
    assert!(browser.cookie("authjs.session-token").is_none());
}

#[tokio::test]
async fn cve_2022_31093_a_malformed_callback_url_is_answered() {
    let app = Setup::default().app();
    for bad in [
        "%",
        "%00",
        "http%3A%2F%2F",
        "%5C%5Cevil.test",
        "data%3A,x",
        "x",
        "https%3A%2F%2F%5B",
    ] {
        let answer = app
            .send(get(&format!("/auth/signin?callbackUrl={bad}")))
            .await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{bad}");
        assert!(answer.set_cookies().is_empty());
        let mut browser = Browser::new(&app);
        browser.set_cookie("authjs.callback-url", bad);
        assert!(
            browser.get("/auth/csrf").await.json()["message"].is_string(),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn cve_2022_24858_and_cve_2022_29214_no_redirect_leaves_the_origin() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    for evil in [
        "http://localhost.evil.test:3000",
        "http://localhost:30001",
        "http://localhost.evil.test:3000",
        "https://localhost:3000",
        "http://user@evil.test/http://localhost:3000",
    ] {
        let answer = browser
            .post("/auth/signout", &[("callbackUrl", evil)])
            .await;
        answer.leads_to(ORIGIN);
    }
}

#[tokio::test]
async fn cve_2024_56734_the_target_of_a_link_is_checked_on_get_too() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    let members = [
        ("email", "ada@example.com"),
        ("callbackUrl", "https://evil.test/x"),
    ];
    browser.post("/auth/signin/nodemailer", &members).await;
    assert!(!app.last_link().contains("evil"));
    let link = format!(
        "{}&callbackUrl=https%3A%2F%2Fevil.test%2Fx",
        app.last_link()
    );
    browser.follow(&link).await.leads_to(ORIGIN);
}

#[tokio::test]
async fn cve_2025_71404_the_error_page_shows_nothing_of_its_query() {
    let app = Setup::default().app();
    for page in ["error", "signin", "verify-request"] {
        let path = format!("/auth/{page}?error=%3Cscript%3Eplanted&provider=planted&type=planted");
        let answer = app.send(get(&path)).await;
        assert!(!answer.body.contains("planted"), "{page}");
    }
}

#[tokio::test]
async fn cve_2025_71399_a_doubled_slash_skips_no_check() {
    let app = Setup::default().app();
    for path in [
        "/auth//signout",
        "/auth/signout//",
        "/auth///signin/nodemailer",
    ] {
        app.send(form(path, &[]))
            .await
            .fails_with("signin", "MissingCSRF");
    }
}

#[tokio::test]
async fn ghsa_pgx2_m66h_x29f_no_mail_links_to_a_host_that_is_not_trusted() {
    let trusting = Setup::default().app();
    let mut browser = Browser::new(&trusting);
    let token = browser.csrf().await;
    let app = Setup::default().app_with(|builder| builder.trust_host(HostTrust::Untrusted));
    let members = [("csrfToken", token.as_str()), ("email", "ada@example.com")];
    let mut request = form("/auth/signin/nodemailer", &members);
    let headers = request.headers_mut();
    headers.insert("x-forwarded-host", "evil.test".parse().unwrap());
    headers.insert("cookie", browser.cookie_header().parse().unwrap());
    let answer = app.send(request).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(app.mailbox.list().is_empty() && app.store.take_calls().is_empty());
}

#[tokio::test]
async fn cve_2025_61928_nothing_in_a_body_says_who_acts() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let app = Setup::of(strategy).app();
        let victim = app.signed_in("victim@example.com").await;
        let id = app.store.users()[0].id.clone();
        drop(victim);
        let mut attacker = app.signed_in("attacker@example.com").await;
        let body = json!({
            "csrfToken": attacker.csrf().await,
            "userId": id, "sub": id, "email": "victim@example.com",
            "data": { "sub": id, "user": { "id": id, "email": "victim@example.com" } },
        });
        let answer = attacker
            .send(crate::app::json("/auth/session", &body))
            .await;
        assert_eq!(answer.json()["user"]["email"], "attacker@example.com");
        assert_eq!(
            attacker.session().await["user"]["email"],
            "attacker@example.com"
        );
    }
}

/// CVE-2026-7507: the session before a sign-in is never the session after it.
#[tokio::test]
async fn cve_2026_7507_a_planted_session_is_not_adopted() {
    let app = Setup::default().app();
    let mut attacker = app.signed_in("attacker@example.com").await;
    let planted = attacker.cookie("authjs.session-token").unwrap().to_owned();
    let mut victim = Browser::new(&app);
    victim.set_cookie("authjs.session-token", &planted);
    victim.sign_in("victim@example.com").await;
    assert_ne!(
        victim.cookie("authjs.session-token"),
        Some(planted.as_str())
    );
    assert_ne!(
        attacker.session().await["user"]["email"],
        "victim@example.com"
    );
}

#[tokio::test]
async fn cve_2026_9704_an_oversized_session_cookie_is_no_session() {
    let app = Setup::jwt().app();
    let mut browser = app.signed_in("ada@example.com").await;
    let good = browser.cookie("authjs.session-token").unwrap().to_owned();
    browser.set_cookie(
        "authjs.session-token",
        &format!("{good}{}", "A".repeat(100_000)),
    );
    assert_eq!(browser.session().await, Value::Null);
}

#[tokio::test]
async fn issue_11667_answers_with_sessions_and_tokens_are_kept_by_no_cache() {
    let app = Setup::default().app();
    let mut browser = app.signed_in("ada@example.com").await;
    for path in ["/auth/session", "/auth/csrf"] {
        let answer = browser.get(path).await;
        assert_eq!(
            answer.header("cache-control"),
            Some("private, no-cache, no-store")
        );
        assert_eq!(answer.header("pragma"), Some("no-cache"));
        assert_eq!(answer.header("expires"), Some("0"));
    }
}

/// For links: their hash names no provider, so providers that accept each other's are refused at start.
#[tokio::test]
async fn ghsa_x445_f3h2_j279_no_link_skips_the_click_at_another_provider() {
    let other = |clock| {
        let mailbox = Mailbox::new(clock, NonZeroUsize::MIN);
        EmailProvider::new("other", "login@example.com", Arc::new(mailbox)).confirm(Confirm::Never)
    };
    let clock = Arc::new(FixedClock::at(START));
    let mailbox = Mailbox::new(clock.clone(), NonZeroUsize::MIN);
    let one = EmailProvider::new("one", "login@example.com", Arc::new(mailbox));
    let error = Auth::builder()
        .secrets(secrets())
        .environment(clock.clone(), Arc::new(SeededRandom::new(1)))
        .adapter(MemoryAdapter::new())
        .provider(one.confirm(Confirm::Always))
        .provider(other(clock))
        .build()
        .unwrap_err();
    let expected = ConfigError::SharedLinks {
        one: "one".to_owned(),
        other: "other".to_owned(),
    };
    assert_eq!(error, expected);
    assert!(error.help().contains("secret of its own"));

    // With a secret of its own it may differ, and knows none of the links.
    let app = Setup::confirming(Confirm::Always).app_with(|builder| {
        let own = Secret::new("another-secret-0123456789abcdef-02");
        builder.provider(other(Arc::new(FixedClock::at(START))).secret(own))
    });
    let mut browser = Browser::new(&app);
    browser.ask("ada@example.com").await;
    let link = app.last_link().replace("/nodemailer?", "/other?");
    browser
        .follow(&link)
        .await
        .fails_with("error", "Verification");
    assert!(browser.cookie("authjs.session-token").is_none());
}

/// The address stands in the link alone, encoded.
#[tokio::test]
async fn cve_2022_31127_the_mail_shows_nothing_of_the_address_that_was_typed() {
    let app = Setup::default().app();
    Browser::new(&app)
        .ask("<b>planted</b>@example.com")
        .await
        .fails_with("error", "Configuration");
    Browser::new(&app)
        .ask("planted&'onclick=evil//`{}@example.com")
        .await
        .leads_to(&format!(
            "{ORIGIN}/auth/verify-request?provider=nodemailer&type=email"
        ));
    let link = app.last_link();
    assert!(!link.contains(['\'', '`', '{', ' ']), "{link}");
    let mail = &app.mailbox.list()[0].message;
    let escaped = link.replace('&', "&#38;");
    assert!(mail.html.contains(&escaped), "{}", mail.html);
    let rest = [
        mail.html.replace(&escaped, ""),
        mail.text.replace(&link, ""),
        mail.subject.clone(),
    ];
    for part in rest {
        assert!(
            !part.contains("planted") && !part.contains("evil"),
            "{part}"
        );
    }
}

#[tokio::test]
async fn ghsa_569q_mpph_wgww_no_request_changes_the_base_path() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    for path in [
        "/evil/auth/session?basePath=/evil",
        "/auth/providers?basePath=/evil",
        "//evil/auth/session",
        "/auth/../evil/session",
    ] {
        let mut request = get(path);
        for name in [
            "x-forwarded-prefix",
            "x-original-url",
            "x-rewrite-url",
            "x-invoke-path",
        ] {
            request
                .headers_mut()
                .insert(name, "/evil/session".parse().unwrap());
        }
        let answer = browser.send(request).await;
        assert!(!answer.body.contains("evil"), "{path}: {}", answer.body);
    }
    let members = [("basePath", "/evil"), ("email", "ada@example.com")];
    browser.post("/auth/signin/nodemailer", &members).await;
    assert!(
        app.last_link()
            .starts_with(&format!("{ORIGIN}/auth/callback/"))
    );
    assert_eq!(app.auth.base_path(), "/auth");
    let listed = browser.get("/auth/providers").await.json();
    let url = format!("{ORIGIN}/auth/signin/nodemailer");
    assert_eq!(listed["nodemailer"]["signinUrl"], url);
}

#[tokio::test]
async fn cve_2025_12390_the_next_person_at_a_browser_gets_nothing_of_the_last() {
    let app = Setup::default().app();
    let mut browser = app.signed_in("ada@example.com").await;
    let left = browser.cookie("authjs.session-token").unwrap().to_owned();
    browser.post("/auth/signout", &[]).await;
    assert!(browser.cookie("authjs.session-token").is_none());
    let ada = app.store.users()[0].id.clone();
    app.store.delete_user(&ada).await.unwrap();

    browser.sign_in("bob@example.com").await;
    assert_eq!(browser.session().await["user"]["email"], "bob@example.com");
    let own = browser.cookie("authjs.session-token").unwrap();
    assert_ne!(own, left, "no token is used again");
    assert_ne!(app.store.users()[0].id, ada, "no id is used again");
    browser.set_cookie("authjs.session-token", &left);
    assert_eq!(browser.session().await, Value::Null);
}

/// GO-2026-4801, CVE-2026-33505: there is no default secret that a stranger could know.
#[test]
fn go_2026_4801_nothing_starts_without_a_secret() {
    let clock = Arc::new(FixedClock::at(START));
    let builder = || Auth::builder().environment(clock.clone(), Arc::new(SeededRandom::new(1)));
    for reading in [Reading::Core, Reading::Next] {
        for value in [None, Some("")] {
            let lookup = |name: &str| {
                let value = name.contains("SECRET").then_some(value).flatten();
                value.map(str::to_owned)
            };
            let variables = Variables::read(reading, &lookup);
            let error = builder().variables(&variables).build().unwrap_err();
            assert_eq!(error, ConfigError::MissingSecret);
        }
    }
    let error = builder().build().unwrap_err();
    assert_eq!(error, ConfigError::MissingSecret);
    assert!(error.help().contains("AUTH_SECRET"));
    assert!(Secrets::new([Secret::new("")]).is_err());
}

/// What a client sends to be remembered is signed only by a callback that says so.
#[tokio::test]
async fn cve_2026_121802_updating_a_session_signs_nothing_that_the_client_chose() {
    let app = Setup::jwt().app();
    let mut browser = app.signed_in("ada@example.com").await;
    let claims = |browser: &Browser| {
        let token = browser.cookie("authjs.session-token").unwrap();
        let keys = Keys::derive(&secrets(), "authjs.session-token");
        let mut claims = keys.decode(token, app.clock.now()).unwrap();
        for changing in ["iat", "exp", "jti"] {
            claims.remove(changing);
        }
        claims
    };
    let before = claims(&browser);
    for data in [
        json!({ "sub": "planted", "email": "planted@example.com", "admin": true }),
        json!({ "user": { "id": "planted" }, "exp": 9_999_999_999_u64, "jti": "planted" }),
        json!("planted"),
        json!([{ "planted": 1 }]),
    ] {
        let body = json!({ "csrfToken": browser.csrf().await, "data": data, "planted": data });
        let answer = browser.send(crate::app::json("/auth/session", &body)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!answer.body.contains("planted"), "{}", answer.body);
        assert_eq!(claims(&browser), before, "{data}");
    }
}
