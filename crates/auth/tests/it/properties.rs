//! Whatever is sent gets an answer: never a panic, and never a 5xx but where the contract has one.

use bytes::Bytes;
use hallpass_auth::providers::Confirm;
use hallpass_auth::session::Strategy;
use http::{Method, Request, StatusCode};
use proptest::prelude::*;

use crate::app::{Answer, App, Browser, Setup};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn apps() -> Vec<App> {
    let app = |strategy, confirm| {
        Setup {
            strategy: Some(strategy),
            confirm,
            ..Setup::default()
        }
        .app()
    };
    vec![
        app(Strategy::Database, Confirm::Auto),
        app(Strategy::Jwt, Confirm::Never),
    ]
}

fn method() -> impl Strategy_<Value = Method> {
    prop_oneof![
        4 => Just(Method::GET),
        4 => Just(Method::POST),
        1 => "[A-Z]{1,8}".prop_map(|name| Method::from_bytes(name.as_bytes()).unwrap()),
    ]
}

use proptest::strategy::Strategy as Strategy_;

fn path() -> impl Strategy_<Value = String> {
    let action = prop_oneof![
        Just("providers"),
        Just("session"),
        Just("csrf"),
        Just("signin"),
        Just("signout"),
        Just("callback"),
        Just("verify-request"),
        Just("error"),
        Just("webauthn-options"),
    ];
    prop_oneof![
        6 => (action, prop_oneof![Just(""), Just("/nodemailer"), Just("/undefined"), Just("/x"), Just("//")])
            .prop_map(|(action, rest)| format!("/auth/{action}{rest}")),
        1 => "/auth/[a-z%0-9/._-]{0,20}",
        1 => "/[!-\"$->@-~]{0,20}",
    ]
}

fn text() -> impl Strategy_<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("/a".to_owned()),
        Just("ada@example.com".to_owned()),
        Just("http://localhost:3000/x".to_owned()),
        "[ -~]{0,40}",
        "\\PC{0,20}",
        any::<String>(),
    ]
}

fn members() -> impl Strategy_<Value = Vec<(String, String)>> {
    let name = prop_oneof![
        Just("callbackUrl".to_owned()),
        Just("token".to_owned()),
        Just("email".to_owned()),
        Just("error".to_owned()),
        Just("csrfToken".to_owned()),
        Just("data".to_owned()),
        "[ -~]{0,10}",
    ];
    prop::collection::vec((name, text()), 0..5)
}

fn encoded(members: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(members)
        .finish()
}

fn query() -> impl Strategy_<Value = String> {
    prop_oneof![
        3 => members().prop_map(|members| encoded(&members)),
        1 => "[!-~&&[^#]]{0,40}",
    ]
}

/// Bytes that a header may hold.
fn header_bytes() -> impl Strategy_<Value = Vec<u8>> {
    let byte = any::<u8>().prop_filter("not in headers", |byte| {
        (*byte >= 32 && *byte != 127) || *byte == 9
    });
    prop::collection::vec(byte, 0..60)
}

fn cookies() -> impl Strategy_<Value = Vec<u8>> {
    let name = prop_oneof![
        Just("authjs.csrf-token"),
        Just("authjs.callback-url"),
        Just("authjs.session-token"),
        Just("authjs.session-token.0"),
        Just("authjs.session-token.1"),
        Just("hallpass.link-request"),
        Just("x"),
    ];
    prop::collection::vec((name, header_bytes()), 0..5).prop_map(|pairs| {
        pairs
            .into_iter()
            .map(|(name, value)| [name.as_bytes(), b"=", &value].concat())
            .collect::<Vec<_>>()
            .join(&b"; "[..])
    })
}

fn body() -> impl Strategy_<Value = (&'static str, Vec<u8>)> {
    let kind = prop_oneof![
        Just("application/json"),
        Just("application/x-www-form-urlencoded"),
        Just("text/plain"),
        Just(""),
    ];
    let json = members().prop_map(|members| {
        let object: serde_json::Map<_, _> = members
            .into_iter()
            .map(|(name, value)| (name, serde_json::Value::String(value)))
            .collect();
        serde_json::Value::Object(object).to_string().into_bytes()
    });
    let content = prop_oneof![
        json,
        members().prop_map(|members| encoded(&members).into_bytes()),
        prop::collection::vec(any::<u8>(), 0..80),
    ];
    (kind, content)
}

/// The 5xx that the contract has: a callback URL that is none, and the page that says `Configuration`.
fn is_admitted(answer: &Answer) -> bool {
    match answer.status {
        StatusCode::INTERNAL_SERVER_ERROR => {
            answer.body.contains("Server error") || answer.body.contains("\"message\"")
        }
        status => status.as_u16() < 500,
    }
}

/// Whether the request holds nothing that may lead to a 500.
fn is_harmless(request: &Request<Bytes>) -> bool {
    let query = request.uri().query().unwrap_or_default();
    let cookies = request
        .headers()
        .get("cookie")
        .map(|value| value.as_bytes().to_vec());
    let mentions = |needle: &str| {
        query.contains(needle)
            || cookies
                .as_deref()
                .is_some_and(|cookies| String::from_utf8_lossy(cookies).contains(needle))
    };
    // Names may be percent-encoded in a query, so anything encoded counts as a mention.
    !mentions("callback") && !mentions("Configuration") && !query.contains('%')
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_request_is_answered(
        method in method(),
        path in path(),
        query in query(),
        cookies in cookies(),
        (kind, body) in body(),
        accepts_json in any::<bool>(),
    ) {
        let uri = format!("http://localhost:3000{path}?{query}");
        let Ok(mut request) = Request::builder()
            .method(method)
            .uri(uri)
            .header("content-type", kind)
            .header("cookie", cookies)
            .body(Bytes::from(body))
        else {
            return Ok(());
        };
        if accepts_json {
            request.headers_mut().insert("x-auth-return-redirect", "1".parse().unwrap());
        }
        let harmless = is_harmless(&request);
        for app in apps() {
            let answer = block_on(app.send(request.clone()));
            prop_assert!(is_admitted(&answer), "{answer:?}");
            prop_assert!(!harmless || answer.status.as_u16() < 500, "{answer:?}");
        }
    }

    #[test]
    fn any_form_with_a_valid_token_is_answered(path in path(), query in query(), members in members()) {
        let path = format!("{path}?{query}");
        if format!("http://localhost:3000{path}").parse::<http::Uri>().is_err() || path.contains('#') {
            return Ok(());
        }
        for app in apps() {
            let members: Vec<(&str, &str)> = members
                .iter()
                .filter(|(name, _)| name != "csrfToken")
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let answer = block_on(async { Browser::new(&app).post(&path, &members).await });
            prop_assert!(is_admitted(&answer), "{answer:?}");
        }
    }

    /// Whatever a visitor asks for, the default rule sends nobody away from our origin.
    #[test]
    fn no_callback_url_leads_away(target in text()) {
        let app = Setup::default().app();
        let answer = block_on(async {
            Browser::new(&app).post("/auth/signin", &[("callbackUrl", &target)]).await;
            Browser::new(&app).post("/auth/signout", &[("callbackUrl", &target)]).await
        });
        prop_assert_eq!(answer.status, StatusCode::FOUND);
        let landing = url::Url::parse(answer.location()).unwrap();
        prop_assert_eq!(landing.origin().ascii_serialization(), "http://localhost:3000");
    }
}
