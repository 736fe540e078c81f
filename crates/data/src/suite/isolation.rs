//! How far transactions are kept apart.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Barrier;

use super::support::{Place, places_of};
use crate::{Client, Error, Isolation, TransactionOptions, field};

const SCHEMA: &str = "
    model Doctor {
      id     Int     @id
      onCall Boolean @default(true)
    }
";

fn at(isolation: Isolation) -> TransactionOptions {
    TransactionOptions {
        isolation: Some(isolation),
        ..TransactionOptions::default()
    }
}

async fn on_call(db: &Client) -> Result<u64, Error> {
    db.count("Doctor")
        .filter(field("onCall").eq(true))
        .run()
        .await
}

/// A doctor goes home where somebody else is on call. The first attempts of both look before either goes.
async fn go_home(
    db: Client,
    isolation: Isolation,
    id: i64,
    both: Option<Arc<Barrier>>,
    attempts: Arc<AtomicU32>,
) -> Result<(), Error> {
    db.transaction_with(at(isolation), async |tx| {
        let others = on_call(&tx).await?;
        if attempts.fetch_add(1, Ordering::SeqCst) < 2
            && let Some(both) = &both
        {
            both.wait().await;
        }
        if others > 1 {
            let home = tx.update("Doctor").filter(field("id").eq(id));
            home.set("onCall", false).run().await?;
        }
        Ok(())
    })
    .await
}

/// How many are on call after both wanted to go, and how often was tried.
async fn both_go_home(place: &Place, isolation: Isolation) -> (u64, u32) {
    let db = &place.client;
    db.delete_many("Doctor").run().await.unwrap();
    for id in [1, 2] {
        db.create("Doctor").set("id", id).run().await.unwrap();
    }
    // Where one transaction writes at a time, the second begins when the first is over.
    let meet = place.dialect.capability().select_for_update;
    let both = meet.then(|| Arc::new(Barrier::new(2)));
    let attempts = Arc::new(AtomicU32::new(0));
    let start = |id| {
        let (both, attempts) = (both.clone(), attempts.clone());
        tokio::spawn(go_home(db.clone(), isolation, id, both, attempts))
    };
    let (one, other) = (start(1), start(2));
    one.await.unwrap().unwrap();
    other.await.unwrap().unwrap();
    (on_call(db).await.unwrap(), attempts.load(Ordering::SeqCst))
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_left_on_call_unless_transactions_are_serializable() {
    for place in places_of(SCHEMA).await.places {
        let isolations = place.dialect.capability().isolations;
        if isolations.contains(&Isolation::ReadCommitted) {
            let (left, _) = both_go_home(&place, Isolation::ReadCommitted).await;
            assert_eq!(left, 0, "{}: each saw the other", place.name);
        }
        let (left, attempts) = both_go_home(&place, Isolation::Serializable).await;
        assert_eq!(left, 1, "{}", place.name);
        let met = place.dialect.capability().select_for_update;
        assert_eq!(
            attempts > 2,
            met,
            "{}: the loser was tried again",
            place.name
        );
    }
}

#[tokio::test]
async fn what_was_read_stays_where_it_is_asked_for() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let next = AtomicU32::new(1);
        for isolation in Isolation::ALL {
            let counts = db
                .transaction_with(at(isolation), async |tx| {
                    let before = on_call(&tx).await?;
                    // Serializable reads of MySQL would hold up the other.
                    if isolation != Isolation::Serializable {
                        let id = next.fetch_add(1, Ordering::SeqCst);
                        db.create("Doctor").set("id", id).run().await?;
                    }
                    Ok::<_, Error>((before, on_call(&tx).await?))
                })
                .await;
            let has = place.dialect.capability().isolations.contains(&isolation);
            match counts {
                Ok((before, after)) => {
                    assert!(has, "{} {isolation}", place.name);
                    let is_seen = isolation == Isolation::ReadCommitted;
                    assert_eq!(after > before, is_seen, "{} {isolation}", place.name);
                }
                Err(Error::NotSupported(told)) => {
                    assert!(!has, "{} {isolation}", place.name);
                    assert!(told.starts_with(isolation.name()), "{told}");
                }
                Err(other) => panic!("{} {isolation}: {other:?}", place.name),
            }
        }
    }
}

#[tokio::test]
async fn a_transaction_inside_cannot_ask_for_more() {
    for place in places_of(SCHEMA).await.places {
        let inside = |outer: Option<Isolation>, inner: Isolation| {
            let options = TransactionOptions {
                isolation: outer,
                limit: None,
            };
            let db = place.client.clone();
            async move {
                let work = async |tx: Client| {
                    tx.transaction_with(at(inner), async |tx| on_call(&tx).await)
                        .await
                };
                db.transaction_with(options, work).await
            }
        };
        let serializable = Isolation::Serializable;
        assert!(inside(Some(serializable), serializable).await.is_ok());
        let alone = place.dialect.capability().isolations.len() == 1;
        let raised = inside(None, serializable).await;
        if alone {
            // Whoever writes is alone, whatever was said.
            assert!(raised.is_ok(), "{}", place.name);
        } else {
            assert!(
                matches!(raised, Err(Error::NotSupported(_))),
                "{}: {raised:?}",
                place.name
            );
        }
        // The next transaction is as usual again.
        assert!(
            place
                .client
                .transaction(async |tx| on_call(&tx).await)
                .await
                .is_ok()
        );
    }
}
