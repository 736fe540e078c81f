#[cfg(feature = "http")]
use super::Answer;
use super::Reply;
use crate::args::ArgValue;
use crate::args::parse::{self, Call};
use crate::client::Client;
use crate::error::{Error, Sought};
use crate::operation::Operation;
use crate::reuse::{Planned, Read};

/// `findMany`, `findFirst`, `findUnique`, their `OrThrow`, and `exists`.
pub(super) async fn run(client: &Client, call: &Call<'_>, args: &ArgValue) -> Result<Reply, Error> {
    let planned = planned(client, call, args)?;
    let outcome = client.execute(planned.plan(), planned.values()).await?;
    let records = outcome.records;
    match call.operation {
        Operation::FindMany => Ok(Reply::Records(records)),
        Operation::Exists => Ok(Reply::Truth(!records.is_empty())),
        operation => {
            let first = records.into_iter().next();
            let must = matches!(
                operation,
                Operation::FindFirstOrThrow | Operation::FindUniqueOrThrow
            );
            if must && first.is_none() {
                return Err(Error::NotFound {
                    model: call.model.name.clone(),
                    sought: Sought::Row,
                });
            }
            Ok(Reply::Record(first))
        }
    }
}

/// Whether it gives rows as they are found.
#[cfg(feature = "http")]
pub(super) fn is_of_rows(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::FindMany | Operation::FindFirst | Operation::FindUnique
    )
}

/// The rows of one of these, of which no records are made.
#[cfg(feature = "http")]
pub(super) async fn answer(
    client: &Client,
    call: &Call<'_>,
    args: &ArgValue,
) -> Result<Answer, Error> {
    let planned = planned(client, call, args)?;
    let found = client.unread(planned.plan(), planned.values()).await?;
    Ok(match (call.operation, found) {
        (Operation::FindMany, Some(found)) => Answer::Rows(found),
        (Operation::FindMany, None) => Answer::Reply(Reply::Records(Vec::new())),
        (_, Some(found)) => Answer::Row(found.into_first()),
        (_, None) => Answer::Reply(Reply::Record(None)),
    })
}

fn planned(client: &Client, call: &Call<'_>, args: &ArgValue) -> Result<Planned, Error> {
    let at = call.at(args);
    if call.operation == Operation::Exists {
        return client.planned(Read::Exists, parse::exists(&at)?);
    }
    let unique = matches!(
        call.operation,
        Operation::FindUnique | Operation::FindUniqueOrThrow
    );
    client.planned(Read::Find { unique }, parse::find(&at)?)
}
