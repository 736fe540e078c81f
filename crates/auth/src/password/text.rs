//! What is typed and what is kept.

use std::fmt;

use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroize;

use crate::secret::text_secret;

text_secret! {
    /// What a store keeps of a password.
    PasswordHash
}

/// The longest text that is looked at, in bytes: far above every limit that rules may set.
const MAX_BYTES: usize = 4096;

/// A password as it was typed, not yet judged.
///
/// Kept in two forms: as typed, which is what other applications hash, and after Unicode normalisation (NFKC), which
/// is the same text on every keyboard. See `docs/design/passwords.md`.
#[derive(Clone)]
pub struct Password {
    typed: String,
    normalized: String,
}

/// No password is that long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the password is longer than any can be")]
pub struct PasswordTooLong;

impl Password {
    /// Takes what was typed.
    ///
    /// # Errors
    ///
    /// [`PasswordTooLong`] above 4096 bytes, before any work is done for it.
    pub fn parse(typed: &str) -> Result<Self, PasswordTooLong> {
        if typed.len() > MAX_BYTES {
            return Err(PasswordTooLong);
        }
        Ok(Self {
            typed: typed.to_owned(),
            normalized: typed.nfkc().collect(),
        })
    }

    /// How long it is, in characters after normalisation. SPEC: NIST SP 800-63B-4 section 3.1.1.2: each code point
    /// counts as one.
    pub fn length(&self) -> usize {
        self.normalized.chars().count()
    }

    /// As it was typed.
    pub(crate) fn typed(&self) -> &str {
        &self.typed
    }

    /// After normalisation.
    pub(crate) fn normalized(&self) -> &str {
        &self.normalized
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(..)")
    }
}

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        let (one, other) = (self.normalized.as_bytes(), other.normalized.as_bytes());
        one.ct_eq(other).into()
    }
}

impl Eq for Password {}

impl Drop for Password {
    fn drop(&mut self) {
        self.typed.zeroize();
        self.normalized.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_word_on_two_keyboards_is_one_password() {
        let composed = Password::parse("caf\u{e9} cr\u{e8}me").unwrap();
        let combined = Password::parse("cafe\u{301} cre\u{300}me").unwrap();
        assert_eq!(composed, combined);
        assert_eq!(combined.length(), 10);
        assert_ne!(composed.typed(), combined.typed());
    }

    #[test]
    fn a_text_beyond_every_limit_is_refused_unseen() {
        assert!(Password::parse(&"x".repeat(MAX_BYTES)).is_ok());
        assert_eq!(
            Password::parse(&"x".repeat(MAX_BYTES + 1)),
            Err(PasswordTooLong)
        );
    }

    #[test]
    fn neither_password_nor_hash_prints() {
        let password = Password::parse("planted").unwrap();
        let text = format!("{password:?} {:?}", PasswordHash::new("planted"));
        assert_eq!(text, "Password(..) PasswordHash(..)");
    }
}
