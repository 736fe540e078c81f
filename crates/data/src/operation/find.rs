use super::Reply;
use crate::args::ArgValue;
use crate::args::parse::{self, Call};
use crate::client::Client;
use crate::error::Error;
use crate::operation::Operation;
use crate::reuse::Read;

/// `findMany`, `findFirst`, `findUnique`, their `OrThrow`, and `exists`.
pub(super) async fn run(client: &Client, call: &Call<'_>, args: &ArgValue) -> Result<Reply, Error> {
    let at = call.at(args);
    let planned = if call.operation == Operation::Exists {
        client.planned(Read::Exists, parse::exists(&at)?)?
    } else {
        let unique = matches!(
            call.operation,
            Operation::FindUnique | Operation::FindUniqueOrThrow
        );
        client.planned(Read::Find { unique }, parse::find(&at)?)?
    };
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
                });
            }
            Ok(Reply::Record(first))
        }
    }
}
