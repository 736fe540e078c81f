use jiff::Timestamp;

use super::support::{places, texts, todo, user};
use crate::{Value, asc, field, not, parameter, relation};

#[tokio::test]
async fn a_prepared_operation_runs_many_times() {
    for place in places().await.places {
        let db = &place.client;
        let create = db
            .create("User")
            .set("email", parameter(0))
            .set("name", parameter(1))
            .prepare()
            .unwrap();
        let ann = create
            .run(db, &["ann@example.org".into(), "Ann".into()])
            .await
            .unwrap();
        let bob = create
            .run(db, &["bob@example.org".into(), Value::Null])
            .await
            .unwrap();
        let id = |user: &crate::Record| user.get::<String>("id").unwrap();
        assert_ne!(
            id(&ann),
            id(&bob),
            "{}: ids are made at each run",
            place.name
        );
        let find = db
            .find_unique("User")
            .filter(field("id").eq(parameter(0)))
            .prepare()
            .unwrap();
        assert_eq!(
            find.run(db, &[id(&ann).into()]).await.unwrap(),
            Some(ann.clone()),
            "{}",
            place.name
        );
        assert_eq!(find.run(db, &["none".into()]).await.unwrap(), None);
        let update = db
            .update("User")
            .filter(field("id").eq(parameter(0)))
            .set("name", parameter(1))
            .prepare()
            .unwrap();
        let named = update
            .run(db, &[id(&bob).into(), "Bob".into()])
            .await
            .unwrap()
            .unwrap();
        assert_eq!(named.get::<&str>("name"), Ok("Bob"), "{}", place.name);
        assert!(named.get::<Timestamp>("updatedAt").unwrap() > bob.get("updatedAt").unwrap());
        let count = db
            .count("User")
            .filter(field("name").starts_with(parameter(0)))
            .prepare()
            .unwrap();
        assert_eq!(count.run(db, &["B".into()]).await.unwrap(), 1);
        assert_eq!(
            count.run(db, &["%".into()]).await.unwrap(),
            0,
            "{}: wildcards are escaped",
            place.name
        );
        let delete = db
            .delete("User")
            .filter(field("email").exactly(parameter(0)))
            .prepare()
            .unwrap();
        let removed = delete.run(db, &["bob@example.org".into()]).await.unwrap();
        assert_eq!(removed, Some(named), "{}", place.name);
        assert_eq!(
            delete.run(db, &["bob@example.org".into()]).await.unwrap(),
            None
        );
    }
}

#[tokio::test]
async fn a_session_and_its_user_are_one_statement() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        let todo = todo(db, "ann", "milk").await;
        let find = db
            .find_unique("Todo")
            .filter(field("id").eq(parameter(0)))
            .include(relation("user").omit(["name"]));
        let find = find.prepare().unwrap();
        // The same argument in the type of the column, and as the text of an id.
        let id: i64 = todo.get("id").unwrap();
        for argument in [Value::Int(id), Value::Text(id.to_string())] {
            let found = find.run(db, &[argument]).await.unwrap().unwrap();
            assert_eq!(
                found.related("user").unwrap().unwrap().get::<&str>("id"),
                Ok("ann"),
                "{}",
                place.name
            );
        }
        assert_eq!(
            find.run(db, &["not a number".into()]).await.unwrap(),
            None,
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn one_argument_fills_several_places() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        for content in ["7 apples", "pears 7", "8"] {
            todo(db, "ann", content).await;
        }
        let filter = field("content")
            .contains(parameter(0))
            .or(field("priority").eq(parameter(0)));
        let find = db
            .find_many("Todo")
            .filter(filter)
            .order_by(asc("id"))
            .prepare()
            .unwrap();
        let found = find.run(db, &["7".into()]).await.unwrap();
        assert_eq!(
            texts(&found, "content"),
            ["7 apples", "pears 7"],
            "{}",
            place.name
        );
        let negated = db
            .find_many("Todo")
            .filter(not(field("id").eq(parameter(0))))
            .prepare()
            .unwrap();
        assert!(
            negated.run(db, &["x".into()]).await.is_err(),
            "{}: nothing is not unequal to it",
            place.name
        );
    }
}

#[tokio::test]
async fn prepared_writes_give_their_rows() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        todo(db, "ann", "milk").await;
        let update = db
            .update_many("Todo")
            .filter(field("content").eq(parameter(0)))
            .set("done", parameter(1));
        let update = update.prepare_rows().unwrap();
        let changed = update.run(db, &["milk".into(), true.into()]).await.unwrap();
        assert_eq!(changed[0].get::<bool>("done"), Ok(true), "{}", place.name);
        let delete = db
            .delete_many("Todo")
            .filter(field("content").eq(parameter(0)))
            .prepare_rows()
            .unwrap();
        assert_eq!(
            delete.run(db, &["milk".into()]).await.unwrap().len(),
            1,
            "{}",
            place.name
        );
        assert_eq!(delete.run(db, &["milk".into()]).await.unwrap().len(), 0);
    }
}
