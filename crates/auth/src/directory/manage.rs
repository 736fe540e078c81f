//! Listing and ending sessions: of a user, by a user, or by the application.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::last_seen::LastSeen;
use super::revocations::Revocations;
use super::{
    DirectorySettings, Kept, Page, SessionDirectory, SessionEntry, SessionId, SessionKey, Subject,
    Which,
};
use crate::adapter::{AdapterError, UserId};
use crate::context::Context;
use crate::events::Event;
use crate::session::Strategy;
use crate::time::after;

/// How many revocations are kept in memory: some 20 MB.
const REVOCATIONS: usize = 200_000;

/// How many sessions of one user without an entry are looked through for one.
const LOOKED_THROUGH: u32 = 1_000;

/// How often it is tried to end sessions after something that cannot be undone.
const ATTEMPTS: u32 = 3;

/// The directory with what is kept of it in memory.
pub(crate) struct Directory {
    pub(crate) store: Arc<dyn SessionDirectory>,
    pub(crate) settings: DirectorySettings,
    pub(crate) seen: LastSeen,
    pub(crate) revocations: Revocations,
}

impl Directory {
    pub(crate) fn new(store: Arc<dyn SessionDirectory>, settings: DirectorySettings) -> Self {
        Self {
            store,
            settings,
            seen: LastSeen::new(),
            revocations: Revocations::new(REVOCATIONS),
        }
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Directory")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Why sessions cannot be listed or ended.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The configuration has no directory.
    #[error("no session directory is configured")]
    NotConfigured,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] AdapterError),
}

/// What came of ending one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// It has ended.
    Ended,
    /// The user has no such session: it ended before, is somebody else's, or never was.
    Unknown,
}

/// The live sessions of a user.
pub(crate) async fn list(
    ctx: &Context,
    user: &UserId,
    page: Page,
) -> Result<Vec<SessionEntry>, DirectoryError> {
    let strategy = ctx.settings.session.strategy;
    let store = &ctx.directory()?.store;
    Ok(store.list(user, strategy, ctx.now(), page).await?)
}

/// Ends one session of a user.
pub(crate) async fn revoke_one(
    ctx: &Context,
    user: &UserId,
    id: &SessionId,
) -> Result<Revoked, DirectoryError> {
    let directory = ctx.directory()?;
    let Some(key) = key_of(ctx, directory, user, id).await? else {
        return Ok(Revoked::Unknown);
    };
    match ctx.settings.session.strategy {
        Strategy::Database => {
            if directory.store.end_stored(user, Which::One(key)).await? == 0 {
                return Ok(Revoked::Unknown);
            }
        }
        Strategy::Jwt => {
            end_tokens(ctx, directory, user, Which::One(key)).await?;
        }
    }
    tracing::info!(user.id = %user, "a session was ended");
    ctx.tell(|| Event::RevokeSession {
        user_id: user.clone(),
        id: id.clone(),
    })
    .await;
    Ok(Revoked::Ended)
}

/// Ends every session of a user but one; gives how many that were, as far as they are known.
pub(crate) async fn revoke_all(
    ctx: &Context,
    user: &UserId,
    keep: Option<Kept>,
) -> Result<u64, DirectoryError> {
    let directory = ctx.directory()?;
    let which = Which::AllBut(keep);
    let ended = match ctx.settings.session.strategy {
        Strategy::Database => directory.store.end_stored(user, which).await?,
        Strategy::Jwt => end_tokens(ctx, directory, user, which).await?,
    };
    tracing::info!(user.id = %user, ended, "sessions were ended");
    ctx.tell(|| Event::RevokeSessions {
        user_id: user.clone(),
        ended,
    })
    .await;
    Ok(ended)
}

/// Ends sessions in cookies: in the table for others, in memory for us.
pub(crate) async fn end_tokens(
    ctx: &Context,
    directory: &Directory,
    user: &UserId,
    which: Which,
) -> Result<u64, AdapterError> {
    let now = ctx.now();
    // To the millisecond, as stores keep it, so that all judge alike.
    let at = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
    let expires = after(now, ctx.settings.token_max_age);
    let kept = directory.store.end_tokens(user, which, at, expires).await?;
    directory.revocations.add(&kept);
    let sessions = kept
        .iter()
        .filter(|one| matches!(one.subject, Subject::Session(_)));
    Ok(u64::try_from(sessions.count()).unwrap_or(u64::MAX))
}

/// Ends every session of a user but one, after something that cannot be undone: tries again when the store fails.
pub(crate) async fn revoke_all_surely(
    ctx: &Context,
    user: &UserId,
    keep: Option<Kept>,
) -> Result<(), DirectoryError> {
    let mut tried = 1;
    loop {
        match revoke_all(ctx, user, keep).await {
            Ok(_) => return Ok(()),
            Err(DirectoryError::Store(error)) if tried < ATTEMPTS => {
                tracing::warn!(user.id = %user, tried, "sessions could not be ended: {error}");
                tried += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// The sessions in cookies of a user that are known, before the rows that tell of them are removed. Empty where sessions
/// are not kept in cookies.
pub(crate) async fn known_tokens(
    ctx: &Context,
    user: &UserId,
) -> Result<Vec<SessionKey>, AdapterError> {
    let (Some(directory), Strategy::Jwt) = (&ctx.directory, ctx.settings.session.strategy) else {
        return Ok(Vec::new());
    };
    let mut keys = Vec::new();
    let mut page = Page::first(100);
    while page.skip < LOOKED_THROUGH {
        let found = directory
            .store
            .list(user, Strategy::Jwt, ctx.now(), page)
            .await?;
        if found.is_empty() {
            break;
        }
        keys.extend(found.into_iter().map(|entry| entry.key));
        page = page.next();
    }
    Ok(keys)
}

/// Ends every session in a cookie of a user, and by name those that were known before their rows were removed: one that
/// a process whose clock is ahead began may look younger than what ends all. Tries again when the store fails.
pub(crate) async fn end_known_tokens(
    ctx: &Context,
    user: &UserId,
    known: &[SessionKey],
) -> Result<(), AdapterError> {
    let (Some(directory), Strategy::Jwt) = (&ctx.directory, ctx.settings.session.strategy) else {
        return Ok(());
    };
    let named = known.iter().map(|key| Which::One(*key));
    for which in std::iter::once(Which::AllBut(None)).chain(named) {
        let mut tried = 1;
        while let Err(error) = end_tokens(ctx, directory, user, which).await {
            if tried == ATTEMPTS {
                return Err(error);
            }
            tracing::warn!(user.id = %user, tried, "sessions could not be ended: {error}");
            tried += 1;
        }
    }
    Ok(())
}

/// The key of a user's session, whether it has an entry or not.
pub(crate) async fn key_of(
    ctx: &Context,
    directory: &Directory,
    user: &UserId,
    id: &SessionId,
) -> Result<Option<SessionKey>, AdapterError> {
    if let Some(key) = directory.store.key_of(user, id).await? {
        return Ok(Some(key));
    }
    if !id.is_of_unknown() {
        return Ok(None);
    }
    let strategy = ctx.settings.session.strategy;
    let mut page = Page::first(100);
    while page.skip < LOOKED_THROUGH {
        let found = directory
            .store
            .list(user, strategy, ctx.now(), page)
            .await?;
        if let Some(entry) = found.iter().find(|entry| entry.id == *id) {
            return Ok(Some(entry.key));
        }
        if found.is_empty() {
            break;
        }
        page = page.next();
    }
    Ok(None)
}

/// Reads which sessions in cookies others ended.
pub(crate) async fn refresh(ctx: &Context) -> Result<(), DirectoryError> {
    let (Some(directory), Strategy::Jwt) = (&ctx.directory, ctx.settings.session.strategy) else {
        return Ok(());
    };
    let interval = directory.settings.revocation_interval;
    let store = &*directory.store;
    directory
        .revocations
        .refresh(store, ctx.now(), interval)
        .await?;
    Ok(())
}
