//! Which configurations are refused at start, and what requests are refused for.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use hallpass_auth::account::Accounts;
use hallpass_auth::adapter::AccountType;
use hallpass_auth::cookies::{CookieOverride, CookieOverrides, CookieSecurity, SameSite};
use hallpass_auth::mail::mailbox::Mailbox;
use hallpass_auth::origin::{HostTrust, Origin};
use hallpass_auth::providers::{EmailProvider, PasskeyProvider};
use hallpass_auth::secret::Secret;
use hallpass_auth::secrets::Secrets;
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::clock::FixedClock;
use hallpass_auth::testing::memory::MemoryAdapter;
use hallpass_auth::testing::random::SeededRandom;
use hallpass_auth::variables::{Reading, Variables};
use hallpass_auth::{Auth, AuthBuilder, ChangingWaysIn, ConfigError, Pages};
use http::StatusCode;

use crate::app::{Browser, START, Setup, form, get, secrets};

fn minimal() -> AuthBuilder {
    Auth::builder().secrets(secrets()).environment(
        Arc::new(FixedClock::at(START)),
        Arc::new(SeededRandom::new(1)),
    )
}

fn email(id: &str) -> EmailProvider {
    let clock = Arc::new(FixedClock::at(START));
    let mailbox = Mailbox::new(clock, NonZeroUsize::MIN);
    EmailProvider::new(id, "login@example.com", Arc::new(mailbox))
}

fn accounts() -> Accounts {
    let mailbox = Mailbox::new(Arc::new(FixedClock::at(START)), NonZeroUsize::MIN);
    Accounts::new(MemoryAdapter::new(), Arc::new(mailbox), "login@example.com")
}

fn stored() -> AuthBuilder {
    minimal().adapter(MemoryAdapter::new())
}

/// In an environment of these variables.
fn with(environment: &[(&str, &str)]) -> AuthBuilder {
    let lookup = |name: &str| {
        let mut all = environment.iter();
        all.find_map(|(known, value)| (*known == name).then(|| (*value).to_owned()))
    };
    minimal().variables(&Variables::read(Reading::Next, &lookup))
}

/// With passkeys for a domain.
fn passkeys_for(domain: &str) -> AuthBuilder {
    let provider = PasskeyProvider::passkey().relying_party(domain);
    stored().passkeys(MemoryAdapter::new()).provider(provider)
}

fn app_test() -> Origin {
    Origin::parse("https://app.test").unwrap()
}

fn page(page: &str) -> Pages {
    Pages {
        error: Some(page.to_owned()),
        ..Pages::default()
    }
}

#[test]
fn what_cannot_work_is_refused_at_start_with_what_to_do() {
    let same_site_none = CookieOverrides {
        state: CookieOverride {
            same_site: Some(SameSite::None),
            ..CookieOverride::default()
        },
        ..CookieOverrides::default()
    };
    let refused: Vec<(AuthBuilder, &str)> = vec![
        (Auth::builder(), "no secret is configured"),
        (
            Auth::builder().secrets(secrets()),
            "no clock and source of randomness are configured",
        ),
        (
            minimal().provider(email("email")),
            "the provider `email` (Email) needs a store",
        ),
        (
            minimal().session_strategy(Strategy::Database),
            "the session strategy `database` needs a store",
        ),
        (
            passkeys_for("app.test"),
            "passkeys are for `app.test`, and no public URL says which site of it this is",
        ),
        (
            passkeys_for("p.test").origin(app_test()),
            "passkeys cannot be for `p.test`, which is no domain that the site is in",
        ),
        (
            stored()
                .session_strategy(Strategy::Jwt)
                .accounts(accounts()),
            "accounts with the session strategy `jwt` need a session directory",
        ),
        (
            stored().changing_ways_in(ChangingWaysIn::AfterRecentSignIn),
            "a recent sign-in can be asked for only with a session directory",
        ),
        (
            stored().provider(email("one")).provider(email("one")),
            "there are two providers with the id `one`",
        ),
        (
            stored().provider(email("")),
            "`` cannot be the id of a provider",
        ),
        (
            stored().provider(email("a/b")),
            "`a/b` cannot be the id of a provider",
        ),
        (
            stored().provider(email("a b")),
            "`a b` cannot be the id of a provider",
        ),
        (
            stored().provider(email("undefined")),
            "`undefined` cannot be the id of a provider",
        ),
        (
            minimal().base_path("auth"),
            "`auth` cannot be the base path",
        ),
        (
            minimal().base_path("/a?b"),
            "`/a?b` cannot be the base path",
        ),
        (
            minimal().base_path("/a//b"),
            "`/a//b` cannot be the base path",
        ),
        (
            minimal().base_path("/a/:id"),
            "`/a/:id` cannot be the base path",
        ),
        (minimal().base_path("/:x"), "`/:x` cannot be the base path"),
        (minimal().base_path("/*x"), "`/*x` cannot be the base path"),
        (
            minimal().base_path("/{x}"),
            "`/{x}` cannot be the base path",
        ),
        (
            minimal().base_path("/api/./auth"),
            "`/api/./auth` cannot be the base path",
        ),
        (
            minimal().base_path("/api/auth/.."),
            "`/api/auth/..` cannot be the base path",
        ),
        (
            minimal().base_path("/.%2E/auth"),
            "`/.%2E/auth` cannot be the base path",
        ),
        (
            with(&[("AUTH_URL", "https://app.test/../:x")]),
            "`/:x` cannot be the base path",
        ),
        (
            with(&[("AUTH_URL", "app.test")]),
            "`AUTH_URL` is no http or https URL",
        ),
        (
            with(&[("AUTH_URL", "localhost:3000")]),
            "`AUTH_URL` is no http or https URL",
        ),
        (
            with(&[("AUTH_URL", "ftp://app.test")]),
            "`AUTH_URL` is no http or https URL",
        ),
        (
            with(&[("AUTH_URL", "https://"), ("NEXTAUTH_URL", "https://a.test")]),
            "`AUTH_URL` is no http or https URL",
        ),
        (
            with(&[("AUTH_URL", ""), ("NEXTAUTH_URL", "a.test")]),
            "`NEXTAUTH_URL` is no http or https URL",
        ),
        (
            minimal().pages(page("login")),
            "the page `error` leads nowhere: `login`",
        ),
        (
            minimal().pages(page("javascript:alert(1)")),
            "the page `error` leads nowhere: `javascript:alert(1)`",
        ),
        (
            minimal().session_max_age(Duration::ZERO),
            "`session_max_age` is zero",
        ),
        (
            minimal().token_max_age(Duration::ZERO),
            "`token_max_age` is zero",
        ),
        (
            stored().provider(email("email").max_age(Duration::ZERO)),
            "`max_age` is zero",
        ),
        (
            minimal().cookies(same_site_none),
            "the cookie `authjs.state` is `SameSite=None` without `Secure`, browsers would refuse it",
        ),
    ];
    for (builder, message) in refused {
        let error = builder.build().unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(error.help().len() > 10, "{error}");
    }
}

#[test]
fn what_can_work_is_accepted() {
    let same_site_none = CookieOverrides {
        state: CookieOverride {
            same_site: Some(SameSite::None),
            ..CookieOverride::default()
        },
        ..CookieOverrides::default()
    };
    let accepted = [
        minimal(),
        stored()
            .provider(email("nodemailer"))
            .provider(email("resend")),
        minimal().base_path("/v1.0/@me/a:b/..."),
        with(&[("AUTH_URL", "https://app.test"), ("NEXTAUTH_URL", "a.test")]),
        passkeys_for("app.test").origin(app_test()),
        passkeys_for("test").origin(app_test()),
        minimal().pages(page("/error")),
        minimal().pages(page("https://login.example.com/error")),
        minimal().session_strategy(Strategy::Jwt),
        minimal()
            .cookies(same_site_none.clone())
            .cookie_security(CookieSecurity::Secure),
        minimal()
            .cookies(same_site_none)
            .origin(Origin::parse("https://app.test").unwrap()),
    ];
    for builder in accepted {
        builder.build().unwrap();
    }
}

#[test]
fn a_provider_without_store_is_named() {
    let error = minimal().provider(email("mail")).build().unwrap_err();
    let expected = ConfigError::ProviderNeedsStore {
        provider: "mail".to_owned(),
        kind: AccountType::Email,
    };
    assert_eq!(error, expected);
}

#[test]
fn final_slashes_of_the_base_path_do_not_count() {
    for (given, kept) in [("/auth/", "/auth"), ("/", ""), ("/api/auth", "/api/auth")] {
        let auth = minimal().base_path(given).build().unwrap();
        assert_eq!(auth.base_path(), kept);
    }
    assert_eq!(minimal().build().unwrap().base_path(), "/api/auth");
}

#[test]
fn environment_variables_are_taken_over() {
    let set = |name: &str| match name {
        "AUTH_SECRET" => Some("from-the-environment".to_owned()),
        "AUTH_URL" => Some("https://app.test/sign-in".to_owned()),
        _ => None,
    };
    let variables = Variables::read(Reading::Next, &set);
    let clock = Arc::new(FixedClock::at(START));
    let auth = Auth::builder()
        .environment(clock, Arc::new(SeededRandom::new(1)))
        .variables(&variables)
        .build()
        .unwrap();
    assert_eq!(auth.base_path(), "/sign-in");
}

#[tokio::test]
async fn what_is_configured_wins_over_environment_variables() {
    let set = |name: &str| match name {
        "AUTH_SECRET" => Some("from-the-environment".to_owned()),
        "AUTH_URL" => Some("https://variable.test/sign-in".to_owned()),
        "AUTH_TRUST_HOST" => Some("true".to_owned()),
        _ => None,
    };
    let configure = |builder: AuthBuilder| {
        let origin = Origin::parse("https://configured.test").unwrap();
        builder.secrets(secrets()).base_path("/own").origin(origin)
    };
    let variables = |builder: AuthBuilder| builder.variables(&Variables::read(Reading::Next, &set));
    let clock = Arc::new(FixedClock::at(START));
    let minimal = || Auth::builder().environment(clock.clone(), Arc::new(SeededRandom::new(1)));
    let mut seen = Vec::new();
    for builder in [
        configure(minimal()),
        configure(variables(minimal())),
        variables(configure(minimal())),
    ] {
        let auth = builder.build().unwrap();
        assert_eq!(auth.base_path(), "/own");
        let answer = auth.handle(get("/own/signout")).await;
        let body = String::from_utf8(answer.body().to_vec()).unwrap();
        assert!(body.contains("https://configured.test/own/"), "{body}");
        // Shows the secret: the cookie of the CSRF token is hashed with it.
        seen.push(answer.headers()["set-cookie"].clone());
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
    let distrusting = variables(minimal().trust_host(HostTrust::Untrusted)).build();
    assert_eq!(distrusting.unwrap().base_path(), "/sign-in");
}

#[test]
fn secrets_and_addresses_do_not_print() {
    let planted = Secrets::new([Secret::new("planted-secret")]).unwrap();
    let provider = email("email").secret(Secret::new("planted-own-secret"));
    let builder = stored().secrets(planted).provider(provider);
    let text = format!("{builder:?}");
    let auth = builder.build().unwrap();
    let text = format!("{text} {auth:?}");
    assert!(
        !text.contains("planted") && text.contains("email"),
        "{text}"
    );
}

/// The checks that depend on the request: the page where people look, JSON elsewhere, no cookie, no reason.
#[tokio::test]
async fn bad_requests_of_configuration_kind_answer_500_without_cookies() {
    let untrusted = Setup::default().app_with(|builder| builder.trust_host(HostTrust::Untrusted));
    let trusted = Setup::default().app();
    let bad = "callbackUrl=javascript%3Aalert(1)";
    for action in [
        "signin",
        "signout",
        "error",
        "verify-request",
        "session",
        "csrf",
        "providers",
    ] {
        let is_page = !["session", "csrf", "providers"].contains(&action);
        for (app, query) in [(&untrusted, ""), (&trusted, bad)] {
            let path = format!("/auth/{action}?{query}");
            let mut request = get(&path);
            let asks = request.headers_mut();
            asks.insert("x-auth-return-redirect", "1".parse().unwrap());
            let answer = app.send(request).await;
            assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
            assert!(answer.set_cookies().is_empty());
            if is_page {
                assert!(answer.body.contains("<h1>Server error</h1>"), "{path}");
            } else {
                let body = answer.json();
                assert!(body["message"].is_string() && body.as_object().unwrap().len() == 1);
            }
            let answer = app.send(form(&path, &[])).await;
            assert!(answer.json()["message"].is_string(), "{path}");
        }
    }
}

#[tokio::test]
async fn a_poisoned_callback_cookie_is_answered_until_it_is_gone() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    for poison in ["javascript%3Aalert(1)", "nothing", "http%3A%2F%2F", "%00"] {
        browser.set_cookie("authjs.callback-url", poison);
        let answer = browser.get("/auth/session").await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{poison}");
    }
    browser.set_cookie("authjs.callback-url", "");
    assert_eq!(browser.get("/auth/session").await.status, StatusCode::OK);
}

#[tokio::test]
async fn configuration_failures_lead_to_the_custom_error_page_but_not_in_circles() {
    let app = Setup::default().app_with(|builder| builder.pages(page("/oops")));
    let answer = app.send(get("/auth/signin?callbackUrl=nothing")).await;
    answer.leads_to("http://localhost:3000/oops?error=Configuration");
    let mut browser = Browser::new(&app);
    browser.set_cookie("authjs.callback-url", "nothing");
    let answer = browser.get("/auth/signin?callbackUrl=%2Foops%3Fx").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.body.contains("Server error"));

    let untrusted = Setup::default().app_with(|builder| {
        builder
            .pages(page("/oops"))
            .trust_host(HostTrust::Untrusted)
    });
    let answer = untrusted.send(get("/auth/signin")).await;
    answer.leads_to("/oops?error=Configuration");
}
