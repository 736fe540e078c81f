//! Source: contract zenstack §4.1, sequential transactions.

use http::Method;
use serde_json::json;

use super::support::{SCHEMA, served, served_with};
use crate::DialectVersion::Three;
use crate::http::HttpOptions;

const PATH: &str = "/$transaction/sequential";

#[tokio::test]
async fn operations_are_done_in_order_and_as_one() {
    for place in &served(SCHEMA, Three).await.all {
        let date = "2026-01-02T03:04:05.000Z";
        let body = json!([
            {"model": "Person", "op": "create", "args": {"data": {"id": "ann", "email": "ann@example.org"}}},
            {"model": "post", "op": "create", "args": {
                "data": {"id": "1", "title": "x", "authorId": "ann", "createdAt": date},
                "select": {"createdAt": true},
                "meta": {"serialization": {"values": {"data.createdAt": ["Date"]}}},
            }},
            {"model": "post", "op": "findUniqueOrThrow", "args": {"where": {"id": "1"}, "select": {"id": true}}},
            {"model": "post", "op": "count"},
            {"model": "post", "op": "findFirst", "args": null},
        ]);
        let answer = place.post("ann", PATH, &body).await;
        assert_eq!(answer.status, 200, "{}: {answer:?}", place.name);
        let data = answer.data();
        assert_eq!(data[1], json!({"createdAt": date}));
        assert_eq!(data[2], json!({"id": "1"}));
        assert_eq!(data[3], json!(1));
        assert_eq!(data[4]["title"], "x");
        assert_eq!(
            answer.body["meta"]["serialization"]["values"],
            json!({"1.createdAt": ["Date"], "4.createdAt": ["Date"]})
        );
    }
}

#[tokio::test]
async fn one_failure_undoes_everything() {
    for place in &served(SCHEMA, Three).await.all {
        let body = json!([
            {"model": "person", "op": "create", "args": {"data": {"id": "ann", "email": "ann@example.org"}}},
            {"model": "post", "op": "create", "args": {"data": {"id": "1", "title": "x", "authorId": "ann"}}},
        ]);
        let answer = place.post("bob", PATH, &body).await;
        assert_eq!(answer.status, 403, "{}: {answer:?}", place.name);
        assert_eq!(answer.error()["rejectReason"], "no-access");
        let left = place.get("bob", "/person/count", &json!({})).await;
        assert_eq!(*left.data(), json!(0), "{}", place.name);
    }
}

#[tokio::test]
async fn what_is_no_transaction_is_refused() {
    let place = &served_with(SCHEMA, Three, &HttpOptions::default())
        .await
        .all[0];
    let operations = "request body must be a non-empty array of operations";
    for (method, path, body, message) in [
        (
            Method::GET,
            PATH,
            "[]",
            "invalid request method, only POST is supported",
        ),
        (
            Method::POST,
            "/$transaction/parallel",
            "[]",
            "unsupported transaction type: parallel",
        ),
        (Method::POST, PATH, "", "missing request body"),
        (Method::POST, PATH, "[]", operations),
        (Method::POST, PATH, "{}", operations),
        (Method::POST, PATH, "null", operations),
        (
            Method::POST,
            PATH,
            "[1]",
            "operation at index 0 must be an object",
        ),
        (
            Method::POST,
            PATH,
            "[{}]",
            "operation at index 0 is missing a valid \"model\" field",
        ),
        (
            Method::POST,
            PATH,
            r#"[{"model": "post", "op": 1}]"#,
            "operation at index 0 is missing a valid \"op\" field",
        ),
        (
            Method::POST,
            PATH,
            r#"[{"model": "post", "op": "count"}, {"model": "post", "op": "drop"}]"#,
            "operation at index 1 has invalid op: drop",
        ),
        (
            Method::POST,
            PATH,
            r#"[{"model": "bare", "op": "count"}]"#,
            "operation at index 0 has unknown model: bare",
        ),
        (
            Method::POST,
            PATH,
            r#"[{"model": "post", "op": "count", "args": []}]"#,
            "operation at index 0 has invalid \"args\" field",
        ),
        (
            Method::POST,
            PATH,
            r#"[{"model": "post", "op": "count", "args": {"meta": {"serialization": 1}}}]"#,
            "operation at index 0 has invalid arguments: failed to deserialize request payload: \
             the serialization meta is malformed",
        ),
    ] {
        let answer = place
            .ask(Some("ann"), method, path, &[], body.as_bytes())
            .await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(
            answer.body,
            json!({"error": {"message": message}}),
            "{body}"
        );
    }
}
