//! Filters, shapes of reads, and values of writes.

use serde_json::json;

use super::Expected::{Data, Invalid, Refused};
use super::{place, walk};

#[tokio::test]
async fn filters_and_shapes_of_reads_are_taken_or_refused() {
    let place = place().await;
    let all =
        json!([{"id": 1, "title": "a"}, {"id": 2, "title": "b", "n": 3}, {"id": 3, "title": "c"}]);
    let mut rows = vec![(
        "plain/createMany",
        json!({ "data": all }),
        201,
        Data(json!({"count": 3})),
    )];
    for (filter, count) in [
        (json!({"OR": []}), 0),
        (json!({"AND": []}), 3),
        (json!({"NOT": []}), 3),
        (json!({"OR": [{}]}), 0),
        (json!({"id": {"in": []}}), 0),
        (json!({"id": {"notIn": []}}), 3),
        (json!({"NOT": [{"id": 2}, {"title": "nope"}]}), 3),
        (json!({"id": {"between": [2, 3]}}), 2),
        // SQLite knows no case.
        (json!({"title": {"contains": "B"}}), 1),
    ] {
        rows.push((
            "plain/count",
            json!({ "where": filter }),
            200,
            Data(json!(count)),
        ));
    }
    rows.extend([
        (
            "plain/findMany",
            json!({"take": -2, "orderBy": {"id": "asc"}, "select": {"id": true}}),
            200,
            Data(json!([{"id": 2}, {"id": 3}])),
        ),
        ("plain/findFirst", json!({"take": 2}), 422, Invalid("")),
        (
            "plain/findMany",
            json!({"orderBy": {"id": "asc", "title": "asc"}}),
            422,
            Invalid(""),
        ),
        (
            "author/findMany",
            json!({"select": {"id": true}, "include": {"letters": true}}),
            422,
            Invalid(""),
        ),
        (
            "plain/findMany",
            json!({"select": {"id": false}}),
            422,
            Invalid(""),
        ),
        ("plain/findUnique", json!({}), 422, Invalid("")),
        (
            "plain/findMany",
            json!({"where": {"id": "1"}}),
            422,
            Invalid(""),
        ),
        (
            "plain/findMany",
            json!({"where": {"title": {"contains": "B", "mode": "insensitive"}}}),
            422,
            Invalid(""),
        ),
        (
            "plain/findMany",
            json!({"distinct": ["title"]}),
            400,
            Refused("not-supported"),
        ),
        (
            "plain/count",
            json!({"select": {"_all": true, "ref": true}}),
            200,
            Data(json!({"_all": 3, "ref": 0})),
        ),
        (
            "plain/aggregate",
            json!({"where": {"id": -1}, "_sum": {"n": true}, "_count": true}),
            200,
            Data(json!({"_sum": {"n": null}, "_count": 0})),
        ),
        (
            "plain/update",
            json!({"where": {"id": 2}, "data": {"n": {"increment": 2}}}),
            200,
            Data(json!({"n": 5})),
        ),
        (
            "plain/update",
            json!({"where": {"id": 2}, "data": {"n": {"increment": 2, "set": 1}}}),
            422,
            Invalid(""),
        ),
        (
            "plain/exists",
            json!({"where": {"id": 2}}),
            200,
            Data(json!(true)),
        ),
    ]);
    walk(&place.visitor(), rows).await;
}

#[tokio::test]
async fn values_are_judged_changed_and_filled_in() {
    let place = place().await;
    let ann = place.signed_in("ann@example.com").await;
    place.test.run("UPDATE \"User\" SET \"org\" = 7").await;
    let nobody = vec![
        (
            "checked/create",
            json!({"data": {"id": 1, "email": " a@b.co"}}),
            422,
            Invalid("data.email"),
        ),
        (
            "checked/create",
            json!({"data": {"id": 1, "text": " ABC "}}),
            201,
            Data(json!({"text": "abc"})),
        ),
        (
            "checked/create",
            json!({"data": {"id": 2, "n": 200}}),
            422,
            Invalid("N too large"),
        ),
        (
            "checked/create",
            json!({"data": {"id": 2, "n": 0}}),
            422,
            Invalid("data.n"),
        ),
        (
            "checked/create",
            json!({"data": {"id": 2, "zz": 1}}),
            422,
            Invalid("zz"),
        ),
        (
            "checked/create",
            json!({"data": {"id": 2, "length": null}}),
            201,
            Data(json!({"length": null})),
        ),
        (
            "filled/create",
            json!({"data": {"at": 5, "org": 1}}),
            422,
            Invalid(""),
        ),
        (
            "filled/create",
            json!({"data": {"at": "2026-01-01"}}),
            400,
            Refused("db-query-error"),
        ),
        (
            "filled/create",
            json!({"data": {"at": "2026-01-01T00:00:00+02:00", "org": 1, "price": "0.10"}}),
            201,
            Data(json!({"price": "0.1", "at": "2025-12-31T22:00:00.000Z"})),
        ),
    ];
    walk(&place.visitor(), nobody).await;
    let rows = vec![
        (
            "filled/create",
            json!({"data": {"at": "2026-01-01"}}),
            201,
            Data(json!({"org": 7})),
        ),
        (
            "filled/create",
            json!({"data": {"at": "12:30:00Z", "org": 9}}),
            201,
            Data(json!({"org": 9, "at": "1970-01-01T12:30:00.000Z"})),
        ),
    ];
    walk(&ann, rows).await;
}
