//! Why somebody may, or may not: the statement, and what each rule says of a row.

use hallpass_sql::{Expr, Select, Statement, Value};
use hallpass_zmodel::schema::{Effect, ExprKind, Model, Operation, Place, Policy};

use super::compile::{Bounds, Compiler, Truth};
use super::conditions::row;
use super::{Access, combine, extended};
use crate::args::Filter;
use crate::client::Client;
use crate::error::{Error, InvalidInput};
use crate::plan::{Planner, Scene, require_key_alone, same_row};

/// Why a client may do something, or may not.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// A statement that finds the rows which the rules of the model admit, with its values in it; `None` where they admit
    /// none whatever they hold, so that nothing is ever sent.
    pub sql: Option<String>,
    /// The rules about the operation, those of the model first, then those of its fields, then what models that extend it say
    /// besides: of a read, which of their fields come along, of a change, whether it is admitted of their rows.
    pub rules: Vec<ExplainedRule>,
    /// Whether the model's rules admit the operation, where a row was named or it depends on none.
    pub admitted: Option<bool>,
    /// Whether the row that was named is there; `None` where none was.
    pub row: Option<bool>,
}

/// A rule, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplainedRule {
    /// The model whose rule it is: the one that was named, or one that extends it. Of a row that is of another it does not hold.
    pub model: String,
    /// The field it stands at; `None` for a rule of the model.
    pub field: Option<String>,
    /// Whether it admits or refuses where it holds.
    pub effect: Effect,
    /// Where it is written, and what stands there.
    pub place: Place,
    /// Whether its condition is true; `None` where that depends on the row, and none was named or found.
    pub holds: Option<bool>,
}

impl Client {
    /// Why this client may do something with the rows of a model, and with the one that `row` finds.
    ///
    /// For those who write rules: it tells of any row whether it is there, whoever may see it, and nothing of what it
    /// holds: `row` names a unique key and nothing else. A row is judged as it is: for `create` as if it were about to be added, for `post-update` as if an update
    /// had left it alone.
    ///
    /// ```no_run
    /// # async fn example(db: hallpass_data::Client, ann: hallpass_data::ArgValue) -> Result<(), hallpass_data::Error> {
    /// use hallpass_data::{RuleOperation, field};
    ///
    /// let of = db.for_user(Some(ann));
    /// let why = of.explain("Todo", RuleOperation::Update, Some(field("id").eq(7))).await?;
    /// for rule in &why.rules {
    ///     println!("{}: {:?}", rule.place.text, rule.holds);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] when the model or the filter does not fit the schema, else what the database says.
    pub async fn explain(
        &self,
        model: &str,
        operation: Operation,
        row: Option<Filter>,
    ) -> Result<Explanation, Error> {
        self.access.require_own(model)?;
        let (mut explanation, asked) = self.explained(model, operation, row.as_ref())?;
        let Some(asked) = asked else {
            return Ok(explanation);
        };
        let query = hallpass_sql::emit(&Statement::Select(asked.select), self.engine().dialect)?;
        let rows = self.statement(model, &query, &[]).await?;
        let found = rows.rows.first();
        explanation.row = Some(found.is_some());
        let answer = |column: usize| {
            let value = found.and_then(|row| row.get(column));
            value.map(|value| matches!(value, Value::Bool(true) | Value::Int(1)))
        };
        for (rule, column) in explanation.rules.iter_mut().zip(asked.columns) {
            rule.holds = rule.holds.or_else(|| column.and_then(answer));
        }
        if found.is_some() {
            explanation.admitted = explanation.admitted.or_else(|| answer(0));
        }
        Ok(explanation)
    }

    fn explained(
        &self,
        name: &str,
        operation: Operation,
        filter: Option<&Filter>,
    ) -> Result<(Explanation, Option<Asked>), Error> {
        let mut planner = Planner::new(self);
        let model = planner.model(name)?;
        let scene = Scene::alone(model);
        // SECURITY: whether a hidden row passes a filter would tell what stands in it.
        if let (Access::Person(_), Some(filter)) = (&self.access, filter) {
            require_key_alone(&planner.engine.schema, model, filter)?;
        }
        let filter = planner.filter(scene, filter)?;
        let rules = Rules::of(&planner, scene, operation)?;
        let sql = match &rules.admitted {
            Truth::Never => None,
            truth => Some(self.script(&planner, model, truth.clone().into_filter())?),
        };
        let mut select = Select::from(Planner::source(model, None), vec![decided(&rules.admitted)]);
        let mut columns = Vec::with_capacity(rules.rules.len());
        for (_, truth) in &rules.rules {
            columns.push(matches!(truth, Truth::When(_)).then_some(select.columns.len()));
            if matches!(truth, Truth::When(_)) {
                select.columns.push(decided(truth));
            }
        }
        let explanation = Explanation {
            sql,
            admitted: known(&rules.admitted),
            rules: rules.rules.into_iter().map(|(rule, _)| rule).collect(),
            row: None,
        };
        let asked = filter.map(|filter| {
            select.filter = Some(filter);
            select.limit = Some(Expr::Value(Value::Int(1)));
            Asked { select, columns }
        });
        Ok((explanation, asked))
    }

    fn script<'e>(
        &self,
        planner: &Planner<'e>,
        model: &'e Model,
        filter: Option<Expr>,
    ) -> Result<String, Error> {
        let columns = model
            .fields
            .iter()
            .filter(|field| field.relation().is_none() && !field.computed && !field.ignored);
        let scene = Scene::called(model, &model.table).apart();
        let columns = columns.map(|field| planner.at(scene, field));
        let columns = columns.collect::<Result<_, _>>()?;
        let mut select = Select::from(Planner::source(model, None), columns);
        select.filter = filter;
        let statement = Statement::Select(select);
        Ok(hallpass_sql::script(&statement, self.engine().dialect)?)
    }
}

/// A statement about one row, and which of its columns answers for which rule. The first is what all say together.
struct Asked {
    select: Select,
    columns: Vec<Option<usize>>,
}

/// What the rules say, each and all together.
struct Rules {
    rules: Vec<(ExplainedRule, Truth)>,
    admitted: Truth,
}

impl Rules {
    fn of<'e>(
        planner: &Planner<'e>,
        scene: Scene<'e, '_>,
        operation: Operation,
    ) -> Result<Self, InvalidInput> {
        let Access::Person(person) = planner.access else {
            return Ok(Self {
                rules: Vec::new(),
                admitted: Truth::Always,
            });
        };
        let bounds = Bounds::default();
        let compiler_of = |scene: Scene<'e, '_>| {
            let compiler = Compiler::new(planner, person, &bounds, operation, row(scene));
            compiler.with_before(row(scene))
        };
        let compiler = compiler_of(scene);
        let model = scene.model;
        let mut rules = each(&compiler, model, None, model.policies.iter())?;
        for field in &model.fields {
            let policies = field.policies.iter();
            rules.extend(each(&compiler, model, Some(&field.name), policies)?);
        }
        for (number, extension) in planner.engine.schema.extensions(model).enumerate() {
            let name = extended::name(number, scene.name());
            let inner = Scene::called(extension, &name).apart();
            for (rule, truth) in own_rules(&compiler_of(inner), &rules, extension)? {
                let truth = of_extension(scene, inner, truth)?;
                let holds = known(&truth);
                rules.push((ExplainedRule { holds, ..rule }, truth));
            }
        }
        let mut admitted = combine::model(&compiler, &model.policies, operation, false)?;
        if is_change(operation) {
            let as_they_are = planner.as_they_are(&[operation], scene, |inner| {
                let policies = &inner.model.policies;
                let truth = combine::model(&compiler_of(inner), policies, operation, false)?;
                Ok(truth.into_filter())
            })?;
            for condition in as_they_are {
                admitted = admitted.and(Truth::When(condition));
            }
        }
        Ok(Self { rules, admitted })
    }
}

/// Whether rules of models that extend a delegate decide over what is done through it: what of a row is read, they hide.
fn is_change(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Update | Operation::PostUpdate | Operation::Delete
    )
}

/// What a model that extends another says besides what was told of those that it extends: its own rules, and those of the fields that it declares.
fn own_rules<'e>(
    compiler: &Compiler<'e, '_>,
    told: &[(ExplainedRule, Truth)],
    model: &'e Model,
) -> Result<Vec<(ExplainedRule, Truth)>, InvalidInput> {
    let is_own = |policy: &&Policy| {
        let mut told = told.iter();
        // Where it asks for the model's name, it says something else of these rows.
        !told.any(|(one, _)| one.place == policy.place)
            || policy
                .condition
                .any(&|expr| matches!(expr.kind, ExprKind::CurrentModel(_)))
    };
    let mut rules = each(compiler, model, None, model.policies.iter().filter(is_own))?;
    for field in model.fields.iter().filter(|field| field.origin.is_none()) {
        let policies = field.policies.iter();
        rules.extend(each(compiler, model, Some(&field.name), policies)?);
    }
    Ok(rules)
}

/// When each rule about the operation holds.
fn each<'e>(
    compiler: &Compiler<'e, '_>,
    model: &Model,
    field: Option<&str>,
    policies: impl Iterator<Item = &'e Policy>,
) -> Result<Vec<(ExplainedRule, Truth)>, InvalidInput> {
    let policies = policies.filter(|one| one.operations.contains(compiler.operation()));
    let rules = policies.map(|policy| {
        let truth = match policy.effect {
            Effect::Allow => compiler.when(&policy.condition)?,
            Effect::Deny => compiler.refusing().when(&policy.condition)?,
        };
        let rule = ExplainedRule {
            model: model.name.clone(),
            field: field.map(str::to_owned),
            effect: policy.effect,
            place: policy.place.clone(),
            holds: known(&truth),
        };
        Ok((rule, truth))
    });
    rules.collect()
}

/// The same of the row of a delegate, where it is a row of the model as well.
fn of_extension(
    base: Scene<'_, '_>,
    model: Scene<'_, '_>,
    truth: Truth,
) -> Result<Truth, InvalidInput> {
    let same = same_row((base.model, base.name()), (model.model, model.name()))?;
    let condition = match truth {
        Truth::Never => return Ok(Truth::Never),
        Truth::Always => same,
        Truth::When(condition) => Expr::And(vec![same, condition]),
    };
    let source = Planner::source(model.model, Some(model.name()));
    let mut found = Select::from(source, vec![Expr::Bool(true)]);
    found.filter = Some(condition);
    Ok(Truth::When(Expr::Exists(Box::new(found))))
}

fn known(truth: &Truth) -> Option<bool> {
    match truth {
        Truth::Always => Some(true),
        Truth::Never => Some(false),
        Truth::When(_) => None,
    }
}

fn decided(truth: &Truth) -> Expr {
    match truth {
        Truth::Always => Expr::Bool(true),
        Truth::Never => Expr::Bool(false),
        Truth::When(condition) => Expr::Coalesce(vec![condition.clone(), Expr::Bool(false)]),
    }
}
