use std::fmt::Debug;

use hallpass_db::testing;

use super::support::{SCHEMA, options, schema};
use crate::{Client, Error, Filter, InvalidInput, Value, any, asc, field, parameter, relation};

async fn client() -> (Client, testing::TestDatabase) {
    let test = testing::sqlite().await;
    let client = Client::new(
        test.database.clone(),
        std::sync::Arc::new(schema(SCHEMA)),
        options(),
    )
    .unwrap();
    client.create_missing_tables().await.unwrap();
    (client, test)
}

/// The message of what was refused before it reached the database.
fn refused<T: Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Invalid(invalid)) => invalid.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_does_not_fit_the_schema_is_refused() {
    let (db, _database) = client().await;
    let find = |filter: Filter| async { refused(db.find_many("Todo").filter(filter).run().await) };
    assert_eq!(
        refused(db.find_many("Nothing").run().await),
        "there is no model `Nothing`"
    );
    assert_eq!(
        find(field("x").eq(1)).await,
        "model `Todo` has no field `x`"
    );
    assert_eq!(
        find(field("user").eq(1)).await,
        "`Todo.user` is a relation and has no value of its own"
    );
    assert_eq!(
        find(field("done").eq("yes")).await,
        "`Todo.done` takes true or false"
    );
    assert_eq!(
        find(field("priority").gt("x")).await,
        "`Todo.priority` takes a whole number of 32 bits"
    );
    assert_eq!(
        find(field("priority").ne(i64::MAX)).await,
        "`Todo.priority` takes a whole number of 32 bits"
    );
    assert_eq!(
        find(field("dueAt").lt("soon")).await,
        "`Todo.dueAt` takes a date and time in ISO 8601"
    );
    assert_eq!(
        find(field("content").is_null()).await,
        "`Todo.content` may not be null"
    );
    assert_eq!(
        find(field("priority").one_of([None::<i64>])).await,
        "`Todo.priority` may not be null"
    );
    assert_eq!(
        find(field("priority").contains("1")).await,
        "`Todo.priority` cannot be tested with `contains`"
    );
    assert_eq!(
        find(field("done").lt(true)).await,
        "`Todo.done` cannot be tested with `lt`"
    );
    assert_eq!(
        find(any([field("content").eq(7)])).await,
        "`Todo.content` takes text without NUL characters"
    );
    let order = db.find_many("Todo").order_by(asc("children")).run().await;
    assert_eq!(
        refused(order),
        "`Todo.children` is a relation and has no value of its own"
    );
    let role = db
        .find_many("User")
        .filter(field("role").eq("user"))
        .run()
        .await;
    assert_eq!(refused(role), "`User.role` takes a member of enum `Role`");
}

#[tokio::test]
async fn what_a_row_cannot_be_is_refused() {
    let (db, _database) = client().await;
    let create = || db.create("Todo").set("content", "x").set("userId", "ann");
    assert_eq!(
        refused(db.create("Todo").set("userId", "a").run().await),
        "`Todo.content` needs a value"
    );
    assert_eq!(
        refused(create().set("done", Value::Null).run().await),
        "`Todo.done` may not be null"
    );
    assert_eq!(
        refused(create().set("id", Value::Null).run().await),
        "`Todo.id` may not be null"
    );
    assert_eq!(
        refused(create().set("content", "y").run().await),
        "`Todo.content` is given twice"
    );
    assert_eq!(
        refused(create().set("user", "y").run().await),
        "`Todo.user` is a relation and has no value of its own"
    );
    assert_eq!(
        refused(create().set("priority", 1_i64 << 40).run().await),
        "`Todo.priority` takes a whole number of 32 bits"
    );
    let text = db
        .create("Todo")
        .set("content", "a\0b")
        .set("userId", "ann")
        .run()
        .await;
    assert_eq!(
        refused(text),
        "`Todo.content` takes text without NUL characters"
    );
}

#[tokio::test]
async fn one_row_needs_a_whole_unique_key() {
    let (db, _database) = client().await;
    let message = "the filter fixes no unique key of `User`";
    assert_eq!(refused(db.find_unique("User").run().await), message);
    assert_eq!(
        refused(
            db.find_unique("User")
                .filter(field("name").eq("x"))
                .run()
                .await
        ),
        message
    );
    let open = any([field("id").eq("x")]);
    assert_eq!(
        refused(db.update("User").filter(open).set("name", "x").run().await),
        message
    );
    assert_eq!(
        refused(db.delete("User").filter(field("id").ne("x")).run().await),
        message
    );
    assert_eq!(
        refused(
            db.delete("User")
                .filter(field("email").is_null())
                .run()
                .await
        ),
        message
    );
    let half = db
        .delete("Token")
        .filter(field("token").eq("x"))
        .run()
        .await;
    assert_eq!(refused(half), "the filter fixes no unique key of `Token`");
}

#[tokio::test]
async fn selections_and_inclusions_are_checked() {
    let (db, _database) = client().await;
    let both = db
        .find_many("User")
        .select(["id"])
        .omit(["name"])
        .run()
        .await;
    let message = "the selection of `User` needs either `select` with one field at least or `omit`";
    assert_eq!(refused(both), message);
    let none: [&str; 0] = [];
    assert_eq!(
        refused(db.find_many("User").select(none).run().await),
        message
    );
    assert_eq!(
        refused(db.find_many("User").select(["x"]).run().await),
        "model `User` has no field `x`"
    );
    assert_eq!(
        refused(db.find_many("User").include("email").run().await),
        "`User.email` is no relation to one row"
    );
    let pages = relation("user").take(1);
    assert_eq!(
        refused(db.find_many("Todo").include(pages).run().await),
        "`Todo.user` is one row: it takes neither order nor number"
    );
    let inner = db
        .find_many("Todo")
        .include(relation("user").select(["nope"]))
        .run()
        .await;
    assert_eq!(refused(inner), "model `User` has no field `nope`");
}

#[tokio::test]
async fn a_parameter_needs_an_argument() {
    let (db, _database) = client().await;
    let unprepared = db
        .find_many("User")
        .filter(field("id").eq(parameter(0)))
        .run()
        .await;
    assert_eq!(refused(unprepared), "parameter 0 has no argument");
    let prepared = db
        .find_unique("User")
        .filter(field("id").eq(parameter(1)))
        .prepare()
        .unwrap();
    let invalid = prepared.run(&db, &[Value::from("x")]).await;
    assert!(matches!(
        invalid,
        Err(Error::Invalid(InvalidInput::Parameter { number: 1 }))
    ));
    let null = prepared.run(&db, &[Value::Null, Value::Null]).await;
    assert_eq!(refused(null), "`User.id` may not be null");
}

#[tokio::test]
async fn errors_repeat_no_value() {
    let (db, _database) = client().await;
    let secret = "planted-secret";
    db.create("User")
        .set("id", secret)
        .set("email", secret)
        .run()
        .await
        .unwrap();
    let conflict = db.create("User").set("id", secret).run().await.unwrap_err();
    let invalid = db
        .create("User")
        .set("createdAt", secret)
        .run()
        .await
        .unwrap_err();
    let member = db
        .create("User")
        .set("role", secret)
        .run()
        .await
        .unwrap_err();
    for error in [conflict, invalid, member] {
        assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
    }
    let record = db
        .find_unique("User")
        .filter(field("id").eq(secret))
        .run()
        .await
        .unwrap();
    assert!(!format!("{record:?}").contains(secret));
}

#[tokio::test]
async fn a_closed_database_is_unavailable() {
    let (db, database) = client().await;
    database.database.close().await;
    let error = db.count("User").run().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    let error = db
        .transaction(async |tx| tx.count("User").run().await)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
}
