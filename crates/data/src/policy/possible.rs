//! Whether rules could admit a row of which some values are known, without a look at any row.
//!
//! What rules compare a field with is in the rules and in the person: those values, what is just beside them and what is none of
//! them stand for all others. Each combination of them is judged as a row at hand; what only the database could tell counts
//! as possible, and so does everything where there are too many combinations.
//!
//! Source: contract zenstack §3.1, `check`: satisfiable, approximately, without database.

use std::rc::Rc;

use hallpass_sql::Value;
use hallpass_zmodel::schema::{Expr, ExprKind, Field, Function, Model, Operation, Scalar};
use jiff::SignedDuration;

use super::compile::{Bounds, Compiler, Origin, Row, Truth};
use super::{Access, combine};
use crate::args::ArgValue;
use crate::args::parse::can_be_known;
use crate::codec::Codec;
use crate::decimal;
use crate::error::InvalidInput;
use crate::plan::Planner;

/// Combinations that are tried.
const MOST_TRIED: usize = 2048;
/// A day.
const DAY_MILLIS: i64 = 86_400_000;
/// Values of the person that are looked at.
const MOST_SAID: usize = 64;

impl<'e> Planner<'e> {
    /// Whether the rules of the model could admit an operation on a row of these values.
    pub(crate) fn is_possible(
        &self,
        model: &'e Model,
        operation: Operation,
        known: &[(&'e Field, Value)],
    ) -> Result<bool, InvalidInput> {
        let Access::Person(person) = self.access else {
            return Ok(true);
        };
        let mut asked = Asked::default();
        let rules = model.policies.iter();
        for rule in rules.filter(|rule| rule.operations.contains(operation)) {
            asked.look(model, &rule.condition);
        }
        asked
            .constants
            .push(ArgValue::DateTime(self.engine.clock.now()));
        if let Some(object) = person.object() {
            said(object, &mut asked.constants);
        }
        let choices = asked.fields.iter().map(|field| {
            let is_it = |(one, _): &&(&Field, Value)| one.name == field.name;
            let values = match known.iter().find(is_it) {
                Some((_, value)) => vec![value.clone()],
                None => self.choices(model, field, &asked.constants),
            };
            (*field, values)
        });
        let choices: Vec<_> = choices.collect();
        if choices.iter().any(|(_, values)| values.is_empty()) {
            return Ok(true);
        }
        let number = choices
            .iter()
            .map(|(_, values)| values.len())
            .fold(1, usize::saturating_mul);
        if number > MOST_TRIED {
            return Ok(true);
        }
        for number in 0..number {
            let row = Row::Known {
                model,
                values: combination(&choices, number),
                origin: Origin::Read,
            };
            let bounds = Bounds::default();
            let compiler = Compiler::new(self, person, &bounds, operation, row);
            if combine::model(&compiler, &model.policies, operation, false)? != Truth::Never {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The values that stand for all that a field may have.
    fn choices(&self, model: &'e Model, field: &'e Field, constants: &[ArgValue]) -> Vec<Value> {
        let Some(codec) = Codec::of(self.engine, model, field) else {
            return Vec::new();
        };
        let mut values = match (codec.scalar(), codec.enumeration()) {
            (Some(Scalar::Boolean), _) => vec![Value::Bool(true), Value::Bool(false)],
            (Some(scalar), _) => around(scalar, constants),
            (None, Some(item)) => {
                let members = item.members.iter();
                members.map(|one| Value::Text(one.name.clone())).collect()
            }
            (None, None) => Vec::new(),
        };
        values.retain(|value| codec.encode(value).is_ok());
        if codec.optional {
            values.push(Value::Null);
        }
        let mut distinct: Vec<Value> = Vec::new();
        for value in values {
            if !distinct.contains(&value) {
                distinct.push(value);
            }
        }
        distinct
    }
}

/// One value of each field: which, the number says.
fn combination<'e>(
    choices: &[(&'e Field, Vec<Value>)],
    mut number: usize,
) -> Rc<[(&'e str, Value)]> {
    let row = choices.iter().filter_map(|(field, values)| {
        let value = values.get(number.checked_rem(values.len())?)?;
        number /= values.len();
        Some((field.name.as_str(), value.clone()))
    });
    row.collect()
}

/// What rules look at: fields of the row, and values.
#[derive(Default)]
struct Asked<'e> {
    fields: Vec<&'e Field>,
    constants: Vec<ArgValue>,
}

impl<'e> Asked<'e> {
    fn look(&mut self, model: &'e Model, expr: &'e Expr) {
        match &expr.kind {
            ExprKind::Boolean(_)
            | ExprKind::Null
            | ExprKind::Auth
            | ExprKind::Element(_)
            | ExprKind::Before
            | ExprKind::CurrentModel(_)
            | ExprKind::CurrentOperation(_) => {}
            ExprKind::Number(text) => self.constants.push(ArgValue::Decimal(text.clone())),
            ExprKind::String(text) => self.constants.push(ArgValue::Text(text.clone())),
            ExprKind::EnumMember { member, .. } => {
                self.constants.push(ArgValue::Text(member.clone()));
            }
            ExprKind::List(items) => items.iter().for_each(|item| self.look(model, item)),
            ExprKind::This => model.id.iter().for_each(|name| self.name(model, name)),
            ExprKind::Member(entity, name) if entity.kind == ExprKind::This => {
                self.name(model, name);
            }
            ExprKind::Member(inner, _) | ExprKind::Not(inner) => self.look(model, inner),
            ExprKind::Check { relation, .. } => self.look(model, relation),
            ExprKind::And(one, other)
            | ExprKind::Or(one, other)
            | ExprKind::Compare(one, _, other)
            | ExprKind::In(one, other) => {
                self.look(model, one);
                self.look(model, other);
            }
            ExprKind::Predicate {
                collection,
                condition,
                ..
            } => {
                self.look(model, collection);
                self.look(model, condition);
            }
            ExprKind::Call(Function::Now, _) => {}
            ExprKind::Call(_, arguments) => {
                arguments.iter().for_each(|one| self.look(model, one));
            }
        }
    }

    fn name(&mut self, model: &'e Model, name: &str) {
        let Some(field) = model.field(name) else {
            return;
        };
        // A relation is known by its key.
        if let Some(relation) = field.relation() {
            for key in &relation.fields {
                self.name(model, key);
            }
            if relation.fields.is_empty() {
                model.id.iter().for_each(|key| self.name(model, key));
            }
            return;
        }
        let is_new = !self.fields.iter().any(|one| one.name == field.name);
        if is_new && can_be_known(field) {
            self.fields.push(field);
        }
    }
}

/// What is known of the person, at whatever depth.
fn said(value: &ArgValue, found: &mut Vec<ArgValue>) {
    if found.len() >= MOST_SAID {
        return;
    }
    match value {
        ArgValue::Object(members) => members.iter().for_each(|(_, one)| said(one, found)),
        ArgValue::List(items) => items.iter().for_each(|one| said(one, found)),
        other => found.push(other.clone()),
    }
}

/// Values of a type: those that are named, those beside them, and others.
fn around(scalar: Scalar, constants: &[ArgValue]) -> Vec<Value> {
    match scalar {
        Scalar::String => {
            let named = constants.iter().filter_map(|one| match one {
                ArgValue::Text(text) => Some(text.clone()),
                _ => None,
            });
            // Two that nobody names, since fields are compared with fields.
            let others = ["\u{1}a", "\u{1}b"].map(str::to_owned);
            named.chain(others).map(Value::Text).collect()
        }
        Scalar::Int | Scalar::BigInt => {
            let named = constants.iter().filter_map(number);
            let whole = named.map(|number| whole(number.floor()));
            let beside = whole
                .flat_map(|number| [number.saturating_sub(1), number, number.saturating_add(1)]);
            beside.chain([0, 1]).map(Value::Int).collect()
        }
        Scalar::Float => {
            let named = constants.iter().filter_map(number);
            let beside = named.flat_map(|number| [number - 0.5, number, number + 0.5]);
            beside.chain([0.0, 1.0]).map(Value::Float).collect()
        }
        Scalar::Decimal => {
            let named = constants.iter().filter_map(number);
            let beside = named.flat_map(|number| [number - 0.5, number, number + 0.5]);
            let exact = beside.chain([0.0, 1.0]).map(|number| number.to_string());
            let exact = exact.filter_map(|text| decimal::read(&text));
            exact.map(Value::Decimal).collect()
        }
        Scalar::DateTime => {
            let named = constants.iter().filter_map(|one| match one {
                ArgValue::DateTime(moment) => Some(*moment),
                ArgValue::Text(text) => text.parse().ok(),
                _ => None,
            });
            // Far enough from this moment, which passes.
            let beside = named.flat_map(|moment| {
                let apart = [-DAY_MILLIS, -1, 0, 1, DAY_MILLIS];
                apart.map(|millis| moment.checked_add(SignedDuration::from_millis(millis)).ok())
            });
            beside.flatten().map(Value::Timestamp).collect()
        }
        Scalar::Boolean | Scalar::Json | Scalar::Bytes => Vec::new(),
    }
}

fn number(value: &ArgValue) -> Option<f64> {
    match value {
        ArgValue::Decimal(text) | ArgValue::Literal(text) => text.parse().ok(),
        ArgValue::Number(number) => number.as_f64(),
        ArgValue::BigInt(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "it is one of several values that are tried, and cut where there is none"
)]
fn whole(number: f64) -> i64 {
    number as i64
}
