use std::fmt;

use crate::args::ArgValue;

/// Who asks: what `auth()` is in the rules.
pub(crate) struct Person {
    /// Absent for nobody.
    object: Option<ArgValue>,
    /// Whether somebody asked for this person on behalf of another, and so gets nothing.
    is_refused: bool,
}

impl Person {
    /// A person; nobody where there is none, or null.
    pub(crate) fn new(object: Option<ArgValue>) -> Self {
        Self {
            object: object.filter(|object| *object != ArgValue::Null),
            is_refused: false,
        }
    }

    /// Somebody who may do nothing, whatever the rules say.
    pub(crate) fn refused() -> Self {
        Self {
            object: None,
            is_refused: true,
        }
    }

    pub(crate) fn is_refused(&self) -> bool {
        self.is_refused
    }

    /// What is known of the person; `None` for nobody.
    pub(crate) fn object(&self) -> Option<&ArgValue> {
        self.object.as_ref()
    }
}

/// SECURITY: who a person is does not belong into logs.
impl fmt::Debug for Person {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Person(..)")
    }
}

/// Whether a value is nothing to the rules: one of the several nulls that clients know.
pub(super) fn is_nothing(value: &ArgValue) -> bool {
    matches!(
        value,
        ArgValue::Null | ArgValue::JsonNull | ArgValue::DbNull | ArgValue::AnyNull
    )
}
