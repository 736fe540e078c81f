//! Requests that are too large, too deep, or nothing at all.

use http::Method;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::support::{SCHEMA, served, served_with};
use crate::DialectVersion::Three;
use crate::http::{Exposure, HttpLimits, HttpOptions, Request};
use crate::{ArgValue, Limits};

#[tokio::test]
async fn sizes_are_bounded() {
    let options = HttpOptions {
        exposure: Exposure::everything(),
        limits: HttpLimits {
            body_bytes: 100,
            query_bytes: 100,
        },
        ..HttpOptions::default()
    };
    let place = &served_with(SCHEMA, Three, &options).await.all[0];
    let body = |bytes: usize| format!("{{\"data\":{}{{}}}}", " ".repeat(bytes - 11));
    let post = async |body: String| {
        place
            .ask(None, Method::POST, "/person/create", &[], body.as_bytes())
            .await
            .status
    };
    assert_eq!(post(body(100)).await, 422);
    assert_eq!(post(body(101)).await, 413);
    let get = async |bytes: usize| {
        let rest = "x".repeat(bytes - "x=".len());
        place
            .ask(None, Method::GET, "/person/count", &[("x", &rest)], b"")
            .await
            .status
    };
    assert_eq!(get(100).await, 200);
    assert_eq!(get(101).await, 414);
}

#[tokio::test]
async fn depth_is_bounded() {
    let place = &served(SCHEMA, Three).await.all[0];
    for levels in [30, 60, 80, 200, 50_000] {
        let filter = format!("{}{{}}{}", "{\"NOT\":".repeat(levels), "}".repeat(levels));
        let body = format!("{{\"where\":{filter}}}");
        let path = "/person/deleteMany";
        let query = [("q", body.as_str())];
        let answer = place.ask(None, Method::DELETE, path, &query, b"").await;
        let expected = match levels {
            30 | 60 => &[200, 422][..],
            50_000 => &[414],
            _ => &[400],
        };
        assert!(expected.contains(&answer.status), "{levels}: {answer:?}");
    }
}

#[tokio::test]
async fn answers_are_bounded() {
    for place in &served(SCHEMA, Three).await.all {
        place.fill().await;
        let ann = || Some(ArgValue::from_json(json!({"id": "ann"})).unwrap());
        let ask = async |limits: Limits, path: &str, query: &str| {
            let client = place.service.client().for_user(ann()).with_limits(limits);
            let request = Request {
                method: &Method::GET,
                path,
                query,
                body: b"",
            };
            let answer = place.service.rpc_with(&client, request).await;
            let body: Json = serde_json::from_slice(answer.body()).unwrap();
            (answer.status().as_u16(), body)
        };
        let query = "q=%7B%22include%22%3A%7B%22posts%22%3Atrue%7D%7D";
        let (status, body) = ask(Limits::PERSON, "/person/findMany", query).await;
        assert_eq!(status, 200, "{} {body}", place.name);
        let few_rows = Limits {
            all_rows: 4,
            ..Limits::PERSON
        };
        let few_bytes = Limits {
            read_bytes: 50,
            ..Limits::PERSON
        };
        for (limits, message) in [
            (
                few_rows,
                "at most 4 rows in one read; ask for pages with `take` and `skip` at \"include.posts\"",
            ),
            (
                few_bytes,
                "at most 50 bytes in one read; ask for pages with `take` and `skip`, or for fewer fields with `select` \
                 at \"include.posts\"",
            ),
        ] {
            let (status, body) = ask(limits, "/person/findMany", query).await;
            assert_eq!(status, 422, "{} {body}", place.name);
            let message =
                format!("Invalid findMany args for model \"Person\": Validation error: {message}");
            let expected = json!({"error": {
                "message": message, "reason": "invalid-input", "rejectedByValidation": true, "model": "Person",
            }});
            assert_eq!(body, expected, "{}", place.name);
        }
    }
}

/// Parts of requests, some of which mean something.
fn part() -> impl Strategy<Value = String> {
    let known = [
        "person",
        "Post",
        "note",
        "$transaction",
        "sequential",
        "$procs",
        "findMany",
        "create",
        "update",
        "delete",
        "upsert",
        "groupBy",
        "aggregate",
        "%",
        "%00",
        "..",
        "/",
        "",
    ];
    prop_oneof![
        3 => prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => ".{0,5}",
    ]
}

fn document() -> impl Strategy<Value = String> {
    let known = [
        r#"{"where": {"id": "1"}}"#,
        r#"{"data": {"id": "1"}, "meta": {"serialization": {"values": {"data.id": ["bigint"]}}}}"#,
        r#"{"data": {"id": "1"}, "meta": {"serialization": {"values": {"data.id": ["Date"], "": ["undefined"]}}}}"#,
        r#"{"take": -9223372036854775808, "skip": 1e308}"#,
        r#"{"where": {"views": {"in": [1, 2147483648]}}}"#,
        r#"[{"model": "person", "op": "count", "args": {"where": null}}]"#,
        r#"{"meta": {"serialization": {"values": ["undefined"]}}}"#,
        "{",
        "null",
        "[]",
        "\"\\ud800\"",
        "1e999",
    ];
    prop_oneof![
        4 => prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => r#"[\[\]{}":,a-z0-9\\]{0,40}"#,
    ]
}

#[test]
fn no_request_is_answered_with_an_internal_error() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let all = runtime.block_on(served(SCHEMA, Three));
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let config = ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let request = (
        prop::sample::select(methods.to_vec()),
        prop::collection::vec(part(), 1..4),
        document(),
        document(),
    );
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let ran = runner.run(&request, |(method, parts, args, meta)| {
        let path = format!("/{}", parts.join("/"));
        let query = [("q", args.as_str()), ("meta", meta.as_str())];
        let ask = all.all[0].ask(
            Some("ann"),
            method.parse().unwrap(),
            &path,
            &query,
            args.as_bytes(),
        );
        let answer = runtime.block_on(ask);
        let expected = [200, 201, 400, 403, 404, 422];
        prop_assert!(expected.contains(&answer.status), "{answer:?}");
        let data = answer.body.get("data").is_some();
        prop_assert_eq!(data, answer.status < 300);
        prop_assert_ne!(answer.body.get("error").cloned(), Some(json!({})));
        Ok(())
    });
    ran.unwrap();
}
