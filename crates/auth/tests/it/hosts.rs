//! Whose word counts for the address that links in mails lead to: GHSA-pgx2-m66h-x29f and GHSA-9qq3-v9g3-cxhw, for each
//! environment a program can start in.

use std::num::NonZeroUsize;
use std::sync::Arc;

use hallpass_auth::Auth;
use hallpass_auth::mail::mailbox::Mailbox;
use hallpass_auth::providers::{Confirm, EmailProvider};
use hallpass_auth::testing::clock::FixedClock;
use hallpass_auth::testing::memory::MemoryAdapter;
use hallpass_auth::testing::random::SeededRandom;
use hallpass_auth::variables::{Reading, Variables};
use http::StatusCode;

use crate::app::{Answer, App, Browser, SECRET, START, Setup, form};

/// A program that configures nothing of hosts itself, in this environment.
fn program(environment: &[(&str, &str)]) -> App {
    let lookup = |name: &str| {
        let mut all = environment.iter().chain([&("AUTH_SECRET", SECRET)]);
        all.find_map(|(known, value)| (*known == name).then(|| (*value).to_owned()))
    };
    let clock = Arc::new(FixedClock::at(START));
    let store = MemoryAdapter::new();
    let mailbox = Mailbox::new(clock.clone(), NonZeroUsize::MIN);
    let provider = EmailProvider::new("nodemailer", "login@example.com", Arc::new(mailbox.clone()));
    let auth = Auth::builder()
        .environment(clock.clone(), Arc::new(SeededRandom::new(1)))
        .variables(&Variables::read(Reading::Next, &lookup))
        .base_path("/auth")
        .adapter(store.clone())
        .provider(provider.confirm(Confirm::Never))
        .build()
        .unwrap();
    App {
        auth,
        store,
        mailbox,
        clock,
    }
}

/// Asks for a link to somebody else's address, through a host of the asker's choice, with a CSRF pair that is good.
async fn ask_through(app: &App, host: &str) -> Answer {
    let elsewhere = Setup::default().app();
    let mut browser = Browser::new(&elsewhere);
    let token = browser.csrf().await;
    let members = [("csrfToken", token.as_str()), ("email", "ada@example.com")];
    let mut request = form("/auth/signin/nodemailer", &members);
    let cookies = browser.cookie_header();
    // The cookie names of an https origin.
    let secure = cookies.replace("authjs.csrf-token", "__Host-authjs.csrf-token");
    let headers = request.headers_mut();
    headers.insert("x-forwarded-host", host.parse().unwrap());
    headers.insert("cookie", format!("{cookies}; {secure}").parse().unwrap());
    app.send(request).await
}

#[tokio::test]
async fn ghsa_pgx2_m66h_x29f_and_ghsa_9qq3_v9g3_cxhw_no_request_names_the_host_of_a_link_undeclared()
 {
    for environment in [
        &[][..],
        &[("AUTH_TRUST_HOST", "false")],
        &[("AUTH_TRUST_HOST", "0")],
        &[("AUTH_TRUST_HOST", "")],
        &[("AUTH_TRUST_HOST", "no")],
        &[("NODE_ENV", "development")],
        &[("VERCEL", "1")],
        &[("CF_PAGES", "1")],
        &[("AUTH_URL", "")],
        &[("NEXTAUTH_URL", "")],
    ] {
        let app = program(environment);
        let answer = ask_through(&app, "evil.test").await;
        assert_eq!(
            answer.status,
            StatusCode::INTERNAL_SERVER_ERROR,
            "{environment:?}"
        );
        assert!(answer.set_cookies().is_empty());
        assert!(app.mailbox.list().is_empty(), "{environment:?}");
        assert!(app.store.take_calls().is_empty(), "{environment:?}");
    }
}

#[tokio::test]
async fn a_declared_proxy_names_the_host() {
    for yes in ["true", "1"] {
        let app = program(&[("AUTH_TRUST_HOST", yes)]);
        ask_through(&app, "app.test").await;
        assert!(app.last_link().starts_with("http://app.test/auth/"));
    }
}

#[tokio::test]
async fn a_configured_url_wins_over_a_declared_proxy() {
    for name in ["AUTH_URL", "NEXTAUTH_URL"] {
        let app = program(&[(name, "https://app.test"), ("AUTH_TRUST_HOST", "true")]);
        ask_through(&app, "evil.test").await;
        let link = app.last_link();
        assert!(link.starts_with("https://app.test/auth/"), "{name}: {link}");
    }
}
