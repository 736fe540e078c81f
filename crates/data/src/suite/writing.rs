use hallpass_sql::Dialect;
use jiff::Timestamp;

use super::support::{places, texts, todo, user};
use crate::{Error, Value, desc, field};

#[tokio::test]
async fn a_new_row_comes_back_as_stored() {
    for place in places().await.places {
        let db = &place.client;
        let ann = db
            .create("User")
            .set("email", "ann@example.org")
            .set("secret", "s")
            .run()
            .await
            .unwrap();
        let id: &str = ann.get("id").unwrap();
        assert!(
            id.starts_with('c') && id.len() == 25,
            "{}: {id}",
            place.name
        );
        assert_eq!(ann.get::<&str>("role"), Ok("USER"));
        assert_eq!(ann.get::<Option<&str>>("name"), Ok(None));
        assert_eq!(
            ann.value("secret"),
            None,
            "{}: omitted unless asked for",
            place.name
        );
        let created: Timestamp = ann.get("createdAt").unwrap();
        let updated: Timestamp = ann.get("updatedAt").unwrap();
        assert!(created < updated && created.as_millisecond() >= 1_767_225_600_000);
        let first = todo(db, id, "milk").await;
        let second = todo(db, id, "eggs").await;
        assert!(first.get::<i64>("id").unwrap() < second.get::<i64>("id").unwrap());
        assert_eq!(first.get::<bool>("done"), Ok(false));
    }
}

#[tokio::test]
async fn a_change_gives_the_row_as_it_is_now() {
    for place in places().await.places {
        let db = &place.client;
        let before = user(db, "ann").await;
        let update = db
            .update("User")
            .filter(field("id").eq("ann"))
            .set("name", "Ann")
            .set("role", "ADMIN");
        let after = update.run().await.unwrap().unwrap();
        assert_eq!(after.get::<&str>("name"), Ok("Ann"), "{}", place.name);
        assert_eq!(after.get::<&str>("role"), Ok("ADMIN"));
        assert!(after.get::<Timestamp>("updatedAt").unwrap() > before.get("updatedAt").unwrap());
        let same = db
            .update("User")
            .filter(field("id").eq("ann"))
            .run()
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            same, after,
            "{}: an update of nothing changes nothing",
            place.name
        );
        let none = db
            .update("User")
            .filter(field("id").eq("bob"))
            .set("name", "Bob")
            .run()
            .await
            .unwrap();
        assert_eq!(none, None);
    }
}

#[tokio::test]
async fn a_change_to_the_same_value_still_finds_its_row() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        let todo = todo(db, "ann", "milk").await;
        let id: i64 = todo.get("id").unwrap();
        let again = db
            .update("Todo")
            .filter(field("id").eq(id))
            .set("content", "milk")
            .run()
            .await
            .unwrap();
        assert_eq!(again, Some(todo), "{}", place.name);
        let count = db
            .update_many("Todo")
            .filter(field("id").eq(id))
            .set("content", "milk")
            .run()
            .await;
        assert_eq!(count.unwrap(), 1, "{}", place.name);
    }
}

#[tokio::test]
async fn a_key_can_be_changed() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        todo(db, "ann", "milk").await;
        let update = db
            .update("User")
            .filter(field("email").eq("ann@example.org"))
            .set("id", "anna");
        assert_eq!(
            update.run().await.unwrap().unwrap().get::<&str>("id"),
            Ok("anna"),
            "{}",
            place.name
        );
        let followed = db
            .count("Todo")
            .filter(field("userId").eq("anna"))
            .run()
            .await
            .unwrap();
        assert_eq!(followed, 1, "{}: foreign keys follow", place.name);
    }
}

#[tokio::test]
async fn further_conditions_of_a_change_must_hold() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        let update = |name: &'static str| {
            let key = field("id").eq("ann").and(field("name").is_null());
            db.update("User").filter(key).set("name", name).run()
        };
        assert!(update("first").await.unwrap().is_some());
        assert_eq!(update("second").await.unwrap(), None, "{}", place.name);
    }
}

#[tokio::test]
async fn many_rows_are_changed_and_counted() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        for content in ["a", "b", "c"] {
            todo(db, "ann", content).await;
        }
        let first_two = field("content").one_of(["a", "b"]);
        let changed = db
            .update_many("Todo")
            .filter(first_two)
            .set("done", true)
            .run()
            .await
            .unwrap();
        assert_eq!(changed, 2, "{}", place.name);
        let rows = db
            .update_many("Todo")
            .filter(field("done").eq(true))
            .set("priority", 1)
            .rows()
            .await
            .unwrap();
        let mut contents = texts(&rows, "content");
        contents.sort();
        assert_eq!(contents, ["a", "b"]);
        assert_eq!(rows[0].get::<i64>("priority"), Ok(1));
        let nothing = db.update_many("Todo").run().await.unwrap();
        assert_eq!(nothing, 0, "{}: nothing to set", place.name);
    }
}

#[tokio::test]
async fn a_removed_row_is_given_back_once() {
    for place in places().await.places {
        let db = &place.client;
        let ann = user(db, "ann").await;
        let delete = || db.delete("User").filter(field("id").eq("ann")).run();
        assert_eq!(delete().await.unwrap(), Some(ann), "{}", place.name);
        assert_eq!(delete().await.unwrap(), None, "{}", place.name);
    }
}

#[tokio::test]
async fn many_rows_are_removed() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        for content in ["a", "b", "c", "d"] {
            todo(db, "ann", content).await;
        }
        let rows = db
            .delete_many("Todo")
            .filter(field("content").lt("c"))
            .select(["content"])
            .rows()
            .await
            .unwrap();
        let mut contents = texts(&rows, "content");
        contents.sort();
        assert_eq!(contents, ["a", "b"], "{}", place.name);
        assert_eq!(
            db.delete_many("Todo")
                .filter(field("content").eq("c"))
                .run()
                .await
                .unwrap(),
            1
        );
        let left = db
            .find_many("Todo")
            .order_by(desc("id"))
            .run()
            .await
            .unwrap();
        assert_eq!(texts(&left, "content"), ["d"]);
        assert_eq!(
            db.delete_many("Todo").run().await.unwrap(),
            1,
            "{}: no filter, all rows",
            place.name
        );
    }
}

#[tokio::test]
async fn a_taken_key_is_a_conflict() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        user(db, "bob").await;
        let create = db
            .create("User")
            .set("email", "ann@example.org")
            .run()
            .await;
        assert!(
            matches!(create, Err(Error::Conflict { .. })),
            "{}: {create:?}",
            place.name
        );
        let update = db
            .update("User")
            .filter(field("id").eq("bob"))
            .set("email", "ann@example.org")
            .run()
            .await;
        assert!(
            matches!(update, Err(Error::Conflict { .. })),
            "{}: {update:?}",
            place.name
        );
        let message = format!("{}", create.unwrap_err());
        assert_eq!(message, "a row of `User` with this key exists already");
    }
}

#[tokio::test]
async fn a_broken_relation_is_refused() {
    for place in places().await.places {
        let db = &place.client;
        let create = db
            .create("Todo")
            .set("content", "x")
            .set("userId", "nobody")
            .run()
            .await;
        assert!(
            matches!(create, Err(Error::ForeignKey { .. })),
            "{}: {create:?}",
            place.name
        );
    }
}

#[tokio::test]
async fn a_row_that_others_need_stays() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        let profile = db.create("Profile").set("userId", "ann").set("bio", "");
        profile.run().await.unwrap();
        let delete = db.delete("User").filter(field("id").eq("ann")).run().await;
        assert!(
            matches!(delete, Err(Error::ForeignKey { .. })),
            "{}: {delete:?}",
            place.name
        );
        assert_eq!(db.count("User").run().await.unwrap(), 1, "{}", place.name);
    }
}

#[tokio::test]
async fn rows_that_belong_to_a_removed_row_go_too() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        todo(db, "ann", "milk").await;
        db.delete("User")
            .filter(field("id").eq("ann"))
            .run()
            .await
            .unwrap();
        assert_eq!(db.count("Todo").run().await.unwrap(), 0, "{}", place.name);
    }
}

#[tokio::test]
async fn given_values_win_over_defaults() {
    for place in places().await.places {
        let db = &place.client;
        user(db, "ann").await;
        let at: Timestamp = "2020-02-29T12:00:00.5Z".parse().unwrap();
        let create = db
            .create("Todo")
            .set("id", 77)
            .set("userId", "ann")
            .set("content", "x")
            .set("dueAt", at);
        let todo = create
            .set("done", true)
            .set("priority", Value::Null)
            .run()
            .await
            .unwrap();
        assert_eq!(todo.get::<i32>("id"), Ok(77), "{}", place.name);
        assert_eq!(todo.get::<Timestamp>("dueAt"), Ok(at));
        assert_eq!(todo.get::<bool>("done"), Ok(true));
    }
}

#[tokio::test]
async fn a_value_that_the_column_refuses_is_told_apart() {
    for place in places().await.places {
        let db = &place.client;
        let create = db.create("User").set("name", "x".repeat(300)).run().await;
        // Only MySQL bounds text by default.
        if matches!(place.dialect, Dialect::MySql | Dialect::MariaDb) {
            assert!(
                matches!(create, Err(Error::Refused { .. })),
                "{}: {create:?}",
                place.name
            );
        } else {
            assert_eq!(
                create.unwrap().get::<&str>("name").unwrap().len(),
                300,
                "{}",
                place.name
            );
        }
    }
}
