//! What flows do with passwords: check one, judge a new one, hash it.

use std::fmt;
use std::sync::Arc;

use super::breach::{self, BreachService, Unanswered};
use super::rules::words;
use super::{
    Hasher, HasherOptions, Password, PasswordHash, PasswordStore, Rules, Strength, Verdict,
    Weakness,
};
use crate::adapter::UserId;
use crate::environment::Random;
use crate::error::{Causes, Error};

/// Whether hashes are made anew at the sign-in where they were made otherwise than new ones are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Upgrade {
    /// They stay: another application on the same table may not read ours.
    #[default]
    Never,
    /// They are replaced.
    AtSignIn,
}

/// How passwords are kept and what is asked of them.
#[derive(Clone)]
pub struct PasswordSettings {
    pub(crate) store: Arc<dyn PasswordStore>,
    pub(crate) hasher: HasherOptions,
    pub(crate) rules: Rules,
    pub(crate) upgrade: Upgrade,
    pub(crate) breaches: Option<(Arc<dyn BreachService>, Unanswered)>,
}

impl PasswordSettings {
    /// Kept in `store`, which sees the same rows as the adapter: a sign-in compares the password with them once more
    /// where it writes. Hashed with Argon2id, 15 characters at least.
    pub fn new(store: impl PasswordStore) -> Self {
        Self {
            store: Arc::new(store),
            hasher: HasherOptions::default(),
            rules: Rules::default(),
            upgrade: Upgrade::default(),
            breaches: None,
        }
    }

    /// How hashes are made.
    #[must_use]
    pub fn hasher(self, hasher: HasherOptions) -> Self {
        Self { hasher, ..self }
    }

    /// What is asked of new passwords.
    #[must_use]
    pub fn rules(self, rules: Rules) -> Self {
        Self { rules, ..self }
    }

    /// Whether old hashes are made anew.
    #[must_use]
    pub fn upgrade(self, upgrade: Upgrade) -> Self {
        Self { upgrade, ..self }
    }

    /// Asks a service whether a new password is known from a breach.
    #[must_use]
    pub fn breaches(self, service: impl BreachService, unanswered: Unanswered) -> Self {
        Self {
            breaches: Some((Arc::new(service), unanswered)),
            ..self
        }
    }
}

impl fmt::Debug for PasswordSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PasswordSettings")
            .field("hasher", &self.hasher)
            .field("rules", &self.rules)
            .field("upgrade", &self.upgrade)
            .finish_non_exhaustive()
    }
}

/// What flows do with passwords.
pub(crate) struct Passwords {
    pub(crate) store: Arc<dyn PasswordStore>,
    hasher: Hasher,
    settings: PasswordSettings,
}

impl Passwords {
    pub(crate) fn new(settings: PasswordSettings, random: Arc<dyn Random>) -> Self {
        Self {
            store: Arc::clone(&settings.store),
            hasher: Hasher::new(&settings.hasher, random),
            settings,
        }
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.settings.rules
    }

    /// Whether this is the password of a user, by the hash that was read with it; gives the hash that is stored from now
    /// on. Of an unknown user both are `None`, and the same work is done.
    pub(crate) async fn check(
        &self,
        user: Option<&UserId>,
        password: &Password,
        hash: Option<PasswordHash>,
    ) -> Result<Option<PasswordHash>, Error> {
        let verdict = self.hasher.verify(password.clone(), hash.clone()).await?;
        match (verdict, user, hash) {
            (Verdict::Match { rehash }, Some(user), Some(hash)) => {
                if rehash && self.settings.upgrade == Upgrade::AtSignIn {
                    return Ok(self.upgrade(user, password, hash).await);
                }
                Ok(Some(hash))
            }
            (Verdict::Unusable(fault), Some(user), _) => {
                tracing::warn!(user.id = %user, "the stored password of a user cannot be used: {fault}");
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// A password that was just typed is hashed as new ones are. No failure of it may keep the person out.
    async fn upgrade(
        &self,
        user: &UserId,
        password: &Password,
        old: PasswordHash,
    ) -> Option<PasswordHash> {
        let Ok(new) = self.hasher.hash(password.clone()).await else {
            return Some(old);
        };
        match self.store.set_password(user, Some(&old), new.clone()).await {
            Ok(true) => {
                tracing::info!(user.id = %user, "the hash of a password was made anew");
                Some(new)
            }
            Ok(false) => self.changed(user, password).await,
            Err(error) => {
                tracing::error!(
                    "the hash of a password was not made anew: {}",
                    Causes(&error)
                );
                Some(old)
            }
        }
    }

    /// The hash was replaced in between: by another sign-in of the same person that made it anew, or by a new password.
    async fn changed(&self, user: &UserId, password: &Password) -> Option<PasswordHash> {
        let stored = self.store.password(user).await.ok()??;
        let verdict = self.hasher.verify(password.clone(), Some(stored.clone()));
        matches!(verdict.await, Ok(Verdict::Match { .. })).then_some(stored)
    }

    /// The hash of a new password.
    pub(crate) async fn hash(&self, password: &Password) -> Result<PasswordHash, Error> {
        Ok(self.hasher.hash(password.clone()).await?)
    }

    /// Judges a new password; `about` are texts about the person and the site: name, address, host.
    pub(crate) async fn judge(
        &self,
        password: &Password,
        about: &[&str],
    ) -> Result<Result<(), Weakness>, Error> {
        match self.judge_alone(password, about).await? {
            Ok(()) => Ok(self.compare_with_breaches(password).await),
            weakness => Ok(weakness),
        }
    }

    /// The same by our own rules, without asking anybody.
    pub(crate) async fn judge_alone(
        &self,
        password: &Password,
        about: &[&str],
    ) -> Result<Result<(), Weakness>, Error> {
        let (rules, algorithm) = (self.settings.rules.clone(), self.settings.hasher.algorithm);
        let (words, judged) = (words(about), password.clone());
        let verdict = self.hasher.aside(move || {
            let about: Vec<&str> = words.iter().map(String::as_str).collect();
            rules.check_for(algorithm, &judged, &about)
        });
        Ok(verdict.await?)
    }

    /// How hard a password is to guess, for showing it.
    pub(crate) async fn strength(
        &self,
        password: &Password,
        about: &[&str],
    ) -> Result<Strength, Error> {
        let (words, judged) = (words(about), password.clone());
        let strength = self.hasher.aside(move || {
            let about: Vec<&str> = words.iter().map(String::as_str).collect();
            Strength::of(&judged, &about)
        });
        Ok(strength.await?)
    }

    /// Where the service gives no answer the settings decide.
    async fn compare_with_breaches(&self, password: &Password) -> Result<(), Weakness> {
        let Some((service, unanswered)) = &self.settings.breaches else {
            return Ok(());
        };
        match breach::is_known(&**service, password).await {
            Ok(false) => Ok(()),
            Ok(true) => Err(Weakness::Breached),
            Err(error) => {
                tracing::warn!("a new password was not checked against breaches: {error}");
                match unanswered {
                    Unanswered::Take => Ok(()),
                    Unanswered::Refuse => Err(Weakness::Unchecked),
                }
            }
        }
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(formatter)
    }
}
