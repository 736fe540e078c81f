use super::Reply;
use crate::args::ArgValue;
use crate::args::parse::{self, Call, Counted};
use crate::client::Client;
use crate::error::Error;
use crate::operation::Operation;
use crate::plan::{self, Aggregated};
use crate::record::Record;

/// `count`, `aggregate` and `groupBy`.
pub(super) async fn run(client: &Client, call: &Call<'_>, args: &ArgValue) -> Result<Reply, Error> {
    let at = call.at(args);
    let model = &call.model.name;
    match call.operation {
        Operation::GroupBy => {
            let plan = plan::group_by(client, parse::group_by(&at)?, model)?;
            Ok(Reply::Records(client.execute(&plan, &[]).await?.records))
        }
        Operation::Aggregate => {
            let args = parse::aggregate(&at)?;
            let record = one(client, plan::aggregate(client, &args, model)?).await?;
            Ok(Reply::Record(Some(record)))
        }
        _ => match parse::count(&at)? {
            Counted::Rows(rows) => {
                let plan = plan::count_of(client, &rows, model)?;
                Ok(Reply::Count(client.execute(&plan, &[]).await?.count))
            }
            Counted::Fields(args) => {
                let record = one(client, plan::aggregate(client, &args, model)?).await?;
                let counts = record.group("_count").ok().cloned();
                Ok(Reply::Record(Some(counts.unwrap_or(record))))
            }
        },
    }
}

async fn one(client: &Client, aggregated: Aggregated) -> Result<Record, Error> {
    let mut records = client.execute(&aggregated.plan, &[]).await?.records;
    match records.pop() {
        Some(record) => Ok(record),
        None => aggregated.of_nothing(),
    }
}
