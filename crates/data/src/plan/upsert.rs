use hallpass_sql::{Conflict, Statement};

use super::update::key_columns;
use super::{Plan, Planner, Scene, Work, create, emit};
use crate::args::{Input, UpsertArgs};
use crate::client::Client;
use crate::error::Error;

/// A new row, or a change of the one that has its identity. Counts what differs afterwards.
pub(crate) fn upsert(client: &Client, args: &UpsertArgs) -> Result<Plan, Error> {
    client.access.require_full()?;
    let mut planner = Planner::new(client);
    let model = planner.model(&args.model)?;
    let given = args.create.iter().map(|(name, _)| name);
    let changed = args.change.iter().map(|(name, _)| name);
    Planner::refuse_hashed(
        model,
        given
            .chain(changed)
            .chain(args.each.iter().map(|(name, _)| name)),
    )?;
    let mut rows = rows(args).into_iter();
    let Some(first) = rows.next() else {
        return Ok(planner.finish(model, Work::Nothing));
    };
    let data = planner.row(model, &first)?;
    let mut insert = create::insert(model, &data);
    for row in rows {
        let row = planner.row(model, &row)?;
        insert
            .rows
            .push(row.into_iter().map(|(_, value)| value).collect());
    }
    // By its table, because the row that is written has columns of the same names.
    let scene = Scene {
        model,
        alias: Some(&model.table),
    };
    insert.conflict = Some(Conflict::Change {
        key: key_columns(model)?,
        assignments: planner.assignments(scene, &args.change)?,
    });
    let query = emit(&planner, &Statement::Insert(insert))?;
    Ok(planner.finish(model, Work::Affected(query)))
}

/// What is said of each row, the same fields of all of them.
fn rows(args: &UpsertArgs) -> Vec<Vec<(String, Input)>> {
    let Some((field, values)) = &args.each else {
        return vec![args.create.clone()];
    };
    let row = |value: &Input| {
        let mut row = args.create.clone();
        row.push((field.clone(), value.clone()));
        row
    };
    values.iter().map(row).collect()
}
