use axum::Router;
use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use bytes::Bytes;
use hallpass_data::ArgValue;
use hallpass_data::http::{DataService, Request as DataRequest, conditional};

use crate::db::person;
use crate::rejection::{Rejection, error};
use crate::session::read;

/// The data in the RPC style under `prefix` (`/api/model` as ZenStack's clients expect it), in the name of whoever sends
/// the request.
///
/// The person comes from the session, as for [`Db`](crate::Db): a cookie or a bearer token. A request that changes
/// something and that another site made the browser send is refused with 403, and a body that is no JSON with 415, so
/// that no form of another site passes for a call. Needs [`layer`](crate::layer()).
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

#[derive(Debug, Clone, Copy)]
enum Style {
    Rpc,
    Rest,
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
        async move {
            let answer = answer(&service, &prefix, style, request).await;
            answer.unwrap_or_else(|response| *response)
        }
    });
    Router::new().route(&path, handler)
}

/// The answer, or why nobody was asked.
async fn answer(
    service: &DataService,
    prefix: &str,
    style: Style,
    request: Request,
) -> Result<Response, Box<Response>> {
    let (mut parts, body) = request.into_parts();
    let session = read(&mut parts).await.map_err(refused)?;
    let person: Option<ArgValue> = session
        .map(|session| person(service.schema(), &session))
        .transpose()
        .map_err(|error| refused(Rejection::unfit(error)))?;
    let body = whole(body, service.limits().body_bytes).await;
    if !body.is_empty() && takes_body(&parts.method) && !is_json(&parts.headers) {
        let message = "The body must be of the type application/json";
        return Err(Box::new(error(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)));
    }
    let path = parts.uri.path();
    let asked = DataRequest {
        method: &parts.method,
        path: path.strip_prefix(prefix).unwrap_or(path),
        query: parts.uri.query().unwrap_or_default(),
        body: &body,
    };
    let response = match style {
        Style::Rpc => service.rpc(person, asked).await,
        Style::Rest => service.rest(person, asked).await,
    };
    let known = parts.headers.get(header::IF_NONE_MATCH);
    let response = conditional(&parts.method, known.map(HeaderValue::as_bytes), response);
    Ok(response.map(Body::from))
}

fn refused(rejection: Rejection) -> Box<Response> {
    Box::new(rejection.into_response())
}

/// The body; one byte more than allowed is enough for the service to see that it is too large, and to say so.
async fn whole(body: Body, most: usize) -> Bytes {
    if body.is_end_stream() {
        return Bytes::new();
    }
    let limit = most.saturating_add(1);
    match to_bytes(body, limit).await {
        Ok(body) => body,
        Err(_) => Bytes::from(vec![0; limit]),
    }
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
