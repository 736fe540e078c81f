use crate::args::parse::{
    At, Findings, Purpose, changes, filter, new_row, required, selection, unique,
};
use crate::args::{Changes, Filter, Selection};
use crate::client::Client;
use crate::error::{Error, InvalidInput};
use crate::operation::Reply;
use crate::plan::{Planner, key_fields};
use crate::write::{Flat, Which, Writer, hash_changes, hash_rows, not_found, unseen};

/// How often an upsert is tried that finds no row, and then is told that there is one: somebody else added it.
const UPSERTS: u32 = 3;

/// `update`
pub(super) async fn one<'e>(client: &'e Client, at: &At<'e, '_>) -> Result<Reply, Error> {
    at.only(&["where", "data", "select", "include", "omit"])?;
    let model = at.call().model;
    let which = Which::of(model, unique(&required(at, "where")?, model)?);
    let mut findings = Findings::default();
    let mut changes = changes(
        &required(at, "data")?,
        model,
        Purpose::OUTERMOST,
        &mut findings,
    )?;
    let selection = selection(at, model)?;
    findings.finish(at.call())?;
    hash_changes(client, &mut changes).await?;
    let writer = Writer::alone(client);
    if let Some(record) = writer.change_one_flat(&which, &changes, &selection).await? {
        return Ok(Reply::Record(Some(record)));
    }
    Box::pin(one_in_steps(client, which, changes, selection)).await
}

/// The same, where it takes more than a statement that is kept.
async fn one_in_steps<'e>(
    client: &'e Client,
    which: Which<'e>,
    changes: Changes<'e>,
    selection: Selection,
) -> Result<Reply, Error> {
    let model = which.model;
    let writer = Writer::alone(client);
    let flat = Flat::of_one(&mut Planner::new(client), model, &selection)?;
    if let Some(flat) = flat
        && changes.nested.is_empty()
        && !changes.values.is_empty()
        && client.engine().capability().update_returning
        && writer.changes_at_once(&which, &changes.values)?
    {
        let rows = writer.change(&which, &changes.values, &flat.fields).await?;
        let row = rows.into_iter().next().ok_or_else(|| not_found(model))?;
        return Ok(Reply::Record(Some(writer.shown(model, &flat, row).await?)));
    }
    let written: Result<_, Error> = client
        .transaction(async |tx| {
            let writer = Writer::new(client, tx);
            let row = writer
                .update_one(which.clone(), changes.clone(), Vec::new())
                .await?;
            let row = row.ok_or_else(|| not_found(model))?;
            writer.read_back(model, &row, &selection).await
        })
        .await;
    written?
        .map(|record| Reply::Record(Some(record)))
        .ok_or_else(|| unseen(model))
}

/// `upsert`: a change first, and where there is nothing to change, a new row.
///
/// Source: contract zenstack §2.2.
pub(super) async fn or_create<'e>(client: &'e Client, at: &At<'e, '_>) -> Result<Reply, Error> {
    at.only(&["where", "create", "update", "select", "include", "omit"])?;
    let model = at.call().model;
    let which = Which::of(model, unique(&required(at, "where")?, model)?);
    let mut findings = Findings::default();
    let mut new = new_row(
        &required(at, "create")?,
        model,
        Purpose::OUTERMOST,
        &mut findings,
    )?;
    let mut changes = changes(
        &required(at, "update")?,
        model,
        Purpose::OUTERMOST,
        &mut findings,
    )?;
    let selection = selection(at, model)?;
    findings.finish(at.call())?;
    hash_rows(client, std::slice::from_mut(&mut new)).await?;
    hash_changes(client, &mut changes).await?;
    let mut attempt = 1;
    loop {
        let written: Result<_, Error> = client
            .transaction(async |tx| {
                let writer = Writer::new(client, tx);
                let updated = writer.update_one(which.clone(), changes.clone(), Vec::new());
                let row = match updated.await? {
                    Some(row) => Some(row),
                    None => {
                        let key = key_fields(model)?;
                        let rows = writer.create(model, vec![new.clone()], key);
                        rows.await?.into_iter().next()
                    }
                };
                match row {
                    Some(row) => writer.read_back(model, &row, &selection).await,
                    None => Ok(None),
                }
            })
            .await;
        match written {
            Err(Error::Conflict { .. }) if attempt < UPSERTS && client.is_outside() => attempt += 1,
            written => {
                let record = written?.ok_or_else(|| unseen(model))?;
                return Ok(Reply::Record(Some(record)));
            }
        }
    }
}

/// `updateMany`
pub(super) async fn many<'e>(client: &'e Client, at: &At<'e, '_>) -> Result<Reply, Error> {
    at.only(&["where", "data", "limit"])?;
    let (which, mut changes) = wanted(at)?;
    hash_changes(client, &mut changes).await?;
    let count = if Writer::alone(client).changes_at_once(&which, &changes.values)? {
        Writer::alone(client)
            .change_counted(&which, &changes.values)
            .await
    } else {
        let work = async |tx| {
            let writer = Writer::new(client, tx);
            writer.change_counted(&which, &changes.values).await
        };
        client.transaction(work).await
    };
    Ok(Reply::Affected(count?))
}

/// `updateManyAndReturn`
pub(super) async fn many_given_back<'e>(
    client: &'e Client,
    at: &At<'e, '_>,
) -> Result<Reply, Error> {
    at.only(&["where", "data", "limit", "select", "omit"])?;
    let model = at.call().model;
    let (which, mut changes) = wanted(at)?;
    hash_changes(client, &mut changes).await?;
    let selection = selection(at, model)?;
    if changes.values.is_empty() {
        return Ok(Reply::Records(Vec::new()));
    }
    let flat = Flat::of(&mut Planner::new(client), model, &selection)?;
    let written: Result<_, Error> = client
        .transaction(async |tx| {
            let writer = Writer::new(client, tx);
            if let Some(flat) = &flat {
                let rows = writer.change(&which, &changes.values, &flat.fields).await?;
                require_few(at, rows.len())?;
                let records = rows.iter().map(|row| flat.record(model, row));
                return Ok((rows.len(), records.collect::<Result<Vec<_>, Error>>()?));
            }
            let rows = writer.change_known(&which, &changes.values).await?;
            require_few(at, rows.len())?;
            let records = writer.read_back_all(model, &rows, &selection).await?;
            Ok((rows.len(), records))
        })
        .await;
    let (count, records) = written?;
    if records.len() < count {
        return Err(unseen(model));
    }
    Ok(Reply::Records(records))
}

/// Refuses to give back more rows than one read may give; what was done is undone.
fn require_few(at: &At<'_, '_>, rows: usize) -> Result<(), InvalidInput> {
    let most = at.limits().rows;
    if u64::try_from(rows).is_ok_and(|rows| rows <= most) {
        return Ok(());
    }
    Err(at.fail(format!(
        "at most {most} rows are given back; use `limit` or `updateMany`"
    )))
}

fn wanted<'e>(at: &At<'e, '_>) -> Result<(Which<'e>, Changes<'e>), Error> {
    let model = at.call().model;
    let mut which = rows(at)?;
    which.limit = limit(at, "Updating")?;
    let mut findings = Findings::default();
    let changes = changes(&required(at, "data")?, model, Purpose::FLAT, &mut findings)?;
    findings.finish(at.call())?;
    Ok((which, changes))
}

/// `where`, and everything where nothing is said.
pub(super) fn rows<'e>(at: &At<'e, '_>) -> Result<Which<'e>, InvalidInput> {
    let model = at.call().model;
    let filter = match at.member("where")? {
        Some(wanted) => filter(&wanted, model)?,
        None => Filter::All(Vec::new()),
    };
    Ok(Which::of(model, filter))
}

/// `limit`: how many rows at most.
pub(super) fn limit(at: &At<'_, '_>, doing: &str) -> Result<Option<u32>, Error> {
    let Some(limit) = at.member("limit")? else {
        return Ok(None);
    };
    let number = u32::try_from(limit.integer()?);
    let number = number.map_err(|_| limit.fail("expected a number of rows, 0 or more"))?;
    if at.call().model.is_polymorphic() {
        return Err(Error::NotSupported(format!(
            "{doing} with a limit is not supported for polymorphic models"
        )));
    }
    Ok(Some(number))
}
