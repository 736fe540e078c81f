use std::sync::Arc;

use hallpass_sql::{Expr, Statement};
use hallpass_zmodel::schema::Model;

use super::filter::require_unique;
use super::selection::Projection;
use super::{Plan, Planner, Scene, Work, emit, most};
use crate::args::{Filter, FindArgs, Include, Listing, Order, OrderKey, Selection};
use crate::error::Error;
use crate::shape::Shape;

/// A read of rows.
pub(crate) fn find(mut planner: Planner<'_>, args: &FindArgs, unique: bool) -> Result<Plan, Error> {
    let model = planner.model(&args.model)?;
    let by_key = require_unique(&planner.engine.schema, model, args.rows.filter.as_ref());
    if unique {
        by_key.clone()?;
    }
    // Also of rows that were written: what comes along with them is chosen by whoever wrote.
    planner.ask(args.asked.or(args.selection.asked), model);
    planner.by_levels = planner.may_multiply(model, &args.rows, &args.selection, by_key.is_ok())?;
    let scene = root(model, args);
    let mut projection = Projection::rows();
    let mut shape = planner.shape(scene, &args.selection, &mut projection)?;
    if args.rows.take.is_some_and(|take| take < 0) {
        Arc::make_mut(&mut shape).reversed = true;
    }
    let mut select = planner.rows(scene, projection.columns)?;
    if !planner.list(scene, &args.rows, &mut select)? {
        return Ok(planner.finish(model, Work::Nothing));
    }
    if args.asked.is_some() && by_key.is_err() {
        planner.most = planner.cap_rows(args.rows.take, &mut select);
    }
    select.joins.extend(projection.joins);
    let query = emit(&planner, &Statement::Select(select))?;
    let path = match most::deepest(model, &planner.engine.schema, &args.selection) {
        "" if by_key.is_err() => "take",
        path => path,
    };
    planner.all = planner.most_of_all(path, &shape);
    let levels = projection.levels;
    planner.note_levels(&levels)?;
    let work = match by_key {
        _ if !levels.is_empty() => Work::Levels {
            query,
            shape,
            levels,
        },
        Ok(()) if is_quick(args) => Work::LookUp { query, shape },
        _ => Work::Rows { query, shape },
    };
    Ok(planner.finish(model, work))
}

/// Whether a read by key finds nothing but rows that other keys name: what could take longer must not hold up others.
fn is_quick(args: &FindArgs) -> bool {
    fn is_plain(selection: &Selection) -> bool {
        let is_plain =
            |include: &Include| include.rows == Listing::default() && is_plain(&include.selection);
        selection.counts.is_empty() && selection.include.iter().all(is_plain)
    }
    let filter = args.rows.filter.as_ref();
    is_plain(&args.selection) && !filter.is_some_and(Filter::has_relations)
}

/// A count of rows.
pub(crate) fn count(mut planner: Planner<'_>, args: &FindArgs) -> Result<Plan, Error> {
    let model = planner.model(&args.model)?;
    let scene = root(model, args);
    let mut select = planner.rows(scene, vec![Expr::CountAll])?;
    if !planner.list(scene, &args.rows, &mut select)? {
        return Ok(planner.finish(model, Work::Nothing));
    }
    let query = emit(&planner, &Statement::Select(select))?;
    Ok(planner.finish(model, Work::Count(query)))
}

/// A read that finds a row without content where there is one.
pub(crate) fn exists(mut planner: Planner<'_>, args: &FindArgs) -> Result<Plan, Error> {
    let model = planner.model(&args.model)?;
    let scene = root(model, args);
    let mut select = planner.rows(scene, vec![Expr::Bool(true)])?;
    if !planner.list(scene, &args.rows, &mut select)? {
        return Ok(planner.finish(model, Work::Nothing));
    }
    let work = Work::Rows {
        query: emit(&planner, &Statement::Select(select))?,
        shape: Arc::new(Shape {
            model: model.name.clone(),
            fields: Vec::new(),
            reversed: false,
            extended: None,
            key: Vec::new(),
        }),
    };
    Ok(planner.finish(model, work))
}

/// The table that is read; it gets a name of its own where there are others to tell it from.
fn root<'e>(model: &'e Model, args: &FindArgs) -> Scene<'e, 'static> {
    let FindArgs {
        rows, selection, ..
    } = args;
    let is_column =
        |order: &Order| order.through.is_empty() && matches!(order.key, OrderKey::Field(_));
    let is_alone = selection.include.is_empty()
        && selection.counts.is_empty()
        && rows.cursor.is_none()
        && rows.order.iter().all(is_column)
        && !rows.filter.as_ref().is_some_and(Filter::has_relations)
        && !model.is_polymorphic();
    if is_alone {
        Scene::alone(model)
    } else {
        Scene::called(model, "t0")
    }
}
