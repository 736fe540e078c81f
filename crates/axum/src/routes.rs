use axum::Router;
use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use axum::routing::any;
use bytes::Bytes;
use hallpass_auth::Auth;

use crate::peer;

/// The sign-in routes under the base path of `auth` (`/api/auth/*` unless configured otherwise), to merge into an
/// application's router of any state.
///
/// Each client is limited for itself where the application is served by
/// `into_make_service_with_connect_info::<SocketAddr>()`; without, only each address is.
pub fn routes<S>(auth: &Auth) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let base = auth.base_path().trim_end_matches('/').to_owned();
    let auth = auth.clone();
    let handler = any(move |request: Request| {
        let auth = auth.clone();
        async move { answer(&auth, request).await }
    });
    let router = Router::new().route(&format!("{base}/{{*rest}}"), handler.clone());
    if base.is_empty() {
        router
    } else {
        // A wildcard takes no empty rest.
        router
            .route(&format!("{base}/"), handler.clone())
            .route(&base, handler)
    }
}

/// Answers one request below the base path as [`routes`] do: for servers that find their routes themselves.
pub async fn answer(auth: &Auth, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    peer::add(&mut parts.extensions);
    let body = if body.is_end_stream() {
        Bytes::new()
    } else {
        whole(body).await
    };
    let response = auth.handle(Request::from_parts(parts, body)).await;
    response.map(Body::from)
}

/// One byte more than allowed is enough for the engine to see that the body is too large, and to say so.
async fn whole(body: Body) -> Bytes {
    let limit = hallpass_auth::BODY_LIMIT + 1;
    match to_bytes(body, limit).await {
        Ok(body) => body,
        Err(_) => Bytes::from(vec![0; limit]),
    }
}
