//! The one way in which an entry is said as bytes.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::entry::{Entry, EntryHash};

/// So that no hash of anything else is one of an entry.
const DOMAIN: &[u8] = b"hallpass audit entry 1";

/// The hash of what stands in an entry, its number, its key and the hash before it included.
pub(super) fn hash_of(entry: &Entry) -> EntryHash {
    hash_at(entry, entry.number)
}

/// The same, if the entry stood at this number.
pub(super) fn hash_at(entry: &Entry, number: i64) -> EntryHash {
    let subject = entry.subject.as_ref();
    let mut hash = Sha256::new();
    let mut part = |bytes: Option<&[u8]>| {
        // SECURITY: each part says how long it is, and whether it is there: no two entries are the same bytes.
        hash.update([u8::from(bytes.is_some())]);
        let bytes = bytes.unwrap_or_default();
        hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(bytes);
    };
    part(Some(DOMAIN));
    part(Some(&number.to_be_bytes()));
    part(Some(entry.at_text().as_bytes()));
    part(Some(entry.kind.as_bytes()));
    part(entry.actor.as_deref().map(str::as_bytes));
    part(entry.client.as_deref().map(str::as_bytes));
    part(entry.agent.as_deref().map(str::as_bytes));
    part(subject.map(|subject| subject.kind.as_bytes()));
    part(subject.map(|subject| subject.id.as_bytes()));
    part(Some(entry.details.text().as_bytes()));
    part(Some(entry.key.as_bytes()));
    part(Some(&entry.previous.0));
    EntryHash(hash.finalize().into())
}

/// JSON without blanks, members in the order of their names. Numbers that are not whole stand as text: programs read them
/// differently.
pub(super) fn json(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value);
    text
}

fn write(text: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_str());
            text.push('{');
            for (place, (name, value)) in members.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                string(text, name);
                text.push(':');
                write(text, value);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write(text, item);
            }
            text.push(']');
        }
        Value::String(content) => string(text, content),
        Value::Number(number) if !(number.is_i64() || number.is_u64()) => {
            string(text, &number.to_string());
        }
        // Writing to a text never fails.
        plain => drop(write!(text, "{plain}")),
    }
}

pub(super) fn string(text: &mut String, content: &str) {
    // Writing to a text never fails.
    let _ = write!(text, "{}", Value::from(content));
}

#[cfg(test)]
mod tests {
    use serde_json::json as made;

    use super::*;

    #[test]
    fn the_same_is_said_alike() {
        let one: Value =
            serde_json::from_str(r#"{ "b": [1, 2.50, null], "a": {"y":1,"x":"é\u0000\n"} }"#)
                .unwrap();
        assert_eq!(
            json(&one),
            r#"{"a":{"x":"é\u0000\n","y":1},"b":[1,"2.5",null]}"#
        );
        let again: Value = serde_json::from_str(&json(&one)).unwrap();
        assert_eq!(json(&again), json(&one));
        assert_eq!(json(&made!({})), "{}");
        assert_eq!(json(&made!(u64::MAX)), u64::MAX.to_string());
    }
}
