//! From a decision to an HTTP message.
//!
//! Source: contract authjs §1.4, §1.5.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, EXPIRES, LOCATION, PRAGMA,
    REFERRER_POLICY, RETRY_AFTER, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::cookies::Cookie;
use crate::redirect;

/// Room for the names of a session read's headers and of those that a server adds, so that the map need not grow.
const HEADERS: usize = 12;

/// An answer before it is written out.
pub(crate) struct Reply {
    status: StatusCode,
    content: Content,
    caching: Caching,
    retry: Retry,
    referrer: Referrer,
    cookies: Vec<Cookie>,
    base: BaseCookies,
}

/// Whether the cookies that every route sets go along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BaseCookies {
    Set,
    /// The browser left out its own, which must not be replaced.
    LeftAlone,
}

enum Content {
    Json(Value),
    /// JSON that is written out already.
    WrittenJson(Bytes),
    Page {
        html: String,
        policy: HeaderValue,
    },
    Redirect(String),
}

/// Whether the contract's headers against caching are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caching {
    Unsaid,
    /// Of the JSON form of a redirect.
    ForbiddenAsJson,
    Forbidden,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Retry {
    Unsaid,
    Soon,
    /// In so many seconds.
    After(u64),
}

/// To whom a page may say where a visitor comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Referrer {
    SameOrigin,
    Nobody,
}

/// How a redirect is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RedirectForm {
    /// 302.
    Plain,
    /// 200 with the target as JSON: the client asked for it by `X-Auth-Return-Redirect`.
    Json,
}

impl Reply {
    fn new(status: StatusCode, content: Content) -> Self {
        Self {
            status,
            content,
            caching: Caching::Unsaid,
            retry: Retry::Unsaid,
            referrer: Referrer::SameOrigin,
            cookies: Vec::new(),
            base: BaseCookies::Set,
        }
    }

    pub(crate) fn json(value: Value) -> Self {
        Self::new(StatusCode::OK, Content::Json(value))
    }

    pub(crate) fn written_json(body: Bytes) -> Self {
        Self::new(StatusCode::OK, Content::WrittenJson(body))
    }

    pub(crate) fn redirect(target: impl Into<String>) -> Self {
        Self::new(StatusCode::FOUND, Content::Redirect(target.into()))
    }

    pub(crate) fn page(html: String, policy: &HeaderValue) -> Self {
        let policy = policy.clone();
        Self::new(StatusCode::OK, Content::Page { html, policy })
    }

    /// What Auth.js says to everything it does not understand.
    pub(crate) fn bad_request() -> Self {
        Self::json(json!("Bad request.")).status(StatusCode::BAD_REQUEST)
    }

    pub(crate) fn too_large() -> Self {
        Self::json(json!({ "message": "The request body is larger than 1 MiB." }))
            .status(StatusCode::PAYLOAD_TOO_LARGE)
    }

    pub(crate) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Nobody may keep a copy.
    pub(crate) fn never_cached(self) -> Self {
        Self {
            caching: Caching::Forbidden,
            ..self
        }
    }

    /// Nobody may keep a copy of the JSON form of a redirect.
    ///
    /// SECURITY: caches may keep a 200 that does not say otherwise; of a 302 they keep nothing, and Auth.js says
    /// nothing there.
    pub(crate) fn never_cached_as_json(self) -> Self {
        Self {
            caching: Caching::ForbiddenAsJson,
            ..self
        }
    }

    /// The address of the page holds a secret, so it is told to nobody.
    pub(crate) fn no_referrer(self) -> Self {
        Self {
            referrer: Referrer::Nobody,
            ..self
        }
    }

    /// 503: the same request may work soon.
    pub(crate) fn unavailable(self) -> Self {
        Self {
            retry: Retry::Soon,
            ..self.status(StatusCode::SERVICE_UNAVAILABLE)
        }
    }

    /// 429: the same request may work after so many seconds.
    pub(crate) fn too_many(self, seconds: u64) -> Self {
        Self {
            retry: Retry::After(seconds),
            ..self.status(StatusCode::TOO_MANY_REQUESTS)
        }
    }

    /// Adds cookies behind those that are there.
    pub(crate) fn with_cookies(mut self, cookies: impl IntoIterator<Item = Cookie>) -> Self {
        self.cookies.extend(cookies);
        self
    }

    /// Adds cookies before those that are there.
    pub(crate) fn after_cookies(self, mut cookies: Vec<Cookie>) -> Self {
        cookies.extend(self.cookies);
        Self { cookies, ..self }
    }

    /// Without the cookies that every route sets: the request came without those of the browser.
    pub(crate) fn leaves_base_cookies(self) -> Self {
        Self {
            base: BaseCookies::LeftAlone,
            ..self
        }
    }

    /// Adds the cookies that every route sets, before those that are there.
    pub(crate) fn after_base_cookies(self, cookies: Vec<Cookie>) -> Self {
        match self.base {
            BaseCookies::Set => self.after_cookies(cookies),
            BaseCookies::LeftAlone => self,
        }
    }

    /// Shows something before it leads on: `content` gets the target, and the cookies stay.
    pub(crate) fn shown_first(self, content: impl FnOnce(&str) -> Self) -> Self {
        match &self.content {
            Content::Redirect(target) => content(target).with_cookies(self.cookies),
            Content::Json(_) | Content::WrittenJson(_) | Content::Page { .. } => self,
        }
    }

    /// Writes it out.
    pub(crate) fn into_response(self, form: RedirectForm) -> Response<Bytes> {
        let mut headers = HeaderMap::with_capacity(HEADERS);
        self.write_fixed_headers(form, &mut headers);
        let (status, body) = match self.content {
            Content::Json(value) => (self.status, json_body(&value, &mut headers)),
            Content::WrittenJson(body) => {
                headers.insert(CONTENT_TYPE, JSON);
                (self.status, body)
            }
            Content::Page { html, policy } => {
                write_page_headers(policy, self.referrer, &mut headers);
                (self.status, Bytes::from(html))
            }
            Content::Redirect(target) => write_redirect(self.status, &target, form, &mut headers),
        };
        for cookie in &self.cookies {
            headers.append(SET_COOKIE, cookie.to_header());
        }
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }

    fn write_fixed_headers(&self, form: RedirectForm, headers: &mut HeaderMap) {
        let is_forbidden = match self.caching {
            Caching::Unsaid => false,
            Caching::ForbiddenAsJson => form == RedirectForm::Json,
            Caching::Forbidden => true,
        };
        if is_forbidden {
            let value = HeaderValue::from_static("private, no-cache, no-store");
            headers.insert(CACHE_CONTROL, value);
            headers.insert(EXPIRES, HeaderValue::from_static("0"));
            headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
        }
        match self.retry {
            Retry::Unsaid => {}
            Retry::Soon => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
            }
            Retry::After(seconds) => {
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
        }
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

fn json_body(value: &Value, headers: &mut HeaderMap) -> Bytes {
    headers.insert(CONTENT_TYPE, JSON);
    // Into bytes, since `Display` checks every piece of text again. A JSON value has no way to fail.
    Bytes::from(serde_json::to_vec(value).unwrap_or_default())
}

/// Pages hold the CSRF token of one browser, so no cache may keep them; the other headers keep them from running
/// or leaking anything. Clients of Auth.js look at none of these.
fn write_page_headers(policy: HeaderValue, referrer: Referrer, headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    let referrer = match referrer {
        Referrer::SameOrigin => "same-origin",
        Referrer::Nobody => "no-referrer",
    };
    headers.insert(REFERRER_POLICY, HeaderValue::from_static(referrer));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

fn write_redirect(
    status: StatusCode,
    target: &str,
    form: RedirectForm,
    headers: &mut HeaderMap,
) -> (StatusCode, Bytes) {
    let location = redirect::location(target);
    let body = match form {
        RedirectForm::Plain => (status, Bytes::new()),
        RedirectForm::Json => {
            let url = location.to_str().unwrap_or_default();
            (StatusCode::OK, json_body(&json!({ "url": url }), headers))
        }
    };
    headers.insert(LOCATION, location);
    body
}
