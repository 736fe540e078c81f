//! Sign-in by credentials that the application judges.
//!
//! Source: contract authjs §5.2. Sessions in the store work too, which Auth.js does not do; see `Strictness`.

use serde_json::Map;

use super::sign_in::{Admission, admit, begin_session};
use crate::adapter::{Account, AccountType, User, UserId};
use crate::callbacks::{SignInAttempt, SignInStep};
use crate::context::Context;
use crate::error::Error;
use crate::limit::LimitedAction;
use crate::linking::{self, Proof};
use crate::providers::{AuthorizeFailure, Authorized, Credentials, CredentialsProvider, Provider};
use crate::response::Reply;
use crate::visit::Visit;
use crate::witness::Denied;

/// What the sign-in page is told where nothing more is to be said.
const NOBODY: &str = "credentials";
/// What witnesses are told where the application judges.
const WRONG: &str = "wrong-credentials";

/// The error of credentials that are nobody's. Why, and whose they would have been, only witnesses hear.
pub(crate) fn nobody(reason: &'static str, user: Option<UserId>) -> Error {
    Error::Credentials {
        code: NOBODY.to_owned(),
        denied: Denied { reason, user },
    }
}

/// `POST callback/{id}`.
pub(crate) async fn sign_in(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &CredentialsProvider,
) -> Result<Reply, Error> {
    visit.require_csrf()?;
    let credentials = Credentials::new(visit.intake.body.all().clone());
    let subject = provider.subject(&credentials);
    let charge = ctx
        .limits
        .charge(LimitedAction::Password, visit, subject.as_deref())
        .await?;
    let judge = provider.judge();
    let authorized = judge.authorize(&credentials, visit.intake.headers).await;
    let authorized = authorized.map_err(|error| match error.kind {
        AuthorizeFailure::Refused { code } => Error::Credentials {
            code,
            denied: Denied {
                reason: WRONG,
                user: None,
            },
        },
        AuthorizeFailure::Failed(failure) => Error::Authorize(failure),
    })?;
    let user = user(ctx, authorized.ok_or_else(|| nobody(WRONG, None))?);
    ctx.limits.succeeded(charge).await;
    let reply = finish(ctx, visit, provider.id(), user).await?;
    // A session of a user without a row would be nobody's.
    reply.ok_or(Error::UserChanges)
}

fn user(ctx: &Context, authorized: Authorized) -> User {
    let Authorized {
        id,
        name,
        email,
        image,
        extra,
    } = authorized;
    User {
        id: UserId(id.unwrap_or_else(|| ctx.random.uuid())),
        name,
        email,
        email_verified: None,
        image,
        extra,
    }
}

/// What the application is shown of the form: all of it where it has judged it, else all but the password.
///
/// Source: contract authjs §7.
fn submitted(ctx: &Context, visit: &Visit<'_>, provider: &str) -> Credentials {
    let submitted = Credentials::new(visit.intake.body.all().clone());
    match ctx.provider(provider) {
        Ok(Provider::Credentials(_)) => submitted,
        _ => submitted.without("password"),
    }
}

/// Somebody's credentials were good: the application is asked, and a session begins. `None` where the store does not know
/// the user as given.
pub(crate) async fn finish(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &str,
    user: User,
) -> Result<Option<Reply>, Error> {
    let mut proof = Proof {
        password: None,
        began: ctx.now(),
        charge: None,
    };
    finish_proven(ctx, visit, provider, user, &mut proof).await
}

/// The same where it is known what was proven. `None` also where that does not stand any more. The charge of the proof
/// goes with what is written, where it can.
pub(crate) async fn finish_proven(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &str,
    user: User,
    proof: &mut Proof,
) -> Result<Option<Reply>, Error> {
    let account = Account {
        user_id: user.id.clone(),
        kind: AccountType::Credentials,
        provider: provider.to_owned(),
        provider_account_id: user.id.0.clone(),
        extra: Map::new(),
    };
    let attempt = SignInAttempt {
        user: user.clone(),
        account: account.clone(),
        profile: None,
        credentials: Some(submitted(ctx, visit, provider)),
        step: SignInStep::Proven,
    };
    if let Admission::Elsewhere(reply) = admit(ctx, visit, &attempt).await? {
        return Ok(Some(reply));
    }
    let Some(linked) = linking::by_credentials(ctx, visit, user, proof).await? else {
        return Ok(None);
    };
    tracing::info!(user.id = %linked.user.id, provider, "signed in by credentials");
    begin_session(ctx, visit, linked, account).await.map(Some)
}
