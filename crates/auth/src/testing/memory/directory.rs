//! The session directory in memory.

use std::collections::HashMap;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{MemoryAdapter, Tables, conflict};
use crate::adapter::{AdapterError, UserId};
use crate::directory::{
    Page, Revocation, SessionDirectory, SessionEntry, SessionId, SessionKey, Subject, Which,
};
use crate::session::Strategy;

/// What stands in the two tables.
#[derive(Clone, Default)]
pub(super) struct Directory {
    entries: HashMap<SessionKey, SessionEntry>,
    revocations: HashMap<Subject, Revocation>,
}

impl Directory {
    pub(super) fn remove_user(&mut self, user: &UserId) {
        self.entries.retain(|_, entry| entry.user_id != *user);
    }

    fn keys(&self, user: &UserId, which: Which) -> Vec<SessionKey> {
        let of_user = self.entries.values().filter(|entry| entry.user_id == *user);
        let keys = of_user.map(|entry| entry.key);
        keys.filter(|key| concerns(which, key)).collect()
    }

    fn revoke(&mut self, mut revocation: Revocation, began: Option<Timestamp>) -> Revocation {
        let known = match self.revocations.get_mut(&revocation.subject) {
            Some(known) => known,
            None => {
                let subject = revocation.subject.clone();
                self.revocations.insert(subject, revocation.clone());
                return revocation;
            }
        };
        if known.at <= revocation.at {
            let goes_on = known.keep == revocation.keep || began >= Some(known.at);
            revocation.keep = revocation.keep.filter(|_| goes_on);
            *known = revocation;
        } else if known.keep != revocation.keep {
            known.keep = None;
        }
        known.clone()
    }
}

fn concerns(which: Which, key: &SessionKey) -> bool {
    match which {
        Which::One(one) => *key == one,
        Which::AllBut(kept) => Some(*key) != kept.map(|kept| kept.key),
    }
}

impl Tables {
    /// The sessions in the store with what is known of them.
    fn stored(&self, user: &UserId) -> Vec<SessionEntry> {
        let of_user = self.sessions.values();
        let of_user = of_user.filter(|session| session.user_id == *user);
        of_user
            .map(|session| {
                let key = SessionKey::of_token(&session.session_token);
                let unknown = || {
                    let user_id = session.user_id.clone();
                    SessionEntry::unknown(key, user_id, Strategy::Database, session.expires)
                };
                let known = self.directory.entries.get(&key).cloned();
                SessionEntry {
                    expires: session.expires,
                    ..known.unwrap_or_else(unknown)
                }
            })
            .collect()
    }
}

fn page_of<T>(rows: Vec<T>, page: Page) -> Vec<T> {
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let rows = rows.into_iter().skip(count(page.skip));
    rows.take(count(page.take)).collect()
}

#[async_trait]
impl SessionDirectory for MemoryAdapter {
    async fn add(&self, entry: SessionEntry) -> Result<(), AdapterError> {
        let mut tables = self.enter("add")?;
        let entries = &mut tables.directory.entries;
        if entries.contains_key(&entry.key) {
            return Err(conflict("session key"));
        }
        entries.insert(entry.key, entry);
        Ok(())
    }

    async fn touch(
        &self,
        entry: SessionEntry,
        unless_since: Timestamp,
    ) -> Result<(), AdapterError> {
        let mut tables = self.enter("touch")?;
        match tables.directory.entries.get_mut(&entry.key) {
            Some(known) if known.last_seen > Some(unless_since) => {}
            Some(known) => {
                known.last_seen = entry.last_seen;
                known.expires = entry.expires;
                known.client = entry.client;
            }
            None => {
                tables.directory.entries.insert(entry.key, entry);
            }
        }
        Ok(())
    }

    async fn entry(&self, key: &SessionKey) -> Result<Option<SessionEntry>, AdapterError> {
        let tables = self.enter("entry")?;
        Ok(tables.directory.entries.get(key).cloned())
    }

    async fn of_service(&self, session: &SessionKey) -> Result<Vec<SessionEntry>, AdapterError> {
        let tables = self.enter("of_service")?;
        let began_there = |entry: &&SessionEntry| {
            let service = entry.service.as_ref();
            service.and_then(|service| service.key) == Some(*session)
        };
        let entries = tables.directory.entries.values().filter(began_there);
        Ok(entries.take(100).cloned().collect())
    }

    async fn key_of(
        &self,
        user: &UserId,
        id: &SessionId,
    ) -> Result<Option<SessionKey>, AdapterError> {
        let tables = self.enter("key_of")?;
        let mut entries = tables.directory.entries.values();
        let found = entries.find(|entry| entry.user_id == *user && entry.id == *id);
        Ok(found.map(|entry| entry.key))
    }

    async fn list(
        &self,
        user: &UserId,
        strategy: Strategy,
        now: Timestamp,
        page: Page,
    ) -> Result<Vec<SessionEntry>, AdapterError> {
        let tables = self.enter("list")?;
        let mut entries = match strategy {
            Strategy::Database => tables.stored(user),
            Strategy::Jwt => {
                let of_user = tables
                    .directory
                    .entries
                    .values()
                    .filter(|entry| entry.user_id == *user && entry.strategy == Strategy::Jwt);
                of_user.cloned().collect()
            }
        };
        entries.retain(|entry| entry.expires >= now);
        entries.sort_by_key(|entry| (std::cmp::Reverse(entry.expires), entry.key));
        Ok(page_of(entries, page))
    }

    async fn end_stored(&self, user: &UserId, which: Which) -> Result<u64, AdapterError> {
        let mut tables = self.enter("end_stored")?;
        let before = tables.sessions.len();
        tables.sessions.retain(|_, session| {
            let key = SessionKey::of_token(&session.session_token);
            session.user_id != *user || !concerns(which, &key)
        });
        let ended = before - tables.sessions.len();
        for key in tables.directory.keys(user, which) {
            tables.directory.entries.remove(&key);
        }
        Ok(u64::try_from(ended).unwrap_or(u64::MAX))
    }

    async fn end_tokens(
        &self,
        user: &UserId,
        which: Which,
        at: Timestamp,
        expires: Timestamp,
    ) -> Result<Vec<Revocation>, AdapterError> {
        let mut tables = self.enter("end_tokens")?;
        let (mark, keys) = match which {
            Which::One(key) => (None, vec![key]),
            Which::AllBut(keep) => {
                let mark = (Subject::User(user.clone()), keep.map(|kept| kept.key));
                (Some(mark), tables.directory.keys(user, which))
            }
        };
        let sessions = keys.iter().map(|key| (Subject::Session(*key), None));
        let revocations = mark.into_iter().chain(sessions);
        let revocations = revocations.map(|(subject, keep)| Revocation {
            subject,
            at,
            keep,
            expires,
        });
        let began = match which {
            Which::AllBut(kept) => kept.and_then(|kept| kept.began),
            Which::One(_) => None,
        };
        let directory = &mut tables.directory;
        let kept = revocations
            .map(|revocation| directory.revoke(revocation, began))
            .collect();
        for key in keys {
            directory.entries.remove(&key);
        }
        Ok(kept)
    }

    async fn forget(&self, key: &SessionKey) -> Result<(), AdapterError> {
        self.enter("forget")?.directory.entries.remove(key);
        Ok(())
    }

    async fn revoked_since(
        &self,
        since: Timestamp,
        page: Page,
    ) -> Result<Vec<Revocation>, AdapterError> {
        let tables = self.enter("revoked_since")?;
        let rows = tables.directory.revocations.values();
        let mut rows: Vec<_> = rows.filter(|row| row.at >= since).cloned().collect();
        rows.sort_by_key(|row| (row.at, row.subject.to_text()));
        Ok(page_of(rows, page))
    }

    async fn revocations_of(&self, subjects: &[Subject]) -> Result<Vec<Revocation>, AdapterError> {
        let tables = self.enter("revocations_of")?;
        let known = &tables.directory.revocations;
        let found = subjects.iter().filter_map(|subject| known.get(subject));
        Ok(found.cloned().collect())
    }
}
