use serde_json::Value as Json;

use super::{ASKERS, CLOSED, Style, UNKNOWN, ask, places, rows, service};

/// Requests in which `@` is a relation of `Post`.
const RELATIONS: [(&str, &str, &str); 21] = [
    ("GET", "/post?include=@", ""),
    ("GET", "/post?include=author,@", ""),
    ("GET", "/post/1?include=author.posts.@", ""),
    ("GET", "/post?filter[@]=1", ""),
    ("GET", "/post?filter[@][code]=planted", ""),
    ("GET", "/post?filter[@][code$contains]=p", ""),
    ("GET", "/post?filter[author][posts][@][id]=1", ""),
    ("GET", "/post?sort=@.code", ""),
    ("GET", "/post?sort=-@", ""),
    ("GET", "/post?fields[post]=@", ""),
    ("GET", "/post/1/@", ""),
    ("GET", "/post/1/relationships/@", ""),
    ("GET", "/person/ann/posts?include=@", ""),
    (
        "POST",
        "/post/1/relationships/@",
        r#"{"data": [{"type": "Thing", "id": 2}]}"#,
    ),
    ("PATCH", "/post/1/relationships/@", r#"{"data": []}"#),
    ("PATCH", "/post/1/relationships/@", r#"{"data": null}"#),
    (
        "DELETE",
        "/post/1/relationships/@",
        r#"{"data": [{"type": "Thing", "id": 1}]}"#,
    ),
    (
        "POST",
        "/post",
        r#"{"data": {"type": "Post", "attributes": {"id": 9, "title": "x"}, "relationships": {"@": {"data": {"type": "Thing", "id": 1}}}}}"#,
    ),
    (
        "POST",
        "/post",
        r#"{"data": {"type": "Post", "attributes": {"id": 9, "title": "x", "@": {"connect": {"id": 1}}}}}"#,
    ),
    (
        "PATCH",
        "/post/1",
        r#"{"data": {"type": "Post", "id": 1, "relationships": {"@": {"data": null}}}}"#,
    ),
    (
        "PATCH",
        "/post/1",
        r#"{"data": {"type": "Post", "id": 1, "attributes": {"@": {"deleteMany": {}}}}}"#,
    ),
];

/// Requests in which `@` is a model.
const MODELS: [(&str, &str, &str); 9] = [
    ("GET", "/@", ""),
    ("GET", "/@/1", ""),
    ("GET", "/@/1/post", ""),
    (
        "POST",
        "/@",
        r#"{"data": {"type": "@", "attributes": {"id": 9}}}"#,
    ),
    (
        "PATCH",
        "/@/1",
        r#"{"data": {"type": "@", "attributes": {}}}"#,
    ),
    ("DELETE", "/@/1", ""),
    ("GET", "/post?fields[@]=code", ""),
    (
        "POST",
        "/post",
        r#"{"data": {"type": "@", "attributes": {"id": 9, "title": "x"}}}"#,
    ),
    (
        "PATCH",
        "/post/1/relationships/author",
        r#"{"data": {"type": "@", "id": "ann"}}"#,
    ),
];

#[tokio::test]
async fn what_is_closed_is_unknown_wherever_it_is_named() {
    let relations = RELATIONS.iter().map(|row| (row, &CLOSED[..]));
    let models = ["vault", "Vault", "label", "bare", "session", "plan"];
    let requests = relations.chain(MODELS.iter().map(|row| (row, &models[..])));
    let requests: Vec<_> = requests.collect();
    for place in &places().await.places {
        let service = service(place);
        let before = rows(place).await;
        for ((method, address, body), closed) in &requests {
            for asker in ASKERS {
                let send = async |name: &str| {
                    let (address, body) = (address.replace('@', name), body.replace('@', name));
                    let (path, query) = address.split_once('?').unwrap_or((&address, ""));
                    let answer = ask(
                        (place, &service),
                        (Style::Rest, asker),
                        method,
                        (path, query),
                        &body,
                    );
                    let (status, text) = answer.await;
                    (status, text.replace(name, "@"))
                };
                let unknown = send(UNKNOWN).await;
                for name in *closed {
                    let told = format!("{} {name} {method} {address} {body}", place.name);
                    assert_eq!(send(name).await, unknown, "{told}");
                }
            }
        }
        assert_eq!(rows(place).await, before, "{}", place.name);
    }
}

#[tokio::test]
async fn resources_say_nothing_of_what_is_closed() {
    for place in &places().await.places {
        let service = service(place);
        let answer = ask(
            (place, &service),
            (Style::Rest, Some("ann")),
            "GET",
            ("/post", "include=author"),
            "",
        );
        let (status, text) = answer.await;
        assert_eq!(status, 200, "{text}");
        let body: Json = serde_json::from_str(&text).unwrap();
        let relationships = |at: &str| {
            let found = body.pointer(at).and_then(Json::as_object).unwrap();
            found.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(relationships("/data/0/relationships"), ["author"]);
        assert_eq!(relationships("/included/0/relationships"), ["posts"]);
        assert!(!text.contains("planted"), "{text}");
    }
}
