//! Source: contract zenstack §4.1.

use http::Method;
use serde_json::{Value as Json, json};

use super::support::{SCHEMA, Served, served, served_with};
use crate::DialectVersion::Three;
use crate::http::{Exposure, HttpOptions};

#[tokio::test]
async fn every_operation_has_its_method_and_status() {
    let person = |id: &str| json!({"id": id, "email": format!("{id}@example.org")});
    for place in &served(SCHEMA, Three).await.all {
        place.fill().await;
        for (method, operation, args, status, expected) in [
            (
                "GET",
                "findMany",
                json!({"select": {"id": true}}),
                200,
                json!([{"id": "ann"}, {"id": "bob"}]),
            ),
            (
                "GET",
                "findFirst",
                json!({"where": {"id": "x"}}),
                200,
                json!(null),
            ),
            (
                "GET",
                "findUnique",
                json!({"where": {"id": "ann"}, "select": {"id": true}}),
                200,
                json!({"id": "ann"}),
            ),
            (
                "GET",
                "exists",
                json!({"where": {"id": "x"}}),
                200,
                json!(false),
            ),
            ("GET", "count", json!({"where": {"id": "x"}}), 200, json!(0)),
            ("GET", "count", json!({}), 200, json!(2)),
            (
                "GET",
                "aggregate",
                json!({"_max": {"id": true}}),
                200,
                json!({"_max": {"id": "bob"}}),
            ),
            (
                "GET",
                "groupBy",
                json!({"by": ["id"], "where": {"id": "bob"}}),
                200,
                json!([{"id": "bob"}]),
            ),
            (
                "POST",
                "create",
                json!({"data": person("cat")}),
                201,
                person("cat"),
            ),
            (
                "POST",
                "createMany",
                json!({"data": [person("dan")]}),
                201,
                json!({"count": 1}),
            ),
            (
                "POST",
                "upsert",
                json!({"where": {"id": "cat"}, "create": person("x"), "update": {"id": "cat"}}),
                201,
                person("cat"),
            ),
            (
                "PUT",
                "update",
                json!({"where": {"id": "cat"}, "data": {"email": "c@example.org"}}),
                200,
                json!({"id": "cat", "email": "c@example.org"}),
            ),
            (
                "PATCH",
                "update",
                json!({"where": {"id": "cat"}, "data": {"email": "cat@example.org"}}),
                200,
                person("cat"),
            ),
            (
                "PUT",
                "updateMany",
                json!({"where": {"id": "x"}, "data": {"email": "x@example.org"}}),
                200,
                json!({"count": 0}),
            ),
            (
                "PATCH",
                "updateManyAndReturn",
                json!({"where": {"id": "dan"}, "data": {"email": "d@example.org"}}),
                200,
                json!([{"id": "dan", "email": "d@example.org"}]),
            ),
            (
                "DELETE",
                "delete",
                json!({"where": {"id": "cat"}}),
                200,
                person("cat"),
            ),
            (
                "DELETE",
                "deleteMany",
                json!({"where": {"id": "dan"}}),
                200,
                json!({"count": 1}),
            ),
        ] {
            let sent = args.to_string();
            let (query, body) = match method {
                "GET" | "DELETE" => (vec![("q", sent.as_str())], &b""[..]),
                _ => (vec![], sent.as_bytes()),
            };
            let path = format!("/person/{operation}");
            let method = method.parse().unwrap();
            let answer = place.ask(Some("ann"), method, &path, &query, body).await;
            let told = format!("{} {operation} {args}", place.name);
            assert_eq!(answer.status, status, "{told}: {answer:?}");
            assert_eq!(answer.body, json!({ "data": expected }), "{told}");
        }
    }
}

#[tokio::test]
async fn other_methods_are_refused() {
    let place = &served(SCHEMA, Three).await.all[0];
    let all = [
        "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW",
    ];
    for (operations, taken, message) in [
        (
            &[
                "findMany",
                "findFirst",
                "findUnique",
                "exists",
                "count",
                "aggregate",
                "groupBy",
            ][..],
            &["GET"][..],
            "invalid request method, only GET is supported",
        ),
        (
            &["create", "createMany", "createManyAndReturn", "upsert"],
            &["POST"],
            "invalid request method, only POST is supported",
        ),
        (
            &["update", "updateMany", "updateManyAndReturn"],
            &["PUT", "PATCH"],
            "invalid request method, only PUT or PATCH are supported",
        ),
        (
            &["delete", "deleteMany"],
            &["DELETE"],
            "invalid request method, only DELETE is supported",
        ),
    ] {
        for operation in operations {
            for method in all.iter().filter(|method| !taken.contains(method)) {
                let parsed = Method::from_bytes(method.as_bytes()).unwrap();
                let path = format!("/person/{operation}");
                let answer = place.ask(None, parsed, &path, &[], b"{}").await;
                assert_eq!(answer.status, 400, "{method} {operation}");
                assert_eq!(answer.body, json!({"error": {"message": message}}));
            }
        }
    }
}

#[tokio::test]
async fn paths_have_two_parts() {
    let place = &served(SCHEMA, Three).await.all[0];
    let ok = |answer: Json| answer["data"].is_array();
    for path in [
        "/person/findMany",
        "/Person/findMany",
        "person/findMany",
        "/p%65rson/findMany",
    ] {
        let answer = place.ask(None, Method::GET, path, &[], b"").await;
        assert!(ok(answer.body), "{path}");
    }
    for (path, message) in [
        ("", "invalid request path"),
        ("/", "invalid request path"),
        ("/person", "invalid request path"),
        ("/person/findMany/more", "invalid request path"),
        ("//person/findMany", "invalid request path"),
        ("/person//findMany", "invalid request path"),
        ("/person/findMany/", "invalid request path"),
        ("/person/findMany//", "invalid request path"),
        ("/$transaction//sequential", "invalid request path"),
        ("/$procs//nothing", "invalid request path"),
        ("/%ff/findMany", "invalid request path"),
        ("/person/findManyy", "invalid operation: findManyy"),
        (
            "/person/findFirstOrThrow",
            "invalid operation: findFirstOrThrow",
        ),
        (
            "/person/findUniqueOrThrow",
            "invalid operation: findUniqueOrThrow",
        ),
        ("/person/$transaction", "invalid operation: $transaction"),
        ("/pERSON/findMany", "unknown model name: pERSON"),
        ("/nobody/findMany", "unknown model name: nobody"),
        ("/a%0ab/findMany", "unknown model name: a\u{fffd}b"),
        ("/%2e%2e%2fperson/findMany", "unknown model name: ../person"),
    ] {
        let answer = place.ask(None, Method::GET, path, &[], b"").await;
        assert_eq!(answer.status, 400, "{path}");
        assert_eq!(
            answer.body,
            json!({"error": {"message": message}}),
            "{path}"
        );
    }
}

#[tokio::test]
async fn arguments_are_json() {
    let place = &served(SCHEMA, Three).await.all[0];
    let get = async |query: &[(&str, &str)]| {
        let answer = place
            .ask(None, Method::GET, "/person/findMany", query, b"ignored")
            .await;
        (answer.status, answer.body)
    };
    let nothing = (200, json!({"data": []}));
    assert_eq!(get(&[]).await, nothing);
    assert_eq!(get(&[("q", "")]).await, nothing);
    assert_eq!(get(&[("q", "{}"), ("meta", "")]).await, nothing);
    assert_eq!(
        get(&[("q", "{}"), ("meta", "{}"), ("other", "x")]).await,
        nothing
    );
    assert_eq!(
        get(&[("q", "{}"), ("meta", r#"{"serialization": null}"#)]).await,
        nothing
    );
    for (query, message) in [
        (
            &[("q", "abc")][..],
            "invalid \"q\" query parameter: the JSON is malformed at line 1, column 1",
        ),
        (&[("q", "{}"), ("q", "{}")], "invalid \"q\" query parameter"),
        (
            &[("q", "{}"), ("meta", "x")],
            "invalid \"meta\" query parameter: the JSON is malformed at line 1, column 1",
        ),
        (
            &[("q", "{}"), ("meta", r#"{"serialization": 1}"#)],
            "failed to deserialize request payload: the serialization meta is malformed",
        ),
        (
            &[
                ("q", r#"{"where": {"id": "1"}}"#),
                (
                    "meta",
                    r#"{"serialization": {"values": {"where.id": ["set"]}}}"#,
                ),
            ],
            "failed to deserialize request payload: the serialization meta names `set`, which no field holds",
        ),
        (
            &[
                ("q", r#"{"where": {"id": "1"}}"#),
                (
                    "meta",
                    r#"{"serialization": {"values": {"where.id": ["Date"]}}}"#,
                ),
            ],
            "failed to deserialize request payload: the value at \"where.id\" is no date in ISO 8601",
        ),
    ] {
        assert_eq!(
            get(query).await,
            (400, json!({"error": {"message": message}}))
        );
    }
    let post = async |body: &str| {
        let answer = place
            .ask(
                None,
                Method::POST,
                "/person/create",
                &[("q", "ignored")],
                body.as_bytes(),
            )
            .await;
        (answer.status, answer.message().to_owned())
    };
    assert_eq!(post("").await, (400, "missing request body".to_owned()));
    let (status, message) = post("{\"data\": ").await;
    assert_eq!(status, 400);
    assert!(message.starts_with("invalid request body: "), "{message}");
    let (status, message) = post("[]").await;
    assert_eq!(status, 422);
    assert_eq!(
        message,
        "Invalid create args for model \"Person\": Validation error: expected object, found array"
    );
}

#[tokio::test]
async fn the_envelope_is_not_an_argument() {
    let place = &served(SCHEMA, Three).await.all[0];
    let data = json!({"id": "ann", "email": "ann@example.org"});
    for meta in [
        json!(null),
        json!({}),
        json!({"serialization": {"values": {}}}),
        json!("x"),
    ] {
        let body = json!({"data": data, "meta": meta});
        place.post("ann", "/person/create", &body).await.data();
        let gone = place
            .delete("ann", "/person/delete", &json!({"where": {"id": "ann"}}))
            .await;
        gone.data();
    }
    let inside = json!({"data": {"id": "ann", "email": "ann@example.org", "meta": 1}});
    let answer = place.post("ann", "/person/create", &inside).await;
    assert_eq!(answer.status, 422);
}

#[tokio::test]
async fn models_that_are_closed_are_as_unknown_as_others() {
    let all = served_with(SCHEMA, Three, &HttpOptions::default()).await;
    let place = &all.all[0];
    let ask = async |path: &str| place.ask(Some("ann"), Method::GET, path, &[], b"").await;
    assert_eq!(ask("/post/findMany").await.status, 200);
    for closed in ["bare", "Bare", "nothing"] {
        let answer = ask(&format!("/{closed}/findMany")).await;
        let message = format!("unknown model name: {closed}");
        assert_eq!(answer.status, 400);
        assert_eq!(answer.body, json!({"error": {"message": message}}));
    }
    let opened = HttpOptions {
        exposure: Exposure {
            open: vec!["Bare".to_owned()],
            closed: vec!["Post".to_owned()],
            ..Exposure::default()
        },
        ..HttpOptions::default()
    };
    let all = served_with(SCHEMA, Three, &opened).await;
    let place: &Served = &all.all[0];
    let ask = async |path: &str| place.ask(Some("ann"), Method::GET, path, &[], b"").await;
    assert_eq!(ask("/bare/findMany").await.status, 200);
    assert_eq!(ask("/post/findMany").await.status, 400);
}
