use hallpass_zmodel::schema::{Comparison, Expr};

use super::Truth;
use crate::error::InvalidInput;

/// Works out when conditions about a row are true: for a person at hand ([`Compiler`](super::Compiler)), or for one whom only
/// the database knows ([`Asker`](super::Asker)). What both mean alike stands here and in `policy/combine.rs`.
pub(in crate::policy) trait Judge<'e>: Clone {
    /// When a condition is true, or when its negation is.
    fn truth(&self, expr: &'e Expr, negated: bool) -> Result<Truth, InvalidInput>;

    /// For a condition whose truth refuses where this one's admits, and the other way round.
    fn refusing(&self) -> Self;

    /// For the rules about what a change makes of the row, where nothing changes.
    fn after_no_change(&self) -> Self;

    /// What cannot be said of the row's model.
    fn fail(&self, reason: &'static str) -> InvalidInput;

    /// Two conditions, of which all must hold, or one.
    fn both(
        &self,
        one: &'e Expr,
        other: &'e Expr,
        negated: bool,
        all: bool,
    ) -> Result<Truth, InvalidInput> {
        let one = self.truth(one, negated)?;
        // What decides alone spares the other side, and what would be wrong with it.
        match (&one, all) {
            (Truth::Never, true) | (Truth::Always, false) => return Ok(one),
            _ => {}
        }
        let other = self.truth(other, negated)?;
        Ok(if all { one.and(other) } else { one.or(other) })
    }

    /// Two truth values, one of which must be worked out.
    fn same_truth(
        &self,
        one: &'e Expr,
        comparison: Comparison,
        other: &'e Expr,
    ) -> Result<Truth, InvalidInput> {
        let differ = match comparison {
            Comparison::Equal => false,
            Comparison::NotEqual => true,
            _ => return Err(self.fail("an order of truth values")),
        };
        let holds = self.truth(one, false)?.and(self.truth(other, differ)?);
        let fails = self.truth(one, true)?.and(self.truth(other, !differ)?);
        Ok(holds.or(fails))
    }
}
