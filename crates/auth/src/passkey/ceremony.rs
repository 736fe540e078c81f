//! The two ceremonies, judged.
//!
//! Every member that the specification tells a relying party to compare is compared, and a ceremony that fails one
//! comparison has failed: there is no verdict to be looked at and forgotten, only a value that exists or does not
//! (GitLab #585333).
//!
//! Source: WebAuthn Level 3 sections 7.1 and 7.2; contract authjs §5.4.

use coset::cbor::Value;

use super::authenticator_data::AuthenticatorData;
use super::client_data::{self, Kind};
use super::public_key::PublicKey;
use super::response::{AssertionAnswer, RegistrationAnswer};
use super::{Authenticator, CeremonyError, CredentialId, DeviceType, cbor};

/// What an answer must fit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'e> {
    /// The challenge of the ceremony, base64url.
    pub(crate) challenge: &'e str,
    /// The origin of the page.
    pub(crate) origin: &'e str,
    /// The domain that keys are for.
    pub(crate) relying_party: &'e str,
}

/// A new key, judged.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) id: CredentialId,
    /// As a COSE key, exactly as it came.
    pub(crate) public_key: Vec<u8>,
    pub(crate) counter: u32,
    pub(crate) device_type: DeviceType,
    pub(crate) is_backed_up: bool,
    pub(crate) transports: Vec<String>,
}

/// A use of a key, judged.
#[derive(Debug)]
pub(crate) struct Used {
    /// What the authenticator counts by now.
    pub(crate) counter: u32,
}

/// Judges a registration.
pub(crate) fn register(
    answer: &RegistrationAnswer,
    expected: Expected<'_>,
) -> Result<Registered, CeremonyError> {
    let response = &answer.response;
    let hash = client_data::check(
        &response.client_data.0,
        Kind::Create,
        expected.challenge,
        expected.origin,
    )?;
    let object = AttestationObject::parse(&response.attestation_object.0)?;
    let data = AuthenticatorData::parse(&object.authenticator_data)?;
    data.check(expected.relying_party)?;
    let Some(credential) = &data.credential else {
        return Err(CeremonyError::Malformed("no key"));
    };
    // SECURITY: else somebody could register a key under the id of somebody else's.
    if credential.id != answer.id {
        return Err(CeremonyError::IdMismatch);
    }
    let key = PublicKey::parse(credential.public_key)?;
    object.check_statement(&key, &hash)?;
    Ok(Registered {
        id: credential.id.clone(),
        public_key: credential.public_key.to_vec(),
        counter: data.counter,
        device_type: data.device_type(),
        is_backed_up: data.is_backed_up(),
        transports: response.transports(),
    })
}

/// Judges a use of a key that is known. `user_handle` is what the authenticator was told to call the user.
pub(crate) fn authenticate(
    answer: &AssertionAnswer,
    expected: Expected<'_>,
    known: &Authenticator,
    user_handle: Option<&str>,
) -> Result<Used, CeremonyError> {
    // SECURITY: rodauth 2.46: the key that is judged is the key that was named.
    if known.credential_id != answer.id {
        return Err(CeremonyError::IdMismatch);
    }
    let response = &answer.response;
    if user_handle.is_some_and(|told| response.names_another_user_than(told)) {
        return Err(CeremonyError::UserHandle);
    }
    let hash = client_data::check(
        &response.client_data.0,
        Kind::Get,
        expected.challenge,
        expected.origin,
    )?;
    let signed = &response.authenticator_data.0;
    let data = AuthenticatorData::parse(signed)?;
    data.check(expected.relying_party)?;
    let message = [signed.as_slice(), &hash].concat();
    PublicKey::parse(&known.public_key)?.verify(&message, &response.signature.0)?;
    if !counts_on(known.counter, data.counter) {
        return Err(CeremonyError::Counter);
    }
    Ok(Used {
        counter: data.counter,
    })
}

/// Whether a counter goes on from another: it grows, or does not count at all. One that stands still or goes back
/// belongs to a copy of the key.
pub(super) fn counts_on(before: u32, now: u32) -> bool {
    now > before || (before == 0 && now == 0)
}

/// What an authenticator says when it made a key.
struct AttestationObject {
    format: String,
    statement: Vec<(Value, Value)>,
    authenticator_data: Vec<u8>,
}

impl AttestationObject {
    fn parse(bytes: &[u8]) -> Result<Self, CeremonyError> {
        let value = cbor::whole(bytes)?;
        Self::read(&value).ok_or(CeremonyError::Malformed("attestation object"))
    }

    fn read(value: &Value) -> Option<Self> {
        let map = value.as_map()?;
        Some(Self {
            format: cbor::member(map, "fmt")?.as_text()?.to_owned(),
            statement: cbor::member(map, "attStmt")?.as_map()?.clone(),
            authenticator_data: cbor::member(map, "authData")?.as_bytes()?.clone(),
        })
    }

    /// SECURITY: we ask for no attestation and believe none (`SimpleWebAuthn` GHSA-6hxq-p678-4hr2): no certificate is read, and
    /// nothing follows from one. What can be checked without believing anybody is: that nothing says nothing, and that
    /// a key which signs for itself is there.
    fn check_statement(&self, key: &PublicKey, hash: &[u8; 32]) -> Result<(), CeremonyError> {
        match &*self.format {
            "none" if self.statement.is_empty() => Ok(()),
            "none" => Err(CeremonyError::Malformed("attestation statement")),
            "packed" if cbor::member(&self.statement, "x5c").is_none() => {
                self.check_own_signature(key, hash)
            }
            _ => Ok(()),
        }
    }

    /// Source: WebAuthn Level 3 section 8.2, self attestation.
    fn check_own_signature(&self, key: &PublicKey, hash: &[u8; 32]) -> Result<(), CeremonyError> {
        let malformed = CeremonyError::Malformed("attestation statement");
        let algorithm = cbor::member(&self.statement, "alg").and_then(Value::as_integer);
        let signature = cbor::member(&self.statement, "sig").and_then(Value::as_bytes);
        let (Some(algorithm), Some(signature)) = (algorithm, signature) else {
            return Err(malformed);
        };
        if algorithm != key.algorithm().into() {
            return Err(malformed);
        }
        let message = [self.authenticator_data.as_slice(), hash].concat();
        key.verify(&message, signature)
    }
}
