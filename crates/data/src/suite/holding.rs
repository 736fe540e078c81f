//! Writers that hold a name take turns.

use tokio::task::JoinSet;

use super::support::places_of;
use crate::{Error, field};

const SCHEMA: &str =
    "model Seat { id Int @id @default(autoincrement()) row String @@index([row]) }";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_writers_that_look_first_one_writes() {
    for place in places_of(SCHEMA).await.places {
        if !place.client.can_hold() {
            let held = place
                .client
                .transaction(async |tx| tx.hold("row a").await)
                .await;
            assert!(matches!(held, Err(Error::Unsupported(_))), "{}", place.name);
            continue;
        }
        let mut takers = JoinSet::new();
        for _ in 0..20 {
            let client = place.client.clone();
            takers.spawn(async move {
                let take = async |tx: crate::Client| {
                    tx.hold("row a").await?;
                    let taken = tx.count("Seat").filter(field("row").eq("a")).run().await?;
                    if taken == 0 {
                        tx.create("Seat").set("row", "a").run().await?;
                    }
                    Ok::<_, Error>(taken == 0)
                };
                client.transaction(take).await.unwrap()
            });
        }
        let won = takers
            .join_all()
            .await
            .into_iter()
            .filter(|won| *won)
            .count();
        assert_eq!(won, 1, "{}", place.name);
        let outside = place.client.hold("row a").await;
        assert!(
            matches!(outside, Err(Error::TransactionOver)),
            "{}",
            place.name
        );
    }
}
