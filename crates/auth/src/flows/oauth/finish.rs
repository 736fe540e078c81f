//! The end of a sign-in at another service: the browser comes back with an answer.

use super::answer::Answer;
use super::checks::{self, Kept};
use super::posted::{self, Received};
use super::proxy::{self, Way};
use super::{ServiceFailure, account, failed};
use crate::adapter::{Account, User, UserId};
use crate::callbacks::{SignInAttempt, SignInStep};
use crate::context::Context;
use crate::directory::SessionKey;
use crate::error::Error;
use crate::flows::sign_in::{Admission, Shown, admit, begin_session_of};
use crate::flows::ways_in::{self, Told};
use crate::limit::LimitedAction;
use crate::linking::account::{ShownAccount, by_oauth};
use crate::linking::here::{Here, here};
use crate::linking::{ATTEMPTS, Linked, SessionAfter};
use crate::oauth::callback::{self, Expected};
use crate::oauth::{CodeGrant, Identity};
use crate::providers::oauth::OAuthProvider;
use crate::response::Reply;
use crate::second_factor::Factor;
use crate::second_factor::gate;
use crate::visit::Visit;

/// `GET` and `POST callback/{id}`: the browser comes back.
pub(crate) async fn finish(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &OAuthProvider,
) -> Result<Reply, Error> {
    let way = Way::of(ctx, visit, provider);
    let received = posted::receive(ctx, visit, provider, &way);
    let (answer, posted) = match received.map_err(|error| failed(provider, error))? {
        Received::Answer(answer, posted) => (answer, posted),
        Received::Around(reply) => return Ok(reply),
    };
    let elsewhere = proxy::goes_on_to(ctx, visit, provider, answer.get("state"));
    if let Some(target) = elsewhere.map_err(|error| failed(provider, error))? {
        return Ok(Reply::redirect(target));
    }
    let before = here(ctx, visit).await?.map(|here| here.user.id);
    let kept = checks::end(ctx, visit, provider, &way, before.as_ref());
    let kept = kept.map_err(|error| failed(provider, error))?;
    let charge = ctx
        .limits
        .charge(LimitedAction::Service, visit, None)
        .await?;
    let identity = identify(ctx, provider, &way, &answer, &kept).await;
    let identity = identity.map_err(|error| failed(provider, error))?;
    ctx.limits.succeeded(charge).await;
    let signed_in = sign_in(ctx, visit, provider, identity, before).await;
    let (told, back) = (Told::to(visit), &visit.callback_url);
    let reply = ways_in::or_ask(ctx, visit, signed_in, told, back)?;
    let forgotten = kept.deletions.into_iter().chain(posted).collect();
    Ok(reply.after_cookies(forgotten))
}

/// Exchanges the code for who it is.
async fn identify(
    ctx: &Context,
    provider: &OAuthProvider,
    way: &Way,
    answer: &Answer,
    kept: &Kept,
) -> Result<Identity, ServiceFailure> {
    let client = ctx.oauth.as_ref().ok_or(ServiceFailure::NoClient)?;
    let service = client.metadata(provider).await?;
    let expected = Expected {
        state: kept.state.as_deref(),
        service: &service,
    };
    let code = callback::read(answer.parameters(), expected)?;
    let grant = CodeGrant {
        code,
        redirect_uri: &way.redirect_uri,
        verifier: kept.verifier.as_deref(),
        nonce: kept.nonce.as_deref(),
        posted_user: answer.get("user"),
    };
    Ok(client.identify(provider, grant).await?)
}

/// Asks the application, then writes all of the sign-in at once. Where something changed in between, from the start: the
/// application judges who signs in, not who might have.
async fn sign_in(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &OAuthProvider,
    identity: Identity,
    before: Option<UserId>,
) -> Result<Reply, Error> {
    let Identity {
        profile,
        tokens,
        claims,
        session,
    } = identity;
    let service_session = session.map(|sid| SessionKey::of_service(provider.id(), &sid));
    let proposed = UserId(ctx.random.uuid());
    let told = account::told(provider, &profile, &tokens, &proposed);
    let shown = account::shown(provider, &profile, &told, &ctx.settings.before_proof);
    for _ in 0..ATTEMPTS {
        let owner = owner(ctx, &told).await?;
        let user = owner.as_ref().unwrap_or(&shown.user);
        let attempt = SignInAttempt {
            user: user.clone(),
            account: of(&told, user),
            profile: Some(claims.clone()),
            credentials: None,
            step: SignInStep::Proven,
        };
        if let Admission::Elsewhere(reply) = admit(ctx, visit, &attempt).await? {
            return Ok(reply);
        }
        // SECURITY: who is signed in is looked at again: the service may have taken its time.
        let now = here(ctx, visit).await?;
        if now.as_ref().map(|here| &here.user.id) != before.as_ref() {
            return Err(failed(provider, ServiceFailure::AnotherPerson));
        }
        if let (None, Some(here)) = (&owner, &now) {
            ways_in::check(ctx, &here.user.id, here.key().as_ref()).await?;
        }
        if let Some(linked) = link(ctx, visit, &shown, owner, now).await? {
            tracing::info!(user.id = %linked.user.id, provider = provider.id, "signed in at a service");
            let shown = Shown {
                account: of(&told, &linked.user),
                profile: Some(claims),
                service_session,
            };
            return begin_session_of(ctx, visit, linked, shown).await;
        }
    }
    Err(Error::UserChanges)
}

/// The user who has the account already.
async fn owner(ctx: &Context, account: &Account) -> Result<Option<User>, Error> {
    let Some(store) = &ctx.store else {
        return Ok(None);
    };
    let found = store.user_by_account(&account.provider, &account.provider_account_id);
    Ok(found.await?)
}

/// SPEC: contract §6: without a store nobody is known, and nobody is new.
async fn link(
    ctx: &Context,
    visit: &Visit<'_>,
    shown: &ShownAccount,
    owner: Option<User>,
    here: Option<Here>,
) -> Result<Option<Linked>, Error> {
    if ctx.store.is_some() {
        return by_oauth(ctx, visit, shown, owner, here).await;
    }
    Ok(Some(Linked {
        user: shown.user.clone(),
        session: SessionAfter::new(gate::ask_for_newcomer(ctx, Factor::Service), None),
        is_new_user: false,
        began: ctx.now(),
    }))
}

/// The account as this user's.
fn of(account: &Account, user: &User) -> Account {
    Account {
        user_id: user.id.clone(),
        ..account.clone()
    }
}
