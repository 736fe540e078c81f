//! What every route needs before it begins: the CSRF pair, where the visit leads to, and the cookies for both.
//!
//! Source: contract authjs §1.3.

use serde_json::Value;

use crate::client::{Client, TrustedProxies};
use crate::context::{Context, CookieSet};
use crate::cookies::Cookie;
use crate::cookies::csrf::Csrf;
use crate::cookies::session::SessionCookie;
use crate::error::Error;
use crate::origin::Origin;
use crate::redirect::MAX_CALLBACK_URL_BYTES;
use crate::request::Intake;
use crate::session::Strategy;

/// A request with what was found out about it.
pub(crate) struct Visit<'a> {
    pub(crate) intake: &'a Intake<'a>,
    pub(crate) origin: &'a Origin,
    pub(crate) cookies: &'a CookieSet,
    pub(crate) csrf: Csrf,
    /// Where the visit leads to: went through the redirect callback.
    pub(crate) callback_url: String,
    /// Cookies that change with every route but one.
    pub(crate) base_cookies: Vec<Cookie>,
    proxies: &'a TrustedProxies,
}

impl<'a> Visit<'a> {
    pub(crate) async fn begin(
        ctx: &'a Context,
        intake: &'a Intake<'a>,
        origin: &'a Origin,
    ) -> Result<Self, Error> {
        let cookies = ctx.cookies.of(origin);
        let csrf_cookie = intake.jar.get(cookies.specs.csrf_token.name());
        let csrf = Csrf::of(csrf_cookie, &ctx.settings.secrets, &*ctx.random);
        let known_url = intake.jar.get(cookies.specs.callback_url.name());
        let callback_url = callback_url(ctx, intake, origin, known_url).await?;
        let changed_csrf = csrf
            .new_cookie_value()
            .map(|value| Cookie::new(&cookies.specs.csrf_token, value));
        let changed_url = (known_url != Some(&callback_url))
            .then(|| Cookie::new(&cookies.specs.callback_url, &callback_url));
        Ok(Self {
            intake,
            origin,
            cookies,
            csrf,
            callback_url,
            base_cookies: changed_csrf.into_iter().chain(changed_url).collect(),
            proxies: &ctx.settings.proxies,
        })
    }

    /// The form in the body is ours.
    pub(crate) fn require_csrf(&self) -> Result<(), Error> {
        if self.csrf.verifies(self.intake.body.text("csrfToken")) {
            Ok(())
        } else {
            Err(Error::MissingCsrf)
        }
    }

    pub(crate) fn session_cookie(&self, strategy: Strategy) -> SessionCookie<'a> {
        let spec = &self.cookies.specs.session_token;
        SessionCookie::of(strategy, &self.intake.jar, spec)
    }

    /// Who sends the request, as far as that is known.
    pub(crate) fn client(&self) -> Client {
        Client::of(self.intake.extensions, self.intake.headers, self.proxies)
    }

    /// The same visit, leading elsewhere.
    pub(crate) fn leading_to(&self, callback_url: String) -> Self {
        Self {
            csrf: self.csrf.clone(),
            callback_url,
            base_cookies: Vec::new(),
            ..*self
        }
    }

    /// The full URL of the request as the world sees it.
    pub(crate) fn url(&self) -> String {
        let Intake {
            path, raw_query, ..
        } = self.intake;
        match raw_query {
            Some(query) => format!("{}{path}?{query}", self.origin),
            None => format!("{}{path}", self.origin),
        }
    }
}

/// The one that is asked for goes through the redirect callback; the origin, when none is, does not.
async fn callback_url(
    ctx: &Context,
    intake: &Intake<'_>,
    origin: &Origin,
    known: Option<&str>,
) -> Result<String, Error> {
    let candidate = asked_for(intake)?.or(known.filter(|url| !url.is_empty()));
    let Some(candidate) = candidate else {
        return Ok(origin.to_string());
    };
    let target = ctx.redirect_target(bounded(candidate)?, origin).await?;
    // Our origin was added to a path. A cookie that is too long for us would end every later request.
    bounded(&target)?;
    Ok(target)
}

/// The URL, unless it is too long for cookies and mails.
fn bounded(url: &str) -> Result<&str, Error> {
    if url.len() > MAX_CALLBACK_URL_BYTES {
        return Err(Error::CallbackUrl);
    }
    Ok(url)
}

/// What body or else query ask for. What JavaScript takes for false asks for nothing.
fn asked_for<'a>(intake: &'a Intake<'_>) -> Result<Option<&'a str>, Error> {
    let asked = match intake.body.get("callbackUrl") {
        None | Some(Value::Null) => intake.query.text("callbackUrl"),
        Some(Value::String(url)) => Some(url.as_str()),
        Some(Value::Bool(false)) => None,
        Some(Value::Number(number)) if number.as_f64() == Some(0.0) => None,
        Some(_) => return Err(Error::CallbackUrl),
    };
    Ok(asked.filter(|url| !url.is_empty()))
}
