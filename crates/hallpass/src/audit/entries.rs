//! What entries say of events and of attempts: one row a kind.
//!
//! SECURITY: ids, names of providers and reasons. Names, addresses, profiles and tokens of people stay where they are.

use hallpass_auth::adapter::{Account, AccountType, UserId};
use hallpass_auth::events::Event;
use hallpass_auth::witness::{Attempt, FailedAttempt, Whence};
use hallpass_changes::audit::{AuditKeys, Draft};
use serde_json::{Map, Value};

use super::folding::Folded;

/// An entry without when and from where.
pub(super) struct Complete {
    pub(super) kind: &'static str,
    actor: Option<String>,
    subject: Option<(&'static str, String)>,
    details: Map<String, Value>,
}

impl Complete {
    fn of(kind: &'static str) -> Self {
        Self {
            kind,
            actor: None,
            subject: None,
            details: Map::new(),
        }
    }

    fn by(self, user: &UserId) -> Self {
        Self {
            actor: Some(user.0.clone()),
            ..self
        }
    }

    fn about(self, user: &UserId) -> Self {
        Self {
            subject: Some(("user", user.0.clone())),
            ..self
        }
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn fill(&self, mut draft: Draft) -> Draft {
        if let Some(actor) = &self.actor {
            draft = draft.actor(actor);
        }
        if let Some((kind, id)) = &self.subject {
            draft = draft.subject(kind, id);
        }
        draft.details(&self.details)
    }
}

/// An entry of a kind of ours.
pub(super) fn new(kind: &'static str) -> Draft {
    // invariant: kinds here are written as kinds are; a test walks through them.
    Draft::new(kind).unwrap_or_else(|_| Draft::lost(1))
}

/// What an event is in the trail; nothing where it is none of somebody's doings.
pub(super) fn of_event(event: &Event, whence: &Whence) -> Option<Complete> {
    // What a request led to, its owner did. What the application did by itself, somebody did whom it knows.
    let is_request = *whence != Whence::default();
    let own = |kind, user: &UserId| {
        let complete = Complete::of(kind).about(user);
        if is_request {
            complete.by(user)
        } else {
            complete
        }
    };
    Some(match event {
        Event::SignIn {
            user,
            account,
            is_new_user,
            ..
        } => by_account(own("sign-in.succeeded", &user.id), account).with("new_user", *is_new_user),
        Event::SecondFactorAsked { user_id, provider } => Complete::of("sign-in.waits")
            .about(user_id)
            .with("provider", provider.as_str())
            .with("for", "second-factor"),
        Event::SignOutToken { claims } => {
            let user = claims.get("sub").and_then(Value::as_str)?;
            own("sign-out", &UserId(user.to_owned()))
        }
        Event::SignOutSession { session } => own("sign-out", &session.as_ref()?.user_id),
        Event::CreateUser { user } => Complete::of("user.created").about(&user.id),
        Event::UpdateUser { user } => own("user.updated", &user.id),
        Event::UserDeleted { user } => own("user.deleted", &user.id),
        Event::LinkAccount { user, account, .. } => {
            by_account(own("account.linked", &user.id), account)
        }
        Event::UnlinkAccount { account } => {
            by_account(own("account.unlinked", &account.user_id), account)
        }
        Event::RevokeSession { user_id, id } => {
            own("session.revoked", user_id).with("session", id.as_str())
        }
        Event::RevokeSessions { user_id, ended } => {
            own("sessions.revoked", user_id).with("ended", *ended)
        }
        Event::EmailVerified { user } => own("email.verified", &user.id),
        Event::EmailChanged { user } => own("email.changed", &user.id),
        Event::PasswordChanged { user_id } => own("password.changed", user_id),
        Event::SecondFactorAdded { user_id } => own("second-factor.added", user_id),
        Event::SecondFactorRemoved { user_id } => own("second-factor.removed", user_id),
        Event::RecoveryCodesReplaced { user_id } => own("recovery-codes.replaced", user_id),
        Event::RecoveryCodeUsed { user_id } => own("recovery-code.used", user_id),
        // `Session`, which no witness is told of, and what a newer version tells.
        _ => return None,
    })
}

fn by_account(complete: Complete, account: &Account) -> Complete {
    let way = match account.kind {
        AccountType::Email => "mail",
        AccountType::Credentials => "credentials",
        AccountType::OAuth | AccountType::Oidc => "service",
        AccountType::WebAuthn => "passkey",
    };
    complete
        .with("provider", account.provider.as_str())
        .with("way", way)
}

/// What an attempt in vain is in the trail: upon a user, or upon an address that is nobody's.
pub(super) fn of_attempt(attempt: &FailedAttempt<'_>, keys: &AuditKeys) -> Complete {
    let mut complete = Complete::of(kind_of(attempt.what)).with("reason", attempt.reason);
    if let Some(provider) = attempt.provider {
        complete = complete.with("provider", provider);
    }
    match (attempt.user, attempt.address) {
        (Some(user), _) => complete.about(user),
        (None, Some(address)) => Complete {
            subject: Some(("address", keys.address(address))),
            ..complete
        },
        (None, None) => complete,
    }
}

fn kind_of(what: Attempt) -> &'static str {
    match what {
        Attempt::SignIn => "sign-in.failed",
        Attempt::SecondFactor => "second-factor.failed",
        Attempt::Account => "account.refused",
    }
}

/// Many attempts as one entry.
pub(super) fn of_folded(folded: &Folded) -> Draft {
    let complete = Complete::of(folded.what.kind)
        .with("reason", folded.what.reason)
        .with("times", folded.times)
        .with("since", folded.since.to_string());
    let draft = complete.fill(new(complete.kind));
    match &folded.what.client {
        Some(client) => draft.client(client),
        None => draft,
    }
}
