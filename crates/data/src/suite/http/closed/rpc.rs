use serde_json::{Value as Json, json};
use url::form_urlencoded::Serializer;

use super::{ASKERS, CLOSED, Style, UNKNOWN, ask, places, rows, service};

/// Arguments of operations on `Post` (on `Person` where it says so) in which `@` is a relation.
const READS: [(&str, &str); 37] = [
    ("post/findMany", r#"{"include": {"@": true}}"#),
    (
        "post/findMany",
        r#"{"include": {"@": {"select": {"id": true}}}}"#,
    ),
    ("post/findMany", r#"{"include": {"@": false}}"#),
    ("post/findMany", r#"{"select": {"@": true}}"#),
    (
        "post/findMany",
        r#"{"select": {"id": true, "@": {"where": {"code": "planted"}}}}"#,
    ),
    ("post/findMany", r#"{"omit": {"@": true}}"#),
    (
        "post/findMany",
        r#"{"select": {"_count": {"select": {"@": true}}}}"#,
    ),
    (
        "post/findMany",
        r#"{"include": {"_count": {"select": {"@": true}}}}"#,
    ),
    (
        "post/findMany",
        r#"{"include": {"_count": {"select": {"@": {"where": {"id": 1}}}}}}"#,
    ),
    (
        "post/findMany",
        r#"{"include": {"author": {"include": {"posts": {"include": {"@": true}}}}}}"#,
    ),
    (
        "post/findMany",
        r#"{"select": {"author": {"select": {"posts": {"select": {"_count": {"select": {"@": true}}}}}}}}"#,
    ),
    (
        "post/findMany",
        r#"{"include": {"author": {"include": {"posts": {"where": {"@": {"some": {}}}}}}}}"#,
    ),
    (
        "post/findMany",
        r#"{"include": {"author": {"include": {"posts": {"orderBy": {"@": {"_count": "asc"}}}}}}}"#,
    ),
    ("post/findMany", r#"{"where": {"@": {"some": {}}}}"#),
    ("post/findMany", r#"{"where": {"@": {"every": {"id": 1}}}}"#),
    ("post/findMany", r#"{"where": {"@": {"none": {}}}}"#),
    (
        "post/findMany",
        r#"{"where": {"@": {"is": {"code": "planted"}}}}"#,
    ),
    ("post/findMany", r#"{"where": {"@": {"isNot": null}}}"#),
    ("post/findMany", r#"{"where": {"@": null}}"#),
    ("post/findMany", r#"{"where": {"@": {}}}"#),
    (
        "post/findMany",
        r#"{"where": {"NOT": [{"OR": [{"AND": {"@": {"some": {"code": {"startsWith": "p"}}}}}]}]}}"#,
    ),
    (
        "post/findMany",
        r#"{"where": {"author": {"is": {"posts": {"some": {"@": {"some": {}}}}}}}}"#,
    ),
    ("post/findMany", r#"{"orderBy": {"@": {"_count": "asc"}}}"#),
    (
        "post/findMany",
        r#"{"orderBy": [{"id": "asc"}, {"@": {"code": "asc"}}]}"#,
    ),
    ("post/findMany", r#"{"distinct": ["@"]}"#),
    ("post/findMany", r#"{"cursor": {"@": {"id": 1}}}"#),
    ("post/findFirst", r#"{"where": {"@": {"some": {}}}}"#),
    (
        "post/findUnique",
        r#"{"where": {"id": 1, "@": {"some": {}}}}"#,
    ),
    (
        "post/findUnique",
        r#"{"where": {"id": 1}, "include": {"@": true}}"#,
    ),
    ("post/exists", r#"{"where": {"@": {"some": {}}}}"#),
    ("post/count", r#"{"where": {"@": {"some": {}}}}"#),
    ("post/count", r#"{"select": {"@": true}}"#),
    ("post/aggregate", r#"{"_count": {"@": true}}"#),
    (
        "post/aggregate",
        r#"{"_max": {"id": true}, "where": {"@": {"some": {}}}}"#,
    ),
    ("post/groupBy", r#"{"by": ["@"]}"#),
    (
        "post/groupBy",
        r#"{"by": ["title"], "having": {"@": {"_count": {"gt": 0}}}}"#,
    ),
    (
        "person/findMany",
        r#"{"include": {"posts": {"include": {"@": true}}}}"#,
    ),
];

/// The same of writes.
const WRITES: [(&str, &str, &str); 27] = [
    (
        "POST",
        "post/create",
        r#"{"data": {"id": 9, "title": "x", "@": {"create": {"id": 9}}}}"#,
    ),
    (
        "POST",
        "post/create",
        r#"{"data": {"id": 9, "title": "x", "@": {"create": {"id": 9, "code": "x"}}}}"#,
    ),
    (
        "POST",
        "post/create",
        r#"{"data": {"id": 9, "title": "x", "@": {"createMany": {"data": [{"id": 9}]}}}}"#,
    ),
    (
        "POST",
        "post/create",
        r#"{"data": {"id": 9, "title": "x", "@": {"connect": {"id": 1}}}}"#,
    ),
    (
        "POST",
        "post/create",
        r#"{"data": {"id": 9, "title": "x", "@": {"connectOrCreate": {"where": {"id": 1}, "create": {"id": 1}}}}}"#,
    ),
    (
        "POST",
        "post/create",
        r#"{"data": {"id": 9, "title": "x", "@": {}}}"#,
    ),
    (
        "POST",
        "post/create",
        r#"{"data": {"id": 9, "title": "x"}, "include": {"@": true}}"#,
    ),
    (
        "POST",
        "post/create",
        r#"{"data": {"id": 9, "title": "x", "author": {"create": {"id": "eve", "name": "e", "posts": {"create": {"id": 10, "title": "x", "@": {"connect": {"id": 1}}}}}}}}"#,
    ),
    (
        "POST",
        "post/createMany",
        r#"{"data": [{"id": 9, "title": "x", "@": {"connect": {"id": 1}}}]}"#,
    ),
    (
        "POST",
        "post/createManyAndReturn",
        r#"{"data": [{"id": 9, "title": "x"}], "include": {"@": true}}"#,
    ),
    (
        "POST",
        "post/createManyAndReturn",
        r#"{"data": [{"id": 9, "title": "x"}], "select": {"@": true}}"#,
    ),
    (
        "PUT",
        "post/update",
        r#"{"where": {"id": 1}, "data": {"@": {"create": {"id": 9}}}}"#,
    ),
    (
        "PUT",
        "post/update",
        r#"{"where": {"id": 1}, "data": {"@": {"connect": {"id": 2}}}}"#,
    ),
    (
        "PUT",
        "post/update",
        r#"{"where": {"id": 1}, "data": {"@": {"disconnect": true}}}"#,
    ),
    (
        "PUT",
        "post/update",
        r#"{"where": {"id": 1}, "data": {"@": {"disconnect": {"id": 1}}}}"#,
    ),
    (
        "PUT",
        "post/update",
        r#"{"where": {"id": 1}, "data": {"@": {"set": []}}}"#,
    ),
    (
        "PUT",
        "post/update",
        r#"{"where": {"id": 1}, "data": {"@": {"update": {"where": {"id": 1}, "data": {"id": 7}}}}}"#,
    ),
    (
        "PUT",
        "post/update",
        r#"{"where": {"id": 1}, "data": {"@": {"updateMany": {"where": {}, "data": {"id": 7}}}}}"#,
    ),
    (
        "PUT",
        "post/update",
        r#"{"where": {"id": 1}, "data": {"@": {"upsert": {"where": {"id": 1}, "create": {"id": 7}, "update": {}}}}}"#,
    ),
    (
        "PUT",
        "post/update",
        r#"{"where": {"id": 1}, "data": {"@": {"delete": {"id": 1}}}}"#,
    ),
    (
        "PUT",
        "post/update",
        r#"{"where": {"id": 1}, "data": {"@": {"deleteMany": {}}}}"#,
    ),
    (
        "PUT",
        "post/update",
        r#"{"where": {"id": 1, "@": {"some": {}}}, "data": {"title": "x"}}"#,
    ),
    (
        "PUT",
        "post/updateMany",
        r#"{"where": {"@": {"some": {}}}, "data": {"title": "x"}}"#,
    ),
    (
        "PUT",
        "person/update",
        r#"{"where": {"id": "ann"}, "data": {"posts": {"update": {"where": {"id": 1}, "data": {"@": {"deleteMany": {}}}}}}}"#,
    ),
    (
        "POST",
        "post/upsert",
        r#"{"where": {"id": 1}, "create": {"id": 1, "title": "x", "@": {"create": {"id": 9}}}, "update": {}}"#,
    ),
    (
        "POST",
        "post/upsert",
        r#"{"where": {"id": 1}, "create": {"id": 1, "title": "x"}, "update": {"@": {"deleteMany": {}}}}"#,
    ),
    (
        "DELETE",
        "post/deleteMany",
        r#"{"where": {"@": {"some": {}}}}"#,
    ),
];

/// Whole requests in which `@` is a model.
const MODELS: [(&str, &str, &str); 9] = [
    ("GET", "@/findMany", "{}"),
    ("GET", "@/count", "{}"),
    ("GET", "@/findUnique", r#"{"where": {"id": 1}}"#),
    ("POST", "@/create", r#"{"data": {"id": 9}}"#),
    (
        "PUT",
        "@/update",
        r#"{"where": {"id": 1}, "data": {"id": 2}}"#,
    ),
    ("DELETE", "@/deleteMany", "{}"),
    (
        "POST",
        "$transaction/sequential",
        r#"[{"model": "@", "op": "findMany", "args": {}}]"#,
    ),
    (
        "POST",
        "$transaction/sequential",
        r#"[{"model": "Post", "op": "count"}, {"model": "@", "op": "deleteMany"}]"#,
    ),
    ("GET", "@/nothing", "{}"),
];

#[tokio::test]
async fn relations_to_what_is_closed_are_unknown_at_every_depth() {
    let reads = READS
        .iter()
        .map(|(path, args)| ("GET", *path, (*args).to_owned()));
    let writes = WRITES
        .iter()
        .map(|(method, path, args)| (*method, *path, (*args).to_owned()));
    let inside = |path: &str, args: &str| {
        let (model, op) = path.split_once('/').unwrap();
        let steps = json!([{"model": model, "op": op, "args": serde_json::from_str::<Json>(args).unwrap()}]);
        ("POST", "$transaction/sequential", steps.to_string())
    };
    let in_transactions = READS.iter().map(|(path, args)| inside(path, args));
    let in_transactions =
        in_transactions.chain(WRITES.iter().map(|(_, path, args)| inside(path, args)));
    let requests: Vec<_> = reads.chain(writes).chain(in_transactions).collect();
    for place in &places().await.places {
        let service = service(place);
        let before = rows(place).await;
        for (method, path, args) in &requests {
            for asker in ASKERS {
                let send = async |name: &str| {
                    let args = args.replace('@', name);
                    let (query, body) = sent(method, &args);
                    let answer = ask(
                        (place, &service),
                        (Style::Rpc, asker),
                        method,
                        (path, &query),
                        &body,
                    );
                    let (status, text) = answer.await;
                    (status, text.replace(name, "@"))
                };
                let unknown = send(UNKNOWN).await;
                // A database that lacks `distinct` says so whatever stands there.
                assert!(
                    matches!(unknown.0, 400 | 422),
                    "{} {path} {args}: {}",
                    place.name,
                    unknown.1
                );
                for name in CLOSED {
                    assert_eq!(
                        send(name).await,
                        unknown,
                        "{} {name} {path} {args}",
                        place.name
                    );
                }
            }
        }
        assert_eq!(rows(place).await, before, "{}", place.name);
    }
}

/// Where the arguments stand.
fn sent(method: &str, args: &str) -> (String, String) {
    match method {
        "GET" | "DELETE" => {
            let query = Serializer::new(String::new())
                .append_pair("q", args)
                .finish();
            (query, String::new())
        }
        _ => (String::new(), args.to_owned()),
    }
}

#[tokio::test]
async fn models_that_are_closed_are_unknown() {
    for place in &places().await.places {
        let service = service(place);
        for (method, path, args) in MODELS {
            for asker in ASKERS {
                let send = async |name: &str| {
                    let (path, args) = (path.replace('@', name), args.replace('@', name));
                    let (query, body) = sent(method, &args);
                    let answer = ask(
                        (place, &service),
                        (Style::Rpc, asker),
                        method,
                        (&path, &query),
                        &body,
                    );
                    let (status, text) = answer.await;
                    (status, text.replace(name, "@"))
                };
                let unknown = send(UNKNOWN).await;
                assert_eq!(unknown.0, 400, "{path} {args}: {}", unknown.1);
                for name in ["vault", "Vault", "label", "bare", "session", "plan"] {
                    assert_eq!(send(name).await, unknown, "{} {name} {path}", place.name);
                }
            }
        }
    }
}

#[tokio::test]
async fn what_is_open_is_whole_and_shows_nothing_of_the_rest() {
    for place in &places().await.places {
        let service = service(place);
        let get = async |path: &str, args: Json| {
            let (query, _) = sent("GET", &args.to_string());
            let answer = ask(
                (place, &service),
                (Style::Rpc, Some("ann")),
                "GET",
                (path, &query),
                "",
            );
            let (status, text) = answer.await;
            assert_eq!(status, 200, "{} {path} {args}: {text}", place.name);
            let mut body: Json = serde_json::from_str(&text).unwrap();
            body["data"].take()
        };
        // The rule keeps one back that a closed row locks; no relation is told.
        let posts = get("post/findMany", json!({})).await;
        assert_eq!(
            posts,
            json!([{"id": 1, "title": "milk", "authorId": "ann", "guardedBy": null}])
        );
        let counts = get("person/findMany", json!({"select": {"_count": true}})).await;
        assert_eq!(counts, json!([{"_count": {"posts": 1}}]));
        let none = get(
            "post/findMany",
            json!({"select": {"id": true, "_count": {"select": {}}}}),
        )
        .await;
        assert_eq!(none, json!([{"id": 1}]), "nothing of it can be counted");
        // A row of a closed model is what the open one says of it, and no more.
        let assets = get("asset/findMany", json!({"orderBy": {"id": "asc"}})).await;
        assert_eq!(
            assets,
            json!([{"id": 1, "kind": "Film", "minutes": 90}, {"id": 2, "kind": "Plan"}])
        );
        // What the program does itself looks at whatever the rules admit.
        assert_eq!(get("$procs/codes", json!({})).await, json!(2));
    }
}
