//! scrypt, as Better Auth writes it (`salt:hash` in hex) and in PHC form (`$scrypt$ln=14,r=8,p=1$salt$hash`).
//!
//! Source: RFC 7914; `@better-auth/utils/password` for the first form: N 16384, r 16, p 1, 64 bytes, and the hex text of
//! the salt is the salt.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use scrypt::Params;

use super::{HashFault, Parsed, Work};

/// What a stored hash may ask for, in KiB: four times what Better Auth does.
const MAX_MEMORY_KIB: u64 = 128 * 1024;
/// Memory times parallel runs, in KiB.
const MAX_WORK: u64 = 512 * 1024;

const BETTER_AUTH: Cost = Cost {
    log_n: 14,
    r: 16,
    p: 1,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::password) struct Cost {
    log_n: u8,
    r: u32,
    p: u32,
}

impl Cost {
    fn check(self) -> Result<Self, HashFault> {
        let Self { log_n, r, p } = self;
        if log_n == 0 || r == 0 || p == 0 {
            return Err(HashFault::Malformed);
        }
        if log_n > 20 {
            return Err(HashFault::TooCostly);
        }
        let memory = (u64::from(r) << log_n) / 8;
        let work = memory.saturating_mul(u64::from(p));
        let within = memory <= MAX_MEMORY_KIB && work <= MAX_WORK;
        if within {
            Ok(self)
        } else {
            Err(HashFault::TooCostly)
        }
    }
}

/// Whether a text has the form of Better Auth.
pub(super) fn is_better_auth(text: &str) -> bool {
    text.len() == 32 + 1 + 128 && text.as_bytes().get(32) == Some(&b':')
}

/// Reads `salt:hash`.
pub(super) fn read_better_auth(text: &str) -> Result<Parsed, HashFault> {
    let (salt, hash) = text.split_once(':').ok_or(HashFault::Malformed)?;
    let expected = unhex(hash).ok_or(HashFault::Malformed)?;
    Ok(Parsed {
        work: Work::Scrypt(BETTER_AUTH),
        salt: salt.as_bytes().to_vec(),
        expected,
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).map(|digit| digit as u8);
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}

/// Reads the PHC form.
pub(super) fn read_phc(text: &str) -> Result<Parsed, HashFault> {
    let parts: Vec<&str> = text.split('$').collect();
    let ["", "scrypt", costs, salt, hash] = parts.as_slice() else {
        return Err(HashFault::Malformed);
    };
    let bytes = |text: &str| {
        STANDARD_NO_PAD
            .decode(text)
            .map_err(|_| HashFault::Malformed)
    };
    let (salt, expected) = (bytes(salt)?, bytes(hash)?);
    if salt.len() > 64 || !(16..=64).contains(&expected.len()) {
        return Err(HashFault::Malformed);
    }
    let cost = cost(costs).ok_or(HashFault::Malformed)?.check()?;
    Ok(Parsed {
        work: Work::Scrypt(cost),
        salt,
        expected,
    })
}

fn cost(text: &str) -> Option<Cost> {
    let [log_n, r, p] = super::numbers(text, ["ln=", "r=", "p="])?;
    let log_n = u8::try_from(log_n).ok()?;
    Some(Cost { log_n, r, p })
}

pub(super) fn compute(cost: Cost, text: &str, salt: &[u8], out: &mut [u8]) -> bool {
    Params::new(cost.log_n, cost.r, cost.p)
        .is_ok_and(|params| scrypt::scrypt(text.as_bytes(), salt, &params, out).is_ok())
}
