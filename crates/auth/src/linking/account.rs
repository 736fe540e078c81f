//! Rows 6.1 and 6.3: somebody has shown an account of theirs, at another service or by a key.
//!
//! SECURITY: nobody is let in for naming an address. An account of somebody unknown joins a user of the same address only
//! where the operator chose so ([`LinkByEmail`]), and an account is added to whoever is signed in only when that session
//! is good now.

use super::again::again;
use super::here::Here;
use super::{Linked, SessionAfter, new_session, proves, removes_earlier, unproven};
use crate::adapter::{
    Account, AccountType, NewUser, Person, SignIn, SignInOutcome, SignedIn, User, UserId,
};
use crate::context::Context;
use crate::directory::manage;
use crate::error::Error;
use crate::events::Event;
use crate::linked;
use crate::passkey::Passkey;
use crate::providers::oauth::LinkByEmail;
use crate::second_factor::Factor;
use crate::second_factor::gate;
use crate::secret::SessionToken;
use crate::session::Strategy;
use crate::visit::Visit;

/// What becomes of an account that somebody has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    /// It is theirs already, and they are signed in: nothing is written but a session that takes the place of an old one.
    Keep,
    /// It is another user's than the one who is signed in.
    OfAnother,
    /// Its user signs in.
    SignIn,
    /// It is added to whoever is signed in.
    LinkHere,
    /// It is added to the user of the same address.
    LinkByEmail,
    /// There is a user of the same address to whom it must not be added.
    EmailTaken,
    /// A user is added.
    Create,
}

/// Whether an account may be added to the user of the same address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Namesake {
    Joins,
    Refuses,
}

/// Decides. `owner` has the account already, `here` is signed in in this browser, and `namesake` says that there is a
/// user of the same address.
pub(crate) fn decide(
    owner: Option<&UserId>,
    here: Option<&UserId>,
    namesake: Option<Namesake>,
) -> Row {
    match (owner, here, namesake) {
        (Some(owner), Some(here), _) if owner == here => Row::Keep,
        (Some(_), Some(_), _) => Row::OfAnother,
        (Some(_), None, _) => Row::SignIn,
        (None, Some(_), _) => Row::LinkHere,
        (None, None, Some(Namesake::Joins)) => Row::LinkByEmail,
        (None, None, Some(Namesake::Refuses)) => Row::EmailTaken,
        (None, None, None) => Row::Create,
    }
}

/// An account that somebody has shown at another service.
#[derive(Debug, Clone)]
pub(crate) struct ShownAccount {
    /// The user that would be stored.
    pub(crate) user: User,
    /// The account as it would be stored; its `user_id` does not count.
    pub(crate) account: Account,
    /// The key of the account, where it is a new passkey.
    pub(crate) passkey: Option<Passkey>,
    pub(crate) link_by_email: LinkByEmail,
    /// Whether the service says that it checked the address.
    pub(crate) email_is_verified: bool,
}

impl ShownAccount {
    /// What it proves. SPEC: contract §5.4: every ceremony of a key verified its user.
    pub(super) fn factor(&self) -> Factor {
        match self.account.kind {
            AccountType::WebAuthn => Factor::Passkey,
            _ => Factor::Service,
        }
    }

    /// SECURITY: CVE-2026-53516, CVE-2026-15611: where an address is to be enough, both sides must have checked it. Where the
    /// operator takes the risk that the service did not, nobody joins a user whom a stranger may have made.
    async fn namesake(&self, ctx: &Context, known: &User) -> Result<Namesake, Error> {
        let (there, here) = (self.email_is_verified, known.email_verified.is_some());
        let joins = match self.link_by_email {
            LinkByEmail::Dangerously => {
                there || here || !unproven::may_be_a_strangers(ctx, known).await?
            }
            LinkByEmail::Verified => there && here,
            LinkByEmail::Never => false,
        };
        Ok(match joins {
            true => Namesake::Joins,
            false => Namesake::Refuses,
        })
    }

    /// The user of the same address. SECURITY: where nobody had proven it, the word of the service does, and what was there
    /// before goes.
    fn joined(&self, ctx: &Context, known: User) -> Person {
        match &self.user.email {
            Some(email) if self.email_is_verified && known.email_verified.is_none() => {
                proves(ctx, known, email)
            }
            _ => self::known(&known),
        }
    }

    /// The user as stored when nobody is known. SPEC: contract §6.1: the address counts as unproven. Where the operator
    /// takes the service's word for addresses, it is proven by it.
    fn newcomer(&self, ctx: &Context) -> NewUser {
        let vouched = self.link_by_email == LinkByEmail::Verified && self.email_is_verified;
        let User {
            id,
            name,
            email,
            image,
            extra,
            ..
        } = self.user.clone();
        NewUser {
            proposed_id: id,
            name,
            email_verified: (vouched && email.is_some()).then(|| ctx.now()),
            email,
            image,
            extra,
        }
    }
}

/// Rows 6.1. `None` when something is not as it was read by now: read again.
pub(crate) async fn by_oauth(
    ctx: &Context,
    visit: &Visit<'_>,
    shown: &ShownAccount,
    owner: Option<User>,
    here: Option<Here>,
) -> Result<Option<Linked>, Error> {
    let namesake = match (&owner, &here, &shown.user.email) {
        (None, None, Some(email)) => ctx.store()?.user_by_email(email).await?,
        _ => None,
    };
    let row = decide(
        owner.as_ref().map(|owner| &owner.id),
        here.as_ref().map(|here| &here.user.id),
        match &namesake {
            Some(known) => Some(shown.namesake(ctx, known).await?),
            None => None,
        },
    );
    match (row, owner, here, namesake) {
        (Row::Keep, _, Some(here), _) => {
            linked::renew(ctx, &here.user.id, &shown.account).await;
            again(ctx, visit, shown, here).await
        }
        (Row::LinkHere, _, Some(here), _) => link_here(ctx, shown, here).await,
        (Row::SignIn, Some(owner), ..) => {
            let signed_in = sign_in(ctx, visit, shown, owner).await?;
            if let Some(signed_in) = &signed_in
                && shown.account.kind != AccountType::WebAuthn
            {
                linked::renew(ctx, &signed_in.user.id, &shown.account).await;
            }
            Ok(signed_in)
        }
        (Row::LinkByEmail, .., Some(known)) => link_by_email(ctx, visit, shown, known).await,
        (Row::Create, ..) => create(ctx, visit, shown).await,
        // The user of the same address may have been made with this very account since its owner was looked for.
        (Row::EmailTaken, ..) if has_owner(ctx, shown).await? => Ok(None),
        _ => Err(Error::NotLinked {
            provider: shown.account.provider.clone(),
        }),
    }
}

/// Whether the account is somebody's by now.
async fn has_owner(ctx: &Context, shown: &ShownAccount) -> Result<bool, Error> {
    let Account {
        provider,
        provider_account_id,
        ..
    } = &shown.account;
    let owner = ctx.store()?.user_by_account(provider, provider_account_id);
    Ok(owner.await?.is_some())
}

/// The session at hand goes on.
pub(super) fn kept(ctx: &Context, here: Here) -> Linked {
    Linked {
        user: here.user,
        session: SessionAfter::Kept(here.session),
        is_new_user: false,
        began: ctx.now(),
    }
}

async fn link_here(
    ctx: &Context,
    shown: &ShownAccount,
    here: Here,
) -> Result<Option<Linked>, Error> {
    let added = add(ctx, shown, &here.user).await?;
    Ok(added.map(|user| kept(ctx, Here { user, ..here })))
}

/// Adds the account to a user; gives the user as it is by now. `None` when something is not as it was read: read again.
pub(crate) async fn add(
    ctx: &Context,
    shown: &ShownAccount,
    user: &User,
) -> Result<Option<User>, Error> {
    let write = SignIn {
        account: Some(sealed(ctx, shown).await?),
        passkey: shown.passkey.clone(),
        ..only(known(user))
    };
    let Some(written) = written(ctx, shown, write).await? else {
        return Ok(None);
    };
    tell_linked(ctx, &written.user, shown).await;
    Ok(Some(written.user))
}

async fn sign_in(
    ctx: &Context,
    visit: &Visit<'_>,
    shown: &ShownAccount,
    owner: User,
) -> Result<Option<Linked>, Error> {
    let gate = gate::ask(ctx, visit, &owner.id, shown.factor()).await?;
    let write = SignIn {
        ends: stale_session(ctx, visit),
        session: new_session(ctx, &gate),
        ..only(known(&owner))
    };
    let began = ctx.now();
    Ok(match ctx.store()?.sign_in(write).await? {
        SignInOutcome::Done(signed_in) => Some(Linked {
            user: signed_in.user,
            session: SessionAfter::new(gate, signed_in.session),
            is_new_user: false,
            began,
        }),
        _ => None,
    })
}

async fn link_by_email(
    ctx: &Context,
    visit: &Visit<'_>,
    shown: &ShownAccount,
    namesake: User,
) -> Result<Option<Linked>, Error> {
    let id = namesake.id.clone();
    let person = shown.joined(ctx, namesake);
    let removes = removes_earlier(&person);
    let (gate, earlier_tokens) = if removes {
        // What goes by this proof need not be proven any more.
        let tokens = manage::known_tokens(ctx, &id).await?;
        (gate::ask_for_newcomer(ctx, shown.factor()), tokens)
    } else {
        let gate = gate::ask(ctx, visit, &id, shown.factor()).await?;
        (gate, Vec::new())
    };
    let write = SignIn {
        account: Some(sealed(ctx, shown).await?),
        passkey: shown.passkey.clone(),
        ends: stale_session(ctx, visit),
        session: new_session(ctx, &gate),
        ..only(person)
    };
    let began = ctx.now();
    let Some(written) = written(ctx, shown, write).await? else {
        return Ok(None);
    };
    if removes {
        tracing::info!(user.id = %id, "the address is proven for the first time: what was there before is removed");
        let ended = manage::end_known_tokens(ctx, &id, &earlier_tokens).await;
        ended.map_err(Error::SessionsGoOn)?;
    }
    let linked = Linked {
        user: written.user,
        session: SessionAfter::new(gate, written.session),
        is_new_user: false,
        // Not earlier: the tokens of the time before the proof have just ended.
        began: if removes { ctx.now() } else { began },
    };
    tracing::info!(
        user.id = %linked.user.id, provider = shown.account.provider,
        "an account was linked to the user of the same address"
    );
    // SPEC: contract §6.1: Auth.js says so too, though no user is new.
    if shown.link_by_email == LinkByEmail::Dangerously {
        let user = linked.user.clone();
        ctx.tell(|| Event::CreateUser { user }).await;
    }
    tell_linked(ctx, &linked.user, shown).await;
    Ok(Some(linked))
}

async fn create(
    ctx: &Context,
    visit: &Visit<'_>,
    shown: &ShownAccount,
) -> Result<Option<Linked>, Error> {
    let gate = gate::ask_for_newcomer(ctx, shown.factor());
    let write = SignIn {
        account: Some(sealed(ctx, shown).await?),
        passkey: shown.passkey.clone(),
        ends: stale_session(ctx, visit),
        session: new_session(ctx, &gate),
        ..only(Person::New(shown.newcomer(ctx)))
    };
    let began = ctx.now();
    let Some(written) = written(ctx, shown, write).await? else {
        return Ok(None);
    };
    let user = written.user.clone();
    ctx.tell(|| Event::CreateUser { user }).await;
    tell_linked(ctx, &written.user, shown).await;
    Ok(Some(Linked {
        user: written.user,
        session: SessionAfter::new(gate, written.session),
        is_new_user: true,
        began,
    }))
}

/// The account as the store keeps it.
async fn sealed(ctx: &Context, shown: &ShownAccount) -> Result<Account, Error> {
    let mut account = shown.account.clone();
    linked::seal(ctx, &mut account).await?;
    Ok(account)
}

/// Writes a sign-in with an account. `None` when somebody was faster.
async fn written(
    ctx: &Context,
    shown: &ShownAccount,
    write: SignIn,
) -> Result<Option<SignedIn>, Error> {
    let store = ctx.store()?;
    match store.sign_in(write).await? {
        SignInOutcome::Done(signed_in) => Ok(Some(*signed_in)),
        SignInOutcome::UserChanged | SignInOutcome::LinkGone => Ok(None),
        // The same account is on its way in by another request: its owner is found at the next try.
        SignInOutcome::AccountExists(cause) => {
            if has_owner(ctx, shown).await? {
                Ok(None)
            } else {
                Err(cause.into())
            }
        }
        // Somebody of the same address was faster; else the key of another user is in the way.
        SignInOutcome::UserExists(cause) => {
            let known = match &shown.user.email {
                Some(email) => store.user_by_email(email).await?,
                None => None,
            };
            known.map_or(Err(cause.into()), |_| Ok(None))
        }
    }
}

async fn tell_linked(ctx: &Context, user: &User, shown: &ShownAccount) {
    ctx.tell(|| Event::LinkAccount {
        user: user.clone(),
        account: Account {
            user_id: user.id.clone(),
            ..shown.account.clone()
        },
        profile: shown.user.clone(),
    })
    .await;
}

/// A person with nothing else.
pub(super) fn only(person: Person) -> SignIn {
    SignIn {
        link: None,
        person,
        account: None,
        passkey: None,
        ends: None,
        session: None,
    }
}

pub(super) fn known(user: &User) -> Person {
    Person::Known {
        id: user.id.clone(),
        was_proven: user.email_verified.is_some(),
        password: None,
    }
}

/// The session that the cookie names, where nobody is signed in by it.
fn stale_session(ctx: &Context, visit: &Visit<'_>) -> Option<SessionToken> {
    if ctx.settings.session.strategy == Strategy::Jwt {
        return None;
    }
    let cookie = visit.session_cookie(Strategy::Database);
    cookie.value().map(SessionToken::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contract §6.1 and, without the rows of addresses that join, §6.3.
    #[test]
    fn the_table_is_the_contracts() {
        let (ada, bob) = (UserId("ada".to_owned()), UserId("bob".to_owned()));
        let (ada, bob) = (Some(&ada), Some(&bob));
        use Namesake::{Joins, Refuses};
        for (owner, here, namesake, row) in [
            (ada, ada, None, Row::Keep),
            (ada, ada, Some(Joins), Row::Keep),
            (ada, bob, None, Row::OfAnother),
            (ada, bob, Some(Joins), Row::OfAnother),
            (ada, None, None, Row::SignIn),
            (ada, None, Some(Refuses), Row::SignIn),
            (None, ada, None, Row::LinkHere),
            (None, ada, Some(Refuses), Row::LinkHere),
            (None, ada, Some(Joins), Row::LinkHere),
            (None, None, Some(Joins), Row::LinkByEmail),
            (None, None, Some(Refuses), Row::EmailTaken),
            (None, None, None, Row::Create),
        ] {
            assert_eq!(decide(owner, here, namesake), row);
        }
    }
}
