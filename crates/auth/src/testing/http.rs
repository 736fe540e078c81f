//! Other servers, by script.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use serde_json::Value;
use url::Url;

use crate::outgoing::{Bounds, HttpClient, HttpError};

/// Answers by script and remembers what it was asked. Keeps to the bounds as a real client does.
#[derive(Debug, Default)]
pub struct ScriptedHttp {
    answers: Mutex<HashMap<String, VecDeque<Answer>>>,
    requests: Mutex<Vec<Recorded>>,
}

type Answer = Result<Response<Bytes>, HttpError>;

/// A request that was sent.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Its method.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// What it was allowed to cost.
    pub bounds: Bounds,
}

impl Recorded {
    /// The form in the body, in order.
    pub fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// A header as text; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }
}

impl ScriptedHttp {
    /// Knows no address: each is [`HttpError::Unreachable`].
    pub fn new() -> Self {
        Self::default()
    }

    /// The next answer of this address (without its query). The last one of an address is given again and again.
    pub fn answer(&self, url: &str, answer: Answer) {
        let mut answers = lock(&self.answers);
        answers.entry(url.to_owned()).or_default().push_back(answer);
    }

    /// The next answer of this address: 200 with this JSON.
    pub fn json(&self, url: &str, body: &Value) {
        self.answer(url, Ok(Response::new(Bytes::from(body.to_string()))));
    }

    /// The next answer of this address: a status and a body.
    pub fn status(&self, url: &str, status: StatusCode, body: impl Into<Bytes>) {
        let mut answer = Response::new(body.into());
        *answer.status_mut() = status;
        self.answer(url, Ok(answer));
    }

    /// Forgets the answers of this address, so that others can follow.
    pub fn forget(&self, url: &str) {
        lock(&self.answers).remove(url);
    }

    /// What was asked, oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.requests).clone()
    }

    /// What was asked of this address (without its query), oldest first.
    pub fn requests_to(&self, url: &str) -> Vec<Recorded> {
        let mut requests = self.requests();
        requests.retain(|request| without_query(&request.url) == url);
        requests
    }

    fn next(&self, url: &str) -> Answer {
        let mut answers = lock(&self.answers);
        let Some(queue) = answers.get_mut(without_query(url)) else {
            return Err(HttpError::Unreachable);
        };
        let answer = if queue.len() > 1 {
            queue.pop_front()
        } else {
            queue.front().cloned()
        };
        answer.unwrap_or(Err(HttpError::Unreachable))
    }
}

#[async_trait]
impl HttpClient for ScriptedHttp {
    async fn send(&self, request: Request<Bytes>, bounds: Bounds) -> Answer {
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        lock(&self.requests).push(Recorded {
            method: parts.method,
            url: url.clone(),
            headers: parts.headers,
            body,
            bounds,
        });
        let parsed = Url::parse(&url).map_err(|_| HttpError::Address)?;
        bounds.reach.check(&parsed)?;
        let answer = self.next(&url)?;
        if answer.body().len() > bounds.answer_bytes {
            return Err(HttpError::TooLarge(bounds.answer_bytes));
        }
        Ok(answer)
    }
}

fn without_query(url: &str) -> &str {
    url.split_once('?').map_or(url, |(before, _)| before)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
