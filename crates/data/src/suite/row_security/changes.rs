//! What is added, changed and removed.

use serde_json::json;

use super::{ROWS, SCHEMA, Secured, ids, is_refused, secured};
use crate::Operation;
use crate::suite::support::call;
use crate::{Error, Rejection};

/// Whether the engine lets it happen. Nothing stays.
async fn engine(secured: &Secured, id: i64, operation: Operation, args: serde_json::Value) -> bool {
    let person = secured.db.find_person(&id.to_string()).await.unwrap();
    let done: Result<bool, Error> = secured
        .db
        .transaction(async |tx| {
            let done = call(&tx.for_user(person.clone()), "Doc", operation, args.clone()).await;
            let is_done = match done {
                Ok(_) => true,
                Err(Error::Rejected { rejection, .. }) => rejection == Rejection::CannotReadBack,
                Err(error) => panic!("{error:?}"),
            };
            // An error takes back what was done.
            Err(Error::NotSupported(is_done.to_string()))
        })
        .await;
    matches!(done, Err(Error::NotSupported(text)) if text == "true")
}

#[tokio::test]
async fn new_rows_are_judged_before_they_are_there() {
    let Some(secured) = secured(SCHEMA, ROWS).await else {
        return;
    };
    for (id, owner) in [(1, 1), (1, 2), (4, 4), (5, 5), (99, 1)] {
        let insert = format!(
            "INSERT INTO \"Doc\" (id, title, state, \"ownerId\") VALUES (10, 'x', 'open', {owner})"
        );
        let found = secured.sql(&json!({ "id": id }), &[&insert]).await;
        let data = json!({"data": {"id": 10, "title": "x", "state": "open", "ownerId": owner}});
        let expected = engine(&secured, id, Operation::Create, data).await;
        assert_eq!(found.is_ok(), expected, "{id} for {owner}: {found:?}");
        assert!(expected || is_refused(&found), "{found:?}");
        assert_eq!(expected, id == owner && id != 5);
    }
}

#[tokio::test]
async fn changes_are_judged_by_the_row_as_it_was_and_as_it_became() {
    let Some(secured) = secured(SCHEMA, ROWS).await else {
        return;
    };
    for (id, change, data, expected) in [
        (1, "\"ownerId\" = 1", json!({"ownerId": 1}), Some(2)),
        (1, "state = 'x'", json!({"state": "x"}), Some(2)),
        // One of the two rows was not shared, so all of it is refused.
        (1, "\"ownerId\" = 2", json!({"ownerId": 2}), None),
        (2, "title = 'x'", json!({"title": "x"}), None),
        (2, "title = title", json!({"title": "b"}), None),
        (2, "state = 'x'", json!({"state": "x"}), Some(1)),
        (3, "state = 'x'", json!({"state": "x"}), Some(0)),
        (5, "title = 'x'", json!({"title": "x"}), Some(0)),
    ] {
        // `title = title` reads the column, so that rows which are not seen are left out as well; these are all seen.
        let update = format!("UPDATE \"Doc\" SET {change}");
        let found = secured.sql(&json!({ "id": id }), &[&update]).await;
        let touched = found.as_ref().ok().map(|rows| rows.affected);
        assert_eq!(touched, expected, "{id}: {change}: {found:?}");
        let is_done = engine(&secured, id, Operation::UpdateMany, json!({ "data": data })).await;
        assert_eq!(is_done, expected.is_some(), "{id}: {change}");
    }
    let one = "UPDATE \"Doc\" SET \"ownerId\" = 2 WHERE id = 5";
    assert_eq!(
        secured
            .sql(&json!({"id": 1}), &[one])
            .await
            .unwrap()
            .affected,
        1
    );
}

#[tokio::test]
async fn a_row_that_would_leave_the_sight_of_its_writer_is_refused() {
    let Some(secured) = secured(SCHEMA, ROWS).await else {
        return;
    };
    let withdraw = "UPDATE \"Doc\" SET state = 'withdrawn'";
    let of = json!({"id": 1});
    // Without a condition nothing is read, and the change stands, as in the engine.
    let blind = secured.sql(&of, &[withdraw]).await.unwrap();
    assert_eq!(blind.affected, 2);
    // PostgreSQL then asks the rules about reading of the new row as well.
    for reading in [" WHERE id = 1", " RETURNING id"] {
        let refused = secured.sql(&of, &[&format!("{withdraw}{reading}")]).await;
        assert!(is_refused(&refused), "{reading}: {refused:?}");
    }
}

#[tokio::test]
async fn rows_are_removed_by_whom_the_rules_let() {
    let Some(secured) = secured(SCHEMA, ROWS).await else {
        return;
    };
    secured
        .test
        .run("UPDATE \"Doc\" SET \"parentId\" = NULL")
        .await;
    for (id, expected) in [(2, 5), (1, 0), (4, 0), (3, 0)] {
        let done = secured
            .sql(&json!({ "id": id }), &["DELETE FROM \"Doc\""])
            .await;
        assert_eq!(done.unwrap().affected, expected, "{id}");
    }
    let left = super::query("SELECT id FROM \"Doc\" ORDER BY id");
    let left = secured.test.database.exec(&left, &[]).await;
    assert_eq!(ids(left.unwrap()), [1, 2, 3, 4, 5]);
}
