//! What the settings of a client make of its operations: which there are, and what the program itself adds.

use hallpass_zmodel::Schema;

use crate::client::OpenError;
use crate::computed::Computed;
use crate::procedures::Procedures;
use crate::slicing::Slicing;

/// Whether what clients write is checked by the rules of the schema (`@email`, `@@validate`, …), and changed by them
/// (`@trim`, …). Types are checked always.
///
/// Source: contract zenstack-harness §1.1 (`validateInput`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InputValidation {
    /// It is.
    #[default]
    On,
    /// It is not.
    Off,
}

/// What all operations of a client have in common.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interface {
    pub(crate) slicing: Slicing,
    pub(crate) input_validation: InputValidation,
    pub(crate) computed: Computed,
    pub(crate) procedures: Procedures,
}

impl Interface {
    pub(crate) fn check(&self, schema: &Schema) -> Result<(), OpenError> {
        self.slicing.check(schema)?;
        self.computed.check(schema)?;
        self.procedures.check(schema)
    }
}
