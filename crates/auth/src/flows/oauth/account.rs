//! From what a service says to a user and an account.
//!
//! Source: contract authjs §5.3.5.

use serde_json::{Map, Value};
use unicode_normalization::is_nfkc;

use crate::BeforeProof;
use crate::adapter::{Account, User, UserId};
use crate::identifier::Email;
use crate::linking::account::ShownAccount;
use crate::oauth::TokenSet;
use crate::providers::oauth::{OAuthProvider, Profile};

/// The members of a token answer that are stored.
const STORED: [&str; 7] = [
    "access_token",
    "id_token",
    "refresh_token",
    "expires_at",
    "scope",
    "token_type",
    "session_state",
];

/// The account as the application is told of it: with all that the token endpoint gave.
pub(super) fn told(
    provider: &OAuthProvider,
    profile: &Profile,
    tokens: &TokenSet,
    user: &UserId,
) -> Account {
    Account {
        user_id: user.clone(),
        kind: provider.kind(),
        provider: provider.id.clone(),
        provider_account_id: profile.id.clone(),
        extra: members(tokens),
    }
}

/// What would be stored, with the user whom nobody knows yet.
pub(super) fn shown(
    provider: &OAuthProvider,
    profile: &Profile,
    told: &Account,
    before_proof: &BeforeProof,
) -> ShownAccount {
    // SECURITY: CVE-2026-53516: a first proof lets accounts stay that are of providers which check addresses. So none of them
    // may bring an address that was not checked.
    let checks = before_proof.verifying_providers();
    let must_be_checked = checks.is_some_and(|checks| checks.contains(&provider.id));
    let is_usable = !(must_be_checked && profile.email_verified == Some(false));
    let stored = told.extra.iter();
    let stored = stored.filter(|(name, _)| STORED.contains(&name.as_str()));
    ShownAccount {
        passkey: None,
        user: User {
            id: told.user_id.clone(),
            name: profile.name.clone(),
            email: profile
                .email
                .as_deref()
                .filter(|_| is_usable)
                .and_then(|email| address(email, provider)),
            email_verified: None,
            image: profile.image.clone(),
            extra: profile.extra.clone(),
        },
        account: Account {
            extra: stored
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            ..told.clone()
        },
        link_by_email: provider.link_by_email,
        email_is_verified: profile.email_verified == Some(true),
    }
}

/// The address in lower case.
///
/// SECURITY: GHSA-7rqj-j65f-68wh: one that our own rules would write differently, or refuse, is left out. It could never
/// sign in by mail, and whoever compares or takes it apart may read another one in it.
fn address(email: &str, provider: &OAuthProvider) -> Option<String> {
    let lower = email.to_lowercase();
    // Before lower case too: it makes plain letters of some that only look like them.
    let is_normal = is_nfkc(email);
    let parsed = Email::parse(&lower).ok().filter(|_| is_normal);
    let same = parsed.filter(|parsed| parsed.as_str() == lower);
    if same.is_none() && !email.is_empty() {
        tracing::warn!(
            provider = provider.id,
            "an address of a profile cannot be used and is left out"
        );
    }
    same.map(|email| email.as_str().to_owned())
}

/// Every member of the answer, under the names of the standards.
fn members(tokens: &TokenSet) -> Map<String, Value> {
    let mut members = tokens.others.clone();
    // SECURITY: an answer cannot say whose the account is.
    for ours in ["provider", "providerAccountId", "type", "userId"] {
        members.remove(ours);
    }
    let text = |secret: &crate::secret::Secret| Value::from(secret.expose());
    members.insert("access_token".to_owned(), text(&tokens.access_token));
    members.insert("token_type".to_owned(), tokens.token_type.as_str().into());
    let optional = [
        ("refresh_token", tokens.refresh_token.as_ref().map(text)),
        ("id_token", tokens.id_token.as_ref().map(text)),
        ("scope", tokens.scope.as_deref().map(Value::from)),
        (
            "expires_at",
            tokens.expires_at.map(|at| at.as_second().into()),
        ),
    ];
    for (name, value) in optional {
        match value {
            Some(value) => members.insert(name.to_owned(), value),
            // What the answer holds under our names is ours to say.
            None => members.remove(name),
        };
    }
    members
}
