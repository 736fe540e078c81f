use super::Reply;
use crate::args::ArgValue;
use crate::args::parse::{self, Call};
use crate::client::Client;
use crate::error::Error;
use crate::operation::Operation;
use crate::plan;

/// `findMany`, `findFirst`, `findUnique`, their `OrThrow`, and `exists`.
pub(super) async fn run(client: &Client, call: &Call<'_>, args: &ArgValue) -> Result<Reply, Error> {
    let at = call.at(args);
    let plan = if call.operation == Operation::Exists {
        plan::exists(client, &parse::exists(&at)?)?
    } else {
        let by_key = matches!(
            call.operation,
            Operation::FindUnique | Operation::FindUniqueOrThrow
        );
        plan::find(client, &parse::find(&at)?, by_key)?
    };
    let records = client.execute(&plan, &[]).await?.records;
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
