//! bcrypt: `$2b$12$` with 22 characters of salt and 31 of hash.
//!
//! As `bcryptjs` does it, for tables that an application with it shares: the UTF-8 text as it was typed with a zero byte
//! behind it, of which 72 bytes count.

use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::{HashFault, Parsed, Password, PasswordHash, Work};

/// The bytes that count, the zero at the end among them.
pub(in crate::password) const MAX_BYTES: usize = 72;

/// Two to this power is the work; 15 takes seconds.
pub(super) const MAX_COST: u32 = 15;

const SALT_CHARACTERS: usize = 22;
const HASH_CHARACTERS: usize = 31;

/// Of the last character of a salt four bits are no part of it; `bcryptjs` passes over them.
const ALPHABET: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Reads a stored hash.
pub(super) fn read(text: &str) -> Result<Parsed, HashFault> {
    let parts: Vec<&str> = text.split('$').collect();
    let ["", "2a" | "2b" | "2y", cost, body] = parts.as_slice() else {
        return Err(HashFault::Malformed);
    };
    let (salt, hash) = body
        .split_at_checked(SALT_CHARACTERS)
        .filter(|(_, hash)| hash.len() == HASH_CHARACTERS && cost.len() == 2)
        .ok_or(HashFault::Malformed)?;
    let bytes = |text: &str| ALPHABET.decode(text).map_err(|_| HashFault::Malformed);
    let (salt, expected) = (bytes(salt)?, bytes(hash)?);
    let cost = super::number(cost.strip_prefix('0').unwrap_or(cost));
    match cost.ok_or(HashFault::Malformed)? {
        0..4 | 32.. => Err(HashFault::Malformed),
        cost if cost > MAX_COST => Err(HashFault::TooCostly),
        cost => Ok(Parsed {
            work: Work::Bcrypt { cost },
            salt,
            expected,
        }),
    }
}

/// Writes a new hash.
pub(super) fn write(cost: u32, password: &Password, salt: [u8; 16]) -> Option<PasswordHash> {
    let mut out = [0; 23];
    compute(cost, password.typed(), &salt, &mut out).then(|| {
        let (salt, hash) = (ALPHABET.encode(salt), ALPHABET.encode(out));
        PasswordHash::new(format!("$2b${cost:02}${salt}{hash}"))
    })
}

pub(super) fn compute(cost: u32, text: &str, salt: &[u8], out: &mut [u8]) -> bool {
    let Ok(salt) = <[u8; 16]>::try_from(salt) else {
        return false;
    };
    let key: Zeroizing<Vec<u8>> = Zeroizing::new(text.bytes().chain([0]).take(MAX_BYTES).collect());
    let hash = bcrypt::bcrypt(cost.min(MAX_COST), salt, &key);
    for (place, byte) in out.iter_mut().zip(hash) {
        *place = byte;
    }
    true
}
