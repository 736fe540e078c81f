//! Source: contract zenstack §2.2, §2.8 and §4.2.

use serde_json::{Value as Json, json};

use super::support::{Answer, SCHEMA, Served, served};
use crate::DialectVersion::{Three, Two};

/// Every kind of refusal, as somebody meets it.
async fn refusals(place: &Served) -> Vec<(&'static str, Answer)> {
    place.fill().await;
    let bob = json!({"data": {"id": "bob2", "email": "bob@example.org"}});
    let lost = json!({"data": {"id": "9", "title": "lost", "authorId": "ann2"}});
    let as_nobody_known = |id: &str| json!({"data": {"id": id, "text": "x"}});
    let change = |id: &str, data: Json| json!({"where": {"id": id}, "data": data});
    vec![
        (
            "unknown key",
            place
                .get("ann", "/post/findMany", &json!({"wher": 1}))
                .await,
        ),
        (
            "rule of a field",
            place
                .post(
                    "ann",
                    "/person/create",
                    &json!({"data": {"id": "x", "email": "no mail"}}),
                )
                .await,
        ),
        (
            "not found",
            place
                .put("ann", "/post/update", &change("x", json!({"views": 1})))
                .await,
        ),
        (
            "not connected",
            place
                .put(
                    "ann",
                    "/person/update",
                    &change(
                        "ann",
                        json!({"posts": {"connect": [{"id": "1"}, {"id": "x"}]}}),
                    ),
                )
                .await,
        ),
        (
            "not connected to",
            place
                .put(
                    "ann",
                    "/post/update",
                    &change(
                        "1",
                        json!({"author": {"connect": {"email": "no@example.org"}}}),
                    ),
                )
                .await,
        ),
        (
            "not updatable",
            place
                .put("ann", "/post/update", &change("3", json!({"views": 1})))
                .await,
        ),
        (
            "of others",
            place
                .delete("bob", "/post/delete", &json!({"where": {"id": "1"}}))
                .await,
        ),
        (
            "no access",
            place
                .post(
                    "bob",
                    "/post/create",
                    &json!({"data": {"id": "9", "title": "x", "authorId": "ann"}}),
                )
                .await,
        ),
        (
            "after the update",
            place
                .put("ann", "/post/update", &change("2", json!({"views": -1})))
                .await,
        ),
        (
            "not read back",
            place
                .post("ann", "/note/create", &as_nobody_known("hidden"))
                .await,
        ),
        ("field", {
            let seen = as_nobody_known("seen");
            place.post("ann", "/note/create", &seen).await.data();
            place
                .put("ann", "/note/update", &change("seen", json!({"text": "y"})))
                .await
        }),
        ("unique", place.post("ann", "/person/create", &bob).await),
        (
            "foreign key",
            place.post("ann2", "/post/create", &lost).await,
        ),
        (
            "distinct",
            place
                .get("ann", "/post/findMany", &json!({"distinct": "title"}))
                .await,
        ),
    ]
}

#[tokio::test]
async fn refusals_of_the_third_generation() {
    let input = |model: &str| json!({"reason": "invalid-input", "rejectedByValidation": true, "model": model});
    let not_found = json!({"reason": "not-found", "model": "Post"});
    let rejected = |model: &str, how: &str| json!({"reason": "rejected-by-policy", "rejectedByPolicy": true, "model": model, "rejectReason": how});
    for place in &served(SCHEMA, Three).await.all {
        for (name, answer) in refusals(place).await {
            let (status, message, mut expected) = match name {
                "unknown key" => (422, "Validation error", input("Post")),
                "rule of a field" => (422, "at \"data.email\"", input("Person")),
                "not found" | "not updatable" | "of others" | "not connected" => {
                    (404, "Record not found", not_found.clone())
                }
                "not connected to" => (
                    404,
                    "Record not found",
                    json!({"reason": "not-found", "model": "Person"}),
                ),
                "no access" => (
                    403,
                    "operation is rejected by access policies",
                    rejected("Post", "no-access"),
                ),
                "after the update" => (
                    403,
                    "some or all updated rows failed to pass post-update policy check",
                    rejected("Post", "no-access"),
                ),
                "not read back" => (
                    403,
                    "result is not allowed to be read back",
                    rejected("Note", "cannot-read-back"),
                ),
                "field" => (
                    403,
                    "some rows cannot be updated due to field policies",
                    rejected("Note", "no-access"),
                ),
                "unique" | "foreign key" => {
                    let code = answer.error()["dbErrorCode"].as_str().unwrap();
                    (
                        400,
                        "constraint",
                        json!({"reason": "db-query-error", "dbErrorCode": code}),
                    )
                }
                _ if place.name == "postgres" => {
                    assert_eq!(answer.status, 200, "{}: {name}", place.name);
                    continue;
                }
                _ => (400, "", json!({"reason": "not-supported"})),
            };
            expected["message"] = json!(answer.message());
            assert_eq!(answer.status, status, "{}: {name}: {answer:?}", place.name);
            assert!(
                answer.message().contains(message),
                "{}: {name}: {answer:?}",
                place.name
            );
            assert_eq!(*answer.error(), expected, "{}: {name}", place.name);
        }
    }
}

#[tokio::test]
async fn refusals_of_the_second_generation() {
    for place in &served(SCHEMA, Two).await.all {
        for (name, answer) in refusals(place).await {
            let rejected = |reason: &str| json!({"prisma": true, "code": "P2004", "reason": reason, "rejectedByPolicy": true});
            let input = |path: Json| {
                json!({
                    "prisma": true,
                    "code": "P2004",
                    "reason": "DATA_VALIDATION_VIOLATION",
                    "rejectedByValidation": true,
                    "zodErrors": {"name": "ZodError", "issues": [{"code": "custom", "path": path}]},
                })
            };
            let (status, mut expected) = match name {
                "unknown key" => (422, input(json!([]))),
                "rule of a field" => (422, input(json!(["data", "email"]))),
                "not found" | "not updatable" | "of others" | "not connected to" => {
                    (404, json!({"prisma": true, "code": "P2025"}))
                }
                "not connected" => (404, json!({"prisma": true, "code": "P2018"})),
                "no access" | "after the update" | "field" => {
                    (403, rejected("ACCESS_POLICY_VIOLATION"))
                }
                "not read back" => (403, rejected("RESULT_NOT_READABLE")),
                "unique" => (400, json!({"prisma": true, "code": "P2002"})),
                "foreign key" => (400, json!({"prisma": true, "code": "P2003"})),
                _ if place.name == "postgres" => continue,
                _ => (400, json!({})),
            };
            expected["message"] = json!(answer.message());
            if expected.get("zodErrors").is_some() {
                expected["zodErrors"]["issues"][0]["message"] =
                    answer.error()["zodErrors"]["issues"][0]["message"].clone();
            }
            assert_eq!(answer.status, status, "{}: {name}: {answer:?}", place.name);
            assert_eq!(*answer.error(), expected, "{}: {name}", place.name);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_back_was_written() {
    for place in &served(SCHEMA, Three).await.all {
        let hidden = json!({"data": {"id": "hidden", "text": "x"}});
        let answer = place.post("ann", "/note/create", &hidden).await;
        assert_eq!(answer.error()["rejectReason"], "cannot-read-back");
        let again = place.post("ann", "/note/create", &hidden).await;
        assert_eq!(again.error()["reason"], "db-query-error", "{}", place.name);
    }
}
