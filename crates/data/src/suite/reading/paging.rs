//! Source: contract zenstack §3.4.

use hallpass_sql::{Dialect, NullPosition};
use serde_json::json;

use super::{call, column, found, library, refused};
use crate::Operation;

#[tokio::test]
async fn orders() {
    let library = library().await;
    for place in &library.places {
        for (order, expected) in [
            (json!({"id": "desc"}), json!([6, 5, 4, 3, 2, 1])),
            (
                json!([{"done": "desc"}, {"id": "desc"}]),
                json!([6, 4, 2, 5, 3, 1]),
            ),
            (
                json!([{"views": {"sort": "asc", "nulls": "first"}}, {"id": "asc"}]),
                json!([3, 6, 5, 1, 2, 4]),
            ),
            (
                json!([{"views": {"sort": "asc", "nulls": "last"}}, {"id": "asc"}]),
                json!([5, 1, 2, 4, 3, 6]),
            ),
            (
                json!([{"views": {"sort": "desc", "nulls": "first"}}, {"id": "asc"}]),
                json!([3, 6, 2, 4, 1, 5]),
            ),
            (
                json!([{"comments": {"_count": "desc"}}, {"id": "asc"}]),
                json!([1, 4, 2, 3, 5, 6]),
            ),
            (
                json!([{"author": {"email": "desc"}}, {"id": "asc"}]),
                json!(null),
            ),
            (json!([{}, {"id": "asc"}]), json!([1, 2, 3, 4, 5, 6])),
        ] {
            let rows = found(
                place,
                "Post",
                json!({"orderBy": order, "select": {"id": true}}),
            )
            .await;
            let expected = match (
                expected.is_null(),
                place.client.dialect().capability().nulls_ascending,
            ) {
                (false, _) => expected,
                // Post 5 has no author.
                (true, NullPosition::First) => json!([4, 6, 1, 2, 3, 5]),
                (true, NullPosition::Last) => json!([5, 4, 6, 1, 2, 3]),
            };
            assert_eq!(column(&rows, "id"), expected, "{} {order}", place.name);
        }
        let order = json!([{"post": {"author": {"id": "desc"}}}, {"post": {"comments": {"_count": "asc"}}}, {"id": "asc"}]);
        let rows = found(place, "Comment", json!({"orderBy": order})).await;
        assert_eq!(
            column(&rows, "id"),
            json!([4, 5, 3, 1, 2]),
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn pages() {
    let library = library().await;
    for place in &library.places {
        let by_views = json!([{"views": {"sort": "desc", "nulls": "last"}}, {"id": "asc"}]);
        for (args, expected) in [
            (json!({"take": 2}), json!([1, 2])),
            (json!({"take": 0}), json!([])),
            (json!({"skip": 4}), json!([5, 6])),
            (json!({"skip": 1, "take": 2}), json!([2, 3])),
            (json!({"take": -2}), json!([5, 6])),
            (json!({"take": -2, "skip": 1}), json!([4, 5])),
            (json!({"cursor": {"id": 3}}), json!([3, 4, 5, 6])),
            (json!({"cursor": {"id": 3}, "take": 2}), json!([3, 4])),
            (
                json!({"cursor": {"id": 3}, "take": 2, "skip": 1}),
                json!([4, 5]),
            ),
            (json!({"cursor": {"id": 3}, "take": -2}), json!([2, 3])),
            (
                json!({"cursor": {"id": 3}, "take": -2, "skip": 1}),
                json!([1, 2]),
            ),
            (json!({"cursor": {"id": 99}}), json!([])),
            // 2, 4 (20 views), 1 (10), 5 (5), 3, 6 (none)
            (json!({"orderBy": by_views}), json!([2, 4, 1, 5, 3, 6])),
            (
                json!({"orderBy": by_views, "cursor": {"id": 4}}),
                json!([4, 1, 5, 3, 6]),
            ),
            (
                json!({"orderBy": by_views, "cursor": {"id": 5}}),
                json!([5, 3, 6]),
            ),
            (
                json!({"orderBy": by_views, "cursor": {"id": 3}}),
                json!([3, 6]),
            ),
            (
                json!({"orderBy": by_views, "cursor": {"id": 3}, "take": -3}),
                json!([1, 5, 3]),
            ),
            (
                json!({"orderBy": by_views, "cursor": {"id": 99}}),
                json!([]),
            ),
            (
                json!({"orderBy": by_views, "cursor": {"id": 1}, "where": {"done": false}}),
                json!([1, 5, 3]),
            ),
            (
                json!({"orderBy": [{"comments": {"_count": "desc"}}], "cursor": {"id": 2}}),
                json!([2, 3, 5, 6]),
            ),
            (
                json!({"orderBy": [{"author": {"email": "asc"}}], "cursor": {"id": 2}, "where": {"authorId": {"not": null}}}),
                json!([2, 3, 4, 6]),
            ),
        ] {
            let mut whole = args.clone();
            whole["select"] = json!({"id": true});
            if whole.get("orderBy").is_none() {
                whole["orderBy"] = json!({"id": "asc"});
            }
            let rows = found(place, "Post", whole).await;
            assert_eq!(column(&rows, "id"), expected, "{} {args}", place.name);
        }
        // Without an order, a cursor and the end go by the id.
        let rows = found(place, "Post", json!({"cursor": {"id": 5}})).await;
        assert_eq!(column(&rows, "id"), json!([5, 6]), "{}", place.name);
        let rows = found(place, "Post", json!({"take": -1})).await;
        assert_eq!(column(&rows, "id"), json!([6]), "{}", place.name);
        let first = json!({"orderBy": {"id": "desc"}, "take": 1});
        let first = call(&place.client, "Post", Operation::FindFirst, first)
            .await
            .unwrap();
        assert_eq!(first["id"], json!(6), "{}", place.name);
        let cursor = json!({"cursor": {"row_number": {"row": "a", "number": 2}}});
        let rows = found(place, "Seat", cursor).await;
        assert_eq!(
            column(&rows, "label"),
            json!([null, "door"]),
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn distinct_rows() {
    let library = library().await;
    for place in &library.places {
        let args =
            json!({"distinct": ["authorId"], "orderBy": {"id": "desc"}, "select": {"id": true}});
        if place.dialect != Dialect::Postgres {
            let refused = refused(&place.client, "Post", Operation::FindMany, args).await;
            assert!(refused.contains("`distinct` is not supported"), "{refused}");
            continue;
        }
        let rows = found(place, "Post", args).await;
        assert_eq!(column(&rows, "id"), json!([6, 5, 3]));
        let args = json!({"distinct": "views", "orderBy": {"id": "asc"}, "where": {"id": {"gt": 1}}, "take": 2, "skip": 1});
        assert_eq!(
            column(&found(place, "Post", args).await, "id"),
            json!([3, 5])
        );
        let posts = json!({"distinct": ["done"], "orderBy": {"id": "asc"}, "select": {"id": true}});
        let args = json!({"select": {"posts": posts}, "orderBy": {"id": "asc"}});
        let rows = found(place, "User", args).await;
        assert_eq!(
            rows,
            json!([{"posts": [{"id": 1}, {"id": 2}]}, {"posts": [{"id": 4}]}, {"posts": []}])
        );
    }
}
