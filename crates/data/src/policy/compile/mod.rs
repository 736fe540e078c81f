//! From a condition of the schema to a condition of SQL.
//!
//! What is known before a row is read (the person, the moment, constants, a row about to be written) is worked out here;
//! only what is left becomes SQL. Negation is carried down to the comparisons, so that "unknown" never has to be told
//! from "false" (see [`Truth`]).
//!
//! To add a function: its arm in `functions.rs`.

mod certainty;
mod check;
mod claims;
mod compare;
mod functions;
mod judge;
mod membership;
mod moments;
mod numbers;
mod plain;
mod predicate;
mod row;
mod term;
mod text;
mod truth;

use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hallpass_sql::Expr as Sql;
use hallpass_zmodel::schema::{Expr, ExprKind, Model, Operation};

use super::Person;
use crate::args::ArgValue;
use crate::error::InvalidInput;
use crate::plan::Planner;

use certainty::Certainty;
pub(crate) use claims::{Asker, Claims, Rules};
pub(super) use judge::Judge;
pub(super) use plain::Plain;
pub(crate) use row::{Origin, Row};
use term::Term;
pub(crate) use truth::Truth;

/// How many parts the rules of one statement may have, those of `check()` and of lists of the person included.
const MAX_PARTS: usize = 20_000;
/// How deep queries in them may nest.
const MAX_DEPTH: usize = 48;

/// What the rules of one statement have in common. Not cells: futures that hold a planner move from thread to thread.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    parts: AtomicUsize,
    aliases: AtomicUsize,
}

impl Bounds {
    /// Parts with which a statement takes no further rows.
    pub(crate) const MANY: usize = MAX_PARTS / 4;

    /// How many parts there are so far.
    pub(crate) fn parts(&self) -> usize {
        self.parts.load(Ordering::Relaxed)
    }
}

/// Compiles conditions about one row.
#[derive(Debug, Clone)]
pub(crate) struct Compiler<'e, 'p> {
    planner: &'p Planner<'e>,
    person: &'e Person,
    bounds: &'p Bounds,
    operation: Operation,
    certainty: Certainty,
    this: Row<'e>,
    /// The row as it was, in rules of `post-update`.
    before: Option<Row<'e>>,
    /// What the enclosing predicates look at, outermost first.
    elements: Vec<Element<'e>>,
    depth: usize,
    /// What a table is called outside, which nothing inside may be called.
    outside: Rc<str>,
}

/// What a predicate looks at.
#[derive(Debug, Clone)]
enum Element<'e> {
    Row(Row<'e>),
    /// Of a list of the person.
    Data(&'e ArgValue),
}

impl<'e, 'p> Compiler<'e, 'p> {
    pub(crate) fn new(
        planner: &'p Planner<'e>,
        person: &'e Person,
        bounds: &'p Bounds,
        operation: Operation,
        this: Row<'e>,
    ) -> Self {
        let outside = match &this {
            Row::Table { alias, .. } => Rc::clone(alias),
            Row::Known { .. } | Row::Linked { .. } => "".into(),
        };
        Self {
            planner,
            person,
            bounds,
            operation,
            certainty: Certainty::Sure,
            this,
            before: None,
            elements: Vec::new(),
            depth: 0,
            outside,
        }
    }

    /// With the row as it was.
    pub(crate) fn with_before(mut self, before: Row<'e>) -> Self {
        self.before = Some(before);
        self
    }

    /// What the rules are about.
    pub(crate) fn operation(&self) -> Operation {
        self.operation
    }

    fn is_sure(&self) -> bool {
        self.certainty == Certainty::Sure
    }

    /// For the rules about what a change makes of the row, where nothing changes.
    pub(crate) fn after_no_change(&self) -> Self {
        Self {
            operation: Operation::PostUpdate,
            before: Some(self.this.clone()),
            ..self.clone()
        }
    }

    /// For the rules of another model about a row of it.
    fn about(mut self, row: &Row<'e>, operation: Operation) -> Self {
        self.this = row.clone();
        self.before = None;
        self.elements = Vec::new();
        self.operation = operation;
        self
    }

    /// What `check()` asks for where it does not say.
    fn checked(&self) -> Operation {
        match self.operation {
            Operation::PostUpdate => Operation::Update,
            other => other,
        }
    }

    /// For a condition whose truth refuses where this one's admits, and the other way round.
    pub(crate) fn refusing(&self) -> Self {
        Self {
            certainty: self.certainty.opposite(),
            ..self.clone()
        }
    }

    /// When a condition is true.
    pub(crate) fn when(&self, condition: &'e Expr) -> Result<Truth, InvalidInput> {
        self.truth(condition, false)
    }

    /// When a condition is true, or when its negation is.
    pub(crate) fn truth(&self, expr: &'e Expr, negated: bool) -> Result<Truth, InvalidInput> {
        self.count()?;
        match &expr.kind {
            ExprKind::Boolean(truth) => Ok(Truth::known(*truth != negated)),
            ExprKind::Not(inner) => self.truth(inner, !negated),
            ExprKind::And(one, other) => self.both(one, other, negated, !negated),
            ExprKind::Or(one, other) => self.both(one, other, negated, negated),
            ExprKind::Compare(one, comparison, other) => {
                self.comparison(one, *comparison, other, negated)
            }
            ExprKind::In(one, list) => self.membership(one, list, negated),
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
            ExprKind::Null
            | ExprKind::Auth
            | ExprKind::This
            | ExprKind::Element(_)
            | ExprKind::Before
            | ExprKind::Member(..) => self.truth_of(expr, negated),
            ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::EnumMember { .. }
            | ExprKind::List(_)
            | ExprKind::CurrentModel(_)
            | ExprKind::CurrentOperation(_) => Err(self.fail("a condition that is no truth value")),
        }
    }

    /// A field or member that is itself a truth value.
    fn truth_of(&self, expr: &'e Expr, negated: bool) -> Result<Truth, InvalidInput> {
        match self.term(expr)? {
            Term::Null | Term::Data(None) | Term::Stored(hallpass_sql::Value::Null) => {
                Ok(Truth::Never)
            }
            Term::Data(Some(value)) => match &*value {
                ArgValue::Boolean(truth) => Ok(Truth::known(*truth != negated)),
                _ => Err(self.mistyped(expr, "true or false")),
            },
            Term::Stored(hallpass_sql::Value::Bool(truth)) => Ok(Truth::known(truth != negated)),
            // Said as a comparison, so that an index serves.
            Term::Column(column) => Ok(Truth::When(column.expr.equals(Sql::Bool(!negated)))),
            Term::Stored(_)
            | Term::Items(_)
            | Term::List(_)
            | Term::Row(_)
            | Term::Rows(_)
            | Term::Condition => Err(self.fail("a condition that is no truth value")),
        }
    }

    /// The same, where the innermost predicate looks at this.
    fn inside(&self, element: Element<'e>) -> Self {
        let mut inside = self.clone();
        inside.elements.push(element);
        inside
    }

    /// A name for a table in a query inside.
    fn alias(&self, model: &Model) -> Result<Rc<str>, InvalidInput> {
        loop {
            let number = self.bounds.aliases.fetch_add(1, Ordering::Relaxed);
            if number > MAX_PARTS {
                return Err(self.large(model));
            }
            let alias = format!("rule{number}");
            // A table outside that has this very name would be hidden by it.
            if !alias.eq_ignore_ascii_case(&self.outside) {
                return Ok(alias.into());
            }
        }
    }

    fn deeper(&self) -> Result<Self, InvalidInput> {
        if self.depth >= MAX_DEPTH {
            return Err(self.large(self.this.model()));
        }
        let mut deeper = self.clone();
        deeper.depth += 1;
        Ok(deeper)
    }

    fn count(&self) -> Result<(), InvalidInput> {
        let parts = self.bounds.parts.fetch_add(1, Ordering::Relaxed);
        if parts >= MAX_PARTS {
            return Err(self.large(self.this.model()));
        }
        Ok(())
    }

    fn large(&self, model: &Model) -> InvalidInput {
        InvalidInput::Policy {
            model: model.name.clone(),
            reason: "they become too large a statement",
        }
    }

    fn fail(&self, reason: &'static str) -> InvalidInput {
        InvalidInput::Policy {
            model: self.this.model().name.clone(),
            reason,
        }
    }

    /// The person has something of another type than the rules say.
    fn mistyped(&self, expr: &Expr, expected: &'static str) -> InvalidInput {
        InvalidInput::Person {
            member: path(expr),
            expected,
        }
    }
}

impl<'e> Judge<'e> for Compiler<'e, '_> {
    fn truth(&self, expr: &'e Expr, negated: bool) -> Result<Truth, InvalidInput> {
        Self::truth(self, expr, negated)
    }

    fn refusing(&self) -> Self {
        Self::refusing(self)
    }

    fn after_no_change(&self) -> Self {
        Self::after_no_change(self)
    }

    fn fail(&self, reason: &'static str) -> InvalidInput {
        Self::fail(self, reason)
    }
}

/// `auth().profile.id`
fn path(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Auth => "auth()".to_owned(),
        ExprKind::Member(inner, name) => format!("{}.{name}", path(inner)),
        ExprKind::Element(_) => "an element".to_owned(),
        _ => "a value".to_owned(),
    }
}
