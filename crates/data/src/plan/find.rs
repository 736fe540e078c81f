use hallpass_sql::{Expr, Select, Statement, Value};

use super::filter::require_unique;
use super::selection::Projection;
use super::{Plan, Planner, Scene, Work, emit};
use crate::args::{FindArgs, Order};
use crate::client::Client;
use crate::error::{Error, InvalidInput};

/// A read of rows.
pub(crate) fn find(client: &Client, args: &FindArgs, unique: bool) -> Result<Plan, Error> {
    let mut planner = Planner::new(client);
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
    if !planner.restrict(scene, &mut select)? {
        return Ok(planner.finish(model, Work::Nothing));
    }
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
pub(crate) fn count(client: &Client, args: &FindArgs) -> Result<Plan, Error> {
    let mut planner = Planner::new(client);
    let model = planner.model(&args.model)?;
    let scene = Scene { model, alias: None };
    let mut select = Select::from(Planner::source(model, None), vec![Expr::CountAll]);
    select.filter = planner.filter(scene, args.filter.as_ref())?;
    if !planner.restrict(scene, &mut select)? {
        return Ok(planner.finish(model, Work::Nothing));
    }
    let query = emit(&planner, &Statement::Select(select))?;
    Ok(planner.finish(model, Work::Count(query)))
}

/// Bound rather than written, so that every page has the same text and is prepared once.
fn bound(rows: u32) -> Expr {
    Expr::Value(Value::Int(rows.into()))
}

impl<'e> Planner<'e> {
    /// Adds what rows must meet to be seen; `false` where none can.
    fn restrict(&self, scene: Scene<'e, '_>, select: &mut Select) -> Result<bool, InvalidInput> {
        match self.readable(scene)? {
            None => Ok(true),
            Some(Expr::Bool(seen)) => Ok(seen),
            Some(condition) => {
                let parts = [Some(condition), select.filter.take()];
                select.filter = Some(Expr::And(parts.into_iter().flatten().collect()));
                Ok(true)
            }
        }
    }

    fn order(
        &self,
        scene: Scene<'e, '_>,
        order: &Order,
    ) -> Result<hallpass_sql::Order, InvalidInput> {
        let (field, codec) = self.column(scene.model, &order.field)?;
        Self::require_open(scene.model, field, &codec)?;
        Ok(hallpass_sql::Order {
            expr: scene.column(&field.column),
            direction: order.direction,
            nulls: order.nulls,
        })
    }
}
