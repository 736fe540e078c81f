//! Sign-in by a link in a mail.
//!
//! `start` sends the link, `finish` takes it: it looks at the token, asks the application, and then uses the token up
//! together with everything that the sign-in writes. Known and unknown addresses go through the same calls in the same
//! order, so that neither content nor time tells them apart.
//!
//! Source: contract authjs §5.1; security.md on mail scanners and login CSRF.

use jiff::Timestamp;
use serde_json::Map;

use super::pages;
use super::sign_in::{Admission, admit, begin_session};
use crate::adapter::{Account, AccountType, Adapter, LinkKey, User, UserId, VerificationToken};
use crate::callbacks::{SignInAttempt, SignInStep};
use crate::context::Context;
use crate::cookies::Cookie;
use crate::cookies::link_requests::{LinkMark, LinkRequests};
use crate::error::{Error, as_strangers_see};
use crate::identifier::Email;
use crate::limit::LimitedAction;
use crate::linking::{self, Addressee, Linked};
use crate::providers::{Confirm, EmailProvider, Provider, SignInLink};
use crate::request::Verb;
use crate::response::Reply;
use crate::secret::{LinkToken, TokenHash};
use crate::time::after;
use crate::verification::{self, Decision, Link};
use crate::visit::Visit;

/// `POST signin/{id}`: somebody asks for a link.
pub(crate) async fn start(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &EmailProvider,
) -> Result<Reply, Error> {
    let typed = visit.intake.body.text("email").unwrap_or_default();
    let email = provider.identifier(typed)?;
    let store = ctx.store()?;
    // A mail that was refused, or that could not be sent, counts like one that was sent.
    let _ = ctx
        .limits
        .charge(LimitedAction::SignInMail, visit, Some(email.as_str()))
        .await?;
    let known = as_strangers_see(store.user_by_email(email.as_str()).await)?;
    let Addressee { user, .. } = known_or_new(ctx, known, email.as_str());
    let attempt = SignInAttempt {
        account: account(provider, email.as_str(), &user),
        user,
        profile: None,
        credentials: None,
        step: SignInStep::VerificationRequest,
    };
    if let Admission::Elsewhere(reply) = admit(ctx, visit, &attempt).await? {
        return Ok(reply);
    }
    let sent = send_link(ctx, visit, provider, &email, store).await?;
    tracing::info!(provider = provider.id(), "a sign-in link was sent");
    let origin = visit.origin;
    let base = &ctx.settings.base_path;
    let id = provider.id();
    let target = format!("{origin}{base}/verify-request?provider={id}&type=email");
    Ok(Reply::redirect(target).with_cookies(remember(ctx, visit, provider, &sent)))
}

/// A link that is under way.
struct Sent {
    token: LinkToken,
    expires: Timestamp,
}

/// Keeps the token, then sends it: a mail whose link cannot work is worse than none.
async fn send_link(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &EmailProvider,
    email: &Email,
    store: &dyn Adapter,
) -> Result<Sent, Error> {
    let token = provider.new_token(&*ctx.random);
    let expires = after(ctx.now(), provider.link_lifetime());
    let secret = provider.hash_secret(ctx.settings.secrets.joined());
    store
        .create_verification_token(VerificationToken {
            identifier: email.as_str().to_owned(),
            token: token.hash(secret),
            expires,
        })
        .await?;
    let link = Link {
        origin: visit.origin,
        base: &ctx.settings.base_path,
        provider: provider.id(),
        callback_url: &visit.callback_url,
        token: &token,
        email,
    };
    let mail = SignInLink {
        host: visit.origin.host(),
        url: &link.url(),
        expires,
        theme: &ctx.settings.theme,
    };
    let message = provider.message(email, &mail);
    provider.transport().send(&message).await?;
    Ok(Sent { token, expires })
}

/// `GET` and `POST callback/{id}`: somebody follows a link.
pub(crate) async fn finish(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &EmailProvider,
) -> Result<Reply, Error> {
    let query = &visit.intake.query;
    let token = query.text("token").filter(|token| !token.is_empty());
    let token = LinkToken::new(token.ok_or(Error::LinkIncomplete)?);
    let identifier = query.text("email").unwrap_or_default();
    let mark = LinkMark::of(provider.id(), &token);
    if next_step(ctx, visit, provider, &mark)? == Step::Ask {
        return Ok(pages::confirm(ctx, visit, identifier));
    }
    let limits = &ctx.limits;
    let charge = limits.charge(LimitedAction::Link, visit, None).await?;
    let code = match provider.makes_own_tokens() {
        true => Some(
            limits
                .charge(LimitedAction::Code, visit, Some(identifier))
                .await?,
        ),
        false => None,
    };
    let link = good_link(ctx, provider, identifier, &token).await?;
    limits.succeeded(charge).await;
    if let Some(code) = code {
        limits.succeeded(code).await;
    }
    let forgotten = forget(ctx, visit, &mark);
    match take(ctx, visit, provider, link).await? {
        Taken::SignedIn(signed_in) => {
            let (linked, account) = *signed_in;
            forgive_passwords(ctx, visit, identifier).await;
            tracing::info!(user.id = %linked.user.id, provider = provider.id(), "signed in by a link");
            let reply = begin_session(ctx, visit, linked, account).await?;
            Ok(reply.after_cookies(forgotten.into_iter().collect()))
        }
        Taken::Elsewhere(reply) => Ok(reply.with_cookies(forgotten)),
    }
}

/// Whoever reads the mails of an account is not locked out by those who guessed at its password.
async fn forgive_passwords(ctx: &Context, visit: &Visit<'_>, identifier: &str) {
    let takes_passwords = |provider: &Provider| provider.kind() == AccountType::Credentials;
    if ctx.providers.iter().any(takes_passwords) {
        let client = visit.client().network();
        let forgiven = ctx
            .limits
            .forgive(LimitedAction::Password, client, identifier);
        forgiven.await;
    }
}

/// Looks at the token of a link and judges it. A good one stays: whatever fails from here on, the link works again.
/// Others are used up.
async fn good_link(
    ctx: &Context,
    provider: &EmailProvider,
    identifier: &str,
    token: &LinkToken,
) -> Result<LinkKey, Error> {
    let store = ctx.store()?;
    let (record, hash) = kept_link(ctx, provider, identifier, token).await?;
    let key = LinkKey {
        identifier: identifier.to_owned(),
        token: hash,
    };
    let error = match verification::decide(&record, identifier, ctx.now()) {
        Decision::Accept => return Ok(key),
        Decision::Expired => Error::LinkExpired,
        Decision::Mismatch => Error::LinkMismatch,
    };
    use_up(store, &key).await?;
    Err(error)
}

/// The row of a link, whichever list of secrets its token was hashed with.
async fn kept_link(
    ctx: &Context,
    provider: &EmailProvider,
    identifier: &str,
    token: &LinkToken,
) -> Result<(VerificationToken, TokenHash), Error> {
    let store = ctx.store()?;
    for secret in provider.hash_secrets(&ctx.settings.secrets) {
        let hash = token.hash(secret);
        if let Some(record) = store.verification_token(identifier, &hash).await? {
            return Ok((record, hash));
        }
    }
    Err(Error::LinkUnknown)
}

/// SPEC: contract §5.1: a link that was judged works once, whatever comes of it.
async fn use_up(store: &dyn Adapter, key: &LinkKey) -> Result<(), Error> {
    let used = store.use_verification_token(&key.identifier, &key.token);
    used.await?.map(drop).ok_or(Error::LinkUnknown)
}

/// What came of a good link.
enum Taken {
    SignedIn(Box<(Linked, Account)>),
    /// The application sends the person elsewhere.
    Elsewhere(Reply),
}

/// Asks the application, then writes all of the sign-in at once. Where the user changed in between, from the start:
/// the application judges who signs in, not who might have.
async fn take(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &EmailProvider,
    link: LinkKey,
) -> Result<Taken, Error> {
    let store = ctx.store()?;
    for _ in 0..linking::ATTEMPTS {
        let known = store.user_by_email(&link.identifier).await?;
        let addressee = known_or_new(ctx, known, &link.identifier);
        let account = account(provider, &link.identifier, &addressee.user);
        let attempt = SignInAttempt {
            user: addressee.user.clone(),
            account: account.clone(),
            profile: None,
            credentials: None,
            step: SignInStep::Proven,
        };
        let admission = admit(ctx, visit, &attempt).await;
        if is_final(&admission) {
            use_up(store, &link).await?;
        }
        if let Admission::Elsewhere(reply) = admission? {
            return Ok(Taken::Elsewhere(reply));
        }
        if let Some(linked) = linking::by_email(ctx, visit, addressee, &link).await? {
            let account = Account {
                user_id: linked.user.id.clone(),
                ..account
            };
            return Ok(Taken::SignedIn(Box::new((linked, account))));
        }
    }
    Err(Error::UserChanges)
}

/// Whether the application turned the sign-in down. It may not have been able to tell, and then the link stays.
fn is_final(admission: &Result<Admission, Error>) -> bool {
    match admission {
        Ok(Admission::Granted) => false,
        Ok(Admission::Elsewhere(_)) => true,
        Err(error) => !error.is_unavailable(),
    }
}

/// What to do with a link that is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Sign in.
    SignIn,
    /// Ask for a click, and use nothing up: this may be a mail scanner.
    Ask,
}

/// SECURITY: where a click is asked for, the form that it posts must be ours. Otherwise another site could sign
/// its visitors in as somebody else (login CSRF).
fn next_step(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &EmailProvider,
    mark: &LinkMark,
) -> Result<Step, Error> {
    match (provider.confirmation(), visit.intake.verb) {
        (Confirm::Never, _) => Ok(Step::SignIn),
        (Confirm::Auto | Confirm::Always, Verb::Post) => {
            visit.require_csrf()?;
            Ok(Step::SignIn)
        }
        // What is fetched ahead would be used up before anybody sees it.
        (Confirm::Auto, Verb::Get)
            if !visit.intake.is_prefetch() && asked(ctx, visit).holds(mark) =>
        {
            Ok(Step::SignIn)
        }
        (Confirm::Auto | Confirm::Always, Verb::Get) => Ok(Step::Ask),
    }
}

/// The links that were asked for in this browser.
fn asked(ctx: &Context, visit: &Visit<'_>) -> LinkRequests {
    LinkRequests::read(&visit.cookies.link_request, &visit.intake.jar, ctx.now())
}

/// Lets the browser remember the link it asked for, for as long as the link works.
fn remember(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &EmailProvider,
    sent: &Sent,
) -> Option<Cookie> {
    (provider.confirmation() == Confirm::Auto).then(|| {
        let mut asked = asked(ctx, visit);
        asked.add(LinkMark::of(provider.id(), &sent.token), sent.expires);
        asked.to_cookie(&visit.cookies.link_request, ctx.now(), &*ctx.random)
    })
}

/// Lets the browser forget a link that is used up; others that it asked for stay.
fn forget(ctx: &Context, visit: &Visit<'_>, mark: &LinkMark) -> Option<Cookie> {
    let mut asked = asked(ctx, visit);
    asked.holds(mark).then(|| {
        asked.remove(mark);
        asked.to_cookie(&visit.cookies.link_request, ctx.now(), &*ctx.random)
    })
}

/// The user of an address, or what would be stored.
fn known_or_new(ctx: &Context, known: Option<User>, identifier: &str) -> Addressee {
    let proposed = UserId(ctx.random.uuid());
    let is_new = known.is_none();
    let user = known.unwrap_or_else(|| User {
        id: proposed,
        name: None,
        email: Some(identifier.to_owned()),
        email_verified: None,
        image: None,
        extra: Map::new(),
    });
    Addressee { user, is_new }
}

fn account(provider: &EmailProvider, identifier: &str, user: &User) -> Account {
    Account {
        user_id: user.id.clone(),
        kind: AccountType::Email,
        provider: provider.id().to_owned(),
        provider_account_id: identifier.to_owned(),
        extra: Map::new(),
    }
}
