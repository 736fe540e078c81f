//! Passkeys: keys in people's devices that sign in by WebAuthn.
//!
//! Invariants: what a browser sends is judged by `ceremony` alone, and a judged key or use exists only where every
//! comparison held. A challenge serves one ceremony. Attestation is neither asked for nor believed. Nothing here does
//! I/O: keys are in a [`PasskeyStore`].
//!
//! See docs/design/passkeys.md for why the ceremonies are judged here and not by a library.

mod api;
mod authenticator_data;
mod cbor;
pub(crate) mod ceremony;
mod client_data;
mod credential;
mod public_key;
pub(crate) mod register;
pub(crate) mod response;
mod secrets;
pub(crate) mod steps;
mod store;
#[cfg(test)]
mod tests;
mod used;

pub use api::{PasskeyApi, PasskeyError, PasskeyRegistration};
pub use credential::{Authenticator, CredentialId, DeviceType, Passkey, PasskeyNotes};
pub(crate) use public_key::ALGORITHMS;
pub(crate) use secrets::{Challenge, PasskeySecrets, Registrant, descriptors, remembered_until};
pub use store::{MAX_KEYS, PasskeyStore};

use std::sync::Arc;

use crate::secrets::Secrets;

/// How long an authenticator may take, in milliseconds. Source: contract authjs §5.4.
pub(crate) const TIMEOUT_MS: u64 = 300_000;

/// What flows need for passkeys.
pub(crate) struct Passkeys {
    pub(crate) store: Arc<dyn PasskeyStore>,
    pub(crate) secrets: PasskeySecrets,
}

impl Passkeys {
    pub(crate) fn new(store: Arc<dyn PasskeyStore>, secrets: &Secrets) -> Self {
        Self {
            store,
            secrets: PasskeySecrets::derive(secrets),
        }
    }
}

/// Why a ceremony is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CeremonyError {
    /// Something is not of its form.
    #[error("the answer of the authenticator is malformed: {0}")]
    Malformed(&'static str),
    /// A registration in place of a sign-in, or the other way round.
    #[error("the answer belongs to another kind of ceremony")]
    Kind,
    /// The answer belongs to another ceremony.
    #[error("the challenge is another one")]
    Challenge,
    /// The ceremony took place on another page.
    #[error("the origin is another one")]
    Origin,
    /// The key is another site's.
    #[error("the relying party is another one")]
    RelyingParty,
    /// Nobody touched the authenticator.
    #[error("nobody was present")]
    UserAbsent,
    /// Nobody proved to the authenticator who it is.
    #[error("the user was not verified by the authenticator")]
    UserUnverified,
    /// Nobody registered the key here.
    #[error("the passkey is not known here")]
    UnknownKey,
    /// The key is of no kind that we offer.
    #[error("the public key is of no supported kind")]
    UnsupportedKey,
    /// The key did not sign this.
    #[error("the signature is not the key's")]
    Signature,
    /// The authenticator has counted further than this: there is a copy of the key.
    #[error("the counter did not grow: the key may have been copied")]
    Counter,
    /// Two names of one key differ.
    #[error("the ids of the key differ")]
    IdMismatch,
    /// The authenticator calls the user something else.
    #[error("the key belongs to another user")]
    UserHandle,
}
