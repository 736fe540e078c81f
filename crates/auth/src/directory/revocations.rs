//! The sessions in cookies that count no longer, in memory: a read of a session asks here and costs no query.
//!
//! What this process revokes is here at once. What others revoke comes by [`refresh`](Revocations::refresh), which reads
//! what is new in the table; how often is up to whoever calls it. Clocks of processes that share a table may differ by
//! [`OVERLAP`]. When there are more than fit, the list says so, and readers ask the table.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use futures_util::lock::Mutex;
use jiff::{SignedDuration, Timestamp};

use super::family::Family;
use super::{Page, Revocation, SessionDirectory, SessionKey, Subject};
use crate::adapter::AdapterError;

/// How far back is read again: rows of clocks that are behind, and of transactions that took their time.
const OVERLAP: SignedDuration = SignedDuration::from_secs(300);

/// How many rows are read at once.
const ROWS: u32 = 1_000;

/// How often what has expired is thrown out.
const SWEEP_MILLIS: i64 = 600_000;

/// What memory says of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Revoked,
    /// Not all revocations are in memory: ask the table.
    Unknown,
}

/// A token that is to be judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged<'a> {
    pub(crate) user: Option<&'a str>,
    pub(crate) family: Option<&'a Family>,
}

pub(crate) struct Revocations {
    capacity: usize,
    list: RwLock<List>,
    /// The moment from which on the next reader refreshes.
    due_millis: AtomicI64,
    /// The last refresh failed.
    is_stale: AtomicBool,
    /// Whoever holds it refreshes.
    refreshing: Mutex<()>,
}

#[derive(Default)]
struct List {
    sessions: HashMap<SessionKey, i64>,
    users: HashMap<String, Mark>,
    is_loaded: bool,
    /// There may be more than is here.
    has_overflown: bool,
    /// Something had no room since the whole table began to be read.
    overflows: bool,
    /// The latest moment that was read; `None` when the whole table is to be read.
    read_until: Option<Timestamp>,
    swept_millis: i64,
}

/// Every session of a user that began before counts no longer, but one.
#[derive(Clone, Copy)]
struct Mark {
    at_millis: i64,
    keep: Option<SessionKey>,
    expires_millis: i64,
}

impl Mark {
    fn ends(&self, family: Option<&Family>) -> bool {
        match family {
            Some(family) => {
                family.started_millis() < self.at_millis && self.keep != Some(family.key())
            }
            // It says neither what it is nor since when.
            None => true,
        }
    }

    /// A newer row takes the place of an older one. Two of one moment end what either ends.
    fn take_in(&mut self, row: Self) {
        if self.at_millis < row.at_millis {
            *self = row;
        } else if self.at_millis == row.at_millis {
            if self.keep != row.keep {
                self.keep = None;
            }
            self.expires_millis = self.expires_millis.max(row.expires_millis);
        }
    }
}

impl Revocations {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            list: RwLock::default(),
            due_millis: AtomicI64::new(i64::MIN),
            is_stale: AtomicBool::new(false),
            refreshing: Mutex::new(()),
        }
    }

    /// What is known of a token, without asking anybody.
    pub(crate) fn judge(&self, token: Judged<'_>) -> Verdict {
        let list = self.read();
        let ended = token
            .family
            .is_some_and(|family| list.sessions.contains_key(&family.key()));
        let mark = token.user.and_then(|user| list.users.get(user));
        if ended || mark.is_some_and(|mark| mark.ends(token.family)) {
            Verdict::Revoked
        } else if list.has_overflown {
            Verdict::Unknown
        } else {
            Verdict::Good
        }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        now.as_millisecond() >= self.due_millis.load(Ordering::Acquire)
    }

    /// Whether the list could not be refreshed when it was tried last.
    pub(crate) fn is_stale(&self) -> bool {
        self.is_stale.load(Ordering::Acquire)
    }

    /// Takes in what this process revoked.
    pub(crate) fn add(&self, revocations: &[Revocation]) {
        let mut list = self.write();
        for revocation in revocations {
            list.add(revocation, self.capacity);
        }
    }

    /// Reads what is new in the table, unless another reader is at it: the first time all wait for it, later none does.
    pub(crate) async fn refresh_if_due(
        &self,
        directory: &dyn SessionDirectory,
        now: Timestamp,
        interval: Duration,
    ) {
        if !self.is_due(now) {
            return;
        }
        let turn = match self.refreshing.try_lock() {
            Some(turn) => turn,
            None if self.read().is_loaded => return,
            None => self.refreshing.lock().await,
        };
        if self.is_due(now) {
            // Its failure is logged there, and remembered.
            let _ = self.load(directory, now, interval).await;
        }
        drop(turn);
    }

    /// Reads what is new in the table.
    pub(crate) async fn refresh(
        &self,
        directory: &dyn SessionDirectory,
        now: Timestamp,
        interval: Duration,
    ) -> Result<(), AdapterError> {
        let turn = self.refreshing.lock().await;
        let result = self.load(directory, now, interval).await;
        drop(turn);
        result
    }

    async fn load(
        &self,
        directory: &dyn SessionDirectory,
        now: Timestamp,
        interval: Duration,
    ) -> Result<(), AdapterError> {
        let result = self.read_table(directory, now).await;
        let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
        // After a failure too, so that a database that is away is not asked with every request.
        let due = now.as_millisecond().saturating_add(interval.max(1));
        self.due_millis.store(due, Ordering::Release);
        let was_stale = self.is_stale.swap(result.is_err(), Ordering::AcqRel);
        match &result {
            Err(error) if !was_stale => tracing::error!(
                "the list of revoked sessions cannot be read, so sessions that other processes end may go on: {error}"
            ),
            Ok(()) if was_stale => {
                tracing::info!("the list of revoked sessions is up to date again")
            }
            _ => {}
        }
        result
    }

    async fn read_table(
        &self,
        directory: &dyn SessionDirectory,
        now: Timestamp,
    ) -> Result<(), AdapterError> {
        let since = self.write().begin_reading(now);
        let mut page = Page::first(ROWS);
        loop {
            let rows = directory.revoked_since(since, page).await?;
            let is_last = rows.len() < usize::try_from(page.take).unwrap_or(usize::MAX);
            let mut list = self.write();
            for row in &rows {
                if row.expires >= now {
                    list.add(row, self.capacity);
                }
                list.read_until = list.read_until.max(Some(row.at));
            }
            if is_last {
                list.end_reading(now.as_millisecond());
                return Ok(());
            }
            page = page.next();
        }
    }

    // A panic elsewhere cannot leave the list half-changed: every change is one insertion.
    fn read(&self) -> RwLockReadGuard<'_, List> {
        self.list.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, List> {
        self.list.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    /// From where the table is to be read.
    fn begin_reading(&mut self, now: Timestamp) -> Timestamp {
        match self.read_until {
            // A clock that is ahead must not make us miss what others write.
            Some(until) if self.is_loaded => until
                .min(now)
                .checked_sub(OVERLAP)
                .unwrap_or(Timestamp::UNIX_EPOCH),
            _ => {
                self.overflows = false;
                Timestamp::UNIX_EPOCH
            }
        }
    }

    fn end_reading(&mut self, now_millis: i64) {
        self.is_loaded = true;
        self.has_overflown = self.overflows;
        self.sweep(now_millis);
    }

    fn add(&mut self, revocation: &Revocation, capacity: usize) {
        let expires_millis = revocation.expires.as_millisecond();
        let is_known = match &revocation.subject {
            Subject::Session(key) => self.sessions.contains_key(key),
            Subject::User(user) => self.users.contains_key(user.as_str()),
        };
        if !is_known && self.sessions.len() + self.users.len() >= capacity {
            if !self.has_overflown {
                tracing::warn!(
                    capacity,
                    "more sessions are revoked than memory is set aside for, so every read of a session asks the database"
                );
            }
            self.has_overflown = true;
            self.overflows = true;
            return;
        }
        match &revocation.subject {
            Subject::Session(key) => {
                let expires = self.sessions.entry(*key).or_insert(expires_millis);
                *expires = expires_millis.max(*expires);
            }
            Subject::User(user) => {
                let mark = Mark {
                    at_millis: revocation.at.as_millisecond(),
                    keep: revocation.keep,
                    expires_millis,
                };
                match self.users.get_mut(user.as_str()) {
                    Some(known) => known.take_in(mark),
                    None => {
                        self.users.insert(user.0.clone(), mark);
                    }
                }
            }
        }
    }

    /// Throws out what has expired, from time to time. A list that overflew is read anew then.
    fn sweep(&mut self, now_millis: i64) {
        if now_millis < self.swept_millis.saturating_add(SWEEP_MILLIS) {
            return;
        }
        self.swept_millis = now_millis;
        self.sessions.retain(|_, expires| *expires >= now_millis);
        self.users
            .retain(|_, mark| mark.expires_millis >= now_millis);
        if self.has_overflown {
            self.read_until = None;
        }
    }
}

/// Judges by rows of the table what memory could not.
pub(crate) fn judge_rows(rows: &[Revocation], token: Judged<'_>) -> Verdict {
    let of_rows = Revocations::new(usize::MAX);
    of_rows.add(rows);
    of_rows.judge(token)
}

impl fmt::Debug for Revocations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = self.read();
        formatter
            .debug_struct("Revocations")
            .field("sessions", &list.sessions.len())
            .field("users", &list.users.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::adapter::UserId;
    use crate::callbacks::Claims;
    use crate::testing::memory::MemoryAdapter;

    const SOON: Duration = Duration::from_secs(5);

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_767_225_600_000 + millis).unwrap()
    }

    fn family(started: i64, name: &str) -> Family {
        let id = format!("{}.{name}", at(started).as_millisecond());
        let claims: Claims = Map::from_iter([("hallpass_sid".to_owned(), json!(id))]);
        Family::of(&claims).unwrap()
    }

    fn judge(list: &Revocations, family: Option<&Family>) -> Verdict {
        list.judge(Judged {
            user: Some("ada"),
            family,
        })
    }

    fn mark(at_millis: i64, keep: Option<SessionKey>) -> Revocation {
        Revocation {
            subject: Subject::User(UserId("ada".to_owned())),
            at: at(at_millis),
            keep,
            expires: at(1_000_000),
        }
    }

    fn ended(family: &Family, at_millis: i64) -> Revocation {
        Revocation {
            subject: Subject::Session(family.key()),
            at: at(at_millis),
            keep: None,
            expires: at(1_000_000),
        }
    }

    #[test]
    fn a_mark_ends_what_began_before_but_the_session_that_is_kept() {
        let (old, kept, new) = (family(0, "old"), family(0, "kept"), family(100, "new"));
        let list = Revocations::new(10);
        list.add(&[mark(100, Some(kept.key()))]);
        assert_eq!(judge(&list, Some(&old)), Verdict::Revoked);
        assert_eq!(judge(&list, Some(&kept)), Verdict::Good);
        assert_eq!(judge(&list, Some(&new)), Verdict::Good);
        assert_eq!(
            judge(&list, None),
            Verdict::Revoked,
            "a token without id or time"
        );
        let other = Judged {
            user: Some("bob"),
            family: Some(&old),
        };
        assert_eq!(list.judge(other), Verdict::Good);
    }

    #[test]
    fn an_older_mark_changes_nothing_and_a_newer_one_keeps_another_session() {
        let (first, second) = (family(0, "first"), family(150, "second"));
        let list = Revocations::new(10);
        list.add(&[mark(200, Some(second.key()))]);
        list.add(&[mark(100, Some(first.key()))]);
        assert_eq!(judge(&list, Some(&first)), Verdict::Revoked);
        assert_eq!(judge(&list, Some(&second)), Verdict::Good);
        list.add(&[mark(300, None)]);
        assert_eq!(judge(&list, Some(&second)), Verdict::Revoked);
    }

    /// A row that was read before it changed comes late.
    #[test]
    fn two_marks_of_one_moment_end_what_either_ends() {
        let kept = family(0, "kept");
        for marks in [[None, Some(kept.key())], [Some(kept.key()), None]] {
            let list = Revocations::new(10);
            list.add(&marks.map(|keep| mark(100, keep)));
            assert_eq!(judge(&list, Some(&kept)), Verdict::Revoked);
        }
    }

    #[test]
    fn a_list_that_is_full_sends_readers_to_the_table() {
        let (one, other) = (family(0, "one"), family(0, "other"));
        let list = Revocations::new(1);
        list.add(&[ended(&one, 0)]);
        assert_eq!(judge(&list, Some(&other)), Verdict::Good);
        list.add(&[ended(&other, 1)]);
        assert_eq!(judge(&list, Some(&one)), Verdict::Revoked);
        assert_eq!(judge(&list, Some(&other)), Verdict::Unknown);
        let token = Judged {
            user: Some("ada"),
            family: Some(&other),
        };
        assert_eq!(judge_rows(&[ended(&other, 1)], token), Verdict::Revoked);
        assert_eq!(judge_rows(&[], token), Verdict::Good);
    }

    /// Two processes on one table: what one writes, the other knows after its refresh, and not by asking every time.
    #[tokio::test]
    async fn what_others_revoke_comes_with_the_refresh() {
        let table = MemoryAdapter::new();
        let user = UserId("ada".to_owned());
        let list = Revocations::new(10);
        let session = family(0, "one");
        list.refresh_if_due(&table, at(0), SOON).await;
        let revoked = table
            .end_tokens(
                &user,
                super::super::Which::One(session.key()),
                at(1),
                at(1_000_000),
            )
            .await
            .unwrap();
        assert_eq!(revoked.len(), 1);
        list.refresh_if_due(&table, at(4_999), SOON).await;
        assert_eq!(judge(&list, Some(&session)), Verdict::Good);
        list.refresh_if_due(&table, at(5_000), SOON).await;
        assert_eq!(judge(&list, Some(&session)), Verdict::Revoked);
    }

    #[tokio::test]
    async fn a_table_that_is_away_leaves_the_list_as_it_is_and_is_asked_once_in_a_while() {
        let table = MemoryAdapter::new();
        let session = family(0, "one");
        let list = Revocations::new(10);
        list.add(&[ended(&session, 0)]);
        table.go_away();
        for moment in [0, 1, 2, 5_000] {
            list.refresh_if_due(&table, at(moment), SOON).await;
        }
        assert_eq!(table.take_calls().len(), 2);
        assert!(list.is_stale());
        assert_eq!(judge(&list, Some(&session)), Verdict::Revoked);
        table.come_back();
        list.refresh(&table, at(5_001), SOON).await.unwrap();
        assert!(!list.is_stale());
    }

    #[tokio::test]
    async fn what_has_expired_is_forgotten_and_a_full_list_read_anew() {
        let table = MemoryAdapter::new();
        let user = UserId("ada".to_owned());
        let sessions = ["one", "two", "three"].map(|name| family(0, name));
        for (session, expires) in sessions.iter().zip([10, 10, 10_000_000]) {
            let which = super::super::Which::One(session.key());
            table
                .end_tokens(&user, which, at(0), at(expires))
                .await
                .unwrap();
        }
        let list = Revocations::new(2);
        list.refresh(&table, at(5), SOON).await.unwrap();
        assert_eq!(judge(&list, Some(&family(0, "other"))), Verdict::Unknown);
        // The first throws out what expired, the second reads the whole table.
        for moment in [700_000, 700_001] {
            list.refresh(&table, at(moment), SOON).await.unwrap();
        }
        assert_eq!(judge(&list, Some(&family(0, "other"))), Verdict::Good);
        assert_eq!(judge(&list, Some(&sessions[2])), Verdict::Revoked);
    }
}
