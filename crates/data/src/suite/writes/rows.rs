use serde_json::json;

use super::SCHEMA;
use crate::suite::support::{call, places_of};
use crate::{Error, Operation};

#[tokio::test]
async fn a_row_is_added_changed_and_removed() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let args = json!({"data": {"email": "ann@example.org", "name": null}});
        let ann = call(db, "user", Operation::Create, args).await.unwrap();
        assert_eq!(ann["email"], "ann@example.org", "{}", place.name);
        assert_eq!(ann["role"], "USER");
        let args = json!({
            "where": {"email": "ann@example.org"},
            "data": {"name": "Ann", "role": "ADMIN"},
        });
        let changed = call(db, "User", Operation::Update, args).await.unwrap();
        assert_eq!(changed["name"], "Ann");
        assert_eq!(changed["role"], "ADMIN");
        assert_ne!(changed["seen"], ann["seen"], "{}", place.name);
        let args = json!({"where": {"id": ann["id"]}});
        let removed = call(db, "User", Operation::Delete, args.clone())
            .await
            .unwrap();
        assert_eq!(removed, changed, "{}", place.name);
        for (operation, args) in [
            (Operation::Delete, args.clone()),
            (
                Operation::Update,
                json!({"where": {"id": 1}, "data": {"name": "x"}}),
            ),
            (Operation::Update, json!({"where": {"id": 1}, "data": {}})),
        ] {
            let gone = call(db, "User", operation, args).await;
            assert!(
                matches!(gone, Err(Error::NotFound { .. })),
                "{}",
                place.name
            );
        }
    }
}

#[tokio::test]
async fn rows_are_added_at_once() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let args = json!({"data": [
            {"a": 1, "b": 1},
            {"a": 1, "b": 2, "n": 5},
            {"a": 2, "b": 1},
        ]});
        let count = call(db, "Pair", Operation::CreateMany, args.clone())
            .await
            .unwrap();
        assert_eq!(count, json!({"count": 3}), "{}", place.name);
        let again = call(db, "Pair", Operation::CreateMany, args).await;
        assert!(
            matches!(again, Err(Error::Conflict { .. })),
            "{}",
            place.name
        );
        let args = json!({"data": [{"a": 1, "b": 1}, {"a": 3, "b": 3}], "skipDuplicates": true});
        let count = call(db, "Pair", Operation::CreateMany, args).await.unwrap();
        assert_eq!(count, json!({"count": 1}), "{}", place.name);
        assert_eq!(db.count("Pair").run().await.unwrap(), 4);
        let one = json!({"data": {"a": 9, "b": 9}});
        let count = call(db, "Pair", Operation::CreateMany, one).await.unwrap();
        assert_eq!(count, json!({"count": 1}));
        let none = call(db, "Pair", Operation::CreateMany, json!({"data": []}))
            .await
            .unwrap();
        assert_eq!(none, json!({"count": 0}), "{}", place.name);
    }
}

#[tokio::test]
async fn rows_that_are_added_come_back() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let args = json!({"data": [{"email": "a@x.org"}, {"email": "b@x.org", "name": "b"}]});
        let added = call(db, "User", Operation::CreateManyAndReturn, args).await;
        if !place.dialect.capability().insert_returning {
            assert!(
                matches!(added, Err(Error::NotSupported(_))),
                "{}",
                place.name
            );
            continue;
        }
        let added = added.unwrap();
        assert_eq!(added[0]["email"], "a@x.org", "{}", place.name);
        assert_eq!(added[1]["name"], "b");
        let args =
            json!({"data": [{"email": "b@x.org"}, {"email": "c@x.org"}], "skipDuplicates": true});
        let added = call(db, "User", Operation::CreateManyAndReturn, args).await;
        if place.dialect.capability().update_returning {
            let added = added.unwrap();
            assert_eq!(added.as_array().unwrap().len(), 1, "{}", place.name);
            assert_eq!(added[0]["email"], "c@x.org");
        } else {
            assert!(
                matches!(added, Err(Error::NotSupported(_))),
                "{}",
                place.name
            );
        }
    }
}

#[tokio::test]
async fn many_rows_are_changed_and_removed_up_to_a_limit() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let rows: Vec<_> = (1..=5).map(|b| json!({"a": 1, "b": b})).collect();
        call(db, "Pair", Operation::CreateMany, json!({"data": rows}))
            .await
            .unwrap();
        let args = json!({"where": {"a": 1}, "data": {"n": {"increment": 2}}, "limit": 2});
        let count = call(db, "Pair", Operation::UpdateMany, args).await.unwrap();
        assert_eq!(count, json!({"count": 2}), "{}", place.name);
        let args = json!({"where": {"n": 2}, "data": {"n": {"multiply": 3}}});
        let rows = call(db, "Pair", Operation::UpdateManyAndReturn, args)
            .await
            .unwrap();
        assert_eq!(rows.as_array().unwrap().len(), 2, "{}", place.name);
        assert_eq!(rows[0]["n"], 6);
        let args = json!({"where": {"n": 0}, "limit": 2});
        let count = call(db, "Pair", Operation::DeleteMany, args).await.unwrap();
        assert_eq!(count, json!({"count": 2}), "{}", place.name);
        let args = json!({"limit": 0});
        let count = call(db, "Pair", Operation::DeleteMany, args).await.unwrap();
        assert_eq!(count, json!({"count": 0}), "{}", place.name);
        let count = call(db, "Pair", Operation::DeleteMany, json!({}))
            .await
            .unwrap();
        assert_eq!(count, json!({"count": 3}), "{}: everything", place.name);
        let args = json!({"data": {}});
        let count = call(db, "Pair", Operation::UpdateMany, args).await.unwrap();
        assert_eq!(count, json!({"count": 0}));
    }
}

#[tokio::test]
async fn a_row_is_changed_or_added() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        for (expected, times) in [(None, 1), (Some("again"), 1), (Some("again"), 1)] {
            let args = json!({
                "where": {"email": "ann@example.org"},
                "create": {"email": "ann@example.org"},
                "update": {"name": "again"},
            });
            let ann = call(db, "User", Operation::Upsert, args).await.unwrap();
            assert_eq!(ann["name"].as_str(), expected, "{}", place.name);
            assert_eq!(db.count("User").run().await.unwrap(), times);
        }
    }
}

/// Every one of many who add the same row at the same moment gets it.
#[tokio::test(flavor = "multi_thread")]
async fn parallel_upserts_of_one_row_all_succeed() {
    for place in places_of(SCHEMA).await.places {
        let tasks: Vec<_> = (0..6)
            .map(|number| {
                let db = place.client.clone();
                tokio::spawn(async move {
                    let args = json!({
                        "where": {"email": "ann@example.org"},
                        "create": {"email": "ann@example.org"},
                        "update": {"name": format!("{number}")},
                    });
                    call(&db, "User", Operation::Upsert, args).await
                })
            })
            .collect();
        for task in tasks {
            let written = task.await.unwrap();
            assert!(written.is_ok(), "{}: {written:?}", place.name);
        }
        assert_eq!(place.client.count("User").run().await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_key_that_changes_names_the_row_that_comes_back() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let args = json!({"data": {"a": 1, "b": 1}});
        call(db, "Pair", Operation::Create, args).await.unwrap();
        let args = json!({"where": {"a": 1}, "data": {"a": 7, "b": {"increment": 1}}});
        let rows = call(db, "Pair", Operation::UpdateManyAndReturn, args)
            .await
            .unwrap();
        assert_eq!(rows, json!([{"a": 7, "b": 2, "n": 0}]), "{}", place.name);
    }
}
