//! Every read of the suites is planned both ways: what a shared plan says, with its values in it, is what a plan of its own
//! says.

use hallpass_sql::{Bind, Query, Value};

use crate::client::Client;
use crate::error::Error;
use crate::plan::{Plan, Slot, Work};

pub(super) fn require_same(
    client: &Client,
    shared: &Plan,
    arguments: &[Value],
    own: Result<Plan, Error>,
) {
    let own = own.unwrap_or_else(|error| panic!("planned alone it is refused: {error}"));
    let values = |plan: &Plan, arguments: &[Value]| {
        Slot::values(&plan.slots, &client.engine, &client.access, arguments)
    };
    // What no column takes is refused at the run, whoever planned it.
    let (Ok(bound), Ok(own_values)) = (values(shared, arguments), values(&own, &[])) else {
        return;
    };
    assert_eq!(
        said(&shared.work, &bound),
        said(&own.work, &own_values),
        "a shared plan says something else"
    );
    assert_eq!(shared.most, own.most);
}

/// The statement of a plan with its values in it.
fn said(work: &Work, values: &[Value]) -> Option<(String, Vec<Value>)> {
    let query: &Query = match work {
        Work::Nothing => return None,
        Work::Rows { query, .. }
        | Work::Levels { query, .. }
        | Work::LookUp { query, .. }
        | Work::Count(query) => query,
        _ => panic!("no read does this"),
    };
    let binds = query.binds.iter().map(|bind| match bind {
        Bind::Value(value) => value.clone(),
        Bind::Parameter(number) => values[*number].clone(),
    });
    Some((query.text.clone(), binds.collect()))
}
