//! What is done with todos. Whose they are and who may do what stands in `schema.zmodel`: the client is the person's.

use hallpass::data::{ArgValue, Client, Error, Operation, Record};
use serde_json::{Value, json};

/// As many todos as the page shows.
const SHOWN: u32 = 200;

/// Todos that the person may see, newest first.
pub(crate) async fn list(db: &Client) -> Result<Vec<Record>, Error> {
    let newest_first = json!([{ "createdAt": "desc" }, { "id": "desc" }]);
    let args = args(json!({ "orderBy": newest_first, "take": SHOWN }))?;
    Ok(db
        .call("Todo", Operation::FindMany, &args)
        .await?
        .into_records())
}

/// Adds one; it is the person's.
pub(crate) async fn add(db: &Client, content: &str) -> Result<Option<Record>, Error> {
    let args = args(json!({ "data": { "content": content } }))?;
    Ok(db
        .call("Todo", Operation::Create, &args)
        .await?
        .into_record())
}

/// Ticks or unticks one; `None` when it is not the person's, or not there.
pub(crate) async fn toggle(db: &Client, id: &str) -> Result<Option<Record>, Error> {
    let toggled = db.transaction(async |tx| {
        // Writing first locks the row, so that of two toggles at once none is lost.
        let Some(todo) = update(&tx, id, json!({ "id": id })).await? else {
            return Ok(None);
        };
        let completed: bool = todo.get("completed")?;
        update(&tx, id, json!({ "completed": !completed })).await
    });
    found(toggled.await)
}

/// Removes one; `None` when it is not the person's, or not there.
pub(crate) async fn remove(db: &Client, id: &str) -> Result<Option<Record>, Error> {
    let args = args(json!({ "where": { "id": id } }))?;
    let removed = db.call("Todo", Operation::Delete, &args).await;
    found(removed.map(|reply| reply.into_record()))
}

async fn update(db: &Client, id: &str, data: Value) -> Result<Option<Record>, Error> {
    let args = args(json!({ "where": { "id": id }, "data": data }))?;
    Ok(db
        .call("Todo", Operation::Update, &args)
        .await?
        .into_record())
}

/// A todo that is not there, and one of somebody else, are answered alike.
fn found(result: Result<Option<Record>, Error>) -> Result<Option<Record>, Error> {
    match result {
        Err(Error::NotFound { .. }) => Ok(None),
        result => result,
    }
}

fn args(json: Value) -> Result<ArgValue, Error> {
    Ok(ArgValue::from_json(json)?)
}
