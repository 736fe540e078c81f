use hallpass_sql::{Delete, Expr, RowLock, Select, Statement};

use super::filter::require_unique;
use super::update::key_columns;
use super::{Cascades, LockThenWrite, Plan, Planner, Scene, Scope, Work, emit};
use crate::args::DeleteArgs;
use crate::client::Client;
use crate::error::Error;

/// A removal of rows.
pub(crate) fn delete(client: &Client, args: &DeleteArgs, scope: Scope) -> Result<Plan, Error> {
    client.access.require_full()?;
    let mut planner = Planner::new(client);
    let model = planner.model(&args.model)?;
    planner.require_one_table(model)?;
    if scope == Scope::One {
        require_unique(&planner.engine.schema, model, args.filter.as_ref())?;
    }
    let scene = Scene::alone(model);
    let filter = planner.filter(scene, args.filter.as_ref())?;
    let mut delete = Delete {
        table: Planner::table(model),
        filter,
        returning: Vec::new(),
    };
    let cascades = Cascades::of(&planner.engine.schema).leave_parts(model);
    if scope == Scope::Count && !cascades {
        let query = emit(&planner, &Statement::Delete(delete))?;
        return Ok(planner.finish(model, Work::Affected(query)));
    }
    let (shape, mut columns) = planner.flat(model, &args.selection)?;
    let capability = planner.engine.capability();
    if capability.delete_returning && !cascades {
        delete.returning = columns;
        let query = emit(&planner, &Statement::Delete(delete))?;
        return Ok(planner.finish(model, Work::Rows { query, shape }));
    }
    let key = key_columns(model)?;
    let first = columns.len();
    columns.extend(key.iter().map(Expr::column));
    let mut lock = Select::from(Planner::source(model, None), columns);
    lock.filter = delete.filter.take();
    lock.lock = capability.select_for_update.then_some(RowLock::Update);
    let work = LockThenWrite {
        lock: emit(&planner, &Statement::Select(lock))?,
        key_at: (first..first + key.len()).collect(),
        key,
        write: Statement::Delete(delete),
        read: None,
        shape,
        cascades,
    };
    Ok(planner.finish(model, Work::LockThenWrite(Box::new(work))))
}
