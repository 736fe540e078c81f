use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use hallpass_auth::{Auth, Session, SessionRead};
use tower::{Layer, Service};

/// The layer that makes [`Session`](crate::Session) work in every handler below it, and that sends renewed
/// session cookies back.
pub fn layer(auth: &Auth) -> AuthLayer {
    AuthLayer { auth: auth.clone() }
}

/// Made by [`layer`].
#[derive(Debug, Clone)]
pub struct AuthLayer {
    auth: Auth,
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AuthService {
            auth: self.auth.clone(),
            inner,
        }
    }
}

/// The service [`AuthLayer`] wraps around another.
#[derive(Debug, Clone)]
pub struct AuthService<S> {
    auth: Auth,
    inner: S,
}

impl<S> Service<Request> for AuthService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let current = CurrentAuth::new(self.auth.clone());
        request.extensions_mut().insert(current.clone());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            current.finish(response.headers_mut());
            Ok(response)
        })
    }
}

/// What the layer lends to the extractors for one request.
///
/// SECURITY: each layer makes its own, so that a session of one `Auth` is never believed by another.
#[derive(Debug, Clone)]
pub(crate) struct CurrentAuth {
    pub(crate) auth: Auth,
    /// What the first read gave; `None` while there was none.
    read: Arc<Mutex<Option<SessionRead>>>,
}

impl CurrentAuth {
    pub(crate) fn new(auth: Auth) -> Self {
        Self {
            auth,
            read: Arc::default(),
        }
    }

    /// The session that an earlier extractor read, if one did.
    pub(crate) fn seen(&self) -> Option<Option<Session>> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.as_ref().map(|read| read.session.clone())
    }

    /// Keeps what was read for later extractors and for the answer.
    pub(crate) fn keep(&self, read: &SessionRead) {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Some(read.clone());
    }

    /// Adds the cookies of the session that was read, unless the handler has set them itself: it may have signed
    /// out.
    ///
    /// SECURITY: what depends on who is signed in, and may carry the cookie, is kept by no cache on the way, whatever the
    /// handler says (nextauthjs/next-auth#11667).
    pub(crate) fn finish(&self, headers: &mut HeaderMap) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(read) = read.take() else {
            return;
        };
        let own: Vec<HeaderValue> = headers
            .get_all(header::SET_COOKIE)
            .iter()
            .cloned()
            .collect();
        for cookie in read.set_cookies {
            if !own.iter().any(|set| name(set) == name(&cookie)) {
                headers.append(header::SET_COOKIE, cookie);
            }
        }
        let renews = headers.contains_key(header::SET_COOKIE);
        let asks_again = |value: &HeaderValue| value == "private, no-cache";
        // A browser may keep what it shows to nobody before it has asked here again.
        if renews || !headers.get(header::CACHE_CONTROL).is_some_and(asks_again) {
            let private = HeaderValue::from_static("private, no-store");
            headers.insert(header::CACHE_CONTROL, private);
        }
    }
}

/// The name in a `Set-Cookie` header.
fn name(cookie: &HeaderValue) -> Option<&[u8]> {
    cookie.as_bytes().split(|byte| *byte == b'=').next()
}
