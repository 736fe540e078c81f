//! The published flaws of peers that concern these flows, each as the behaviour that rules it out, under its id.
//! Those of the primitives are in `tests/vectors/security.rs`; some more stand with their subject: GHSA-8fpg-xm3f-6cx3
//! in `server_side`, GHSA-2vg6-77g8-24mp in `session_database`, CVE-2026-53517 (one use among many at once) in `races`.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use hallpass_auth::origin::HostTrust;
use hallpass_auth::providers::Confirm;
use hallpass_auth::session::Strategy;
use http::StatusCode;
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::app::{Browser, ORIGIN, Setup, form, get};

#[tokio::test]
async fn ghsa_7rqj_j65f_68wh_full_width_at_signs_send_nothing() {
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
async fn ghsa_x445_f3h2_j279_the_mark_of_one_provider_is_none_at_another() {
    use hallpass_auth::mail::mailbox::Mailbox;
    use hallpass_auth::providers::EmailProvider;
    use std::num::NonZeroUsize;

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

/// Keeps everything that is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        attributes.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// CVE-2022-31186: whatever happens, no address, token or secret reaches the log.
#[tokio::test]
async fn cve_2022_31186_no_secret_and_no_address_is_logged() {
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let app = Setup::of(strategy).app();
        let mut browser = Browser::new(&app);
        browser.ask("planted@example.com").await;
        let link = app.last_link();
        browser.follow(&link).await;
        browser.follow(&link).await;
        browser.ask("planted\"@example.com").await;
        browser.get("/auth/callback/planted?token=planted").await;
        browser.get("/auth/signin?callbackUrl=planted").await;
        browser
            .post_bare("/auth/signout", &[("csrfToken", "planted")])
            .await;
        app.store.go_away();
        browser.get("/auth/session").await;
        browser.ask("planted@example.com").await;
        app.store.come_back();
        browser.set_cookie("authjs.session-token", "planted");
        browser.get("/auth/session").await;
        let token = link
            .split("token=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap();
        let log = log.0.lock().unwrap().clone();
        assert!(!log.contains(token), "{log}");
    }
    drop(guard);
    let log = log.0.lock().unwrap().clone();
    assert!(
        !log.contains("planted") && !log.contains(crate::app::SECRET),
        "{log}"
    );
    for said in [
        "Verification",
        "MissingCSRF",
        "AdapterError",
        "a sign-in link was sent",
    ] {
        assert!(log.contains(said), "{said} is not in {log}");
    }
}
