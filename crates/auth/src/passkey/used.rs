//! What every use of a key takes: a challenge that serves once, and a counter that grows.

use super::ceremony::{self, Expected};
use super::response::AssertionAnswer;
use super::{CeremonyError, Challenge, Passkey, Passkeys, remembered_until};
use crate::adapter::UserId;
use crate::context::Context;
use crate::cookies::Cookie;
use crate::cookies::sealed::{CHECK_LIFETIME, SealedFor, Unsealed};
use crate::error::Error;
use crate::jwe::Lifetime;
use crate::visit::Visit;

impl Passkeys {
    /// The cookie of a ceremony that begins.
    pub(crate) fn remember(
        &self,
        ctx: &Context,
        visit: &Visit<'_>,
        challenge: &Challenge,
        sealed_for: SealedFor<'_>,
    ) -> Cookie {
        let now = ctx.now();
        let max_age = CHECK_LIFETIME;
        let sealed = self.secrets.seal(challenge, now, &*ctx.random);
        let cookie = &visit.cookies.challenge;
        cookie.seal_for(&sealed, sealed_for, Lifetime { now, max_age }, &*ctx.random)
    }

    /// The challenge in the cookie, which has served now, and the user for whom it was made, where it was for one.
    ///
    /// SECURITY: spent in the store before anything is judged, since synced keys do not count and the cookie alone can be
    /// sent twice.
    pub(crate) async fn served(
        &self,
        ctx: &Context,
        visit: &Visit<'_>,
        provider: &str,
    ) -> Result<(Challenge, Option<UserId>), Error> {
        let now = ctx.now();
        let cookie = &visit.cookies.challenge;
        let Ok(Unsealed { value, user }) = cookie.open(&visit.intake.jar, provider, now) else {
            return Err(Error::PasskeyChallenge);
        };
        let challenge = self.secrets.open(&value, now);
        let challenge = challenge.ok_or(Error::PasskeyChallenge)?;
        let hash = challenge.hash();
        let spent = self.store.spend_challenge(&hash, remembered_until(now));
        match spent.await? {
            true => Ok((challenge, user.map(UserId))),
            false => Err(Error::PasskeyChallenge),
        }
    }

    /// Judges a use of a key that is known, and takes it down.
    pub(crate) async fn use_key(
        &self,
        ctx: &Context,
        known: &Passkey,
        answer: &AssertionAnswer,
        expected: Expected<'_>,
    ) -> Result<(), Error> {
        let key = &known.authenticator;
        let user_handle = known.notes.user_handle.as_deref();
        let used = ceremony::authenticate(answer, expected, key, user_handle);
        let used = used.inspect_err(|error| warn_of_copy(known, *error))?;
        // SECURITY: of two uses with one value of the counter one is a copy's.
        let counted = self
            .store
            .count_use(&answer.id, key.counter, used.counter, ctx.now());
        if !counted.await? {
            warn_of_copy(known, CeremonyError::Counter);
            return Err(CeremonyError::Counter.into());
        }
        Ok(())
    }
}

fn warn_of_copy(passkey: &Passkey, error: CeremonyError) {
    if error == CeremonyError::Counter {
        let user = &passkey.authenticator.user_id;
        tracing::warn!(user.id = %user, "a passkey was refused: its counter did not grow, so there may be a copy of it");
    }
}
