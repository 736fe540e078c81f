//! PBKDF2 in its usual forms: PHC (`$pbkdf2-sha256$i=600000,l=32$salt$hash`), passlib's
//! (`$pbkdf2-sha256$600000$salt$hash`, with `.` for `+`) and Django's (`pbkdf2_sha256$600000$salt$hash`, where the salt is
//! text).
//!
//! Source: RFC 8018.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::{HashFault, Parsed, Work};

/// Twice what Django asks for.
const MAX_ROUNDS: u32 = 3_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::password) struct Cost {
    digest: Digest,
    rounds: u32,
}

impl Cost {
    /// The longest hash that is compared with; making a longer one takes more than the rounds once.
    pub(super) fn max_bytes(self) -> usize {
        self.digest.bytes()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Digest {
    /// By the name in PHC texts.
    fn of(name: &str) -> Option<Self> {
        match name {
            "pbkdf2" => Some(Self::Sha1),
            "pbkdf2-sha256" => Some(Self::Sha256),
            "pbkdf2-sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// Reads the PHC form and passlib's.
pub(super) fn read(text: &str) -> Result<Parsed, HashFault> {
    let parts: Vec<&str> = text.split('$').collect();
    let ["", name, cost, salt, hash] = parts.as_slice() else {
        return Err(HashFault::Malformed);
    };
    let digest = Digest::of(name).ok_or(HashFault::Unknown)?;
    let length = cost.split_once(",l=").map(|(_, length)| length);
    let rounds = match cost.strip_prefix("i=") {
        Some(rounds) => rounds.split(',').next().unwrap_or_default(),
        None => cost,
    };
    let bytes = |text: &str| {
        let text = text.replace('.', "+");
        STANDARD_NO_PAD
            .decode(text)
            .map_err(|_| HashFault::Malformed)
    };
    let (salt, expected) = (bytes(salt)?, bytes(hash)?);
    let said = length.map(super::number);
    if said.is_some_and(|said| said.map(|said| said as usize) != Some(expected.len())) {
        return Err(HashFault::Malformed);
    }
    parsed(digest, rounds, salt, expected)
}

/// Reads Django's form.
pub(super) fn read_django(text: &str) -> Result<Parsed, HashFault> {
    let parts: Vec<&str> = text.split('$').collect();
    let [name, rounds, salt, hash] = parts.as_slice() else {
        return Err(HashFault::Malformed);
    };
    let digest = match *name {
        "pbkdf2_sha1" => Digest::Sha1,
        _ => Digest::Sha256,
    };
    let expected = STANDARD.decode(hash).map_err(|_| HashFault::Malformed)?;
    parsed(digest, rounds, salt.as_bytes().to_vec(), expected)
}

fn parsed(
    digest: Digest,
    rounds: &str,
    salt: Vec<u8>,
    expected: Vec<u8>,
) -> Result<Parsed, HashFault> {
    let rounds = super::number(rounds).filter(|rounds| *rounds > 0);
    let rounds = rounds.ok_or(HashFault::Malformed)?;
    // A longer hash than the digest's makes comparing dearer and nothing safer.
    if salt.len() > 1024 || !(16..=digest.bytes()).contains(&expected.len()) {
        return Err(HashFault::Malformed);
    }
    if rounds > MAX_ROUNDS {
        return Err(HashFault::TooCostly);
    }
    Ok(Parsed {
        work: Work::Pbkdf2(Cost { digest, rounds }),
        salt,
        expected,
    })
}

pub(super) fn compute(cost: Cost, text: &str, salt: &[u8], out: &mut [u8]) -> bool {
    let Cost { digest, rounds } = cost;
    let text = text.as_bytes();
    match digest {
        Digest::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(text, salt, rounds, out),
        Digest::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(text, salt, rounds, out),
        Digest::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(text, salt, rounds, out),
    }
    true
}
