//! What rules say of rows that are about to be written, or were just changed.
//!
//! The values of such rows are known, so a condition that needs nothing else is worked out without a statement. Another
//! is asked of the database with the values in it; a table of values beside it (contract zenstack §2.3) would mean the
//! same, but not every database could tell what types its columns are.

use std::rc::Rc;

use hallpass_sql::{Comparison, Expr, Select, Statement, Value};
use hallpass_zmodel::schema::{ExprKind, Field, FieldKind, Model, Operation};

use super::compile::{Bounds, Compiler, Origin, Row, Truth};
use super::conditions::row;
use super::glance::Glance;
use super::{Access, combine};
use crate::client::Client;
use crate::codec::Codec;
use crate::error::{Error, InvalidInput, Rejection};
use crate::plan::{Planner, Scene};

/// What the rules say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    Yes,
    No,
    /// The only value of each of these statements must be true.
    Ask(Vec<Select>),
}

/// What must be known of rows before an update, so that the rules of `post-update` can be asked after it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Watch<'e> {
    /// There are no such rules.
    Nothing,
    /// Nothing: the rows as they became are enough.
    After,
    /// These fields of each row.
    Before(Vec<&'e Field>),
}

/// A row that an update changed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Changed<'e> {
    /// The values of its identity, in the order of the model's, as columns hold them.
    pub(crate) key: Vec<Value>,
    /// What [`Watch::Before`] asked for, as columns held it; empty where nothing was asked.
    pub(crate) before: Vec<(&'e Field, Value)>,
}

/// Rows that one statement asks about.
const CHUNK: usize = 200;

impl<'e> Planner<'e> {
    /// Whether these rows may be added. Their values are as columns take them; a column that the database fills is
    /// left out, and is null to the rules (contract zenstack §2.3).
    pub(crate) fn creatable(
        &self,
        model: &'e Model,
        rows: &[Vec<(&'e Field, Value)>],
    ) -> Result<Verdict, InvalidInput> {
        let is_admitted = |row: &Vec<_>| self.is_admitted(Operation::Create, model, row);
        let judged = || {
            let rows = rows.iter().map(|row| self.known(model, row, Origin::Given));
            self.admitted(Operation::Create, model, rows)
        };
        if rows.iter().all(is_admitted) {
            #[cfg(test)]
            assert_eq!(judged(), Ok(Verdict::Yes), "{}", model.name);
            return Ok(Verdict::Yes);
        }
        judged()
    }

    /// Whether a row that was just written may be seen, of which all columns came back: their values as callers see them.
    pub(crate) fn seen(
        &self,
        model: &'e Model,
        values: &[(&'e Field, Value)],
    ) -> Result<Verdict, InvalidInput> {
        let judged = || {
            let named = values.iter();
            let named = named.map(|(field, value)| (field.name.as_str(), value.clone()));
            let row = Row::Known {
                model,
                values: named.collect(),
                origin: Origin::Read,
            };
            self.admitted(Operation::Read, model, std::iter::once(Ok(row)))
        };
        if self.is_admitted(Operation::Read, model, values) {
            #[cfg(test)]
            assert_eq!(judged(), Ok(Verdict::Yes), "{}", model.name);
            return Ok(Verdict::Yes);
        }
        judged()
    }

    /// Whether nobody need ask the rules about a row of these values.
    fn is_admitted(
        &self,
        operation: Operation,
        model: &'e Model,
        values: &[(&'e Field, Value)],
    ) -> bool {
        let Access::Person(person) = self.access else {
            return true;
        };
        let glance = Glance {
            engine: self.engine,
            person,
            model,
            values,
        };
        glance.admits(operation)
    }

    fn admitted(
        &self,
        operation: Operation,
        model: &'e Model,
        rows: impl Iterator<Item = Result<Row<'e>, InvalidInput>>,
    ) -> Result<Verdict, InvalidInput> {
        let Access::Person(person) = self.access else {
            return Ok(Verdict::Yes);
        };
        let mut asked = Vec::new();
        let mut conditions = Vec::new();
        let mut parts = 0;
        for row in rows {
            let row = row?;
            // Of each row by itself, so that rows of which the same is asked are asked about once.
            let bounds = Bounds::default();
            let compiler = Compiler::new(self, person, &bounds, operation, row);
            match combine::model(&compiler, &model.policies, operation, false)? {
                Truth::Never => return Ok(Verdict::No),
                Truth::Always => {}
                Truth::When(condition) if conditions.contains(&condition) => {}
                Truth::When(condition) => {
                    parts += bounds.parts();
                    conditions.push(condition);
                }
            }
            if conditions.len() == CHUNK || parts > Bounds::MANY {
                parts = 0;
                asked.push(truth_of(Expr::And(std::mem::take(&mut conditions))));
            }
        }
        if !conditions.is_empty() {
            asked.push(truth_of(Expr::And(conditions)));
        }
        Ok(if asked.is_empty() {
            Verdict::Yes
        } else {
            Verdict::Ask(asked)
        })
    }

    /// What must be read before an update.
    pub(crate) fn watched(&self, model: &'e Model) -> Watch<'e> {
        let of_operation = |policy: &&hallpass_zmodel::schema::Policy| {
            policy.operations.contains(Operation::PostUpdate)
        };
        let mut policies = model.policies.iter().filter(of_operation).peekable();
        if matches!(self.access, Access::Full) || policies.peek().is_none() {
            return Watch::Nothing;
        }
        let looks_back = |policy: &hallpass_zmodel::schema::Policy| {
            policy.condition.any(&|expr| expr.kind == ExprKind::Before)
        };
        if !policies.any(looks_back) {
            return Watch::After;
        }
        let has_column = |field: &&Field| {
            !field.computed
                && !matches!(
                    field.kind,
                    FieldKind::Relation(_) | FieldKind::Unsupported(_)
                )
        };
        Watch::Before(model.fields.iter().filter(has_column).collect())
    }

    /// Whether these rows, which an update of this transaction changed, may be as they became.
    pub(crate) fn became(
        &self,
        model: &'e Model,
        changed: &[Changed<'e>],
    ) -> Result<Verdict, InvalidInput> {
        let Access::Person(person) = self.access else {
            return Ok(Verdict::Yes);
        };
        if self.watched(model) == Watch::Nothing || changed.is_empty() {
            return Ok(Verdict::Yes);
        }
        let scene = Scene::alone(model);
        let mut asked = Vec::new();
        for chunk in changed.chunks(CHUNK) {
            let mut passes = Vec::with_capacity(chunk.len());
            for one in chunk {
                let bounds = Bounds::default();
                let operation = Operation::PostUpdate;
                let mut compiler = Compiler::new(self, person, &bounds, operation, row(scene));
                if !one.before.is_empty() {
                    compiler =
                        compiler.with_before(self.known(model, &one.before, Origin::Read)?);
                }
                let truth = combine::model(&compiler, &model.policies, operation, false)?;
                let condition = match truth {
                    Truth::Never => return Ok(Verdict::No),
                    Truth::Always => continue,
                    Truth::When(condition) => condition,
                };
                passes.push((self.identity(scene, &one.key)?, condition));
            }
            asked.extend(all_pass(scene, passes));
        }
        Ok(if asked.is_empty() {
            Verdict::Yes
        } else {
            Verdict::Ask(asked)
        })
    }

    fn identity(&self, scene: Scene<'e, '_>, key: &[Value]) -> Result<Expr, InvalidInput> {
        let model = scene.model;
        let parts = model.id.iter().zip(key).map(|(name, value)| {
            let field = model
                .field(name)
                .ok_or_else(|| InvalidInput::UnknownField {
                    model: model.name.clone(),
                    field: name.clone(),
                })?;
            let column = Expr::of(&*model.table, &field.column);
            Ok(column.equals(Expr::exact(value.clone())))
        });
        let parts = parts.collect::<Result<Vec<_>, InvalidInput>>()?;
        if parts.is_empty() || parts.len() != model.id.len() {
            return Err(InvalidInput::NotUnique {
                model: model.name.clone(),
            });
        }
        Ok(Expr::And(parts))
    }

    /// A row of which these values are known.
    fn known(
        &self,
        model: &'e Model,
        values: &[(&'e Field, Value)],
        origin: Origin,
    ) -> Result<Row<'e>, InvalidInput> {
        let values = values.iter().map(|(field, value)| {
            let codec = Codec::of(self.engine, model, field);
            let seen = codec.and_then(|codec| codec.decode(value.clone()));
            let seen = seen.ok_or_else(|| InvalidInput::NotColumn {
                model: model.name.clone(),
                field: field.name.clone(),
            })?;
            Ok((field.name.as_str(), seen))
        });
        let values = values.collect::<Result<Rc<[_]>, InvalidInput>>()?;
        Ok(Row::Known {
            model,
            values,
            origin,
        })
    }
}

impl Verdict {
    /// Lets a write go on, or refuses it.
    ///
    /// # Errors
    /// [`Error::Rejected`] as `rejection` says, or what the database says.
    pub(crate) async fn require(
        &self,
        client: &Client,
        model: &Model,
        rejection: Rejection,
    ) -> Result<(), Error> {
        let is_so = match self {
            Self::Yes => true,
            Self::No => false,
            // Boxed, because few ask, and every write has room for what is not.
            Self::Ask(asked) => Box::pin(are_true(asked, client, model)).await?,
        };
        if is_so {
            return Ok(());
        }
        Err(Error::Rejected {
            model: model.name.clone(),
            rejection,
        })
    }
}

/// Whether the only value of each of these statements is true.
async fn are_true(asked: &[Select], client: &Client, model: &Model) -> Result<bool, Error> {
    for select in asked {
        let statement = Statement::Select(select.clone());
        let query = hallpass_sql::emit(&statement, client.engine().dialect)?;
        let rows = client.statement(&model.name, &query, &[]).await?;
        let answer = rows.rows.first().and_then(|row| row.first());
        // Some databases have truth values, others one and zero.
        if !matches!(answer, Some(Value::Bool(true) | Value::Int(1))) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A row of one truth value.
fn truth_of(condition: Expr) -> Select {
    let decided = Expr::Coalesce(vec![condition, Expr::Bool(false)]);
    Select::row(vec![decided])
}

/// Whether as many rows pass as there are. Rows of which the same is asked are asked about together.
fn all_pass(scene: Scene<'_, '_>, passes: Vec<(Expr, Expr)>) -> Option<Select> {
    let count = i64::try_from(passes.len())
        .ok()
        .filter(|count| *count > 0)?;
    let mut groups: Vec<(Expr, Vec<Expr>)> = Vec::new();
    for (identity, condition) in passes {
        match groups.iter_mut().find(|(one, _)| *one == condition) {
            Some((_, identities)) => identities.push(identity),
            None => groups.push((condition, vec![identity])),
        }
    }
    let groups = groups.into_iter();
    let groups = groups.map(|(condition, rows)| Expr::And(vec![Expr::Or(rows), condition]));
    let all = Expr::Compare(
        Box::new(Expr::CountAll),
        Comparison::Equal,
        Box::new(Expr::Value(Value::Int(count))),
    );
    let mut select = Select::from(Planner::source(scene.model, None), vec![all]);
    select.filter = Some(Expr::Or(groups.collect()));
    Some(select)
}
