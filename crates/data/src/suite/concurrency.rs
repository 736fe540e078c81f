use super::support::{places, user};
use crate::{Error, field};

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
