//! What is written with a sign-in because one store keeps all of it: one transaction, and no round trips of its own.
//!
//! Nothing of it decides who is signed in. A store that cannot write it writes the sign-in without it, and says so.

use std::sync::Arc;

use crate::directory::SessionEntry;
use crate::limit::Settlement;
use crate::second_factor::ProofRecord;

/// Names a store, so that two traits of one store can be told from two stores.
#[derive(Debug, Clone)]
pub struct StoreId(Arc<()>);

impl StoreId {
    /// The name of a new store; its clones share it.
    #[expect(
        clippy::new_without_default,
        reason = "each is another, which a default should not be"
    )]
    pub fn new() -> Self {
        Self(Arc::new(()))
    }
}

impl PartialEq for StoreId {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for StoreId {}

/// What is written with a sign-in where it can be.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Beside {
    /// What the list of sessions says of the session that begins: [`SessionDirectory::add`].
    ///
    /// [`SessionDirectory::add`]: crate::directory::SessionDirectory::add
    pub entry: Option<SessionEntry>,
    /// What was proven in it: [`SecondFactorStore::put_proof`].
    ///
    /// [`SecondFactorStore::put_proof`]: crate::second_factor::SecondFactorStore::put_proof
    pub proof: Option<ProofRecord>,
    /// What the limits get back: [`Limiter::settle`](crate::limit::Limiter::settle).
    pub settlement: Option<Settlement>,
}

impl Beside {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
