use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::Response;
use axum::routing::any;
use bytes::Bytes;
use futures_util::StreamExt as _;
use hallpass_auth::{Auth, SessionError};
use hallpass_data::ArgValue;
use hallpass_data::http::{
    DataService, Decline, Request as DataRequest, Style, conditional, decline,
};

use crate::db::asker;
use crate::layer::CurrentAuth;
use crate::live;
use crate::rejection::causes;
use crate::session::current;

/// The data in the RPC style under `prefix` (`/api/model` as ZenStack's clients expect it), in the name of whoever sends
/// the request.
///
/// The person comes from the session, as for [`Db`](crate::Db): of the cookie, or where there is none of the same token in
/// `Authorization: Bearer`; one that is of no session is refused with 401. A request with the cookie that another site made
/// the browser send is refused with 403, and a body that is no JSON with 415, so that no form of another site passes for a
/// call. Needs [`layer`](crate::layer()).
///
/// A service with [live queries](DataService::with_live) answers `{model}/live` with server-sent events, for as long as the
/// session goes on.
///
/// ```no_run
/// use axum::Router;
/// use hallpass_auth::Auth;
/// use hallpass_axum::{layer, model_routes, routes};
/// use hallpass_data::http::DataService;
///
/// fn app(auth: &Auth, data: &DataService) -> Router {
///     Router::new()
///         .merge(model_routes(data, "/api/model"))
///         .merge(routes(auth))
///         .layer(layer(auth))
/// }
/// ```
///
/// Source: contract zenstack §4.1 and §4.5.
pub fn model_routes<S>(service: &DataService, prefix: &str) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    styled(service, prefix, Style::Rpc)
}

/// The data in the JSON:API style under `prefix`, in the name of whoever sends the request; else as [`model_routes`].
///
/// Links begin with what [`RestOptions::endpoint`](hallpass_data::http::RestOptions::endpoint) says: by default
/// `/api/rest`.
///
/// Source: contract zenstack §4.4 and §4.5.
pub fn rest_routes<S>(service: &DataService, prefix: &str) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    styled(service, prefix, Style::Rest)
}

fn styled<S>(service: &DataService, prefix: &str, style: Style) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let service = service.clone();
    let prefix = prefix.trim_end_matches('/').to_owned();
    let path = format!("{prefix}/{{*rest}}");
    let handler = any(move |request: Request| {
        let (service, prefix) = (service.clone(), prefix.clone());
        async move { answer(&service, &prefix, style, request).await }
    });
    Router::new().route(&path, handler)
}

/// Answers one request below a prefix (without a slash at its end) as [`model_routes`] or [`rest_routes`] do below
/// [`layer`](crate::layer()): for servers that find their routes themselves.
pub async fn answer_data(
    auth: &Auth,
    service: &DataService,
    (prefix, style): (&str, Style),
    mut request: Request,
) -> Response {
    let current = CurrentAuth::new(auth.clone());
    request.extensions_mut().insert(current.clone());
    let mut response = answer(service, prefix, style, request).await;
    current.finish(response.headers_mut());
    response
}

/// The answer, be it that nobody was asked.
async fn answer(service: &DataService, prefix: &str, style: Style, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = below(&parts, prefix);
    if style == Style::Rpc && service.is_live(path) {
        return live::follow(service, prefix, parts).await;
    }
    let person = match asking(service, &mut parts).await {
        Ok(person) => person,
        Err(why) => return decline(style, why).map(Body::from),
    };
    let body = match whole(body, service.limits().body_bytes).await {
        Ok(body) => body,
        Err(why) => return decline(style, why).map(Body::from),
    };
    if !body.is_empty() && takes_body(&parts.method) && !is_json(&parts.headers) {
        return decline(style, Decline::MediaType).map(Body::from);
    }
    let asked = asked(&parts, prefix, &body);
    let response = service.answer(style, person, asked).await;
    conditional(&parts.method, known(&parts.headers), response).map(Body::from)
}

/// The validators that somebody has, each line of the header.
pub(crate) fn known(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let lines = headers.get_all(header::IF_NONE_MATCH).into_iter();
    lines.map(HeaderValue::as_bytes)
}

/// The path below the prefix that the style is mounted at.
fn below<'p>(parts: &'p Parts, prefix: &str) -> &'p str {
    let path = parts.uri.path();
    path.strip_prefix(prefix).unwrap_or(path)
}

/// What is asked, as the service reads it.
pub(crate) fn asked<'p>(parts: &'p Parts, prefix: &str, body: &'p [u8]) -> DataRequest<'p> {
    DataRequest {
        method: &parts.method,
        path: below(parts, prefix),
        query: parts.uri.query().unwrap_or_default(),
        body,
    }
}

/// Who asks, as the rules know them.
async fn asking(service: &DataService, parts: &mut Parts) -> Result<Option<ArgValue>, Decline> {
    let session = session(parts).await?;
    let asker = asker(service.client(), session.as_ref()).await;
    asker.map_err(|error| error.decline())
}

/// The session of whoever asks for data: of the cookie, or of a token in the header.
///
/// SECURITY: browsers attach the cookie whichever site makes them ask, so no other site may, be it to read; without one it may
/// not write, for a machine that only its own network reaches listens to pages of the whole web. A token in the header was
/// attached by whoever knows it.
pub(crate) async fn session(parts: &mut Parts) -> Result<Option<hallpass_auth::Session>, Decline> {
    let current = current(parts).map_err(|_| Decline::Internal)?.clone();
    let auth = &current.auth;
    if auth.bears_token(parts) {
        let session = auth.bearer_session(parts).await.map_err(away)?;
        return session.map(Some).ok_or(Decline::Token);
    }
    if auth.is_from_elsewhere(parts) && (!parts.method.is_safe() || auth.has_session_cookie(parts))
    {
        return Err(Decline::OtherSite);
    }
    if let Some(seen) = current.seen() {
        return Ok(seen);
    }
    let read = auth.session(parts).await.map_err(away)?;
    current.keep(&read);
    Ok(read.session)
}

#[expect(clippy::needless_pass_by_value, reason = "it is the end of the error")]
fn away(error: SessionError) -> Decline {
    tracing::error!(error = %causes(&error), "a session could not be read");
    Decline::Unavailable
}

/// The body. Of one that is larger than this, as much as came when that was seen: the service sees it too, and says so.
async fn whole(body: Body, most: usize) -> Result<Bytes, Decline> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let mut parts = body.into_data_stream();
    let mut first = Bytes::new();
    // All of it, where it comes in more than one part.
    let mut all = Vec::new();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| Decline::Broken)?;
        if first.is_empty() {
            first = part;
        } else {
            if all.is_empty() {
                all.extend_from_slice(&first);
            }
            all.extend_from_slice(&part);
        }
        if first.len().max(all.len()) > most {
            break;
        }
    }
    Ok(if all.is_empty() { first } else { all.into() })
}

fn takes_body(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

/// SECURITY: a page of another site can make a browser send a form without asking, but no JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let found = headers.get(header::CONTENT_TYPE);
    let found = found.and_then(|found| found.to_str().ok());
    let essence = found
        .and_then(|found| found.split(';').next())
        .map(str::trim);
    essence.is_some_and(|essence| {
        ["application/json", "application/vnd.api+json"]
            .iter()
            .any(|json| essence.eq_ignore_ascii_case(json))
    })
}
