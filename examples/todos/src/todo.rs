//! What one person may do with their todos. Every operation names the person, so that nobody reaches another's.

use hallpass::UserId;
use hallpass::data::{Client, Error, Filter, Record, desc, field};

/// As many todos as the page shows.
const SHOWN: u32 = 200;

/// The person's own todos, newest first.
pub(crate) async fn list(db: &Client, person: &UserId) -> Result<Vec<Record>, Error> {
    let newest_first = db
        .find_many("Todo")
        .filter(field("userId").eq(person.as_str()))
        .order_by(desc("createdAt"))
        .order_by(desc("id"));
    newest_first.take(SHOWN).run().await
}

/// Adds one.
pub(crate) async fn add(db: &Client, person: &UserId, content: &str) -> Result<Record, Error> {
    let todo = db.create("Todo").set("content", content);
    todo.set("userId", person.as_str()).run().await
}

/// Ticks or unticks one; `None` when it is not the person's, or not there.
pub(crate) async fn toggle(
    db: &Client,
    person: &UserId,
    id: &str,
) -> Result<Option<Record>, Error> {
    db.transaction(async |tx| {
        // Writing first locks the row, so that of two toggles at once none is lost.
        let lock = tx.update("Todo").filter(own(person, id)).set("id", id);
        let Some(todo) = lock.run().await? else {
            return Ok(None);
        };
        let completed: bool = todo.get("completed")?;
        let update = tx.update("Todo").filter(own(person, id));
        update.set("completed", !completed).run().await
    })
    .await
}

/// Removes one; `None` when it is not the person's, or not there.
pub(crate) async fn remove(
    db: &Client,
    person: &UserId,
    id: &str,
) -> Result<Option<Record>, Error> {
    db.delete("Todo").filter(own(person, id)).run().await
}

fn own(person: &UserId, id: &str) -> Filter {
    field("id").eq(id).and(field("userId").eq(person.as_str()))
}
