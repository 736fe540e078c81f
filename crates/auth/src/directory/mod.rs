//! What is known of each session, so that a person can see where they are signed in, and end it.
//!
//! The sessions themselves stay where they are: in the store, or in the cookie. Beside them the directory keeps, by a
//! hash of the session's secret, who, since when, last when, and with what it is used. For sessions in cookies it also
//! keeps which of them no longer count ([`Revocation`]); the engine holds those in memory, so that a read costs
//! no query.
//!
//! Never here: a session's secret (only [`SessionKey`], its hash), a whole client address ([`network`]), and anything
//! that decides who is signed in: an entry that is missing or wrong ends nobody's session and lets nobody in.
//!
//! To keep something more of a session: a member of [`ClientDetails`], its column in
//! `crates/adapter/layouts/own/sessions.zmodel`, and its line in the test kit.

mod api;
mod client;
pub(crate) mod family;
mod key;
mod last_seen;
pub(crate) mod manage;
mod network;
pub(crate) mod observe;
pub(crate) mod recent;
pub(crate) mod revocations;
mod service;
mod settings;

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

pub use client::{ClientDetails, describe};
pub use key::{SessionId, SessionKey};
pub use manage::{DirectoryError, Revoked};
pub use network::network;
pub use service::ServiceSession;
pub use settings::{DirectorySettings, KeepNetwork, Outage, TokenSignOut};

use crate::adapter::{AdapterError, StoreId, UserId};
use crate::session::Strategy;

/// What is known of one session.
#[derive(Clone, PartialEq)]
pub struct SessionEntry {
    /// What its owner may see and name it by.
    pub id: SessionId,
    /// Hash of the session's secret.
    pub key: SessionKey,
    /// Whose it is.
    pub user_id: UserId,
    /// Where the session lives.
    pub strategy: Strategy,
    /// When it began; unknown of one that another application began.
    pub created: Option<Timestamp>,
    /// When it was used last, to about a quarter of an hour.
    pub last_seen: Option<Timestamp>,
    /// When it ends unless it is used.
    pub expires: Timestamp,
    /// With what it is used.
    pub client: ClientDetails,
    /// The service that it began with. `None`: none, or another application began it.
    pub service: Option<ServiceSession>,
}

impl SessionEntry {
    /// A session that another application began: nothing is known but that it is there.
    pub fn unknown(
        key: SessionKey,
        user_id: UserId,
        strategy: Strategy,
        expires: Timestamp,
    ) -> Self {
        Self {
            id: SessionId::of_unknown(&key),
            key,
            user_id,
            strategy,
            created: None,
            last_seen: None,
            expires,
            client: ClientDetails::default(),
            service: None,
        }
    }
}

/// Without what tells of the person.
impl fmt::Debug for SessionEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SessionEntry")
            .field("id", &self.id)
            .field("user_id", &self.user_id)
            .field("strategy", &self.strategy)
            .field("created", &self.created)
            .field("last_seen", &self.last_seen)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many come before it.
    pub skip: u32,
    /// How many it holds at most.
    pub take: u32,
}

impl Page {
    /// The first so many.
    pub fn first(take: u32) -> Self {
        Self { skip: 0, take }
    }

    /// The one behind this.
    #[must_use]
    pub fn next(self) -> Self {
        Self {
            skip: self.skip.saturating_add(self.take),
            ..self
        }
    }
}

/// Which sessions of a user end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// One.
    One(SessionKey),
    /// Every one but this.
    AllBut(Option<Kept>),
}

/// The session that goes on where all others of its user end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Which.
    pub key: SessionKey,
    /// When it began. `None`: nobody knows, so that whatever ended the user's sessions counts as later.
    pub began: Option<Timestamp>,
}

impl Kept {
    /// A session of which only the key is known.
    pub fn of_key(key: SessionKey) -> Self {
        Self { key, began: None }
    }
}

/// Sessions in cookies that count no longer, though their tokens have time left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Which.
    pub subject: Subject,
    /// When they were ended.
    pub at: Timestamp,
    /// The one session of a user that goes on.
    pub keep: Option<SessionKey>,
    /// When no token that this concerns can be valid any more, so that it may be forgotten.
    pub expires: Timestamp,
}

/// What a [`Revocation`] concerns.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One session, however often its token was renewed.
    Session(SessionKey),
    /// Every session of a user that began before.
    User(UserId),
}

impl Subject {
    /// One text for both kinds, for stores that need one.
    pub fn to_text(&self) -> String {
        match self {
            Self::Session(key) => format!("session:{}", key.to_hex()),
            Self::User(user) => format!("user:{user}"),
        }
    }

    /// Reads what [`to_text`](Self::to_text) wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("session", key) => SessionKey::from_hex(key).map(Self::Session),
            ("user", user) => Some(Self::User(UserId(user.to_owned()))),
            _ => None,
        }
    }
}

/// Keeps the entries. Moments are kept to the millisecond.
///
/// An implementation is judged by the public test kit in [`testing`](crate::testing) (feature `testing`).
#[async_trait]
pub trait SessionDirectory: Send + Sync + 'static {
    /// Names the store: see [`Adapter::store_id`](crate::adapter::Adapter::store_id).
    fn store_id(&self) -> Option<StoreId> {
        None
    }

    /// Adds the entry of a session that begins.
    async fn add(&self, entry: SessionEntry) -> Result<(), AdapterError>;

    /// Takes down that a session was seen: when, its end and its client, unless that was done after `unless_since`. What
    /// it began with stays.
    /// Adds the entry where there is none.
    async fn touch(&self, entry: SessionEntry, unless_since: Timestamp)
    -> Result<(), AdapterError>;

    /// The entry of a session.
    async fn entry(&self, key: &SessionKey) -> Result<Option<SessionEntry>, AdapterError>;

    /// The key of a user's session with this public id, whether or not the session is still alive.
    async fn key_of(
        &self,
        user: &UserId,
        id: &SessionId,
    ) -> Result<Option<SessionKey>, AdapterError>;

    /// Entries of sessions that began with this session at a service, at most a hundred, whether or not they are still alive.
    async fn of_service(&self, session: &SessionKey) -> Result<Vec<SessionEntry>, AdapterError>;

    /// The live sessions of a user, the ones used last before the others. Of those kept in the store, also the ones
    /// without an entry ([`SessionEntry::unknown`]), and none that only has an entry.
    async fn list(
        &self,
        user: &UserId,
        strategy: Strategy,
        now: Timestamp,
        page: Page,
    ) -> Result<Vec<SessionEntry>, AdapterError>;

    /// Removes sessions of a user from the store, with their entries; gives how many were there.
    async fn end_stored(&self, user: &UserId, which: Which) -> Result<u64, AdapterError>;

    /// Keeps that sessions of a user count no longer from `at` on, until `expires`, and removes their entries; gives
    /// what it kept. For [`Which::One`] that is the session, whether it has an entry or not; for [`Which::AllBut`] the
    /// user, and every session with an entry. What was kept of the same subject before is replaced, unless it is newer.
    ///
    /// No call brings back a session that another ended: the session to keep is kept only when what was kept of the user
    /// before names the same one, or is not later than its beginning; and a newer one that names another session ceases to
    /// name it. Both are decided where they are written, so that no other process can come in between.
    async fn end_tokens(
        &self,
        user: &UserId,
        which: Which,
        at: Timestamp,
        expires: Timestamp,
    ) -> Result<Vec<Revocation>, AdapterError>;

    /// Removes the entry of a session that ended; absent is no error.
    async fn forget(&self, key: &SessionKey) -> Result<(), AdapterError>;

    /// What was revoked at `since` or later, the oldest first.
    async fn revoked_since(
        &self,
        since: Timestamp,
        page: Page,
    ) -> Result<Vec<Revocation>, AdapterError>;

    /// What is kept of these subjects.
    async fn revocations_of(&self, subjects: &[Subject]) -> Result<Vec<Revocation>, AdapterError>;
}
