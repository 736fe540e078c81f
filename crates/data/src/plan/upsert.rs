use hallpass_sql::{Conflict, Expr, Statement};

use super::update::key_columns;
use super::{Plan, Planner, Scene, Work, create, emit};
use crate::args::{Input, UpsertArgs};
use crate::client::Client;
use crate::error::{Error, InvalidInput};

/// A new row, or a change of the one that has its identity. Counts what differs afterwards.
pub(crate) fn upsert(client: &Client, args: &UpsertArgs) -> Result<Plan, Error> {
    client.access.require_full()?;
    let mut planner = Planner::new(client);
    let model = planner.model(&args.model)?;
    planner.require_one_table(model)?;
    let given = args.create.iter().map(|(name, _)| name);
    let changed = args.change.iter().map(|(name, _)| name);
    Planner::refuse_hashed(
        model,
        given
            .chain(changed)
            .chain(args.rows.iter().flatten().flatten().map(|(name, _)| name)),
    )?;
    let mut rows = rows(args).into_iter();
    let Some(first) = rows.next() else {
        return Ok(planner.finish(model, Work::Nothing));
    };
    let data = planner.row(model, &first)?;
    let mut insert = create::insert(model, &data);
    for row in rows {
        let row = planner.row(model, &row)?;
        let alike = row.iter().map(|(field, _)| *field);
        if !alike.eq(data.iter().map(|(field, _)| *field)) {
            return Err(InvalidInput::Uneven {
                model: model.name.clone(),
            }
            .into());
        }
        insert
            .rows
            .push(row.into_iter().map(|(_, value)| value).collect());
    }
    // By its table, because the row that is written has columns of the same names.
    let scene = Scene::called(model, &model.table);
    insert.conflict = Some(Conflict::Change {
        key: key_columns(model)?,
        assignments: planner.assignments(scene, &args.change)?,
        only: planner.filter(scene, args.only.as_ref())?,
    });
    if let Some(unless) = &args.unless {
        let others = Scene::called(model, "t0");
        let mut found = planner.rows(others, vec![Expr::Bool(true)])?;
        found.filter = planner.filter(others, Some(unless))?;
        insert.unless = Some(found);
    }
    let query = emit(&planner, &Statement::Insert(insert))?;
    Ok(planner.finish(model, Work::Affected(query)))
}

/// What is said of each row, the same fields of all of them.
fn rows(args: &UpsertArgs) -> Vec<Vec<(String, Input)>> {
    let Some(rows) = &args.rows else {
        return vec![args.create.clone()];
    };
    let row = |own: &Vec<(String, Input)>| [args.create.as_slice(), own].concat();
    rows.iter().map(row).collect()
}
