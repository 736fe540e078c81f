//! What a browser posts after a ceremony: the member `data` of the form.
//!
//! Source: WebAuthn Level 3 sections 5.1.8 and 5.8 (`RegistrationResponseJSON`, `AuthenticationResponseJSON`).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, de};

use super::{CeremonyError, CredentialId};

/// How long the text may be, in bytes. An attestation with certificates has some thousand.
const MAX_BYTES: usize = 64 * 1024;

/// How many transports of a key are kept, and how long the name of one is at most.
const MAX_TRANSPORTS: usize = 8;
const MAX_TRANSPORT_BYTES: usize = 32;

/// Bytes as messages have them: base64url without padding.
pub(crate) struct WireBytes(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for WireBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text);
        bytes.map(Self).map_err(de::Error::custom)
    }
}

/// The frame of both.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message<R> {
    id: String,
    raw_id: String,
    r#type: String,
    response: R,
}

/// What came of a registration.
#[derive(Deserialize)]
pub(crate) struct Attestation {
    #[serde(rename = "clientDataJSON")]
    pub(super) client_data: WireBytes,
    #[serde(rename = "attestationObject")]
    pub(super) attestation_object: WireBytes,
    #[serde(default)]
    transports: Option<Vec<String>>,
}

/// What came of a sign-in.
#[derive(Deserialize)]
pub(crate) struct Assertion {
    #[serde(rename = "clientDataJSON")]
    pub(super) client_data: WireBytes,
    #[serde(rename = "authenticatorData")]
    pub(super) authenticator_data: WireBytes,
    pub(super) signature: WireBytes,
    /// As it was posted: `@simplewebauthn/browser` 9, which `next-auth/webauthn` uses, posts the text itself, others its
    /// bytes as base64url.
    #[serde(default, rename = "userHandle")]
    user_handle: Option<String>,
}

/// A key, and what it answers.
pub(crate) struct Answer<R> {
    pub(crate) id: CredentialId,
    pub(super) response: R,
}

/// A registration as it was posted.
pub(crate) type RegistrationAnswer = Answer<Attestation>;
/// A sign-in as it was posted.
pub(crate) type AssertionAnswer = Answer<Assertion>;

/// Whether the text is JSON that names a key. SPEC: contract §5.4: anything else is no answer, and nothing is judged.
pub(crate) fn names_a_key(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Named {
        #[serde(rename = "id")]
        _id: String,
    }
    text.len() <= MAX_BYTES && serde_json::from_str::<Named>(text).is_ok()
}

impl<R: for<'de> Deserialize<'de>> Answer<R> {
    /// Reads the text.
    pub(crate) fn parse(text: &str) -> Result<Self, CeremonyError> {
        if text.len() > MAX_BYTES {
            return Err(CeremonyError::Malformed("answer: too long"));
        }
        let message: Message<R> =
            serde_json::from_str(text).map_err(|_| CeremonyError::Malformed("answer"))?;
        // SECURITY: both name the key; two names would let one be looked up and the other be believed.
        if message.id != message.raw_id {
            return Err(CeremonyError::IdMismatch);
        }
        if message.r#type != "public-key" {
            return Err(CeremonyError::Malformed("answer: no public key"));
        }
        let id = CredentialId::from_wire(&message.id);
        Ok(Self {
            id: id.ok_or(CeremonyError::Malformed("id"))?,
            response: message.response,
        })
    }
}

impl Attestation {
    /// How the key can be reached. Of what was said, what could be a name of a transport.
    pub(super) fn transports(&self) -> Vec<String> {
        let is_name = |text: &&String| {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
            (1..=MAX_TRANSPORT_BYTES).contains(&text.len()) && text.bytes().all(plain)
        };
        let mut names: Vec<String> = Vec::new();
        for name in self.transports.iter().flatten().filter(is_name) {
            if names.len() < MAX_TRANSPORTS && !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }
}

impl Assertion {
    /// Whether the authenticator calls the user something else than it was told, where it says anything. Not signed, so it
    /// can speak against a sign-in and never for one.
    pub(super) fn names_another_user_than(&self, told: &str) -> bool {
        let said = self.user_handle.as_deref().filter(|said| !said.is_empty());
        let is_told = |said: &str| said == told || said == BASE64_URL_SAFE_NO_PAD.encode(told);
        said.is_some_and(|said| !is_told(said.trim_end_matches('=')))
    }
}
