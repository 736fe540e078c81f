use serde_json::json;

use super::support::{SCHEMA, resource, rest_options, served, served_with};
use crate::http::{
    DataService, Exposure, HttpOptions, RestOptions, RestOptionsError, ServiceError,
};
use crate::suite::support::places_of;

const NOTHING: &str = "";

#[tokio::test]
async fn every_mistake_has_its_code() {
    let post = r#"{"data":{"type":"Post","attributes":{"title":"x"}}}"#;
    let author = |data: &str| {
        format!(
            r#"{{"data":{{"type":"Post","attributes":{{"title":"x"}},"relationships":{{"author":{data}}}}}}}"#
        )
    };
    let rows = [
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
    ];
    for db in served().await.all {
        db.seed().await;
        for (method, address, body, status, code) in &rows {
            let response = db.respond(method, address, body.as_bytes()).await;
            let answer = super::support::Answer::of(&response);
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
async fn mistakes_are_told_in_full() {
    for db in served().await.all {
        db.seed().await;
        let answer = db.get("/person/nobody").await;
        let body = json!({"errors": [{"status": 404, "code": "not-found", "title": "Resource not found"}]});
        assert_eq!(answer.body, body, "{}", db.name);
        let answer = db
            .send(
                "POST",
                "/person",
                resource("Person", json!({"email": "ann@example.org"})),
            )
            .await;
        let error = &answer.body["errors"][0];
        assert_eq!(
            error["title"],
            json!("Error occurred while executing the query"),
            "{}",
            db.name
        );
        assert!(error["dbErrorCode"].is_string(), "{} {error}", db.name);
        // No value of a row or of a caller, and no SQL.
        let text = answer.body.to_string();
        assert!(
            !text.contains("ann@example.org") && !text.contains("INSERT"),
            "{} {text}",
            db.name
        );
        let answer = db
            .send(
                "POST",
                "/person",
                resource("Person", json!({"email": "none"})),
            )
            .await;
        let detail = answer.body["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains("Invalid email"), "{} {detail}", db.name);
    }
}

#[tokio::test]
async fn bodies_and_queries_are_bounded() {
    for db in served().await.all {
        let large = vec![b' '; (1 << 20) + 1];
        let answer = db.respond("POST", "/post", &large).await;
        assert_eq!(answer.status(), 413, "{}", db.name);
        let answer = db
            .get(&format!("/post?filter[title]={}", "a".repeat(70_000)))
            .await;
        assert_eq!(answer.status, 414, "{}", db.name);
        let answer = db.get(&format!("/post?{}", "a=1&".repeat(500))).await;
        assert_eq!(answer.problem(), (400, "invalid-value"), "{}", db.name);
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        let answer = db.respond("POST", "/post", deep.as_bytes()).await;
        assert_eq!(answer.status(), 400, "{}", db.name);
    }
}

#[tokio::test]
async fn models_that_are_closed_are_not_there() {
    let places = places_of(SCHEMA).await;
    for place in &places.places {
        let http = HttpOptions {
            exposure: Exposure {
                closed: vec!["Comment".to_owned()],
                ..Exposure::everything()
            },
            rest: rest_options(),
            ..HttpOptions::default()
        };
        let service = DataService::new(place.client.clone(), http).unwrap();
        let get = async |address: &str| {
            let (path, query) = address.split_once('?').unwrap_or((address, ""));
            let request = crate::http::Request {
                method: &http::Method::GET,
                path,
                query,
                body: b"",
            };
            let response = service.rest_with(&place.client, request).await;
            super::support::Answer::of(&response)
        };
        assert_eq!(
            get("/comment").await.problem(),
            (404, "unsupported-model"),
            "{}",
            place.name
        );
        assert_eq!(
            get("/comment").await.body,
            get("/comments").await.body,
            "{}",
            place.name
        );
        for (address, expected) in [
            ("/post/1/comments", (404, "unsupported-relationship")),
            ("/post?include=comments", (400, "unsupported-relationship")),
            ("/post?filter[comments]=1", (400, "invalid-filter")),
            ("/post?filter[comments][text]=a", (400, "invalid-filter")),
            ("/post?sort=comments", (400, "invalid-sort")),
            ("/post?fields[post]=comments", (422, "validation-error")),
            ("/post?fields[comment]=text", (404, "unsupported-model")),
        ] {
            assert_eq!(
                get(address).await.problem(),
                expected,
                "{} {address}",
                place.name
            );
        }
        let row = crate::ArgValue::from_json(
            json!({"data": {"title": "x", "comments": {"create": {"text": "c"}}}}),
        )
        .unwrap();
        place
            .client
            .call("Post", crate::Operation::Create, &row)
            .await
            .unwrap();
        let answer = get("/post").await;
        let relationships = answer.data()[0]["relationships"].as_object().unwrap();
        assert!(!relationships.contains_key("comments"), "{}", place.name);
    }
}

#[tokio::test]
async fn settings_that_do_not_fit_the_schema_are_refused() {
    let places = places_of(SCHEMA).await;
    let client = &places.places[0].client;
    let new = |rest: RestOptions| {
        let http = HttpOptions {
            exposure: Exposure::everything(),
            rest,
            ..HttpOptions::default()
        };
        DataService::new(client.clone(), http).map(|_| ())
    };
    let map = |name: &str, to: &str| [(name.to_owned(), to.to_owned())].into();
    let base = rest_options;
    let rows = [
        (
            RestOptions {
                model_name_mapping: map("Nobody", "x"),
                ..base()
            },
            RestOptionsError::UnknownModel {
                setting: "model_name_mapping",
                model: "Nobody".to_owned(),
            },
        ),
        (
            RestOptions {
                external_id_mapping: map("Nobody", "x"),
                ..base()
            },
            RestOptionsError::UnknownModel {
                setting: "external_id_mapping",
                model: "Nobody".to_owned(),
            },
        ),
        (
            RestOptions {
                external_id_mapping: map("Person", "name"),
                ..base()
            },
            RestOptionsError::NotUnique {
                model: "Person".to_owned(),
                key: "name".to_owned(),
            },
        ),
        (
            RestOptions {
                model_name_mapping: map("Person", "post"),
                ..base()
            },
            RestOptionsError::Ambiguous {
                segment: "post".to_owned(),
            },
        ),
        (
            RestOptions {
                model_name_mapping: map("Person", "a/b"),
                ..base()
            },
            RestOptionsError::Segment {
                segment: "a/b".to_owned(),
            },
        ),
        (
            RestOptions {
                model_name_mapping: map("Person", ""),
                ..base()
            },
            RestOptionsError::Segment {
                segment: String::new(),
            },
        ),
        (
            RestOptions {
                id_divider: String::new(),
                ..base()
            },
            RestOptionsError::Divider,
        ),
        (
            RestOptions {
                id_divider: "%".to_owned(),
                ..base()
            },
            RestOptionsError::Divider,
        ),
        (
            RestOptions {
                url_segment_charset: String::new(),
                ..base()
            },
            RestOptionsError::Charset,
        ),
    ];
    for (rest, expected) in rows {
        assert_eq!(new(rest), Err(ServiceError::Rest(expected)));
    }
    assert_eq!(new(base()), Ok(()));
}

#[tokio::test]
async fn rows_without_an_identity_cannot_be_spoken_of() {
    // A view may have none; here it is an identity that clients do not see.
    let text = "model Thing {\n id Int @id\n name String\n}";
    for db in served_with(text, rest_options()).await.all {
        let mut schema = db.client.schema().clone();
        schema.models[0].id.clear();
        let client = db.client.saying(schema);
        let http = HttpOptions {
            exposure: Exposure::everything(),
            rest: rest_options(),
            ..HttpOptions::default()
        };
        let service = DataService::new(client.clone(), http).unwrap();
        let request = crate::http::Request {
            method: &http::Method::GET,
            path: "/thing",
            query: "",
            body: b"",
        };
        let answer = super::support::Answer::of(&service.rest_with(&client, request).await);
        assert_eq!(answer.problem(), (400, "no-id"), "{}", db.name);
    }
}
