use hallpass_sql::{Expr, Select, Statement, Value};

use super::filter::require_unique;
use super::selection::Projection;
use super::{Plan, Planner, Scene, Work, emit};
use crate::args::{FindArgs, Order};
use crate::client::Engine;
use crate::error::{Error, InvalidInput};

/// A read of rows.
pub(crate) fn find(engine: &Engine, args: &FindArgs, unique: bool) -> Result<Plan, Error> {
    let mut planner = Planner::new(engine);
    let model = planner.model(&args.model)?;
    let by_key = require_unique(model, args.filter.as_ref());
    if unique {
        by_key.clone()?;
    }
    // Names are told apart only where there is more than one table.
    let scene = Scene {
        model,
        alias: (!args.include.is_empty()).then_some("t0"),
    };
    let mut projection = Projection {
        columns: Vec::new(),
        joins: Vec::new(),
    };
    let shape = planner.shape(scene, &args.selection, &args.include, &mut projection)?;
    let mut select = Select::from(Planner::source(model, scene.alias), projection.columns);
    select.joins = projection.joins;
    select.filter = planner.filter(scene, args.filter.as_ref())?;
    for order in &args.order {
        select.order.push(planner.order(scene, order)?);
    }
    select.limit = args.take.map(bound);
    select.offset = args.skip.map(bound);
    let query = emit(&planner, &Statement::Select(select))?;
    let work = match by_key {
        Ok(()) => Work::LookUp { query, shape },
        Err(_) => Work::Rows { query, shape },
    };
    Ok(planner.finish(model, work))
}

/// A count of rows.
pub(crate) fn count(engine: &Engine, args: &FindArgs) -> Result<Plan, Error> {
    let mut planner = Planner::new(engine);
    let model = planner.model(&args.model)?;
    let scene = Scene { model, alias: None };
    let mut select = Select::from(Planner::source(model, None), vec![Expr::CountAll]);
    select.filter = planner.filter(scene, args.filter.as_ref())?;
    let query = emit(&planner, &Statement::Select(select))?;
    Ok(planner.finish(model, Work::Count(query)))
}

/// Bound rather than written, so that every page has the same text and is prepared once.
fn bound(rows: u32) -> Expr {
    Expr::Value(Value::Int(rows.into()))
}

impl<'e> Planner<'e> {
    fn order(
        &self,
        scene: Scene<'e, '_>,
        order: &Order,
    ) -> Result<hallpass_sql::Order, InvalidInput> {
        let (field, _) = self.column(scene.model, &order.field)?;
        Ok(hallpass_sql::Order {
            expr: scene.column(&field.column),
            direction: order.direction,
            nulls: order.nulls,
        })
    }
}
