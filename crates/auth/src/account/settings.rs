use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::letters::Compose;
use super::{AccountLetter, AccountStore};
use crate::adapter::UserId;
use crate::mail::Transport;
use crate::mail::templates::SignInMail;
use crate::one_time::Purpose;

/// What the account pages need: where accounts are kept, and what carries the mails. Whether users have passwords follows
/// from [`AuthBuilder::passwords`](crate::AuthBuilder::passwords).
#[derive(Clone)]
pub struct Accounts {
    pub(crate) store: Arc<dyn AccountStore>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) from: String,
    lifetimes: HashMap<Purpose, Duration>,
    pub(crate) compose: Option<Arc<Compose>>,
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
            compose: None,
        }
    }

    /// How long the links of a purpose work; [`Purpose::default_lifetime`] by default.
    #[must_use]
    pub fn link_lifetime(mut self, purpose: Purpose, lifetime: Duration) -> Self {
        self.lifetimes.insert(purpose, lifetime);
        self
    }

    /// Writes the mails; `None` leaves the built-in one in place, which is in English.
    ///
    /// SECURITY: whether an address has an account follows from the kind. Do not do more work for one kind than for another
    /// ([`MailKind::ResetPassword`](super::MailKind::ResetPassword) and
    /// [`MailKind::NoAccount`](super::MailKind::NoAccount)): strangers measure the time.
    #[must_use]
    pub fn compose_with(
        self,
        compose: impl Fn(&AccountLetter<'_>) -> Option<SignInMail> + Send + Sync + 'static,
    ) -> Self {
        Self {
            compose: Some(Arc::new(compose)),
            ..self
        }
    }

    /// The store, for what this user does.
    pub(crate) fn acting(&self, user: &UserId) -> Arc<dyn AccountStore> {
        let acting = self.store.acting(user);
        acting.unwrap_or_else(|| Arc::clone(&self.store))
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
