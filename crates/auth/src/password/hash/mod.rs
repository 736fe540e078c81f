//! The forms in which hashes are written, each a file: its text is read within bounds, and its function computed.
//!
//! SECURITY: a hash comes from a table that others may write. What it costs is bounded before anything is computed, and
//! no text makes this panic (RUSTSEC-2026-0199: `bcrypt` panicked at a hash that was not ASCII).
//!
//! To add a form: a file with `read` and `compute`, a variant of [`Work`], a row of [`FORMS`].

mod argon2;
mod bcrypt;
mod pbkdf2;
mod scrypt;

use subtle::ConstantTimeEq;

use super::{Password, PasswordHash};

/// Which function new hashes are made with, and at which cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Argon2id (RFC 9106).
    Argon2id {
        /// Memory, in KiB.
        memory_kib: u32,
        /// How often the memory is gone over.
        passes: u32,
        /// Lanes, which are computed one after the other.
        lanes: u32,
    },
    /// bcrypt, for a table that is shared with an application that knows nothing else. Of a password 72 bytes count.
    Bcrypt {
        /// Two to this power is the work.
        cost: u32,
    },
}

impl Algorithm {
    /// How many bytes of a password count, where not all do.
    pub fn max_bytes(self) -> Option<usize> {
        match self {
            Self::Argon2id { .. } => None,
            // The zero behind the password takes one.
            Self::Bcrypt { .. } => Some(bcrypt::MAX_BYTES - 1),
        }
    }

    /// Whether it costs enough to be worth something, and no more than a stored hash may.
    pub(crate) fn is_sound(self) -> bool {
        match self {
            Self::Argon2id {
                memory_kib,
                passes,
                lanes,
            } => argon2::Cost::id(memory_kib, passes, lanes).check().is_ok(),
            Self::Bcrypt { cost } => (4..=bcrypt::MAX_COST).contains(&cost),
        }
    }
}

impl Default for Algorithm {
    /// Argon2id with 19 MiB and two passes. Source: OWASP Password Storage Cheat Sheet.
    fn default() -> Self {
        Self::Argon2id {
            memory_kib: 19 * 1024,
            passes: 2,
            lanes: 1,
        }
    }
}

/// Why a stored text cannot be compared with. The text is never part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HashFault {
    /// No form that is known.
    #[error("the hash has no known form")]
    Unknown,
    /// A known form, wrongly written.
    #[error("the hash is malformed")]
    Malformed,
    /// It asks for more memory or time than any honest one.
    #[error("the hash costs more than is allowed")]
    TooCostly,
}

/// A function with its cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Argon2(argon2::Cost),
    Bcrypt { cost: u32 },
    Scrypt(scrypt::Cost),
    Pbkdf2(pbkdf2::Cost),
}

/// A stored hash, read.
pub(super) struct Parsed {
    pub(super) work: Work,
    salt: Vec<u8>,
    expected: Vec<u8>,
}

/// A form of texts.
struct Form {
    has: fn(&str) -> bool,
    read: fn(&str) -> Result<Parsed, HashFault>,
}

const FORMS: &[Form] = &[
    Form {
        has: |text| text.starts_with("$argon2"),
        read: argon2::read,
    },
    Form {
        has: |text| text.starts_with("$2"),
        read: bcrypt::read,
    },
    Form {
        has: |text| text.starts_with("$scrypt$"),
        read: scrypt::read_phc,
    },
    Form {
        has: scrypt::is_better_auth,
        read: scrypt::read_better_auth,
    },
    Form {
        has: |text| text.starts_with("$pbkdf2"),
        read: pbkdf2::read,
    },
    Form {
        has: |text| text.starts_with("pbkdf2_sha256$") || text.starts_with("pbkdf2_sha1$"),
        read: pbkdf2::read_django,
    },
];

/// No honest hash is longer.
const MAX_HASH_BYTES: usize = 1024;

/// Reads a stored hash.
pub(super) fn read(hash: &PasswordHash) -> Result<Parsed, HashFault> {
    let text = hash.expose();
    if text.len() > MAX_HASH_BYTES || !text.is_ascii() {
        return Err(HashFault::Unknown);
    }
    let form = FORMS.iter().find(|form| (form.has)(text));
    let form = form.ok_or(HashFault::Unknown)?;
    (form.read)(text)
}

/// Writes a new hash.
pub(super) fn write(
    algorithm: Algorithm,
    password: &Password,
    salt: [u8; 16],
    memory: &mut Memory,
) -> Option<PasswordHash> {
    match algorithm {
        Algorithm::Argon2id {
            memory_kib,
            passes,
            lanes,
        } => {
            let cost = argon2::Cost::id(memory_kib, passes, lanes);
            argon2::write(cost, password, salt, memory)
        }
        Algorithm::Bcrypt { cost } => bcrypt::write(cost, password, salt),
    }
}

/// What a thread keeps from one hash to the next, so that not every hash waits for fresh memory.
#[derive(Default)]
pub(super) struct Memory(Vec<::argon2::Block>);

impl Memory {
    /// Gives it back.
    pub(super) fn release(&mut self) {
        self.0 = Vec::new();
    }

    fn blocks(&mut self, count: usize) -> &mut Vec<::argon2::Block> {
        if self.0.len() < count {
            self.0.resize(count, ::argon2::Block::default());
        }
        &mut self.0
    }
}

impl Work {
    pub(super) fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Argon2id {
                memory_kib,
                passes,
                lanes,
            } => Self::Argon2(argon2::Cost::id(memory_kib, passes, lanes)),
            Algorithm::Bcrypt { cost } => Self::Bcrypt { cost },
        }
    }

    /// Fills `out`; `false` where the cost is none that the function knows.
    fn compute(self, text: &str, salt: &[u8], out: &mut [u8], memory: &mut Memory) -> bool {
        match self {
            Self::Argon2(cost) => argon2::compute(cost, text, salt, out, memory),
            Self::Bcrypt { cost } => bcrypt::compute(cost, text, salt, out),
            Self::Scrypt(cost) => scrypt::compute(cost, text, salt, out),
            Self::Pbkdf2(cost) => pbkdf2::compute(cost, text, salt, out),
        }
    }

    /// How long the hash is that is pretended: what bcrypt makes, and no more than the function makes in one go. A
    /// second block of PBKDF2 would take twice the time of a stored hash.
    fn pretended_bytes(self) -> usize {
        const BCRYPT: usize = 23;
        match self {
            Self::Pbkdf2(cost) => BCRYPT.min(cost.max_bytes()),
            Self::Argon2(_) | Self::Bcrypt { .. } | Self::Scrypt(_) => BCRYPT,
        }
    }

    /// Does the work of a comparison that cannot succeed.
    pub(super) fn pretend(self, password: &Password, memory: &mut Memory) {
        let pretended = Parsed {
            work: self,
            salt: vec![0; 16],
            expected: vec![0; self.pretended_bytes()],
        };
        std::hint::black_box(pretended.matches(password, memory));
    }
}

impl Parsed {
    /// Compares; `None` where the function does not know the cost, so that nothing was computed. What other
    /// applications hashed as it was typed is found too.
    pub(super) fn matches(&self, password: &Password, memory: &mut Memory) -> Option<bool> {
        let (normalized, typed) = (password.normalized(), password.typed());
        let found = self.matches_text(normalized, memory)?;
        if found || normalized == typed {
            return Some(found);
        }
        self.matches_text(typed, memory)
    }

    fn matches_text(&self, text: &str, memory: &mut Memory) -> Option<bool> {
        let mut computed = vec![0; self.expected.len()];
        let done = self.work.compute(text, &self.salt, &mut computed, memory);
        done.then(|| bool::from(computed.ct_eq(&self.expected)))
    }
}

/// Decimal digits without sign or needless zeros.
fn number(digits: &str) -> Option<u32> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let plain = plain && (digits == "0" || !digits.starts_with('0'));
    plain.then(|| digits.parse().ok()).flatten()
}

/// `name=number` for each of the names, in their order, with commas between and nothing else.
fn numbers<const N: usize>(text: &str, names: [&str; N]) -> Option<[u32; N]> {
    let mut parts = text.split(',');
    let mut found = [0; N];
    for (place, name) in found.iter_mut().zip(names) {
        *place = number(parts.next()?.strip_prefix(name)?)?;
    }
    parts.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else an unknown address takes longer than a known one.
    #[test]
    fn what_is_pretended_takes_pbkdf2_one_block() {
        let (salt, rest) = ("c29tZXNhbHRzb21lc2FsdA", "c29tZXNhbHRzb21lc2FsdA");
        for (name, block) in [("pbkdf2", 20), ("pbkdf2-sha256", 32), ("pbkdf2-sha512", 64)] {
            let hash = PasswordHash::new(format!("${name}$i=1000${salt}${rest}"));
            let parsed = read(&hash).unwrap();
            let pretended = parsed.work.pretended_bytes();
            assert!((1..=block).contains(&pretended), "{name}: {pretended}");
        }
    }
}
