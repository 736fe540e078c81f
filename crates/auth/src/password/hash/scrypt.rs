//! scrypt, as Better Auth writes it (`salt:hash` in hex) and in PHC form (`$scrypt$ln=14,r=8,p=1$salt$hash`).
//!
//! Source: RFC 7914; `@better-auth/utils/password` for the first form: N 16384, r 16, p 1, 64 bytes, and the hex text of
//! the salt is the salt.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use scrypt::Params;

use super::{HashFault, Parsed, Work};

/// What a stored hash may ask for, in bytes: four times what Better Auth does, and room for the blocks of the runs.
const MAX_MEMORY: u64 = (128 + 1) * 1024 * 1024;
/// Memory times runs, in bytes.
const MAX_WORK: u64 = 512 * 1024 * 1024;
/// Runs.
const MAX_P: u32 = 16;

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
        if log_n > 20 || p > MAX_P {
            return Err(HashFault::TooCostly);
        }
        let (memory, work) = self.bytes().ok_or(HashFault::TooCostly)?;
        if memory > MAX_MEMORY || work > MAX_WORK {
            return Err(HashFault::TooCostly);
        }
        Ok(self)
    }

    /// How many bytes are allocated, and how many are gone over. Never rounded: a small block with many runs costs too.
    fn bytes(self) -> Option<(u64, u64)> {
        let block = 128 * u64::from(self.r);
        let table = block.checked_mul(1_u64.checked_shl(self.log_n.into())?)?;
        let runs = u64::from(self.p);
        let memory = table.checked_add(block.checked_mul(runs)?)?;
        Some((memory, table.checked_mul(runs)?))
    }

    fn params(self) -> Option<Params> {
        Params::new(self.log_n, self.r, self.p).ok()
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
    cost.params()
        .is_some_and(|params| scrypt::scrypt(text.as_bytes(), salt, &params, out).is_ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(log_n: u8, r: u32, p: u32) -> Result<(), HashFault> {
        Cost { log_n, r, p }.check().map(|_| ())
    }

    #[test]
    fn costs_in_use_are_allowed() {
        // Better Auth, then those of the OWASP Password Storage Cheat Sheet.
        let rows = [
            (14, 16, 1),
            (17, 8, 1),
            (16, 8, 2),
            (15, 8, 3),
            (14, 8, 5),
            (13, 8, 10),
        ];
        for (log_n, r, p) in rows {
            assert_eq!(check(log_n, r, p), Ok(()), "ln={log_n},r={r},p={p}");
        }
    }

    #[test]
    fn costs_that_would_end_the_process_are_refused() {
        for (log_n, r, p) in [
            (1, 1, 1_073_741_823),
            (1, 1, 17),
            (2, 1, u32::MAX),
            (1, 3, 268_435_455),
            (1, 262_144, 16),
            (1, 67_108_863, 16),
            (1, u32::MAX, 1),
            (20, u32::MAX, u32::MAX),
            (20, 2, 1),
            (18, 8, 1),
            (17, 8, 5),
            (255, 1, 1),
        ] {
            let refused = Err(HashFault::TooCostly);
            assert_eq!(check(log_n, r, p), refused, "ln={log_n},r={r},p={p}");
        }
    }

    #[test]
    fn costs_of_nothing_are_malformed() {
        for (log_n, r, p) in [(0, 8, 1), (14, 0, 1), (14, 8, 0)] {
            let refused = Err(HashFault::Malformed);
            assert_eq!(check(log_n, r, p), refused, "ln={log_n},r={r},p={p}");
        }
    }

    /// Any number, and small ones often: those are where rounding hides a cost.
    fn numbers() -> impl Strategy<Value = u32> {
        prop_oneof![
            0..40_u32,
            any::<u32>(),
            (0..32_u32).prop_map(|bits| 1 << bits)
        ]
    }

    proptest! {
        #[test]
        fn what_is_allowed_is_bounded(log_n in prop_oneof![0..24_u8, any::<u8>()], r in numbers(), p in numbers()) {
            if check(log_n, r, p).is_ok() {
                let (r, p) = (u128::from(r), u128::from(p));
                let table = 128 * r * (1_u128 << log_n);
                prop_assert!(p <= u128::from(MAX_P));
                prop_assert!(table + 128 * r * p <= u128::from(MAX_MEMORY));
                prop_assert!(table * p <= u128::from(MAX_WORK));
                let cost = Cost { log_n, r: r as u32, p: p as u32 };
                prop_assert!(cost.params().is_some(), "a cost that takes no time");
            }
        }
    }
}
