use serde_json::{Value as Json, json};

use super::{counts, done, given, refused, shelf};
use crate::suite::support::places_of;
use crate::{Operation, field};

#[tokio::test]
async fn a_row_goes_from_every_table() {
    for place in &shelf().await.places {
        let args = json!({"where": {"url": "a"}});
        let gone = done(place, "Rated", Operation::Delete, args).await;
        assert_eq!(
            (&gone["views"], &gone["rating"]),
            (&json!(10), &json!(5)),
            "{}",
            place.name
        );
        assert_eq!(counts(place).await, json!([2, 1, 1, 1]), "{}", place.name);
        let args = json!({"where": {"id": 2}});
        let gone = done(place, "Asset", Operation::Delete, args).await;
        assert_eq!(
            (&gone["url"], &gone["rating"]),
            (&json!("b"), &json!(3)),
            "{}",
            place.name
        );
        assert_eq!(counts(place).await, json!([1, 0, 0, 1]), "{}", place.name);
        // What belonged to it went with it.
        assert_eq!(done(place, "Comment", Operation::Count, json!({})).await, 1);
        let refusal = refused(
            place,
            "Rated",
            Operation::Delete,
            json!({"where": {"id": 3}}),
        )
        .await;
        assert_eq!(refusal, "Record not found", "{}", place.name);
    }
}

#[tokio::test]
async fn many_rows_go() {
    for place in &shelf().await.places {
        for (model, filter, count, left) in [
            (
                "Video",
                json!({"duration": {"gt": 150}, "views": 10}),
                0,
                json!([3, 2, 2, 1]),
            ),
            (
                "Video",
                json!({"duration": {"gt": 150}, "views": 20}),
                1,
                json!([2, 1, 1, 1]),
            ),
            (
                "Asset",
                json!({"comments": {"some": {"text": "z"}}}),
                1,
                json!([1, 1, 1, 0]),
            ),
            ("Rated", json!({}), 1, json!([0, 0, 0, 0])),
        ] {
            let args = json!({"where": filter});
            let gone = done(place, model, Operation::DeleteMany, args).await;
            assert_eq!(gone, json!({"count": count}), "{} {model}", place.name);
            assert_eq!(counts(place).await, left, "{} {model}", place.name);
        }
    }
}

#[tokio::test]
async fn rows_go_with_those_that_they_point_at() {
    for place in &shelf().await.places {
        // Bob is the `user` of both videos: their own table says so, and it alone would lose them.
        done(
            place,
            "User",
            Operation::Delete,
            json!({"where": {"id": 2}}),
        )
        .await;
        assert_eq!(counts(place).await, json!([1, 0, 0, 1]), "{}", place.name);
        let args = json!({"data": {"images": {"create": [{"format": "a"}, {"format": "b"}]}}});
        done(place, "Gallery", Operation::Create, args).await;
        assert_eq!(counts(place).await, json!([3, 0, 0, 3]), "{}", place.name);
        done(place, "Gallery", Operation::DeleteMany, json!({})).await;
        assert_eq!(counts(place).await, json!([1, 0, 0, 1]), "{}", place.name);
        // What points at a row and does not go with it keeps it.
        let cover = json!({"data": {"id": 1, "imageId": 3}});
        done(place, "Cover", Operation::Create, cover).await;
        let refusal = refused(
            place,
            "Asset",
            Operation::Delete,
            json!({"where": {"id": 3}}),
        )
        .await;
        assert!(refusal.contains("would be broken"), "{refusal}");
        let args = json!({"where": {"id": 1}, "data": {"assets": {"deleteMany": {}}}});
        let refusal = refused(place, "User", Operation::Update, args).await;
        assert!(refusal.contains("would be broken"), "{refusal}");
        assert_eq!(counts(place).await, json!([1, 0, 0, 1]), "{}", place.name);
        done(
            place,
            "Cover",
            Operation::Delete,
            json!({"where": {"id": 1}}),
        )
        .await;
        let args = json!({"where": {"id": 1}, "data": {"assets": {"delete": {"id": 3}}}});
        done(place, "User", Operation::Update, args).await;
        assert_eq!(counts(place).await, json!([0, 0, 0, 0]), "{}", place.name);
    }
}

#[tokio::test]
async fn builders_write_one_table_and_follow_cascades() {
    for place in &shelf().await.places {
        let db = &place.client;
        for written in [
            db.create("Rated").set("rating", 1).run().await.map(|_| ()),
            db.update("Rated")
                .filter(field("id").eq(1))
                .set("rating", 1)
                .run()
                .await
                .map(|_| ()),
            db.update_many("Asset")
                .set("views", 1)
                .run()
                .await
                .map(|_| ()),
            db.delete("Video")
                .filter(field("id").eq(1))
                .run()
                .await
                .map(|_| ()),
            db.delete_many("Asset").run().await.map(|_| ()),
        ] {
            let refusal = written.unwrap_err().to_string();
            assert!(
                refusal.contains("`Client::call`"),
                "{} {refusal}",
                place.name
            );
        }
        assert_eq!(counts(place).await, json!([3, 2, 2, 1]), "{}", place.name);
        let found = db
            .find_many("Rated")
            .filter(field("views").eq(20))
            .run()
            .await
            .unwrap();
        assert_eq!(found[0].get::<&str>("url").unwrap(), "b", "{}", place.name);
        let user = db
            .delete("User")
            .filter(field("id").eq(2))
            .run()
            .await
            .unwrap();
        assert_eq!(user.unwrap().get::<i64>("id").unwrap(), 2, "{}", place.name);
        assert_eq!(counts(place).await, json!([1, 0, 0, 1]), "{}", place.name);
        let args = json!({"data": {"images": {"create": [{"format": "a"}, {"format": "b"}]}}});
        done(place, "Gallery", Operation::Create, args).await;
        assert_eq!(
            db.delete_many("Gallery").run().await.unwrap(),
            1,
            "{}",
            place.name
        );
        assert_eq!(counts(place).await, json!([1, 0, 0, 1]), "{}", place.name);
    }
}

/// Rows that point at each other, over several models, and in a circle.
const NOTES: &str = r#"
    model Item {
      id     String @id
      kind   String
      quotes Note[] @relation("source")
      @@delegate(kind)
    }
    model Task extends Item {
      steps Step[]
    }
    model Note extends Item {
      sourceId String?
      source   Item?   @relation("source", fields: [sourceId], references: [id], onDelete: Cascade)
      a        Int?
      b        Int?
      thread   Thread? @relation(fields: [a, b], references: [a, b], onDelete: Cascade)
    }
    model Thread {
      a     Int
      b     Int
      notes Note[]
      @@id([a, b])
    }
    model Step {
      id     Int    @id
      taskId String
      task   Task   @relation(fields: [taskId], references: [id], onDelete: Cascade)
      hints  Hint[]
    }
    model Hint extends Item {
      stepId Int
      step   Step @relation(fields: [stepId], references: [id], onDelete: Cascade)
    }
"#;

#[tokio::test]
async fn cascades_are_followed_to_their_end() {
    let note = |id: &str, source: &str| ("Note", json!({"id": id, "sourceId": source}));
    let task = |id: &str| ("Task", json!({"id": id}));
    let thread = ("Thread", json!({"a": 1, "b": 2}));
    let in_thread = |id: &str| ("Note", json!({"id": id, "a": 1, "b": 2}));
    let step = ("Step", json!({"id": 1, "taskId": "t"}));
    let hint = ("Hint", json!({"id": "h", "stepId": 1}));
    let cases = [
        (
            vec![task("t"), note("n", "t"), note("m", "n"), task("u")],
            "Task",
            json!({"id": "t"}),
            json!(["u"]),
        ),
        (
            vec![task("t"), note("n", "t"), note("m", "n")],
            "Note",
            json!({"id": "n"}),
            json!(["t"]),
        ),
        (
            vec![task("t"), note("n", "t"), note("m", "n")],
            "Item",
            json!({"id": "n"}),
            json!(["t"]),
        ),
        (
            vec![thread.clone(), in_thread("n"), note("m", "n"), task("u")],
            "Thread",
            json!({"a": 1}),
            json!(["u"]),
        ),
        (
            vec![task("t"), step.clone(), hint.clone(), note("n", "h")],
            "Task",
            json!({"id": "t"}),
            json!([]),
        ),
        (
            vec![task("t"), step, hint, note("n", "h")],
            "Step",
            json!({"id": 1}),
            json!(["t"]),
        ),
    ];
    for place in &places_of(NOTES).await.places {
        for (rows, model, filter, left) in &cases {
            for (model, data) in rows {
                done(place, model, Operation::Create, json!({"data": data})).await;
            }
            let args = json!({"where": filter});
            let gone = done(place, model, Operation::DeleteMany, args).await;
            assert_eq!(gone, json!({"count": 1}), "{} {model} {filter}", place.name);
            let args = json!({"select": {"id": true}, "orderBy": {"id": "asc"}});
            let found = done(place, "Item", Operation::FindMany, args).await;
            let found: Json = found
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["id"].clone())
                .collect();
            assert_eq!(found, *left, "{} {model} {filter}", place.name);
            for model in ["Item", "Thread", "Step"] {
                done(place, model, Operation::DeleteMany, json!({})).await;
            }
        }
    }
}

#[tokio::test]
async fn circles_end() {
    for place in &places_of(NOTES).await.places {
        for (model, operation) in [
            ("Note", Operation::Delete),
            ("Item", Operation::Delete),
            ("Item", Operation::DeleteMany),
        ] {
            for (id, source) in [("a", Json::Null), ("b", json!("a"))] {
                let args = json!({"data": {"id": id, "sourceId": source}});
                done(place, "Note", Operation::Create, args).await;
            }
            let args = json!({"where": {"id": "a"}, "data": {"sourceId": "b"}});
            done(place, "Note", Operation::Update, args).await;
            let args = json!({"where": {"id": "a"}});
            let gone = done(place, model, operation, args).await;
            if operation == Operation::DeleteMany {
                assert_eq!(gone, json!({"count": 1}), "{}", place.name);
            }
            let left = done(place, "Item", Operation::Count, json!({})).await;
            assert_eq!(left, 0, "{} {model}", place.name);
        }
    }
}

/// More than one statement names.
#[tokio::test]
async fn any_number_of_rows_goes_with_one() {
    for place in &places_of(NOTES).await.places {
        let db = &place.client;
        done(
            place,
            "Task",
            Operation::Create,
            json!({"data": {"id": "t"}}),
        )
        .await;
        let notes: Vec<_> = (0..1200)
            .map(|number| json!({"id": format!("n{number}"), "sourceId": "t"}))
            .collect();
        given(
            place.name,
            db,
            "Note",
            Operation::CreateMany,
            json!({"data": notes}),
        )
        .await;
        done(
            place,
            "Task",
            Operation::Delete,
            json!({"where": {"id": "t"}}),
        )
        .await;
        assert_eq!(
            done(place, "Item", Operation::Count, json!({})).await,
            0,
            "{}",
            place.name
        );
    }
}
