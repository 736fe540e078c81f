use std::sync::Arc;

use super::Person;
use crate::error::{Error, Rejection};

/// On whose behalf a client works.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    /// The program's own: no rules.
    Full,
    /// A person's, or nobody's: the rules of the schema hold.
    Person(Arc<Person>),
}

impl Access {
    /// Whether both are the same: statements carry the rules of whoever planned them.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Full, Self::Full) => true,
            (Self::Person(one), Self::Person(other)) => Arc::ptr_eq(one, other),
            (Self::Full, Self::Person(_)) | (Self::Person(_), Self::Full) => false,
        }
    }

    /// Refuses whoever asked for another person than the one the client was made for.
    ///
    /// # Errors
    /// [`Error::Rejected`].
    pub(crate) fn require_own(&self, model: &str) -> Result<(), Error> {
        match self {
            Self::Person(person) if person.is_refused() => Err(Error::Rejected {
                model: model.to_owned(),
                rejection: Rejection::Other,
            }),
            Self::Full | Self::Person(_) => Ok(()),
        }
    }

    /// Refuses what has no rules to hold it back.
    ///
    /// # Errors
    /// [`Error::NotSupported`] for a person.
    pub(crate) fn require_full(&self) -> Result<(), Error> {
        match self {
            Self::Full => Ok(()),
            Self::Person(_) => Err(Error::NotSupported(
                "this is for clients with full access only".to_owned(),
            )),
        }
    }
}
