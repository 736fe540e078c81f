//! What rules mean, one row at a time, with three truth values: `None` is unknown.

use hallpass_sql::Dialect;
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{
    Comparison, Effect, Expr, ExprKind, Function, Operation, Policy, Quantifier,
};

use super::world::World;
use crate::{ArgValue, Value};

type Truth = Option<bool>;

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
    Int(i64),
    Text(String),
    /// Of the person.
    Object(&'a ArgValue),
    List(Vec<Given<'a>>),
    /// A row, or none where a link leads nowhere.
    Row(Option<RowId>),
    /// Rows, or none where a link on the way leads nowhere.
    Rows(Option<Vec<RowId>>),
}

/// What a rule is about.
#[derive(Debug, Clone)]
struct About<'a> {
    this: RowId,
    elements: Vec<Given<'a>>,
}

pub(super) struct Evaluator<'a> {
    world: &'a World,
    schema: &'a Schema,
    person: Option<&'a ArgValue>,
    /// Whether a search tells small letters from large ones.
    tells_case: bool,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(
        world: &'a World,
        schema: &'a Schema,
        person: Option<&'a ArgValue>,
        dialect: Dialect,
    ) -> Self {
        Self {
            world,
            schema,
            person,
            tells_case: dialect == Dialect::Postgres,
        }
    }

    /// The ids of the rows that may be read.
    pub(super) fn readable(&self, model: &str) -> Vec<i64> {
        let number = self.number(model);
        let rows = 0..self.world.rows[number].len();
        let seen = rows.filter(|row| self.admits((number, *row)) == Some(true));
        seen.map(|row| row as i64 + 1).collect()
    }

    /// The field `t` of a row, as it may be seen.
    pub(super) fn visible_text(&self, model: &str, id: i64) -> Option<String> {
        let number = self.number(model);
        let row = (number, id as usize - 1);
        let policies = &self.schema.models[number].field("t").unwrap().policies;
        let (allows, denied) = self.judged(policies, row);
        let allowed = allows.is_empty() || allows.contains(&Some(true));
        let text = &self.world.rows[row.0][row.1]["t"];
        match text {
            Value::Text(text) if allowed && !denied => Some(text.clone()),
            _ => None,
        }
    }

    fn admits(&self, row: RowId) -> Truth {
        let (allows, denied) = self.judged(&self.schema.models[row.0].policies, row);
        if denied {
            return Some(false);
        }
        any(allows.into_iter())
    }

    fn judged(&self, policies: &'a [Policy], row: RowId) -> (Vec<Truth>, bool) {
        let about = About {
            this: row,
            elements: Vec::new(),
        };
        let of = |effect| {
            let rules = policies.iter().filter(move |rule| {
                rule.effect == effect && rule.operations.contains(Operation::Read)
            });
            rules
                .map(|rule| self.truth(&rule.condition, &about))
                .collect::<Vec<_>>()
        };
        (of(Effect::Allow), of(Effect::Deny).contains(&Some(true)))
    }

    fn number(&self, model: &str) -> usize {
        let models = &self.world.schema.models;
        models.iter().position(|one| one.name == model).unwrap()
    }

    fn truth(&self, expr: &'a Expr, about: &About<'a>) -> Truth {
        let of = |expr: &'a Expr| self.truth(expr, about);
        match &expr.kind {
            ExprKind::Boolean(truth) => Some(*truth),
            ExprKind::Not(inner) => of(inner).map(|truth| !truth),
            ExprKind::And(one, other) => all([of(one), of(other)].into_iter()),
            ExprKind::Or(one, other) => any([of(one), of(other)].into_iter()),
            ExprKind::Compare(one, comparison, other) => compare(
                &self.given(one, about),
                *comparison,
                &self.given(other, about),
            ),
            ExprKind::In(one, list) => is_in(&self.given(one, about), &self.given(list, about)),
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
            ExprKind::Check { relation, .. } => match self.given(relation, about) {
                Given::Row(row) => row.and_then(|row| self.admits(row)),
                other => panic!("check of {other:?}"),
            },
            ExprKind::Call(function, arguments) => {
                let given: Vec<_> = arguments.iter().map(|one| self.given(one, about)).collect();
                self.call(*function, &given)
            }
            _ => match self.given(expr, about) {
                Given::Bool(truth) => Some(truth),
                _ => None,
            },
        }
    }

    fn given(&self, expr: &'a Expr, about: &About<'a>) -> Given<'a> {
        match &expr.kind {
            ExprKind::Null => Given::Null,
            ExprKind::Boolean(truth) => Given::Bool(*truth),
            ExprKind::Number(text) => Given::Int(text.parse().unwrap()),
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
        let (truths, of_rows): (Vec<Truth>, bool) = match collection {
            Given::Rows(rows) => {
                let rows = rows.as_ref()?.iter();
                (
                    rows.map(|row| judge(Given::Row(Some(*row)))).collect(),
                    true,
                )
            }
            Given::List(items) => (items.iter().cloned().map(judge).collect(), false),
            _ => return None,
        };
        Some(match quantifier {
            Quantifier::Some => truths.contains(&Some(true)),
            Quantifier::None => !truths.contains(&Some(true)),
            Quantifier::Every if of_rows => !truths.contains(&Some(false)),
            Quantifier::Every => truths.iter().all(|truth| *truth == Some(true)),
        })
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
                let Given::Text(field) = field else {
                    return None;
                };
                let (field, search) = match search {
                    Given::Text(search) => (fold(field), fold(search)),
                    _ => (fold(field), String::new()),
                };
                Some(match function {
                    Function::Contains => field.contains(&search),
                    Function::StartsWith => field.starts_with(&search),
                    _ => field.ends_with(&search),
                })
            }
            (Function::Has, [list @ Given::List(_), value]) => is_in(value, list),
            (Function::HasSome, [list @ Given::List(_), Given::List(values)]) => {
                any(values.iter().map(|value| is_in(value, list)))
            }
            (Function::HasEvery, [list @ Given::List(_), Given::List(values)]) => {
                all(values.iter().map(|value| is_in(value, list)))
            }
            (Function::IsEmpty, [Given::List(items)]) => Some(items.is_empty()),
            _ => None,
        }
    }
}

fn of_person(value: &ArgValue) -> Given<'_> {
    match value {
        ArgValue::Null => Given::Missing,
        ArgValue::Boolean(truth) => Given::Bool(*truth),
        ArgValue::Number(number) => Given::Int(number.as_i64().unwrap()),
        ArgValue::Text(text) => Given::Text(text.clone()),
        ArgValue::List(items) => Given::List(items.iter().map(of_person).collect()),
        object => Given::Object(object),
    }
}

fn of_row(value: &Value) -> Given<'static> {
    match value {
        Value::Bool(truth) => Given::Bool(*truth),
        Value::Int(number) => Given::Int(*number),
        Value::Text(text) => Given::Text(text.clone()),
        _ => Given::Unknown,
    }
}

fn all(truths: impl Iterator<Item = Truth>) -> Truth {
    let truths: Vec<_> = truths.collect();
    if truths.contains(&Some(false)) {
        return Some(false);
    }
    (!truths.contains(&None)).then_some(true)
}

fn any(truths: impl Iterator<Item = Truth>) -> Truth {
    all(truths.map(|truth| truth.map(|truth| !truth))).map(|truth| !truth)
}

fn compare(one: &Given<'_>, comparison: Comparison, other: &Given<'_>) -> Truth {
    let equality = match comparison {
        Comparison::Equal => Some(true),
        Comparison::NotEqual => Some(false),
        _ => None,
    };
    if let Some(wanted) = equality {
        return same(one, other).map(|same| same == wanted);
    }
    let (Given::Int(one), Given::Int(other)) = (one, other) else {
        return None;
    };
    Some(match comparison {
        Comparison::Less => one < other,
        Comparison::LessOrEqual => one <= other,
        Comparison::Greater => one > other,
        _ => one >= other,
    })
}

/// Source: contract zenstack §1.9.
fn same(one: &Given<'_>, other: &Given<'_>) -> Truth {
    use Given::{Missing, Null, Object, Row, Unknown};
    match (one, other) {
        (Null, value) | (value, Null) => {
            Some(matches!(value, Null | Missing | Unknown | Row(None)))
        }
        (Missing, Missing) => Some(true),
        // Nobody is no row, not even where there is none.
        (Missing, Row(_)) | (Row(_), Missing) => Some(false),
        (Unknown | Row(None), _) | (_, Unknown | Row(None)) => None,
        (Missing, _) | (_, Missing) => Some(false),
        (Row(Some(one)), Row(Some(other))) => Some(one == other),
        (Row(Some((_, row))), Object(person)) | (Object(person), Row(Some((_, row)))) => {
            Some(person.member("id").map(of_person) == Some(Given::Int(*row as i64 + 1)))
        }
        (one, other) => Some(one == other),
    }
}

fn is_in(one: &Given<'_>, list: &Given<'_>) -> Truth {
    if matches!(one, Given::Null | Given::Missing) {
        return match list {
            Given::Unknown => None,
            _ => Some(false),
        };
    }
    let Given::List(items) = list else {
        return Some(false);
    };
    let there = |item: &&Given<'_>| !matches!(item, Given::Null | Given::Missing);
    any(items.iter().filter(there).map(|item| same(one, item)))
}
