//! The table of routes: every method and action, with what it needs and what it sets.

use http::StatusCode;

use crate::app::{Answer, App, Browser, ORIGIN, Setup, form, get, json};

const BASE: [&str; 2] = ["authjs.csrf-token", "authjs.callback-url"];

fn never_cached(answer: &Answer) -> bool {
    answer.header("cache-control") == Some("private, no-cache, no-store")
        && answer.header("expires") == Some("0")
        && answer.header("pragma") == Some("no-cache")
}

fn error_url(page: &str, code: &str) -> String {
    format!("{ORIGIN}/auth/{page}?error={code}")
}

#[tokio::test]
async fn csrf_and_session_may_not_be_cached_and_set_the_base_cookies() {
    let app = Setup::default().app();
    for path in ["/auth/csrf", "/auth/session"] {
        let answer = app.send(get(path)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(never_cached(&answer), "{answer:?}");
        assert_eq!(answer.cookie_names(), BASE);
    }
}

#[tokio::test]
async fn providers_are_listed_in_order_without_cookies() {
    use hallpass_auth::mail::mailbox::Mailbox;
    use hallpass_auth::providers::{Confirm, EmailProvider};
    use std::num::NonZeroUsize;
    use std::sync::Arc;

    let app = Setup::default().app();
    let mailbox = Mailbox::new(app.clock.clone(), NonZeroUsize::MIN);
    let app = Setup::default().app_with(|builder| {
        let more = |id: &str| {
            EmailProvider::new(id, "a@b.c", Arc::new(mailbox.clone())).confirm(Confirm::Never)
        };
        builder
            .provider(more("resend"))
            .provider(more("email"))
            .provider(more("work").named("Work mail"))
    });
    let answer = app.send(get("/auth/providers")).await;
    assert!(answer.set_cookies().is_empty());
    assert_eq!(answer.header("cache-control"), None);
    let entry = |id: &str, name: &str| {
        format!(
            "\"{id}\":{{\"id\":\"{id}\",\"name\":\"{name}\",\"type\":\"email\",\
             \"signinUrl\":\"{ORIGIN}/auth/signin/{id}\",\
             \"callbackUrl\":\"{ORIGIN}/auth/callback/{id}\"}}"
        )
    };
    let entries = [
        entry("nodemailer", "Nodemailer"),
        entry("resend", "Resend"),
        entry("email", "Email"),
        entry("work", "Work mail"),
    ];
    assert_eq!(answer.body, format!("{{{}}}", entries.join(",")));
}

#[tokio::test]
async fn built_in_pages_are_html_with_base_cookies() {
    let app = Setup::default().app();
    for (path, status) in [
        ("signin", 200),
        ("signin?error=AnyThing", 200),
        ("signout", 200),
        ("verify-request", 200),
        ("error", 200),
        ("error?error=Other", 200),
        ("error?error=Configuration", 500),
        ("error?error=AccessDenied", 403),
        ("error?error=Verification", 403),
    ] {
        let answer = app.send(get(&format!("/auth/{path}"))).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert_eq!(answer.header("content-type"), Some("text/html"), "{path}");
        assert_eq!(answer.cookie_names(), BASE, "{path}");
    }
}

#[tokio::test]
async fn gets_without_a_meaning_lead_to_the_error_page() {
    let app = Setup::default().app();
    for path in [
        "signin/nodemailer",
        "callback",
        "webauthn-options",
        "webauthn-options/nodemailer",
        "callback/nodemailer",
        "callback/unknown?token=a",
        "signin/unknown",
    ] {
        app.send(get(&format!("/auth/{path}")))
            .await
            .fails_with("error", "Configuration");
    }
}

#[tokio::test]
async fn posts_without_a_meaning_lead_to_the_error_page() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    for path in [
        "csrf",
        "providers",
        "error",
        "verify-request",
        "webauthn-options",
        "callback",
    ] {
        let path = format!("/auth/{path}");
        browser
            .post(&path, &[])
            .await
            .fails_with("error", "Configuration");
        app.send(form(&path, &[]))
            .await
            .fails_with("error", "Configuration");
    }
}

#[tokio::test]
async fn forms_need_the_csrf_token() {
    let app = Setup::default().app();
    let mut browser = app.signed_in("ada@example.com").await;
    for path in ["signin", "signin/nodemailer", "signout"] {
        let path = format!("/auth/{path}");
        for token in [None, Some(""), Some("x"), Some(&*"a".repeat(64))] {
            let members: Vec<(&str, &str)> = token
                .map(|token| ("csrfToken", token))
                .into_iter()
                .collect();
            browser
                .post_bare(&path, &members)
                .await
                .fails_with("signin", "MissingCSRF");
        }
    }
    let answer = browser
        .send(json("/auth/session", &serde_json::json!({})))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (400, "null")
    );
    assert!(answer.set_cookies().is_empty());
    assert_eq!(browser.session().await["user"]["email"], "ada@example.com");
}

#[tokio::test]
async fn a_csrf_token_of_another_browser_or_in_the_query_proves_nothing() {
    let app = Setup::default().app();
    let foreign = Browser::new(&app).csrf().await;
    let mut browser = Browser::new(&app);
    let own = browser.csrf().await;
    assert_ne!(own, foreign);
    browser
        .post_bare("/auth/signout", &[("csrfToken", &foreign)])
        .await
        .fails_with("signin", "MissingCSRF");
    browser
        .post_bare(&format!("/auth/signout?csrfToken={own}"), &[])
        .await
        .fails_with("signin", "MissingCSRF");
}

#[tokio::test]
async fn the_csrf_pair_stays_while_it_is_good_and_is_replaced_when_it_is_not() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    let token = browser.csrf().await;
    assert_eq!(browser.csrf().await, token);
    browser.set_cookie("authjs.csrf-token", "forged%7Cforged");
    let answer = browser.get("/auth/csrf").await;
    assert_eq!(answer.cookie_names(), ["authjs.csrf-token"]);
    assert_ne!(answer.json()["csrfToken"], "forged");
}

#[tokio::test]
async fn post_signin_without_provider_leads_to_the_sign_in_page() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    let answer = browser
        .post("/auth/signin", &[("callbackUrl", "/deep")])
        .await;
    answer.leads_to(&format!("{ORIGIN}/auth/signin"));
    assert_eq!(answer.cookie_names(), ["authjs.callback-url"]);
    assert!(answer.body.is_empty());
}

#[tokio::test]
async fn redirects_are_told_as_json_where_the_client_asks_for_it() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    let token = browser.csrf().await;
    let mut request = form(
        "/auth/signin",
        &[("csrfToken", &token), ("callbackUrl", "/a b")],
    );
    let asks = request.headers_mut();
    asks.insert("x-auth-return-redirect", "".parse().unwrap());
    let answer = browser.send(request).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json()["url"], answer.location());
    assert_eq!(answer.cookie_names(), ["authjs.callback-url"]);

    let mut request = form("/auth/signin/nope", &[("csrfToken", &token)]);
    let asks = request.headers_mut();
    asks.insert("x-auth-return-redirect", "1".parse().unwrap());
    let answer = browser.send(request).await;
    assert_eq!(answer.json()["url"], error_url("error", "Configuration"));
    assert!(answer.headers.get("location").is_none() && answer.set_cookies().is_empty());

    let mut request = get("/auth/signout");
    let asks = request.headers_mut();
    asks.insert("x-auth-return-redirect", "1".parse().unwrap());
    let answer = browser.send(request).await;
    assert_eq!(
        answer.header("content-type"),
        Some("text/html"),
        "no redirect, no change"
    );
}

/// Where a visit leads: query or body, cookie, origin.
#[tokio::test]
async fn the_callback_url_is_the_first_of_body_query_cookie_and_origin() {
    let app: App = Setup::default().app();
    let mut browser = Browser::new(&app);
    let token = browser.csrf().await;
    for (path, body, target) in [
        ("/auth/signout", "", ORIGIN.to_owned()),
        ("/auth/signout?callbackUrl=%2Fq", "", format!("{ORIGIN}/q")),
        (
            "/auth/signout?callbackUrl=%2Fq",
            "/b",
            format!("{ORIGIN}/b"),
        ),
        ("/auth/signout", "", format!("{ORIGIN}/b")),
        ("/auth/signout", "https://evil.test/x", ORIGIN.to_owned()),
        (
            "/auth/signout",
            "//evil.test/x",
            format!("{ORIGIN}//evil.test/x"),
        ),
    ] {
        let mut members = vec![("csrfToken", token.as_str())];
        if !body.is_empty() {
            members.push(("callbackUrl", body));
        }
        browser.post_bare(path, &members).await.leads_to(&target);
    }
}

#[tokio::test]
async fn a_callback_url_in_the_body_that_is_none_leads_to_the_error_page() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    browser
        .post("/auth/signin", &[("callbackUrl", "dash")])
        .await
        .fails_with("error", "Configuration");
    let token = browser.csrf().await;
    for odd in [serde_json::json!(5), serde_json::json!({ "a": 1 })] {
        let body = serde_json::json!({ "csrfToken": token, "callbackUrl": odd });
        browser
            .send(json("/auth/signin", &body))
            .await
            .fails_with("error", "Configuration");
        let answer = browser.send(json("/auth/session", &body)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (400, "null")
        );
    }
}

#[tokio::test]
async fn the_routes_may_stand_at_the_root() {
    let app = Setup::default().app_with(|builder| builder.base_path("/"));
    let mut browser = Browser::new(&app);
    let token = browser.get("/csrf").await.json()["csrfToken"].clone();
    let members = [
        ("csrfToken", token.as_str().unwrap()),
        ("email", "ada@example.com"),
    ];
    browser
        .post_bare("/signin/nodemailer", &members)
        .await
        .leads_to(&format!(
            "{ORIGIN}/verify-request?provider=nodemailer&type=email"
        ));
    let link = app.last_link();
    assert!(
        link.starts_with(&format!("{ORIGIN}/callback/nodemailer?")),
        "{link}"
    );
    browser.follow(&link).await.leads_to(ORIGIN);
}
