//! The store of users, accounts, sessions and link tokens, as the engine sees it.
//!
//! Invariant: the engine never learns that SQL exists. An implementation is judged by the public test kit
//! in [`testing`](crate::testing) (feature `testing`).
//!
//! Source: contract authjs §10.1.

use std::error::Error as StdError;
use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::secret::{SessionToken, TokenHash};

mod beside;
mod linked;
mod removed;
mod sign_in;

pub use beside::{Beside, StoreId};
pub use linked::{AccountChange, SEALED_MARK, TokensAtRest, Unlink, Unlinked, WaysIn};
pub use removed::Removed;
pub use sign_in::{Earlier, LinkKey, NewSession, Person, SignIn, SignInOutcome, SignedIn};

/// Identifies a user. The store decides what it looks like (`42`, a UUID, a cuid); to us it is text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub String);

impl UserId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A person who can sign in.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Identifies the user.
    pub id: UserId,
    /// Shown name.
    pub name: Option<String>,
    /// Mail address, normalised.
    pub email: Option<String>,
    /// When the address was proven.
    #[serde(
        rename = "emailVerified",
        with = "crate::time::optional_iso_millis",
        default
    )]
    pub email_verified: Option<Timestamp>,
    /// Address of a picture.
    pub image: Option<String>,
    /// Columns of the application's own.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl fmt::Debug for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("User")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What is known of a user before there is a row.
#[derive(Clone, PartialEq)]
pub struct NewUser {
    /// An id the store may take; most make their own.
    pub proposed_id: UserId,
    /// Shown name.
    pub name: Option<String>,
    /// Mail address, normalised.
    pub email: Option<String>,
    /// When the address was proven.
    pub email_verified: Option<Timestamp>,
    /// Address of a picture.
    pub image: Option<String>,
    /// Columns of the application's own.
    pub extra: Map<String, Value>,
}

impl fmt::Debug for NewUser {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NewUser")
            .field("proposed_id", &self.proposed_id)
            .finish_non_exhaustive()
    }
}

/// What to change of a user; `None` leaves a member as it is.
#[derive(Clone, PartialEq, Default)]
pub struct UserChanges {
    /// Shown name.
    pub name: Option<Option<String>>,
    /// Mail address, normalised.
    pub email: Option<Option<String>>,
    /// When the address was proven.
    pub email_verified: Option<Option<Timestamp>>,
    /// Address of a picture.
    pub image: Option<Option<String>>,
    /// Columns of the application's own.
    pub extra: Map<String, Value>,
}

impl fmt::Debug for UserChanges {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UserChanges")
            .finish_non_exhaustive()
    }
}

/// How an account proves who the person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountType {
    /// A link by mail.
    Email,
    /// A form of the application's own.
    Credentials,
    /// OAuth 2.
    OAuth,
    /// OpenID Connect.
    Oidc,
    /// Passkeys.
    WebAuthn,
}

/// One way of signing in, as one user's.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Whose it is.
    #[serde(rename = "userId")]
    pub user_id: UserId,
    /// How it proves who the person is.
    #[serde(rename = "type")]
    pub kind: AccountType,
    /// The provider's id.
    pub provider: String,
    /// The person's id there.
    #[serde(rename = "providerAccountId")]
    pub provider_account_id: String,
    /// Tokens and other members of the provider's answer.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Account")
            .field("user_id", &self.user_id)
            .field("kind", &self.kind)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// A session kept in the store.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRecord {
    /// The secret in the cookie.
    pub session_token: SessionToken,
    /// Whose session it is.
    pub user_id: UserId,
    /// When it ends.
    pub expires: Timestamp,
}

/// A link token kept in the store, by its hash.
#[derive(Clone, PartialEq)]
pub struct VerificationToken {
    /// Whom the link was sent to: a normalised mail address.
    pub identifier: String,
    /// Hash of the token in the link.
    pub token: TokenHash,
    /// When the link stops working.
    pub expires: Timestamp,
}

impl fmt::Debug for VerificationToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerificationToken")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// What went wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum AdapterError {
    /// The store cannot be reached, or is too busy. The same call may work later; nothing was written.
    #[error("the database is not reachable")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// A row with this key is there already.
    #[error("the row exists already")]
    Conflict(#[source] Box<dyn StdError + Send + Sync>),
    /// Anything else.
    #[error("the database refused the statement")]
    Other(#[source] Box<dyn StdError + Send + Sync>),
}

/// Whether an address, as a store keeps it, is the one that is sought: the same, or the same in small letters. The local part
/// tells case apart by the standard and nowhere in practice; letters beyond ASCII count as they are.
pub fn is_address(stored: &str, sought: &str) -> bool {
    stored == sought || stored.to_ascii_lowercase() == sought
}

/// The store.
///
/// Implementations compare tokens and identifiers exactly, never filter expired rows out (the engine
/// decides what an expired row means) and never log a token.
#[async_trait]
pub trait Adapter: Send + Sync + 'static {
    /// Adds a user and gives it back as stored.
    async fn create_user(&self, user: NewUser) -> Result<User, AdapterError>;

    /// The user of this id; an id that cannot exist is `None`, not an error.
    async fn user(&self, id: &UserId) -> Result<Option<User>, AdapterError>;

    /// The user of exactly this address; where there is none, a store may give the one whose address is the same but for
    /// capitals ([`is_address`]), which programs beside it may have written.
    async fn user_by_email(&self, email: &str) -> Result<Option<User>, AdapterError>;

    /// The user who owns this account.
    async fn user_by_account(
        &self,
        provider: &str,
        provider_account_id: &str,
    ) -> Result<Option<User>, AdapterError>;

    /// Changes a user and gives it back as stored; `None` when it is gone.
    async fn update_user(
        &self,
        id: &UserId,
        changes: UserChanges,
    ) -> Result<Option<User>, AdapterError>;

    /// Removes a user with all accounts and sessions, in one transaction.
    async fn delete_user(&self, id: &UserId) -> Result<(), AdapterError>;

    /// Adds an account. A second one of the same provider and id is [`AdapterError::Conflict`].
    async fn link_account(&self, account: Account) -> Result<(), AdapterError>;

    /// Removes an account, whatever else its user has; absent is no error.
    async fn unlink_account(
        &self,
        provider: &str,
        provider_account_id: &str,
    ) -> Result<(), AdapterError>;

    /// The accounts of a user, sorted by provider and id; those of a kind that nobody knows are left out.
    async fn accounts_of(&self, user: &UserId) -> Result<Vec<Account>, AdapterError>;

    /// The account of this provider and id.
    async fn account(
        &self,
        provider: &str,
        provider_account_id: &str,
    ) -> Result<Option<Account>, AdapterError>;

    /// Writes other tokens of an account, where those that are there are as expected; whether it did. Of any number of calls at
    /// the same time that expect the same and write something else, exactly one does.
    async fn update_account(&self, change: AccountChange) -> Result<bool, AdapterError>;

    /// Removes an account, with the passkey that belongs to it, unless it is its user's last way in. Judged by
    /// [`Unlink::judge`] in the transaction that removes it: of two calls at the same time, one sees what the other did.
    async fn unlink_unless_last(&self, unlink: Unlink) -> Result<Unlinked, AdapterError>;

    /// How tokens of other services are to stand in the table of accounts.
    async fn tokens_at_rest(&self) -> Result<TokensAtRest, AdapterError>;

    /// Adds a session.
    async fn create_session(&self, session: SessionRecord) -> Result<(), AdapterError>;

    /// A session with its user, in one round trip; `None` also when the user is gone.
    async fn session_and_user(
        &self,
        token: &SessionToken,
    ) -> Result<Option<(SessionRecord, User)>, AdapterError>;

    /// Moves the end of a session; gives it back, or `None` when it is gone.
    async fn extend_session(
        &self,
        token: &SessionToken,
        expires: Timestamp,
    ) -> Result<Option<SessionRecord>, AdapterError>;

    /// Removes a session and gives it back; absent is `None`.
    async fn delete_session(
        &self,
        token: &SessionToken,
    ) -> Result<Option<SessionRecord>, AdapterError>;

    /// Keeps a link token.
    async fn create_verification_token(&self, token: VerificationToken)
    -> Result<(), AdapterError>;

    /// The link token of this identifier *and* hash, which stays. Expired ones are given back too.
    async fn verification_token(
        &self,
        identifier: &str,
        token: &TokenHash,
    ) -> Result<Option<VerificationToken>, AdapterError>;

    /// Removes the link token of this identifier *and* hash and gives it back, in one step: of any number of
    /// calls at the same time exactly one gets the row. Expired rows are given back (and removed) too.
    async fn use_verification_token(
        &self,
        identifier: &str,
        token: &TokenHash,
    ) -> Result<Option<VerificationToken>, AdapterError>;

    /// Writes a sign-in, all of it or nothing: of any number of calls at the same time with the same link exactly one
    /// gets [`SignInOutcome::Done`].
    ///
    /// # Errors
    ///
    /// [`AdapterError::Conflict`] when the session's token is taken. [`AdapterError::Unavailable`] as everywhere, but
    /// where the connection was lost at the very end, it is not known whether all of it was written.
    async fn sign_in(&self, sign_in: SignIn) -> Result<SignInOutcome, AdapterError>;

    /// The same, and what belongs to it where this store keeps that as well, in the same transaction. Gives what is left
    /// to be written: all of it where the sign-in is not done. What cannot be written beside it is left, too, and keeps
    /// nobody out.
    ///
    /// # Errors
    ///
    /// As [`sign_in`](Self::sign_in).
    async fn sign_in_beside(
        &self,
        sign_in: SignIn,
        beside: Beside,
    ) -> Result<(SignInOutcome, Beside), AdapterError> {
        Ok((self.sign_in(sign_in).await?, beside))
    }

    /// Names the store where it writes what belongs to a sign-in [beside it](Self::sign_in_beside). What is kept in another
    /// store is not handed to this one.
    fn store_id(&self) -> Option<StoreId> {
        None
    }

    /// Removes rows of every kind that expired before this moment, at most so many of each kind; see
    /// [`cleanup`](crate::cleanup). Rows that do not expire, or whose end cannot be read, stay.
    async fn remove_expired(
        &self,
        before: Timestamp,
        at_most: usize,
    ) -> Result<Removed, AdapterError>;
}
