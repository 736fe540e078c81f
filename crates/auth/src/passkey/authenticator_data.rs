//! What the authenticator says of a ceremony.
//!
//! Source: WebAuthn Level 3 section 6.1.

use sha2::{Digest, Sha256};

use super::{CeremonyError, CredentialId, DeviceType, cbor};

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

/// The parts, none of them believed yet.
#[derive(Debug)]
pub(super) struct AuthenticatorData<'d> {
    relying_party: &'d [u8],
    flags: u8,
    pub(super) counter: u32,
    pub(super) credential: Option<AttestedCredential<'d>>,
}

/// A new key.
#[derive(Debug)]
pub(super) struct AttestedCredential<'d> {
    pub(super) id: CredentialId,
    /// As a COSE key, exactly as it came.
    pub(super) public_key: &'d [u8],
}

impl<'d> AuthenticatorData<'d> {
    pub(super) fn parse(bytes: &'d [u8]) -> Result<Self, CeremonyError> {
        Self::read(bytes).ok_or(CeremonyError::Malformed("authenticator data"))
    }

    /// Every byte has a place: what stands behind the last part makes the whole thing unreadable.
    fn read(bytes: &'d [u8]) -> Option<Self> {
        let (relying_party, rest) = bytes.split_at_checked(32)?;
        let ([flags], rest) = rest.split_first_chunk()?;
        let (counter, mut rest) = rest.split_first_chunk()?;
        let mut credential = None;
        if flags & HAS_CREDENTIAL != 0 {
            let (attested, behind) = AttestedCredential::read(rest)?;
            credential = Some(attested);
            rest = behind;
        }
        if flags & HAS_EXTENSIONS != 0 {
            let (extensions, behind) = cbor::first(rest).ok()?;
            extensions.as_map()?;
            rest = behind;
        }
        rest.is_empty().then_some(Self {
            relying_party,
            flags: *flags,
            counter: u32::from_be_bytes(*counter),
            credential,
        })
    }

    /// Judges it: for us, by somebody who was there and proved who it is.
    pub(super) fn check(&self, relying_party: &str) -> Result<(), CeremonyError> {
        if self.relying_party != Sha256::digest(relying_party.as_bytes()).as_slice() {
            return Err(CeremonyError::RelyingParty);
        }
        if !self.has(USER_PRESENT) {
            return Err(CeremonyError::UserAbsent);
        }
        // SPEC: contract §5.4: also where it was only preferred.
        if !self.has(USER_VERIFIED) {
            return Err(CeremonyError::UserUnverified);
        }
        if self.is_backed_up() && !self.has(BACKUP_ELIGIBLE) {
            return Err(CeremonyError::Malformed("backup state"));
        }
        Ok(())
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(super) fn is_backed_up(&self) -> bool {
        self.has(BACKED_UP)
    }

    pub(super) fn device_type(&self) -> DeviceType {
        match self.has(BACKUP_ELIGIBLE) {
            true => DeviceType::MultiDevice,
            false => DeviceType::SingleDevice,
        }
    }
}

impl<'d> AttestedCredential<'d> {
    /// The key, and what stands behind it.
    fn read(bytes: &'d [u8]) -> Option<(Self, &'d [u8])> {
        let (_model, rest) = bytes.split_at_checked(16)?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (id, rest) = rest.split_at_checked(length)?;
        let (_, behind) = cbor::first(rest).ok()?;
        let public_key = rest.get(..rest.len() - behind.len())?;
        let id = CredentialId::new(id)?;
        Some((Self { id, public_key }, behind))
    }
}
