//! Accounts for applications: the steps of the pages, without pages.

use super::steps::{self, Change};
use super::{Accounts, Opener, Refusal, name};
use crate::Auth;
use crate::adapter::{AdapterError, User, UserId};
use crate::context::Context;
use crate::error::Error;
use crate::identifier::Email;
use crate::one_time::Purpose;
use crate::origin::Origin;
use crate::password::{Password, PasswordHash};

/// Why a step did not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// The configuration has no accounts: call `accounts` on the builder.
    #[error("no accounts are configured")]
    NotConfigured,
    /// Links need the public origin, which follows from no request here: call `origin` on the builder.
    #[error("no public origin is configured")]
    NoOrigin,
    /// There is no such user.
    #[error("there is no such user")]
    UnknownUser,
    /// What people are told.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The step is done, but the store failed where it ends sessions in cookies: call `Auth::revoke_sessions` again.
    #[error("the step is done, but other sessions may go on")]
    SessionsGoOn(#[source] AdapterError),
    /// Store, mail or callback failed.
    #[error("the step failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<Error> for AccountError {
    fn from(error: Error) -> Self {
        match error {
            Error::Account(refusal) => Self::Refused(refusal),
            Error::SessionsGoOn(cause) => Self::SessionsGoOn(cause),
            error => Self::Failed(Box::new(error)),
        }
    }
}

/// The steps of accounts. From [`Auth::account`].
///
/// What a route would count is not counted here: the application limits what it offers.
#[derive(Debug, Clone, Copy)]
pub struct AccountApi<'a> {
    ctx: &'a Context,
}

impl Auth {
    /// What people do with their accounts, without the pages.
    pub fn account(&self) -> AccountApi<'_> {
        AccountApi { ctx: &self.context }
    }
}

impl AccountApi<'_> {
    /// Mails a link that proves the address of a user.
    ///
    /// # Errors
    /// [`AccountError`] says what is missing or failed.
    pub async fn send_verification(&self, user: &UserId) -> Result<(), AccountError> {
        let (accounts, origin) = self.parts()?;
        let user = self.user(user).await?;
        steps::send_verification(self.ctx, accounts, origin, &user).await?;
        Ok(())
    }

    /// Takes the token of such a link. At the first proof, sessions, password and accounts that the user had before are
    /// removed, unless `by` is the one who made them (or [`BeforeProof::Keep`](crate::BeforeProof::Keep) is set): then lead to
    /// [`send_password_reset`](Self::send_password_reset). Where you do not know who opens the link, it is
    /// [`Opener::Anybody`].
    ///
    /// # Errors
    /// As [`send_verification`](Self::send_verification).
    pub async fn verify_email(&self, token: &str, by: Opener) -> Result<User, AccountError> {
        let done = steps::verify_email(self.ctx, self.accounts()?, token, by).await?;
        Ok(done.user)
    }

    /// The same where whoever opens the link typed a password: where it is the user's, it is kept, and the rest is removed
    /// all the same. Count the attempts, as it can be a guess.
    ///
    /// # Errors
    /// As [`send_verification`](Self::send_verification).
    pub async fn verify_email_with_password(
        &self,
        token: &str,
        password: &str,
    ) -> Result<User, AccountError> {
        let accounts = self.accounts()?;
        let pending = steps::pending(self.ctx, accounts, Purpose::VerifyEmail, token).await?;
        let link = pending.ok_or(Refusal::InvalidLink)?;
        let by = steps::opener_with_password(self.ctx, &link, password).await?;
        self.verify_email(token, by).await
    }

    /// Mails a link to choose a new password, or that there is no account: which of both is not said.
    ///
    /// # Errors
    /// As [`send_verification`](Self::send_verification).
    pub async fn send_password_reset(&self, email: &str) -> Result<(), AccountError> {
        let (accounts, origin) = self.parts()?;
        let email = Email::parse(email).map_err(|_| Refusal::InvalidAddress)?;
        Ok(steps::send_password_reset(self.ctx, accounts, origin, &email).await?)
    }

    /// Takes the token of such a link, with the new password.
    ///
    /// # Errors
    /// As [`send_verification`](Self::send_verification).
    pub async fn reset_password(&self, token: &str, password: &str) -> Result<User, AccountError> {
        let (accounts, origin) = self.parts()?;
        Ok(steps::reset_password(self.ctx, accounts, origin, token, password).await?)
    }

    /// Sets another password, ends every session of the user, and mails the owner. Compares `old` where the user has a
    /// password; where there is none, the application has to know by other means who asks.
    ///
    /// # Errors
    /// As [`send_verification`](Self::send_verification).
    pub async fn change_password(
        &self,
        user: &UserId,
        old: &str,
        new: &str,
    ) -> Result<(), AccountError> {
        let (accounts, origin) = self.parts()?;
        let user = self.user(user).await?;
        let change = Change {
            expected: self.proven(&user, old).await?,
            typed: new,
            row: None,
            keep: None,
        };
        Ok(steps::change_password(self.ctx, accounts, origin, &user, change).await?)
    }

    /// Mails a link that makes an address the user's.
    ///
    /// # Errors
    /// As [`send_verification`](Self::send_verification).
    pub async fn send_email_change(&self, user: &UserId, email: &str) -> Result<(), AccountError> {
        let (accounts, origin) = self.parts()?;
        let email = Email::parse(email).map_err(|_| Refusal::InvalidAddress)?;
        let user = self.user(user).await?;
        steps::send_email_change(self.ctx, accounts, origin, &user, &email).await?;
        Ok(())
    }

    /// Takes the token of such a link. `by` is who is signed in where it is opened: it works for the user who asked for it alone.
    ///
    /// # Errors
    /// As [`send_verification`](Self::send_verification).
    pub async fn confirm_email_change(
        &self,
        by: &UserId,
        token: &str,
    ) -> Result<User, AccountError> {
        let (accounts, origin) = self.parts()?;
        Ok(steps::confirm_email_change(self.ctx, accounts, origin, by, token).await?)
    }

    /// Sets the name of a user; an empty one removes it. At most 200 characters, none of them a control character.
    ///
    /// # Errors
    /// As [`send_verification`](Self::send_verification).
    pub async fn change_name(&self, user: &UserId, name: &str) -> Result<User, AccountError> {
        let name = name::parse(name)?;
        let changed = steps::change_name(self.ctx, self.accounts()?, user, name).await?;
        changed.ok_or(AccountError::UnknownUser)
    }

    /// Removes a user with all that belongs to it, and mails that it happened.
    ///
    /// # Errors
    /// As [`send_verification`](Self::send_verification).
    pub async fn delete(&self, user: &UserId) -> Result<(), AccountError> {
        let (accounts, origin) = self.parts()?;
        let user = self.user(user).await?;
        Ok(steps::delete(self.ctx, accounts, origin, user).await?)
    }

    /// The hash of the old password, where there is one and this is it.
    async fn proven(&self, user: &User, old: &str) -> Result<Option<PasswordHash>, Error> {
        let passwords = self.ctx.passwords()?;
        let Some(stored) = passwords.store.password(&user.id).await? else {
            return Ok(None);
        };
        let old = Password::parse(old).map_err(|_| Refusal::WrongPassword)?;
        let proven = passwords.check(Some(&user.id), &old, Some(stored)).await?;
        Ok(Some(proven.ok_or(Refusal::WrongPassword)?))
    }

    fn accounts(&self) -> Result<&Accounts, AccountError> {
        let accounts = self.ctx.accounts.as_ref();
        accounts.ok_or(AccountError::NotConfigured)
    }

    fn parts(&self) -> Result<(&Accounts, &Origin), AccountError> {
        let origin = self.ctx.settings.origins.configured.as_ref();
        Ok((self.accounts()?, origin.ok_or(AccountError::NoOrigin)?))
    }

    async fn user(&self, id: &UserId) -> Result<User, AccountError> {
        let found = self.accounts()?.store.user(id).await;
        let found = found.map_err(|error| AccountError::Failed(Box::new(error)))?;
        found.ok_or(AccountError::UnknownUser)
    }
}
