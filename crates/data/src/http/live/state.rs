//! What a live query gave last.

use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hallpass_zmodel::schema::Model;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::event;
use crate::http::Writer;
use crate::live::{Mark, Step, distinct, key_of, mark, steps};
use crate::operation::Reply;
use crate::policy::DialectVersion;
use crate::record::Record;

/// Bytes that one permit of the room for results stands for.
const UNIT: usize = 1024;

/// The name of a result: the same wherever and whenever it is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id([u8; 16]);

impl Id {
    pub(super) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Whether a client means this one.
    pub(super) fn is(&self, text: &[u8]) -> bool {
        self.text().as_bytes() == text
    }
}

/// A result, as events.
#[derive(Debug)]
pub(super) struct State {
    pub(super) id: Id,
    /// `result`
    pub(super) whole: Bytes,
    /// `change`, and the result after which it holds.
    pub(super) change: Option<(Id, Bytes)>,
    /// What is remembered of its rows, where it has any.
    rows: Option<Vec<Mark>>,
}

/// Why a result cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Untold {
    /// It is larger than may be.
    TooLarge,
    /// Others take up all the room at the moment.
    NoRoom,
}

/// How results become events.
#[derive(Debug)]
pub(super) struct Telling {
    /// Of all results together, in [`UNIT`]s.
    room: Arc<Semaphore>,
    /// Of one.
    most_bytes: usize,
}

impl Telling {
    pub(super) fn new(most_bytes: usize, all_bytes: usize) -> Self {
        let units = (all_bytes / UNIT).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            room: Arc::new(Semaphore::new(units)),
            most_bytes,
        }
    }

    /// The state of a reply, after the one before it.
    pub(super) fn state(
        &self,
        reply: &Reply,
        model: &Model,
        version: DialectVersion,
        before: Option<&State>,
    ) -> Result<State, Untold> {
        let mut writer = Writer::new(version);
        writer.raw("{\"data\":");
        let spans = match reply {
            Reply::Records(records) => Some(list(&mut writer, records)),
            _ => {
                writer.reply(reply);
                None
            }
        };
        let body = writer.ended();
        if body.len() > self.most_bytes {
            return Err(Untold::TooLarge);
        }
        let id = Id(mark(&body));
        let rows = match (reply, spans) {
            (Reply::Records(records), Some(spans)) => Some(marks(records, &spans, &body, model)),
            _ => None,
        };
        let change = before.and_then(|before| {
            let rows = rows.as_deref()?;
            let steps = steps(before.rows.as_deref()?, rows, rows.len() / 2 + 1)?;
            let Reply::Records(records) = reply else {
                return None;
            };
            let data = change(&steps, records, version);
            (data.len() < body.len()).then_some((before.id, data))
        });
        let change = change.map(|(after, data)| {
            let text = event::named("change", Some(&id), &data);
            self.held(text).map(|text| (after, text))
        });
        Ok(State {
            id,
            whole: self.held(event::named("result", Some(&id), &body))?,
            change: change.transpose()?,
            rows,
        })
    }

    /// Bytes that take up room until the last of those who send them is done.
    fn held(&self, text: Vec<u8>) -> Result<Bytes, Untold> {
        let units = u32::try_from(text.len() / UNIT + 1).map_err(|_| Untold::TooLarge)?;
        let room = Arc::clone(&self.room).try_acquire_many_owned(units);
        let _room = room.map_err(|_| Untold::NoRoom)?;
        Ok(Bytes::from_owner(Held { text, _room }))
    }
}

struct Held {
    text: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

/// Writes rows; gives where in the JSON each of them stands.
fn list(writer: &mut Writer, records: &[Record]) -> Vec<Range<usize>> {
    let mut spans = Vec::with_capacity(records.len());
    writer.list(records, |writer, record| {
        let from = writer.written();
        writer.record(record);
        spans.push(from..writer.written());
    });
    spans
}

/// Rows are the same where their JSON is: it says every value, and each field has one kind of them.
fn marks(records: &[Record], spans: &[Range<usize>], body: &[u8], model: &Model) -> Vec<Mark> {
    let pairs = records.iter().zip(spans);
    distinct(pairs.map(|(record, span)| {
        let content = mark(body.get(span.clone()).unwrap_or_default());
        (key_of(record, &model.id), content)
    }))
}

/// `{"data": [{"op": "insert", "at": 0, "row": {…}}, …], "meta": {"serialization": …}}`, whose paths begin below `data` as
/// those of a result do.
fn change(steps: &[Step], records: &[Record], version: DialectVersion) -> Bytes {
    let mut writer = Writer::new(version);
    writer.raw("{\"data\":");
    writer.list(steps, |writer, step| match step {
        Step::Remove { at } => writer.raw(&format!("{{\"op\":\"remove\",\"at\":{at}}}")),
        Step::Move { from, to } => {
            writer.raw(&format!("{{\"op\":\"move\",\"from\":{from},\"to\":{to}}}"));
        }
        Step::Insert { at, row } => with_row(writer, "insert", *at, records.get(*row)),
        Step::Replace { at, row } => with_row(writer, "replace", *at, records.get(*row)),
    });
    writer.ended()
}

fn with_row(writer: &mut Writer, name: &str, at: usize, row: Option<&Record>) {
    writer.raw(&format!("{{\"op\":\"{name}\",\"at\":{at},\"row\":"));
    writer.within("row", |writer| match row {
        Some(row) => writer.record(row),
        None => writer.raw("null"),
    });
    writer.raw("}");
}
