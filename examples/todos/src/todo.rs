//! What is done with todos. Whose they are and who may do what stands in `schema.zmodel`: the client is the person's.

use hallpass::data::{Client, Error};

use crate::schema::{Tables, Todo, todo};

/// As many todos as the page shows.
const SHOWN: u32 = 200;

/// Todos that the person may see, newest first.
pub(crate) async fn list(db: &Client) -> Result<Vec<Todo>, Error> {
    let newest_first = db.todo().find_many().order_by(todo::created_at().desc());
    newest_first.order_by(todo::id().desc()).take(SHOWN).await
}

/// Adds one; it is the person's.
pub(crate) async fn add(db: &Client, content: &str) -> Result<Todo, Error> {
    db.todo().create(Todo::new().content(content)).await
}

/// Ticks or unticks one; `None` when it is not the person's, or not there.
pub(crate) async fn toggle(db: &Client, id: &str) -> Result<Option<Todo>, Error> {
    let toggled = db.transaction(async |tx| {
        let update = || tx.todo().update(todo::id().is(id));
        // Writing first locks the row, so that of two toggles at once none is lost.
        let todo = update().set(todo::id().to(id)).await?;
        update().set(todo::completed().to(!todo.completed)).await
    });
    found(toggled.await)
}

/// Removes one; `None` when it is not the person's, or not there.
pub(crate) async fn remove(db: &Client, id: &str) -> Result<Option<Todo>, Error> {
    found(db.todo().delete(todo::id().is(id)).await)
}

/// A todo that is not there, and one of somebody else, are answered alike.
fn found(result: Result<Todo, Error>) -> Result<Option<Todo>, Error> {
    match result {
        Err(Error::NotFound { .. }) => Ok(None),
        result => result.map(Some),
    }
}
