//! What a client of a person may be made to do beside operations on rows, and whose it stays.

use serde_json::{Value as Json, json};

use super::support::person;
use crate::suite::support::{call, places_of};
use crate::{Client, Error, Operation, Rejection, RuleOperation, field};

const SCHEMA: &str = "
    model User { id String @id  notes Note[]  @@allow('all', true) }
    model Note {
      id      Int    @id
      ownerId String
      owner   User   @relation(fields: [ownerId], references: [id])
      @@allow('all', auth() == owner)
    }
";

fn of(db: &Client, id: &str) -> Client {
    db.for_user(person(json!({"id": id})))
}

fn is_refused<T>(result: &Result<T, Error>) -> bool {
    let expected = Rejection::Other;
    matches!(result, Err(Error::Rejected { rejection, .. }) if *rejection == expected)
}

#[tokio::test]
async fn a_client_of_a_person_makes_none_of_another() {
    for place in places_of(SCHEMA).await.places {
        let (db, name) = (&place.client, place.name);
        db.create("User").set("id", "ann").run().await.unwrap();
        let note = db.create("Note").set("id", 1).set("ownerId", "ann");
        note.run().await.unwrap();
        let eve = of(db, "eve");
        for other in [
            of(&eve, "ann"),
            eve.for_user(None),
            of(&of(&eve, "eve"), "ann"),
        ] {
            let read = call(&other, "Note", Operation::FindMany, json!({})).await;
            assert!(is_refused(&read), "{name}: {read:?}");
            // Not even what everybody may do.
            let made = json!({"data": {"id": "eve"}});
            let made = call(&other, "User", Operation::Create, made).await;
            assert!(is_refused(&made), "{name}: {made:?}");
            assert!(is_refused(&other.count("User").run().await), "{name}");
            let first = other.find_unique("User").filter(field("id").eq("ann"));
            assert!(is_refused(&first.run().await), "{name}");
            let why = other.explain("User", RuleOperation::Read, None).await;
            assert!(is_refused(&why), "{name}");
            let inside: Result<Json, Error> = other
                .transaction(async |tx| call(&tx, "User", Operation::FindMany, json!({})).await)
                .await;
            assert!(is_refused(&inside), "{name}: {inside:?}");
        }
        let inside: Result<Json, Error> = eve
            .transaction(async |tx| {
                call(&of(&tx, "ann"), "Note", Operation::FindMany, json!({})).await
            })
            .await;
        assert!(is_refused(&inside), "{name}: {inside:?}");
        assert_eq!(db.count("User").run().await.unwrap(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_client_of_a_person_neither_looks_at_tables_nor_makes_or_closes_them() {
    for place in places_of(SCHEMA).await.places {
        let (db, name) = (place.client.fitted().await.unwrap(), place.name);
        for eve in [of(&db, "eve"), db.for_user(None)] {
            let is_refused = |refused: bool| assert!(refused, "{name}");
            is_refused(matches!(eve.catalog().await, Err(Error::NotSupported(_))));
            is_refused(matches!(eve.fitted().await, Err(Error::NotSupported(_))));
            is_refused(matches!(eve.close().await, Err(Error::NotSupported(_))));
            is_refused(eve.create_missing_tables().await.is_err());
            is_refused(eve.found().is_none());
            let held: Result<(), Error> = eve.transaction(async |tx| tx.hold("all").await).await;
            is_refused(matches!(held, Err(Error::NotSupported(_))));
        }
        assert!(db.found().is_some(), "{name}");
        assert_eq!(db.count("User").run().await.unwrap(), 0, "{name}");
    }
}
