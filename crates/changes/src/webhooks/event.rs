//! What endpoints are told of.

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::log::Change;

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A user is there.
    UserCreated,
    /// A user is another.
    UserUpdated,
    /// A user is gone.
    UserDeleted,
    /// A session began.
    SessionCreated,
    /// A session was ended before its time.
    SessionRevoked,
    /// A user has one more way to sign in.
    AccountLinked,
    /// A user has one less.
    AccountUnlinked,
}

/// Every kind, with its name.
const KINDS: [(EventKind, &str); 7] = [
    (EventKind::UserCreated, "user.created"),
    (EventKind::UserUpdated, "user.updated"),
    (EventKind::UserDeleted, "user.deleted"),
    (EventKind::SessionCreated, "session.created"),
    (EventKind::SessionRevoked, "session.revoked"),
    (EventKind::AccountLinked, "account.linked"),
    (EventKind::AccountUnlinked, "account.unlinked"),
];

impl EventKind {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().map(|row| row.0)
    }

    /// Its name: `user.created`.
    pub fn name(self) -> &'static str {
        let mut rows = KINDS.iter();
        rows.find(|row| row.0 == self).map_or("", |row| row.1)
    }

    /// The kind of this name.
    pub fn of(name: &str) -> Option<Self> {
        let mut rows = KINDS.iter();
        rows.find(|row| row.1 == name).map(|row| row.0)
    }

    /// Whether it is of accounts.
    pub fn is_of_accounts(self) -> bool {
        matches!(self, Self::AccountLinked | Self::AccountUnlinked)
    }

    /// Whether it is of sessions.
    pub fn is_of_sessions(self) -> bool {
        matches!(self, Self::SessionCreated | Self::SessionRevoked)
    }
}

/// Something that happened to a user.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its id, the same whenever the same change is read.
    pub id: String,
    /// What it is.
    pub kind: EventKind,
    /// To whom: the user's id.
    pub subject: String,
    /// When.
    pub at: Timestamp,
    /// What is told of it.
    pub data: Value,
}

impl Event {
    pub(super) fn of(change: &Change, kind: EventKind, subject: &str, data: Value) -> Self {
        Self {
            id: id(change, kind),
            kind,
            subject: subject.to_owned(),
            at: change.at,
            data,
        }
    }

    /// The body of the message.
    ///
    /// Source: Standard Webhooks, payload structure.
    pub fn payload(&self) -> String {
        json!({
            "type": self.kind.name(),
            "timestamp": self.at.to_string(),
            "data": self.data,
        })
        .to_string()
    }
}

/// Receivers tell by it that they have had a message before. Where the log began anew at the same positions, the moment differs.
fn id(change: &Change, kind: EventKind) -> String {
    let whole = format!(
        "{}\n{}\n{}\n{}",
        change.position,
        change.at.as_nanosecond(),
        change.table,
        kind.name()
    );
    let hash = Sha256::digest(whole.as_bytes());
    let digits: String = hash
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("msg_{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        for kind in EventKind::all() {
            assert_eq!(EventKind::of(kind.name()), Some(kind));
            assert!(kind.name().len() <= 64);
        }
        assert_eq!(EventKind::all().count(), 7);
        assert_eq!(EventKind::of("user.*"), None);
    }
}
