use hallpass_sql::{Expr, RowLock, Select, Statement, Update, Value};
use hallpass_zmodel::schema::{Field, FieldKind, Model, Scalar};

use super::filter::require_unique;
use super::{LockThenWrite, Plan, Planner, ReadBack, Scene, Scope, Work, column_name, emit};
use crate::args::{FindArgs, Input, Listing, NewValue, UpdateArgs};
use crate::client::Client;
use crate::error::{Error, InvalidInput};

/// A change of rows.
pub(crate) fn update(client: &Client, args: &UpdateArgs, scope: Scope) -> Result<Plan, Error> {
    client.access.require_full()?;
    let mut planner = Planner::new(client);
    let model = planner.model(&args.model)?;
    planner.require_one_table(model)?;
    if scope == Scope::One {
        require_unique(&planner.engine.schema, model, args.filter.as_ref())?;
    }
    if args.data.is_empty() {
        return unchanged(client, args, scope);
    }
    let null = NewValue::Set(Input::Value(Value::Null));
    let plain = args
        .data
        .iter()
        .filter(|(name, value)| *value != null && !args.hashes.contains(name));
    Planner::refuse_hashed(model, plain.map(|(name, _)| name))?;
    let scene = Scene::alone(model);
    let assignments = planner.assignments(scene, &args.data)?;
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
    if planner.engine.capability().update_returning {
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
        cascades: false,
    };
    Ok(planner.finish(model, Work::LockThenWrite(Box::new(work))))
}

/// Nothing to set: the row stays as it is and is given back, `@updatedAt` untouched.
///
/// Source: contract zenstack §3.6.
fn unchanged(client: &Client, args: &UpdateArgs, scope: Scope) -> Result<Plan, Error> {
    if scope == Scope::One {
        let find = FindArgs {
            model: args.model.clone(),
            rows: Listing {
                filter: args.filter.clone(),
                ..Listing::default()
            },
            selection: args.selection.clone(),
            asked: None,
        };
        return super::find(Planner::new(client), &find, true);
    }
    client.access.require_full()?;
    let mut planner = Planner::new(client);
    let model = planner.model(&args.model)?;
    planner.filter(Scene::alone(model), args.filter.as_ref())?;
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
    /// What the columns of a row become; its old ones are found in the scene.
    pub(super) fn assignments(
        &mut self,
        scene: Scene<'e, '_>,
        data: &[(String, NewValue)],
    ) -> Result<Vec<(String, Expr)>, Error> {
        let model = scene.model;
        self.check_names(model, data.iter().map(|(name, _)| name.as_str()))?;
        let mut assignments = Vec::with_capacity(data.len() + 1);
        for (name, value) in data {
            let (field, _) = self.column(model, name)?;
            let value = self.new_value(scene, field, value)?;
            assignments.push((field.column.clone(), value));
        }
        for field in model.fields.iter().filter(|field| field.updated_at) {
            let given = data.iter().any(|(name, _)| *name == field.name);
            let ignores = |(name, _): &(String, _)| field.updated_at_ignores.contains(name);
            // A change of nothing but what it ignores leaves the moment as it is.
            if !given && !data.iter().all(ignores) {
                let now = self.now(model, field)?;
                assignments.push((field.column.clone(), self.slot(now)));
            }
        }
        Ok(assignments)
    }

    fn new_value(
        &mut self,
        scene: Scene<'e, '_>,
        field: &'e Field,
        value: &NewValue,
    ) -> Result<Expr, InvalidInput> {
        let old = || Expr::Column {
            table: scene.alias.map(str::to_owned),
            name: field.column.clone(),
        };
        match value {
            NewValue::Set(input) => {
                let (_, codec) = self.column(scene.model, &field.name)?;
                self.assignment(scene.model, field, codec, input)
            }
            NewValue::Kept => Ok(old()),
            NewValue::Given => Ok(Expr::Given(field.column.clone())),
            NewValue::Plus(amount) => {
                require_number(scene.model, field)?;
                let amount = Expr::Value(Value::Int(*amount));
                Ok(Expr::Add(Box::new(old()), Box::new(amount)))
            }
            NewValue::When(filter, one, other) => {
                let condition = self.filter(scene, Some(filter))?;
                let condition = condition.unwrap_or(Expr::Bool(true));
                let is_typed = |value: &NewValue| !matches!(value, NewValue::Set(_));
                let is_either_typed = is_typed(one) || is_typed(other);
                let one = self.new_value(scene, field, one)?;
                let mut other = self.new_value(scene, field, other)?;
                if !is_either_typed {
                    // Of two placeholders PostgreSQL thinks they are text, unless a column says what they are.
                    let never = Box::new(Expr::Bool(false));
                    other = Expr::Case(never, Box::new(old()), Box::new(other));
                }
                Ok(Expr::Case(
                    Box::new(condition),
                    Box::new(one),
                    Box::new(other),
                ))
            }
        }
    }
}

/// Only whole numbers add up in all databases alike.
fn require_number(model: &Model, field: &Field) -> Result<(), InvalidInput> {
    match field.kind {
        FieldKind::Scalar(Scalar::Int | Scalar::BigInt) => Ok(()),
        _ => Err(InvalidInput::Type {
            model: model.name.clone(),
            field: field.name.clone(),
            expected: "a whole number to add to",
        }),
    }
}
