//! What the store does for accounts, each in one transaction.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::adapter::{
    Adapter, AdapterError, Earlier, SessionRecord, User, UserChanges, UserId, is_address,
};
use crate::one_time::{OneTimeRecord, OneTimeStore, Purpose};
use crate::password::{PasswordHash, PasswordStore};
use crate::second_factor::SecondFactorStore;
use crate::secret::TokenHash;

/// What following a link does. Which one follows from the link's purpose, so that no other link can do it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Effect {
    /// The address counts as proven.
    VerifyEmail {
        /// Who opens the link.
        by: Opener,
        /// What becomes of what the user had before the first proof, where somebody else opens it than who made the user.
        earlier: Earlier,
    },
    /// The address the link was sent to becomes the user's, and counts as proven.
    ChangeEmail {
        /// Who is signed in where the link is opened. The link works for the user who asked for it, and nobody else.
        by: UserId,
    },
    /// The password becomes this one, the address counts as proven, and every session of the user ends. Of a user whose
    /// address was never proven, accounts of other providers go as well.
    ResetPassword(PasswordHash),
}

impl Effect {
    /// The purpose a link must have to do it.
    pub fn purpose(&self) -> Purpose {
        match self {
            Self::VerifyEmail { .. } => Purpose::VerifyEmail,
            Self::ChangeEmail { .. } => Purpose::ChangeEmail,
            Self::ResetPassword(_) => Purpose::ResetPassword,
        }
    }

    /// Who does it: the user of the link, unless it may be anybody who can read the mail.
    fn actor<'a>(&'a self, link: &'a OneTimeRecord) -> Option<&'a UserId> {
        match self {
            Self::VerifyEmail { by, .. } => match by {
                Opener::Asker => Some(&link.user_id),
                Opener::User(id) | Opener::Password(id, _) => Some(id),
                Opener::Anybody => None,
            },
            Self::ChangeEmail { by } => Some(by),
            Self::ResetPassword(_) => Some(&link.user_id),
        }
    }
}

/// Who opens a link that proves an address.
///
/// SECURITY: CVE-2026-53516: whoever receives the mail need not be who chose the password. Only one who is both keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opener {
    /// Whoever asked for the link: a registration or a wish for another link, in the same browser.
    Asker,
    /// This user is signed in.
    User(UserId),
    /// Somebody who typed the password of this user, as this hash shows. Keeps the password, and nothing else of what was
    /// there: sessions and accounts may be those of somebody who knows the password too.
    Password(UserId, PasswordHash),
    /// Nobody knows.
    Anybody,
}

impl Opener {
    /// Whether it is the one who made this user.
    fn is_owner(&self, user: &UserId) -> bool {
        match self {
            Self::Asker => true,
            Self::User(id) => id == user,
            Self::Password(..) | Self::Anybody => false,
        }
    }
}

/// What came of a link.
#[derive(Debug, Clone, PartialEq)]
pub enum Redeemed {
    /// It did what it is for.
    Done {
        /// The user, after it.
        user: Box<User>,
        /// The address before it.
        address_before: Option<String>,
        /// Whether sessions, password and accounts from before the first proof were removed: the user needs another way in,
        /// unless the password was kept.
        removed_earlier: bool,
        /// Whether the password was kept all the same, for whoever showed to know it.
        kept_password: bool,
    },
    /// There is no such link, or it was used already.
    Unknown,
    /// It came too late.
    Expired,
    /// It was sent to an address that is no longer the user's, the user is gone, or another one opened it.
    Stale,
    /// The address belongs to another user by now.
    Taken,
}

/// A user who knows the old password, or proved otherwise who it is, chooses another.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// Whose.
    pub user_id: UserId,
    /// The one that was proven; `None` where there was none.
    pub expected: Option<PasswordHash>,
    /// The one to keep.
    pub new: PasswordHash,
    /// The session with which the browser at hand goes on, where sessions are kept in the store.
    pub session: Option<SessionRecord>,
}

/// The store of accounts.
#[async_trait]
pub trait AccountStore: Adapter + OneTimeStore + PasswordStore + SecondFactorStore {
    /// Ends every session of a user that is kept in the store; says how many.
    async fn end_sessions(&self, user: &UserId) -> Result<u64, AdapterError>;

    /// Removes every account of a user; says how many.
    async fn unlink_accounts(&self, user: &UserId) -> Result<u64, AdapterError>;

    /// Removes what a user had before anybody proved the address, as [`Earlier::Removed`] says: sessions, password, links, and
    /// accounts unless all are of these providers and there was no password. Called once the row of the user is written.
    async fn remove_earlier(
        &self,
        user: &UserId,
        verifying_providers: &[String],
    ) -> Result<(), AdapterError>;

    /// Runs [`redeem`] in one transaction.
    async fn redeem(
        &self,
        hash: &TokenHash,
        effect: &Effect,
        now: Timestamp,
    ) -> Result<Redeemed, AdapterError>;

    /// Runs [`change_password`] in one transaction.
    async fn change_password(&self, change: PasswordChange) -> Result<bool, AdapterError>;

    /// The same store, for what this user does: one that takes down who wrote says so. `None` where nothing does.
    fn acting(&self, _user: &UserId) -> Option<Arc<dyn AccountStore>> {
        None
    }
}

/// Uses a link up, judges it, and does what it is for. For implementations, to be run in one transaction.
///
/// SECURITY: CVE-2026-18963: the link itself, its time and the address it was sent to are judged here, beside the
/// change, and nowhere else.
///
/// # Errors
/// When the store fails; then nothing must have happened.
pub async fn redeem<S: AccountStore>(
    store: &S,
    hash: &TokenHash,
    effect: &Effect,
    now: Timestamp,
) -> Result<Redeemed, AdapterError> {
    let Some(link) = store.take(effect.purpose(), hash).await? else {
        return Ok(Redeemed::Unknown);
    };
    let acting = effect.actor(&link).and_then(|user| store.acting(user));
    match &acting {
        Some(acting) => take_effect(&**acting, &link, effect, now).await,
        None => take_effect(store, &link, effect, now).await,
    }
}

async fn take_effect<S: AccountStore + ?Sized>(
    store: &S,
    link: &OneTimeRecord,
    effect: &Effect,
    now: Timestamp,
) -> Result<Redeemed, AdapterError> {
    let user = store.user(&link.user_id).await?;
    let user = match decide(link, user, effect, now) {
        Ok(user) => user,
        Err(refusal) => return Ok(refusal),
    };
    if let Effect::ChangeEmail { .. } = effect
        && let Some(owner) = store.user_by_email(&link.email).await?
        && owner.id != user.id
    {
        return Ok(Redeemed::Taken);
    }
    let was_proven = user.email_verified.is_some();
    let address_before = user.email.clone();
    let Some(user) = store
        .update_user(&user.id, changes(link, effect, now))
        .await?
    else {
        return Ok(Redeemed::Stale);
    };
    if let Effect::ResetPassword(new) = effect {
        let known = store.password(&user.id).await?;
        let set = store.set_password(&user.id, known.as_ref(), new.clone());
        if !set.await? {
            return Ok(Redeemed::Stale);
        }
        store.end_sessions(&user.id).await?;
        // SECURITY: CVE-2026-53516: what was linked before the first proof may be anybody's.
        if !was_proven {
            store.unlink_accounts(&user.id).await?;
            store.remove_factors(&user.id).await?;
        }
        store.distrust(&user.id).await?;
    }
    // SECURITY: CVE-2026-53516: whoever made the user need not read the mailbox that the link was sent to.
    let removed = removed_by(effect, &user.id).filter(|_| !was_proven);
    let mut kept = None;
    if let Some(verifying_providers) = removed {
        kept = shown_password(store, effect, &user.id).await?;
        store.remove_earlier(&user.id, verifying_providers).await?;
    }
    let kept_password = match kept {
        Some(password) => {
            let left = store.password(&user.id).await?;
            let back = store.set_password(&user.id, left.as_ref(), password.clone());
            back.await?
        }
        None => false,
    };
    for purpose in outdated(effect) {
        store.remove_all_of(&user.id, *purpose).await?;
    }
    Ok(Redeemed::Done {
        user: Box::new(user),
        address_before,
        removed_earlier: removed.is_some(),
        kept_password,
    })
}

/// The password that whoever opens the link showed to know, where it still is the user's. The row of the user is written.
async fn shown_password<'a, S: AccountStore + ?Sized>(
    store: &S,
    effect: &'a Effect,
    user: &UserId,
) -> Result<Option<&'a PasswordHash>, AdapterError> {
    let Effect::VerifyEmail {
        by: Opener::Password(id, shown),
        ..
    } = effect
    else {
        return Ok(None);
    };
    let is_theirs = id == user && store.password(user).await?.as_ref() == Some(shown);
    Ok(Some(shown).filter(|_| is_theirs))
}

/// Which providers' accounts outlive the first proof, where it removes what was there before.
fn removed_by<'a>(effect: &'a Effect, user: &UserId) -> Option<&'a [String]> {
    match effect {
        Effect::VerifyEmail {
            by,
            earlier: Earlier::Removed {
                verifying_providers,
            },
        } if !by.is_owner(user) => Some(verifying_providers),
        _ => None,
    }
}

/// Sets a password where the old one still is the one that was proven, ends the sessions of the user and all links that are
/// under way (a thief may have begun a change of address), and begins the session with which the browser at hand goes on. For implementations, to be run in one transaction.
///
/// # Errors
/// When the store fails; then nothing must have happened.
pub async fn change_password<S: AccountStore + ?Sized>(
    store: &S,
    change: PasswordChange,
) -> Result<bool, AdapterError> {
    let PasswordChange {
        user_id,
        expected,
        new,
        session,
    } = change;
    if !store.set_password(&user_id, expected.as_ref(), new).await? {
        return Ok(false);
    }
    store.end_sessions(&user_id).await?;
    store.distrust(&user_id).await?;
    for purpose in Purpose::ALL {
        store.remove_all_of(&user_id, *purpose).await?;
    }
    if let Some(session) = session {
        store.create_session(session).await?;
    }
    Ok(true)
}

/// Judges a link that was found and is used up.
fn decide(
    link: &OneTimeRecord,
    user: Option<User>,
    effect: &Effect,
    now: Timestamp,
) -> Result<User, Redeemed> {
    // SECURITY: CVE-2022-39263: stores have given back what was not asked for.
    let user = user.filter(|user| user.id == link.user_id && link.purpose == effect.purpose());
    let user = user.ok_or(Redeemed::Stale)?;
    let is_current = match effect {
        Effect::VerifyEmail { .. } | Effect::ResetPassword(_) => {
            let stored = user.email.as_deref();
            stored.is_some_and(|stored| is_address(stored, &link.email))
        }
        // SECURITY: CVE-2026-53516: else an address would become somebody else's by a click of its owner.
        Effect::ChangeEmail { by } => *by == user.id,
    };
    if link.expires < now {
        Err(Redeemed::Expired)
    } else if is_current {
        Ok(user)
    } else {
        Err(Redeemed::Stale)
    }
}

/// Whoever follows a link reads the mailbox that it was sent to.
fn changes(link: &OneTimeRecord, effect: &Effect, now: Timestamp) -> UserChanges {
    let email = match effect {
        Effect::ChangeEmail { .. } => Some(Some(link.email.clone())),
        Effect::VerifyEmail { .. } | Effect::ResetPassword(_) => None,
    };
    UserChanges {
        email,
        email_verified: Some(Some(now)),
        ..UserChanges::default()
    }
}

/// Which links of the user are worth nothing after it.
///
/// SECURITY: a new password also ends the change of address that a thief may have begun; a new address ends what was sent to
/// the old one.
fn outdated(effect: &Effect) -> &'static [Purpose] {
    match effect {
        Effect::VerifyEmail { .. } => &[Purpose::VerifyEmail],
        Effect::ChangeEmail { .. } | Effect::ResetPassword(_) => Purpose::ALL,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_000, 0);

    fn link(purpose: Purpose, expires: i64) -> OneTimeRecord {
        OneTimeRecord {
            purpose,
            hash: TokenHash::new("h"),
            user_id: UserId("1".to_owned()),
            email: "a@example.com".to_owned(),
            expires: Timestamp::from_second(expires).unwrap(),
        }
    }

    fn user(id: &str, email: Option<&str>) -> User {
        User {
            id: UserId(id.to_owned()),
            name: None,
            email: email.map(str::to_owned),
            email_verified: None,
            image: None,
            extra: Map::new(),
        }
    }

    /// CVE-2026-18963: every transition checks its whole proof.
    #[test]
    fn cve_2026_18963_a_link_counts_only_for_its_purpose_user_address_and_time() {
        let reset = Effect::ResetPassword(PasswordHash::new("x"));
        let verify = Effect::VerifyEmail {
            by: Opener::Anybody,
            earlier: Earlier::Kept,
        };
        let change = |by: &str| Effect::ChangeEmail {
            by: UserId(by.to_owned()),
        };
        let (own_change, other_change) = (change("1"), change("2"));
        let (a, b) = (Some("a@example.com"), Some("b@example.com"));
        let good = || Some(user("1", a));
        for (effect, purpose, ends, found, expected) in [
            (&verify, Purpose::VerifyEmail, 1_000, good(), None),
            (&reset, Purpose::ResetPassword, 1_000, good(), None),
            (
                &own_change,
                Purpose::ChangeEmail,
                1_000,
                Some(user("1", b)),
                None,
            ),
            (
                &own_change,
                Purpose::ChangeEmail,
                1_000,
                Some(user("1", None)),
                None,
            ),
            (
                &other_change,
                Purpose::ChangeEmail,
                1_000,
                Some(user("1", b)),
                Some(Redeemed::Stale),
            ),
            (
                &reset,
                Purpose::ResetPassword,
                999,
                good(),
                Some(Redeemed::Expired),
            ),
            (
                &reset,
                Purpose::ResetPassword,
                2_000,
                None,
                Some(Redeemed::Stale),
            ),
            (
                &reset,
                Purpose::ResetPassword,
                2_000,
                Some(user("2", a)),
                Some(Redeemed::Stale),
            ),
            (
                &reset,
                Purpose::ResetPassword,
                2_000,
                Some(user("1", b)),
                Some(Redeemed::Stale),
            ),
            (
                &reset,
                Purpose::ResetPassword,
                2_000,
                Some(user("1", None)),
                Some(Redeemed::Stale),
            ),
            (
                &reset,
                Purpose::VerifyEmail,
                2_000,
                good(),
                Some(Redeemed::Stale),
            ),
            (
                &verify,
                Purpose::ResetPassword,
                2_000,
                good(),
                Some(Redeemed::Stale),
            ),
            (
                &verify,
                Purpose::VerifyEmail,
                2_000,
                Some(user("1", b)),
                Some(Redeemed::Stale),
            ),
        ] {
            let decided = decide(&link(purpose, ends), found, effect, NOW).err();
            assert_eq!(decided, expected, "{effect:?} {purpose:?} {ends}");
        }
    }
}
