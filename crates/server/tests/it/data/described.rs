//! The API described, as `hallpass serve` shows it: to whom, under which headers, and what it keeps to itself.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::place::{Place, create, path_of, told};
use crate::harness::Visitor;

const BOTH: [&str; 2] = ["/api/docs", "/api/openapi.json"];
const OPEN: &str = "[api]\ndocs = 'open'";
const SIGNED_IN: &str = "[api]\ndocs = 'signed-in'";

async fn answer(visitor: &Visitor, path: &str) -> Response {
    let request = visitor.request(Method::GET, path);
    request.send().await.expect("the server answers")
}

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    let value = response.headers().get(name);
    value.and_then(|value| value.to_str().ok()).unwrap_or("")
}

async fn document(visitor: &Visitor) -> Value {
    visitor.get_json("/api/openapi.json").await
}

#[tokio::test]
async fn nothing_is_described_unless_the_settings_say_so() {
    for settings in ["", "[api]\ndocs = 'off'"] {
        let place = Place::start(settings).await;
        let ann = place.signed_in("ann@example.com").await;
        for visitor in [&ann, &place.visitor()] {
            for path in BOTH {
                let page = visitor.get(path).await;
                let shown = (page.status.as_u16(), page.body.as_str());
                assert_eq!(
                    shown,
                    (404, "There is nothing here.\n"),
                    "{settings} {path}"
                );
            }
        }
    }
}

#[tokio::test]
async fn visitors_are_sent_to_sign_in_or_told_that_nobody_is() {
    let place = Place::start(SIGNED_IN).await;
    let visitor = place.visitor();
    for path in BOTH {
        let request = visitor.request(Method::GET, path);
        let (status, body) = told(request.header("accept", "application/json")).await;
        assert_eq!(status, 401, "{path}: {body}");
        assert!(!body.to_string().contains("Note"), "{body}");
        let request = visitor.request(Method::GET, path);
        let (status, page) = told(request.header("accept", "text/html")).await;
        assert_eq!(status, 200, "{path}");
        let page = page.as_str().unwrap();
        assert!(page.contains("name=\"csrfToken\""), "{path}: {page}");
        assert!(!page.contains("Note"), "{path}: {page}");
    }
    let ann = place.signed_in("ann@example.com").await;
    assert!(document(&ann).await["paths"]["/api/model/note/findMany"].is_object());
    ann.get("/api/docs")
        .await
        .assert_shows("/api/model/note/findMany");
}

#[tokio::test]
async fn everybody_reads_what_is_open_as_it_is_and_nothing_else() {
    let place = Place::start(OPEN).await;
    let visitor = place.visitor();
    for (path, kind) in [
        ("/api/docs", "text/html; charset=utf-8"),
        ("/api/openapi.json", "application/json"),
    ] {
        let response = answer(&visitor, path).await;
        assert_eq!(response.status(), 200, "{path}");
        for (name, expected) in [
            ("content-type", kind),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "private, no-cache"),
            ("set-cookie", ""),
        ] {
            assert_eq!(header(&response, name), expected, "{path}: {name}");
        }
        let tag = header(&response, "etag").to_owned();
        let again = visitor.request(Method::GET, path);
        assert_eq!(told(again.header("if-none-match", tag)).await.0, 304);
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let sent = visitor.request(method.clone(), path);
            assert_eq!(told(sent).await.0, 405, "{method} {path}");
        }
    }
}

/// The browser is told to run nothing: neither scripts of ours, of which there are none, nor anybody's.
#[tokio::test]
async fn the_policy_of_the_page_admits_its_style_alone() {
    let place = Place::start(OPEN).await;
    let response = answer(&place.visitor(), "/api/docs").await;
    let policy = header(&response, "content-security-policy").to_owned();
    let html = response.text().await.unwrap();
    let (before, rest) = html.split_once("<style>").unwrap();
    let (style, after) = rest.split_once("</style>").unwrap();
    let hash = STANDARD.encode(digest(&SHA256, style.as_bytes()));
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    );
    for foreign in ["<script", "<style", " style=", " on", "javascript:", "<img"] {
        let is_tag = |text: &str| {
            let tags = text.split('<').skip(1);
            let tags = tags.map(|rest| rest.split('>').next().unwrap_or(""));
            tags.map(|tag| format!("<{tag}>"))
                .any(|tag| tag.contains(foreign))
        };
        assert!(!is_tag(before) && !is_tag(after), "{foreign}");
    }
}

#[tokio::test]
async fn what_the_schema_says_is_text() {
    let place = Place::start(OPEN).await;
    let visitor = place.visitor();
    let said = "Shown <b>to all</b><script>alert(\"x\")</script> & nobody's.";
    let document = document(&visitor).await;
    let notice = document["components"]["schemas"]["Notice"]["description"].as_str();
    assert!(
        notice.is_some_and(|text| text.starts_with(said)),
        "{notice:?}"
    );
    let page = visitor.get("/api/docs").await;
    assert!(!page.body.contains("<b>") && !page.body.contains("<script"));
    page.assert_shows("Shown &#60;b&#62;to all&#60;/b&#62;&#60;script&#62;alert(");
}

#[tokio::test]
async fn what_is_closed_is_named_nowhere() {
    for (settings, named) in [
        (OPEN, "/note/"),
        (
            "[api]\ndocs = 'open'\n[data]\nclosed = ['Note']",
            "/notice/",
        ),
    ] {
        let place = Place::start(settings).await;
        let visitor = place.visitor();
        let (document, page) = (
            document(&visitor).await.to_string(),
            visitor.get("/api/docs").await.body,
        );
        for text in [&document, &page] {
            assert!(text.contains(named), "{settings}");
            let closed = [
                "Ledger",
                "/ledger",
                "VerificationToken",
                "sessionToken",
                "refresh_token",
                "providerAccountId",
            ];
            let notes = ["Note.", "/note/", "ownerId"];
            let closed = closed
                .iter()
                .chain(notes.iter().filter(|_| named != "/note/"));
            for name in closed {
                assert!(!text.contains(name), "{settings}: {name}");
            }
        }
    }
}

/// What the document says of who asks is what the server goes by.
#[tokio::test]
async fn the_ways_to_say_who_asks_are_named_and_work() {
    let settings = format!(
        "server_keys = ['planted-key-of-more-than-32-letters']\naccount_tokens = 'sealed'\n{OPEN}"
    );
    let place = Place::start(&settings).await;
    let ann = place.signed_in("ann@example.com").await;
    assert_eq!(
        create(&ann, "note", json!({"id": 1, "title": "milk"}))
            .await
            .0,
        201
    );
    let document = document(&ann).await;
    let schemes = &document["components"]["securitySchemes"];
    // Without `AUTH_URL` it is not known whether browsers come over TLS, so there are two names.
    let names = ["session", "session2"].map(|scheme| {
        let scheme = &schemes[scheme];
        assert_eq!(
            (&scheme["type"], &scheme["in"]),
            (&json!("apiKey"), &json!("cookie"))
        );
        scheme["name"].as_str().unwrap()
    });
    assert_eq!(
        names,
        ["__Secure-authjs.session-token", "authjs.session-token"]
    );
    let cookie = names[1];
    for name in ["bearer", "server"] {
        assert_eq!(
            (&schemes[name]["type"], &schemes[name]["scheme"]),
            (&json!("http"), &json!("bearer"))
        );
    }
    // Data goes by what the document says of all: nobody, a program, a browser.
    let ways = document["security"].as_array().unwrap();
    for way in [
        json!({}),
        json!({"bearer": []}),
        json!({"session": []}),
        json!({"session2": []}),
    ] {
        assert!(ways.contains(&way), "{ways:?}");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item
            .as_object()
            .unwrap()
            .values()
            .filter(|one| one.is_object())
        {
            let own = operation.get("security");
            if path.starts_with("/api/auth/") {
                let own = own.unwrap().to_string();
                assert!(!own.contains("bearer"), "{path}: {own}");
                assert_eq!(
                    own.contains("server"),
                    path == "/api/auth/access-token",
                    "{path}: {own}"
                );
            } else {
                assert_eq!(own, None, "{path}");
            }
        }
    }
    let token = ann.cookie(cookie).unwrap();
    let path = path_of("note/count", &json!({}));
    for (name, value, seen) in [
        ("cookie", format!("{cookie}={token}"), 1),
        ("authorization", format!("Bearer {token}"), 1),
        ("accept", "application/json".to_owned(), 0),
    ] {
        let request = place.visitor().request(Method::GET, &path);
        assert_eq!(
            told(request.header(name, value)).await.1["data"],
            json!(seen),
            "{name}"
        );
    }
    let page = ann.get("/api/docs").await;
    page.assert_shows("-H &#34;Authorization: Bearer $TOKEN&#34;");
    page.assert_shows("-b &#34;__Secure-authjs.session-token=$TOKEN&#34;");
    page.assert_shows("-H &#34;Authorization: Bearer $SERVER&#34;");
}

/// Each route of sign-in tells its own refusals, not those of all.
#[tokio::test]
async fn routes_of_sign_in_tell_what_they_answer() {
    let settings = format!(
        "server_keys = ['planted-key-of-more-than-32-letters']\naccount_tokens = 'sealed'\n{OPEN}"
    );
    let place = Place::start(&settings).await;
    let document = document(&place.visitor()).await;
    let statuses = |method: &str, path: &str| {
        let answers = &document["paths"][format!("/api/auth/{path}")][method]["responses"];
        let answers = answers.as_object().unwrap().keys();
        answers
            .map(|status| status.parse().unwrap())
            .collect::<Vec<u16>>()
    };
    for (method, path, expected) in [
        ("get", "csrf", &[200, 302, 400, 500, 503][..]),
        ("post", "session", &[200, 302, 400, 413, 500, 503]),
        (
            "post",
            "signin/{provider}",
            &[200, 302, 400, 413, 429, 500, 503],
        ),
        (
            "post",
            "sessions/revoke",
            &[200, 302, 400, 401, 404, 413, 500, 503],
        ),
        (
            "get",
            "account",
            &[200, 302, 400, 401, 403, 422, 429, 500, 503],
        ),
        (
            "post",
            "access-token",
            &[200, 400, 401, 403, 404, 409, 413, 429, 500, 502, 503],
        ),
    ] {
        assert_eq!(statuses(method, path), expected, "{method} {path}");
    }
    // Nobody is signed in, as they say.
    let visitor = place.visitor();
    for (path, status) in [("sessions", 401), ("account", 401), ("csrf", 200)] {
        let request = visitor.request(Method::GET, &format!("/api/auth/{path}"));
        let answer = told(request.header("accept", "application/json")).await;
        assert_eq!(answer.0, status, "{path}");
        assert!(statuses("get", path).contains(&status));
    }
}
