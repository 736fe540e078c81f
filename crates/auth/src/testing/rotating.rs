//! A service that takes each refresh token once, as careful ones do.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::outgoing::{Bounds, HttpClient, HttpError};

/// Gives `access-1` and `refresh-1` for the first refresh token that it knows, then `access-2` and so on. A refresh token
/// that was used is refused from then on.
#[derive(Debug, Default)]
pub struct RotatingService {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    good: HashSet<String>,
    given: u32,
    requests: u32,
    addresses: Vec<String>,
    away: bool,
    /// Members of the answer that are other than usual; `null` takes one away.
    others: Vec<(String, Value)>,
}

impl RotatingService {
    /// Knows this refresh token.
    pub fn knowing(refresh_token: &str) -> Self {
        let service = Self::default();
        service.state().good.insert(refresh_token.to_owned());
        service
    }

    /// How often it was asked.
    pub fn requests(&self) -> u32 {
        self.state().requests
    }

    /// Where it was asked, in order.
    pub fn addresses(&self) -> Vec<String> {
        self.state().addresses.clone()
    }

    /// From now on nobody reaches it, or everybody.
    pub fn set_away(&self, away: bool) {
        self.state().away = away;
    }

    /// From now on a member of its answers is this; `null` leaves it out.
    pub fn set_member(&self, name: &str, value: Value) {
        self.state().others.push((name.to_owned(), value));
    }

    // A panic elsewhere cannot leave it half-changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, form: &str) -> (StatusCode, Value) {
        let mut state = self.state();
        let mut members = form_urlencoded::parse(form.as_bytes());
        let sent = members.find(|(name, _)| name == "refresh_token");
        let sent = sent
            .map(|(_, token)| token.into_owned())
            .unwrap_or_default();
        if !state.good.remove(&sent) {
            let refusal = json!({ "error": "invalid_grant" });
            return (StatusCode::BAD_REQUEST, refusal);
        }
        state.given += 1;
        let number = state.given;
        let refresh_token = format!("refresh-{number}");
        state.good.insert(refresh_token.clone());
        let mut answer = json!({
            "access_token": format!("access-{number}"), "token_type": "Bearer",
            "expires_in": 3600, "refresh_token": refresh_token,
        });
        if let Some(members) = answer.as_object_mut() {
            for (name, value) in &state.others {
                members.insert(name.clone(), value.clone());
                members.retain(|_, value| !value.is_null());
            }
        }
        if answer.get("refresh_token").is_none() {
            state.good.insert(sent);
        }
        (StatusCode::OK, answer)
    }
}

#[async_trait]
impl HttpClient for RotatingService {
    async fn send(
        &self,
        request: Request<Bytes>,
        _bounds: Bounds,
    ) -> Result<Response<Bytes>, HttpError> {
        {
            let mut state = self.state();
            state.requests += 1;
            state.addresses.push(request.uri().to_string());
            if state.away {
                return Err(HttpError::Unreachable);
            }
        }
        let form = String::from_utf8_lossy(request.body()).into_owned();
        let (status, answer) = self.take(&form);
        // The token is used up, and the answer on its way.
        for _ in 0..3 {
            yield_once().await;
        }
        let mut response = Response::new(Bytes::from(answer.to_string()));
        *response.status_mut() = status;
        Ok(response)
    }
}

/// Lets others go on, without a runtime.
async fn yield_once() {
    let mut yielded = false;
    futures_util::future::poll_fn(|context| {
        if yielded {
            return std::task::Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}
