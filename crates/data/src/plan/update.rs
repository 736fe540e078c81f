use hallpass_sql::{Expr, RowLock, Select, Statement, Update};
use hallpass_zmodel::schema::Model;

use super::filter::require_unique;
use super::{LockThenWrite, Plan, Planner, ReadBack, Scene, Scope, Work, column_name, emit};
use crate::args::{FindArgs, UpdateArgs};
use crate::client::Engine;
use crate::error::Error;

/// A change of rows.
pub(crate) fn update(engine: &Engine, args: &UpdateArgs, scope: Scope) -> Result<Plan, Error> {
    let mut planner = Planner::new(engine);
    let model = planner.model(&args.model)?;
    if scope == Scope::One {
        require_unique(model, args.filter.as_ref())?;
    }
    if args.data.is_empty() {
        return unchanged(engine, args, scope);
    }
    let assignments = planner.assignments(model, args)?;
    let scene = Scene { model, alias: None };
    let filter = planner.filter(scene, args.filter.as_ref())?;
    let mut update = Update {
        table: Planner::table(model),
        assignments,
        filter,
        returning: Vec::new(),
    };
    if scope == Scope::Count {
        let query = emit(&planner, &Statement::Update(update))?;
        return Ok(planner.finish(model, Work::Affected(query)));
    }
    let (shape, columns) = planner.flat(model, &args.selection)?;
    if engine.capability().update_returning {
        update.returning = columns;
        let query = emit(&planner, &Statement::Update(update))?;
        return Ok(planner.finish(model, Work::Rows { query, shape }));
    }
    let key = key_columns(model)?;
    let mut lock = Select::from(
        Planner::source(model, None),
        key.iter().map(Expr::column).collect(),
    );
    lock.filter = update.filter.take();
    lock.lock = Some(RowLock::Update);
    let set = key.iter().map(|column| assigned(&update, column)).collect();
    let work = LockThenWrite {
        lock: emit(&planner, &Statement::Select(lock))?,
        key_at: (0..key.len()).collect(),
        key,
        write: Statement::Update(update),
        read: Some(ReadBack {
            select: Select::from(Planner::source(model, None), columns),
            set,
        }),
        shape,
    };
    Ok(planner.finish(model, Work::LockThenWrite(Box::new(work))))
}

/// Nothing to set: the row stays as it is and is given back, `@updatedAt` untouched.
///
/// Source: contract zenstack §3.6.
fn unchanged(engine: &Engine, args: &UpdateArgs, scope: Scope) -> Result<Plan, Error> {
    if scope == Scope::One {
        let find = FindArgs {
            model: args.model.clone(),
            filter: args.filter.clone(),
            selection: args.selection.clone(),
            ..FindArgs::default()
        };
        return super::find(engine, &find, true);
    }
    let mut planner = Planner::new(engine);
    let model = planner.model(&args.model)?;
    planner.filter(Scene { model, alias: None }, args.filter.as_ref())?;
    Ok(planner.finish(model, Work::Nothing))
}

fn assigned(update: &Update, column: &str) -> Option<Expr> {
    let found = update.assignments.iter().find(|(name, _)| name == column);
    found.map(|(_, value)| value.clone())
}

/// Columns of the identity.
pub(super) fn key_columns(model: &Model) -> Result<Vec<String>, Error> {
    let columns = model.id.iter().map(|name| column_name(model, name));
    Ok(columns.collect::<Result<_, _>>()?)
}

impl<'e> Planner<'e> {
    fn assignments(
        &mut self,
        model: &'e Model,
        args: &UpdateArgs,
    ) -> Result<Vec<(String, Expr)>, Error> {
        self.check_names(model, args.data.iter().map(|(name, _)| name.as_str()))?;
        let mut assignments = Vec::with_capacity(args.data.len() + 1);
        for (name, input) in &args.data {
            let (field, codec) = self.column(model, name)?;
            let value = self.assignment(model, field, codec, input)?;
            assignments.push((field.column.clone(), value));
        }
        for field in model.fields.iter().filter(|field| field.updated_at) {
            if !args.data.iter().any(|(name, _)| *name == field.name) {
                let now = self.now(model, field)?;
                assignments.push((field.column.clone(), self.slot(now)));
            }
        }
        Ok(assignments)
    }
}
