use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hallpass_sql::Dialect;
use tokio::sync::Barrier;

use super::support::{places, todo, user};
use crate::{Client, Error, Rejection, field};

#[tokio::test]
async fn all_of_a_transaction_happens() {
    for place in places().await.places {
        let done = place.client.transaction(async |tx| {
            user(&tx, "ann").await;
            tx.create("Todo")
                .set("userId", "ann")
                .set("content", "milk")
                .run()
                .await?;
            tx.count("Todo").run().await
        });
        assert_eq!(
            done.await.unwrap(),
            1,
            "{}: it sees its own rows",
            place.name
        );
        assert_eq!(
            place.client.count("Todo").run().await.unwrap(),
            1,
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn or_nothing_of_it() {
    #[derive(Debug)]
    enum Refusal {
        Changed,
        Data(Error),
    }
    impl From<Error> for Refusal {
        fn from(error: Error) -> Self {
            Self::Data(error)
        }
    }
    for place in places().await.places {
        let refused: Result<(), _> = place
            .client
            .transaction(async |tx| {
                tx.create("User").set("id", "ann").run().await?;
                Err(Refusal::Changed)
            })
            .await;
        assert!(matches!(refused, Err(Refusal::Changed)));
        let failed: Result<(), _> = place
            .client
            .transaction(async |tx| {
                tx.create("User").set("id", "ann").run().await?;
                tx.create("User").set("id", "ann").run().await?;
                Ok(())
            })
            .await;
        assert!(
            matches!(failed, Err(Refusal::Data(Error::Conflict { .. }))),
            "{}: {failed:?}",
            place.name
        );
        assert_eq!(
            place.client.count("User").run().await.unwrap(),
            0,
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn a_swallowed_failure_does_not_commit_half() {
    for place in places().await.places {
        let result = place.client.transaction(async |tx| {
            tx.create("User").set("id", "ann").run().await?;
            let _ = tx.create("User").set("id", "ann").run().await;
            Ok::<_, Error>(())
        });
        assert!(result.await.is_err(), "{}", place.name);
        assert_eq!(
            place.client.count("User").run().await.unwrap(),
            0,
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn a_transaction_inside_is_part_of_the_outer_one() {
    for place in places().await.places {
        let result: Result<(), Error> = place
            .client
            .transaction(async |tx| {
                tx.transaction(async |inner| {
                    user(&inner, "ann").await;
                    Ok::<_, Error>(())
                })
                .await?;
                Err(Error::TransactionOver)
            })
            .await;
        assert!(result.is_err());
        assert_eq!(
            place.client.count("User").run().await.unwrap(),
            0,
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn a_client_that_outlives_its_transaction_is_refused() {
    for place in places().await.places {
        let kept = place
            .client
            .transaction(async |tx| Ok::<_, Error>(tx))
            .await
            .unwrap();
        let error = kept.count("User").run().await.unwrap_err();
        assert!(
            matches!(error, Error::TransactionOver),
            "{}: {error:?}",
            place.name
        );
    }
}

/// Changes two rows, the second when both transactions have changed their first.
async fn cross(
    db: Client,
    both: Arc<Barrier>,
    attempts: Arc<AtomicU32>,
    first: i64,
    second: i64,
) -> Result<(), Error> {
    db.transaction(async |tx| {
        let attempt = attempts.fetch_add(1, Ordering::SeqCst);
        let set = |id: i64| {
            tx.update("Todo")
                .filter(field("id").eq(id))
                .set("done", true)
                .run()
        };
        set(first).await?;
        if attempt < 2 {
            both.wait().await;
        }
        set(second).await?;
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_tried_again() {
    for place in places().await.places {
        // One transaction at a time cannot meet another.
        if !place.dialect.capability().select_for_update {
            continue;
        }
        let db = &place.client;
        user(db, "ann").await;
        let one: i64 = todo(db, "ann", "one").await.get("id").unwrap();
        let two: i64 = todo(db, "ann", "two").await.get("id").unwrap();
        let (both, attempts) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU32::new(0)));
        let start = |first, second| {
            tokio::spawn(cross(
                db.clone(),
                both.clone(),
                attempts.clone(),
                first,
                second,
            ))
        };
        let (left, right) = (start(one, two), start(two, one));
        left.await.unwrap().unwrap();
        right.await.unwrap().unwrap();
        assert_eq!(
            attempts.load(Ordering::SeqCst),
            3,
            "{}: the loser ran twice",
            place.name
        );
        assert_eq!(
            db.count("Todo")
                .filter(field("done").eq(true))
                .run()
                .await
                .unwrap(),
            2
        );
    }
}

#[tokio::test]
async fn a_transaction_that_nobody_runs_any_more_is_over_for_clients_kept_elsewhere() {
    for place in places().await.places {
        let kept = std::sync::Mutex::new(None);
        let abandoned = place.client.transaction(async |tx| {
            user(&tx, "ann").await;
            *kept.lock().unwrap() = Some(tx);
            std::future::pending::<Result<(), Error>>().await
        });
        let mut abandoned = Box::pin(abandoned);
        while kept.lock().unwrap().is_none() {
            let step = std::time::Duration::from_millis(1);
            let ended = tokio::time::timeout(step, &mut abandoned).await;
            assert!(ended.is_err(), "{}", place.name);
        }
        drop(abandoned);
        let kept = kept.into_inner().unwrap().unwrap();
        let late = kept.count("User").run().await;
        assert!(
            matches!(late, Err(Error::TransactionOver)),
            "{}",
            place.name
        );
        // The connection is free, and SQLite has only this one to write with.
        user(&place.client, "ann").await;
    }
}

#[tokio::test]
async fn statements_of_the_callers_own_are_part_of_it() {
    for place in places().await.places {
        user(&place.client, "ann").await;
        let mark = if place.dialect == Dialect::Postgres {
            "$1"
        } else {
            "?"
        };
        let table = &place.client.schema().model("User").unwrap().table;
        let quote = if matches!(place.dialect, Dialect::MySql | Dialect::MariaDb) {
            '`'
        } else {
            '"'
        };
        let text = format!("UPDATE {quote}{table}{quote} SET name = 'x' WHERE id = {mark}");
        let undone: Result<(), Error> = place
            .client
            .transaction(async |tx| {
                let done = tx.raw(&text, &["ann".into()]).await?;
                assert_eq!(done.affected, 1, "{}", place.name);
                Err(Error::TransactionOver)
            })
            .await;
        assert!(undone.is_err());
        let named = place.client.count("User").filter(field("name").eq("x"));
        assert_eq!(named.run().await.unwrap(), 0, "{}", place.name);
        let of_person = place
            .client
            .for_user(None)
            .raw(&text, &["ann".into()])
            .await;
        let rejection = Rejection::Other;
        assert!(
            matches!(of_person, Err(Error::Rejected { rejection: found, .. }) if found == rejection),
            "{}: {of_person:?}",
            place.name
        );
    }
}
