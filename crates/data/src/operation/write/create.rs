use crate::args::parse::{At, Findings, Purpose, new_row, required, selection};
use crate::args::{NewRow, Selection};
use crate::client::Client;
use crate::error::{Error, InvalidInput};
use crate::operation::Reply;
use crate::plan::{Planner, key_fields};
use crate::write::{Flat, Writer, hash_rows, unseen};

/// `create`
pub(super) async fn one<'e>(client: &'e Client, at: &At<'e, '_>) -> Result<Reply, Error> {
    at.only(&["data", "select", "include", "omit"])?;
    let model = at.call().model;
    let mut findings = Findings::default();
    let mut row = new_row(
        &required(at, "data")?,
        model,
        Purpose::OUTERMOST,
        &mut findings,
    )?;
    let selection = selection(at, model)?;
    findings.finish(at.call())?;
    hash_rows(client, std::slice::from_mut(&mut row)).await?;
    let writer = Writer::alone(client);
    if let Some(record) = writer.create_one_flat(model, &row, &selection).await? {
        return Ok(Reply::Record(Some(record)));
    }
    Box::pin(one_in_steps(client, row, selection)).await
}

/// The same, where it takes more than one statement.
async fn one_in_steps<'e>(
    client: &'e Client,
    row: NewRow<'e>,
    selection: Selection,
) -> Result<Reply, Error> {
    let model = row.model;
    let written = client.transaction(async |tx| {
        let writer = Writer::new(client, tx);
        let key = key_fields(model)?;
        let rows = writer.create(model, vec![row.clone()], key).await?;
        match rows.first() {
            Some(row) => writer.read_back(model, row, &selection).await,
            None => Ok(None),
        }
    });
    let written: Result<_, Error> = written.await;
    written?
        .map(|record| Reply::Record(Some(record)))
        .ok_or_else(|| unseen(model))
}

/// `createMany`
pub(super) async fn many<'e>(client: &'e Client, at: &At<'e, '_>) -> Result<Reply, Error> {
    at.only(&["data", "skipDuplicates"])?;
    let model = at.call().model;
    let mut rows = rows(at)?;
    hash_rows(client, &mut rows).await?;
    let skips = skips(at)?;
    let count: Result<u64, Error> = client
        .transaction(async |tx| {
            let writer = Writer::new(client, tx);
            if skips {
                return Ok(writer.create_new(model, rows.clone(), &[]).await?.0);
            }
            let rows = writer.create(model, rows.clone(), Vec::new()).await?;
            Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
        })
        .await;
    Ok(Reply::Affected(count?))
}

/// `createManyAndReturn`
pub(super) async fn many_given_back<'e>(
    client: &'e Client,
    at: &At<'e, '_>,
) -> Result<Reply, Error> {
    at.only(&["data", "skipDuplicates", "select", "omit"])?;
    let model = at.call().model;
    let mut rows = rows(at)?;
    hash_rows(client, &mut rows).await?;
    let skips = skips(at)?;
    let selection = selection(at, model)?;
    let capability = client.engine().capability();
    // Where rows that were there before would be given back, nobody could tell them from the new ones.
    if !capability.insert_returning || (skips && !capability.update_returning) {
        return Err(super::not_supported(at.call()));
    }
    let flat = Flat::of(&mut Planner::new(client), model, &selection)?;
    let written: Result<_, Error> = client
        .transaction(async |tx| {
            let writer = Writer::new(client, tx);
            let rows = rows.clone();
            match &flat {
                Some(flat) if skips => writer.create_new_flat(model, rows, flat).await,
                Some(flat) => writer.create_flat(model, rows, flat).await,
                None => {
                    let rows = if skips {
                        writer.create_new_known(model, rows).await?
                    } else {
                        writer.create(model, rows, key_fields(model)?).await?
                    };
                    writer.read_back_all(model, &rows, &selection).await
                }
            }
        })
        .await;
    Ok(Reply::Records(written?))
}

fn rows<'e>(at: &At<'e, '_>) -> Result<Vec<NewRow<'e>>, InvalidInput> {
    let model = at.call().model;
    let mut findings = Findings::default();
    let data = required(at, "data")?;
    let data = data.one_or_many()?;
    let rows = data
        .iter()
        .map(|row| new_row(row, model, Purpose::FLAT, &mut findings));
    let rows = rows.collect::<Result<_, _>>()?;
    findings.finish(at.call())?;
    Ok(rows)
}

fn skips(at: &At<'_, '_>) -> Result<bool, InvalidInput> {
    let skip = at.member("skipDuplicates")?;
    Ok(skip.map(|skip| skip.boolean()).transpose()? == Some(true))
}
