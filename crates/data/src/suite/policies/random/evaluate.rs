//! What rules mean, one row at a time.

use hallpass_sql::Dialect;
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{
    Comparison, Effect, Expr, ExprKind, Function, Operation, Policy, Quantifier,
};

use super::truth::Truth;
use super::world::World;
use crate::{ArgValue, DialectVersion, Value};

/// Parts of one in which numbers are counted here.
const UNIT: i64 = 100;

/// A row by the number of its model and its place.
type RowId = (usize, usize);

/// What an expression gives.
#[derive(Debug, Clone, PartialEq)]
enum Given<'a> {
    /// `null`, as written.
    Null,
    /// What the person lacks.
    Missing,
    /// Null of a column.
    Unknown,
    Bool(bool),
    /// In hundredths.
    Number(i64),
    /// Of the person, or as written.
    Text(String),
    /// In a column.
    Stored(String),
    /// Of the person.
    Object(&'a ArgValue),
    /// As written.
    List(Vec<Given<'a>>),
    /// A list of the person.
    Items(Vec<Given<'a>>),
    /// A row, or none where a link leads nowhere.
    Row(Option<RowId>),
    /// Rows, or none where a link on the way leads nowhere.
    Rows(Option<Vec<RowId>>),
}

/// What a rule is about.
#[derive(Debug, Clone)]
struct About<'a> {
    this: RowId,
    operation: Operation,
    elements: Vec<Given<'a>>,
}

pub(super) struct Evaluator<'a> {
    world: &'a World,
    schema: &'a Schema,
    person: Option<&'a ArgValue>,
    /// Whether a search tells small letters from large ones.
    tells_case: bool,
    /// Whether the database takes texts for equal that differ in case or in blanks at their end.
    folds: bool,
    version: DialectVersion,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(
        world: &'a World,
        schema: &'a Schema,
        person: Option<&'a ArgValue>,
        dialect: Dialect,
        version: DialectVersion,
    ) -> Self {
        Self {
            world,
            schema,
            person,
            tells_case: dialect == Dialect::Postgres,
            folds: matches!(dialect, Dialect::MariaDb | Dialect::MySql),
            version,
        }
    }

    /// The ids of the rows that the rules of the model admit.
    pub(super) fn admitted(&self, model: &str, operation: Operation) -> Vec<i64> {
        self.ids(model, |row| self.admits(row, operation).holds)
    }

    /// The ids of the rows of which a field may be changed.
    pub(super) fn updatable(&self, model: &str, field: &str) -> Vec<i64> {
        self.ids(model, |row| {
            self.admits(row, Operation::Update).holds
                && self.admits_field(row, field, Operation::Update)
        })
    }

    /// The ids of the rows that may be read and whose number, as it may be seen, is above another.
    pub(super) fn above(&self, model: &str, number: i64) -> Vec<i64> {
        self.ids(model, |row| {
            let seen = self.admits_field(row, "d", Operation::Read);
            let value = self.world.rows[row.0][row.1].get("d").map(of_row);
            let is_above =
                matches!(value, Some(Given::Number(found)) if found > number * UNIT && seen);
            is_above && self.admits(row, Operation::Read).holds
        })
    }

    fn ids(&self, model: &str, is_one: impl Fn(RowId) -> bool) -> Vec<i64> {
        let number = self.number(model);
        let rows = 0..self.world.rows[number].len();
        let found = rows.filter(|row| is_one((number, *row)));
        found.map(|row| row as i64 + 1).collect()
    }

    /// A field of a row, as it may be seen.
    pub(super) fn visible(&self, model: &str, id: i64, field: &str) -> Option<Value> {
        let row = (self.number(model), id as usize - 1);
        let value = self.world.rows[row.0][row.1].get(field).cloned();
        value.filter(|_| self.admits_field(row, field, Operation::Read))
    }

    fn admits_field(&self, row: RowId, field: &str, operation: Operation) -> bool {
        let policies = &self.schema.models[row.0].field(field).unwrap().policies;
        let (allowed, denied) = self.judged(policies, row, operation);
        allowed.is_none_or(|allowed| allowed.holds) && !denied.may_hold
    }

    fn admits(&self, row: RowId, operation: Operation) -> Truth {
        let policies = &self.schema.models[row.0].policies;
        let (allowed, denied) = self.judged(policies, row, operation);
        let unspoken = Truth::of(operation == Operation::PostUpdate);
        let allowed = allowed.unwrap_or(unspoken);
        // What denies and is unknown denies nothing.
        Truth {
            holds: allowed.holds && !denied.may_hold,
            fails: allowed.fails || denied.holds,
            may_hold: allowed.may_hold && !denied.holds,
            may_fail: allowed.may_fail || denied.may_hold,
        }
    }

    /// What allows, where anything does, and what denies.
    fn judged(
        &self,
        policies: &'a [Policy],
        row: RowId,
        operation: Operation,
    ) -> (Option<Truth>, Truth) {
        let about = About {
            this: row,
            operation,
            elements: Vec::new(),
        };
        let of = |effect| {
            let rules = policies
                .iter()
                .filter(move |rule| rule.effect == effect && rule.operations.contains(operation));
            rules
                .map(|rule| self.truth(&rule.condition, &about))
                .collect::<Vec<_>>()
        };
        let allows = of(Effect::Allow);
        let allowed = (!allows.is_empty()).then(|| Truth::any(allows.into_iter()));
        (allowed, Truth::any(of(Effect::Deny).into_iter()))
    }

    /// Of a rule that is asked after a change, another row is asked whether it admits an update.
    fn checked(&self, row: RowId, operation: Operation) -> Truth {
        match operation {
            Operation::Update | Operation::PostUpdate => Truth::all(
                [Operation::Update, Operation::PostUpdate]
                    .into_iter()
                    .map(|operation| self.admits(row, operation)),
            ),
            other => self.admits(row, other),
        }
    }

    fn number(&self, model: &str) -> usize {
        let models = &self.world.schema.models;
        models.iter().position(|one| one.name == model).unwrap()
    }

    fn truth(&self, expr: &'a Expr, about: &About<'a>) -> Truth {
        let of = |expr: &'a Expr| self.truth(expr, about);
        match &expr.kind {
            ExprKind::Boolean(truth) => Truth::of(*truth),
            ExprKind::Not(inner) => of(inner).not(),
            ExprKind::And(one, other) => Truth::all([of(one), of(other)].into_iter()),
            ExprKind::Or(one, other) => Truth::any([of(one), of(other)].into_iter()),
            ExprKind::Compare(one, comparison, other) => self.compare(
                &self.given(one, about),
                *comparison,
                &self.given(other, about),
            ),
            ExprKind::In(one, list) => {
                self.is_in(&self.given(one, about), &self.given(list, about))
            }
            ExprKind::Predicate {
                quantifier,
                collection,
                condition,
            } => self.predicate(
                *quantifier,
                &self.given(collection, about),
                condition,
                about,
            ),
            ExprKind::Check {
                relation,
                operation,
            } => match self.given(relation, about) {
                Given::Row(Some(row)) => self.checked(row, operation.unwrap_or(about.operation)),
                Given::Row(None) => Truth::UNKNOWN,
                other => panic!("check of {other:?}"),
            },
            ExprKind::Call(function, arguments) => {
                let given: Vec<_> = arguments.iter().map(|one| self.given(one, about)).collect();
                self.call(*function, &given)
            }
            _ => match self.given(expr, about) {
                Given::Bool(truth) => Truth::of(truth),
                _ => Truth::UNKNOWN,
            },
        }
    }

    fn given(&self, expr: &'a Expr, about: &About<'a>) -> Given<'a> {
        match &expr.kind {
            ExprKind::Null => Given::Null,
            ExprKind::Boolean(truth) => Given::Bool(*truth),
            ExprKind::Number(text) => number(text),
            ExprKind::String(text) => Given::Text(text.clone()),
            ExprKind::EnumMember { member, .. } => Given::Text(member.clone()),
            ExprKind::List(items) => {
                Given::List(items.iter().map(|item| self.given(item, about)).collect())
            }
            ExprKind::Auth => self.person.map_or(Given::Missing, Given::Object),
            ExprKind::This | ExprKind::Before => Given::Row(Some(about.this)),
            ExprKind::Element(outwards) => {
                about.elements[about.elements.len() - 1 - outwards].clone()
            }
            ExprKind::Member(entity, name) => self.member(self.given(entity, about), name),
            other => panic!("{other:?} is no value"),
        }
    }

    fn member(&self, entity: Given<'a>, name: &str) -> Given<'a> {
        match entity {
            Given::Missing => Given::Missing,
            Given::Object(object) => object.member(name).map_or(Given::Missing, of_person),
            Given::Row(row) => {
                if let Some(link) = name.strip_prefix("back") {
                    let link = link.parse().unwrap();
                    return Given::Rows(row.map(|row| self.back(row, link)));
                }
                if let Some(link) = name.strip_prefix('l').and_then(|link| link.parse().ok()) {
                    return Given::Row(row.and_then(|row| self.target(row, link)));
                }
                let value = row.and_then(|(model, row)| self.world.rows[model][row].get(name));
                value.map_or(Given::Unknown, of_row)
            }
            Given::Rows(rows) => {
                let link: usize = name.strip_prefix("back").unwrap().parse().unwrap();
                let further = |rows: Vec<RowId>| {
                    rows.into_iter()
                        .flat_map(|row| self.back(row, link))
                        .collect()
                };
                Given::Rows(rows.map(further))
            }
            other => panic!("`{name}` of {other:?}"),
        }
    }

    fn target(&self, row: RowId, link: usize) -> Option<RowId> {
        match self.world.rows[row.0][row.1].get(&format!("l{link}Id")) {
            Some(Value::Int(id)) => Some((self.world.links[link].target, *id as usize - 1)),
            _ => None,
        }
    }

    fn back(&self, row: RowId, link: usize) -> Vec<RowId> {
        let owner = self.world.links[link].owner;
        let rows = (0..self.world.rows[owner].len()).map(|place| (owner, place));
        rows.filter(|one| self.target(*one, link) == Some(row))
            .collect()
    }

    fn predicate(
        &self,
        quantifier: Quantifier,
        collection: &Given<'a>,
        condition: &'a Expr,
        about: &About<'a>,
    ) -> Truth {
        let judge = |element: Given<'a>| {
            let mut inside = about.clone();
            inside.elements.push(element);
            self.truth(condition, &inside)
        };
        match collection {
            Given::Rows(Some(rows)) => {
                let truths = rows.iter().map(|row| judge(Given::Row(Some(*row))));
                let truths: Vec<_> = truths.collect();
                match quantifier {
                    Quantifier::Some => Truth::counted(&truths),
                    Quantifier::None => Truth::counted(&truths).not(),
                    Quantifier::Every => {
                        let failing: Vec<_> = truths.into_iter().map(Truth::not).collect();
                        Truth::counted(&failing).not()
                    }
                }
            }
            Given::Items(items) => {
                let truths: Vec<_> = items.iter().cloned().map(judge).collect();
                match quantifier {
                    Quantifier::Some => Truth::one_of_items(&truths),
                    Quantifier::None => Truth::one_of_items(&truths).not(),
                    Quantifier::Every => Truth::all_items(&truths),
                }
            }
            _ => Truth::UNKNOWN,
        }
    }

    fn call(&self, function: Function, given: &[Given<'a>]) -> Truth {
        match (function, given) {
            (Function::Contains | Function::StartsWith | Function::EndsWith, [field, search]) => {
                let fold = |text: &str| {
                    if self.tells_case {
                        text.to_owned()
                    } else {
                        text.to_lowercase()
                    }
                };
                let Some(field) = field.text() else {
                    return Truth::UNKNOWN;
                };
                let search = match (search.text(), self.version) {
                    (Some(search), _) => fold(search),
                    (None, DialectVersion::Three) => String::new(),
                    (None, DialectVersion::Two) => return Truth::UNKNOWN,
                };
                let field = fold(field);
                Truth::of(match function {
                    Function::Contains => field.contains(&search),
                    Function::StartsWith => field.starts_with(&search),
                    _ => field.ends_with(&search),
                })
            }
            (Function::Has, [list, value]) if list.items().is_some() => self.is_in(value, list),
            (Function::HasSome | Function::HasEvery, [list, values]) => {
                let (Some(_), Some(values)) = (list.items(), values.items()) else {
                    return Truth::UNKNOWN;
                };
                let has = values.iter().map(|value| self.is_in(value, list));
                match function {
                    Function::HasSome => Truth::any(has),
                    _ => Truth::all(has),
                }
            }
            (Function::IsEmpty, [list]) => match list.items() {
                Some(items) => Truth::of(items.is_empty()),
                None => Truth::UNKNOWN,
            },
            _ => Truth::UNKNOWN,
        }
    }

    fn compare(&self, one: &Given<'_>, comparison: Comparison, other: &Given<'_>) -> Truth {
        match comparison {
            Comparison::Equal => return self.same(one, other),
            Comparison::NotEqual => return self.same(one, other).not(),
            _ => {}
        }
        let (Given::Number(one), Given::Number(other)) = (one, other) else {
            return Truth::UNKNOWN;
        };
        Truth::of(match comparison {
            Comparison::Less => one < other,
            Comparison::LessOrEqual => one <= other,
            Comparison::Greater => one > other,
            _ => one >= other,
        })
    }

    /// Source: contract zenstack §1.9.
    fn same(&self, one: &Given<'_>, other: &Given<'_>) -> Truth {
        use Given::{Missing, Null, Object, Row, Stored, Unknown};
        match (one, other) {
            (Null, value) | (value, Null) => {
                Truth::of(matches!(value, Null | Missing | Unknown | Row(None)))
            }
            (Missing, _) | (_, Missing) if self.version == DialectVersion::Two => Truth::UNKNOWN,
            (Missing, Missing) => Truth::of(true),
            // Nobody is no row, not even where there is none.
            (Missing, Row(_)) | (Row(_), Missing) => Truth::of(false),
            (Unknown | Row(None), _) | (_, Unknown | Row(None)) => Truth::UNKNOWN,
            (Missing, _) | (_, Missing) => Truth::of(false),
            (Row(Some(one)), Row(Some(other))) => Truth::of(one == other),
            (Row(Some((_, row))), Object(person)) | (Object(person), Row(Some((_, row)))) => {
                let id = person.member("id").map_or(Missing, of_person);
                self.same(&Given::Number((*row as i64 + 1) * UNIT), &id)
            }
            (Stored(one), Stored(other) | Given::Text(other))
            | (Given::Text(one), Stored(other)) => self.same_text(one, other),
            (one, other) => Truth::of(one == other),
        }
    }

    fn same_text(&self, one: &str, other: &str) -> Truth {
        let folded = |text: &str| text.trim_end().to_lowercase();
        if self.folds && one != other && folded(one) == folded(other) {
            return Truth::DOUBT;
        }
        Truth::of(one == other)
    }

    fn is_in(&self, one: &Given<'_>, list: &Given<'_>) -> Truth {
        let is_nothing = |item: &Given<'_>| matches!(item, Given::Null | Given::Missing);
        if is_nothing(one) {
            return match (list, self.version) {
                (Given::Unknown, _) | (_, DialectVersion::Two) => Truth::UNKNOWN,
                _ => Truth::of(false),
            };
        }
        let there = |items: &[Given<'_>]| {
            let there = items.iter().filter(|item| !is_nothing(item));
            Truth::any(there.map(|item| self.same(one, item)))
        };
        match list {
            Given::List(items) if self.version == DialectVersion::Two => {
                let there = items.iter().filter(|item| **item != Given::Null);
                Truth::any(there.map(|item| self.same(one, item)))
            }
            Given::List(items) => there(items),
            Given::Items(items) => {
                let found = there(items);
                // What is missing might be it.
                Truth {
                    fails: found.fails && !items.iter().any(is_nothing),
                    ..found
                }
            }
            _ => Truth::of(false),
        }
    }
}

impl Given<'_> {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Stored(text) => Some(text),
            _ => None,
        }
    }

    fn items(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) | Self::Items(items) => Some(items),
            _ => None,
        }
    }
}

fn of_person(value: &ArgValue) -> Given<'_> {
    match value {
        ArgValue::Null => Given::Missing,
        ArgValue::Boolean(truth) => Given::Bool(*truth),
        ArgValue::Number(number) => Given::Number(number.as_i64().unwrap() * UNIT),
        ArgValue::Text(text) => Given::Text(text.clone()),
        ArgValue::List(items) => Given::Items(items.iter().map(of_person).collect()),
        object => Given::Object(object),
    }
}

fn of_row(value: &Value) -> Given<'static> {
    match value {
        Value::Bool(truth) => Given::Bool(*truth),
        Value::Int(number) => Given::Number(number * UNIT),
        Value::Decimal(text) => number(text),
        Value::Text(text) => Given::Stored(text.clone()),
        _ => Given::Unknown,
    }
}

fn number(text: &str) -> Given<'static> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().unwrap();
    let fraction: i64 = format!("{fraction:0<2}").parse().unwrap();
    Given::Number(whole * UNIT + fraction)
}
