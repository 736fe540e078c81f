//! Codes of an authenticator app: time-based one-time passwords.
//!
//! Ours in forty lines over HMAC and SHA-1, which the engine has already: a crate would bring encodings and clocks of
//! its own, and what is hard here (a code counts once) is the store's either way.
//!
//! Source: RFC 6238 over RFC 4226, with the parameters that every app knows: SHA-1, six digits, thirty seconds.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use percent_encoding::utf8_percent_encode;
use sha1::Sha1;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::cookies::COMPONENT;
use crate::environment::{Random, array};
use crate::secret::Secret;

/// How long a code is shown, in seconds.
const STEP_SECONDS: i64 = 30;

/// How many steps the clocks of a phone and of the server may differ, either way.
///
/// Source: RFC 6238 section 5.2 recommends one at most.
const TOLERATED_STEPS: i64 = 1;

const SECRET_BYTES: usize = 20;

/// What an app makes codes from.
///
/// Source: RFC 4226 section 4, R6: 160 bits.
#[derive(Clone)]
pub struct TotpSecret([u8; SECRET_BYTES]);

/// The number of a thirty-second span since 1970. A code belongs to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TotpStep(i64);

/// Six digits that somebody typed.
#[derive(Clone)]
pub struct TotpCode([u8; 6]);

impl TotpSecret {
    /// A new one.
    pub fn generate(random: &dyn Random) -> Self {
        Self(array(random))
    }

    /// For people who type it, and for the store: base32 without padding.
    pub fn to_base32(&self) -> Secret {
        Secret::new(base32(&self.0))
    }

    /// Reads what [`to_base32`](Self::to_base32) wrote.
    pub fn from_base32(text: &str) -> Option<Self> {
        let mut bytes = [0; SECRET_BYTES];
        let mut groups = text.as_bytes().chunks_exact(8);
        if text.len() != SECRET_BYTES / 5 * 8 {
            return None;
        }
        for target in bytes.chunks_exact_mut(5) {
            let group = groups.next()?.iter().try_fold(0_u64, |bits, letter| {
                let value = ALPHABET.iter().position(|known| known == letter)?;
                Some(bits << 5 | u64::try_from(value).ok()?)
            })?;
            let [_, _, _, rest @ ..] = group.to_be_bytes();
            target.copy_from_slice(&rest);
        }
        Some(Self(bytes))
    }

    /// What a QR code holds: the secret for an account at an issuer, as all apps read it.
    pub fn to_uri(&self, issuer: &str, account: &str) -> Secret {
        let encoded = |text: &str| utf8_percent_encode(text, COMPONENT).to_string();
        let (issuer, account) = (encoded(issuer), encoded(account));
        let secret = base32(&self.0);
        // Without the parameters that are the default: some apps misread them, and the picture stays small.
        Secret::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}"
        ))
    }

    /// The code of a step.
    pub fn code(&self, step: TotpStep) -> TotpCode {
        let digest = self.digest(step);
        // SPEC: RFC 4226 section 5.3, dynamic truncation.
        let offset = usize::from(digest.last().copied().unwrap_or_default() & 0xf);
        let bytes = digest.iter().skip(offset).take(4);
        let number = bytes.fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        TotpCode::of_number((number & 0x7fff_ffff) % 1_000_000)
    }

    /// The step that a code belongs to, as far as clocks may differ. Every step is compared, in constant time.
    ///
    /// SECURITY: whoever asks must still use the step up: a code is good once (RFC 6238 section 5.2).
    pub fn step_of(&self, code: &TotpCode, now: Timestamp) -> Option<TotpStep> {
        let TotpStep(current) = TotpStep::at(now);
        let steps = (current - TOLERATED_STEPS..=current + TOLERATED_STEPS).map(TotpStep);
        let mut found = None;
        for step in steps {
            if bool::from(self.code(step).0.ct_eq(&code.0)) {
                found = Some(step);
            }
        }
        found
    }

    #[expect(
        clippy::expect_used,
        reason = "HMAC takes keys of any length, and no code may be made without"
    )]
    fn digest(&self, TotpStep(step): TotpStep) -> [u8; 20] {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(&step.to_be_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl Drop for TotpSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TotpSecret(..)")
    }
}

impl TotpStep {
    /// The one of a moment.
    pub fn at(now: Timestamp) -> Self {
        Self(now.as_second().div_euclid(STEP_SECONDS))
    }

    /// As a number, for stores.
    pub fn number(self) -> i64 {
        self.0
    }
}

impl TotpCode {
    /// Reads what somebody typed: six digits, with spaces wherever apps show some. `None` for everything else.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut digits = typed.bytes().filter(|byte| *byte != b' ');
        let mut code = [0; 6];
        for place in &mut code {
            *place = digits.next().filter(u8::is_ascii_digit)?;
        }
        digits.next().is_none().then_some(Self(code))
    }

    fn of_number(number: u32) -> Self {
        let mut digits = [b'0'; 6];
        let mut rest = number;
        for place in digits.iter_mut().rev() {
            *place = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        Self(digits)
    }

    /// The six digits. For tests, which type them.
    pub fn expose(&self) -> String {
        self.0.iter().copied().map(char::from).collect()
    }
}

impl fmt::Debug for TotpCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TotpCode(..)")
    }
}

/// Source: RFC 4648 section 6.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32(bytes: &[u8; SECRET_BYTES]) -> String {
    let mut text = String::with_capacity(SECRET_BYTES / 5 * 8);
    for group in bytes.chunks_exact(5) {
        let bits = group
            .iter()
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for place in (0..8).rev() {
            let value = usize::try_from(bits >> (place * 5) & 31).unwrap_or_default();
            text.push(ALPHABET.get(value).copied().map_or('A', char::from));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::random::SeededRandom;

    /// The secret of the RFCs.
    fn secret() -> TotpSecret {
        TotpSecret(*b"12345678901234567890")
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    /// RFC 4226 appendix D.
    #[test]
    fn codes_are_those_of_rfc_4226() {
        for (step, code) in [
            (0, "755224"),
            (1, "287082"),
            (2, "359152"),
            (3, "969429"),
            (4, "338314"),
            (5, "254676"),
            (6, "287922"),
            (7, "162583"),
            (8, "399871"),
            (9, "520489"),
        ] {
            assert_eq!(secret().code(TotpStep(step)).expose(), code);
        }
    }

    /// RFC 6238 appendix B, of whose eight digits ours are the last six.
    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (second, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let step = TotpStep::at(at(second));
            let ours = secret().code(step).expose();
            assert!(code.ends_with(&ours), "{second}");
        }
    }

    #[test]
    fn a_code_counts_one_step_early_or_late_and_no_more() {
        let secret = secret();
        let code = secret.code(TotpStep::at(at(300)));
        for (second, counts) in [
            (269, false),
            (270, true),
            (300, true),
            (329, true),
            (359, true),
            (360, false),
        ] {
            let step = secret.step_of(&code, at(second));
            assert_eq!(step, counts.then_some(TotpStep(10)), "{second}");
        }
        let wrong = TotpCode::parse("000000").unwrap();
        assert_eq!(secret.step_of(&wrong, at(300)), None);
    }

    #[test]
    fn only_six_digits_are_a_code() {
        for good in ["123456", "123 456", " 12 34 56 "] {
            assert_eq!(TotpCode::parse(good).unwrap().expose(), "123456");
        }
        for bad in [
            "", "12345", "1234567", "12345a", "+12345", "１23456", "123-456",
        ] {
            assert!(TotpCode::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_address_in_the_picture_is_what_apps_read() {
        assert_eq!(
            secret().to_uri("Ex: ample", "ada@example.com").expose(),
            "otpauth://totp/Ex%3A%20ample:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Ex%3A%20ample"
        );
    }

    #[test]
    fn neither_secret_nor_code_prints() {
        let secret = secret();
        let code = secret.code(TotpStep(1));
        let text = format!("{secret:?} {code:?} {:?}", secret.to_uri("a", "b"));
        assert_eq!(text, "TotpSecret(..) TotpCode(..) Secret(..)");
    }

    proptest! {
        #[test]
        fn secrets_come_back_as_written(seed: u64) {
            let secret = TotpSecret::generate(&SeededRandom::new(seed));
            let read = TotpSecret::from_base32(secret.to_base32().expose()).unwrap();
            prop_assert_eq!(read.0, secret.0);
        }

        #[test]
        fn no_text_makes_reading_panic(text: String) {
            let _ = TotpCode::parse(&text);
            let _ = TotpSecret::from_base32(&text);
        }

        #[test]
        fn no_moment_makes_a_code_panic(second in Timestamp::MIN.as_second()..=Timestamp::MAX.as_second()) {
            let code = secret().code(TotpStep::at(at(second)));
            prop_assert!(secret().step_of(&code, at(second)).is_some());
        }
    }
}
