use super::Reply;
use crate::args::ArgValue;
use crate::args::parse::{self, Call};
use crate::client::Client;
use crate::error::Error;
use crate::plan::Planner;

/// `check`: whether the rules could admit something, as far as they tell without a look at any row.
///
/// Source: contract zenstack §3.1.
pub(super) fn run(client: &Client, call: &Call<'_>, args: &ArgValue) -> Result<Reply, Error> {
    let at = call.at(args);
    let (operation, values) = parse::check(&at)?;
    let planner = Planner::new(client);
    let model = planner.model(&call.model.name)?;
    let is_possible = planner.is_possible(model, operation, &values)?;
    Ok(Reply::Truth(is_possible))
}
