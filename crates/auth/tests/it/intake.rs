//! What is taken in, and what is turned away before it is looked at.

use bytes::Bytes;
use hallpass_auth::BODY_LIMIT;
use hallpass_auth::origin::HostTrust;
use http::header::{CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode};

use crate::app::{Answer, App, Browser, ORIGIN, Setup, get, json};

fn bad_request(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.body, "\"Bad request.\"");
    assert!(answer.set_cookies().is_empty());
}

async fn post(app: &App, kind: &str, body: impl Into<Bytes>) -> Answer {
    let request = Request::post(format!("{ORIGIN}/auth/signin"))
        .header(CONTENT_TYPE, kind)
        .body(body.into())
        .unwrap();
    app.send(request).await
}

#[tokio::test]
async fn methods_other_than_get_and_post_are_bad_requests() {
    let app = Setup::default().app();
    for method in [
        Method::HEAD,
        Method::OPTIONS,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::TRACE,
        Method::from_bytes(b"get").unwrap(),
    ] {
        for path in ["session", "callback/nodemailer?token=a&email=b", "nope"] {
            let request = Request::builder()
                .method(&method)
                .uri(format!("{ORIGIN}/auth/{path}"))
                .body(Bytes::new())
                .unwrap();
            bad_request(&app.send(request).await);
        }
    }
    assert!(app.store.take_calls().is_empty(), "nothing was looked up");
}

#[tokio::test]
async fn paths_that_name_no_action_are_bad_requests() {
    let app = Setup::default().app();
    for path in [
        "/auth",
        "/auth/",
        "/auth/nope",
        "/auth/session/x",
        "/auth/csrf/nodemailer",
        "/auth/signin/a/b",
        "/auth/%73ession",
        "/auth/Session",
        "/other/session",
        "/",
    ] {
        bad_request(&app.send(get(path)).await);
    }
}

#[tokio::test]
async fn paths_are_read_as_auth_js_reads_them() {
    let app = Setup::default().app();
    for path in ["/auth/session", "/auth//session//", "/authsession"] {
        let answer = app.send(get(path)).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::OK, "null")
        );
    }
    let answer = app.send(get("/auth/signin/undefined")).await;
    assert_eq!(answer.status, StatusCode::OK, "`undefined` is no provider");
}

#[tokio::test]
async fn malformed_json_is_a_bad_request() {
    let app = Setup::default().app();
    let deep = "[".repeat(100_000);
    for body in [
        "",
        "{",
        "{\"a\":}",
        "nope",
        "{\"a\":1}x",
        "\u{feff}{}",
        &deep,
    ] {
        bad_request(&post(&app, "application/json; charset=utf-8", body.to_owned()).await);
    }
    bad_request(&post(&app, "application/json", Bytes::from_static(b"\"\xff\"")).await);
}

#[tokio::test]
async fn bodies_that_hold_no_csrf_token_fail_the_check_and_nothing_else() {
    let app = Setup::default().app();
    let bodies: [(&str, &[u8]); 9] = [
        ("application/json", b"null"),
        ("application/json", b"[1,2]"),
        ("application/json", b"\"text\""),
        ("application/json", b"{\"csrfToken\":5}"),
        ("application/json", b"{\"csrfToken\":{\"a\":[]}}"),
        ("application/x-www-form-urlencoded", b"%&=&&%zz=\xff\xfe"),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("text/plain", b"csrfToken=a"),
        ("", b"\x00\x01\x02"),
    ];
    for (kind, body) in bodies {
        post(&app, kind, body)
            .await
            .fails_with("signin", "MissingCSRF");
    }
}

#[tokio::test]
async fn bodies_over_one_mebibyte_are_refused() {
    let app = Setup::default().app();
    let answer = post(&app, "application/json", vec![b' '; BODY_LIMIT + 1]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.json()["message"].is_string());
    bad_request(&post(&app, "application/json", vec![b' '; BODY_LIMIT]).await);
}

#[tokio::test]
async fn the_last_of_duplicate_members_counts() {
    let app = Setup::default().app();
    let answer = app
        .send(get("/auth/signin?callbackUrl=%2Ffirst&callbackUrl=%2Flast"))
        .await;
    assert!(answer.set_cookies()[1].contains("%2Flast"), "{answer:?}");
}

#[tokio::test]
async fn callback_urls_over_two_kibibytes_are_refused_wherever_they_stand() {
    let app = Setup::default().app();
    let long = format!("/{}", "\u{e9}".repeat(1024));
    let encoded = form_urlencoded::byte_serialize(long.as_bytes()).collect::<String>();
    let mut browser = Browser::new(&app);
    let members = [("email", "ada@example.com"), ("callbackUrl", long.as_str())];
    let answer = browser.post("/auth/signin/nodemailer", &members).await;
    answer.fails_with("error", "Configuration");
    assert!(app.mailbox.list().is_empty());

    let query = format!("/auth/session?callbackUrl={encoded}");
    let answer = browser.get(&query).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.set_cookies().is_empty());

    browser.set_cookie("authjs.callback-url", &encoded);
    let answer = browser.get("/auth/session").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
}

/// What is accepted becomes a cookie, which must be accepted too.
#[tokio::test]
async fn no_accepted_callback_url_locks_the_visitor_out() {
    let app = Setup::default().app();
    for (length, accepted) in [(2048 - ORIGIN.len(), true), (2049 - ORIGIN.len(), false)] {
        let mut browser = Browser::new(&app);
        let path = "/".repeat(length);
        let members = [("email", "ada@example.com"), ("callbackUrl", path.as_str())];
        let answer = browser.post("/auth/signin/nodemailer", &members).await;
        assert_eq!(answer.location().contains("verify-request"), accepted);
        assert!(
            answer
                .set_cookies()
                .iter()
                .all(|cookie| cookie.len() < 8 * 1024)
        );
        assert_eq!(browser.get("/auth/session").await.status, StatusCode::OK);
    }
    let mails = app.mailbox.list();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0].message;
    assert!(mail.text.len() < 16 * 1024 && mail.html.len() < 64 * 1024);
}

/// A page that sends people to sign in must not send them to an error.
#[tokio::test]
async fn the_way_to_the_sign_in_page_never_holds_a_callback_url_that_is_refused() {
    let host = format!("https://{}.test:65535", "a".repeat(253 - ".test".len()));
    let app = Setup::default().app_with(|builder| builder.origin(host.parse_origin()));
    for length in [1, 1000, 1700, 1781, 1782, 2048, 9000] {
        let page = format!("/{}", "a".repeat(length - 1));
        let way = app.auth.sign_in_url(&page.parse().unwrap());
        let back = format!("callbackUrl=%2F{}", page.get(1..).unwrap());
        assert_eq!(way.ends_with(&back), length <= 1781, "{length}");
        assert_eq!(app.send(get(&way)).await.status, StatusCode::OK, "{length}");
    }
}

#[tokio::test]
async fn a_callback_url_that_javascript_takes_for_false_asks_for_nothing() {
    let app = Setup::default().app();
    for falsy in ["0", "-0", "0.0", "false", "\"\"", "null"] {
        let mut browser = Browser::new(&app);
        browser.get("/auth/signin?callbackUrl=%2Fkept").await;
        let token = browser.csrf().await;
        let body = format!("{{\"csrfToken\":\"{token}\",\"callbackUrl\":{falsy}}}");
        let body = serde_json::from_str(&body).unwrap();
        let answer = browser.send(json("/auth/signout", &body)).await;
        answer.leads_to(&format!("{ORIGIN}/kept"));
    }
    for other in ["1", "true", "[]", "{}"] {
        let mut browser = Browser::new(&app);
        let token = browser.csrf().await;
        let body = format!("{{\"csrfToken\":\"{token}\",\"callbackUrl\":{other}}}");
        let body = serde_json::from_str(&body).unwrap();
        let answer = browser.send(json("/auth/signout", &body)).await;
        answer.fails_with("error", "Configuration");
    }
}

#[tokio::test]
async fn a_request_that_names_no_usable_host_is_a_bad_request() {
    let app = Setup::default().app();
    for host in [
        "",
        "evil.com/path",
        "a@evil.com",
        "evil.com#",
        "two hosts",
        "[::1",
    ] {
        let request = Request::get("/auth/session")
            .header(HOST, host)
            .body(Bytes::new())
            .unwrap();
        bad_request(&app.send(request).await);
    }
    let nameless = Request::get("/auth/session").body(Bytes::new()).unwrap();
    bad_request(&app.send(nameless).await);
}

#[tokio::test]
async fn the_host_may_stand_in_the_header_or_in_the_uri() {
    let app = Setup::default().app();
    let by_header = Request::get("/auth/signout")
        .header(HOST, "app.test:8080")
        .body(Bytes::new())
        .unwrap();
    assert!(
        app.send(by_header)
            .await
            .body
            .contains("http://app.test:8080/auth/signout")
    );
    let forwarded = Request::get("/auth/signout")
        .header(HOST, "inner")
        .header("x-forwarded-host", "app.test, proxy")
        .header("x-forwarded-proto", "https")
        .body(Bytes::new())
        .unwrap();
    let answer = app.send(forwarded).await;
    assert!(answer.body.contains("https://app.test/auth/signout"));
    assert!(answer.set_cookies()[0].starts_with("__Host-authjs.csrf-token="));
}

#[tokio::test]
async fn a_configured_origin_wins_over_every_header() {
    let app = Setup::default().app_with(|builder| {
        builder
            .trust_host(HostTrust::Untrusted)
            .origin("https://real.test".parse_origin())
    });
    let request = Request::get("/auth/signout")
        .header(HOST, "evil.test")
        .header("x-forwarded-host", "evil.test")
        .body(Bytes::new())
        .unwrap();
    let answer = app.send(request).await;
    assert!(answer.body.contains("https://real.test/auth/signout"));
    assert!(!answer.body.contains("evil.test"));
}

trait ParseOrigin {
    fn parse_origin(&self) -> hallpass_auth::origin::Origin;
}

impl ParseOrigin for str {
    fn parse_origin(&self) -> hallpass_auth::origin::Origin {
        hallpass_auth::origin::Origin::parse(self).unwrap()
    }
}
