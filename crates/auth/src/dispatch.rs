//! From a request to the flow that answers it.
//!
//! Source: contract authjs §1.2, §1.4, §1.6.

use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::error::{Error, ErrorType, Page};
use crate::flows::{
    access_token, account, backchannel_logout, credentials, email, oauth, pages, passkey, password,
    second_factor, session, sessions, sign_out,
};
use crate::origin::{Origin, OriginError};
use crate::pages::{ErrorCode, whole_seconds};
use crate::path::Action;
use crate::providers::Provider;
use crate::redirect;
use crate::request::{self, Intake, Refusal, Verb};
use crate::response::{RedirectForm, Reply};
use crate::routes;
use crate::visit::Visit;
use crate::witness;

/// Answers a request.
pub(crate) async fn handle(ctx: &Context, request: Request<Bytes>) -> Response<Bytes> {
    let (parts, body) = request.into_parts();
    let ctx = &ctx.of_request(&parts);
    let intake = match Intake::read(&parts, &body, &ctx.settings.base_path) {
        Ok(intake) => intake,
        Err(Refusal::BadRequest) => return plain(Reply::bad_request()),
        Err(Refusal::TooLarge) => return plain(Reply::too_large()),
    };
    if !is_offered(ctx, intake.route.action) {
        return plain(Reply::bad_request());
    }
    match check(ctx, &parts, &intake) {
        Ok(origin) => serve(ctx, &intake, &origin).await,
        Err(Unusable::Malformed) => plain(Reply::bad_request()),
        Err(Unusable::Configuration(kind, origin)) => {
            plain(misconfigured(ctx, &intake, kind, origin.as_ref()))
        }
    }
}

/// Whether there is such a route: one of Auth.js's, or one of ours that is configured.
pub(crate) fn is_offered(ctx: &Context, action: Action) -> bool {
    if action.is_of_sessions() {
        return ctx.directory.is_some();
    }
    if action.is_of_second_factor() {
        return ctx.second_factor.is_some();
    }
    if action.is_of_passkeys() {
        return ctx.passkeys.is_some();
    }
    match action {
        Action::AccessToken => !ctx.linked.server_keys.is_empty(),
        Action::BackchannelLogout => backchannel_logout::is_offered(ctx),
        _ => !action.is_of_account() || account::is_offered(ctx, action),
    }
}

fn plain(reply: Reply) -> Response<Bytes> {
    reply.into_response(RedirectForm::Plain)
}

/// Why a well-formed request cannot be served.
enum Unusable {
    /// It names no host.
    Malformed,
    /// What Auth.js calls a mistake of the configuration.
    Configuration(ErrorType, Option<Origin>),
}

/// The checks of §1.2 that depend on the request; the builder makes the others.
fn check(ctx: &Context, parts: &Parts, intake: &Intake<'_>) -> Result<Origin, Unusable> {
    let origin = request::origin(parts, &ctx.settings.origins).map_err(|error| match error {
        OriginError::Malformed => Unusable::Malformed,
        OriginError::Untrusted => Unusable::Configuration(ErrorType::UntrustedHost, None),
    })?;
    let cookie = ctx.cookies.of(&origin).specs.callback_url.name();
    let urls = [intake.query.text("callbackUrl"), intake.jar.get(cookie)];
    let usable = |url: &str| url.is_empty() || redirect::is_valid_callback_url(url, &origin);
    if urls.into_iter().flatten().all(usable) {
        Ok(origin)
    } else {
        let kind = ErrorType::InvalidCallbackUrl;
        Err(Unusable::Configuration(kind, Some(origin)))
    }
}

/// The answer of §1.2: a page where people look, JSON elsewhere, never a cookie, never the reason.
fn misconfigured(
    ctx: &Context,
    intake: &Intake<'_>,
    kind: ErrorType,
    origin: Option<&Origin>,
) -> Reply {
    log_misconfigured(kind);
    let is_page = matches!(
        intake.route.action,
        Action::SignIn | Action::SignOut | Action::Error | Action::VerifyRequest
    );
    if intake.verb != Verb::Get || !is_page {
        let message = "There was a problem with the server configuration. Check the server logs.";
        return Reply::json(json!({ "message": message }))
            .status(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let built_in = || pages::built_in_error(ctx, origin, ErrorCode::Configuration);
    let Some(page) = &ctx.settings.pages.error else {
        return built_in();
    };
    let came_from = intake.query.text("callbackUrl").unwrap_or_default();
    if came_from.starts_with(page.as_str()) {
        let kind = ErrorType::ErrorPageLoop.name();
        tracing::error!(
            error.r#type = kind,
            "the custom error page itself needs a session"
        );
        return built_in();
    }
    let base = origin.map_or("", Origin::as_str);
    Reply::redirect(format!("{}?error=Configuration", absolute(page, base)))
}

fn log_misconfigured(kind: ErrorType) {
    let name = kind.name();
    if kind == ErrorType::UntrustedHost {
        tracing::error!(
            error.r#type = name,
            "the host of the request is not trusted: set AUTH_URL, or AUTH_TRUST_HOST=true behind a proxy"
        );
    } else {
        tracing::warn!(
            error.r#type = name,
            "the callback URL in the query or cookie is no http or https URL, or too long"
        );
    }
}

async fn serve(ctx: &Context, intake: &Intake<'_>, origin: &Origin) -> Response<Bytes> {
    let form = if intake.returns_redirect() {
        RedirectForm::Json
    } else {
        RedirectForm::Plain
    };
    let reply = match answer(ctx, intake, origin).await {
        Ok(reply) => reply,
        Err(error) => {
            witness::failed(ctx, intake, &error);
            failure(ctx, intake, origin, &error)
        }
    };
    reply.into_response(form)
}

async fn answer(ctx: &Context, intake: &Intake<'_>, origin: &Origin) -> Result<Reply, Error> {
    let provider = match &intake.route.provider {
        Some(id) => Some(ctx.provider(id)?),
        None => None,
    };
    let visit = Visit::begin(ctx, intake, origin).await?;
    let reply = route(ctx, &visit, provider).await?;
    // SPEC: contract §1.4: the list of providers sets no cookie.
    Ok(match intake.route.action {
        Action::Providers => reply,
        _ => reply.after_base_cookies(visit.base_cookies),
    })
}

/// The table of §1.4.
///
/// What is rare and long has a box of its own: without, every session read would carry room for it.
async fn route(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: Option<&Provider>,
) -> Result<Reply, Error> {
    let (verb, action) = (visit.intake.verb, visit.intake.route.action);
    // The callbacks of providers decide for themselves.
    let is_form = matches!(action, Action::Session | Action::SignIn | Action::SignOut)
        || action.is_of_sessions()
        || action.is_of_passkeys();
    if verb == Verb::Post && is_form {
        visit.require_csrf()?;
    }
    if !routes::takes(verb, action) {
        return Err(Error::UnknownAction);
    }
    match (verb, action, provider) {
        (Verb::Get, Action::Csrf, _) => Ok(pages::csrf(visit)),
        (Verb::Get, Action::Providers, _) => Ok(pages::providers(ctx, visit)),
        (Verb::Get, Action::Session, _) => session::show(ctx, visit).await,
        (Verb::Post, Action::Session, _) => Box::pin(session::update(ctx, visit)).await,
        (Verb::Get, Action::SignIn, None) => Ok(pages::sign_in(ctx, visit)),
        (Verb::Post, Action::SignIn, None) => Ok(to_sign_in_page(ctx, visit)),
        (Verb::Post, Action::SignIn, Some(Provider::Email(provider))) => {
            Box::pin(email::start(ctx, visit, provider)).await
        }
        (_, Action::Callback, Some(Provider::Email(provider))) => {
            Box::pin(email::finish(ctx, visit, provider)).await
        }
        (Verb::Post, Action::SignIn, Some(Provider::OAuth(provider))) => {
            Box::pin(oauth::start(ctx, visit, provider)).await
        }
        (_, Action::Callback, Some(Provider::OAuth(provider))) => {
            Box::pin(oauth::finish(ctx, visit, provider)).await
        }
        (Verb::Get, Action::WebAuthnOptions, Some(Provider::Passkey(provider))) => {
            Box::pin(passkey::options(ctx, visit, provider)).await
        }
        (Verb::Post, Action::Callback, Some(Provider::Passkey(provider))) => {
            Box::pin(passkey::finish(ctx, visit, provider)).await
        }
        (Verb::Post, Action::SignIn, Some(Provider::Passkey(_))) => Ok(to_sign_in_page(ctx, visit)),
        (Verb::Get, Action::Callback, Some(Provider::Passkey(_))) => Err(Error::InvalidProvider),
        (Verb::Get, Action::Passkeys, _) => Box::pin(passkey::manage::show(ctx, visit)).await,
        (Verb::Post, Action::RenamePasskey, _) => {
            Box::pin(passkey::manage::rename(ctx, visit)).await
        }
        (Verb::Post, Action::RemovePasskey, _) => {
            Box::pin(passkey::manage::remove(ctx, visit)).await
        }
        (Verb::Post, Action::SignIn, Some(Provider::Credentials(_) | Provider::Password(_))) => {
            Ok(to_sign_in_page(ctx, visit))
        }
        (Verb::Post, Action::Callback, Some(Provider::Credentials(provider))) => {
            Box::pin(credentials::sign_in(ctx, visit, provider)).await
        }
        (Verb::Post, Action::Callback, Some(Provider::Password(provider))) => {
            Box::pin(password::sign_in(ctx, visit, provider)).await
        }
        (Verb::Get, Action::Callback, Some(Provider::Credentials(_) | Provider::Password(_)))
        | (_, Action::Callback, None)
        | (Verb::Get, Action::WebAuthnOptions, _) => Err(Error::InvalidProvider),
        (Verb::Get, Action::SignOut, _) => Ok(pages::sign_out(ctx, visit)),
        (Verb::Post, Action::SignOut, _) => Box::pin(sign_out::end(ctx, visit)).await,
        (Verb::Get, Action::Sessions, _) => Box::pin(sessions::show(ctx, visit)).await,
        (Verb::Post, Action::RevokeSession, _) => Box::pin(sessions::revoke(ctx, visit)).await,
        (Verb::Post, Action::RevokeOtherSessions, _) => {
            Box::pin(sessions::revoke_others(ctx, visit)).await
        }
        (Verb::Get, Action::Error, _) => Ok(pages::error(ctx, visit)),
        (Verb::Get, Action::VerifyRequest, _) => Ok(pages::verify_request(ctx, visit)),
        (
            _,
            Action::VerifyEmail
            | Action::ForgotPassword
            | Action::ResetPassword
            | Action::Register
            | Action::PasswordStrength
            | Action::Account
            | Action::AccountName
            | Action::AccountPassword
            | Action::AccountEmail
            | Action::AccountDelete
            | Action::LinkedAccounts
            | Action::UnlinkAccount,
            _,
        ) => Box::pin(account::answer(ctx, visit)).await,
        (
            _,
            Action::SecondFactor
            | Action::SecondFactorSetUp
            | Action::AccountSecondFactor
            | Action::SecondFactorRemove
            | Action::SecondFactorCodes
            | Action::SecondFactorDevices
            | Action::SecondFactorPasskey,
            _,
        ) => Box::pin(second_factor::answer(ctx, visit)).await,
        (Verb::Post, Action::AccessToken, _) => Box::pin(access_token::give(ctx, visit)).await,
        (Verb::Post, Action::BackchannelLogout, Some(Provider::OAuth(provider))) => {
            Box::pin(backchannel_logout::take(ctx, visit, provider)).await
        }
        // A provider that does not go with the action, and what the table of routes has refused.
        _ => Err(Error::UnknownAction),
    }
}

fn to_sign_in_page(ctx: &Context, visit: &Visit<'_>) -> Reply {
    Reply::redirect(sign_in_page(ctx, visit.origin))
}

fn sign_in_page(ctx: &Context, origin: &Origin) -> String {
    format!("{origin}{}/signin", ctx.settings.base_path)
}

/// The answer to an error: §1.6, or 503 where the same request may work soon. Never a cookie.
fn failure(ctx: &Context, intake: &Intake<'_>, origin: &Origin, error: &Error) -> Reply {
    error.log();
    if error.is_unavailable() {
        return unavailable(ctx, intake, origin);
    }
    if let Error::SessionsGoOn(_) = error {
        return sessions_go_on(ctx, intake, origin);
    }
    if let Error::TooMany { retry_after } = error {
        return too_many(ctx, intake, origin, *retry_after);
    }
    if (intake.verb, intake.route.action) == (Verb::Post, Action::Session) {
        return Reply::json(Value::Null).status(StatusCode::BAD_REQUEST);
    }
    // SPEC: contract §5.3.5: where a profile makes no sense, people may try another way.
    let url = match error.kind() {
        ErrorType::OAuthProfileParseError => sign_in_page(ctx, origin),
        kind => error_url(ctx, origin, kind.page(), &error.query()),
    };
    if is_ours(intake) && tells_json(intake) {
        return told(intake, error, &url);
    }
    if intake.returns_redirect() {
        Reply::json(json!({ "url": url }))
    } else {
        Reply::redirect(url)
    }
}

/// The answer to a program that asked one of our own routes. Nothing of it is like a success, whatever form of redirects the
/// program takes: these routes have none that Auth.js knows.
fn told(intake: &Intake<'_>, error: &Error, url: &str) -> Reply {
    let code = error.code();
    let message = match error {
        Error::MissingCsrf => "Send the token of the route `csrf` as `csrfToken`, with its cookie.",
        _ => "This did not work. Try again.",
    };
    let mut body = if intake.route.action.is_of_sessions() {
        json!({ "message": code })
    } else {
        json!({ "error": code, "message": message })
    };
    if intake.returns_redirect()
        && let Some(body) = body.as_object_mut()
    {
        body.insert("url".to_owned(), url.into());
    }
    let status = if error.is_failure() {
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        StatusCode::BAD_REQUEST
    };
    Reply::json(body).never_cached().status(status)
}

/// Whether Auth.js has no such route.
fn is_ours(intake: &Intake<'_>) -> bool {
    let action = intake.route.action;
    action.is_of_account()
        || action.is_of_sessions()
        || action.is_of_second_factor()
        || action.is_for_servers()
        || action.is_of_passkeys()
}

/// Whether an error is told as JSON. Where Auth.js has the route, a body in JSON does not ask for it.
fn tells_json(intake: &Intake<'_>) -> bool {
    if intake.route.action.is_for_servers() {
        true
    } else if is_ours(intake) {
        intake.wants_json()
    } else {
        intake.accepts_only_json()
    }
}

fn error_url(ctx: &Context, origin: &Origin, page: Page, code: &str) -> String {
    let settings = &ctx.settings;
    let (custom, action) = match page {
        Page::SignIn => (&settings.pages.sign_in, Action::SignIn),
        Page::Error => (&settings.pages.error, Action::Error),
    };
    let page = match custom {
        Some(page) => absolute(page, origin.as_str()),
        None => format!("{origin}{}/{}", settings.base_path, action.name()),
    };
    // SPEC: contract §1.6: joined by `?` even where the page has a query.
    format!("{page}?error={code}")
}

/// A page of the application, absolute. Auth.js puts our origin before absolute ones too and then fails.
fn absolute(page: &str, origin: &str) -> String {
    if page.starts_with('/') {
        format!("{origin}{page}")
    } else {
        page.to_owned()
    }
}

/// A limit refused. `next-auth/react` reads `error` from the URL and `status` from the answer.
fn too_many(ctx: &Context, intake: &Intake<'_>, origin: &Origin, retry_after: Duration) -> Reply {
    const CODE: &str = "TooManyRequests";
    let seconds = whole_seconds(retry_after);
    let mut body = Map::new();
    body.insert("error".to_owned(), CODE.into());
    let message = "This was tried too often. Wait and try again.";
    body.insert("message".to_owned(), message.into());
    body.insert("retryAfter".to_owned(), seconds.into());
    let reply = if intake.returns_redirect() {
        let url = error_url(ctx, origin, Page::SignIn, CODE);
        body.insert("url".to_owned(), url.into());
        Reply::json(Value::Object(body))
    } else if tells_json(intake) {
        Reply::json(Value::Object(body))
    } else {
        pages::too_many(ctx, origin, retry_after)
    };
    reply.never_cached().too_many(seconds)
}

/// It is done, but what it should have ended may go on. Without `Retry-After`: the same request does not help.
fn sessions_go_on(ctx: &Context, intake: &Intake<'_>, origin: &Origin) -> Reply {
    let (error, message) = ("SessionsGoOn", pages::SESSIONS_GO_ON);
    let reply = if intake.returns_redirect() {
        let url = error_url(ctx, origin, Page::Error, "Configuration");
        Reply::json(json!({ "error": error, "message": message, "url": url }))
    } else if tells_json(intake) {
        Reply::json(json!({ "error": error, "message": message }))
    } else {
        pages::sessions_go_on(ctx, origin)
    };
    reply.never_cached().status(StatusCode::SERVICE_UNAVAILABLE)
}

/// The store is away. Clients of Auth.js take any status but 2xx as "no session, no change".
fn unavailable(ctx: &Context, intake: &Intake<'_>, origin: &Origin) -> Reply {
    let is_data = matches!(
        intake.route.action,
        Action::Session | Action::Csrf | Action::Providers | Action::WebAuthnOptions
    );
    let message = "Signing in is not available right now. Try again in a minute.";
    let reply = if intake.returns_redirect() {
        let url = error_url(ctx, origin, Page::Error, "Configuration");
        Reply::json(json!({ "message": message, "url": url }))
    } else if is_data || tells_json(intake) {
        Reply::json(json!({ "message": message }))
    } else {
        pages::unavailable(ctx, origin)
    };
    reply.unavailable()
}
