//! A store in memory: the reference that the test kit is checked against, and the store of quick tests.

mod accounts;
mod directory;
mod expired;
mod leases;
mod linked;
mod one_time;
mod passkeys;
mod passwords;
mod second_factor;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::adapter::{
    Account, AccountChange, Adapter, AdapterError, NewUser, Removed, SessionRecord, SignIn,
    SignInOutcome, TokensAtRest, Unlink, Unlinked, User, UserChanges, UserId, VerificationToken,
    is_address,
};
use crate::one_time::{OneTimeRecord, Purpose};
use crate::password::PasswordHash;
use crate::secret::{SessionToken, TokenHash};

mod sign_in;

/// A store in memory. Clones share their content.
#[derive(Clone, Default)]
pub struct MemoryAdapter {
    tables: Arc<Mutex<Tables>>,
    unavailable: Arc<AtomicBool>,
    /// The call that takes the store away.
    fatal: Arc<Mutex<Option<&'static str>>>,
    calls: Arc<Mutex<Vec<&'static str>>>,
}

#[derive(Clone, Default)]
struct Tables {
    users: BTreeMap<UserId, User>,
    accounts: HashMap<(String, String), Account>,
    sessions: HashMap<String, SessionRecord>,
    tokens: HashMap<(String, String), VerificationToken>,
    passwords: HashMap<UserId, PasswordHash>,
    directory: directory::Directory,
    one_time: HashMap<(Purpose, String), OneTimeRecord>,
    leases: leases::Leases,
    second_factors: second_factor::SecondFactors,
    passkeys: passkeys::Passkeys,
}

/// What the store says when it is told to be away.
#[derive(Debug, thiserror::Error)]
#[error("the store was switched off by a test")]
struct SwitchedOff;

/// What the store says of a key that is taken.
#[derive(Debug, thiserror::Error)]
#[error("the {0} is taken")]
struct Taken(&'static str);

impl MemoryAdapter {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on every call fails with [`AdapterError::Unavailable`].
    pub fn go_away(&self) {
        self.unavailable.store(true, Ordering::SeqCst);
    }

    /// The store goes away as soon as this method is called, which fails like all that follow.
    pub fn go_away_at(&self, call: &'static str) {
        *lock(&self.fatal) = Some(call);
    }

    /// Calls work again.
    pub fn come_back(&self) {
        *lock(&self.fatal) = None;
        self.unavailable.store(false, Ordering::SeqCst);
    }

    /// The names of the methods called since the last time, in order.
    pub fn take_calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut lock(&self.calls))
    }

    /// All users, by id.
    pub fn users(&self) -> Vec<User> {
        lock(&self.tables).users.values().cloned().collect()
    }

    /// All accounts, in no order.
    pub fn accounts(&self) -> Vec<Account> {
        lock(&self.tables).accounts.values().cloned().collect()
    }

    /// All sessions, in no order.
    pub fn sessions(&self) -> Vec<SessionRecord> {
        lock(&self.tables).sessions.values().cloned().collect()
    }

    /// All link tokens, in no order.
    pub fn verification_tokens(&self) -> Vec<VerificationToken> {
        lock(&self.tables).tokens.values().cloned().collect()
    }

    fn enter(&self, call: &'static str) -> Result<MutexGuard<'_, Tables>, AdapterError> {
        lock(&self.calls).push(call);
        if *lock(&self.fatal) == Some(call) {
            self.go_away();
        }
        if self.unavailable.load(Ordering::SeqCst) {
            return Err(AdapterError::Unavailable(Box::new(SwitchedOff)));
        }
        Ok(lock(&self.tables))
    }
}

// A panic elsewhere cannot leave a table half-changed, so a poisoned lock is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn conflict(key: &'static str) -> AdapterError {
    AdapterError::Conflict(Box::new(Taken(key)))
}

impl fmt::Debug for MemoryAdapter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MemoryAdapter")
            .finish_non_exhaustive()
    }
}

impl Tables {
    fn by_email(&self, email: &str) -> Option<&User> {
        let has_with_capitals = |user: &&User| {
            let stored = user.email.as_deref();
            stored.is_some_and(|stored| is_address(stored, email))
        };
        let exact = self.with_email(email);
        exact.or_else(|| self.users.values().find(has_with_capitals))
    }

    fn with_email(&self, email: &str) -> Option<&User> {
        self.users
            .values()
            .find(|user| user.email.as_deref() == Some(email))
    }

    fn add_user(&mut self, user: NewUser) -> Result<User, AdapterError> {
        if self.email_is_taken(user.email.as_deref(), None) {
            return Err(conflict("address"));
        }
        if self.users.contains_key(&user.proposed_id) {
            return Err(conflict("id"));
        }
        let user = User {
            id: user.proposed_id,
            name: user.name,
            email: user.email,
            email_verified: user.email_verified,
            image: user.image,
            extra: user.extra,
        };
        self.users.insert(user.id.clone(), user.clone());
        Ok(user)
    }

    fn email_is_taken(&self, email: Option<&str>, by_other_than: Option<&UserId>) -> bool {
        email
            .and_then(|email| self.with_email(email))
            .is_some_and(|owner| Some(&owner.id) != by_other_than)
    }

    fn add_account(&mut self, account: Account) -> Result<(), AdapterError> {
        let key = (
            account.provider.clone(),
            account.provider_account_id.clone(),
        );
        if self.accounts.contains_key(&key) {
            return Err(conflict("account"));
        }
        self.accounts.insert(key, account);
        Ok(())
    }

    fn add_session(&mut self, session: SessionRecord) -> Result<(), AdapterError> {
        let key = session.session_token.expose().to_owned();
        if self.sessions.contains_key(&key) {
            return Err(conflict("session token"));
        }
        self.sessions.insert(key, session);
        Ok(())
    }
}

fn apply(user: &mut User, changes: UserChanges) {
    let UserChanges {
        name,
        email,
        email_verified,
        image,
        extra,
    } = changes;
    if let Some(name) = name {
        user.name = name;
    }
    if let Some(email) = email {
        user.email = email;
    }
    if let Some(email_verified) = email_verified {
        user.email_verified = email_verified;
    }
    if let Some(image) = image {
        user.image = image;
    }
    user.extra.extend(extra);
}

#[async_trait]
impl Adapter for MemoryAdapter {
    async fn create_user(&self, user: NewUser) -> Result<User, AdapterError> {
        self.enter("create_user")?.add_user(user)
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, AdapterError> {
        Ok(self.enter("user")?.users.get(id).cloned())
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<User>, AdapterError> {
        Ok(self.enter("user_by_email")?.by_email(email).cloned())
    }

    async fn user_by_account(
        &self,
        provider: &str,
        provider_account_id: &str,
    ) -> Result<Option<User>, AdapterError> {
        let tables = self.enter("user_by_account")?;
        let key = (provider.to_owned(), provider_account_id.to_owned());
        let account = tables.accounts.get(&key);
        Ok(account.and_then(|account| tables.users.get(&account.user_id).cloned()))
    }

    async fn update_user(
        &self,
        id: &UserId,
        changes: UserChanges,
    ) -> Result<Option<User>, AdapterError> {
        let mut tables = self.enter("update_user")?;
        let new_email = changes.email.as_ref().and_then(Option::as_deref);
        if tables.email_is_taken(new_email, Some(id)) {
            return Err(conflict("address"));
        }
        Ok(tables.users.get_mut(id).map(|user| {
            apply(user, changes);
            user.clone()
        }))
    }

    async fn delete_user(&self, id: &UserId) -> Result<(), AdapterError> {
        let mut tables = self.enter("delete_user")?;
        tables.users.remove(id);
        tables.passwords.remove(id);
        tables.accounts.retain(|_, account| account.user_id != *id);
        tables.sessions.retain(|_, session| session.user_id != *id);
        tables.directory.remove_user(id);
        tables.one_time.retain(|_, token| token.user_id != *id);
        tables.second_factors.remove_user(id);
        tables.passkeys.remove_user(id);
        Ok(())
    }

    async fn link_account(&self, account: Account) -> Result<(), AdapterError> {
        self.enter("link_account")?.add_account(account)
    }

    async fn unlink_account(
        &self,
        provider: &str,
        provider_account_id: &str,
    ) -> Result<(), AdapterError> {
        let key = (provider.to_owned(), provider_account_id.to_owned());
        self.enter("unlink_account")?.accounts.remove(&key);
        Ok(())
    }

    async fn accounts_of(&self, user: &UserId) -> Result<Vec<Account>, AdapterError> {
        Ok(self.enter("accounts_of")?.accounts_of(user))
    }

    async fn account(
        &self,
        provider: &str,
        provider_account_id: &str,
    ) -> Result<Option<Account>, AdapterError> {
        let key = (provider.to_owned(), provider_account_id.to_owned());
        Ok(self.enter("account")?.accounts.get(&key).cloned())
    }

    async fn update_account(&self, change: AccountChange) -> Result<bool, AdapterError> {
        Ok(self.enter("update_account")?.change_account(change))
    }

    async fn unlink_unless_last(&self, unlink: Unlink) -> Result<Unlinked, AdapterError> {
        Ok(self.enter("unlink_unless_last")?.unlink(&unlink))
    }

    async fn tokens_at_rest(&self) -> Result<TokensAtRest, AdapterError> {
        let _tables = self.enter("tokens_at_rest")?;
        Ok(TokensAtRest::Sealed)
    }

    async fn create_session(&self, session: SessionRecord) -> Result<(), AdapterError> {
        self.enter("create_session")?.add_session(session)
    }

    async fn session_and_user(
        &self,
        token: &SessionToken,
    ) -> Result<Option<(SessionRecord, User)>, AdapterError> {
        let tables = self.enter("session_and_user")?;
        let session = tables.sessions.get(token.expose());
        Ok(session.and_then(|session| {
            let user = tables.users.get(&session.user_id)?;
            Some((session.clone(), user.clone()))
        }))
    }

    async fn extend_session(
        &self,
        token: &SessionToken,
        expires: Timestamp,
    ) -> Result<Option<SessionRecord>, AdapterError> {
        let mut tables = self.enter("extend_session")?;
        Ok(tables.sessions.get_mut(token.expose()).map(|session| {
            session.expires = expires;
            session.clone()
        }))
    }

    async fn delete_session(
        &self,
        token: &SessionToken,
    ) -> Result<Option<SessionRecord>, AdapterError> {
        Ok(self
            .enter("delete_session")?
            .sessions
            .remove(token.expose()))
    }

    async fn create_verification_token(
        &self,
        token: VerificationToken,
    ) -> Result<(), AdapterError> {
        let mut tables = self.enter("create_verification_token")?;
        let key = (token.identifier.clone(), token.token.expose().to_owned());
        if tables.tokens.contains_key(&key) {
            return Err(conflict("link token"));
        }
        tables.tokens.insert(key, token);
        Ok(())
    }

    async fn verification_token(
        &self,
        identifier: &str,
        token: &TokenHash,
    ) -> Result<Option<VerificationToken>, AdapterError> {
        let key = (identifier.to_owned(), token.expose().to_owned());
        Ok(self.enter("verification_token")?.tokens.get(&key).cloned())
    }

    async fn use_verification_token(
        &self,
        identifier: &str,
        token: &TokenHash,
    ) -> Result<Option<VerificationToken>, AdapterError> {
        let key = (identifier.to_owned(), token.expose().to_owned());
        Ok(self.enter("use_verification_token")?.tokens.remove(&key))
    }

    async fn sign_in(&self, sign_in: SignIn) -> Result<SignInOutcome, AdapterError> {
        self.enter("sign_in")?.sign_in(sign_in)
    }

    async fn remove_expired(
        &self,
        before: Timestamp,
        at_most: usize,
    ) -> Result<Removed, AdapterError> {
        Ok(self
            .enter("remove_expired")?
            .remove_expired(before, at_most))
    }
}
