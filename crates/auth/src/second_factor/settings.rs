use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::SecondFactorStore;

/// Who needs a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Require {
    /// Whoever set one up.
    #[default]
    Optional,
    /// Everybody: whoever has none sets one up before the first session begins.
    Always,
}

/// What the passkeys of somebody mean who signs in by something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PasskeysAsFactor {
    /// They answer in place of a code, where the person has switched two-step sign-in on.
    #[default]
    Offered,
    /// Whoever has one is asked for it. Whoever then loses the only one, and has no app, needs your help to get in. Always so
    /// with [`Require::Always`].
    Required,
}

/// How second factors are kept and asked for. For the builder's `second_factor`.
#[derive(Clone)]
pub struct SecondFactorSettings {
    pub(crate) store: Arc<dyn SecondFactorStore>,
    pub(crate) require: Require,
    pub(crate) passkeys: PasskeysAsFactor,
    pub(crate) issuer: Option<String>,
    pub(crate) remember: Option<Duration>,
    pub(crate) recent: Duration,
}

/// How long a browser is remembered where nothing is set.
const REMEMBERED: Duration = Duration::from_secs(30 * 86_400);

/// How long a proof is recent where nothing is set.
const RECENT: Duration = Duration::from_secs(600);

impl SecondFactorSettings {
    /// Kept in `store`, which is the one of users.
    pub fn new(store: impl SecondFactorStore) -> Self {
        Self {
            store: Arc::new(store),
            require: Require::Optional,
            passkeys: PasskeysAsFactor::Offered,
            issuer: None,
            remember: Some(REMEMBERED),
            recent: RECENT,
        }
    }

    /// Who needs one; by default whoever set one up.
    #[must_use]
    pub fn require(self, require: Require) -> Self {
        Self { require, ..self }
    }

    /// What passkeys mean beside another way to sign in; by default they are offered in place of a code.
    #[must_use]
    pub fn passkeys(self, passkeys: PasskeysAsFactor) -> Self {
        Self { passkeys, ..self }
    }

    /// The name that apps show above the code; by default the host of the site.
    #[must_use]
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        Self {
            issuer: Some(issuer.into()),
            ..self
        }
    }

    /// How long a browser is remembered whose owner wants that, 30 days by default; `None`: no browser is.
    #[must_use]
    pub fn remember(self, remember: Option<Duration>) -> Self {
        Self { remember, ..self }
    }

    /// How long a proof of the second factor counts for what may lock others out, such as another password; ten minutes by
    /// default.
    #[must_use]
    pub fn recent(self, recent: Duration) -> Self {
        Self { recent, ..self }
    }
}

impl fmt::Debug for SecondFactorSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SecondFactorSettings")
            .field("require", &self.require)
            .field("passkeys", &self.passkeys)
            .field("issuer", &self.issuer)
            .field("remember", &self.remember)
            .field("recent", &self.recent)
            .finish_non_exhaustive()
    }
}
