//! Source: contract zenstack §2.9 (`@omit`) and §3.3.

use serde_json::{Value as Json, json};

use super::{found, library};
use crate::suite::support::Place;

async fn first(place: &Place, model: &str, id: i32, mut args: Json) -> Json {
    args["where"] = json!({"id": id});
    found(place, model, args).await[0].take()
}

#[tokio::test]
async fn select_include_and_omit() {
    let library = library().await;
    for place in &library.places {
        for (args, expected) in [
            (json!({"select": {"id": true}}), json!({"id": 1})),
            (
                json!({"select": {"id": true, "name": false}}),
                json!({"id": 1}),
            ),
            (json!({"select": {"secret": true}}), json!({"secret": "s1"})),
            (
                json!({}),
                json!({"id": 1, "email": "ann@example.org", "name": "Ann", "role": "ADMIN"}),
            ),
            (
                json!({"omit": {"email": true, "role": true}}),
                json!({"id": 1, "name": "Ann"}),
            ),
            (
                json!({"omit": {"email": true, "role": true, "secret": false}}),
                json!({"id": 1, "name": "Ann", "secret": "s1"}),
            ),
            (
                json!({"omit": {"email": true, "role": true}, "include": {"profile": true}}),
                json!({"id": 1, "name": "Ann", "profile": {"id": 7, "bio": "hello", "userId": 1}}),
            ),
            (
                json!({"select": {"profile": {"select": {"bio": true}}}}),
                json!({"profile": {"bio": "hello"}}),
            ),
            (
                json!({"select": {"profile": {"select": {"user": {"select": {"id": true}}}}}}),
                json!({"profile": {"user": {"id": 1}}}),
            ),
            (
                json!({"select": {"posts": {"select": {"id": true}, "orderBy": {"id": "desc"}}}}),
                json!({"posts": [{"id": 3}, {"id": 2}, {"id": 1}]}),
            ),
            (
                json!({"select": {"profile": {"select": {"user": {"select": {
                    "posts": {"select": {"id": true}, "orderBy": {"id": "asc"}}}}}}}}),
                json!({"profile": {"user": {"posts": [{"id": 1}, {"id": 2}, {"id": 3}]}}}),
            ),
            (
                json!({"select": {"id": true, "_count": {"select": {"posts": true, "reviews": true}}}}),
                json!({"id": 1, "_count": {"posts": 3, "reviews": 1}}),
            ),
            (
                json!({"select": {"_count": {"select": {"posts": {"where": {"views": {"gt": 5}}}}}}}),
                json!({"_count": {"posts": 2}}),
            ),
            (
                json!({"select": {"_count": true}}),
                json!({"_count": {"posts": 3, "reviews": 1}}),
            ),
        ] {
            assert_eq!(
                first(place, "User", 1, args.clone()).await,
                expected,
                "{} {args}",
                place.name
            );
        }
        for (id, args, expected) in [
            (
                5,
                json!({"select": {"author": true}}),
                json!({"author": null}),
            ),
            (
                1,
                json!({"select": {"author": {"where": {"name": "bob"}, "select": {"id": true}}}}),
                json!({"author": null}),
            ),
            (
                4,
                json!({"select": {"author": {"where": {"name": "bob"}, "select": {"id": true}}}}),
                json!({"author": {"id": 2}}),
            ),
            (
                5,
                json!({"select": {"author": {"include": {"posts": true}}, "comments": true}}),
                json!({"author": null, "comments": []}),
            ),
        ] {
            assert_eq!(
                first(place, "Post", id, args.clone()).await,
                expected,
                "{} {args}",
                place.name
            );
        }
    }
}

#[tokio::test]
async fn related_rows_filtered_sorted_and_paged() {
    let library = library().await;
    for place in &library.places {
        for (posts, expected) in [
            (json!({}), json!([[1, 2, 3], [4, 6], []])),
            (json!({"where": {"views": 20}}), json!([[2], [4], []])),
            (
                json!({"where": {"author": {"name": "Ann"}}}),
                json!([[1, 2, 3], [], []]),
            ),
            (
                json!({"orderBy": {"id": "desc"}}),
                json!([[3, 2, 1], [6, 4], []]),
            ),
            (json!({"take": 1}), json!([[1], [4], []])),
            (json!({"take": 0}), json!([[], [], []])),
            (json!({"skip": 1}), json!([[2, 3], [6], []])),
            (json!({"skip": 1, "take": 1}), json!([[2], [6], []])),
            (json!({"take": -2}), json!([[2, 3], [4, 6], []])),
            (json!({"take": -1, "skip": 1}), json!([[2], [4], []])),
            (json!({"cursor": {"id": 2}}), json!([[2, 3], [4, 6], []])),
            (
                json!({"cursor": {"id": 2}, "take": 1}),
                json!([[2], [4], []]),
            ),
            (json!({"cursor": {"id": 9}}), json!([[], [], []])),
            (
                json!({"orderBy": {"author": {"name": "desc"}}, "where": {"id": {"gt": 3}}}),
                json!([[], [4, 6], []]),
            ),
        ] {
            let mut posts = posts;
            posts["select"] = json!({"id": true});
            if posts.get("orderBy").is_none() {
                posts["orderBy"] = json!({"id": "asc"});
            }
            let args = json!({"select": {"posts": posts}, "orderBy": {"id": "asc"}});
            let rows = found(place, "User", args.clone()).await;
            let rows = rows.as_array().unwrap().iter();
            let got: Json = rows.map(|row| super::column(&row["posts"], "id")).collect();
            assert_eq!(got, expected, "{} {args}", place.name);
        }
    }
}

#[tokio::test]
async fn relations_nest() {
    let library = library().await;
    for place in &library.places {
        let comments = json!({"orderBy": {"id": "desc"}, "take": 1, "select": {
            "id": true, "post": {"select": {"title": true, "author": {"select": {"name": true}}}}}});
        let posts = json!({"orderBy": {"id": "asc"}, "select": {
            "id": true, "_count": {"select": {"comments": true}}, "comments": comments,
            "reviewer": {"select": {"name": true, "posts": {"select": {"id": true}, "orderBy": {"id": "asc"}}}}}});
        let args = json!({"select": {"name": true, "posts": posts}, "orderBy": {"id": "asc"}});
        let rows = found(place, "User", args).await;
        let of_ann = |title: &str| json!({"title": title, "author": {"name": "Ann"}});
        let expected = json!([
            {"name": "Ann", "posts": [
                {"id": 1, "comments": [{"id": 2, "post": of_ann("Alpha")}],
                 "reviewer": {"name": "bob", "posts": [{"id": 4}, {"id": 6}]}, "_count": {"comments": 2}},
                {"id": 2, "comments": [{"id": 3, "post": of_ann("beta 50%")}], "reviewer": null,
                 "_count": {"comments": 1}},
                {"id": 3, "comments": [], "reviewer": {"name": null, "posts": []}, "_count": {"comments": 0}},
            ]},
            {"name": "bob", "posts": [
                {"id": 4, "comments": [{"id": 5, "post": {"title": "delta", "author": {"name": "bob"}}}],
                 "reviewer": {"name": "Ann", "posts": [{"id": 1}, {"id": 2}, {"id": 3}]}, "_count": {"comments": 2}},
                {"id": 6, "comments": [], "reviewer": null, "_count": {"comments": 0}},
            ]},
            {"name": null, "posts": []},
        ]);
        assert_eq!(rows, expected, "{}", place.name);
    }
}

#[tokio::test]
async fn rows_of_compound_keys() {
    let library = library().await;
    for place in &library.places {
        let args = json!({
            "select": {"label": true, "tickets": {"select": {"id": true}, "orderBy": {"id": "asc"}}},
            "orderBy": [{"row": "asc"}, {"number": "asc"}],
        });
        let expected = json!([
            {"label": "window", "tickets": [{"id": 1}, {"id": 2}]},
            {"label": null, "tickets": []},
            {"label": "door", "tickets": [{"id": 3}]},
        ]);
        assert_eq!(found(place, "Seat", args).await, expected, "{}", place.name);
        let args = json!({"select": {"seat": {"select": {"label": true}}}, "orderBy": {"id": "desc"}, "take": 1});
        let expected = json!([{"seat": {"label": "door"}}]);
        assert_eq!(
            found(place, "Ticket", args).await,
            expected,
            "{}",
            place.name
        );
    }
}
