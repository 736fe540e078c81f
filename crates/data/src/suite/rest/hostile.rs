use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::support::{SCHEMA, rest_options, served, served_with};
use crate::http::RestOptions;

/// Pieces that mean something somewhere.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "person",
        "post",
        "like",
        "ann",
        "1",
        "1_bob",
        "relationships",
        "posts",
        "author",
        "tags",
        "comments",
        "$procs",
        "filter",
        "sort",
        "include",
        "fields",
        "page",
        "limit",
        "offset",
        "[",
        "]",
        "[id]",
        "[title$contains]",
        "[author][email]",
        "[data]",
        "[",
        "=",
        "&",
        "?",
        "/",
        ",",
        ".",
        "-",
        "$",
        "$gt",
        "$between",
        "_",
        "%",
        "%00",
        "%FF",
        "%2F",
        "%25",
        "é",
        "\u{202e}",
        "99999999999999999999",
        "null",
        "true",
        "{}",
        "[]",
        "\"",
        "\\",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => "\\PC{0,4}"]
}

fn address() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 1..14).prop_map(|pieces| format!("/{}", pieces.concat()))
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just(json!(null)),
        Just(json!("Post")),
        Just(json!("upsert")),
        Just(json!(["Date"])),
        any::<i64>().prop_map(serde_json::Value::from),
        "\\PC{0,4}".prop_map(serde_json::Value::from),
    ];
    let names = prop::sample::select(vec![
        "data",
        "type",
        "id",
        "attributes",
        "relationships",
        "meta",
        "operation",
        "matchFields",
        "serialization",
        "values",
        "author",
        "tags",
        "title",
        "data.id",
    ]);
    let document = leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(serde_json::Value::from),
            prop::collection::hash_map(names.clone(), inner, 0..5).prop_map(|members| {
                let members = members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value));
                members.collect::<serde_json::Map<_, _>>().into()
            }),
        ]
    });
    prop_oneof![
        4 => document.prop_map(|json| json.to_string().into_bytes()),
        1 => any::<Vec<u8>>(),
    ]
}

#[tokio::test]
async fn whatever_is_sent_is_answered() {
    let options = RestOptions {
        nested_routes: true,
        ..rest_options()
    };
    let served = served_with(SCHEMA, options).await;
    let mut runner = TestRunner::deterministic();
    for db in &served.all {
        db.seed().await;
        for _ in 0..250 {
            let address = address().new_tree(&mut runner).unwrap().current();
            let body = body().new_tree(&mut runner).unwrap().current();
            for method in ["GET", "POST", "PATCH", "DELETE", "HEAD", "PROPFIND"] {
                let answer = db.respond(method, &address, &body).await;
                let status = answer.status().as_u16();
                assert!(
                    status < 500,
                    "{} {method} {address} {}: {answer:?}",
                    db.name,
                    body.escape_ascii()
                );
                let document: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
                assert_eq!(
                    document.get("errors").is_some(),
                    status >= 400,
                    "{} {method} {address}",
                    db.name
                );
            }
        }
    }
}

#[tokio::test]
async fn paths_through_relations_end() {
    for db in served().await.all {
        let through = |step: &str, times: usize| vec![step; times].join(".");
        let rows = [
            (
                format!("/post?include={}", through("author.posts", 4_000)),
                422,
                "validation-error",
            ),
            (
                format!("/post?sort={}", through("author", 8_000)),
                400,
                "invalid-sort",
            ),
            (
                format!("/post?filter{}=1", "[author]".repeat(5_000)),
                400,
                "invalid-filter",
            ),
            (
                format!("/person/ann/{}", through("posts", 9_000).replace('.', "/")),
                400,
                "invalid-path",
            ),
        ];
        for (address, status, code) in rows {
            let answer = db.get(&address).await;
            assert_eq!(
                answer.problem(),
                (status, code),
                "{} {}",
                db.name,
                address.len()
            );
        }
    }
}
