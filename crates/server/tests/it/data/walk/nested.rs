//! Rows that are written and read with others.

use serde_json::{Value, json};

use super::Expected::{Data, Invalid, Refused};
use super::{place, walk};

#[tokio::test]
async fn nested_writes_and_reads_keep_to_the_rules_of_both_sides() {
    let place = place().await;
    let two = json!({"create": [{"id": 1, "text": "x"}, {"id": 2, "text": "y", "pub": false}]});
    let nested = |id: i64, action: Value| json!({"where": {"id": id}, "data": {"letters": action}});
    let rows = vec![
        (
            "author/create",
            json!({"data": {"id": 1, "name": "a", "letters": two}, "include": {"letters": true}}),
            201,
            Data(json!({"letters": [{"id": 1}]})),
        ),
        (
            "author/create",
            json!({"data": {"id": 2, "name": "h", "hidden": true, "letters": {"create": {"id": 3, "text": "z"}}}}),
            403,
            Refused("rejected-by-policy cannot-read-back"),
        ),
        (
            "letter/findUnique",
            json!({"where": {"id": 3}, "include": {"author": true}}),
            200,
            Data(json!({"id": 3, "author": null})),
        ),
        (
            "letter/count",
            json!({"where": {"author": {"name": "h"}}}),
            200,
            Data(json!(0)),
        ),
        (
            "author/findUnique",
            json!({"where": {"id": 1}, "include": {"_count": {"select": {"letters": true}}}}),
            200,
            Data(json!({"_count": {"letters": 1}})),
        ),
        (
            "author/update",
            nested(1, json!({"connect": {"id": 2}})),
            404,
            Refused("not-found"),
        ),
        (
            "author/update",
            nested(1, json!({"connect": {"id": 3}})),
            200,
            Data(json!({"id": 1})),
        ),
        (
            "letter/findMany",
            json!({"where": {"authorId": 1}, "orderBy": {"id": "asc"}}),
            200,
            Data(json!([{"id": 1}, {"id": 3}])),
        ),
        (
            "author/update",
            nested(
                1,
                json!({"update": {"where": {"id": 99}, "data": {"text": "q"}}}),
            ),
            404,
            Refused("not-found"),
        ),
        (
            "author/update",
            nested(
                1,
                json!({"updateMany": {"where": {"id": 99}, "data": {"text": "q"}}}),
            ),
            200,
            Data(json!({"id": 1})),
        ),
        (
            "author/update",
            nested(1, json!({"disconnect": {"id": 1}})),
            400,
            Refused("db-query-error"),
        ),
        (
            "letter/update",
            json!({"where": {"id": 1}, "data": {"author": {"disconnect": true}}}),
            422,
            Invalid("disconnect"),
        ),
        (
            "letter/count",
            json!({"where": {"authorId": 1}}),
            200,
            Data(json!(2)),
        ),
        (
            "letter/create",
            json!({"data": {"id": 50, "text": "x", "authorId": 1, "author": {"connect": {"id": 1}}}}),
            422,
            Invalid(""),
        ),
        // Lists of both sides ask the rules of both.
        (
            "book/createMany",
            json!({"data": [{"id": 1, "ok": true}, {"id": 2, "ok": false}]}),
            201,
            Data(json!({"count": 2})),
        ),
        (
            "shelf/create",
            json!({"data": {"id": 1, "books": {"connect": [{"id": 1}]}}, "include": {"books": true}}),
            201,
            Data(json!({"books": [{"id": 1}]})),
        ),
        (
            "shelf/update",
            json!({"where": {"id": 1}, "data": {"books": {"connect": [{"id": 2}]}}}),
            403,
            Refused("rejected-by-policy no-access"),
        ),
        (
            "shelf/findUnique",
            json!({"where": {"id": 1}, "include": {"books": true}}),
            200,
            Data(json!({"books": [{"id": 1}]})),
        ),
    ];
    walk(&place.visitor(), rows).await;
}
