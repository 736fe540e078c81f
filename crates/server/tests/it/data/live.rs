//! Live queries of the real binary: what somebody else writes comes by itself, and what ends a session ends the stream.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::place::{Place, asked, create, read, told, written};
use crate::harness::Visitor;

/// How long an event may take; what must not come is told from what is slow by what comes after it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stream of events.
pub(super) struct Events {
    response: Response,
    text: String,
    /// The last `id`.
    id: String,
}

/// What came.
#[derive(Debug)]
pub(super) struct Event {
    name: String,
    data: Value,
}

impl Events {
    pub(super) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let header = |name: &str| response.headers().get(name).cloned().unwrap();
        assert_eq!(header("content-type"), "text/event-stream");
        assert!(
            header("cache-control")
                .to_str()
                .unwrap()
                .contains("no-store")
        );
        assert_eq!(header("x-accel-buffering"), "no");
        Self {
            response,
            text: String::new(),
            id: String::new(),
        }
    }

    /// The next event; `None` at the end. Comments are passed over.
    pub(super) async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((text, rest)) = self.text.split_once("\n\n") {
                let (text, rest) = (text.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(event) = self.event(&text) {
                    return Some(event);
                }
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("nothing came").unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    fn event(&mut self, text: &str) -> Option<Event> {
        let (mut name, mut data) = (None, Value::Null);
        for line in text.lines() {
            match line.split_once(": ") {
                Some(("event", event)) => name = Some(event.to_owned()),
                Some(("id", id)) => id.clone_into(&mut self.id),
                Some(("data", json)) => data = serde_json::from_str(json).unwrap(),
                _ => {}
            }
        }
        Some(Event { name: name?, data })
    }

    /// The next event that has the whole result.
    pub(super) async fn result(&mut self) -> Value {
        let mut event = self.next().await.expect("the stream goes on");
        assert_eq!(event.name, "result", "{event:?}");
        event.data["data"].take()
    }
}

pub(super) fn live(visitor: &Visitor, model: &str, args: &Value) -> RequestBuilder {
    asked(visitor, &format!("{model}/live"), args)
}

fn titles() -> Value {
    json!({"select": {"title": true}, "orderBy": {"id": "asc"}})
}

#[tokio::test]
async fn what_is_written_comes_to_whoever_may_see_it() {
    for place in Place::everywhere("").await {
        let ann = place.signed_in("ann@example.com").await;
        let bob = place.signed_in("bob@example.com").await;
        let mut anns = Events::of(live(&ann, "note", &titles())).await;
        let mut bobs = Events::of(live(&bob, "note", &titles())).await;
        let mut open = Events::of(live(&place.visitor(), "notice", &json!({}))).await;
        for events in [&mut anns, &mut bobs, &mut open] {
            assert_eq!(events.result().await, json!([]), "{}", place.name);
        }
        for (visitor, id, title) in [(&ann, 1, "ann's"), (&bob, 2, "bob's")] {
            let note = create(visitor, "note", json!({"id": id, "title": title})).await;
            assert_eq!(note.0, 201, "{}: {}", place.name, note.1);
        }
        assert_eq!(
            anns.result().await,
            json!([{"title": "ann's"}]),
            "{}",
            place.name
        );
        assert_eq!(
            bobs.result().await,
            json!([{"title": "bob's"}]),
            "{}",
            place.name
        );
        let notice = create(&ann, "notice", json!({"id": 1, "text": "to all"})).await;
        assert_eq!(notice.0, 201, "{}", place.name);
        let seen = open.result().await;
        assert_eq!(seen, json!([{"id": 1, "text": "to all"}]), "{}", place.name);
        // With the header of the last event nothing comes twice.
        let again = live(&ann, "note", &titles()).header("last-event-id", &anns.id);
        let mut again = Events::of(again).await;
        assert_eq!(again.next().await.unwrap().name, "ready", "{}", place.name);
    }
}

#[tokio::test]
async fn the_stream_ends_with_the_session_and_rights_change_in_it() {
    for settings in ["", "[session]\nstrategy = 'jwt'"] {
        let place = Place::start(settings).await;
        let ann = place.signed_in("ann@example.com").await;
        let bob = place.signed_in("bob@example.com").await;
        let note = create(&bob, "note", json!({"id": 1, "title": "bob's"})).await;
        assert_eq!(note.0, 201);
        let mut notes = Events::of(live(&ann, "note", &titles())).await;
        assert_eq!(notes.result().await, json!([]), "{settings}");
        let role = async |role: &str| {
            let text =
                format!("UPDATE \"User\" SET role = '{role}' WHERE email = 'ann@example.com'");
            place.test.run(&text).await;
            // What another program does is seen with the next thing that wakes the stream.
            let notice = json!({"where": {"id": 1}, "data": {"title": role}});
            let put = written(&bob, Method::PUT, "note/update", &notice);
            assert_eq!(told(put).await.0, 200);
        };
        role("editor").await;
        assert_eq!(
            notes.result().await,
            json!([{"title": "editor"}]),
            "{settings}"
        );
        role("reader").await;
        assert_eq!(notes.result().await, json!([]), "{settings}");
        ann.sign_out().await;
        role("editor").await;
        let end = notes.next().await.unwrap();
        assert_eq!(
            (end.name.as_str(), &end.data["reason"]),
            ("end", &json!("session")),
            "{settings}"
        );
        assert!(notes.next().await.is_none());
    }
}

#[tokio::test]
async fn a_session_that_ended_ends_the_stream_though_nothing_happens() {
    let place = Place::start("[data]\nlive_look_again = 1").await;
    let ann = place.signed_in("ann@example.com").await;
    let mut notes = Events::of(live(&ann, "note", &titles())).await;
    assert_eq!(notes.result().await, json!([]));
    ann.sign_out().await;
    assert_eq!(notes.next().await.unwrap().name, "end");
    assert!(notes.next().await.is_none());
}

#[tokio::test]
async fn what_cannot_be_followed_is_an_answer_of_the_data() {
    let place = Place::start("[data]\nlive_queries_of_person = 1").await;
    let ann = place.signed_in("ann@example.com").await;
    let refused = async |request: RequestBuilder| {
        let (status, body) = told(request).await;
        assert!(body["error"]["message"].is_string(), "{body}");
        status
    };
    assert_eq!(refused(live(&ann, "ledger", &json!({}))).await, 400);
    assert_eq!(
        refused(live(&ann, "note", &json!({"take": "x"}))).await,
        422
    );
    assert_eq!(
        refused(written(&ann, Method::POST, "note/live", &json!({}))).await,
        400
    );
    let elsewhere = live(&ann, "note", &json!({})).header("sec-fetch-site", "cross-site");
    assert_eq!(refused(elsewhere).await, 403);
    let stale = live(&place.visitor(), "note", &json!({})).header("authorization", "Bearer x");
    assert_eq!(refused(stale).await, 401);
    let first = Events::of(live(&ann, "note", &json!({}))).await;
    assert_eq!(refused(live(&ann, "note", &json!({}))).await, 503);
    // A reader who goes makes room; the server learns of it when it next writes or reads.
    drop(first);
    let mut tries = tokio::time::interval(Duration::from_millis(20));
    while live(&ann, "note", &json!({}))
        .send()
        .await
        .unwrap()
        .status()
        != 200
    {
        tries.tick().await;
    }
    let off = Place::start("[data]\nlive = false").await;
    assert_eq!(refused(live(&off.visitor(), "note", &json!({}))).await, 400);
    assert_eq!(read(&ann, "note/findMany", &json!({})).await, json!([]));
}

#[tokio::test]
async fn a_server_that_stops_waits_for_no_stream() {
    let place = Place::start("").await;
    let mut open = Events::of(live(&place.visitor(), "notice", &json!({}))).await;
    assert_eq!(open.result().await, json!([]));
    let (code, time) = place.running.stop("TERM");
    assert_eq!(code, Some(0));
    assert!(time < Duration::from_secs(3), "{time:?}");
    assert!(open.next().await.is_none());
}
