//! `check(relation, operation)`: what the related row admits.

use hallpass_zmodel::schema::{Expr, Operation};

use super::term::Term;
use super::{Compiler, Truth};
use crate::error::InvalidInput;
use crate::policy::combine;

impl<'e> Compiler<'e, '_> {
    /// A relation that leads nowhere satisfies neither this nor its negation.
    ///
    /// Of the row that was just changed, the related row is asked whether it admits an update: a rule of `post-update`
    /// that it lacks would admit everything. Whether it admits an update, its rules of `post-update` say as well.
    pub(super) fn check(
        &self,
        relation: &'e Expr,
        operation: Option<Operation>,
        negated: bool,
    ) -> Result<Truth, InvalidInput> {
        let operation = operation.unwrap_or_else(|| self.checked());
        let Term::Row(row) = self.term(relation)? else {
            return Err(self.fail("a check of what is no row"));
        };
        let deeper = self.deeper()?;
        deeper.of_row(&row, |row| {
            let related = deeper.clone().about(row, operation);
            combine::check(&related, &row.model().policies, operation, negated)
        })
    }
}
