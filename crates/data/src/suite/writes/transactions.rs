use std::time::Duration;

use serde_json::json;

use super::SCHEMA;
use crate::suite::support::{call, places_of};
use crate::{ArgValue, Client, Error, Operation, Reply};

fn args(json: serde_json::Value) -> ArgValue {
    ArgValue::from_json(json).unwrap()
}

#[tokio::test]
async fn several_calls_happen_together_or_not_at_all() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let add = args(json!({"data": {"a": 1, "b": 1}}));
        let change = args(json!({"where": {"a": 1}, "data": {"n": 5}}));
        let calls = [
            ("Pair", Operation::Create, &add),
            ("pair", Operation::UpdateMany, &change),
        ];
        let replies = db.batch(&calls).await.unwrap();
        assert!(
            matches!(&replies[..], [Reply::Record(Some(_)), Reply::Affected(1)]),
            "{}",
            place.name
        );
        let other = args(json!({"data": {"a": 2, "b": 2}}));
        let calls = [
            ("Pair", Operation::Create, &other),
            ("Pair", Operation::Create, &add),
        ];
        let refused = db.batch(&calls).await;
        assert!(
            matches!(refused, Err(Error::Conflict { .. })),
            "{}",
            place.name
        );
        assert_eq!(db.count("Pair").run().await.unwrap(), 1, "{}", place.name);
    }
}

#[tokio::test]
async fn a_transaction_that_takes_too_long_is_undone() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let limit = Duration::from_millis(300);
        let work = async |tx: Client| {
            call(
                &tx,
                "Pair",
                Operation::Create,
                json!({"data": {"a": 1, "b": 1}}),
            )
            .await?;
            std::future::pending::<()>().await;
            Ok::<_, Error>(())
        };
        let late = db.transaction_within(limit, work).await;
        assert!(
            matches!(late, Err(Error::TransactionTooLong { .. })),
            "{}: {late:?}",
            place.name
        );
        assert_eq!(db.count("Pair").run().await.unwrap(), 0, "{}", place.name);
        // The connection is free again.
        let work = async |tx: Client| {
            call(
                &tx,
                "Pair",
                Operation::Create,
                json!({"data": {"a": 1, "b": 1}}),
            )
            .await
        };
        db.transaction_within(Duration::from_secs(20), work)
            .await
            .unwrap();
        assert_eq!(db.count("Pair").run().await.unwrap(), 1, "{}", place.name);
    }
}

#[tokio::test]
async fn keys_that_are_taken_or_lead_nowhere_are_named() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let row = json!({"data": {"email": "ann@example.org"}});
        call(db, "User", Operation::Create, row.clone())
            .await
            .unwrap();
        match call(db, "User", Operation::Create, row).await {
            Err(Error::Conflict { model, fields, .. }) => {
                assert_eq!(
                    (model.as_str(), fields),
                    ("User", vec!["email".to_owned()]),
                    "{}",
                    place.name
                );
            }
            other => panic!("{}: {other:?}", place.name),
        }
        let row = json!({"data": {"a": 1, "b": 1}});
        call(db, "Pair", Operation::Create, row.clone())
            .await
            .unwrap();
        match call(db, "Pair", Operation::Create, row).await {
            Err(Error::Conflict { fields, .. }) => {
                assert_eq!(fields, ["a", "b"], "{}", place.name);
            }
            other => panic!("{}: {other:?}", place.name),
        }
        match call(
            db,
            "Post",
            Operation::Create,
            json!({"data": {"title": "x", "authorId": 99}}),
        )
        .await
        {
            // SQLite does not say which.
            Err(Error::ForeignKey { fields, .. }) => {
                let expected: &[&str] = if place.dialect == hallpass_sql::Dialect::Sqlite {
                    &[]
                } else {
                    &["authorId"]
                };
                assert_eq!(fields, expected, "{}", place.name);
            }
            other => panic!("{}: {other:?}", place.name),
        }
    }
}
