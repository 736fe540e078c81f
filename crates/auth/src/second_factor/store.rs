use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

use super::Factor;
use crate::adapter::{AdapterError, StoreId, UserId};
use crate::directory::SessionKey;
use crate::secret::TokenHash;

/// A user's authenticator app, as the store keeps it. A user has one or none.
#[derive(Clone, PartialEq)]
pub struct TotpRecord {
    /// Whose.
    pub user_id: UserId,
    /// Tells it from the one that stood in its place before.
    pub id: String,
    /// The secret, sealed: the store cannot read it.
    pub sealed: String,
    /// The number of the last step that a code was taken of; no code of it or of one before counts any more.
    pub last_step: i64,
    /// Since when.
    pub created: Timestamp,
}

impl fmt::Debug for TotpRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TotpRecord")
            .field("user_id", &self.user_id)
            .field("created", &self.created)
            .finish_non_exhaustive()
    }
}

/// What a user has.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Factors {
    /// The authenticator app.
    pub totp: Option<TotpRecord>,
    /// How many recovery codes are left.
    pub recovery_codes: u64,
}

/// A sign-in whose first factor is proven, and which waits for the second.
#[derive(Clone, PartialEq)]
pub struct WaitingRecord {
    /// Hash of the secret in the browser's cookie.
    pub hash: TokenHash,
    /// Who signs in.
    pub user_id: UserId,
    /// What was proven and where it leads to, sealed.
    pub sealed: String,
    /// Until when it waits.
    pub expires: Timestamp,
}

impl fmt::Debug for WaitingRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("WaitingRecord")
            .field("user_id", &self.user_id)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// A browser that is not asked for the second factor.
#[derive(Clone, PartialEq)]
pub struct DeviceRecord {
    /// Hash of the secret in the browser's cookie.
    pub hash: TokenHash,
    /// What its owner sees and names it by.
    pub id: String,
    /// Whose.
    pub user_id: UserId,
    /// For people: `Firefox on Linux`.
    pub client: Option<String>,
    /// Since when.
    pub created: Timestamp,
    /// Until when.
    pub expires: Timestamp,
}

impl fmt::Debug for DeviceRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DeviceRecord")
            .field("id", &self.id)
            .field("user_id", &self.user_id)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// What was proven in a session.
#[derive(Debug, Clone, PartialEq)]
pub struct ProofRecord {
    /// Which session.
    pub key: SessionKey,
    /// Whose.
    pub user_id: UserId,
    /// What it began with.
    pub first: Factor,
    /// What came to it.
    pub second: Option<Factor>,
    /// When something was last proven.
    pub at: Timestamp,
    /// Until when it counts.
    pub expires: Timestamp,
}

/// Keeps second factors, and what follows from them.
///
/// Implementations compare exactly, never filter expired rows out (the engine decides what that means) and never log what is
/// sealed or a hash. The kit in [`testing`](crate::testing) judges them. Rows of a user go with
/// [`Adapter::delete_user`](crate::adapter::Adapter::delete_user) and at the first proof of the address by somebody else
/// (CVE-2026-53516), expired ones with [`Adapter::remove_expired`](crate::adapter::Adapter::remove_expired).
#[async_trait]
pub trait SecondFactorStore: Send + Sync + 'static {
    /// Names the store: see [`Adapter::store_id`](crate::adapter::Adapter::store_id).
    fn store_id(&self) -> Option<StoreId> {
        None
    }

    /// Whether the store has room for it; asked once, at start.
    ///
    /// # Errors
    /// What it lacks, and how to give it.
    fn second_factors_ready(&self) -> Result<(), AdapterError>;

    /// What a user has.
    async fn factors(&self, user: &UserId) -> Result<Factors, AdapterError>;

    /// Keeps an authenticator app with a new set of recovery codes, in place of the app `replaces` and of all codes. Browsers
    /// that were to be remembered are forgotten. All of it or, where the user does not have exactly that app (or has one,
    /// and none is to be replaced), nothing: then `false`. Of any number of calls at the same time exactly one is `true`.
    async fn add_totp(
        &self,
        record: TotpRecord,
        codes: &[TokenHash],
        replaces: Option<&str>,
    ) -> Result<bool, AdapterError>;

    /// Uses a step of a user's app up: `true` where it is later than the last one, and is the last one from now on. Of any
    /// number of calls at the same time with one step exactly one is `true`.
    async fn use_totp_step(&self, user: &UserId, id: &str, step: i64)
    -> Result<bool, AdapterError>;

    /// Removes a recovery code; of any number of calls at the same time exactly one is `true`.
    async fn use_recovery_code(
        &self,
        user: &UserId,
        hash: &TokenHash,
    ) -> Result<bool, AdapterError>;

    /// Keeps a set of recovery codes in place of all that were; only for a user with an app, else `false`.
    async fn replace_recovery_codes(
        &self,
        user: &UserId,
        codes: &[TokenHash],
    ) -> Result<bool, AdapterError>;

    /// Removes app and codes, forgets the browsers that were to be remembered, ends what waits, and takes the second proof
    /// from all sessions of the user, in one transaction. `false` where there was no app.
    async fn remove_factors(&self, user: &UserId) -> Result<bool, AdapterError>;

    /// Keeps a sign-in that waits.
    async fn wait(&self, record: WaitingRecord) -> Result<(), AdapterError>;

    /// A sign-in that waits, which stays. Expired ones are given back too.
    async fn waiting(&self, hash: &TokenHash) -> Result<Option<WaitingRecord>, AdapterError>;

    /// Removes a sign-in that waits and gives it back, in one step: of any number of calls at the same time exactly one gets
    /// it. Expired ones are given back (and removed) too.
    async fn take_waiting(&self, hash: &TokenHash) -> Result<Option<WaitingRecord>, AdapterError>;

    /// Keeps a browser.
    async fn remember(&self, record: DeviceRecord) -> Result<(), AdapterError>;

    /// A browser of this user. Expired ones are given back too.
    async fn device(
        &self,
        user: &UserId,
        hash: &TokenHash,
    ) -> Result<Option<DeviceRecord>, AdapterError>;

    /// The browsers of a user that did not expire, the newest first, at most a hundred.
    async fn devices(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<DeviceRecord>, AdapterError>;

    /// Forgets one browser of a user; `false` where there is none of this id.
    async fn forget_device(&self, user: &UserId, id: &str) -> Result<bool, AdapterError>;

    /// Forgets every browser of a user and ends every sign-in that waits: the password is another one, or the person says so.
    async fn distrust(&self, user: &UserId) -> Result<(), AdapterError>;

    /// Keeps what was proven in a session, in place of what was kept of it.
    async fn put_proof(&self, record: ProofRecord) -> Result<(), AdapterError>;

    /// What was proven in a session. Expired ones are given back too.
    async fn proof(&self, key: &SessionKey) -> Result<Option<ProofRecord>, AdapterError>;

    /// Forgets what was proven in those sessions of a user that rest on this factor, as the first or the second: it is not
    /// the user's any more.
    async fn forget_proofs(&self, user: &UserId, factor: Factor) -> Result<(), AdapterError>;
}
