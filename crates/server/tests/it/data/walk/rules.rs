//! What rules say of rows, alone and beside each other.

use serde_json::json;

use super::Expected::{Data, Refused};
use super::{place, walk};

#[tokio::test]
async fn rules_say_who_writes_and_what_comes_back() {
    let place = place().await;
    let rows = vec![
        (
            "post/create",
            json!({"data": {"id": 1, "title": "a", "n": -1}}),
            403,
            Refused("rejected-by-policy no-access"),
        ),
        (
            "post/create",
            json!({"data": {"id": 1, "title": "a"}, "select": {"id": true}}),
            403,
            Refused("rejected-by-policy cannot-read-back"),
        ),
        // It was written all the same.
        (
            "post/create",
            json!({"data": {"id": 1, "title": "a", "pub": true}}),
            400,
            Refused("db-query-error"),
        ),
        (
            "post/findUnique",
            json!({"where": {"id": 1}}),
            200,
            Data(json!(null)),
        ),
        (
            "post/exists",
            json!({"where": {"id": 1}}),
            200,
            Data(json!(false)),
        ),
        (
            "post/update",
            json!({"where": {"id": 9}, "data": {"title": "x"}}),
            404,
            Refused("not-found"),
        ),
        (
            "post/update",
            json!({"where": {"id": 1}, "data": {"title": "x"}}),
            403,
            Refused("rejected-by-policy cannot-read-back"),
        ),
        (
            "post/createMany",
            json!({"data": [{"id": 2, "title": "b", "pub": true}, {"id": 3, "title": "c", "n": 5}]}),
            201,
            Data(json!({"count": 2})),
        ),
        (
            "post/createMany",
            json!({"data": [{"id": 7, "title": "b", "pub": true}, {"id": 8, "title": "c", "n": -5}]}),
            403,
            Refused("rejected-by-policy no-access"),
        ),
        (
            "post/exists",
            json!({"where": {"id": 7}}),
            200,
            Data(json!(false)),
        ),
        (
            "post/createManyAndReturn",
            json!({"data": [{"id": 4, "title": "d", "pub": true}, {"id": 5, "title": "e"}]}),
            201,
            Data(json!([{"id": 4}])),
        ),
        (
            "post/updateMany",
            json!({"where": {"n": {"gt": 1000}}, "data": {"n": 1}}),
            200,
            Data(json!({"count": 0})),
        ),
        (
            "post/delete",
            json!({"where": {"id": 1}}),
            403,
            Refused("rejected-by-policy cannot-read-back"),
        ),
        // And that was removed.
        (
            "post/create",
            json!({"data": {"id": 1, "title": "again", "pub": true}}),
            201,
            Data(json!({"title": "again"})),
        ),
        (
            "post/findUnique",
            json!({"where": {"id": 2}}),
            200,
            Data(json!({"secret": null})),
        ),
        // Values from before an update bound what comes after.
        (
            "meter/createMany",
            json!({"data": [{"id": 1, "v": 5, "w": 1}, {"id": 2, "v": 0, "w": 1}]}),
            201,
            Data(json!({"count": 2})),
        ),
        (
            "meter/update",
            json!({"where": {"id": 1}, "data": {"v": 4}}),
            403,
            Refused("rejected-by-policy no-access"),
        ),
        (
            "meter/findUnique",
            json!({"where": {"id": 1}}),
            200,
            Data(json!({"v": 5})),
        ),
        (
            "meter/update",
            json!({"where": {"id": 1}, "data": {"v": 6}}),
            200,
            Data(json!({"v": 6})),
        ),
        (
            "meter/updateMany",
            json!({"data": {"w": 2}}),
            403,
            Refused("rejected-by-policy no-access"),
        ),
        (
            "meter/findMany",
            json!({"where": {"w": 2}}),
            200,
            Data(json!([])),
        ),
        (
            "meter/update",
            json!({"where": {"id": 1}, "data": {}}),
            200,
            Data(json!({"id": 1})),
        ),
    ];
    walk(&place.visitor(), rows).await;
}

#[tokio::test]
async fn rules_about_nothing_are_as_the_language_has_it() {
    let place = place().await;
    let ids = json!({"select": {"id": true}, "orderBy": {"id": "asc"}});
    let rows = vec![
        (
            "maybe/createMany",
            json!({"data": [{"id": 1}, {"id": 2, "x": 4}, {"id": 3, "x": 5}]}),
            201,
            Data(json!({"count": 3})),
        ),
        ("maybe/findMany", ids.clone(), 200, Data(json!([{"id": 2}]))),
        (
            "flag/createMany",
            json!({"data": [{"id": 1}, {"id": 2, "b": true}, {"id": 3, "b": false}]}),
            201,
            Data(json!({"count": 3})),
        ),
        ("flag/findMany", ids, 200, Data(json!([{"id": 2}]))),
        // `||` and `&&` bind alike, from the left.
        (
            "mixed/createMany",
            json!({"data": [{"id": 1, "a": true, "b": false, "c": false}]}),
            201,
            Data(json!({"count": 1})),
        ),
        ("mixed/count", json!({}), 200, Data(json!(0))),
        // Nobody has no role, which is another one.
        (
            "forReaders/createMany",
            json!({"data": [{"id": 1}]}),
            201,
            Data(json!({"count": 1})),
        ),
        ("forReaders/count", json!({}), 200, Data(json!(1))),
    ];
    walk(&place.visitor(), rows).await;
}

#[tokio::test]
async fn rules_follow_relations_to_who_asks() {
    let place = place().await;
    let (ann, bob) = (
        place.signed_in("ann@example.com").await,
        place.signed_in("bob@example.com").await,
    );
    let rows = vec![
        (
            "space/createMany",
            json!({"data": [{"id": 1}, {"id": 2}]}),
            201,
            Data(json!({"count": 2})),
        ),
        (
            "member/createMany",
            json!({"data": [{"id": 1, "spaceId": 1}]}),
            201,
            Data(json!({"count": 1})),
        ),
        (
            "task/createMany",
            json!({"data": [{"id": 1, "spaceId": 1}, {"id": 2, "spaceId": 2}]}),
            201,
            Data(json!({"count": 2})),
        ),
        ("space/findMany", json!({}), 200, Data(json!([{"id": 1}]))),
        ("task/findMany", json!({}), 200, Data(json!([{"id": 1}]))),
    ];
    walk(&ann, rows).await;
    for visitor in [&bob, &place.visitor()] {
        let rows = vec![
            ("space/findMany", json!({}), 200, Data(json!([]))),
            ("task/findMany", json!({}), 200, Data(json!([]))),
        ];
        walk(visitor, rows).await;
    }
}
