//! Passkeys for applications.

use serde_json::Value;

use super::ceremony::{self, Expected};
use super::response::RegistrationAnswer;
use super::{
    CeremonyError, Challenge, CredentialId, MAX_KEYS, Passkey, Passkeys, Registrant, register,
    remembered_until, steps,
};
use crate::Auth;
use crate::adapter::{AdapterError, Unlinked, User, UserId};
use crate::context::Context;
use crate::error::Error;
use crate::linking::ATTEMPTS;
use crate::linking::account::{ShownAccount, add};
use crate::origin::Origin;
use crate::providers::PasskeyProvider;
use crate::secret::Secret;

/// Why it did not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PasskeyError {
    /// The configuration has no passkeys: call `passkeys` on the builder, and add a provider of them.
    #[error("no passkeys are configured")]
    NotConfigured,
    /// A ceremony belongs to one page, and mails need an address: call `origin` on the builder.
    #[error("no public origin is configured")]
    NoOrigin,
    /// There is no such user.
    #[error("there is no such user")]
    UnknownUser,
    /// The user has no address, which authenticators show beside the key.
    #[error("the user has no address")]
    NoAddress,
    /// A name has 1 to 60 characters on one line.
    #[error("a passkey cannot have this name")]
    InvalidName,
    /// The user has as many as can be kept ([`MAX_KEYS`]).
    #[error("the user has as many passkeys as can be kept")]
    TooMany,
    /// Somebody has this key already: whoever registers chooses its id, so a known one proves nothing.
    #[error("the passkey is registered already")]
    Known,
    /// The registration began too long ago, has ended already, or is another user's: begin another.
    #[error("the registration is over, or another one")]
    Over,
    /// The answer of the browser is not believed.
    #[error("the answer of the authenticator is refused")]
    Refused(#[source] CeremonyError),
    /// Store, mail or callback failed.
    #[error("the step failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<Error> for PasskeyError {
    fn from(error: Error) -> Self {
        match error {
            Error::NoPasskeys => Self::NotConfigured,
            Error::PasskeyNeedsAddress => Self::NoAddress,
            Error::Passkey(refusal) => Self::Refused(refusal),
            error => Self::Failed(Box::new(error)),
        }
    }
}

impl From<AdapterError> for PasskeyError {
    fn from(error: AdapterError) -> Self {
        Self::Failed(Box::new(error))
    }
}

impl From<CeremonyError> for PasskeyError {
    fn from(error: CeremonyError) -> Self {
        Self::Refused(error)
    }
}

/// A registration that has begun.
#[derive(Debug, Clone)]
pub struct PasskeyRegistration {
    /// For the page: `PublicKeyCredential.parseCreationOptionsFromJSON`, but that `user.id` is text as it stands (UTF-8), as in
    /// the answers of `webauthn-options`.
    pub options: Value,
    /// For [`finish_registration`](PasskeyApi::finish_registration): sealed, for this user alone, for a quarter of an hour. Keep it
    /// in a cookie of the browser or in the session; it serves once.
    pub state: Secret,
}

/// The passkeys of users. From [`Auth::passkeys`].
///
/// What a route would count or ask for is neither counted nor asked here: know that it is the person who asks, and that the
/// person showed lately who it is, before a passkey is added or removed.
///
/// ```no_run
/// use hallpass_auth::Auth;
/// use hallpass_auth::adapter::{Unlinked, UserId};
/// use hallpass_auth::passkey::{PasskeyError, PasskeyRegistration};
/// use hallpass_auth::secret::Secret;
///
/// async fn begin(auth: &Auth, user: &UserId) -> Result<PasskeyRegistration, PasskeyError> {
///     // `options` goes to `navigator.credentials.create`; keep `state` in a cookie (`HttpOnly`) or beside the session.
///     auth.passkeys().begin_registration(user).await
/// }
///
/// async fn finish(auth: &Auth, user: &UserId, state: &Secret, answer: &str) -> Result<(), PasskeyError> {
///     // `answer` is what the browser made of it, as JSON. It is judged like the answers to our own pages.
///     let added = auth.passkeys().finish_registration(user, state, answer).await?;
///     auth.passkeys().rename(user, &added.authenticator.credential_id, "Phone").await?;
///     Ok(())
/// }
///
/// async fn forget(auth: &Auth, user: &UserId) -> Result<bool, PasskeyError> {
///     let mut removed = false;
///     for passkey in auth.passkeys().list(user).await? {
///         let gone = auth.passkeys().remove(user, &passkey.authenticator.credential_id).await?;
///         // The last way in stays.
///         removed |= matches!(gone, Unlinked::Done(_));
///     }
///     Ok(removed)
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct PasskeyApi<'a> {
    ctx: &'a Context,
}

impl Auth {
    /// The passkeys of users, without the pages.
    pub fn passkeys(&self) -> PasskeyApi<'_> {
        PasskeyApi { ctx: &self.context }
    }
}

impl<'a> PasskeyApi<'a> {
    /// The passkeys of a user, at most [`MAX_KEYS`], in a fixed order.
    ///
    /// # Errors
    /// [`PasskeyError`] says what is missing or failed.
    pub async fn list(&self, user: &UserId) -> Result<Vec<Passkey>, PasskeyError> {
        Ok(self.passkeys()?.store.passkeys_of(user).await?)
    }

    /// Gives a passkey of a user a name of 1 to 60 characters; `false` where the user has no such passkey.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn rename(
        &self,
        user: &UserId,
        id: &CredentialId,
        name: &str,
    ) -> Result<bool, PasskeyError> {
        let name = steps::name_of(name).ok_or(PasskeyError::InvalidName)?;
        let store = &self.passkeys()?.store;
        Ok(store.rename_passkey(user, id, name).await?)
    }

    /// Removes a passkey of a user, unless it is the last way in; mails that it happened, where an origin is configured. What
    /// passkeys proved in sessions of the user goes with it.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn remove(&self, user: &UserId, id: &CredentialId) -> Result<Unlinked, PasskeyError> {
        let user = self.user(user).await?;
        let keys = self.passkeys()?.store.passkeys_of(&user.id).await?;
        let is_it = |key: &&Passkey| key.authenticator.credential_id == *id;
        let Some(passkey) = keys.iter().find(is_it) else {
            return Ok(Unlinked::Unknown);
        };
        let origin = self.ctx.settings.origins.configured.as_ref();
        Ok(steps::remove(self.ctx, origin, &user, passkey).await?)
    }

    /// Begins the registration of a passkey for a user, on a page of the application's own at the configured origin.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn begin_registration(
        &self,
        user: &UserId,
    ) -> Result<PasskeyRegistration, PasskeyError> {
        let (ctx, passkeys) = (self.ctx, self.passkeys()?);
        let (provider, origin) = self.place()?;
        let user = self.user(user).await?;
        let registrant = Registrant::of(&user, &passkeys.secrets)?;
        let keys = self.keys_with_room(&user.id).await?;
        let challenge = Challenge::new(Some(registrant.clone()), &*ctx.random);
        let options = register::options(provider, origin, &challenge, &registrant, &keys);
        let state = passkeys
            .secrets
            .seal_state(&challenge, ctx.now(), &*ctx.random);
        Ok(PasskeyRegistration {
            options: Value::Object(options),
            state: Secret::new(state),
        })
    }

    /// Ends it: `answer` is what the page got of `navigator.credentials.create` (`toJSON`), as text. The key is the user's from
    /// then on, and the owner hears of it by mail.
    ///
    /// # Errors
    /// As [`list`](Self::list). The registration is over in any case.
    pub async fn finish_registration(
        &self,
        user: &UserId,
        state: &Secret,
        answer: &str,
    ) -> Result<Passkey, PasskeyError> {
        let (ctx, passkeys) = (self.ctx, self.passkeys()?);
        let (provider, origin) = self.place()?;
        let (challenge, registrant) = self.served(user, state).await?;
        let answer = RegistrationAnswer::parse(answer)?;
        let expected = Expected {
            challenge: &challenge.text,
            origin: origin.as_str(),
            relying_party: provider.relying_party_at(origin),
        };
        let registered = ceremony::register(&answer, expected)?;
        let passkey = register::made(registered, &registrant, ctx.now());
        let user = self.add(provider, user, &passkey).await?;
        steps::added(ctx, origin, &user).await;
        let id = &passkey.authenticator.credential_id;
        let kept = passkeys.store.passkey(id).await?;
        kept.ok_or(PasskeyError::UnknownUser)
    }

    /// The challenge of a registration that this user began, which has served now.
    ///
    /// SECURITY: spent in the store before anything is judged, as in the routes.
    async fn served(
        &self,
        user: &UserId,
        state: &Secret,
    ) -> Result<(Challenge, Registrant), PasskeyError> {
        let (passkeys, now) = (self.passkeys()?, self.ctx.now());
        let challenge = passkeys.secrets.open_state(state.expose(), now);
        let challenge = challenge.ok_or(PasskeyError::Over)?;
        let registrant = challenge.registrant.clone();
        let registrant = registrant.filter(|registrant| registrant.id.as_ref() == Some(user));
        let registrant = registrant.ok_or(PasskeyError::Over)?;
        let hash = challenge.hash();
        let spent = passkeys.store.spend_challenge(&hash, remembered_until(now));
        match spent.await? {
            true => Ok((challenge, registrant)),
            false => Err(PasskeyError::Over),
        }
    }

    async fn add(
        &self,
        provider: &PasskeyProvider,
        user: &UserId,
        passkey: &Passkey,
    ) -> Result<User, PasskeyError> {
        let account_id = &passkey.authenticator.provider_account_id;
        for _ in 0..ATTEMPTS {
            let user = self.user(user).await?;
            // SECURITY: WebAuthn Level 3 section 7.1, step 26, under whichever provider it was registered.
            for provider in self.ctx.passkey_providers() {
                let owner = self.ctx.store()?.user_by_account(provider.id(), account_id);
                if owner.await?.is_some() {
                    return Err(PasskeyError::Known);
                }
            }
            let _room = self.keys_with_room(&user.id).await?;
            let key = Some(passkey.clone());
            let shown = ShownAccount::by_key(provider.id(), user.clone(), account_id, key);
            if let Some(user) = add(self.ctx, &shown, &user).await? {
                return Ok(user);
            }
        }
        Err(Error::UserChanges.into())
    }

    /// The keys of a user who may have one more.
    async fn keys_with_room(&self, user: &UserId) -> Result<Vec<Passkey>, PasskeyError> {
        let keys = self.passkeys()?.store.passkeys_of(user).await?;
        match keys.len() {
            count if count < MAX_KEYS => Ok(keys),
            _ => Err(PasskeyError::TooMany),
        }
    }

    fn passkeys(&self) -> Result<&'a Passkeys, PasskeyError> {
        let passkeys = self.ctx.passkeys.as_ref();
        passkeys.ok_or(PasskeyError::NotConfigured)
    }

    /// The provider of new keys, and where pages are.
    fn place(&self) -> Result<(&'a PasskeyProvider, &'a Origin), PasskeyError> {
        let provider = self.ctx.passkey_providers().next();
        let origin = self.ctx.settings.origins.configured.as_ref();
        Ok((
            provider.ok_or(PasskeyError::NotConfigured)?,
            origin.ok_or(PasskeyError::NoOrigin)?,
        ))
    }

    async fn user(&self, id: &UserId) -> Result<User, PasskeyError> {
        let found = self.ctx.store()?.user(id).await?;
        found.ok_or(PasskeyError::UnknownUser)
    }
}
