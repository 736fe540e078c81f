//! The endpoint that is told: it takes everything, and keeps it in the order of its arrival.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use super::stream::Step;

/// A message as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// The same at each try.
    pub(super) id: String,
    pub(super) user: String,
    pub(super) step: Step,
}

#[derive(Debug, Default)]
struct Arrivals {
    messages: Vec<Message>,
    ids: HashSet<String>,
}

#[derive(Clone)]
struct Desk {
    arrivals: Arc<Mutex<Arrivals>>,
    /// How many different messages came.
    told: Arc<watch::Sender<usize>>,
}

pub(super) struct Receiver {
    pub(super) port: u16,
    desk: Desk,
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let desk = Desk {
            arrivals: Arc::default(),
            told: Arc::new(watch::channel(0).0),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let routes = Router::new()
            .route("/hook", post(take))
            .with_state(desk.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { port, desk }
    }

    pub(super) fn told(&self) -> usize {
        *self.desk.told.borrow()
    }

    /// How many different messages came, for whoever waits for more.
    pub(super) fn watch(&self) -> watch::Receiver<usize> {
        self.desk.told.subscribe()
    }

    pub(super) async fn has_told(&self, count: usize, patience: Duration) {
        let mut told = self.watch();
        let waiting = timeout(patience, told.wait_for(|told| *told >= count));
        if waiting.await.is_err() {
            panic!("{count} messages are awaited, {} came", self.told());
        }
    }

    pub(super) fn messages(&self) -> Vec<Message> {
        self.desk.arrivals.lock().unwrap().messages.clone()
    }
}

async fn take(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let message = message(&headers, &body);
    let mut arrivals = desk.arrivals.lock().unwrap();
    arrivals.ids.insert(message.id.clone());
    arrivals.messages.push(message);
    desk.told.send_replace(arrivals.ids.len());
    StatusCode::NO_CONTENT
}

fn message(headers: &HeaderMap, body: &Value) -> Message {
    let version = || {
        let name = body["data"]["display_name"].as_str().unwrap();
        name.parse().unwrap()
    };
    Message {
        id: headers["webhook-id"].to_str().unwrap().to_owned(),
        user: body["data"]["id"].as_str().unwrap().to_owned(),
        step: match body["type"].as_str().unwrap() {
            "user.created" => Step::Created(version()),
            "user.updated" => Step::Updated(version()),
            "user.deleted" => Step::Deleted,
            other => panic!("nobody asked for {other}"),
        },
    }
}
