//! `POST callback/{id}`: what came of a ceremony.
//!
//! SECURITY: a challenge serves one ceremony, good or bad ([`Passkeys::served`]).

use serde_json::Map;

use super::manage::page_url;
use crate::adapter::{Account, User, UserId};
use crate::callbacks::{SignInAttempt, SignInStep};
use crate::context::Context;
use crate::error::Error;
use crate::flows::sign_in::{Admission, admit, begin_session};
use crate::flows::ways_in::{self, Told};
use crate::limit::LimitedAction;
use crate::linking::account::ShownAccount;
use crate::linking::here::here;
use crate::linking::{ATTEMPTS, Linked, by_passkey};
use crate::passkey::ceremony::{self, Expected};
use crate::passkey::response::{AssertionAnswer, RegistrationAnswer, names_a_key};
use crate::passkey::{
    CeremonyError, Challenge, MAX_KEYS, Passkey, Passkeys, Registrant, register, steps,
};
use crate::providers::PasskeyProvider;
use crate::response::Reply;
use crate::visit::Visit;

/// What all steps of one request need.
struct Step<'a> {
    ctx: &'a Context,
    visit: &'a Visit<'a>,
    provider: &'a PasskeyProvider,
    passkeys: &'a Passkeys,
}

/// A key that was shown, and whose it will be.
struct Shown {
    account: ShownAccount,
    /// The user whose session the ceremony began in.
    begun_by: Option<UserId>,
}

/// `POST callback/{id}`.
pub(crate) async fn finish(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &PasskeyProvider,
) -> Result<Reply, Error> {
    // Good ones count as well: there is nothing to guess, only work to be asked for.
    let _charge = ctx
        .limits
        .charge(LimitedAction::Passkey, visit, None)
        .await?;
    let step = Step {
        ctx,
        visit,
        provider,
        passkeys: ctx.passkeys()?,
    };
    let body = &visit.intake.body;
    let data = body.text("data").filter(|data| names_a_key(data));
    let data = data.ok_or(Error::PasskeyForm)?;
    let shown = match body.text("action") {
        Some("authenticate") => step.authenticate(data).await?,
        Some("register") => step.register(data).await?,
        _ => return Err(Error::PasskeyForm),
    };
    let signed_in = step.sign_in(&shown).await;
    ways_in::or_ask(
        ctx,
        visit,
        signed_in,
        Told::to(visit),
        &page_url(ctx, visit),
    )
}

impl Step<'_> {
    async fn authenticate(&self, data: &str) -> Result<Shown, Error> {
        let answer = AssertionAnswer::parse(data)?;
        let store = &self.passkeys.store;
        let (challenge, _) = self.challenge().await?;
        if challenge.registrant.is_some() {
            return Err(Error::PasskeyChallenge);
        }
        // SECURITY: answered as a wrong signature. Else whoever was given a list of keys for an address could ask which of
        // them are real (`PasskeySecrets::pretended`).
        let known = store.passkey(&answer.id).await?;
        let known = known.ok_or(CeremonyError::UnknownKey)?;
        let expected = self.expected(&challenge);
        let used = self.passkeys.use_key(self.ctx, &known, &answer, expected);
        used.await?;
        let key = &known.authenticator;
        let user = self.owner(&key.provider_account_id).await?;
        // SECURITY: rodauth 2.46: the key and its account are one person's.
        let user = user.filter(|user| user.id == key.user_id);
        let user = user.ok_or(Error::PasskeyUnknown)?;
        Ok(Shown {
            account: self.shown(user, &key.provider_account_id, None),
            begun_by: None,
        })
    }

    async fn register(&self, data: &str) -> Result<Shown, Error> {
        let answer = RegistrationAnswer::parse(data)?;
        let (challenge, begun_by) = self.challenge().await?;
        let Some(registrant) = &challenge.registrant else {
            return Err(Error::PasskeyChallenge);
        };
        let registered = ceremony::register(&answer, self.expected(&challenge))?;
        let passkey = register::made(registered, registrant, self.ctx.now());
        let account_id = passkey.authenticator.provider_account_id.clone();
        let user = newcomer(self.ctx, registrant);
        Ok(Shown {
            account: self.shown(user, &account_id, Some(passkey)),
            begun_by,
        })
    }

    /// The challenge in the cookie, which has served now, and the user whose session it was made in.
    async fn challenge(&self) -> Result<(Challenge, Option<UserId>), Error> {
        let provider = self.provider.id();
        self.passkeys.served(self.ctx, self.visit, provider).await
    }

    fn expected<'e>(&'e self, challenge: &'e Challenge) -> Expected<'e> {
        Expected {
            challenge: &challenge.text,
            origin: self.visit.origin.as_str(),
            relying_party: self.provider.relying_party_at(self.visit.origin),
        }
    }

    fn shown(&self, user: User, account_id: &str, passkey: Option<Passkey>) -> ShownAccount {
        ShownAccount::by_key(self.provider.id(), user, account_id, passkey)
    }

    async fn owner(&self, account_id: &str) -> Result<Option<User>, Error> {
        let store = self.ctx.store()?;
        Ok(store
            .user_by_account(self.provider.id(), account_id)
            .await?)
    }

    async fn sign_in(&self, shown: &Shown) -> Result<Reply, Error> {
        let ShownAccount { user, account, .. } = &shown.account;
        let attempt = SignInAttempt {
            user: user.clone(),
            account: account.clone(),
            profile: None,
            credentials: None,
            step: SignInStep::Proven,
        };
        // Auth.js ignores where the application sends somebody here, and lets them in.
        if let Admission::Elsewhere(reply) = admit(self.ctx, self.visit, &attempt).await? {
            return Ok(reply);
        }
        let linked = self.link(shown).await?;
        // Whoever is new has no other way in that this could concern.
        if shown.account.passkey.is_some() && !linked.is_new_user {
            steps::added(self.ctx, self.visit.origin, &linked.user).await;
        }
        let account = Account {
            user_id: linked.user.id.clone(),
            ..account.clone()
        };
        let reply = begin_session(self.ctx, self.visit, linked, account).await?;
        Ok(reply.after_cookies(vec![self.visit.cookies.challenge.delete()]))
    }

    async fn link(&self, shown: &Shown) -> Result<Linked, Error> {
        for _ in 0..ATTEMPTS {
            let owner = self
                .owner(&shown.account.account.provider_account_id)
                .await?;
            let here = here(self.ctx, self.visit).await?;
            let here_id = here.as_ref().map(|here| &here.user.id);
            match (&shown.account.passkey, &owner) {
                // SECURITY: WebAuthn Level 3 section 7.1, step 26. Whoever registers chooses id and key: a known id is no
                // proof to be its owner.
                (Some(_), Some(_)) => return Err(Error::PasskeyNotLinked),
                (Some(_), None) => {
                    self.check_registrant(shown, here_id).await?;
                    if let Some(here) = &here {
                        let key = here.key();
                        ways_in::check_adding_passkey(self.ctx, &here.user.id, key.as_ref())
                            .await?;
                    }
                }
                // SECURITY: the account went after the key was judged: there is nobody to sign in, and nobody to make.
                (None, owner)
                    if owner.as_ref().map(|owner| &owner.id) != Some(&shown.account.user.id) =>
                {
                    return Err(Error::PasskeyUnknown);
                }
                (None, _) => {}
            }
            if let Some(linked) =
                by_passkey(self.ctx, self.visit, &shown.account, owner, here).await?
            {
                return Ok(linked);
            }
        }
        Err(Error::UserChanges)
    }

    /// SECURITY: a key goes to the user for whom it was made: to nobody who signed in meanwhile, and to no user where it was made
    /// for somebody new.
    async fn check_registrant(&self, shown: &Shown, here: Option<&UserId>) -> Result<(), Error> {
        match shown.begun_by.as_ref() == here {
            true => self.check_room(here).await,
            false => Err(Error::PasskeyNotLinked),
        }
    }

    /// Who registers is admitted, and has room for another key.
    async fn check_room(&self, here: Option<&UserId>) -> Result<(), Error> {
        match here {
            None if self.provider.admits_newcomers() => Ok(()),
            None => Err(Error::PasskeyNotLinked),
            Some(user) => match self.passkeys.store.passkeys_of(user).await?.len() {
                count if count < MAX_KEYS => Ok(()),
                _ => Err(Error::PasskeyForm),
            },
        }
    }
}

/// What would be stored of somebody unknown. The address is theirs by their word alone.
fn newcomer(ctx: &Context, registrant: &Registrant) -> User {
    let proposed = || UserId(ctx.random.uuid());
    User {
        id: registrant.id.clone().unwrap_or_else(proposed),
        name: registrant.name.clone(),
        email: Some(registrant.email.clone()),
        email_verified: None,
        image: None,
        extra: Map::new(),
    }
}
