use hallpass_sql::{Conflict, Statement};

use super::update::key_columns;
use super::{Plan, Planner, Scene, Work, create, emit};
use crate::args::UpsertArgs;
use crate::client::Engine;
use crate::error::Error;

/// A new row, or a change of the one that has its identity. Counts what differs afterwards.
pub(crate) fn upsert(engine: &Engine, args: &UpsertArgs) -> Result<Plan, Error> {
    let mut planner = Planner::new(engine);
    let model = planner.model(&args.model)?;
    let data = planner.row(model, &args.create)?;
    // By its table, because the row that is written has columns of the same names.
    let scene = Scene {
        model,
        alias: Some(&model.table),
    };
    let mut insert = create::insert(model, &data);
    insert.conflict = Some(Conflict {
        key: key_columns(model)?,
        assignments: planner.assignments(scene, &args.change)?,
    });
    let query = emit(&planner, &Statement::Insert(insert))?;
    Ok(planner.finish(model, Work::Affected(query)))
}
