use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use hallpass_auth::Auth;
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
#[derive(Debug, Clone)]
pub(crate) struct CurrentAuth {
    pub(crate) auth: Auth,
    /// The cookies of the session that was read; `None` while none was.
    cookies: Arc<Mutex<Option<Vec<HeaderValue>>>>,
}

impl CurrentAuth {
    fn new(auth: Auth) -> Self {
        Self {
            auth,
            cookies: Arc::default(),
        }
    }

    /// Keeps the cookies of the session that was read for the answer.
    pub(crate) fn keep_cookies(&self, cookies: Vec<HeaderValue>) {
        *self.cookies.lock().unwrap_or_else(PoisonError::into_inner) = Some(cookies);
    }

    /// SECURITY: what depends on who is signed in, and carries the cookie, may be kept by no cache on the way.
    fn finish(&self, headers: &mut HeaderMap) {
        let cookies = self
            .cookies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(cookies) = cookies else {
            return;
        };
        for cookie in cookies {
            headers.append(header::SET_COOKIE, cookie);
        }
        let private = HeaderValue::from_static("private, no-store");
        headers.entry(header::CACHE_CONTROL).or_insert(private);
    }
}
