//! Built-in pages with their headers, and pages of the application's own.

use hallpass_auth::Pages;
use http::StatusCode;
use serde_json::json;

use crate::app::{App, Browser, ORIGIN, Setup, get};
use crate::html;

fn own_pages() -> App {
    Setup::default().app_with(|builder| {
        builder.pages(Pages {
            sign_in: Some("/login?lang=en".to_owned()),
            sign_out: Some("/bye".to_owned()),
            error: Some("/oops".to_owned()),
            verify_request: Some("/sent".to_owned()),
            new_user: Some("/welcome".to_owned()),
        })
    })
}

#[tokio::test]
async fn pages_of_the_application_get_what_they_need() {
    let app = own_pages();
    let here = "callbackUrl=http%3A%2F%2Flocalhost%3A3000";
    for (path, target) in [
        ("signin", format!("/login?lang=en&{here}")),
        (
            "signin?error=Callback%26x",
            format!("/login?lang=en&{here}&error=Callback%26x"),
        ),
        (
            "signin?callbackUrl=%2Fa",
            format!("/login?lang=en&{here}%2Fa"),
        ),
        ("signout?callbackUrl=%2Fa", "/bye".to_owned()),
        (
            "error?error=Verification",
            "/oops?error=Verification".to_owned(),
        ),
        ("error", "/oops?error=undefined".to_owned()),
        (
            "error?error=a%0d%0ab%26c",
            "/oops?error=a%0D%0Ab%26c".to_owned(),
        ),
        (
            "verify-request?provider=x&type=email",
            "/sent?provider=x&type=email".to_owned(),
        ),
        ("verify-request", "/sent".to_owned()),
    ] {
        let answer = app.send(get(&format!("/auth/{path}"))).await;
        answer.leads_to(&target);
        assert_eq!(
            answer.cookie_names(),
            ["authjs.csrf-token", "authjs.callback-url"]
        );
    }
}

#[tokio::test]
async fn errors_lead_to_pages_of_the_application_joined_by_a_question_mark() {
    let app = own_pages();
    let answer = app.send(crate::app::form("/auth/signout", &[])).await;
    answer.leads_to("http://localhost:3000/login?lang=en?error=MissingCSRF");
    let answer = app.send(get("/auth/callback")).await;
    answer.leads_to("http://localhost:3000/oops?error=Configuration");
}

#[tokio::test]
async fn absolute_pages_are_used_as_they_are() {
    let app = Setup::default().app_with(|builder| {
        builder.pages(Pages {
            sign_in: Some("https://login.test/in".to_owned()),
            error: Some("https://login.test/error".to_owned()),
            ..Pages::default()
        })
    });
    let answer = app.send(crate::app::form("/auth/signout", &[])).await;
    answer.leads_to("https://login.test/in?error=MissingCSRF");
    let answer = app.send(get("/auth/callback")).await;
    answer.leads_to("https://login.test/error?error=Configuration");
    let answer = app.send(get("/auth/error?error=Other")).await;
    answer.leads_to("https://login.test/error?error=Other");
}

#[tokio::test]
async fn new_users_are_greeted_once() {
    let app = own_pages();
    let mut browser = Browser::new(&app);
    let members = [("email", "ada@example.com"), ("callbackUrl", "/deep")];
    browser.post("/auth/signin/nodemailer", &members).await;
    let answer = browser.follow(&app.last_link()).await;
    answer.leads_to("/welcome?callbackUrl=http%3A%2F%2Flocalhost%3A3000%2Fdeep");
    browser.post("/auth/signin/nodemailer", &members).await;
    browser
        .follow(&app.last_link())
        .await
        .leads_to("http://localhost:3000/deep");
}

#[tokio::test]
async fn the_sign_in_page_offers_every_provider_and_honours_three_members_of_the_query() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    let token = browser.csrf().await;
    let query = "email=%22%3E%3Cscript%3E&callbackUrl=%2Fa&csrfToken=evil&providers=x&theme=y&error=SessionRequired";
    let answer = browser.get(&format!("/auth/signin?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    let forms = html::forms(&answer.body);
    assert_eq!(forms.len(), 1);
    assert_eq!(
        forms[0]["action"],
        format!("{ORIGIN}/auth/signin/nodemailer")
    );
    assert_eq!(
        forms[0]["inputs"],
        json!([{ "type": "hidden", "name": "csrfToken", "value": token }])
    );
    assert!(!answer.body.contains("<script") && !answer.body.contains("evil"));
    assert!(answer.body.contains("Sign in to see this page."));
}

/// The sign-out form posts to the full current URL, query included.
#[tokio::test]
async fn the_sign_out_page_posts_where_it_stands() {
    let app = Setup::default().app();
    let mut browser = app.signed_in("ada@example.com").await;
    let answer = browser.get("/auth/signout?callbackUrl=%2Fbye&x=%22y").await;
    let form = &html::forms(&answer.body)[0];
    let action = form["action"].as_str().unwrap();
    assert_eq!(
        action,
        format!("{ORIGIN}/auth/signout?callbackUrl=%2Fbye&x=%22y")
    );
    let token = form["inputs"][0]["value"].as_str().unwrap().to_owned();
    let path = action.strip_prefix(ORIGIN).unwrap().to_owned();
    browser
        .post_bare(&path, &[("csrfToken", &token)])
        .await
        .leads_to("http://localhost:3000/bye");
}

#[tokio::test]
async fn built_in_pages_run_nothing_leak_nothing_and_are_kept_by_no_cache() {
    let app = Setup::default().app();
    for path in ["signin", "signout", "error", "verify-request"] {
        let answer = app.send(get(&format!("/auth/{path}"))).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(answer.header("cache-control"), Some("private, no-store"));
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}
