//! Argon2 in PHC form: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
//!
//! Source: RFC 9106; the PHC string format.

use argon2::{Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::{HashFault, Memory, Parsed, Password, PasswordHash, Work};

/// What a stored hash may ask for: twice what the widest defaults in use do (64 MiB, three passes, four lanes).
const MAX_MEMORY_KIB: u32 = 128 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;
/// Memory times passes, in KiB.
const MAX_WORK: u32 = 512 * 1024;

/// Which variant, and its cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::password) struct Cost {
    variant: Variant,
    version: Version,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    D,
    I,
    Id,
}

impl Variant {
    fn algorithm(self) -> argon2::Algorithm {
        match self {
            Self::D => argon2::Algorithm::Argon2d,
            Self::I => argon2::Algorithm::Argon2i,
            Self::Id => argon2::Algorithm::Argon2id,
        }
    }
}

impl Cost {
    pub(super) fn id(memory_kib: u32, passes: u32, lanes: u32) -> Self {
        Self {
            variant: Variant::Id,
            version: Version::V0x13,
            memory_kib,
            passes,
            lanes,
        }
    }

    /// Within what is allowed.
    pub(super) fn check(self) -> Result<Self, HashFault> {
        let Self {
            memory_kib,
            passes,
            lanes,
            ..
        } = self;
        if passes == 0 || lanes == 0 || memory_kib < lanes.saturating_mul(8) {
            return Err(HashFault::Malformed);
        }
        let work = memory_kib.saturating_mul(passes);
        let within = memory_kib <= MAX_MEMORY_KIB
            && passes <= MAX_PASSES
            && lanes <= MAX_LANES
            && work <= MAX_WORK;
        if within {
            Ok(self)
        } else {
            Err(HashFault::TooCostly)
        }
    }
}

/// Reads a stored hash.
pub(super) fn read(text: &str) -> Result<Parsed, HashFault> {
    let mut parts = text.split('$').skip(1);
    let variant = match parts.next() {
        Some("argon2d") => Variant::D,
        Some("argon2i") => Variant::I,
        Some("argon2id") => Variant::Id,
        _ => return Err(HashFault::Malformed),
    };
    let mut next = || parts.next().ok_or(HashFault::Malformed);
    let mut part = next()?;
    let version = match part.strip_prefix("v=") {
        // Texts older than version 1.3 name none.
        None => Version::V0x10,
        Some(version) => {
            part = next()?;
            match version {
                "16" => Version::V0x10,
                "19" => Version::V0x13,
                _ => return Err(HashFault::Malformed),
            }
        }
    };
    // Nothing else: a key id or associated data would change the hash.
    let costs = super::numbers(part, ["m=", "t=", "p="]);
    let [memory_kib, passes, lanes] = costs.ok_or(HashFault::Malformed)?;
    let (salt, expected) = (bytes(next()?)?, bytes(next()?)?);
    let sound = (8..=64).contains(&salt.len()) && (16..=64).contains(&expected.len());
    if !sound || parts.next().is_some() {
        return Err(HashFault::Malformed);
    }
    let cost = Cost {
        variant,
        version,
        memory_kib,
        passes,
        lanes,
    };
    Ok(Parsed {
        work: Work::Argon2(cost.check()?),
        salt,
        expected,
    })
}

fn bytes(text: &str) -> Result<Vec<u8>, HashFault> {
    STANDARD_NO_PAD
        .decode(text)
        .map_err(|_| HashFault::Malformed)
}

/// Writes a new hash.
pub(super) fn write(
    cost: Cost,
    password: &Password,
    salt: [u8; 16],
    memory: &mut Memory,
) -> Option<PasswordHash> {
    let Cost {
        memory_kib,
        passes,
        lanes,
        ..
    } = cost;
    let mut out = [0; 32];
    compute(cost, password.normalized(), &salt, &mut out, memory).then(|| {
        let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(out));
        PasswordHash::new(format!(
            "$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${hash}"
        ))
    })
}

pub(super) fn compute(
    cost: Cost,
    text: &str,
    salt: &[u8],
    out: &mut [u8],
    memory: &mut Memory,
) -> bool {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(out.len()));
    let Ok(params) = params else {
        return false;
    };
    let blocks = memory.blocks(params.block_count());
    Argon2::new(cost.variant.algorithm(), cost.version, params)
        .hash_password_into_with_memory(text.as_bytes(), salt, out, blocks)
        .is_ok()
}
