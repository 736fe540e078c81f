use std::sync::Arc;
use std::time::Duration;

use hallpass_db::Database;

use super::support::{SCHEMA, options as support_options, places, schema, user};
use crate::{Client, Error, field};

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_consumers_exactly_one_gets_the_row() {
    for place in places().await.places {
        let db = &place.client;
        let create = db
            .create("Token")
            .set("identifier", "a")
            .set("token", "t")
            .set("expires", "2026-01-01T00:00:00Z");
        create.run().await.unwrap();
        let consumers = (0..50).map(|_| {
            let db = db.clone();
            let key = field("identifier")
                .exactly("a")
                .and(field("token").exactly("t"));
            tokio::spawn(async move { db.delete("Token").filter(key).run().await })
        });
        let mut winners = 0;
        for consumer in consumers.collect::<Vec<_>>() {
            let row = consumer
                .await
                .unwrap()
                .unwrap_or_else(|error| panic!("{}: {error:?}", place.name));
            winners += usize::from(row.is_some());
        }
        assert_eq!(winners, 1, "{}", place.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_changes_with_a_condition_exactly_one_wins() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        let claims = (0..50).map(|number| {
            let db = db.clone();
            let free = field("id").eq("ann").and(field("name").is_null());
            tokio::spawn(async move {
                db.update("User")
                    .filter(free)
                    .set("name", number.to_string())
                    .run()
                    .await
            })
        });
        let mut winners = Vec::new();
        for claim in claims.collect::<Vec<_>>() {
            let row = claim
                .await
                .unwrap()
                .unwrap_or_else(|error| panic!("{}: {error:?}", place.name));
            winners.extend(row.map(|row| row.get::<String>("name").unwrap()));
        }
        assert_eq!(winners.len(), 1, "{}", place.name);
        let stored = db.find_first("User").run().await.unwrap().unwrap();
        assert_eq!(
            stored.get::<&str>("name"),
            Ok(&*winners[0]),
            "{}",
            place.name
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_new_rows_with_one_key_exactly_one_is_kept() {
    for place in places().await.places {
        let db = &place.client;
        let creations = (0..20).map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                db.create("User")
                    .set("email", "ann@example.org")
                    .run()
                    .await
            })
        });
        let mut made = 0;
        for creation in creations.collect::<Vec<_>>() {
            match creation.await.unwrap() {
                Ok(_) => made += 1,
                Err(Error::Conflict { .. }) => {}
                Err(error) => panic!("{}: {error:?}", place.name),
            }
        }
        assert_eq!(made, 1, "{}", place.name);
        assert_eq!(db.count("User").run().await.unwrap(), 1);
    }
}

/// Each attempt waits for the file by itself, so the number of attempts alone would be no bound.
#[tokio::test]
async fn a_file_that_another_program_holds_is_waited_for_a_bounded_time() {
    let test = hallpass_db::testing::sqlite().await;
    let options = hallpass_db::Options {
        acquire_timeout: Duration::from_millis(500),
        ..hallpass_db::Options::default()
    };
    let database = Database::connect(&test.address, options).await.unwrap();
    let schema = Arc::new(schema(SCHEMA));
    let db = Client::new(database, schema, support_options()).unwrap();
    db.create_missing_tables().await.unwrap();
    let other_program = test.database.begin().await.unwrap();
    for in_transaction in [false, true] {
        let write = async {
            if in_transaction {
                db.transaction(async |tx| tx.delete_many("Token").run().await)
                    .await
            } else {
                db.delete_many("Token").run().await
            }
        };
        let result = tokio::time::timeout(Duration::from_secs(4), write).await;
        let error = result.expect("ten attempts take five seconds").unwrap_err();
        assert!(
            matches!(error, Error::Contention(_) | Error::Unavailable(_)),
            "{error:?}"
        );
    }
    other_program.rollback().await.unwrap();
    db.delete_many("Token").run().await.unwrap();
}
