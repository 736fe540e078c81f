//! Whatever is sent gets an answer of the contract, in time, and never one of ours (5xx).

use reqwest::Method;
use serde_json::{Value, json};

use super::place::{Place, Told, asked, create, path_of, told, written};
use crate::harness::Visitor;

async fn post(visitor: &Visitor, kind: &str, body: impl Into<reqwest::Body>) -> Told {
    let request = visitor.request(Method::POST, "/api/model/note/create");
    told(request.header("content-type", kind).body(body)).await
}

/// `{message}` of the RPC style.
fn message(body: &Value) -> &str {
    body["error"]["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn bodies_are_json_and_bounded() {
    let place = Place::start("[data]\nbody_bytes = 2000").await;
    let ann = place.signed_in("ann@example.com").await;
    for (kind, body, status, said) in [
        ("application/json", "{", 400, "invalid request body: "),
        ("application/json", "", 400, "missing request body"),
        ("application/json", "[1]", 422, ""),
        ("application/json", "\u{0}", 400, "invalid request body: "),
        (
            "text/plain",
            "{}",
            415,
            "the body must be of the type application/json",
        ),
        (
            "application/x-www-form-urlencoded",
            "data=1",
            415,
            "the body must be",
        ),
        (
            "multipart/form-data; boundary=x",
            "--x--",
            415,
            "the body must be",
        ),
        ("application/jsonp", "{}", 415, "the body must be"),
        ("", "{}", 415, "the body must be"),
    ] {
        let (found, answer) = post(&ann, kind, body).await;
        assert_eq!(found, status, "{kind} {body}: {answer}");
        assert!(
            message(&answer).starts_with(said),
            "{kind} {body}: {answer}"
        );
    }
    for bytes in [2001, 1 << 20, (1 << 20) + 1, 3 << 20] {
        let (status, answer) = post(&ann, "application/json", vec![b' '; bytes]).await;
        assert_eq!(status, 413, "{bytes}: {answer}");
        assert_eq!(
            message(&answer),
            "the request body is larger than 2000 bytes"
        );
        let request = ann.request(Method::POST, "/api/rest/note");
        let request = request.header("content-type", "application/vnd.api+json");
        let (status, answer) = told(request.body(vec![b' '; bytes])).await;
        assert_eq!((status, &answer["errors"][0]["status"]), (413, &json!(413)));
    }
    // What is not the data's has the bound of the rest.
    let request = ann.request(Method::POST, "/nowhere").body(vec![b' '; 3000]);
    assert_eq!(told(request).await.0, 404);
}

#[tokio::test]
async fn a_larger_body_is_taken_where_the_settings_say_so() {
    let place = Place::start("[data]\nbody_bytes = 3000000").await;
    let ann = place.signed_in("ann@example.com").await;
    let padded = format!(
        "{{\"data\": {{\"id\": 1, \"title\": \"milk\"}}{}}}",
        " ".repeat(2_000_000)
    );
    let (status, answer) = post(&ann, "application/json", padded).await;
    assert_eq!(status, 201, "{answer}");
}

#[tokio::test]
async fn arguments_are_bounded_in_depth_breadth_and_rows() {
    for place in
        Place::everywhere("[data]\nrows = 3\ninclude_depth = 3\nfilter_depth = 4\nopen = ['User']")
            .await
    {
        let ann = place.signed_in("ann@example.com").await;
        for id in 1..=4 {
            assert_eq!(
                create(&ann, "note", json!({"id": id, "title": "x"}))
                    .await
                    .0,
                201
            );
        }
        let nest = |levels: usize, inner: &str, outer: &str| {
            let mut args = "true".to_owned();
            for level in 0..levels {
                let name = if level % 2 == 0 { outer } else { inner };
                args = format!("{{\"include\": {{\"{name}\": {args}}}}}");
            }
            serde_json::from_str::<Value>(&args).unwrap()
        };
        let not = |levels: usize| (0..levels).fold(json!({}), |inner, _| json!({ "NOT": inner }));
        for (args, status) in [
            (json!({"take": 3}), 200),
            (json!({}), 422),
            (json!({"take": 4}), 422),
            (json!({"take": 1_000_000_000}), 422),
            (json!({"take": -4}), 422),
            (json!({"take": 1e300}), 422),
            (json!({"skip": -1}), 422),
            (
                json!({"take": 1, "include": nest(1, "owner", "notes")}),
                422,
            ),
            (json!({"take": 1, "where": not(2)}), 200),
            (json!({"take": 1, "where": not(30)}), 422),
            (
                json!({"take": 1, "where": {"id": {"in": vec![1; 5000]}}}),
                422,
            ),
            (json!({"where": {"id": {"gt": "x"}}}), 422),
            (json!({"where": 1}), 422),
            (json!([]), 422),
            (json!("x"), 422),
        ] {
            let (found, answer) = told(asked(&ann, "note/findMany", &args)).await;
            assert_eq!(found, status, "{} {args}: {answer}", place.name);
        }
        // A bomb: each level brings what the level before brought.
        let bomb = nest(30, "owner", "notes");
        let (found, answer) = told(asked(&ann, "note/findFirst", &bomb)).await;
        assert!(matches!(found, 400 | 422), "{}: {answer}", place.name);
        let list = |query: &str| ann.request(Method::GET, &format!("/api/rest/note{query}"));
        for query in ["", "?page[limit]=100", "?include=owner"] {
            let (found, answer) = told(list(query)).await;
            assert_eq!(found, 200, "{} {query}: {answer}", place.name);
            let rows = answer["data"].as_array().map(Vec::len);
            assert_eq!(rows, Some(3), "{} {query}: {answer}", place.name);
            assert_eq!(answer["meta"]["total"], json!(4), "{}", place.name);
        }
        let (found, answer) = told(list("?page[offset]=3")).await;
        assert_eq!(found, 200, "{}: {answer}", place.name);
        assert_eq!(answer["data"][0]["id"], json!(4), "{}", place.name);
        let (found, answer) = told(list("?include=owner.notes.owner.notes.owner.notes")).await;
        assert_eq!(found, 422, "{}: {answer}", place.name);
        let said = answer["errors"][0]["detail"].as_str().unwrap_or_default();
        assert!(said.contains("3 levels"), "{}: {answer}", place.name);
    }
}

#[tokio::test]
async fn malformed_queries_and_meta_are_told_and_nothing_is_written() {
    let place = Place::start("").await;
    let ann = place.signed_in("ann@example.com").await;
    for query in [
        "q=",
        "q={",
        "q=%ff",
        "q=%",
        "q=1",
        "q={}&q={}",
        "q=%7B%7D&meta={",
        "q=%7B%7D&meta=1",
        "q=%7B%7D&meta=%7B%22serialization%22%3A1%7D",
        "q=%7B%7D&meta=%7B%22serialization%22%3A%7B%22values%22%3A%7B%22a.b%22%3A%5B%22Date%22%5D%7D%7D%7D",
        "q=%7B%7D&meta=%7B%22serialization%22%3A%7B%22values%22%3A%5B%5B%5B%5B%5D%5D%5D%5D%7D%7D",
        "%00=%00",
        "&&&===",
    ] {
        let path = format!("/api/model/note/findMany?{query}");
        let (status, body) = told(ann.request(Method::GET, &path)).await;
        assert!(
            matches!(status, 200 | 400 | 422),
            "{query}: {status} {body}"
        );
        assert!(
            status == 200 || !message(&body).is_empty(),
            "{query}: {body}"
        );
        let path = format!("/api/rest/note?{query}");
        let (status, body) = told(ann.request(Method::GET, &path)).await;
        assert!(
            matches!(status, 200 | 400 | 422),
            "{query}: {status} {body}"
        );
    }
    for meta in [
        json!(1),
        json!({"serialization": {"values": {"data.title": ["Date"]}}}),
        json!({"serialization": {"values": {"data.id": [["custom", "Decimal"]]}}}),
        json!({"serialization": {"values": {"data.title": [["custom", "Nothing"]]}}}),
        json!({"serialization": {"values": {"__proto__.x": ["Date"]}}}),
        json!({"serialization": {"values": {"data": ["set"]}}}),
        json!({"serialization": {"values": "x".repeat(1000)}}),
    ] {
        let args = json!({"data": {"id": 1, "title": "milk"}, "meta": meta});
        let (status, body) = told(written(&ann, Method::POST, "note/create", &args)).await;
        assert!(matches!(status, 201 | 400 | 422), "{meta}: {status} {body}");
        if status == 201 {
            let args = json!({"where": {"id": 1}});
            let path = path_of("note/delete", &args);
            assert_eq!(told(ann.request(Method::DELETE, &path)).await.0, 200);
        }
    }
    let long = format!("/api/model/note/findMany?q={}", "x".repeat(63 << 10));
    let (status, _) = told(ann.request(Method::GET, &long)).await;
    assert!(matches!(status, 400 | 414 | 431), "{status}");
    for method in ["TRACE", "OPTIONS", "HEAD", "PROPFIND", "PUT"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let (status, _) = told(ann.request(method.clone(), "/api/model/note/findMany")).await;
        assert_eq!(status, 400, "{method}");
    }
}
