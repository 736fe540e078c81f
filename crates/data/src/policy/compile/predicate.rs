//! Collection predicates: `members?[…]`, `members![…]`, `members^[…]`.
//!
//! Source: contract zenstack §1.8 and §2.4. The contract counts elements; a count is never unknown, and neither is
//! `EXISTS`, which can stop at the first element. An element for which the condition is unknown counts for nothing.

use std::borrow::Cow;

use hallpass_zmodel::schema::{Expr, Quantifier};

use super::row::Rows;
use super::term::Term;
use super::{Compiler, Element, Truth};
use crate::args::ArgValue;
use crate::error::InvalidInput;

/// A predicate without its negations: whether there is an element, or none, of which the condition, or its opposite, is
/// true.
#[derive(Debug, Clone, Copy)]
struct Sought {
    exists: bool,
    opposite: bool,
}

impl Sought {
    fn of(quantifier: Quantifier, negated: bool) -> Self {
        let (exists, opposite) = match quantifier {
            Quantifier::Some => (true, false),
            Quantifier::None => (false, false),
            Quantifier::Every => (false, true),
        };
        Self {
            exists: exists != negated,
            opposite,
        }
    }
}

impl<'e> Compiler<'e, '_> {
    pub(super) fn predicate(
        &self,
        quantifier: Quantifier,
        collection: &'e Expr,
        condition: &'e Expr,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        match self.term(collection)? {
            Term::Rows(rows) => self.of_related(&rows, Sought::of(quantifier, negated), condition),
            Term::Data(None) => Ok(Truth::Never),
            Term::Data(Some(Cow::Borrowed(ArgValue::List(items)))) => {
                self.of_items(items.iter(), quantifier, negated, condition)
            }
            Term::Items(items) => self.of_items(items.into_iter(), quantifier, negated, condition),
            Term::Data(Some(_)) => Err(self.mistyped(collection, "a list")),
            _ => Err(self.fail("a predicate over what is no list")),
        }
    }

    fn of_related(
        &self,
        rows: &Rows<'e>,
        sought: Sought,
        condition: &'e Expr,
    ) -> Result<Truth, InvalidInput> {
        let deeper = self.deeper()?;
        let judge = if sought.exists {
            deeper.clone()
        } else {
            deeper.refusing()
        };
        deeper.of_row(&rows.from, |start| {
            let found = judge.of_rows(start, rows, |element| {
                judge
                    .inside(Element::Row(element.clone()))
                    .truth(condition, sought.opposite)
            })?;
            Ok(if sought.exists { found } else { found.untrue() })
        })
    }

    /// Worked out, or said element by element where the condition needs a row.
    ///
    /// SECURITY: what an item lacks makes the condition unknown of it, and then neither the predicate nor its negation
    /// admits anything. A refusal by a negation holds then.
    fn of_items(
        &self,
        items: impl Iterator<Item = &'e ArgValue>,
        quantifier: Quantifier,
        negated: bool,
        condition: &'e Expr,
    ) -> Result<Truth, InvalidInput> {
        let deeper = self.deeper()?;
        // Of the condition or its opposite: whether all items satisfy it, or one does.
        let (opposite, all) = match (quantifier, negated) {
            (Quantifier::Some, false) | (Quantifier::None, true) => (false, false),
            (Quantifier::Some, true) | (Quantifier::None, false) => (true, true),
            (Quantifier::Every, false) => (false, true),
            (Quantifier::Every, true) => (true, false),
        };
        let mut found = Truth::known(all);
        for item in items {
            let judge = deeper.inside(Element::Data(item));
            let truth = if opposite && !self.is_sure() {
                judge.refusing().truth(condition, false)?.untrue()
            } else {
                judge.truth(condition, opposite)?
            };
            found = if all {
                found.and(truth)
            } else {
                found.or(truth)
            };
        }
        Ok(found)
    }
}
