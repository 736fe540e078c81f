//! Collection predicates, over rows and over lists of the person.
//!
//! Source: contract zenstack §1.8 and §2.4.

use hallpass_zmodel::schema::{Expr, Quantifier};

use super::super::row::Rows;
use super::lists::some_of;
use super::{Asker, Claim, Term, Truth};
use crate::error::InvalidInput;

impl<'e> Asker<'e, '_> {
    pub(super) fn predicate(
        &self,
        quantifier: Quantifier,
        collection: &'e Expr,
        condition: &'e Expr,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        if let Some(claim) = self.claim(collection)? {
            return self.of_claims(&claim, quantifier, negated, condition);
        }
        match self.compiler.term(collection)? {
            Term::Rows(rows) => self.of_rows(&rows, quantifier, negated, condition),
            _ => Err(self.fail("a predicate over what is no list")),
        }
    }

    fn of_rows(
        &self,
        rows: &Rows<'e>,
        quantifier: Quantifier,
        negated: bool,
        condition: &'e Expr,
    ) -> Result<Truth, InvalidInput> {
        // Whether there is an element, or none, of which the condition, or its opposite, is true.
        let (exists, opposite) = match quantifier {
            Quantifier::Some => (!negated, false),
            Quantifier::None => (negated, false),
            Quantifier::Every => (negated, true),
        };
        let deeper = self.deeper()?;
        let judge = if exists {
            deeper.clone()
        } else {
            deeper.refusing()
        };
        deeper.compiler.of_row(&rows.from, |start| {
            let found = judge.compiler.of_rows(start, rows, |element| {
                judge.inside_row(element).truth(condition, opposite)
            })?;
            Ok(if exists { found } else { found.untrue() })
        })
    }

    /// SECURITY: what an item lacks makes the condition unknown of it, and then neither the predicate nor its negation
    /// admits anything.
    fn of_claims(
        &self,
        list: &Claim<'e>,
        quantifier: Quantifier,
        negated: bool,
        condition: &'e Expr,
    ) -> Result<Truth, InvalidInput> {
        if !list.is_list {
            return Err(self.fail("a predicate over what is no list"));
        }
        let (opposite, all) = match (quantifier, negated) {
            (Quantifier::Some, false) | (Quantifier::None, true) => (false, false),
            (Quantifier::Some, true) | (Quantifier::None, false) => (true, true),
            (Quantifier::Every, false) => (false, true),
            (Quantifier::Every, true) => (true, false),
        };
        let deeper = self.deeper()?;
        let (items, element) = deeper.items(list)?;
        let judge = deeper.inside_claim(element);
        let truth = if opposite && !self.compiler.is_sure() {
            judge.refusing().truth(condition, false)?.untrue()
        } else {
            judge.truth(condition, opposite)?
        };
        Ok(if all {
            let fails = some_of(items, truth.untrue());
            Truth::When(list.is_there()).and(fails.untrue())
        } else {
            some_of(items, truth)
        })
    }
}
