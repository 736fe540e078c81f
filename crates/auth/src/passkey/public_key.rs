//! Public keys of authenticators: read once when they are registered, and at every use.
//!
//! Source: RFC 9052 section 7, RFC 9053 section 7, WebAuthn Level 3 section 5.8.5.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents,
};
use coset::cbor::Value;
use coset::iana::{self, EnumI64 as _};
use coset::{Algorithm, AsCborValue as _, CoseKey, KeyType, Label};

use super::CeremonyError;
use super::cbor;

/// The algorithms that we offer, the ones we like best first.
pub(crate) const ALGORITHMS: [i64; 3] = [EDDSA, ES256, RS256];

const EDDSA: i64 = iana::Algorithm::EdDSA as i64;
const ES256: i64 = iana::Algorithm::ES256 as i64;
const RS256: i64 = iana::Algorithm::RS256 as i64;

/// How long the text of a key may be, in bytes: RSA with 8192 bits is the longest.
const MAX_BYTES: usize = 2048;

/// A key that verifies.
pub(super) struct PublicKey {
    algorithm: i64,
    key: ParsedPublicKey,
}

impl PublicKey {
    /// Reads a COSE key of one of our algorithms.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, CeremonyError> {
        if bytes.len() > MAX_BYTES {
            return Err(CeremonyError::UnsupportedKey);
        }
        let key = CoseKey::from_cbor_value(cbor::whole(bytes)?);
        let key = key.map_err(|_| CeremonyError::UnsupportedKey)?;
        let Some(Algorithm::Assigned(algorithm)) = key.alg else {
            return Err(CeremonyError::UnsupportedKey);
        };
        let algorithm = algorithm.to_i64();
        let parsed = match algorithm {
            ES256 => es256(&key),
            EDDSA => ed25519(&key),
            RS256 => rs256(&key),
            _ => None,
        };
        let key = parsed.ok_or(CeremonyError::UnsupportedKey)?;
        Ok(Self { algorithm, key })
    }

    /// The COSE number of its algorithm.
    pub(super) fn algorithm(&self) -> i64 {
        self.algorithm
    }

    /// Whether the signature is of this key and message.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), CeremonyError> {
        let verified = self.key.verify_sig(message, signature);
        verified.map_err(|_| CeremonyError::Signature)
    }
}

fn es256(key: &CoseKey) -> Option<ParsedPublicKey> {
    let is_p256 = key.kty == KeyType::Assigned(iana::KeyType::EC2)
        && number(key, iana::Ec2KeyParameter::Crv.to_i64())? == iana::EllipticCurve::P_256.to_i64();
    let x: [u8; 32] = exact(key, iana::Ec2KeyParameter::X.to_i64())?;
    let y: [u8; 32] = exact(key, iana::Ec2KeyParameter::Y.to_i64())?;
    // SEC 1 section 2.3.3: the uncompressed form.
    let point = [&[4][..], &x, &y].concat();
    is_p256.then(|| ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).ok())?
}

fn ed25519(key: &CoseKey) -> Option<ParsedPublicKey> {
    let is_ed25519 = key.kty == KeyType::Assigned(iana::KeyType::OKP)
        && number(key, iana::OkpKeyParameter::Crv.to_i64())?
            == iana::EllipticCurve::Ed25519.to_i64();
    let x: [u8; 32] = exact(key, iana::OkpKeyParameter::X.to_i64())?;
    is_ed25519.then(|| ParsedPublicKey::new(&ED25519, x).ok())?
}

fn rs256(key: &CoseKey) -> Option<ParsedPublicKey> {
    let n = bytes(key, iana::RsaKeyParameter::N.to_i64())?;
    let e = bytes(key, iana::RsaKeyParameter::E.to_i64())?;
    // The size is judged here: the library does it not before the first signature.
    let bits = n.len() * 8;
    let is_rsa = key.kty == KeyType::Assigned(iana::KeyType::RSA)
        && (2048..=8192).contains(&bits)
        && n.first().is_some_and(|first| *first & 0x80 != 0);
    let components = RsaPublicKeyComponents { n, e };
    is_rsa.then(|| {
        components
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .ok()
    })?
}

/// A member of the key. The library refuses a key that says a member of its own twice; of the others, it is on us.
fn member(key: &CoseKey, label: i64) -> Option<&Value> {
    let mut found = key
        .params
        .iter()
        .filter(|(name, _)| *name == Label::Int(label));
    let (_, value) = found.next()?;
    found.next().is_none().then_some(value)
}

fn number(key: &CoseKey, label: i64) -> Option<i64> {
    i64::try_from(member(key, label)?.as_integer()?).ok()
}

fn bytes(key: &CoseKey, label: i64) -> Option<&[u8]> {
    member(key, label)?.as_bytes().map(Vec::as_slice)
}

fn exact<const N: usize>(key: &CoseKey, label: i64) -> Option<[u8; N]> {
    bytes(key, label)?.try_into().ok()
}
