use serde_json::json;

use super::support::{Answer, served};

const NOTHING: &str = "";

/// Method, address, body, and what is answered: status and code.
type Row<'r> = (&'r str, &'r str, &'r str, u16, &'r str);

/// Asks for each of these, and looks that nothing was written.
async fn refused(rows: &[Row<'_>]) {
    for db in served().await.all {
        db.seed().await;
        for (method, address, body, status, code) in rows {
            let response = db.respond(method, address, body.as_bytes()).await;
            let answer = Answer::of(&response);
            assert!(
                answer.status >= 400,
                "{} {method} {address} {body}: {answer:?}",
                db.name
            );
            assert_eq!(
                answer.problem(),
                (*status, *code),
                "{} {method} {address} {body}: {answer:?}",
                db.name
            );
        }
        // Nothing of all this was written.
        let posts = db
            .rows(
                "Post",
                json!({"select": {"title": true}, "orderBy": {"id": "asc"}}),
            )
            .await;
        assert_eq!(
            posts,
            json!([{"title": "one"}, {"title": "two"}, {"title": "three"}]),
            "{}",
            db.name
        );
    }
}

#[tokio::test]
async fn mistakes_in_paths_and_queries_have_their_codes() {
    let post = r#"{"data":{"type":"Post","attributes":{"title":"x"}}}"#;
    refused(&[
        // Paths.
        ("GET", "/nothing", NOTHING, 404, "unsupported-model"),
        ("GET", "/nothing/1", NOTHING, 404, "unsupported-model"),
        (
            "GET",
            "/person/ann/nothing",
            NOTHING,
            404,
            "unsupported-relationship",
        ),
        (
            "GET",
            "/person/ann/email",
            NOTHING,
            404,
            "unsupported-relationship",
        ),
        (
            "GET",
            "/person/ann/relationships/nothing",
            NOTHING,
            404,
            "unsupported-relationship",
        ),
        ("GET", "/", NOTHING, 400, "invalid-path"),
        ("GET", "/person/", NOTHING, 400, "invalid-path"),
        ("GET", "//person", NOTHING, 400, "invalid-path"),
        ("GET", "/person/a.b", NOTHING, 400, "invalid-path"),
        ("GET", "/person/%FF", NOTHING, 400, "invalid-path"),
        ("GET", "/person/ann/posts/1", NOTHING, 400, "invalid-path"),
        ("GET", "/person/ann/posts/1/2", NOTHING, 400, "invalid-path"),
        ("POST", "/person/ann", post, 400, "invalid-path"),
        ("POST", "/person/ann/posts", post, 400, "invalid-path"),
        ("PATCH", "/person", post, 400, "invalid-path"),
        ("PATCH", "/post/1/author", post, 400, "invalid-path"),
        ("DELETE", "/person", NOTHING, 400, "invalid-path"),
        ("OPTIONS", "/person", NOTHING, 400, "invalid-path"),
        (
            "POST",
            "/post/1/relationships/author",
            r#"{"data":{"type":"Person","id":"ann"}}"#,
            400,
            "invalid-verb",
        ),
        (
            "DELETE",
            "/post/1/relationships/author",
            NOTHING,
            400,
            "invalid-verb",
        ),
        // Ids.
        ("GET", "/post/a", NOTHING, 400, "invalid-value"),
        ("GET", "/post/01", NOTHING, 400, "invalid-value"),
        ("GET", "/post/99999999999", NOTHING, 400, "invalid-value"),
        ("GET", "/person/%00", NOTHING, 400, "invalid-id"),
        ("GET", "/like/1", NOTHING, 422, "validation-error"),
        ("GET", "/like/1_2_3", NOTHING, 422, "validation-error"),
        ("GET", "/like/a_bob", NOTHING, 400, "invalid-value"),
        ("GET", "/like/01_bob", NOTHING, 400, "invalid-value"),
        ("GET", "/person/nobody", NOTHING, 404, "not-found"),
        ("GET", "/person/nobody/posts", NOTHING, 404, "not-found"),
        (
            "GET",
            "/person/nobody/relationships/posts",
            NOTHING,
            404,
            "not-found",
        ),
        ("GET", "/person/bob/passport", NOTHING, 404, "not-found"),
        ("PATCH", "/post/7", post, 404, "not-found"),
        ("DELETE", "/post/7", NOTHING, 404, "not-found"),
        // Queries.
        (
            "GET",
            "/post?filter[nothing]=1",
            NOTHING,
            400,
            "invalid-filter",
        ),
        (
            "GET",
            "/post?filter[title$nothing]=1",
            NOTHING,
            400,
            "invalid-filter",
        ),
        (
            "GET",
            "/post?filter[done$gt]=true",
            NOTHING,
            400,
            "invalid-filter",
        ),
        (
            "GET",
            "/post?filter[title$has]=a",
            NOTHING,
            400,
            "invalid-filter",
        ),
        (
            "GET",
            "/post?filter[author$gt]=a",
            NOTHING,
            400,
            "invalid-filter",
        ),
        (
            "GET",
            "/post?filter[title][more]=a",
            NOTHING,
            400,
            "invalid-filter",
        ),
        (
            "GET",
            "/post?filter[author][nothing]=a",
            NOTHING,
            400,
            "invalid-filter",
        ),
        (
            "GET",
            "/post?filter[title=a",
            NOTHING,
            400,
            "invalid-filter",
        ),
        ("GET", "/post?filter=a", NOTHING, 400, "invalid-filter"),
        (
            "GET",
            "/post?filter[views]=a",
            NOTHING,
            400,
            "invalid-value",
        ),
        (
            "GET",
            "/post?filter[views$between]=1",
            NOTHING,
            400,
            "invalid-value",
        ),
        (
            "GET",
            "/post?filter[views$between]=1,2,3",
            NOTHING,
            400,
            "invalid-value",
        ),
        (
            "GET",
            "/post?filter[done]=yes",
            NOTHING,
            400,
            "invalid-value",
        ),
        (
            "GET",
            "/post?filter[at]=yesterday",
            NOTHING,
            400,
            "invalid-value",
        ),
        (
            "GET",
            "/post?filter[level]=high",
            NOTHING,
            400,
            "invalid-value",
        ),
        (
            "GET",
            "/post?filter[data]={a}",
            NOTHING,
            400,
            "invalid-value",
        ),
        (
            "GET",
            "/post?filter[comments]=a",
            NOTHING,
            400,
            "invalid-value",
        ),
        ("GET", "/post?sort=nothing", NOTHING, 400, "invalid-sort"),
        ("GET", "/post?sort=comments", NOTHING, 400, "invalid-sort"),
        ("GET", "/post?sort=views.more", NOTHING, 400, "invalid-sort"),
        ("GET", "/post?sort=data", NOTHING, 400, "invalid-sort"),
        (
            "GET",
            "/post?sort=author.posts",
            NOTHING,
            400,
            "invalid-sort",
        ),
        (
            "GET",
            "/post?include=nothing",
            NOTHING,
            400,
            "unsupported-relationship",
        ),
        (
            "GET",
            "/post?include=title",
            NOTHING,
            400,
            "unsupported-relationship",
        ),
        (
            "GET",
            "/post?include=author.nothing",
            NOTHING,
            400,
            "unsupported-relationship",
        ),
        (
            "GET",
            "/post?fields[post]=title&fields[post]=views",
            NOTHING,
            400,
            "duplicated-fields-parameter",
        ),
        (
            "GET",
            "/post?fields[post]=title&fields[Post]=views",
            NOTHING,
            400,
            "duplicated-fields-parameter",
        ),
        (
            "GET",
            "/post?fields[nothing]=title",
            NOTHING,
            404,
            "unsupported-model",
        ),
        (
            "GET",
            "/post?fields[post]=nothing",
            NOTHING,
            422,
            "validation-error",
        ),
    ])
    .await;
}

#[tokio::test]
async fn mistakes_in_bodies_have_their_codes() {
    let author = |data: &str| {
        format!(
            r#"{{"data":{{"type":"Post","attributes":{{"title":"x"}},"relationships":{{"author":{data}}}}}}}"#
        )
    };
    refused(&[
        // Bodies.
        ("POST", "/post", NOTHING, 400, "invalid-payload"),
        ("POST", "/post", "{", 400, "invalid-payload"),
        ("POST", "/post", "[]", 400, "invalid-payload"),
        ("POST", "/post", "{}", 400, "invalid-payload"),
        ("POST", "/post", r#"{"data":null}"#, 400, "invalid-payload"),
        ("POST", "/post", r#"{"data":{}}"#, 400, "invalid-payload"),
        (
            "POST",
            "/post",
            r#"{"data":{"type":1}}"#,
            400,
            "invalid-payload",
        ),
        (
            "POST",
            "/post",
            r#"{"data":{"type":"Person"}}"#,
            400,
            "invalid-payload",
        ),
        (
            "POST",
            "/post",
            r#"{"data":{"type":"Post","attributes":[]}}"#,
            400,
            "invalid-payload",
        ),
        (
            "POST",
            "/post",
            r#"{"data":{"type":"Post","relationships":[]}}"#,
            400,
            "invalid-payload",
        ),
        (
            "POST",
            "/post",
            r#"{"data":{"type":"Post","attributes":{}},"included":[]}"#,
            400,
            "invalid-payload",
        ),
        (
            "POST",
            "/post",
            r#"{"data":{"type":"Post"},"meta":1}"#,
            400,
            "invalid-payload",
        ),
        (
            "POST",
            "/post",
            r#"{"data":{"type":"Post"},"meta":{"serialization":{"values":1}}}"#,
            400,
            "invalid-payload",
        ),
        (
            "POST",
            "/post",
            r#"{"data":{"type":"Post"},"meta":{"operation":"drop"}}"#,
            400,
            "invalid-payload",
        ),
        (
            "POST",
            "/post",
            r#"{"data":{"type":"Post"},"meta":{"operation":"upsert"}}"#,
            400,
            "invalid-payload",
        ),
        (
            "POST",
            "/post",
            r#"{"data":{"type":"Post","attributes":{"title":"x"}},"meta":{"operation":"upsert","matchFields":["title"]}}"#,
            400,
            "invalid-payload",
        ),
        (
            "POST",
            "/post",
            r#"{"data":{"type":"Post","attributes":{"title":"x"}},"meta":{"operation":"upsert","matchFields":["id"]}}"#,
            400,
            "invalid-payload",
        ),
        (
            "POST",
            "/post",
            r#"{"data":{"type":"Post","attributes":{"title":"x","comments":{"create":{"text":"y"}}}}}"#,
            400,
            "invalid-relation",
        ),
        (
            "POST",
            "/post",
            r#"{"data":{"type":"Post","id":"8","attributes":{"id":9,"title":"x"}}}"#,
            400,
            "invalid-id",
        ),
        (
            "PATCH",
            "/post/1",
            r#"{"data":{"type":"Post","id":2,"attributes":{"title":"x"}}}"#,
            400,
            "invalid-id",
        ),
        ("PATCH", "/post/1", NOTHING, 400, "invalid-payload"),
        ("POST", "/post", &author("1"), 400, "invalid-relation-data"),
        ("POST", "/post", &author("{}"), 400, "invalid-relation-data"),
        (
            "POST",
            "/post",
            &author(r#"{"data":1}"#),
            400,
            "invalid-relation-data",
        ),
        (
            "POST",
            "/post",
            &author(r#"{"data":{"type":"Person"}}"#),
            400,
            "invalid-relation-data",
        ),
        (
            "POST",
            "/post",
            &author(r#"{"data":[{"type":"Person","id":"ann"}]}"#),
            400,
            "invalid-relation-data",
        ),
        (
            "POST",
            "/post",
            &author(r#"{"data":{"type":"Comment","id":"ann"}}"#),
            400,
            "invalid-relation",
        ),
        (
            "POST",
            "/passport",
            r#"{"data":{"type":"Passport","attributes":{"country":"x"},"relationships":{"person":{"data":null}}}}"#,
            400,
            "invalid-relation-data",
        ),
        (
            "POST",
            "/post",
            r#"{"data":{"type":"Post","relationships":{"nothing":{"data":null}}}}"#,
            400,
            "unsupported-relationship",
        ),
        (
            "PATCH",
            "/person/ann/relationships/posts",
            NOTHING,
            400,
            "invalid-payload",
        ),
        (
            "PATCH",
            "/person/ann/relationships/posts",
            r#"{"data":{"type":"Post","id":1}}"#,
            400,
            "invalid-payload",
        ),
        (
            "PATCH",
            "/person/ann/relationships/posts",
            r#"{"data":[{"type":"Comment","id":1}]}"#,
            400,
            "invalid-relation",
        ),
        (
            "PATCH",
            "/person/ann/relationships/posts",
            r#"{"data":[{"type":"Post","id":"a"}]}"#,
            400,
            "invalid-value",
        ),
        (
            "PATCH",
            "/post/1/relationships/author",
            r#"{"data":[]}"#,
            400,
            "invalid-payload",
        ),
        (
            "PATCH",
            "/passport/1/relationships/person",
            r#"{"data":null}"#,
            400,
            "invalid-payload",
        ),
        (
            "POST",
            "/person/ann/relationships/posts",
            r#"{"data":[{"type":"Post","id":7}]}"#,
            404,
            "not-found",
        ),
        (
            "POST",
            "/person/nobody/relationships/posts",
            r#"{"data":[{"type":"Post","id":1}]}"#,
            404,
            "not-found",
        ),
        (
            "DELETE",
            "/person/nobody/relationships/posts",
            r#"{"data":[{"type":"Post","id":1}]}"#,
            404,
            "not-found",
        ),
        (
            "PATCH",
            "/post/1/relationships/author",
            r#"{"data":{"type":"Person","id":"nobody"}}"#,
            404,
            "not-found",
        ),
        // The engine's.
        (
            "POST",
            "/post",
            r#"{"data":{"type":"Post","attributes":{"title":"longer than twenty letters"}}}"#,
            422,
            "validation-error",
        ),
        (
            "POST",
            "/post",
            r#"{"data":{"type":"Post","attributes":{"title":"x","more":1}}}"#,
            422,
            "validation-error",
        ),
        (
            "POST",
            "/post",
            r#"{"data":{"type":"Post","attributes":{"title":1}}}"#,
            422,
            "validation-error",
        ),
        (
            "PATCH",
            "/post/1",
            r#"{"data":{"type":"Post","attributes":{"at":"2024-13-01"}}}"#,
            422,
            "validation-error",
        ),
        (
            "POST",
            "/person",
            r#"{"data":{"type":"Person","attributes":{"email":"none"}}}"#,
            422,
            "validation-error",
        ),
        (
            "POST",
            "/person",
            r#"{"data":{"type":"Person","attributes":{"email":"ann@example.org"}}}"#,
            400,
            "query-error",
        ),
        ("DELETE", "/person/ann", NOTHING, 400, "query-error"),
        ("GET", "/$procs/nothing", NOTHING, 400, "invalid-payload"),
    ])
    .await;
}
