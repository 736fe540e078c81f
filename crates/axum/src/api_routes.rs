use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use bytes::Bytes;
use hallpass_auth::Auth;
use hallpass_data::http::openapi::{Info, Mounts, document, page};
use hallpass_data::http::{DataService, conditional};
use serde_json::{Value, json};

use crate::data_routes::known;
use crate::rejection::Rejection;
use crate::session::{current, read};

/// How the API is described.
#[derive(Debug, Clone)]
pub struct ApiDescription {
    /// The name of the API.
    pub title: String,
    /// Its version.
    pub version: String,
    /// What it is, in Markdown.
    pub description: String,
    /// Where the data is in the RPC style, if it is.
    pub rpc: Option<String>,
    /// Where the data is in the REST style, if it is.
    pub rest: Option<String>,
    /// Who may read it.
    pub readers: Readers,
}

/// Who may read how the API is described: it names models and fields, and says the access rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Readers {
    /// Whoever is signed in.
    #[default]
    SignedIn,
    /// Everybody.
    Everybody,
}

/// The API described under `prefix` (`/api`): as an OpenAPI 3.1 document at `openapi.json`, and as a page for people at
/// `docs`, which works without JavaScript and loads nothing from anywhere. Needs [`layer`](crate::layer()) where not
/// everybody may read it.
///
/// Both are made when they are first asked for, and kept.
///
/// ```no_run
/// use axum::Router;
/// use hallpass_auth::Auth;
/// use hallpass_axum::{ApiDescription, Readers, api_routes, layer};
/// use hallpass_data::http::DataService;
///
/// fn described(auth: &Auth, data: &DataService) -> Router {
///     let description = ApiDescription {
///         title: "Todos".to_owned(),
///         version: "1.0".to_owned(),
///         description: String::new(),
///         rpc: Some("/api/model".to_owned()),
///         rest: Some("/api/rest".to_owned()),
///         readers: Readers::SignedIn,
///     };
///     api_routes(auth, Some(data), "/api", description).layer(layer(auth))
/// }
/// ```
pub fn api_routes<S>(
    auth: &Auth,
    data: Option<&DataService>,
    prefix: &str,
    description: ApiDescription,
) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let prefix = prefix.trim_end_matches('/').to_owned();
    let source = format!("{prefix}/openapi.json");
    let at = format!("{prefix}/docs");
    let described = Arc::new(Described {
        auth: auth.clone(),
        data: data.cloned(),
        source: source.clone(),
        description,
        written: OnceLock::new(),
    });
    let for_people = Arc::clone(&described);
    Router::new()
        .route(
            &source,
            get(move |request: Request| async move {
                answer(request, &described, |written| &written.document).await
            }),
        )
        .route(
            &at,
            get(move |request: Request| async move {
                answer(request, &for_people, |written| &written.page).await
            }),
        )
}

/// What there is to describe, and how that reads.
struct Described {
    auth: Auth,
    data: Option<DataService>,
    source: String,
    description: ApiDescription,
    written: OnceLock<Written>,
}

struct Written {
    document: Kept,
    page: Kept,
}

/// An answer that is always the same.
struct Kept {
    body: Bytes,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Described {
    fn written(&self) -> &Written {
        self.written.get_or_init(|| self.write())
    }

    fn write(&self) -> Written {
        let about = &self.description;
        let mounts = Mounts {
            rpc: about.rpc.as_deref(),
            rest: about.rest.as_deref(),
        };
        let info = Info {
            title: &about.title,
            version: &about.version,
            description: &about.description,
        };
        let data = self.data.as_ref().map(|data| data.describe(mounts));
        let data = data.into_iter().flat_map(|part| [part, bearer()]);
        let document = document(info, data.chain([self.auth.describe()]));
        let page = page(&document, &self.source);
        let json = HeaderValue::from_static("application/json");
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        let mut of_page = vec![(CONTENT_TYPE, html)];
        if let Ok(policy) = HeaderValue::from_str(&page.policy) {
            of_page.push((CONTENT_SECURITY_POLICY, policy));
        }
        Written {
            document: Kept {
                body: document.to_string().into(),
                headers: vec![(CONTENT_TYPE, json)],
            },
            page: Kept {
                body: page.html.into(),
                headers: of_page,
            },
        }
    }
}

/// How a program says who asks for data; cookies are told with sign-in, which takes nothing else.
fn bearer() -> Value {
    json!({
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of a session, as the cookie has it.",
                },
            },
        },
        "security": [{ "bearer": [] }],
    })
}

async fn answer(request: Request, described: &Described, which: fn(&Written) -> &Kept) -> Response {
    let (mut parts, _) = request.into_parts();
    if described.description.readers == Readers::SignedIn
        && let Err(rejection) = require_session(&mut parts).await
    {
        return rejection.into_response();
    }
    let kept = which(described.written());
    let mut response = http::Response::new(kept.body.clone());
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().extend(kept.headers.iter().cloned());
    let response = conditional(&parts.method, known(&parts.headers), response);
    response.map(Body::from)
}

async fn require_session(parts: &mut Parts) -> Result<(), Rejection> {
    let auth = current(parts)?.auth.clone();
    match read(parts).await? {
        Some(_) => Ok(()),
        None => Err(Rejection::signed_out(&auth, parts)),
    }
}
