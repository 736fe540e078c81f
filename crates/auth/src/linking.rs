//! Which user a proven identity belongs to: the table of contract authjs §6.
//!
//! A row reads what it must, decides, and writes once with [`Adapter::sign_in`]. Listeners are told after that.
//!
//! To add a kind of account: its rows as a function beside [`by_email`], or by the rows of [`account`].
//!
//! [`Adapter::sign_in`]: crate::adapter::Adapter::sign_in

pub(crate) mod account;
mod again;
mod beside;
pub(crate) mod here;
mod passkey;
mod unproven;

pub(crate) use passkey::by_passkey;

use jiff::Timestamp;

use crate::adapter::{
    Earlier, LinkKey, NewSession, NewUser, Person, SessionRecord, SignIn, SignInOutcome, SignedIn,
    User, UserId, is_address,
};
use crate::context::Context;
use crate::directory::manage;
use crate::error::Error;
use crate::events::Event;
use crate::limit::Charge;
use crate::linking::here::HereBy;
use crate::password::PasswordHash;
use crate::second_factor::Factor;
use crate::second_factor::gate::{self, Gate, Held, Opened};
use crate::secret::SessionToken;
use crate::session::{self, Decision, Strategy};
use crate::visit::Visit;

/// How often a sign-in reads again because the user changed between reading and writing.
pub(crate) const ATTEMPTS: usize = 5;

/// Whom a link was sent to.
#[derive(Debug)]
pub(crate) struct Addressee {
    /// The stored user, or what would be stored.
    pub(crate) user: User,
    pub(crate) is_new: bool,
}

/// The user who signs in.
#[derive(Debug)]
pub(crate) struct Linked {
    pub(crate) user: User,
    pub(crate) session: SessionAfter,
    pub(crate) is_new_user: bool,
    /// Since when the session counts as begun, where it is kept in a cookie: whoever ends all sessions later ends it too.
    pub(crate) began: Timestamp,
}

/// The session that the person has after the sign-in.
#[derive(Debug)]
pub(crate) enum SessionAfter {
    /// A new one in the store, and whether what is known of it is written already.
    Row(SessionRecord, Opened, Known),
    /// A new one in a cookie.
    Token(Opened),
    /// None: the second factor is to be proven first.
    Held(Held),
    /// The one that this browser had before.
    ///
    /// SECURITY: it does not begin anew. Whoever adds an account to a session that was stolen has not proven to be its
    /// user.
    Kept(HereBy),
}

/// Whether what is known of a session was written with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    Written,
    /// To be written after it.
    Left,
}

impl SessionAfter {
    /// What the gate said, with the session that was written.
    pub(crate) fn new(gate: Gate, session: Option<SessionRecord>) -> Self {
        Self::known(gate, session, Known::Left)
    }

    fn known(gate: Gate, session: Option<SessionRecord>, known: Known) -> Self {
        match (gate, session) {
            (Gate::Held(held), _) => Self::Held(held),
            (Gate::Open(opened), Some(session)) => Self::Row(session, opened, known),
            (Gate::Open(opened), None) => Self::Token(opened),
        }
    }
}

/// What a sign-in by credentials rests on.
#[derive(Debug)]
pub(crate) struct Proof {
    /// The hash that a password was compared with.
    pub(crate) password: Option<PasswordHash>,
    /// A moment before it was read.
    pub(crate) began: Timestamp,
    /// What the limits are to get back for it. Taken by whoever writes that.
    pub(crate) charge: Option<Charge>,
}

/// Rows 6.2: somebody has proven to receive mail for the address. `None` when the user is not as given by now.
pub(crate) async fn by_email(
    ctx: &Context,
    visit: &Visit<'_>,
    addressee: Addressee,
    link: &LinkKey,
) -> Result<Option<Linked>, Error> {
    let Addressee { user, is_new } = addressee;
    let (ends, person) = if is_new {
        // Whoever is signed in here is not linked, and stays signed in elsewhere.
        (None, Person::New(newcomer(ctx, user)))
    } else {
        let ends = session_of_another(ctx, visit, &user.id).await?;
        (ends, proves(ctx, user, &link.identifier))
    };
    let removes = removes_earlier(&person);
    // What is known of them is removed with the rest.
    let earlier_tokens = match &person {
        Person::Proves { id, .. } if removes => manage::known_tokens(ctx, id).await?,
        _ => Vec::new(),
    };
    let gate = match &person {
        // What goes by this proof need not be proven any more.
        Person::Proves { id, .. } if !removes => gate::ask(ctx, visit, id, Factor::Mail).await?,
        _ => gate::ask_for_newcomer(ctx, Factor::Mail),
    };
    let sign_in = SignIn {
        link: Some(link.clone()),
        person,
        account: None,
        passkey: None,
        ends,
        session: new_session(ctx, &gate),
    };
    let SignedIn { user, session } = match ctx.store()?.sign_in(sign_in).await? {
        SignInOutcome::Done(signed_in) => *signed_in,
        SignInOutcome::LinkGone => return Err(Error::LinkUnknown),
        SignInOutcome::UserExists(cause) => {
            // Another link to the same address was faster; else the key of another user is in the way.
            let known = ctx.store()?.user_by_email(&link.identifier).await?;
            return known.map_or(Err(cause.into()), |_| Ok(None));
        }
        SignInOutcome::UserChanged => return Ok(None),
        SignInOutcome::AccountExists(cause) => return Err(cause.into()),
    };
    if removes {
        tracing::info!(user.id = %user.id, "the address is proven for the first time: what was there before is removed");
        // SECURITY: CVE-2026-53516: where sessions are kept in cookies, those of the time before the proof end here.
        let ended = manage::end_known_tokens(ctx, &user.id, &earlier_tokens).await;
        ended.map_err(Error::SessionsGoOn)?;
    }
    ctx.tell(|| {
        let user = user.clone();
        if is_new {
            Event::CreateUser { user }
        } else {
            Event::UpdateUser { user }
        }
    })
    .await;
    Ok(Some(Linked {
        user,
        session: SessionAfter::new(gate, session),
        is_new_user: is_new,
        // Not earlier: the tokens of the time before the proof have just ended.
        began: ctx.now(),
    }))
}

/// Somebody gave good credentials. Whoever else is signed in here is signed out; no row is written but the session.
/// `None` when the user is not in the store, or is not as it was read by now.
///
/// SECURITY: whoever resets a password ends all sessions after it. The store compares the proven hash again beside the
/// write of the session, so that an old password that was proven before begins none after. For a session in a cookie
/// it compares and writes nothing; what changes after that ends the session by its beginning.
pub(crate) async fn by_credentials(
    ctx: &Context,
    visit: &Visit<'_>,
    user: User,
    proof: &mut Proof,
) -> Result<Option<Linked>, Error> {
    let (password, began) = (proof.password.take(), proof.began);
    let first = match password {
        Some(_) => Factor::Password,
        None => Factor::Application,
    };
    let gate = gate::ask(ctx, visit, &user.id, first).await?;
    let is_kept = ctx.settings.keeps_credentials_in_store();
    if !is_kept && password.is_none() {
        return Ok(Some(Linked {
            user,
            session: SessionAfter::new(gate, None),
            is_new_user: false,
            began,
        }));
    }
    let (ends, session) = match is_kept {
        true => (
            session_of_another(ctx, visit, &user.id).await?,
            new_session(ctx, &gate),
        ),
        false => (None, None),
    };
    let charge = proof.charge.as_ref();
    let beside = beside::of(ctx, visit, &user.id, (&gate, session.as_ref()), charge);
    let settlement = beside.settlement.clone();
    let sign_in = SignIn {
        link: None,
        ends,
        person: Person::Known {
            // What an application judges by is its own: no proof to us takes that away, and it does not say what we know of
            // the address.
            was_proven: password.is_none() || user.email_verified.is_some(),
            id: user.id,
            password,
        },
        account: None,
        passkey: None,
        session,
    };
    let is_listed = beside.entry.is_some();
    let (outcome, left) = ctx.store()?.sign_in_beside(sign_in, beside).await?;
    if let Some(settlement) = settlement.filter(|_| left.settlement.is_none()) {
        ctx.limits.settle_here(&settlement);
        proof.charge = None;
    }
    let known = match is_listed && left.entry.is_none() && left.proof.is_none() {
        true => Known::Written,
        false => Known::Left,
    };
    Ok(match outcome {
        SignInOutcome::Done(signed_in) => Some(Linked {
            user: signed_in.user,
            session: SessionAfter::known(gate, signed_in.session, known),
            is_new_user: false,
            began,
        }),
        _ => None,
    })
}

/// Somebody who waited has proven the second factor. Whoever else is signed in here is signed out; no row is written but the
/// session. `None` when the user is not as it was read by now.
pub(crate) async fn by_second_factor(
    ctx: &Context,
    visit: &Visit<'_>,
    user: User,
    proof: Proof,
    gate: Gate,
) -> Result<Option<Linked>, Error> {
    let Proof {
        password, began, ..
    } = proof;
    let sign_in = SignIn {
        link: None,
        ends: session_of_another(ctx, visit, &user.id).await?,
        person: Person::Known {
            was_proven: user.email_verified.is_some(),
            id: user.id,
            password,
        },
        account: None,
        passkey: None,
        session: new_session(ctx, &gate),
    };
    Ok(match ctx.store()?.sign_in(sign_in).await? {
        SignInOutcome::Done(signed_in) => Some(Linked {
            user: signed_in.user,
            session: SessionAfter::new(gate, signed_in.session),
            is_new_user: false,
            began,
        }),
        _ => None,
    })
}

/// Nobody has this address: a user is added.
fn newcomer(ctx: &Context, profile: User) -> NewUser {
    NewUser {
        proposed_id: profile.id,
        name: profile.name,
        email: profile.email,
        email_verified: Some(ctx.now()),
        image: profile.image,
        extra: profile.extra,
    }
}

/// A user of this address exists.
fn proves(ctx: &Context, known: User, email: &str) -> Person {
    // As it stands in the row, which is not written where that holds another by now.
    let stored = known.email.clone();
    let stored = stored.filter(|stored| is_address(stored, email));
    Person::Proves {
        earlier: ctx.settings.before_proof.of(&known),
        id: known.id,
        email: stored.unwrap_or_else(|| email.to_owned()),
        at: ctx.now(),
    }
}

fn removes_earlier(person: &Person) -> bool {
    matches!(
        person,
        Person::Proves {
            earlier: Earlier::Removed { .. },
            ..
        }
    )
}

/// SECURITY: always a new token, so that none that was known before is worth more after.
pub(crate) fn new_session(ctx: &Context, gate: &Gate) -> Option<NewSession> {
    match (gate, ctx.settings.session.strategy) {
        (Gate::Held(_), _) | (_, Strategy::Jwt) => None,
        (Gate::Open(_), Strategy::Database) => Some(NewSession {
            token: ctx.new_session_token(),
            expires: ctx.settings.session.expires(ctx.now()),
        }),
    }
}

/// The session in the cookie of this browser, unless it is a good one of this user. Somebody else who is signed in
/// here is signed out by it.
///
/// SECURITY: Auth.js lets an expired session count as signed in; here it does not.
async fn session_of_another(
    ctx: &Context,
    visit: &Visit<'_>,
    user: &UserId,
) -> Result<Option<SessionToken>, Error> {
    if ctx.settings.session.strategy == Strategy::Jwt {
        return Ok(None);
    }
    let cookie = visit.session_cookie(Strategy::Database);
    let Some(token) = cookie.value().map(SessionToken::new) else {
        return Ok(None);
    };
    let found = ctx.store()?.session_and_user(&token).await?;
    let is_own = found.is_some_and(|(record, owner)| {
        let decision = session::decide(&record, ctx.now(), &ctx.settings.session);
        owner.id == *user && decision != Decision::End
    });
    Ok((!is_own).then_some(token))
}
