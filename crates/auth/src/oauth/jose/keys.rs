//! The public keys of a service.
//!
//! Source: RFC 7517 §4, §5; RFC 7518 §6; RFC 8037 §2.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaPublicKeyComponents, UnparsedPublicKey,
    VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::Jws;
use crate::providers::oauth::SigningAlgorithm;

/// A key set. Keys that verify nothing of ours are left out.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::oauth) struct KeySet(Vec<Named>);

#[derive(Debug, PartialEq, Eq)]
struct Named {
    id: Option<String>,
    /// The only algorithm that it is for, where the set says so.
    algorithm: Option<SigningAlgorithm>,
    key: Key,
}

#[derive(Debug, PartialEq, Eq)]
enum Key {
    /// At least 2048 bits: the library refuses shorter ones.
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// An uncompressed point.
    P256(Vec<u8>),
    /// An uncompressed point.
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// More keys than any service has at a time.
const MAX_KEYS: usize = 100;

/// How many keys are tried for a token that does not name one.
const MAX_TRIED: usize = 8;

impl KeySet {
    /// Reads a key set; `None` when it is none.
    pub(in crate::oauth) fn read(document: &Map<String, Value>) -> Option<Self> {
        let keys = document.get("keys")?.as_array()?;
        let usable = keys.iter().filter_map(|key| named(key.as_object()?));
        (keys.len() <= MAX_KEYS).then(|| Self(usable.collect()))
    }

    /// Whether one of the keys made this signature.
    pub(in crate::oauth) fn verifies(&self, token: &Jws<'_>) -> bool {
        let fits = |named: &&Named| {
            let for_it = named.algorithm.is_none_or(|only| only == token.algorithm);
            // A token that names its key was signed by that key and by no other.
            let named_by_it = token.key_id.is_none() || named.id == token.key_id;
            for_it && named_by_it
        };
        let mut tried = self.0.iter().filter(fits).take(MAX_TRIED);
        tried.any(|named| named.key.verifies(token))
    }
}

impl Key {
    fn verifies(&self, token: &Jws<'_>) -> bool {
        use SigningAlgorithm as A;
        let (message, signature) = (token.signed.as_bytes(), token.signature.as_slice());
        let by_point = |algorithm: &'static dyn VerificationAlgorithm, point: &[u8]| {
            let key = UnparsedPublicKey::new(algorithm, point);
            key.verify(message, signature).is_ok()
        };
        match (self, token.algorithm) {
            (Self::Rsa { modulus, exponent }, algorithm) => {
                let key = RsaPublicKeyComponents {
                    n: modulus,
                    e: exponent,
                };
                let parameters = match algorithm {
                    A::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
                    A::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
                    A::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
                    A::Ps256 => &RSA_PSS_2048_8192_SHA256,
                    A::Ps384 => &RSA_PSS_2048_8192_SHA384,
                    A::Ps512 => &RSA_PSS_2048_8192_SHA512,
                    A::Es256 | A::Es384 | A::EdDsa | A::Hs256 => return false,
                };
                key.verify(parameters, message, signature).is_ok()
            }
            (Self::P256(point), A::Es256) => by_point(&ECDSA_P256_SHA256_FIXED, point),
            (Self::P384(point), A::Es384) => by_point(&ECDSA_P384_SHA384_FIXED, point),
            (Self::Ed25519(point), A::EdDsa) => by_point(&ED25519, point),
            (Self::P256(_) | Self::P384(_) | Self::Ed25519(_), _) => false,
        }
    }
}

fn named(jwk: &Map<String, Value>) -> Option<Named> {
    let for_signatures = jwk.get("use").is_none_or(|usage| usage == "sig");
    let verifies = jwk.get("key_ops").is_none_or(|operations| {
        let operations = operations.as_array();
        operations.is_some_and(|all| all.iter().any(|one| one == "verify"))
    });
    let algorithm = match jwk.get("alg") {
        None => None,
        Some(name) => Some(SigningAlgorithm::of_name(name.as_str()?)?),
    };
    let id = match jwk.get("kid") {
        None => None,
        Some(id) => Some(id.as_str()?.to_owned()),
    };
    (for_signatures && verifies).then_some(Named {
        id,
        algorithm,
        key: key(jwk)?,
    })
}

fn key(jwk: &Map<String, Value>) -> Option<Key> {
    let text = |name: &str| jwk.get(name)?.as_str();
    let number = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
    let exact = |name: &str, bytes: usize| number(name).filter(|number| number.len() == bytes);
    let point = |bytes: usize| Some([vec![4], exact("x", bytes)?, exact("y", bytes)?].concat());
    match (text("kty")?, text("crv")) {
        ("RSA", _) => Some(Key::Rsa {
            modulus: without_zeros(&number("n")?),
            exponent: without_zeros(&number("e")?),
        }),
        ("EC", Some("P-256")) => Some(Key::P256(point(32)?)),
        ("EC", Some("P-384")) => Some(Key::P384(point(48)?)),
        ("OKP", Some("Ed25519")) => Some(Key::Ed25519(exact("x", 32)?)),
        _ => None,
    }
}

/// Some services write a zero before the number, which the standard forbids and the library refuses.
fn without_zeros(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default().to_vec()
}
