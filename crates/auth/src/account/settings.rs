use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::AccountStore;
use crate::mail::Transport;
use crate::one_time::Purpose;

/// What the account pages need: where accounts are kept, and what carries the mails. Whether users have passwords follows
/// from [`AuthBuilder::passwords`](crate::AuthBuilder::passwords).
#[derive(Clone)]
pub struct Accounts {
    pub(crate) store: Arc<dyn AccountStore>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) from: String,
    lifetimes: HashMap<Purpose, Duration>,
}

impl Accounts {
    /// Kept in `store`, which is the one of users and passwords. Sends through `transport`, as `from` (`Name <address>` or
    /// an address).
    pub fn new(
        store: impl AccountStore,
        transport: Arc<dyn Transport>,
        from: impl Into<String>,
    ) -> Self {
        Self {
            store: Arc::new(store),
            transport,
            from: from.into(),
            lifetimes: HashMap::new(),
        }
    }

    /// How long the links of a purpose work; [`Purpose::default_lifetime`] by default.
    #[must_use]
    pub fn link_lifetime(mut self, purpose: Purpose, lifetime: Duration) -> Self {
        self.lifetimes.insert(purpose, lifetime);
        self
    }

    pub(crate) fn lifetime(&self, purpose: Purpose) -> Duration {
        let set = self.lifetimes.get(&purpose).copied();
        set.unwrap_or_else(|| purpose.default_lifetime())
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Accounts")
            .field("lifetimes", &self.lifetimes)
            .finish_non_exhaustive()
    }
}
