use super::update::{limit, rows};
use crate::args::parse::{At, required, selection, unique};
use crate::client::Client;
use crate::error::Error;
use crate::operation::Reply;
use crate::plan::Planner;
use crate::write::{Flat, Which, Writer, not_found, unseen};

/// `delete`
pub(super) async fn one<'e>(client: &'e Client, at: &At<'e, '_>) -> Result<Reply, Error> {
    at.only(&["where", "select", "include", "omit"])?;
    let model = at.call().model;
    let filter = unique(&required(at, "where")?, model)?;
    let which = Which::of(model, filter.clone());
    let selection = selection(at, model)?;
    let flat = Flat::of(&mut Planner::new(client), model, &selection)?;
    if let Some(flat) = flat
        && client.engine().capability().delete_returning
        && Writer::alone(client).removes_at_once(&which)?
    {
        let rows = Writer::alone(client).delete(&which, &flat.fields).await?;
        let row = rows.first().ok_or_else(|| not_found(model))?;
        return Ok(Reply::Record(Some(flat.record(model, row)?)));
    }
    let removed: Result<_, Error> = client
        .transaction(async |tx| {
            let writer = Writer::new(client, tx);
            // As it was: afterwards nothing is there to be read.
            let seen = writer.read(model, filter.clone(), &selection).await?;
            if writer.delete_counted(&which).await? == 0 {
                return Err(not_found(model));
            }
            Ok(seen.into_iter().next())
        })
        .await;
    removed?
        .map(|record| Reply::Record(Some(record)))
        .ok_or_else(|| unseen(model))
}

/// `deleteMany`
pub(super) async fn many<'e>(client: &'e Client, at: &At<'e, '_>) -> Result<Reply, Error> {
    at.only(&["where", "limit"])?;
    let mut which = rows(at)?;
    which.limit = limit(at, "Deleting")?;
    let count = if Writer::alone(client).removes_at_once(&which)? {
        Writer::alone(client).delete_counted(&which).await
    } else {
        let work = async |tx| Writer::new(client, tx).delete_counted(&which).await;
        client.transaction(work).await
    };
    Ok(Reply::Affected(count?))
}
