use serde_json::json;

use super::support::{SCHEMA, resource, rest_options, served, served_with};
use crate::http::{
    DataService, Exposure, HttpOptions, RestOptions, RestOptionsError, ServiceError,
};
use crate::suite::support::places_of;

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
