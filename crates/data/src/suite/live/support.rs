use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use http::{HeaderValue, Method};
use serde_json::{Value as Json, json};
use url::form_urlencoded::Serializer;

use super::soon;
use crate::Client;
use crate::http::{DataService, Exposure, Follower, HttpOptions, LiveStream, Request};
use crate::live::{Asked, Live, LiveOptions};
use crate::suite::policies::support::person;

/// A service with live queries.
pub(super) fn service(db: &Client, options: LiveOptions) -> DataService {
    let http = HttpOptions {
        exposure: Exposure::everything(),
        ..HttpOptions::default()
    };
    let service = DataService::new(db.clone(), http).unwrap();
    service.with_live(&Live::new(db, options))
}

/// Somebody whose rights and session may change while a stream goes on.
#[derive(Clone)]
pub(super) struct Who {
    id: Option<String>,
    asked: Arc<Mutex<Asked>>,
    /// How often it was asked who this is.
    looks: Arc<AtomicUsize>,
}

impl Who {
    pub(super) fn is(id: &str) -> Self {
        let who = Self {
            id: Some(id.to_owned()),
            asked: Arc::new(Mutex::new(Asked::Unknown)),
            looks: Arc::default(),
        };
        who.becomes(Asked::Person(person(json!({"id": id, "role": "USER"}))));
        who
    }

    pub(super) fn nobody() -> Self {
        Self {
            id: None,
            asked: Arc::new(Mutex::new(Asked::Person(None))),
            looks: Arc::default(),
        }
    }

    /// How often it was asked, since this was asked last.
    pub(super) fn looks(&self) -> usize {
        self.looks.swap(0, Ordering::SeqCst)
    }

    pub(super) fn becomes(&self, asked: Asked) {
        *self.asked.lock().unwrap() = asked;
    }

    fn follower(&self) -> Follower {
        let Asked::Person(person) = self.asked.lock().unwrap().clone() else {
            panic!("only somebody follows");
        };
        let (asked, looks) = (Arc::clone(&self.asked), Arc::clone(&self.looks));
        let mut session = [0; 32];
        session[..8].copy_from_slice(&Arc::as_ptr(&self.asked).addr().to_le_bytes());
        Follower {
            whose: self.id.clone(),
            person,
            asking: Box::new(move || {
                looks.fetch_add(1, Ordering::SeqCst);
                let asked = asked.lock().unwrap().clone();
                Box::pin(async move { asked })
            }),
            session: Some(session),
        }
    }
}

/// Status and body of a refusal.
pub(super) type Refusal = (u16, Json);

/// What a client has of a live query.
pub(super) struct Following {
    pub(super) stream: LiveStream,
    /// The result, kept as a client keeps it.
    pub(super) data: Json,
    /// The last `id`.
    pub(super) id: String,
}

/// What came.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) data: Json,
}

/// Asks as a client does.
pub(super) async fn ask(
    service: &DataService,
    who: &Who,
    path: &str,
    query: &[(&str, &str)],
    known: Option<&str>,
) -> Result<LiveStream, Refusal> {
    let query = Serializer::new(String::new()).extend_pairs(query).finish();
    let request = Request {
        method: &Method::GET,
        path,
        query: &query,
        body: b"",
    };
    assert!(service.is_live(path), "{path}");
    let known = known.map(|known| HeaderValue::from_str(known).unwrap());
    let followed = service
        .follow(request, known.as_ref(), who.follower())
        .await;
    followed.map_err(|refusal| {
        let body = serde_json::from_slice(refusal.body()).unwrap();
        (refusal.status().as_u16(), body)
    })
}

impl Following {
    /// Follows from the beginning.
    pub(super) async fn begin(service: &DataService, who: &Who, model: &str, args: &Json) -> Self {
        Self::read(service, who, model, "findMany", args).await
    }

    pub(super) async fn read(
        service: &DataService,
        who: &Who,
        model: &str,
        operation: &str,
        args: &Json,
    ) -> Self {
        let path = format!("/{model}/live");
        let args = args.to_string();
        let query = [("q", args.as_str()), ("operation", operation)];
        let stream = ask(service, who, &path, &query, None).await.unwrap();
        let mut following = Self {
            stream,
            data: Json::Null,
            id: String::new(),
        };
        assert_eq!(following.event().await.name, "result");
        following
    }

    /// The next event, taken as clients take it. Comments are passed over.
    pub(super) async fn event(&mut self) -> Event {
        loop {
            let text = soon(self.stream.next()).await.expect("the stream goes on");
            if let Some(event) = self.take(&text) {
                return event;
            }
        }
    }

    fn take(&mut self, text: &[u8]) -> Option<Event> {
        let text = std::str::from_utf8(text).unwrap();
        assert!(text.ends_with("\n\n"), "{text:?}");
        let mut event = None;
        let mut data = Json::Null;
        for line in text.trim_end_matches('\n').split('\n') {
            match line.split_once(": ") {
                Some(("event", name)) => event = Some(name.to_owned()),
                Some(("id", id)) => id.clone_into(&mut self.id),
                Some(("data", json)) => data = serde_json::from_str(json).unwrap(),
                Some(("retry", millis)) => assert_eq!(millis, "2000"),
                Some(("", _)) => {}
                other => panic!("{other:?}"),
            }
        }
        let name = event?;
        match name.as_str() {
            "result" => self.data = data["data"].clone(),
            "change" => self.change(&data["data"]),
            "ready" | "end" => {}
            other => panic!("{other}"),
        }
        Some(Event { name, data })
    }

    /// What a client does with a change.
    fn change(&mut self, steps: &Json) {
        let place =
            |step: &Json, name: &str| usize::try_from(step[name].as_u64().unwrap()).unwrap();
        let list = self.data.as_array_mut().unwrap();
        for step in steps.as_array().unwrap() {
            match step["op"].as_str().unwrap() {
                "remove" => drop(list.remove(place(step, "at"))),
                "move" => {
                    let row = list.remove(place(step, "from"));
                    list.insert(place(step, "to"), row);
                }
                "insert" => list.insert(place(step, "at"), step["row"].clone()),
                "replace" => list[place(step, "at")] = step["row"].clone(),
                other => panic!("{other}"),
            }
        }
    }

    /// Whether the stream is over.
    pub(super) async fn is_over(&mut self) -> bool {
        soon(self.stream.next()).await.is_none()
    }
}
