//! Reading a session, for its route and for the application.
//!
//! Any failure is "no session". Only a store or callback that cannot be reached is told apart, because it is no
//! reason to sign anybody out: see docs/design/database-unavailable.md.
//!
//! Source: contract authjs §3.3, §3.4, §4.

use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderValue};
use jiff::Timestamp;
use serde_json::Value;

use crate::adapter::{AdapterError, SessionRecord, User};
use crate::authenticated::{Session, SessionRead, Unavailable};
use crate::callbacks::{
    CallbackError, CallbackFailure, Callbacks, Claims, ClaimsCause, SessionSource,
};
use crate::context::{Context, CookieSet};
use crate::cookies::session::SessionCookie;
use crate::cookies::{Cookie, Jar};
use crate::directory::family::Family;
use crate::directory::observe::{self, Admission, Sighting};
use crate::error::{Error, ErrorType, log_only};
use crate::events::Event;
use crate::jwe::{DecodeError, Lifetime};
use crate::response::Reply;
use crate::secret::SessionToken;
use crate::session::{self, Decision, Renewal, Strategy};
use crate::visit::Visit;

/// Why a session is read.
pub(crate) enum Purpose {
    /// The application wants to know who is signed in while it makes a page.
    Know,
    /// Something that goes on for long makes sure that somebody still is: no use of the session, so that it ends as if
    /// nobody had looked.
    Watch,
    /// The session route shows it.
    Show,
    /// The application wants it changed, and sent this.
    Update(Option<Value>),
}

/// What a session is read from.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) cookies: &'a CookieSet,
    pub(crate) jar: &'a Jar,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) extensions: &'a Extensions,
}

impl<'a> Request<'a> {
    pub(crate) fn of(visit: &'a Visit<'_>) -> Self {
        Self {
            cookies: visit.cookies,
            jar: &visit.intake.jar,
            headers: visit.intake.headers,
            extensions: visit.intake.extensions,
        }
    }
}

/// What the session route shows.
#[derive(Default)]
enum Body {
    /// Nobody is signed in, or nothing is shown.
    #[default]
    Null,
    /// As callbacks left it.
    Made(Value),
    /// Nobody but the client wants it.
    Written(Bytes),
}

/// What there is to show, to tell and to keep.
#[derive(Default)]
pub(crate) struct Found {
    body: Body,
    proof: Option<Session>,
    cookies: Vec<Cookie>,
}

impl Found {
    /// The proof alone, and the cookies that go with it.
    pub(crate) fn into_proof(self) -> (Option<Session>, Vec<Cookie>) {
        (self.proof, self.cookies)
    }

    fn nobody(cookies: Vec<Cookie>) -> Self {
        Self {
            cookies,
            ..Self::default()
        }
    }
}

impl From<Found> for SessionRead {
    fn from(found: Found) -> Self {
        let cookies: Vec<HeaderValue> = found.cookies.iter().map(Cookie::to_header).collect();
        Self {
            session: found.proof,
            set_cookies: cookies,
        }
    }
}

/// `GET session`.
pub(crate) async fn show(ctx: &Context, visit: &Visit<'_>) -> Result<Reply, Error> {
    let request = Request::of(visit);
    let found = read(ctx, request, Purpose::Show).await?;
    Ok(reply(found).never_cached())
}

/// `POST session`.
pub(crate) async fn update(ctx: &Context, visit: &Visit<'_>) -> Result<Reply, Error> {
    let data = visit.intake.body.get("data").cloned();
    let purpose = Purpose::Update(data);
    Ok(reply(read(ctx, Request::of(visit), purpose).await?))
}

fn reply(found: Found) -> Reply {
    let reply = match found.body {
        Body::Null => Reply::json(Value::Null),
        Body::Made(body) => Reply::json(body),
        Body::Written(body) => Reply::written_json(body),
    };
    reply.with_cookies(found.cookies)
}

/// Reads the session of a request.
pub(crate) async fn read(
    ctx: &Context,
    request: Request<'_>,
    purpose: Purpose,
) -> Result<Found, Unavailable> {
    let strategy = ctx.settings.session.strategy;
    let cookie = SessionCookie::of(strategy, request.jar, &request.cookies.specs.session_token);
    read_held(ctx, request, &cookie, purpose).await
}

/// Reads the session of a token that the request shows without a cookie. There is nothing to renew then, nor to remove.
pub(crate) async fn read_shown(
    ctx: &Context,
    request: Request<'_>,
    token: String,
) -> Result<Found, Unavailable> {
    let strategy = ctx.settings.session.strategy;
    let held = SessionCookie::holding(strategy, token, &request.cookies.specs.session_token);
    let found = read_held(ctx, request, &held, Purpose::Know).await?;
    Ok(Found {
        cookies: Vec::new(),
        ..found
    })
}

/// Looks at the session of a token again, of a cookie or shown, without using it.
pub(crate) async fn watch(
    ctx: &Context,
    request: Request<'_>,
    shown: Option<String>,
) -> Result<Option<Session>, Unavailable> {
    let strategy = ctx.settings.session.strategy;
    let spec = &request.cookies.specs.session_token;
    let held = match shown {
        Some(token) => SessionCookie::holding(strategy, token, spec),
        None => SessionCookie::of(strategy, request.jar, spec),
    };
    let found = read_held(ctx, request, &held, Purpose::Watch).await?;
    Ok(found.proof)
}

async fn read_held(
    ctx: &Context,
    request: Request<'_>,
    cookie: &SessionCookie<'_>,
    purpose: Purpose,
) -> Result<Found, Unavailable> {
    let strategy = ctx.settings.session.strategy;
    let Some(value) = cookie.value() else {
        return Ok(Found::nobody(cookie.clear()));
    };
    match strategy {
        Strategy::Jwt => match read_token(ctx, request, cookie, value, purpose).await {
            Ok(found) => Ok(found),
            Err(TokenError::Directory(error)) => Err(error),
            Err(TokenError::Callback(failure @ CallbackFailure::Unavailable(_))) => {
                Err(Unavailable::callback(failure))
            }
            // SPEC: contract §3.3: whatever else goes wrong ends the session.
            Err(error) => {
                log_token_error(&error);
                Ok(Found::nobody(cookie.clear()))
            }
        },
        Strategy::Database => match read_rows(ctx, request, cookie, value, purpose).await {
            Ok(found) => Ok(found),
            Err(RowsError::Store(error @ AdapterError::Unavailable(_))) => {
                Err(Unavailable::store(error))
            }
            Err(RowsError::Callback(failure @ CallbackFailure::Unavailable(_))) => {
                Err(Unavailable::callback(failure))
            }
            // The session may well be good: its cookie stays.
            Err(error) => {
                log_only(ErrorType::SessionTokenError, &error);
                Ok(Found::default())
            }
        },
    }
}

#[derive(Debug, thiserror::Error)]
enum TokenError {
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("the session was ended")]
    Revoked,
    #[error(transparent)]
    Directory(#[from] Unavailable),
    #[error(transparent)]
    Callback(CallbackFailure),
}

impl From<CallbackError> for TokenError {
    fn from(error: CallbackError) -> Self {
        Self::Callback(error.kind)
    }
}

/// Anybody can send a token that is none; only a failing callback needs a person to look.
fn log_token_error(error: &TokenError) {
    match error {
        TokenError::Decode(_) | TokenError::Revoked | TokenError::Directory(_) => {
            let kind = ErrorType::JWTSessionError.name();
            tracing::info!(error.r#type = kind, "a session cookie was refused: {error}");
        }
        TokenError::Callback(failure) => log_only(ErrorType::JWTSessionError, failure),
    }
}

async fn read_token(
    ctx: &Context,
    request: Request<'_>,
    cookie: &SessionCookie<'_>,
    value: &str,
    purpose: Purpose,
) -> Result<Found, TokenError> {
    let now = ctx.now();
    let claims = request.cookies.session_keys.decode(value, now)?;
    let Admission::Counts(family) = observe::admit(ctx, &claims).await? else {
        return Err(TokenError::Revoked);
    };
    let renewal = match purpose {
        Purpose::Know | Purpose::Watch => session::renewal(
            &claims,
            now,
            &ctx.settings.session,
            ctx.settings.token_max_age,
        ),
        // SPEC: contract §3.3: every answer of the session route renews the token.
        Purpose::Show | Purpose::Update(_) => Renewal::Due,
    };
    // A token of Auth.js gets an id of ours at once: until then it is another session after each renewal.
    let is_unnamed = family.as_ref().is_some_and(|family| !family.is_named());
    let renewal = if is_unnamed { Renewal::Due } else { renewal };
    let is_watching = matches!(purpose, Purpose::Watch);
    let cause = match purpose {
        Purpose::Know | Purpose::Show | Purpose::Watch => ClaimsCause::Read,
        Purpose::Update(data) => ClaimsCause::Update { data },
    };
    let Some(claims) = ctx.callbacks.claims(claims, &cause).await? else {
        return Ok(Found::nobody(cookie.clear()));
    };
    let expires = ctx.settings.session.expires(match renewal {
        Renewal::Due => now,
        Renewal::NotDue { issued } => issued,
    });
    let body = session::body_of_claims(&claims, expires);
    let source = SessionSource::Token(claims.clone());
    let body = ctx.callbacks.session(body, &source).await?;
    let cookies = match renewal {
        Renewal::Due if is_watching => Vec::new(),
        Renewal::Due => {
            let mut claims = claims.clone();
            if let Some(family) = &family {
                family.write(&mut claims);
            }
            renewed(ctx, request.cookies, cookie, claims, expires)
        }
        Renewal::NotDue { .. } => Vec::new(),
    };
    if !is_watching {
        ctx.tell_read(|| Event::Session {
            body: body.clone(),
            claims: Some(claims.clone()),
        })
        .await;
    }
    let key = family.as_ref().map(Family::key);
    let proof = Session::of_claims(claims, expires, family.as_ref().map(Family::kept));
    if let (Some(key), Some(session), false) = (key, &proof, is_unnamed || is_watching) {
        let sighting = Sighting {
            key,
            user: session.user_id(),
            expires,
            headers: request.headers,
            extensions: request.extensions,
        };
        observe::seen(ctx, sighting).await;
    }
    Ok(Found {
        body: Body::Made(body),
        proof,
        cookies,
    })
}

fn renewed(
    ctx: &Context,
    cookies: &CookieSet,
    cookie: &SessionCookie<'_>,
    claims: Claims,
    expires: Timestamp,
) -> Vec<Cookie> {
    let lifetime = Lifetime {
        now: ctx.now(),
        max_age: ctx.settings.token_max_age,
    };
    let keys = &cookies.session_keys;
    let token = keys.encode(claims, lifetime, &*ctx.random);
    cookie.write(&token, expires)
}

#[derive(Debug, thiserror::Error)]
enum RowsError {
    #[error(transparent)]
    Store(#[from] AdapterError),
    #[error(transparent)]
    Callback(CallbackFailure),
    #[error("no store is configured")]
    NoStore,
}

impl From<CallbackError> for RowsError {
    fn from(error: CallbackError) -> Self {
        Self::Callback(error.kind)
    }
}

async fn read_rows(
    ctx: &Context,
    request: Request<'_>,
    cookie: &SessionCookie<'_>,
    value: &str,
    purpose: Purpose,
) -> Result<Found, RowsError> {
    let store = ctx.store.as_deref().ok_or(RowsError::NoStore)?;
    let token = SessionToken::new(value);
    let now = ctx.now();
    let Some((record, user)) = store.session_and_user(&token).await? else {
        return Ok(Found::nobody(cookie.clear()));
    };
    let decision = session::decide(&record, now, &ctx.settings.session);
    let is_watching = matches!(purpose, Purpose::Watch);
    let expires = match decision {
        Decision::Extend { .. } if is_watching => record.expires,
        Decision::End => {
            store.delete_session(&token).await?;
            return Ok(Found::nobody(cookie.clear()));
        }
        Decision::Extend { expires } => match store.extend_session(&token, expires).await? {
            Some(_) => expires,
            // It ended elsewhere in between.
            None => return Ok(Found::nobody(cookie.clear())),
        },
        Decision::Keep => record.expires,
    };
    let key = observe::key_of_row(ctx, &token);
    if let Some(key) = key.filter(|_| !is_watching) {
        let sighting = Sighting {
            key,
            user: &user.id,
            expires,
            headers: request.headers,
            extensions: request.extensions,
        };
        observe::seen(ctx, sighting).await;
    }
    let cookies = match (&purpose, decision) {
        (Purpose::Know, Decision::Keep) | (Purpose::Watch, _) => Vec::new(),
        // SPEC: contract §4: the cookie gets the full time, even where the row does not move.
        _ => cookie.write(value, ctx.settings.session.expires(now)),
    };
    let body = show_rows(ctx, record, &user, purpose).await?;
    Ok(Found {
        body,
        proof: Session::of_user(user, expires, key),
        cookies,
    })
}

/// SPEC: contract §4: the end that is shown is the row's before it was moved.
async fn show_rows(
    ctx: &Context,
    session: SessionRecord,
    user: &User,
    purpose: Purpose,
) -> Result<Body, CallbackError> {
    let is_watching = matches!(purpose, Purpose::Watch);
    if ctx.callbacks.leaves_sessions() && (is_watching || !ctx.has_listeners()) {
        // Who asks for the proof alone is shown nothing.
        if matches!(purpose, Purpose::Know | Purpose::Watch) {
            return Ok(Body::Null);
        }
        let body = session::written_body_of_user(user, session.expires);
        return Ok(Body::Written(body));
    }
    let body = session::body_of_user(user, session.expires);
    let body = changed_rows(ctx, body, session, user, purpose).await?;
    if !is_watching {
        ctx.tell_read(|| Event::Session {
            body: body.clone(),
            claims: None,
        })
        .await;
    }
    Ok(Body::Made(body))
}

async fn changed_rows(
    ctx: &Context,
    body: Value,
    session: SessionRecord,
    user: &User,
    purpose: Purpose,
) -> Result<Value, CallbackError> {
    if ctx.callbacks.leaves_sessions() {
        return Ok(body);
    }
    let source = SessionSource::Rows {
        session,
        user: Box::new(user.clone()),
        update: match purpose {
            Purpose::Know | Purpose::Show | Purpose::Watch => None,
            Purpose::Update(data) => Some(data.unwrap_or(Value::Null)),
        },
    };
    ctx.callbacks.session(body, &source).await
}
