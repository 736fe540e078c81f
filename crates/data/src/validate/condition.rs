//! Conditions of `@@validate`, evaluated on the data of one call.
//!
//! Source: contract zenstack §2.10: a field that is not there equals null, passes `<` and the like, and every function
//! says false of it, so that an update without the field can fail. Null is 0 where it is compared by size.

use std::cmp::Ordering;

use hallpass_zmodel::schema::{Comparison, Expr, ExprKind, Field, Function, Quantifier};

use super::Validator;
use super::checks::units;
use super::datum::{Datum, of_field};
use super::format;
use super::walk::Owner;
use crate::args::ArgValue;
use crate::decimal;

/// What names in a condition stand for.
pub(super) struct Scope<'a> {
    validator: &'a Validator<'a>,
    this: Datum<'a>,
    /// Elements of the predicates around, innermost last.
    elements: Vec<Datum<'a>>,
}

/// What this evaluator does not know. A rule with it is not fulfilled.
struct Unknown;

type Evaluated<'a> = Result<Datum<'a>, Unknown>;

impl<'a> Scope<'a> {
    pub(super) fn new(
        validator: &'a Validator<'a>,
        owner: &Owner<'a>,
        data: &'a [(String, ArgValue)],
    ) -> Self {
        Self {
            validator,
            this: Datum::Object(owner.fields, data),
            elements: Vec::new(),
        }
    }

    pub(super) fn holds(&self, condition: &'a Expr) -> bool {
        self.evaluate(condition).is_ok_and(|found| found.is_true())
    }

    fn evaluate(&self, expr: &'a Expr) -> Evaluated<'a> {
        Ok(match &expr.kind {
            ExprKind::Null => Datum::Null,
            ExprKind::Boolean(value) => Datum::Boolean(*value),
            ExprKind::Number(digits) => Datum::Number(decimal::normalise(digits).ok_or(Unknown)?),
            ExprKind::String(text) => Datum::Text(text),
            ExprKind::EnumMember { member, .. } => Datum::Text(member),
            ExprKind::List(parts) => {
                let parts = parts.iter().map(|part| self.evaluate(part));
                Datum::List(parts.collect::<Result<_, _>>()?)
            }
            ExprKind::This => self.this.clone(),
            ExprKind::Element(outward) => {
                let element = self.elements.iter().rev().nth(*outward);
                element.ok_or(Unknown)?.clone()
            }
            ExprKind::Member(of, name) => self.member(of, name)?,
            ExprKind::Not(inner) => Datum::Boolean(!self.evaluate(inner)?.is_true()),
            ExprKind::And(one, other) => {
                Datum::Boolean(self.evaluate(one)?.is_true() && self.evaluate(other)?.is_true())
            }
            ExprKind::Or(one, other) => {
                Datum::Boolean(self.evaluate(one)?.is_true() || self.evaluate(other)?.is_true())
            }
            ExprKind::Compare(one, comparison, other) => {
                let (one, other) = (self.evaluate(one)?, self.evaluate(other)?);
                Datum::Boolean(compares(&one, *comparison, &other))
            }
            ExprKind::In(one, list) => {
                let (one, list) = (self.evaluate(one)?, self.evaluate(list)?);
                Datum::Boolean(contains(&list, &one))
            }
            ExprKind::Predicate {
                quantifier,
                collection,
                condition,
            } => Datum::Boolean(self.predicate(*quantifier, collection, condition)?),
            ExprKind::Call(function, arguments) => self.call(*function, arguments)?,
            // The checker of the language admits none of them here.
            ExprKind::Auth
            | ExprKind::Before
            | ExprKind::Check { .. }
            | ExprKind::CurrentModel(_)
            | ExprKind::CurrentOperation(_) => return Err(Unknown),
        })
    }

    fn member(&self, of: &'a Expr, name: &str) -> Evaluated<'a> {
        let is_row = matches!(of.kind, ExprKind::This);
        let Datum::Object(fields, members) = self.evaluate(of)? else {
            return Ok(Datum::Undefined);
        };
        let field = fields.iter().find(|field| field.name == name);
        let field: &Field = field.ok_or(Unknown)?;
        let value = members.iter().find(|(member, _)| member == name);
        Ok(match value {
            Some((_, value)) => of_field(self.validator.schema, field, value),
            None if is_row => Datum::Absent,
            None => Datum::Null,
        })
    }

    fn predicate(
        &self,
        quantifier: Quantifier,
        collection: &'a Expr,
        condition: &'a Expr,
    ) -> Result<bool, Unknown> {
        let Datum::List(items) = self.evaluate(collection)? else {
            return Ok(false);
        };
        let mut fulfilled = Vec::with_capacity(items.len());
        for item in items {
            let mut elements = self.elements.clone();
            elements.push(item);
            let inner = Scope {
                validator: self.validator,
                this: self.this.clone(),
                elements,
            };
            fulfilled.push(inner.evaluate(condition)?.is_true());
        }
        Ok(match quantifier {
            Quantifier::Some => fulfilled.contains(&true),
            Quantifier::Every => !fulfilled.contains(&false),
            Quantifier::None => !fulfilled.contains(&true),
        })
    }

    fn call(&self, function: Function, arguments: &'a [Expr]) -> Evaluated<'a> {
        if function == Function::Now {
            return Ok(Datum::Moment(self.validator.now));
        }
        let subject = self.evaluate(arguments.first().ok_or(Unknown)?)?;
        if subject.is_nothing() {
            return Ok(Datum::Boolean(false));
        }
        let rest = arguments.get(1..).unwrap_or_default();
        if function == Function::Length {
            return self.length(&subject, rest);
        }
        let holds = match (&subject, function) {
            (Datum::Text(text), _) => self.of_text(function, text, rest)?,
            (Datum::List(items), _) => self.of_list(function, items, rest)?,
            _ => return Err(Unknown),
        };
        Ok(Datum::Boolean(holds))
    }

    fn length(&self, subject: &Datum<'a>, bounds: &'a [Expr]) -> Evaluated<'a> {
        let length = match subject {
            Datum::Text(text) => units(text),
            Datum::List(items) => items.len(),
            _ => return Err(Unknown),
        };
        let length = Datum::Number(length.to_string());
        let [min, max @ ..] = bounds else {
            return Ok(length);
        };
        let within = |bound: &'a Expr, comparison| {
            let bound = self.evaluate(bound)?;
            Ok(bound.is_nothing() || compares(&length, comparison, &bound))
        };
        let mut holds = within(min, Comparison::GreaterOrEqual)?;
        if let Some(max) = max.first() {
            holds &= within(max, Comparison::LessOrEqual)?;
        }
        Ok(Datum::Boolean(holds))
    }

    fn of_text(&self, function: Function, text: &str, rest: &'a [Expr]) -> Result<bool, Unknown> {
        Ok(match function {
            Function::Contains => self.search(text, rest, |text, part| text.contains(part))?,
            Function::StartsWith => self.search(text, rest, |text, part| text.starts_with(part))?,
            Function::EndsWith => self.search(text, rest, |text, part| text.ends_with(part))?,
            Function::Regex => {
                let [pattern, ..] = rest else {
                    return Err(Unknown);
                };
                match &pattern.kind {
                    ExprKind::String(pattern) => self.validator.patterns.find(pattern, text),
                    _ => return Err(Unknown),
                }
            }
            Function::IsEmail => format::is_email(text),
            Function::IsUrl => format::is_url(text.trim_matches(format::is_space)),
            Function::IsDateTime => format::is_date_time(text),
            Function::IsDate => format::is_date(text),
            Function::IsPhone => format::is_phone(text),
            Function::IsTime => {
                let precision = match rest.first().map(|digits| &digits.kind) {
                    None => None,
                    Some(ExprKind::Number(digits)) => Some(digits.parse().map_err(|_| Unknown)?),
                    Some(_) => return Err(Unknown),
                };
                format::is_time(text, precision)
            }
            Function::Now
            | Function::Length
            | Function::Has
            | Function::HasSome
            | Function::HasEvery
            | Function::IsEmpty => return Err(Unknown),
        })
    }

    /// `contains` and its like: with letters of either case where a third argument says so.
    fn search(
        &self,
        text: &str,
        rest: &'a [Expr],
        found: fn(&str, &str) -> bool,
    ) -> Result<bool, Unknown> {
        let part = match self.evaluate(rest.first().ok_or(Unknown)?)? {
            Datum::Text(part) => part,
            // Nothing to search for is in every text (contract zenstack §1.7).
            part if part.is_nothing() => "",
            _ => return Err(Unknown),
        };
        let folds = match rest.get(1) {
            Some(flag) => self.evaluate(flag)?.is_true(),
            None => false,
        };
        Ok(if folds {
            found(&text.to_lowercase(), &part.to_lowercase())
        } else {
            found(text, part)
        })
    }

    fn of_list(
        &self,
        function: Function,
        items: &[Datum<'a>],
        rest: &'a [Expr],
    ) -> Result<bool, Unknown> {
        let is_in = |wanted: &Datum<'a>| items.iter().any(|item| item.is_same(wanted));
        if function == Function::IsEmpty {
            return Ok(items.is_empty());
        }
        let wanted = self.evaluate(rest.first().ok_or(Unknown)?)?;
        match (function, &wanted) {
            (Function::Has, wanted) => Ok(is_in(wanted)),
            (Function::HasSome, Datum::List(wanted)) => Ok(wanted.iter().any(is_in)),
            (Function::HasEvery, Datum::List(wanted)) => Ok(wanted.iter().all(is_in)),
            _ => Err(Unknown),
        }
    }
}

fn compares(one: &Datum<'_>, comparison: Comparison, other: &Datum<'_>) -> bool {
    let by_size = |wanted: fn(Ordering) -> bool| {
        let absent = matches!(one, Datum::Absent) || matches!(other, Datum::Absent);
        absent || one.compare(other).is_some_and(wanted)
    };
    match comparison {
        Comparison::Equal => one.equals(other),
        Comparison::NotEqual => !one.equals(other),
        Comparison::Less => by_size(Ordering::is_lt),
        Comparison::LessOrEqual => by_size(Ordering::is_le),
        Comparison::Greater => by_size(Ordering::is_gt),
        Comparison::GreaterOrEqual => by_size(Ordering::is_ge),
    }
}

fn contains(list: &Datum<'_>, one: &Datum<'_>) -> bool {
    match list {
        Datum::List(items) => items.iter().any(|item| item.is_same(one)),
        _ => false,
    }
}
