//! The writes of one sign-in, as one: a link is never used up without its session, and no user is left half-made.
//!
//! The engine decides before (it reads, judges, asks the application) and tells its listeners after. Nothing of the
//! application runs inside. What may have changed between reading and writing is checked again by the writes, and
//! then the outcome says so instead of an error: the engine reads again.
//!
//! To add a write: a member of [`SignIn`], its rule in the test kit (`testing/kit/sign_ins.rs`), and its place in every
//! store.

use std::fmt;

use jiff::Timestamp;

use super::{Account, AdapterError, NewUser, SessionRecord, User, UserId};
use crate::passkey::Passkey;
use crate::password::PasswordHash;
use crate::secret::{SessionToken, TokenHash};

/// What one sign-in writes: all of it, or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct SignIn {
    /// The link token that is used up. When it is gone, somebody was faster and nothing is written.
    pub link: Option<LinkKey>,
    /// Who signs in.
    pub person: Person,
    /// A way of signing in that becomes the person's; its `user_id` is replaced by the person's.
    pub account: Option<Account>,
    /// A key that becomes the person's; its `user_id` is replaced by the person's. One of the same id is there:
    /// [`SignInOutcome::AccountExists`].
    pub passkey: Option<Passkey>,
    /// A session that ends by it: the one of somebody else in the same browser. Absent is no error.
    pub ends: Option<SessionToken>,
    /// The session that begins.
    pub session: Option<NewSession>,
}

/// Who signs in, and what of the user changes.
#[derive(Clone, PartialEq)]
pub enum Person {
    /// A user is added.
    New(NewUser),
    /// A user proves to receive mail for an address.
    Proves {
        /// Who.
        id: UserId,
        /// The address. When the user has another one by now, nothing is written.
        email: String,
        /// When.
        at: Timestamp,
        /// What becomes of what was there before.
        earlier: Earlier,
    },
    /// A user of whom nothing changes.
    Known {
        /// Who.
        id: UserId,
        /// Whether the address was proven when the user was read. When it was not and is by now, nothing is
        /// written: the proof may have removed what this sign-in rests on.
        was_proven: bool,
        /// The hash that a password was proven against. When the user has another one by now, or none, nothing is
        /// written. Stores hold the user until the end, so that a change of the password waits for the sign-in or is
        /// seen by it.
        password: Option<PasswordHash>,
    },
}

/// The identity and nothing else: the rest holds addresses.
impl fmt::Debug for Person {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New(_) => formatter.write_str("New"),
            Self::Proves { id, earlier, .. } => write!(formatter, "Proves({id}, {earlier:?})"),
            Self::Known { id, .. } => write!(formatter, "Known({id})"),
        }
    }
}

/// What a proof of an address does to what the user had before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Earlier {
    /// It stays.
    Kept,
    /// The address was never proven, so anybody may have made the user: all sessions, the password and the accounts are
    /// removed. When the address is proven by now, nothing is written.
    ///
    /// SECURITY: CVE-2026-53516; see docs/design/unproven-accounts.md.
    Removed {
        /// The accounts stay when all of them are of these providers and there is no password: then one of these made
        /// the user, and checked the address.
        verifying_providers: Vec<String>,
    },
}

/// Names a link token.
#[derive(Clone, PartialEq)]
pub struct LinkKey {
    /// Whom the link was sent to.
    pub identifier: String,
    /// Hash of the token in the link.
    pub token: TokenHash,
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LinkKey(..)")
    }
}

/// A session that begins.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSession {
    /// The secret in the cookie.
    pub token: SessionToken,
    /// When it ends.
    pub expires: Timestamp,
}

/// What became of a [`SignIn`]. All but `Done` have written nothing.
#[derive(Debug)]
pub enum SignInOutcome {
    /// All of it is written.
    Done(Box<SignedIn>),
    /// The link is gone: another request was faster.
    LinkGone,
    /// A key of the new user belongs to another one: most likely somebody of the same address was faster.
    UserExists(AdapterError),
    /// The user is gone, or is not as it was when it was read.
    UserChanged,
    /// The account, or the passkey, belongs to a user already.
    AccountExists(AdapterError),
}

/// A sign-in that is written.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedIn {
    /// The user as stored.
    pub user: User,
    /// The session that began, where one was asked for.
    pub session: Option<SessionRecord>,
}
