//! Sign-in and pages, with the bounds that every request has around it.
//!
//! One function from request to response in place of a stack of layers: each layer of a router costs every request a
//! box, a clone of what is below it and a move of the request. And sign-in is asked before the router, whose search for a
//! route would cost as much as reading a cookie.

use std::borrow::Cow;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use hallpass::Auth;
use tokio::time::timeout;
use tower::ServiceExt as _;

use super::body::{Bound, Excess, USUAL};
use super::hosts::{self, Hosts};
use super::{body, icon, log, security};
use crate::app::Application;
use crate::data::DataApi;

/// How long an answer may take once the request is there. Longer than the database's own limits, which say more.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(45);

/// Everything that this server answers. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Site(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    hosts: Hosts,
    auth: Option<Auth>,
    data: Option<DataApi>,
    pages: Router,
    /// Asked by machines that call us by any name.
    open: Router,
}

impl Site {
    pub(crate) fn new(application: Application, hosts: Hosts, health: Router) -> Self {
        let Application { auth, data, pages } = application;
        Self::of(Some(auth), data, pages, (hosts, health))
    }

    fn of(
        auth: Option<Auth>,
        data: Option<DataApi>,
        pages: Router,
        (hosts, health): (Hosts, Router),
    ) -> Self {
        let open = health.merge(icon::routes());
        Self(Arc::new(Parts {
            hosts,
            auth,
            data,
            pages: pages.merge(open.clone()),
            open: open.fallback(hosts::refusal),
        }))
    }

    /// Pages without sign-in, under any name.
    pub(crate) fn of_pages(pages: Router) -> Self {
        Self::of(None, None, pages, (Hosts::Any, Router::new()))
    }

    pub(crate) async fn answer(&self, request: Request) -> Response {
        let path = request.uri().path();
        let data = self.0.data_at(path);
        let told = data.map_or(Cow::Borrowed(path), |data| data.told(path));
        let line = log::Line::begin(request.method(), &told, data.is_some());
        let bound = bound(data);
        let mut response = match body::read(request, bound).await {
            // In a box: hyper and each bound around it would move its kilobytes with every request.
            Ok(request) => bounded(Box::pin(self.0.answer(request))).await,
            Err(refusal) => refusal.into_response(),
        };
        security::complete(response.headers_mut());
        line.end(&response);
        response
    }
}

impl Parts {
    fn data_at(&self, path: &str) -> Option<&DataApi> {
        self.data.as_ref().filter(|data| data.takes(path))
    }

    async fn answer(&self, mut request: Request) -> Response {
        let admitted = self.hosts.admit(&mut request);
        let path = request.uri().path();
        let router = match &self.auth {
            Some(auth) if admitted && is_below(path, auth.base_path()) => {
                return hallpass::answer(auth, request).await;
            }
            _ if admitted => match self.data_at(path) {
                Some(data) => return data.answer(request).await,
                None => &self.pages,
            },
            _ => &self.open,
        };
        match router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// How large a body may be. The data says by itself what is too large.
fn bound(data: Option<&DataApi>) -> Bound {
    match data {
        Some(data) => Bound {
            most: data.service().limits().body_bytes,
            excess: Excess::Cut,
        },
        None => USUAL,
    }
}

/// The base path itself, and everything behind a slash.
pub(crate) fn is_below(path: &str, base: &str) -> bool {
    let rest = path.strip_prefix(base.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Bounds an answer in time. A panic is told by nothing but its status.
async fn bounded(answer: impl Future<Output = Response>) -> Response {
    match timeout(ANSWER_TIMEOUT, caught(answer)).await {
        Ok(Some(response)) => response,
        Ok(None) => {
            let text = "Something went wrong on our side.\n";
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// `None` for work that panicked. It is not asked again, so what it left half done is seen by nobody.
async fn caught<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        match polled {
            Ok(polled) => polled.map(Some),
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}

#[cfg(test)]
mod tests;
