//! An authenticator and its browser in software: makes keys and signs with them, honestly or as it is told.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use coset::cbor::{Value as Cbor, into_writer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Which kind of key it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSA with 2048 bits.
    Rs256,
}

enum Signer {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(Box<RsaKeyPair>),
}

/// Holds one key. Members may be changed to make it lie.
pub struct SoftAuthenticator {
    signer: Signer,
    /// The id of the key.
    pub id: Vec<u8>,
    /// What it counts by; 0 for one that does not count.
    pub counter: u32,
    /// The flags of every answer: present, verified and the states of backups.
    pub flags: u8,
    /// How it calls itself reachable.
    pub transports: Vec<String>,
    /// The format of attestation, and its statement; the signature of a `packed` one is its own.
    pub attestation: (String, Vec<(String, Cbor)>),
    /// The user of the last registration.
    pub user_handle: Option<String>,
    /// Whether it signs until both numbers of an ECDSA signature have all their 32 bytes: one in 128 has a shorter one, which
    /// `SimpleWebAuthn` 9 takes for a wrong signature.
    pub signs_in_full: bool,
}

/// Present and verified.
pub const HONEST_FLAGS: u8 = 0b0000_0101;

/// What the browser adds.
#[derive(Debug, Clone)]
pub struct Page {
    /// Of the page.
    pub origin: String,
    /// What it says the ceremony was; by default what it was.
    pub kind: Option<&'static str>,
    /// Whether it is a frame on somebody else's page.
    pub cross_origin: bool,
}

impl Page {
    /// An ordinary page.
    pub fn at(origin: impl Into<String>) -> Self {
        Self {
            origin: origin.into(),
            kind: None,
            cross_origin: false,
        }
    }

    fn client_data(&self, kind: &'static str, challenge: Option<&Value>) -> Vec<u8> {
        let said = json!({
            "type": self.kind.unwrap_or(kind),
            "challenge": challenge,
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        });
        said.to_string().into_bytes()
    }
}

#[expect(
    clippy::expect_used,
    reason = "for tests only: a machine that can make no key runs none"
)]
impl SoftAuthenticator {
    /// With a new key of this kind, whose id is told from others by `seed`.
    pub fn new(algorithm: Algorithm, seed: u8) -> Self {
        let signer = match algorithm {
            Algorithm::Es256 => Signer::Es256(
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key is made"),
            ),
            Algorithm::EdDsa => Signer::EdDsa(Ed25519KeyPair::generate().expect("a key is made")),
            Algorithm::Rs256 => Signer::Rs256(Box::new(
                RsaKeyPair::generate(KeySize::Rsa2048).expect("a key is made"),
            )),
        };
        Self {
            signer,
            id: vec![seed; 32],
            counter: 0,
            flags: HONEST_FLAGS,
            transports: vec!["internal".to_owned(), "hybrid".to_owned()],
            attestation: ("none".to_owned(), Vec::new()),
            user_handle: None,
            signs_in_full: false,
        }
    }

    /// The id of the key as messages have it.
    pub fn wire_id(&self) -> String {
        BASE64.encode(&self.id)
    }

    /// Answers options of a registration: the text of `data`.
    pub fn create(&mut self, options: &Value, page: &Page) -> String {
        self.user_handle = text(options, "/user/id").map(str::to_owned);
        let client_data = page.client_data("webauthn.create", options.get("challenge"));
        let relying_party = text(options, "/rp/id").unwrap_or_default();
        let mut data = self.authenticator_data(relying_party, self.flags | 1 << 6);
        data.extend([0; 16]);
        data.extend(
            u16::try_from(self.id.len())
                .unwrap_or(u16::MAX)
                .to_be_bytes(),
        );
        data.extend(&self.id);
        data.extend(bytes_of(&self.public_key()));
        let statement = self.statement(&data, &client_data);
        let object = map([
            ("fmt", self.attestation.0.as_str().into()),
            ("attStmt", statement),
            ("authData", Cbor::Bytes(data)),
        ]);
        let response = json!({
            "clientDataJSON": BASE64.encode(client_data),
            "attestationObject": BASE64.encode(bytes_of(&object)),
            "transports": self.transports,
        });
        self.message(&response)
    }

    /// Answers options of a sign-in: the text of `data`.
    pub fn get(&mut self, options: &Value, page: &Page) -> String {
        if self.counter > 0 {
            self.counter += 1;
        }
        let client_data = page.client_data("webauthn.get", options.get("challenge"));
        let relying_party = text(options, "/rpId").unwrap_or_default();
        let data = self.authenticator_data(relying_party, self.flags);
        let signature = self.sign(&[&data[..], &Sha256::digest(&client_data)].concat());
        // The browser of the contract's client gives the bytes of the text.
        let handle = self.user_handle.as_ref().map(|text| BASE64.encode(text));
        let response = json!({
            "clientDataJSON": BASE64.encode(client_data),
            "authenticatorData": BASE64.encode(data),
            "signature": BASE64.encode(signature),
            "userHandle": handle,
        });
        self.message(&response)
    }

    fn message(&self, response: &Value) -> String {
        let id = self.wire_id();
        json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "response": response,
        })
        .to_string()
    }

    fn authenticator_data(&self, relying_party: &str, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(relying_party.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn statement(&self, data: &[u8], client_data: &[u8]) -> Cbor {
        let (format, members) = &self.attestation;
        let mut members = members.clone();
        let signs = format == "packed" && !members.iter().any(|(name, _)| name == "sig");
        if signs {
            let message = [data, &Sha256::digest(client_data)].concat();
            members.push(("alg".to_owned(), self.algorithm().into()));
            members.push(("sig".to_owned(), Cbor::Bytes(self.sign(&message))));
        }
        let members = members.into_iter();
        Cbor::Map(members.map(|(name, value)| (name.into(), value)).collect())
    }

    fn algorithm(&self) -> i64 {
        match self.signer {
            Signer::Es256(_) => -7,
            Signer::EdDsa(_) => -8,
            Signer::Rs256(_) => -257,
        }
    }

    /// As a COSE key.
    pub fn public_key(&self) -> Cbor {
        let members: Vec<(i64, Cbor)> = match &self.signer {
            Signer::Es256(key) => {
                let point = key.public_key().as_ref();
                let (x, y) = point.get(1..).unwrap_or_default().split_at(32);
                vec![
                    (1, 2.into()),
                    (3, (-7).into()),
                    (-1, 1.into()),
                    (-2, Cbor::Bytes(x.to_vec())),
                    (-3, Cbor::Bytes(y.to_vec())),
                ]
            }
            Signer::EdDsa(key) => vec![
                (1, 1.into()),
                (3, (-8).into()),
                (-1, 6.into()),
                (-2, Cbor::Bytes(key.public_key().as_ref().to_vec())),
            ],
            Signer::Rs256(key) => {
                // RFC 8017 section A.1.1 with 2048 bits: eight bytes of frame and a zero stand before the modulus.
                let modulus = key.public_key().as_ref().get(9..265).unwrap_or_default();
                vec![
                    (1, 3.into()),
                    (3, (-257).into()),
                    (-1, Cbor::Bytes(modulus.to_vec())),
                    (-2, Cbor::Bytes(vec![1, 0, 1])),
                ]
            }
        };
        let members = members.into_iter();
        Cbor::Map(members.map(|(name, value)| (name.into(), value)).collect())
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.signer {
            Signer::Es256(key) => loop {
                let signature = key.sign(&random, message).expect("the key signs");
                if !self.signs_in_full || is_full(signature.as_ref()) {
                    return signature.as_ref().to_vec();
                }
            },
            Signer::EdDsa(key) => key.sign(message).as_ref().to_vec(),
            Signer::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .expect("the key signs");
                signature
            }
        }
    }
}

/// Whether both numbers of an ECDSA signature (`30 len 02 len r 02 len s`) have 32 bytes, without the zero of DER before them.
fn is_full(signature: &[u8]) -> bool {
    let halves = || {
        let (first, rest) = number(signature.get(2..)?)?;
        let (second, _) = number(rest)?;
        Some([first, second])
    };
    halves().is_some_and(|halves| halves.iter().all(|digits| digits.len() == 32))
}

/// The number that some DER begins with, and what follows it.
fn number(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = der.strip_prefix(&[2])?.split_first()?;
    let (number, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((number.strip_prefix(&[0]).unwrap_or(number), rest))
}

fn text<'o>(options: &'o Value, place: &str) -> Option<&'o str> {
    options.pointer(place)?.as_str()
}

fn map<const N: usize>(members: [(&str, Cbor); N]) -> Cbor {
    let members = members.into_iter();
    Cbor::Map(members.map(|(name, value)| (name.into(), value)).collect())
}

#[expect(
    clippy::expect_used,
    reason = "for tests only, and a Vec takes every write"
)]
fn bytes_of(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    into_writer(value, &mut bytes).expect("a Vec takes every write");
    bytes
}

impl fmt::Debug for SoftAuthenticator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SoftAuthenticator")
            .field("counter", &self.counter)
            .finish_non_exhaustive()
    }
}
