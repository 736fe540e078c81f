//! A service's key, and tokens that it signs.

use std::fmt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::providers::oauth::{ClientKey, SigningAlgorithm};
use crate::secret::Secret;

/// A key pair of a service, or of a client. Signs with the library itself, so that tests do not verify our own code with
/// our own code.
pub struct Signer {
    algorithm: SigningAlgorithm,
    id: String,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
    Ed(Ed25519KeyPair),
}

impl Signer {
    /// A fresh key for this algorithm, with this `kid`.
    ///
    /// # Panics
    ///
    /// For HS256, which has no key pair, and when the machine gives no random bytes; this is for tests.
    #[expect(clippy::expect_used, reason = "for tests, which should stop at once")]
    pub fn new(algorithm: SigningAlgorithm, id: &str) -> Self {
        use SigningAlgorithm as A;
        let made = match algorithm {
            A::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::ec),
            A::Es384 => EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).map(Pair::ec),
            A::EdDsa => Ed25519KeyPair::generate().map(Pair::Ed),
            _ => RsaKeyPair::generate(KeySize::Rsa2048).map(|pair| Pair::Rsa(Box::new(pair))),
        };
        assert!(algorithm != A::Hs256, "HS256 has no key pair");
        Self {
            algorithm,
            id: id.to_owned(),
            pair: made.expect("a fresh key"),
        }
    }

    /// The public key as it stands in a key set.
    pub fn jwk(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.pair {
            Pair::Rsa(pair) => {
                let (modulus, exponent) = rsa_numbers(pair.public_key().as_ref());
                json!({ "kty": "RSA", "n": encode(modulus), "e": encode(exponent) })
            }
            Pair::Ec(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = point.split_at(1).1.split_at(point.len() / 2);
                let curve = if x.len() == 32 { "P-256" } else { "P-384" };
                json!({ "kty": "EC", "crv": curve, "x": encode(x), "y": encode(y) })
            }
            Pair::Ed(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref()) })
            }
        };
        if let Value::Object(jwk) = &mut jwk {
            jwk.insert("kid".to_owned(), json!(self.id));
            jwk.insert("use".to_owned(), json!("sig"));
            jwk.insert("alg".to_owned(), json!(self.algorithm.name()));
        }
        jwk
    }

    /// The key set of a service that has this key alone.
    pub fn key_set(&self) -> Value {
        json!({ "keys": [self.jwk()] })
    }

    /// The header of its tokens.
    pub fn header(&self) -> Value {
        json!({ "alg": self.algorithm.name(), "kid": self.id })
    }

    /// A signed token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_parts(&self.header().to_string(), &claims.to_string())
    }

    /// A signed token of any two texts, JSON or not.
    ///
    /// # Panics
    ///
    /// When the library cannot sign; this is for tests.
    #[expect(clippy::expect_used, reason = "for tests, which should stop at once")]
    pub fn sign_parts(&self, header: &str, claims: &str) -> String {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}", encode(header), encode(claims));
        let message = signed.as_bytes();
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(self.encoding(), &random, message, &mut signature)
                    .expect("an RSA key signs");
                signature
            }
            Pair::Ec(pair) => {
                let signature = pair.sign(&random, message).expect("an EC key signs");
                signature.as_ref().to_vec()
            }
            Pair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The private key, for a client that signs with it.
    ///
    /// # Panics
    ///
    /// When the library cannot write it; this is for tests.
    #[expect(clippy::expect_used, reason = "for tests, which should stop at once")]
    pub fn client_key(&self) -> ClientKey {
        let der = match &self.pair {
            Pair::Rsa(pair) => pair.as_der().map(|der| der.as_ref().to_vec()),
            Pair::Ec(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
            Pair::Ed(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
        };
        let body = STANDARD.encode(der.expect("a key that can be written"));
        ClientKey {
            pem: Secret::new(format!(
                "-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"
            )),
            algorithm: self.algorithm,
            id: Some(self.id.clone()),
        }
    }

    fn encoding(&self) -> &'static dyn RsaEncoding {
        use SigningAlgorithm as A;
        match self.algorithm {
            A::Rs384 => &RSA_PKCS1_SHA384,
            A::Rs512 => &RSA_PKCS1_SHA512,
            A::Ps256 => &RSA_PSS_SHA256,
            A::Ps384 => &RSA_PSS_SHA384,
            A::Ps512 => &RSA_PSS_SHA512,
            _ => &RSA_PKCS1_SHA256,
        }
    }
}

impl Pair {
    fn ec(pair: EcdsaKeyPair) -> Self {
        Self::Ec(Box::new(pair))
    }
}

/// The two numbers of an `RSAPublicKey` of 2048 bits (RFC 8017 appendix A.1.1): a sequence of a number of 257 bytes, the
/// first of them zero, and one of three bytes.
fn rsa_numbers(der: &[u8]) -> (&[u8], &[u8]) {
    const BEFORE: usize = 9;
    const MODULUS: usize = 256;
    let (_, rest) = der.split_at(BEFORE);
    let (modulus, rest) = rest.split_at(MODULUS);
    (modulus, rest.split_at(2).1)
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Signer")
            .field("algorithm", &self.algorithm)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
