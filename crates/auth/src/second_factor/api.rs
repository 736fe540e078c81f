//! Second factors for applications.

use jiff::Timestamp;

use super::steps::{self, Place};
use super::{Assurance, DeviceRecord, SecondFactor, proof};
use crate::Auth;
use crate::adapter::{AdapterError, User, UserId};
use crate::authenticated::Session;
use crate::context::Context;
use crate::error::Error;

/// Why it did not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecondFactorError {
    /// The configuration has no second factor: call `second_factor` on the builder.
    #[error("no second factor is configured")]
    NotConfigured,
    /// Mails need the public origin, which follows from no request here: call `origin` on the builder.
    #[error("no public origin is configured")]
    NoOrigin,
    /// There is no such user.
    #[error("there is no such user")]
    UnknownUser,
    /// Store or callback failed.
    #[error("the step failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<Error> for SecondFactorError {
    fn from(error: Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

impl From<AdapterError> for SecondFactorError {
    fn from(error: AdapterError) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// What a user has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactorStatus {
    /// Since when there is an authenticator app.
    pub app_since: Option<Timestamp>,
    /// How many recovery codes are left.
    pub recovery_codes: u64,
}

/// The second factors of users. From [`Auth::second_factor`].
#[derive(Debug, Clone, Copy)]
pub struct SecondFactorApi<'a> {
    ctx: &'a Context,
}

impl Auth {
    /// The second factors of users, without the pages.
    pub fn second_factor(&self) -> SecondFactorApi<'_> {
        SecondFactorApi { ctx: &self.context }
    }

    /// How sure it is who is signed in, and when that was last proven. Costs one query; a session costs none for it.
    ///
    /// Of a session that is not known to the second factor (it began before there was one, or in an application that shares
    /// the cookie), nothing is known: [`Level::One`](super::Level::One), proven at no time.
    ///
    /// # Errors
    /// [`SecondFactorError::NotConfigured`] without second factors, [`SecondFactorError::Failed`] when the store fails: treat
    /// it as one factor, proven long ago.
    pub async fn assurance(&self, session: &Session) -> Result<Assurance, SecondFactorError> {
        let settings = self.second_factor().settings()?;
        let Some(key) = session.key() else {
            return Ok(Assurance::unknown());
        };
        let found = proof::of(&self.context, settings, key, session.user_id()).await?;
        Ok(found.map_or_else(Assurance::unknown, |proof| proof.assurance()))
    }
}

impl<'a> SecondFactorApi<'a> {
    /// What a user has.
    ///
    /// # Errors
    /// [`SecondFactorError`] says what is missing or failed.
    pub async fn status(&self, user: &UserId) -> Result<SecondFactorStatus, SecondFactorError> {
        let factors = self.settings()?.store().factors(user).await?;
        Ok(SecondFactorStatus {
            app_since: factors.totp.map(|app| app.created),
            recovery_codes: factors.recovery_codes,
        })
    }

    /// Removes the second factor of a user who has lost it, and mails that it happened; `false` where there was none. Sessions
    /// go on with one factor. Know by other means that it is the owner who asks.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    pub async fn remove(&self, user: &UserId) -> Result<bool, SecondFactorError> {
        let settings = self.settings()?;
        let accounts = self.ctx.accounts.as_ref();
        let origin = self.ctx.settings.origins.configured.as_ref();
        let place = Place {
            ctx: self.ctx,
            settings,
            accounts: accounts.ok_or(SecondFactorError::NotConfigured)?,
            origin: origin.ok_or(SecondFactorError::NoOrigin)?,
        };
        let user: User = self
            .ctx
            .store()?
            .user(user)
            .await?
            .ok_or(SecondFactorError::UnknownUser)?;
        Ok(steps::remove(place, &user).await?)
    }

    /// The browsers of a user that are not asked for the second factor, the newest first, at most a hundred.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    pub async fn devices(&self, user: &UserId) -> Result<Vec<DeviceRecord>, SecondFactorError> {
        let store = self.settings()?.store();
        Ok(store.devices(user, self.ctx.now()).await?)
    }

    /// Forgets one of them; `false` where there is none of this id.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    pub async fn forget_device(&self, user: &UserId, id: &str) -> Result<bool, SecondFactorError> {
        Ok(self.settings()?.store().forget_device(user, id).await?)
    }

    /// Forgets all of them, and ends sign-ins that wait for their second factor.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    pub async fn forget_devices(&self, user: &UserId) -> Result<(), SecondFactorError> {
        Ok(self.settings()?.store().distrust(user).await?)
    }

    fn settings(&self) -> Result<&'a SecondFactor, SecondFactorError> {
        let settings = self.ctx.second_factor.as_ref();
        settings.ok_or(SecondFactorError::NotConfigured)
    }
}
