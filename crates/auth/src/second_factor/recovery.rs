//! Recovery codes: for whoever has lost the phone. Each is good once.
//!
//! Source: NIST SP 800-63B-4 section 3.1.2 (look-up secrets).

use std::fmt;

use crate::environment::{Random, array};
use crate::secret::Secret;

/// How many a set has.
pub const RECOVERY_CODES: usize = 10;

/// Letters of a code: 60 bits, with the dashes between.
const LETTERS: usize = 12;

/// Without the letters that look like others, and without `u`, as in Crockford's base 32.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// One code, in the one form that is hashed.
// INVARIANT: exactly `LETTERS` letters of `ALPHABET`.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(Secret);

impl RecoveryCode {
    /// A new one.
    pub fn generate(random: &dyn Random) -> Self {
        let letters = array::<LETTERS, _>(random);
        Self::of_values(letters.iter().map(|byte| byte & 31))
    }

    /// A whole set, each another.
    pub fn set(random: &dyn Random) -> Vec<Self> {
        let mut codes: Vec<Self> = Vec::with_capacity(RECOVERY_CODES);
        while codes.len() < RECOVERY_CODES {
            let code = Self::generate(random);
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        codes
    }

    /// Reads what somebody typed: capitals, spaces and dashes do not matter, and letters that look like digits count as
    /// these. `None` for what is no code.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut values = Vec::with_capacity(LETTERS);
        for letter in typed.bytes().filter(|byte| !b" -".contains(byte)) {
            let letter = match letter.to_ascii_lowercase() {
                b'o' => b'0',
                b'i' | b'l' => b'1',
                letter => letter,
            };
            let value = ALPHABET.iter().position(|known| *known == letter)?;
            values.push(u8::try_from(value).ok()?);
            if values.len() > LETTERS {
                return None;
            }
        }
        (values.len() == LETTERS).then(|| Self::of_values(values.into_iter()))
    }

    fn of_values(values: impl Iterator<Item = u8>) -> Self {
        let letters = values.map(|value| {
            let letter = ALPHABET.get(usize::from(value)).copied();
            char::from(letter.unwrap_or(b'0'))
        });
        Self(Secret::new(letters.collect::<String>()))
    }

    /// The letters alone: what is hashed.
    pub(crate) fn letters(&self) -> &str {
        self.0.expose()
    }

    /// For people: `abcd-efgh-jkmn`.
    pub fn to_text(&self) -> Secret {
        let letters = self.letters();
        let (one, rest) = letters.split_at_checked(4).unwrap_or((letters, ""));
        let (two, three) = rest.split_at_checked(4).unwrap_or((rest, ""));
        Secret::new(format!("{one}-{two}-{three}"))
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RecoveryCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::random::SeededRandom;

    #[test]
    fn a_set_has_ten_codes_of_three_times_four_letters() {
        let codes = RecoveryCode::set(&SeededRandom::new(1));
        assert_eq!(codes.len(), RECOVERY_CODES);
        for (place, code) in codes.iter().enumerate() {
            let text = code.to_text();
            let parts: Vec<&str> = text.expose().split('-').collect();
            assert_eq!(parts.len(), 3);
            assert!(parts.iter().all(|part| part.len() == 4));
            assert!(!codes.iter().skip(place + 1).any(|other| other == code));
        }
    }

    #[test]
    fn people_may_type_it_their_way() {
        let code = RecoveryCode::parse("0123-abcd-1111").unwrap();
        for typed in ["0123abcd1111", "O123 ABCD iIlL", " 0123--abcd-1111 "] {
            assert_eq!(RecoveryCode::parse(typed), Some(code.clone()), "{typed}");
        }
        for bad in [
            "",
            "0123-abcd-111",
            "0123-abcd-11111",
            "0123-abcd-111u",
            "0123-abcd-111é",
        ] {
            assert_eq!(RecoveryCode::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn codes_do_not_print() {
        let code = RecoveryCode::generate(&SeededRandom::new(1));
        assert_eq!(format!("{code:?}"), "RecoveryCode(..)");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read(seed: u64) {
            let code = RecoveryCode::generate(&SeededRandom::new(seed));
            prop_assert_eq!(RecoveryCode::parse(code.to_text().expose()), Some(code.clone()));
        }

        #[test]
        fn no_text_makes_reading_panic(text: String) {
            let _ = RecoveryCode::parse(&text);
        }
    }
}
