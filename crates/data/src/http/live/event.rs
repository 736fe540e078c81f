//! The text of events.
//!
//! Source: the HTML standard, section 9.2.5 (parsing an event stream).

use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::state::Id;

/// The headers of an answer that streams events: nobody on the way keeps it, or waits for more of it.
pub fn headers() -> HeaderMap {
    let rows = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
        // What nginx and those like it read.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let rows = rows.map(|(name, value)| (name, HeaderValue::from_static(value)));
    rows.into_iter().collect()
}

/// When to come back after the connection was lost.
pub(super) fn retry(time: Duration) -> Bytes {
    format!("retry: {}\n\n", time.as_millis()).into()
}

/// An event of this name, whose data is one line of JSON.
pub(super) fn named(name: &str, id: Option<&Id>, data: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(data.len() + 64);
    text.extend_from_slice(b"event: ");
    text.extend_from_slice(name.as_bytes());
    if let Some(id) = id {
        text.extend_from_slice(b"\nid: ");
        text.extend_from_slice(id.text().as_bytes());
    }
    text.extend_from_slice(b"\ndata: ");
    text.extend_from_slice(data);
    text.extend_from_slice(b"\n\n");
    text
}

/// Something that only says that the connection lives.
pub(super) fn comment(text: &'static str) -> Bytes {
    format!(": {text}\n\n").into()
}
