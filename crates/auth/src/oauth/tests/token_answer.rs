//! Answers of the token endpoint.

use jiff::Timestamp;

use super::*;
use crate::outgoing::HttpError;
use crate::providers::oauth::{Quirks, TokenAnswer, TokenRequest};

fn strange(reason: &'static str) -> OAuthError {
    OAuthError::Answer {
        endpoint: "token endpoint",
        reason,
    }
}

fn refused(code: &'static str) -> OAuthError {
    OAuthError::Refused { code }
}

/// What becomes of this answer at a service whose profile is always there.
async fn answer(status: u16, body: impl Into<Vec<u8>>) -> Result<Identity, OAuthError> {
    let bench = Bench::new();
    bench.http.json(USERINFO, &json!({ "id": "1" }));
    bench
        .http
        .status(TOKEN, StatusCode::from_u16(status).unwrap(), body.into());
    bench.identify(&plain()).await.inspect_err(|error| {
        shown(error);
    })
}

fn with(name: &str, value: Value) -> String {
    let mut answer = tokens();
    answer[name] = value;
    answer.to_string()
}

#[tokio::test]
async fn answers_that_hold_no_tokens_are_refused() {
    const STATUS: &str = "its status is not 200";
    const NO_OBJECT: &str = "it is no JSON object";
    const ACCESS: &str = "its `access_token` is no text";
    const TYPE: &str = "its `token_type` is no text";
    const EXPIRES: &str = "its `expires_in` is no number";
    const REFRESH: &str = "its `refresh_token` is no text";
    let good = tokens().to_string();
    let deep = format!(r#"{{"x":{}1{}}}"#, "[".repeat(300), "]".repeat(300));
    let twice = good.replacen('{', r#"{"access_token":"planted","#, 1);
    for (status, body, error) in [
        (201, good.clone(), strange(STATUS)),
        (204, String::new(), strange(STATUS)),
        (302, String::new(), strange(STATUS)),
        (400, "{}".to_owned(), strange(STATUS)),
        (500, "<html>".to_owned(), strange(STATUS)),
        (200, String::new(), strange(NO_OBJECT)),
        (200, "[]".to_owned(), strange(NO_OBJECT)),
        (200, "null".to_owned(), strange(NO_OBJECT)),
        (
            200,
            "access_token=planted&token_type=bearer".to_owned(),
            strange(NO_OBJECT),
        ),
        (200, good.replace('}', ""), strange(NO_OBJECT)),
        (200, deep, strange(NO_OBJECT)),
        (200, twice, strange(NO_OBJECT)),
        (200, "{}".to_owned(), strange(ACCESS)),
        (200, with("access_token", json!("")), strange(ACCESS)),
        (200, with("access_token", json!(null)), strange(ACCESS)),
        (200, with("access_token", json!(7)), strange(ACCESS)),
        (200, with("token_type", json!("")), strange(TYPE)),
        (200, with("token_type", json!(null)), strange(TYPE)),
        (
            200,
            with("token_type", json!("mac")),
            strange("its `token_type` is neither bearer nor dpop"),
        ),
        (200, with("expires_in", json!(null)), strange(EXPIRES)),
        (200, with("expires_in", json!(true)), strange(EXPIRES)),
        (200, with("expires_in", json!(-1)), strange(EXPIRES)),
        (200, with("expires_in", json!("")), strange(EXPIRES)),
        (200, with("expires_in", json!("-1")), strange(EXPIRES)),
        (200, with("expires_in", json!("1h")), strange(EXPIRES)),
        (200, with("expires_in", json!("inf")), strange(EXPIRES)),
        (200, with("expires_in", json!("1e3")), strange(EXPIRES)),
        (200, with("refresh_token", json!("")), strange(REFRESH)),
        (200, with("refresh_token", json!(null)), strange(REFRESH)),
        (
            200,
            with("refresh_token", json!(["planted"])),
            strange(REFRESH),
        ),
        (
            200,
            with("scope", json!(["a"])),
            strange("its `scope` is no text"),
        ),
        (
            200,
            with("id_token", json!("")),
            strange("its `id_token` is no text"),
        ),
        (
            200,
            with("id_token", json!(1)),
            strange("its `id_token` is no text"),
        ),
        (
            200,
            with("access_token", json!("a\nb")),
            strange("the access token cannot stand in a header"),
        ),
        (
            400,
            json!({ "error": "invalid_grant" }).to_string(),
            refused("invalid_grant"),
        ),
        (
            401,
            json!({ "error": "invalid_client", "error_description": "planted" }).to_string(),
            refused("invalid_client"),
        ),
        (
            200,
            json!({ "error": "bad_verification_code" }).to_string(),
            refused("bad_verification_code"),
        ),
        (
            200,
            with("error", json!("invalid_grant")),
            refused("invalid_grant"),
        ),
        (
            400,
            json!({ "error": "<script>planted</script>" }).to_string(),
            refused("unknown_error"),
        ),
        (
            400,
            json!({ "error": { "code": "planted" } }).to_string(),
            strange(STATUS),
        ),
        (200, json!({ "error": 1 }).to_string(), strange(ACCESS)),
    ] {
        assert_eq!(
            answer(status, body.clone()).await.unwrap_err(),
            error,
            "{status} {body}"
        );
    }
    let http = |cause| OAuthError::Http {
        endpoint: "token endpoint",
        cause,
    };
    let huge = answer(200, vec![b' '; 300 * 1024]).await.unwrap_err();
    assert_eq!(huge, http(HttpError::TooLarge(256 * 1024)));
    for error in [HttpError::Timeout, HttpError::Lost, HttpError::Unreachable] {
        let bench = Bench::new();
        bench.http.answer(TOKEN, Err(error));
        assert_eq!(bench.identify(&plain()).await.unwrap_err(), http(error));
    }
}

#[tokio::test]
async fn everything_of_a_good_answer_is_kept() {
    let body = json!({
        "access_token": "planted-access",
        "token_type": "BEARER",
        "expires_in": 3600,
        "refresh_token": "planted-refresh",
        "scope": "a b",
        "session_state": "x",
        "error": "",
    });
    let found = answer(200, body.to_string()).await.unwrap();
    let tokens = found.tokens;
    assert_eq!(tokens.access_token.expose(), "planted-access");
    assert_eq!(tokens.token_type, "bearer");
    assert_eq!(tokens.refresh_token.unwrap().expose(), "planted-refresh");
    assert_eq!(tokens.scope.as_deref(), Some("a b"));
    let names: Vec<_> = tokens.others.keys().map(String::as_str).collect();
    assert_eq!(names, ["expires_in", "session_state", "error"]);
}

#[tokio::test]
async fn the_end_of_a_token_is_a_moment_that_exists() {
    let moment = |seconds: i64| Some(Timestamp::from_second(NOW + seconds).unwrap());
    const TEN_YEARS: i64 = 10 * 365 * 24 * 60 * 60;
    for (expires_in, end) in [
        (json!(3600), moment(3600)),
        (json!("3600"), moment(3600)),
        (json!(3599.9), moment(3599)),
        (json!("3599.9"), moment(3599)),
        (json!(0), None),
        (json!("0"), None),
        (json!(0.5), None),
        (json!(1e300), moment(TEN_YEARS)),
        (json!(u64::MAX), moment(TEN_YEARS)),
        (json!("9".repeat(400)), None),
    ] {
        let found = answer(200, with("expires_in", expires_in.clone())).await;
        match found {
            Ok(found) => assert_eq!(found.tokens.expires_at, end, "{expires_in}"),
            // More digits than there are numbers.
            Err(error) => assert_eq!(error, strange("its `expires_in` is no number")),
        }
    }
}

/// A service with its own ways, as Twitch, WeChat and TikTok have them.
struct Odd;

impl Quirks for Odd {
    fn token_request(&self, _: &OAuthProvider, request: &mut TokenRequest) {
        request
            .address
            .query_pairs_mut()
            .append_pair("appid", "client");
        request
            .form
            .push(("client_key".to_owned(), "client".to_owned()));
    }

    fn token_answer(&self, answer: &mut TokenAnswer) {
        answer.status = StatusCode::OK;
        answer.body.insert("token_type".to_owned(), json!("bearer"));
    }
}

#[tokio::test]
async fn quirks_change_the_request_and_the_answer() {
    let bench = Bench::new();
    bench.http.json(USERINFO, &json!({ "id": "1" }));
    let body = json!({ "access_token": "planted-access" }).to_string();
    bench.http.status(TOKEN, StatusCode::CREATED, body);
    assert!(bench.identify(&plain().quirks(Odd)).await.is_ok());
    let asked = &bench.http.requests_to(TOKEN)[0];
    assert_eq!(asked.url, "https://id.example.com/token?appid=client");
    assert_eq!(asked.form().last().unwrap().0, "client_key");
}
