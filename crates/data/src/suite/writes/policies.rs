//! Writes of people, whom the rules of the schema hold back.
//!
//! Source: contract zenstack §2.2, §2.3, §2.6, §2.7.

use serde_json::{Value as Json, json};

use crate::suite::support::{Place, call, places_of};
use crate::{ArgValue, Client, Error, Operation, Rejection};

const SCHEMA: &str = r#"
    model User {
      id   Int   @id
      name String @default("")
      docs Doc[]
      @@allow('read,create', true)
    }

    model Doc {
      id      String  @id
      title   String
      n       Int     @default(0)
      secret  Boolean @default(false)
      locked  Boolean @default(false)
      stamp   String  @default("") @allow('update', !locked && n < 10)
      ownerId Int     @default(auth().id)
      owner   User    @relation(fields: [ownerId], references: [id])
      notes   Note[]
      @@allow('create', ownerId == auth().id && title != 'never')
      @@allow('read', !secret)
      @@allow('update', ownerId == auth().id && title != 'done')
      @@allow('delete', ownerId == auth().id && !locked)
      @@deny('post-update', title == 'forbidden' || n < before().n)
    }

    model Note {
      id    Int     @id @default(autoincrement())
      text  String
      docId String?
      doc   Doc?    @relation(fields: [docId], references: [id], onDelete: Cascade)
      @@allow('create', text != 'never' && doc.title != 'closed')
      @@allow('read,delete', true)
      @@allow('update', text != 'frozen')
    }
"#;

fn person(db: &Client, id: i64) -> Client {
    db.for_user(Some(ArgValue::from_json(json!({"id": id})).unwrap()))
}

/// Ann has five documents, of which she may not see one, change another, remove the third; Bob has one.
async fn world(place: &Place) -> (Client, &Client) {
    let db = &place.client;
    let users = json!({"data": [{"id": 1}, {"id": 2}]});
    call(db, "User", Operation::CreateMany, users)
        .await
        .unwrap();
    let docs = json!({"data": [
        {"id": "a", "title": "A", "ownerId": 1},
        {"id": "secret", "title": "S", "ownerId": 1, "secret": true},
        {"id": "done", "title": "done", "ownerId": 1},
        {"id": "locked", "title": "L", "ownerId": 1, "locked": true},
        {"id": "closed", "title": "closed", "ownerId": 1},
        {"id": "b", "title": "B", "ownerId": 2},
    ]});
    call(db, "Doc", Operation::CreateMany, docs).await.unwrap();
    (person(db, 1), db)
}

fn outcome(result: &Result<Json, Error>) -> &'static str {
    match result {
        Ok(_) => "done",
        Err(Error::NotFound { .. }) => "not found",
        Err(Error::Conflict { .. }) => "conflict",
        Err(Error::Rejected { rejection, .. }) => match rejection {
            Rejection::NoAccess => "no access",
            Rejection::NoFieldAccess => "no field access",
            Rejection::PostUpdate => "post-update",
            Rejection::CannotReadBack => "cannot read back",
            Rejection::Other => "other",
        },
        Err(_) => "another error",
    }
}

async fn docs(db: &Client) -> u64 {
    db.count("Doc").run().await.unwrap()
}

#[tokio::test]
async fn every_call_ends_as_the_rules_say() {
    use Operation::{Create, CreateMany, Delete, Update, Upsert};
    for place in &places_of(SCHEMA).await.places {
        let (ann, db) = world(place).await;
        // The call, how it ends, and by how much the number of documents changes.
        let cases = [
            (
                Create,
                json!({"data": {"id": "x1", "title": "x", "ownerId": 1}}),
                "done",
                1,
            ),
            (
                Create,
                json!({"data": {"id": "x2", "title": "x"}}),
                "done",
                1,
            ),
            (
                Create,
                json!({"data": {"id": "x3", "title": "x", "ownerId": 2}}),
                "no access",
                0,
            ),
            (
                Create,
                json!({"data": {"id": "x3", "title": "never", "ownerId": 1}}),
                "no access",
                0,
            ),
            (
                Create,
                json!({"data": {"id": "x4", "title": "x", "secret": true}, "select": {"id": true}}),
                "cannot read back",
                1,
            ),
            (
                CreateMany,
                json!({"data": [{"id": "x5", "title": "x"}, {"id": "x6", "title": "never"}]}),
                "no access",
                0,
            ),
            (
                CreateMany,
                json!({"data": [{"id": "x5", "title": "x"}, {"id": "x6", "title": "x", "secret": true}]}),
                "done",
                2,
            ),
            (
                Update,
                json!({"where": {"id": "a"}, "data": {"title": "x"}}),
                "done",
                0,
            ),
            (
                Update,
                json!({"where": {"id": "b"}, "data": {"title": "x"}}),
                "not found",
                0,
            ),
            (
                Update,
                json!({"where": {"id": "done"}, "data": {"title": "x"}}),
                "not found",
                0,
            ),
            (
                Update,
                json!({"where": {"id": "none"}, "data": {"title": "x"}}),
                "not found",
                0,
            ),
            (
                Update,
                json!({"where": {"id": "done"}, "data": {}}),
                "done",
                0,
            ),
            (
                Update,
                json!({"where": {"id": "secret"}, "data": {}}),
                "not found",
                0,
            ),
            (
                Update,
                json!({"where": {"id": "secret"}, "data": {"title": "seen"}}),
                "cannot read back",
                0,
            ),
            (
                Update,
                json!({"where": {"id": "a"}, "data": {"title": "forbidden"}}),
                "post-update",
                0,
            ),
            (
                Update,
                json!({"where": {"id": "a"}, "data": {"n": {"decrement": 1}}}),
                "post-update",
                0,
            ),
            (
                Update,
                json!({"where": {"id": "a"}, "data": {"n": {"increment": 1}}}),
                "done",
                0,
            ),
            (
                Update,
                json!({"where": {"id": "locked"}, "data": {"stamp": "x"}}),
                "no field access",
                0,
            ),
            (
                Update,
                json!({"where": {"id": "a"}, "data": {"stamp": "x"}}),
                "done",
                0,
            ),
            (
                Upsert,
                json!({"where": {"id": "b"}, "create": {"id": "b", "title": "x"}, "update": {"title": "x"}}),
                "conflict",
                0,
            ),
            (
                Upsert,
                json!({"where": {"id": "u"}, "create": {"id": "u", "title": "x"}, "update": {"title": "x"}}),
                "done",
                1,
            ),
            (Delete, json!({"where": {"id": "b"}}), "not found", 0),
            (Delete, json!({"where": {"id": "locked"}}), "not found", 0),
            (
                Delete,
                json!({"where": {"id": "secret"}}),
                "cannot read back",
                -1,
            ),
            (Delete, json!({"where": {"id": "u"}}), "done", -1),
        ];
        for (operation, args, expected, difference) in cases {
            let before = i64::try_from(docs(db).await).unwrap();
            let result = call(&ann, "Doc", operation, args.clone()).await;
            let place = place.name;
            assert_eq!(
                outcome(&result),
                expected,
                "{place} {operation} {args}: {result:?}"
            );
            let after = i64::try_from(docs(db).await).unwrap();
            assert_eq!(after - before, difference, "{place} {operation} {args}");
        }
        let secret = db.find_many("Doc").filter(crate::field("title").eq("seen"));
        assert_eq!(
            secret.run().await.unwrap().len(),
            0,
            "{}: it went",
            place.name
        );
    }
}

#[tokio::test]
async fn calls_about_many_rows_touch_those_that_may_be() {
    for place in &places_of(SCHEMA).await.places {
        let (ann, db) = world(place).await;
        let args = json!({"data": {"n": {"increment": 1}}});
        let count = call(&ann, "Doc", Operation::UpdateMany, args)
            .await
            .unwrap();
        assert_eq!(
            count,
            json!({"count": 4}),
            "{}: neither the one that is done nor Bob's",
            place.name
        );
        let args = json!({"data": {"stamp": "x"}});
        let refused = call(&ann, "Doc", Operation::UpdateMany, args).await;
        assert_eq!(
            outcome(&refused),
            "no field access",
            "{}: one refuses all",
            place.name
        );
        let args = json!({"where": {"id": "a"}, "data": {"stamp": "x"}});
        let count = call(&ann, "Doc", Operation::UpdateMany, args)
            .await
            .unwrap();
        assert_eq!(count, json!({"count": 1}), "{}", place.name);
        let args = json!({"data": {"n": {"increment": 1}}});
        let unseen = call(&ann, "Doc", Operation::UpdateManyAndReturn, args).await;
        assert_eq!(outcome(&unseen), "cannot read back", "{}", place.name);
        let twice = db.count("Doc").filter(crate::field("n").eq(2));
        assert_eq!(twice.run().await.unwrap(), 4, "{}: it was done", place.name);
        if place.dialect.capability().insert_returning {
            let args = json!({"data": [{"id": "y", "title": "y"}, {"id": "z", "title": "z", "secret": true}]});
            let seen = call(&ann, "Doc", Operation::CreateManyAndReturn, args)
                .await
                .unwrap();
            assert_eq!(seen.as_array().unwrap().len(), 1, "{}", place.name);
            assert_eq!(seen[0]["id"], "y", "{}", place.name);
            assert_eq!(docs(db).await, 8, "{}", place.name);
        }
        let nobody = db.for_user(None);
        let count = call(&nobody, "Doc", Operation::DeleteMany, json!({}))
            .await
            .unwrap();
        assert_eq!(
            count,
            json!({"count": 0}),
            "{}: 0 is no failure",
            place.name
        );
        let count = call(&ann, "Doc", Operation::DeleteMany, json!({}))
            .await
            .unwrap();
        assert!(count["count"].as_u64().unwrap() >= 4, "{}", place.name);
        assert_eq!(
            docs(db).await,
            2,
            "{}: Bob's and the locked one",
            place.name
        );
    }
}

#[tokio::test]
async fn rows_that_belong_to_others_have_rules_of_their_own() {
    for place in &places_of(SCHEMA).await.places {
        let (ann, db) = world(place).await;
        let notes = json!({"data": [
            {"text": "free"}, {"text": "frozen"}, {"text": "of a", "docId": "a"}, {"text": "frozen", "docId": "a"},
        ]});
        call(db, "Note", Operation::CreateMany, notes)
            .await
            .unwrap();
        let notes = db
            .find_many("Note")
            .order_by(crate::asc("id"))
            .run()
            .await
            .unwrap();
        let id = |at: usize| notes[at].get::<i64>("id").unwrap();
        let update = |doc: &str, data: Json| json!({"where": {"id": doc}, "data": data});
        for (args, expected) in [
            (
                update("a", json!({"notes": {"create": {"text": "never"}}})),
                "no access",
            ),
            (
                update(
                    "a",
                    json!({"notes": {"createMany": {"data": [{"text": "x"}, {"text": "never"}]}}}),
                ),
                "no access",
            ),
            (
                update("closed", json!({"notes": {"create": {"text": "x"}}})),
                "no access",
            ),
            // The parent needs to be seen, no more.
            (
                update("b", json!({"notes": {"create": {"text": "x"}}})),
                "done",
            ),
            (
                update("secret", json!({"notes": {"create": {"text": "x"}}})),
                "not found",
            ),
            (
                update(
                    "b",
                    json!({"title": "x", "notes": {"create": {"text": "x"}}}),
                ),
                "not found",
            ),
            (
                update("b", json!({"notes": {"connect": {"id": id(0)}}})),
                "done",
            ),
            (
                update("b", json!({"notes": {"connect": {"id": id(1)}}})),
                "not found",
            ),
            (
                update(
                    "a",
                    json!({"notes": {"update": {"where": {"id": id(3)}, "data": {"text": "x"}}}}),
                ),
                "not found",
            ),
            (
                update("a", json!({"notes": {"disconnect": {"id": id(3)}}})),
                "done",
            ),
            (
                update(
                    "a",
                    json!({"notes": {"updateMany": {"data": {"text": "same"}}}}),
                ),
                "done",
            ),
            (
                update("a", json!({"notes": {"delete": {"id": id(0)}}})),
                "not found",
            ),
            (
                update("a", json!({"notes": {"delete": {"id": id(3)}}})),
                "done",
            ),
        ] {
            let result = call(&ann, "Doc", Operation::Update, args.clone()).await;
            assert_eq!(
                outcome(&result),
                expected,
                "{} {args}: {result:?}",
                place.name
            );
        }
        let first = db.find_unique("Note").filter(crate::field("id").eq(id(2)));
        let text: String = first.run().await.unwrap().unwrap().get("text").unwrap();
        assert_eq!(text, "same", "{}", place.name);
        // A row is connected by its key although it may not be seen, and by anything else only when it may be.
        let args = json!({"data": {"text": "x", "doc": {"connect": {"id": "secret"}}}});
        let linked = call(&ann, "Note", Operation::Create, args).await;
        assert_eq!(outcome(&linked), "done", "{}", place.name);
        let args =
            json!({"data": {"text": "x", "doc": {"connect": {"id": "secret", "title": "S"}}}});
        let unseen = call(&ann, "Note", Operation::Create, args).await;
        assert_eq!(outcome(&unseen), "not found", "{}", place.name);
        let args = json!({"where": {"id": id(2)}, "data": {"doc": {"connect": {"id": "secret"}}}});
        let unseen = call(&ann, "Note", Operation::Update, args).await;
        assert_eq!(
            outcome(&unseen),
            "not found",
            "{}: a change looks",
            place.name
        );
    }
}

#[tokio::test]
async fn a_transaction_is_of_the_same_person() {
    for place in &places_of(SCHEMA).await.places {
        let (ann, db) = world(place).await;
        let bob = |title: &str| {
            ArgValue::from_json(json!({"data": {"id": title, "title": title, "ownerId": 2}}))
                .unwrap()
        };
        let x = bob("x");
        let refused = ann.batch(&[("Doc", Operation::Create, &x)]).await;
        assert!(
            matches!(refused, Err(Error::Rejected { .. })),
            "{}",
            place.name
        );
        let work = async |tx: Client| {
            call(
                &tx,
                "Doc",
                Operation::Create,
                json!({"data": {"id": "x", "title": "x", "ownerId": 2}}),
            )
            .await
        };
        let refused = ann.transaction(work).await;
        assert_eq!(outcome(&refused), "no access", "{}", place.name);
        // What may not be seen undoes a batch, because its caller learns nothing of what was done.
        let seen = ArgValue::from_json(json!({"data": {"id": "x", "title": "x", "secret": true}}))
            .unwrap();
        let refused = ann.batch(&[("Doc", Operation::Create, &seen)]).await;
        assert!(
            matches!(refused, Err(Error::Rejected { .. })),
            "{}",
            place.name
        );
        assert_eq!(docs(db).await, 6, "{}", place.name);
    }
}
