//! What stands in the chain, and what is to be written into it.

use std::fmt;
use std::str::FromStr;

use jiff::{Timestamp, Unit};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{canonical, hex};

/// The longest name of a kind, and of what an entry is about.
const NAME: usize = 64;
/// The longest id that stands as it is, in characters; of longer ones their hash does.
const ID: usize = 255;
/// What is kept of a client's address and of what it calls itself.
const CLIENT: usize = 64;
const AGENT: usize = 200;
/// The longest details, in bytes.
const DETAILS: usize = 16 * 1024;

/// What this module says itself.
pub(super) const BEGAN: &str = "audit.began";
pub(super) const CUT: &str = "audit.cut";
const LOST: &str = "audit.lost";
const OWN: &str = "audit.";

/// The hash of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntryHash(pub(super) [u8; 32]);

/// The seal of an entry: its hash, by a key that the database does not know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seal(pub(super) [u8; 32]);

/// What an entry is about: a user, or a row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// `user`, `address` (of whoever is none), or the name of a table.
    pub kind: String,
    /// Which one.
    pub id: String,
}

/// Whatever else is to be known: an object, in one way of writing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details(pub(super) String);

/// One entry of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number, without gaps from 1 on.
    pub number: i64,
    /// When it happened, to the microsecond.
    pub at: Timestamp,
    /// What happened: `sign-in.failed`.
    pub kind: String,
    /// Who did it, where that is known: the user's id.
    pub actor: Option<String>,
    /// From which network address.
    pub client: Option<String>,
    /// What the client calls itself, shortened.
    pub agent: Option<String>,
    /// What it was done to.
    pub subject: Option<Subject>,
    /// What else is to be known.
    pub details: Details,
    /// The hash of the entry before it; zeros at the first.
    pub previous: EntryHash,
    /// The hash of all that.
    pub hash: EntryHash,
    /// The name of the key that sealed it.
    pub key: String,
    /// The seal.
    pub seal: Seal,
}

/// An entry that is to be written. Whatever it holds is made to fit: nothing that is told keeps an entry out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub(super) kind: String,
    pub(super) at: Option<Timestamp>,
    pub(super) actor: Option<String>,
    pub(super) client: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) subject: Option<Subject>,
    pub(super) details: Details,
}

/// This names no kind of entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the kind of an entry is 1 to 64 of `a`-`z`, `0`-`9`, `.` and `-`, and does not begin with `audit.`"
)]
pub struct InvalidKind;

impl Draft {
    /// An entry of this kind, such as `invoice.sent`. It happened when it is written, unless something else is said.
    ///
    /// # Errors
    /// [`InvalidKind`]; names that begin with `audit.` are the trail's own.
    pub fn new(kind: &str) -> Result<Self, InvalidKind> {
        if !is_kind(kind) || kind.starts_with(OWN) {
            return Err(InvalidKind);
        }
        Ok(Self::own(kind))
    }

    /// Says that so many entries could not be kept until they were written.
    pub fn lost(entries: u64) -> Self {
        let details = [("entries".to_owned(), entries.into())];
        Self::own(LOST).details(&details.into_iter().collect())
    }

    /// Of a kind that was checked.
    pub(super) fn own(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            at: None,
            actor: None,
            client: None,
            agent: None,
            subject: None,
            details: Details::none(),
        }
    }

    /// When it happened.
    #[must_use]
    pub fn at(self, at: Timestamp) -> Self {
        Self {
            at: Some(at),
            ..self
        }
    }

    /// Who did it: the user's id.
    #[must_use]
    pub fn actor(self, id: &str) -> Self {
        Self {
            actor: Some(id_text(id)),
            ..self
        }
    }

    /// From which address.
    #[must_use]
    pub fn client(self, client: &str) -> Self {
        Self {
            client: Some(plain(client, CLIENT)),
            ..self
        }
    }

    /// What the client calls itself.
    #[must_use]
    pub fn agent(self, agent: &str) -> Self {
        Self {
            agent: Some(plain(agent, AGENT)),
            ..self
        }
    }

    /// What it was done to: `("user", id)`, `("Invoice", "7")`.
    #[must_use]
    pub fn subject(self, kind: &str, id: &str) -> Self {
        let subject = Subject {
            kind: plain(kind, NAME),
            id: id_text(id),
        };
        Self {
            subject: Some(subject),
            ..self
        }
    }

    /// What else is to be known. It stays as long as the entry and can be taken out by nobody: no secrets, nothing of a person that
    /// an id does not say as well. Of more than 16 KiB only the length is kept.
    #[must_use]
    pub fn details(self, details: &Map<String, Value>) -> Self {
        Self {
            details: Details::of(details),
            ..self
        }
    }
}

/// Whether this can be the kind of an entry.
pub(super) fn is_kind(kind: &str) -> bool {
    let plain =
        |sign: u8| sign.is_ascii_lowercase() || sign.is_ascii_digit() || b".-".contains(&sign);
    (1..=NAME).contains(&kind.len()) && kind.bytes().all(plain)
}

/// Ids are of any length, and all that matters of long ones is which are the same.
pub(super) fn id_text(id: &str) -> String {
    if id.chars().count() <= ID {
        return plain(id, ID);
    }
    format!("sha256:{}", hex::text(&Sha256::digest(id.as_bytes())))
}

/// At most so many characters, none of which moves a cursor or ends a text in a database.
fn plain(text: &str, most: usize) -> String {
    let signs = text.chars().take(most);
    signs
        .map(|sign| if sign.is_control() { '\u{fffd}' } else { sign })
        .collect()
}

/// As it stands in the table: always as long, so that later is greater.
pub(super) fn moment_text(at: Timestamp) -> String {
    // What is no longer than a day rounds without overflow but at the end of time, which stays as it is.
    let at = at.round(Unit::Microsecond).unwrap_or(at);
    format!("{at:.6}")
}

impl Details {
    pub(super) fn none() -> Self {
        Self("{}".to_owned())
    }

    pub(super) fn of(members: &Map<String, Value>) -> Self {
        let text = canonical::json(&Value::Object(members.clone()));
        if text.len() <= DETAILS {
            return Self(text);
        }
        Self(canonical::json(&json!({ "left_out_bytes": text.len() })))
    }

    /// JSON, byte by byte as it was hashed.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The object; empty where somebody made something else of it.
    pub fn members(&self) -> Map<String, Value> {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl Entry {
    pub(super) fn at_text(&self) -> String {
        moment_text(self.at)
    }
}

impl EntryHash {
    /// What stands before the first entry.
    pub(super) const NONE: Self = Self([0; 32]);
}

impl fmt::Display for EntryHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::text(&self.0))
    }
}

impl fmt::Debug for EntryHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EntryHash({self})")
    }
}

/// This is no hash: 64 digits, in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 hexadecimal digits in lower case")]
pub struct NotAHash;

impl FromStr for EntryHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        hex::parse(text).map(Self).ok_or(NotAHash)
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::text(&self.0))
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Seal({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_plain_names_and_ours_are_ours() {
        for kind in ["invoice.sent", "a", "row.updated-2"] {
            assert!(Draft::new(kind).is_ok(), "{kind}");
        }
        let long = "a".repeat(65);
        for kind in [
            "",
            "Invoice",
            "a b",
            "a_b",
            "a%",
            "é",
            "audit.cut",
            "audit.",
            &long,
        ] {
            assert_eq!(Draft::new(kind), Err(InvalidKind), "{kind}");
        }
    }

    #[test]
    fn whatever_is_told_is_made_to_fit() {
        let long = "x".repeat(100_000);
        let mut members = Map::new();
        members.insert("text".to_owned(), long.as_str().into());
        let draft = Draft::new("a")
            .unwrap()
            .actor(&long)
            .client("192.0.2.1\0\u{1b}[2J")
            .agent(&long)
            .subject(&long, "a\0b")
            .details(&members);
        assert_eq!(draft.actor.as_ref().unwrap().len(), 71);
        assert_eq!(
            draft.client.as_deref(),
            Some("192.0.2.1\u{fffd}\u{fffd}[2J")
        );
        assert_eq!(draft.agent.as_ref().unwrap().len(), AGENT);
        let subject = draft.subject.unwrap();
        assert_eq!(
            (subject.kind.len(), subject.id.as_str()),
            (NAME, "a\u{fffd}b")
        );
        assert!(draft.details.text().starts_with(r#"{"left_out_bytes":100"#));
    }

    #[test]
    fn moments_are_equally_long_and_later_is_greater() {
        let text = |text: &str| moment_text(text.parse().unwrap());
        assert_eq!(text("2026-01-01T00:00:00Z"), "2026-01-01T00:00:00.000000Z");
        assert_eq!(
            text("2026-01-01T00:00:00.1234567Z"),
            "2026-01-01T00:00:00.123457Z"
        );
        assert_eq!(
            text("2026-01-01T01:00:00+01:00"),
            "2026-01-01T00:00:00.000000Z"
        );
        assert!(text("2026-01-01T00:00:00.9Z") < text("2026-01-01T00:00:01Z"));
    }
}
