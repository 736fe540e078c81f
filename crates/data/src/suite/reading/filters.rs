//! Source: contract zenstack §3.2.

use hallpass_sql::Dialect;
use serde_json::json;

use super::{call, found, ids, library};
use crate::Operation;

#[tokio::test]
async fn operators_of_fields() {
    let library = library().await;
    for place in &library.places {
        for (filter, expected) in [
            (json!({}), json!([1, 2, 3, 4, 5, 6])),
            (json!({"id": 2}), json!([2])),
            (json!({"views": null}), json!([3, 6])),
            (json!({"views": {"equals": null}}), json!([3, 6])),
            (json!({"views": {"not": null}}), json!([1, 2, 4, 5])),
            (json!({"views": {"equals": 20}}), json!([2, 4])),
            // What is excluded leaves out nulls as well.
            (json!({"views": {"not": 20}}), json!([1, 5])),
            (json!({"views": {"not": {"equals": 20}}}), json!([1, 5])),
            (
                json!({"views": {"not": {"gt": 5, "lt": 20}}}),
                json!([2, 4, 5]),
            ),
            (json!({"views": {"in": [5, 10]}}), json!([1, 5])),
            (json!({"views": {"in": []}}), json!([])),
            (json!({"views": {"notIn": [5, 10]}}), json!([2, 4])),
            (json!({"views": {"notIn": []}}), json!([1, 2, 3, 4, 5, 6])),
            (json!({"views": {"lt": 10}}), json!([5])),
            (json!({"views": {"lte": 10}}), json!([1, 5])),
            (json!({"views": {"gt": 10}}), json!([2, 4])),
            (json!({"views": {"gte": 10, "lt": 20}}), json!([1])),
            (json!({"views": {"between": [5, 10]}}), json!([1, 5])),
            (json!({"views": {"between": [10, 5]}}), json!([])),
            (json!({"views": {}}), json!([1, 2, 3, 4, 5, 6])),
            (json!({"title": {"contains": "50%"}}), json!([2])),
            (json!({"title": {"contains": "%"}}), json!([2])),
            (json!({"title": {"contains": "_"}}), json!([3])),
            (
                json!({"title": {"contains": ""}}),
                json!([1, 2, 3, 4, 5, 6]),
            ),
            (json!({"title": {"startsWith": "eps"}}), json!([5])),
            (json!({"title": {"endsWith": "silon"}}), json!([5])),
            (
                json!({"title": {"in": ["delta", "epsilon", "nope"]}}),
                json!([4, 5]),
            ),
            (json!({"done": true}), json!([2, 4, 6])),
            (json!({"done": {"not": true}}), json!([1, 3, 5])),
            (json!({"id": 2, "views": 20}), json!([2])),
            (json!({"id": 1, "views": 20}), json!([])),
        ] {
            assert_eq!(
                ids(place, "Post", filter.clone()).await,
                expected,
                "{} {filter}",
                place.name
            );
        }
        for (filter, expected) in [
            (json!({"role": "ADMIN"}), json!([1])),
            (json!({"role": {"in": ["USER", "ADMIN"]}}), json!([1, 2, 3])),
            (json!({"role": {"notIn": ["USER"]}}), json!([1])),
            (json!({"role": {"not": "ADMIN"}}), json!([2, 3])),
            // What is left out of rows can be asked for.
            (json!({"secret": "s2"}), json!([2])),
        ] {
            assert_eq!(
                ids(place, "User", filter.clone()).await,
                expected,
                "{} {filter}",
                place.name
            );
        }
    }
}

#[tokio::test]
async fn logic() {
    let library = library().await;
    let (one, twenty) = (json!({"id": 1}), json!({"views": 20}));
    for place in &library.places {
        for (filter, expected) in [
            (json!({"AND": {"id": 1}}), json!([1])),
            (json!({"AND": [one, twenty]}), json!([])),
            (json!({"AND": []}), json!([1, 2, 3, 4, 5, 6])),
            (json!({"OR": [one, twenty]}), json!([1, 2, 4])),
            (json!({"OR": []}), json!([])),
            (json!({"OR": [{}]}), json!([])),
            (json!({"OR": [{}, {"id": 1}]}), json!([1])),
            (json!({"NOT": []}), json!([1, 2, 3, 4, 5, 6])),
            (json!({"NOT": {}}), json!([1, 2, 3, 4, 5, 6])),
            (json!({"NOT": {"id": 1}}), json!([2, 3, 4, 5, 6])),
            // Both, not either; and nulls are in neither.
            (
                json!({"NOT": [{"id": {"lt": 4}}, {"views": 20}]}),
                json!([1, 4, 5, 6]),
            ),
            (json!({"NOT": {"views": 20}}), json!([1, 5])),
            (json!({"NOT": {"NOT": {"views": 20}}}), json!([2, 4])),
            (
                json!({"OR": [one, {"AND": [{"id": {"gt": 1}}, {"OR": [twenty]}]}]}),
                json!([1, 2, 4]),
            ),
            (
                json!({"id": {"gt": 1}, "OR": [one, twenty], "NOT": {"id": 4}}),
                json!([2]),
            ),
        ] {
            assert_eq!(
                ids(place, "Post", filter.clone()).await,
                expected,
                "{} {filter}",
                place.name
            );
        }
    }
}

#[tokio::test]
async fn relations() {
    let library = library().await;
    for place in &library.places {
        for (filter, expected) in [
            (json!({"author": {"name": "Ann"}}), json!([1, 2, 3])),
            (json!({"author": {}}), json!([1, 2, 3, 4, 6])),
            (json!({"author": {"is": {"name": "Ann"}}}), json!([1, 2, 3])),
            (
                json!({"author": {"isNot": {"name": "Ann"}}}),
                json!([4, 5, 6]),
            ),
            (json!({"author": {"is": null}}), json!([5])),
            (json!({"author": {"isNot": null}}), json!([1, 2, 3, 4, 6])),
            (json!({"author": null}), json!([5])),
            (
                json!({"author": {"is": {"id": {"gt": 1}}, "isNot": {"name": "Ann"}}}),
                json!([4, 6]),
            ),
            (
                json!({"author": {"profile": {"bio": "hello"}}}),
                json!([1, 2, 3]),
            ),
            (
                json!({"author": {"posts": {"some": {"id": 4}}}}),
                json!([4, 6]),
            ),
            (json!({"comments": {"some": {}}}), json!([1, 2, 4])),
            (json!({"comments": {"some": {"text": "y"}}}), json!([1])),
            (
                json!({"comments": {"none": {"text": "x"}}}),
                json!([3, 5, 6]),
            ),
            (
                json!({"comments": {"every": {"text": "x"}}}),
                json!([2, 3, 5, 6]),
            ),
            (
                json!({"comments": {"every": {"text": "x"}, "some": {}}}),
                json!([2]),
            ),
            (json!({"comments": {}}), json!([1, 2, 3, 4, 5, 6])),
            (
                json!({"author": {"name": "Ann"}, "reviewer": {"name": "bob"}}),
                json!([1]),
            ),
            (
                json!({"NOT": {"author": {"name": "Ann"}}}),
                json!([4, 5, 6]),
            ),
        ] {
            assert_eq!(
                ids(place, "Post", filter.clone()).await,
                expected,
                "{} {filter}",
                place.name
            );
        }
        for (filter, expected) in [
            (json!({"profile": null}), json!([2, 3])),
            (json!({"profile": {"is": null}}), json!([2, 3])),
            (json!({"profile": {"bio": "hello"}}), json!([1])),
            (json!({"posts": {"none": {}}}), json!([3])),
            // A row of which nothing is known does not break `every`.
            (
                json!({"posts": {"every": {"views": {"gte": 10}}}}),
                json!([1, 2, 3]),
            ),
        ] {
            assert_eq!(
                ids(place, "User", filter.clone()).await,
                expected,
                "{} {filter}",
                place.name
            );
        }
        let seated = json!({"seat": {"label": "window"}});
        assert_eq!(
            ids(place, "Ticket", seated).await,
            json!([1, 2]),
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn case_of_letters() {
    let library = library().await;
    for place in &library.places {
        let is_postgres = place.dialect == Dialect::Postgres;
        let contains = ids(place, "Post", json!({"title": {"contains": "alpha"}})).await;
        let expected = if is_postgres {
            json!([6])
        } else {
            json!([1, 6])
        };
        assert_eq!(contains, expected, "{}", place.name);
        let filters = [
            json!({"contains": "ALPHA", "mode": "insensitive"}),
            json!({"startsWith": "aLpha", "mode": "insensitive"}),
            json!({"in": ["ALPHA", "AlphaBet"], "mode": "insensitive"}),
        ];
        for filter in filters {
            let args = json!({"where": {"title": filter}, "orderBy": {"id": "asc"}});
            let result = call(&place.client, "Post", Operation::FindMany, args).await;
            if is_postgres {
                let found = super::column(&result.unwrap(), "id");
                assert_eq!(found, json!([1, 6]), "{filter}");
            } else {
                let refused = result.unwrap_err().to_string();
                assert!(
                    refused.contains("Unrecognized key: \"mode\""),
                    "{} {refused}",
                    place.name
                );
            }
        }
    }
}

#[tokio::test]
async fn unique_keys() {
    let library = library().await;
    for place in &library.places {
        let db = &place.client;
        for (model, filter, expected) in [
            ("User", json!({"id": 2}), json!(2)),
            ("User", json!({"email": "bob@example.org"}), json!(2)),
            ("User", json!({"id": {"equals": 2}}), json!(2)),
            ("User", json!({"id": 2, "name": "bob"}), json!(2)),
            ("User", json!({"id": 2, "name": "Ann"}), json!(null)),
            (
                "User",
                json!({"id": 2, "NOT": {"name": "bob"}}),
                json!(null),
            ),
            ("User", json!({"id": 9}), json!(null)),
            ("Profile", json!({"userId": 1}), json!(7)),
        ] {
            let args = json!({"where": filter});
            let found = call(db, model, Operation::FindUnique, args).await.unwrap();
            assert_eq!(found["id"], expected, "{} {filter}", place.name);
        }
        for (filter, label) in [
            (
                json!({"row_number": {"row": "a", "number": 1}}),
                json!("window"),
            ),
            (json!({"row": "a", "number": 2}), json!(null)),
            (
                json!({"labelled": {"label": "door", "number": 1}}),
                json!("door"),
            ),
        ] {
            let args = json!({"where": filter});
            let found = call(db, "Seat", Operation::FindUnique, args).await.unwrap();
            assert_eq!(found["label"], label, "{} {filter}", place.name);
            assert!(found.is_object());
        }
        let missing = json!({"where": {"id": 9}});
        for operation in [Operation::FindUniqueOrThrow, Operation::FindFirstOrThrow] {
            let refused = super::refused(db, "User", operation, missing.clone()).await;
            assert_eq!(refused, "Record not found");
        }
        let there = call(db, "user", Operation::Exists, json!({"where": {"id": 1}})).await;
        assert_eq!(there.unwrap(), json!(true));
        let there = call(db, "user", Operation::Exists, missing).await;
        assert_eq!(there.unwrap(), json!(false));
        assert_eq!(
            call(db, "User", Operation::Exists, json!({}))
                .await
                .unwrap(),
            json!(true)
        );
    }
}

#[tokio::test]
async fn long_lists_and_many_conditions() {
    let library = library().await;
    for place in &library.places {
        let many: Vec<_> = (1..2000).collect();
        let filter = json!({"id": {"in": many}});
        assert_eq!(
            ids(place, "Comment", filter).await,
            json!([1, 2, 3, 4, 5]),
            "{}",
            place.name
        );
        let any: Vec<_> = (2..3000).map(|id| json!({"id": id})).collect();
        let filter = json!({"OR": any});
        assert_eq!(
            ids(place, "Comment", filter).await,
            json!([2, 3, 4, 5]),
            "{}",
            place.name
        );
        let deep = (0..20).fold(json!({"id": 1}), |inner, _| json!({"AND": [inner]}));
        assert_eq!(
            ids(place, "Comment", deep).await,
            json!([1]),
            "{}",
            place.name
        );
        let round = (0..10).fold(
            json!({"id": 1}),
            |inner, _| json!({"post": {"comments": {"some": inner}}}),
        );
        assert_eq!(
            ids(place, "Comment", round).await,
            json!([1, 2]),
            "{}",
            place.name
        );
        let rows = found(place, "User", json!({"take": 1, "orderBy": {"id": "asc"}})).await;
        assert_eq!(rows[0].get("secret"), None, "{}", place.name);
    }
}
