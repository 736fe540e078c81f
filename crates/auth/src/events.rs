//! What happened, told to the application.
//!
//! Listeners are awaited before the answer goes out, in the order in which they were added. One that fails is
//! logged and changes nothing. Of a registration they hear while the answer goes out, where strangers must not learn of it
//! ([`Tasks`](crate::environment::Tasks)).
//!
//! Witnesses hear the same, and more: see [`witness`](crate::witness).
//!
//! To add an event: a variant here with its name, and one `ctx.tell` where it happens.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use serde_json::Value;

use crate::adapter::{Account, SessionRecord, User, UserId};
use crate::callbacks::{CallbackError, Claims};
use crate::directory::SessionId;

/// What happened.
#[derive(Clone)]
#[non_exhaustive]
pub enum Event {
    /// Somebody signed in.
    SignIn {
        /// Who.
        user: User,
        /// How.
        account: Account,
        /// What another service says of the person, as it says it.
        profile: Option<Value>,
        /// Whether the user was created by it.
        is_new_user: bool,
    },
    /// Somebody signed out of a session kept in the cookie.
    SignOutToken {
        /// What stood in the token.
        claims: Claims,
    },
    /// Somebody signed out of a session kept in the store.
    SignOutSession {
        /// The session that ended; `None` when it was gone already.
        session: Option<SessionRecord>,
    },
    /// A user was added.
    CreateUser {
        /// Who.
        user: User,
    },
    /// An account became a user's: one more way to sign in.
    LinkAccount {
        /// Whose it is.
        user: User,
        /// The account as it is stored.
        account: Account,
        /// The user that the service's profile would make.
        profile: User,
    },
    /// A user was changed: by a sign-in, which proves the address (again), or the name by its owner.
    UpdateUser {
        /// Who.
        user: User,
    },
    /// A session was ended from the list.
    RevokeSession {
        /// Whose it was.
        user_id: UserId,
        /// Its public id.
        id: SessionId,
    },
    /// Every session of a user was ended, or every other one.
    RevokeSessions {
        /// Whose they were.
        user_id: UserId,
        /// How many, as far as they are known.
        ended: u64,
    },
    /// An account of another service, or a passkey, is the user's no longer.
    UnlinkAccount {
        /// What it was, without its tokens.
        account: Account,
    },
    /// A user followed the link that proves the address.
    EmailVerified {
        /// Who.
        user: User,
    },
    /// A user has another address.
    EmailChanged {
        /// Who, with the new one.
        user: User,
    },
    /// A user has another password.
    PasswordChanged {
        /// Whose.
        user_id: UserId,
    },
    /// A user is gone, with all that belonged to it.
    UserDeleted {
        /// Who it was.
        user: User,
    },
    /// A user showed a first factor and is asked for the second: nobody is signed in yet.
    SecondFactorAsked {
        /// Who.
        user_id: UserId,
        /// By which provider the first was shown.
        provider: String,
    },
    /// A user set up a second factor, or another one in its place.
    SecondFactorAdded {
        /// Whose.
        user_id: UserId,
    },
    /// The second factor of a user was removed.
    SecondFactorRemoved {
        /// Whose it was.
        user_id: UserId,
    },
    /// A user got another set of recovery codes.
    RecoveryCodesReplaced {
        /// Whose.
        user_id: UserId,
    },
    /// A recovery code was used in place of the app.
    RecoveryCodeUsed {
        /// Whose it was.
        user_id: UserId,
    },
    /// A session was read.
    Session {
        /// What is shown of it.
        body: Value,
        /// What stands in the token, for a session kept in the cookie.
        claims: Option<Claims>,
    },
}

impl Event {
    /// The name in Auth.js's `events`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SignIn { .. } => "signIn",
            Self::SignOutToken { .. } | Self::SignOutSession { .. } => "signOut",
            Self::CreateUser { .. } => "createUser",
            Self::LinkAccount { .. } => "linkAccount",
            Self::UnlinkAccount { .. } => "unlinkAccount",
            Self::UpdateUser { .. } => "updateUser",
            Self::RevokeSession { .. } => "revokeSession",
            Self::RevokeSessions { .. } => "revokeSessions",
            Self::Session { .. } => "session",
            Self::EmailVerified { .. } => "emailVerified",
            Self::EmailChanged { .. } => "emailChanged",
            Self::PasswordChanged { .. } => "passwordChanged",
            Self::UserDeleted { .. } => "userDeleted",
            Self::SecondFactorAsked { .. } => "secondFactorAsked",
            Self::SecondFactorAdded { .. } => "secondFactorAdded",
            Self::SecondFactorRemoved { .. } => "secondFactorRemoved",
            Self::RecoveryCodesReplaced { .. } => "recoveryCodesReplaced",
            Self::RecoveryCodeUsed { .. } => "recoveryCodeUsed",
        }
    }
}

/// The name only: the rest holds addresses and what the application keeps of people.
impl fmt::Debug for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Event({})", self.name())
    }
}

/// Listens.
#[async_trait]
pub trait EventListener: Send + Sync + 'static {
    /// Something happened.
    async fn on_event(&self, event: &Event) -> Result<(), CallbackError>;
}

type Listening = Pin<Box<dyn Future<Output = Result<(), CallbackError>> + Send>>;

/// A closure that listens.
pub(crate) struct Closure(Box<dyn Fn(Event) -> Listening + Send + Sync>);

impl Closure {
    pub(crate) fn new<F, R>(closure: F) -> Self
    where
        F: Fn(Event) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), CallbackError>> + Send + 'static,
    {
        Self(Box::new(move |event| Box::pin(closure(event))))
    }
}

#[async_trait]
impl EventListener for Closure {
    async fn on_event(&self, event: &Event) -> Result<(), CallbackError> {
        (self.0)(event.clone()).await
    }
}

impl fmt::Debug for Closure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Closure(..)")
    }
}
