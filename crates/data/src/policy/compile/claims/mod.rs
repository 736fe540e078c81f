//! Conditions about a person whom only the database knows: row-level security asks them when a statement runs, of claims
//! that are a JSON document.
//!
//! What does not ask for the person is compiled by [`Compiler`] as ever. The rest means the same as there; what a person may
//! lack, which is worked out there beforehand, is asked here as null. What has no words here is an error.
//!
//! SECURITY: a claim of another type than the schema says raises an error in the database, as it refuses the operation in
//! the engine.

mod compare;
mod lists;
mod predicate;
mod text;
mod value;

use std::rc::Rc;

use hallpass_sql::{Expr as Sql, TableName, Value};
use hallpass_zmodel::schema::{Expr, ExprKind, Function, Operation, Policy, TypeBase};

use super::compare::mirrored;
use super::term::Term;
use super::{Bounds, Compiler, Element, Judge, Row, Truth};
use crate::args::ArgValue;
use crate::error::InvalidInput;
use crate::plan::Planner;
use crate::policy::{Person, combine};

pub(crate) use value::{Claim, Rules};

/// What stands in for an element of the person where the compiler counts elements. It is never asked.
static NOTHING: ArgValue = ArgValue::Null;

/// The person of a statement, as the database knows it.
#[derive(Debug, Clone)]
pub(crate) struct Claims {
    /// A JSON document, null for nobody.
    pub(crate) document: Sql,
    /// Whether it is the same for all rows of a statement and needs nothing of them, so that it is worked out once.
    pub(crate) is_once: bool,
}

/// Compiles conditions about one row for a person in the database.
#[derive(Debug, Clone)]
pub(crate) struct Asker<'e, 'p> {
    compiler: Compiler<'e, 'p>,
    claims: Rc<Claims>,
    /// Of each enclosing predicate, outermost first, the element where it is the person's.
    elements: Vec<Option<Sql>>,
}

/// One side of a comparison.
#[derive(Debug, Clone)]
enum Side<'e> {
    Claim(Claim<'e>),
    Known(Term<'e>, &'e Expr),
}

impl<'e, 'p> Asker<'e, 'p> {
    /// `nobody` is a person without anything, who is never asked.
    pub(crate) fn new(
        planner: &'p Planner<'e>,
        nobody: &'e Person,
        bounds: &'p Bounds,
        operation: Operation,
        this: Row<'e>,
        claims: Claims,
    ) -> Self {
        Self {
            compiler: Compiler::new(planner, nobody, bounds, operation, this),
            claims: Rc::new(claims),
            elements: Vec::new(),
        }
    }

    /// With the row as it was.
    pub(crate) fn with_before(mut self, before: Row<'e>) -> Self {
        self.compiler = self.compiler.with_before(before);
        self
    }

    /// When a rule admits.
    pub(crate) fn admits(&self, rule: &'e Policy) -> Result<Truth, InvalidInput> {
        self.truth(&rule.condition, false)
    }

    /// When a rule refuses: also where it is in doubt.
    pub(crate) fn refuses(&self, rule: &'e Policy) -> Result<Truth, InvalidInput> {
        self.refusing().truth(&rule.condition, false)
    }

    /// Whether the rules of a model admit an operation with a row of it.
    pub(crate) fn admitted(
        &self,
        policies: &'e [Policy],
        operation: Operation,
    ) -> Result<Truth, InvalidInput> {
        combine::model(self, policies, operation, false)
    }

    /// Whether a rule of a field admits it; everything is allowed until one speaks.
    pub(crate) fn field(
        &self,
        policies: &'e [Policy],
        operation: Operation,
    ) -> Result<Truth, InvalidInput> {
        combine::field(self, policies, operation)
    }

    fn refusing(&self) -> Self {
        self.with(self.compiler.refusing())
    }

    fn deeper(&self) -> Result<Self, InvalidInput> {
        Ok(self.with(self.compiler.deeper()?))
    }

    fn with(&self, compiler: Compiler<'e, 'p>) -> Self {
        Self {
            compiler,
            claims: Rc::clone(&self.claims),
            elements: self.elements.clone(),
        }
    }

    /// The same, where the innermost predicate looks at a row.
    fn inside_row(&self, row: &Row<'e>) -> Self {
        let mut inside = self.with(self.compiler.inside(Element::Row(row.clone())));
        inside.elements.push(None);
        inside
    }

    /// The same, where it looks at an element of the person.
    fn inside_claim(&self, element: Sql) -> Self {
        let mut inside = self.with(self.compiler.inside(Element::Data(&NOTHING)));
        inside.elements.push(Some(element));
        inside
    }

    fn fail(&self, reason: &'static str) -> InvalidInput {
        self.compiler.fail(reason)
    }

    /// Whether what the person lacks compares with nothing (version 2 of the language).
    fn lacking_is_unknown(&self) -> bool {
        self.compiler.lacking_is_unknown()
    }

    /// Whether an expression asks for the person or for the moment.
    fn asks(&self, expr: &Expr) -> bool {
        self.asks_at(expr, 0)
    }

    /// The same inside so many predicates of the expression itself.
    fn asks_at(&self, expr: &Expr, depth: usize) -> bool {
        match &expr.kind {
            // The rules of the other model may.
            ExprKind::Auth | ExprKind::Check { .. } | ExprKind::Call(Function::Now, _) => true,
            ExprKind::Element(outwards) => outwards
                .checked_sub(depth)
                .is_some_and(|outwards| self.element(outwards).is_some()),
            ExprKind::Predicate {
                collection,
                condition,
                ..
            } => self.asks_at(collection, depth) || self.asks_at(condition, depth + 1),
            _ => {
                let children = expr.children();
                children.into_iter().any(|child| self.asks_at(child, depth))
            }
        }
    }

    fn element(&self, outwards: usize) -> Option<&Sql> {
        self.elements.iter().rev().nth(outwards)?.as_ref()
    }

    /// When a condition is true, or when its negation is.
    fn truth(&self, expr: &'e Expr, negated: bool) -> Result<Truth, InvalidInput> {
        if !self.asks(expr) {
            return self.compiler.truth(expr, negated);
        }
        self.compiler.count()?;
        match &expr.kind {
            ExprKind::Not(inner) => self.truth(inner, !negated),
            ExprKind::And(one, other) => self.both(one, other, negated, !negated),
            ExprKind::Or(one, other) => self.both(one, other, negated, negated),
            ExprKind::Compare(one, comparison, other) => {
                self.comparison(one, *comparison, other, negated)
            }
            ExprKind::In(one, list) => {
                let side = self.side(one)?;
                self.membership(&side, list, negated)
            }
            ExprKind::Predicate {
                quantifier,
                collection,
                condition,
            } => self.predicate(*quantifier, collection, condition, negated),
            ExprKind::Check {
                relation,
                operation,
            } => self.check(relation, *operation, negated),
            ExprKind::Call(function, arguments) => self.call(*function, arguments, negated),
            ExprKind::Auth | ExprKind::Element(_) | ExprKind::Member(..) => {
                self.claimed_truth(expr, negated)
            }
            ExprKind::Null
            | ExprKind::This
            | ExprKind::Before
            | ExprKind::Boolean(_)
            | ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::EnumMember { .. }
            | ExprKind::List(_)
            | ExprKind::CurrentModel(_)
            | ExprKind::CurrentOperation(_) => Err(self.fail("a condition that is no truth value")),
        }
    }

    /// A claim that is itself a truth value.
    fn claimed_truth(&self, expr: &'e Expr, negated: bool) -> Result<Truth, InvalidInput> {
        let claim = self.claim(expr)?;
        let claim = claim.ok_or_else(|| self.fail("a condition that is no truth value"))?;
        let truth = self.truth_value(&claim)?;
        Ok(Truth::When(truth.equals(Sql::Bool(!negated))))
    }

    fn side(&self, expr: &'e Expr) -> Result<Side<'e>, InvalidInput> {
        Ok(match self.claim(expr)? {
            Some(claim) => Side::Claim(claim),
            None => Side::Known(self.compiler.term(expr)?, expr),
        })
    }

    /// What an expression names of the person, or the moment; `None` for what is not of it.
    fn claim(&self, expr: &'e Expr) -> Result<Option<Claim<'e>>, InvalidInput> {
        Ok(match &expr.kind {
            ExprKind::Auth => Some(Claim {
                json: self.claims.document.clone(),
                base: &expr.ty.base,
                is_list: false,
                is_once: self.claims.is_once,
                is_now: false,
            }),
            ExprKind::Element(outwards) => self.element(*outwards).map(|json| Claim {
                json: json.clone(),
                base: &expr.ty.base,
                is_list: false,
                is_once: false,
                is_now: false,
            }),
            ExprKind::Call(Function::Now, _) => Some(Claim {
                json: Rules::Now.call(Vec::new()),
                base: &expr.ty.base,
                is_list: false,
                is_once: true,
                is_now: true,
            }),
            ExprKind::Member(entity, name) => match self.claim(entity)? {
                Some(of) if of.is_now => return Err(self.fail("a member of a moment")),
                // What is lacking would differ from everything.
                Some(of) if !self.is_told(&of, name) => {
                    return Err(
                        self.fail("something of the person that the database does not have")
                    );
                }
                Some(of) => {
                    let read = if of.is_list {
                        Rules::Members
                    } else {
                        Rules::Member
                    };
                    let name = Sql::Value(Value::Text(name.clone()));
                    Some(Claim {
                        json: read.call(vec![of.json, name]),
                        base: &expr.ty.base,
                        is_list: of.is_list || expr.ty.list,
                        ..of
                    })
                }
                None => None,
            },
            _ => None,
        })
    }

    /// Whether the database can tell a member of the person.
    fn is_told(&self, of: &Claim<'e>, name: &str) -> bool {
        let TypeBase::Model(model) = of.base else {
            return true;
        };
        let model = self.compiler.planner.engine.schema.model(model);
        let field = model.and_then(|model| model.field(name));
        field.is_none_or(|field| !field.computed && !field.ignored && !field.encrypted)
    }

    /// `check(relation, operation)`; see [`Compiler::check`].
    fn check(
        &self,
        relation: &'e Expr,
        operation: Option<Operation>,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        let operation = operation.unwrap_or_else(|| self.compiler.checked());
        let Term::Row(row) = self.compiler.term(relation)? else {
            return Err(self.fail("a check of what is no row"));
        };
        let deeper = self.deeper()?;
        deeper.compiler.of_row(&row, |row| {
            let mut related = deeper.with(deeper.compiler.clone().about(row, operation));
            related.elements = Vec::new();
            combine::check(&related, &row.model().policies, operation, negated)
        })
    }
}

impl<'e> Judge<'e> for Asker<'e, '_> {
    fn truth(&self, expr: &'e Expr, negated: bool) -> Result<Truth, InvalidInput> {
        Self::truth(self, expr, negated)
    }

    fn refusing(&self) -> Self {
        Self::refusing(self)
    }

    fn after_no_change(&self) -> Self {
        self.with(self.compiler.after_no_change())
    }

    fn fail(&self, reason: &'static str) -> InvalidInput {
        Self::fail(self, reason)
    }
}

/// A name for the rows that a function of the script reads.
fn called(function: Sql, alias: &str) -> Option<hallpass_sql::Source> {
    match function {
        Sql::Call(function, arguments) => Some(hallpass_sql::Source::Call {
            function,
            arguments,
            alias: alias.to_owned(),
        }),
        _ => None,
    }
}

/// The name of a function of the script.
fn named(name: &str) -> TableName {
    TableName {
        schema: Some(hallpass_sql::row_security::RULES.to_owned()),
        name: name.to_owned(),
    }
}
