//! What the browser says of a ceremony: its kind, its challenge, and the page that asked.
//!
//! Source: WebAuthn Level 3 section 5.8.1.

use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};

use super::CeremonyError;

/// Which ceremony it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Create,
    Get,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// The members that count.
#[derive(Deserialize)]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: Option<bool>,
    #[serde(default, rename = "topOrigin")]
    top_origin: Option<IgnoredAny>,
}

/// Judges what the browser says; gives the hash of it, which the authenticator signed.
pub(super) fn check(
    bytes: &[u8],
    kind: Kind,
    challenge: &str,
    origin: &str,
) -> Result<[u8; 32], CeremonyError> {
    let said: ClientData =
        serde_json::from_slice(bytes).map_err(|_| CeremonyError::Malformed("clientDataJSON"))?;
    if said.r#type != kind.name() {
        return Err(CeremonyError::Kind);
    }
    if said.challenge != challenge {
        return Err(CeremonyError::Challenge);
    }
    // SECURITY: exactly, as browsers write it: no port, no name below it and no scheme counts for another.
    if said.origin != origin {
        return Err(CeremonyError::Origin);
    }
    // SECURITY: a frame on somebody else's page; ours are never in one.
    if said.cross_origin == Some(true) || said.top_origin.is_some() {
        return Err(CeremonyError::Origin);
    }
    Ok(Sha256::digest(bytes).into())
}
