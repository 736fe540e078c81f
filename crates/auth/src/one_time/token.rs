use std::fmt;

use super::Purpose;
use crate::environment::Random;
use crate::secret::LinkToken;

/// Hex digits of the secret part: 32 random bytes.
const DIGITS: usize = 64;

/// A token as it stands in a link: `{purpose}.{64 hex digits}`.
// INVARIANT: `secret` is exactly `DIGITS` lower-case hex digits.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeToken {
    purpose: Purpose,
    secret: LinkToken,
}

impl OneTimeToken {
    /// A new one.
    pub fn generate(purpose: Purpose, random: &dyn Random) -> Self {
        Self {
            purpose,
            secret: LinkToken::generate(random),
        }
    }

    /// Reads a token of this purpose. `None` for everything else, tokens of other purposes included.
    pub fn parse(purpose: Purpose, text: &str) -> Option<Self> {
        let secret = text.strip_prefix(purpose.name())?.strip_prefix('.')?;
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (secret.len() == DIGITS && secret.bytes().all(is_hex)).then(|| Self {
            purpose,
            secret: LinkToken::new(secret),
        })
    }

    /// What it is good for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The text that goes into the link.
    pub fn to_text(&self) -> LinkToken {
        LinkToken::new(format!("{}.{}", self.purpose.name(), self.secret.expose()))
    }
}

impl fmt::Debug for OneTimeToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OneTimeToken({:?}, ..)", self.purpose)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::random::SeededRandom;

    /// CVE-2026-110862, CVE-2026-4282: a token is read for its own purpose and for no other.
    #[test]
    fn cve_2026_110862_cve_2026_4282_a_token_of_one_purpose_never_parses_as_another() {
        let random = SeededRandom::new(1);
        for made in Purpose::ALL {
            let token = OneTimeToken::generate(*made, &random);
            for asked in Purpose::ALL {
                let read = OneTimeToken::parse(*asked, token.to_text().expose());
                assert_eq!(read, (made == asked).then(|| token.clone()));
            }
        }
    }

    #[test]
    fn only_the_exact_form_is_a_token() {
        let digits = "ab".repeat(32);
        let parse = |text: &str| OneTimeToken::parse(Purpose::ResetPassword, text).is_some();
        assert!(parse(&format!("reset-password.{digits}")));
        for text in [
            String::new(),
            digits.clone(),
            format!("reset-password{digits}"),
            format!("reset-password.{digits}0"),
            format!("reset-password.{}", "ab".repeat(31)),
            format!("reset-password.{}", digits.to_uppercase()),
            format!(" reset-password.{digits}"),
            format!("reset-password.{}\u{e9}", "ab".repeat(31)),
        ] {
            assert!(!parse(&text), "{text}");
        }
    }

    #[test]
    fn tokens_do_not_print() {
        let token = OneTimeToken::generate(Purpose::VerifyEmail, &SeededRandom::new(1));
        assert_eq!(format!("{token:?}"), "OneTimeToken(VerifyEmail, ..)");
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(text: String) {
            for purpose in Purpose::ALL {
                prop_assert!(OneTimeToken::parse(*purpose, &text).is_none());
            }
        }
    }
}
