//! The settings of `[fields]`: what `@encrypted` and `@password` of a schema need.

use std::num::NonZeroUsize;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hallpass::auth::secrets::Secrets;
use hallpass::data::{Encryption, PasswordForm};

use super::passwords::some_number;
use super::problem::Problem;
use super::read::{Choices, Reader};
use super::source::Place;

/// What fields may ask for.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    /// The keys of `@encrypted` fields.
    pub(crate) encryption: Encryption,
    /// What `@password` fields become.
    pub(crate) password: PasswordForm,
    /// How many threads hash them, if not one for each core.
    pub(crate) threads: Option<NonZeroUsize>,
    /// How many writes may wait for them.
    pub(crate) waiting: Option<NonZeroUsize>,
}

impl Fields {
    /// As they are without settings; `None` without any secret.
    pub(crate) fn of_secrets(secrets: &Secrets) -> Option<Self> {
        let mut secrets = secrets.iter();
        let newest = Encryption::of_secret(secrets.next()?.expose().as_bytes());
        let encryption = secrets.fold(newest, |keys, secret| {
            keys.opening_secret(secret.expose().as_bytes())
        });
        Some(Self {
            encryption,
            password: PasswordForm::default(),
            threads: None,
            waiting: None,
        })
    }
}

const FORMS: Choices<PasswordForm> = Choices {
    text: "`bcrypt` and `argon2id`",
    rows: &[
        ("bcrypt", PasswordForm::Bcrypt),
        ("argon2id", PasswordForm::Argon2id),
    ],
};

impl Reader {
    /// `None` only when a trouble was reported.
    pub(super) fn fields(&mut self, secrets: Option<&Secrets>) -> Option<Fields> {
        let keys = self.encryption_keys();
        let password = self.choice("fields.password_algorithm", &FORMS);
        let threads = self.parsed("fields.threads", some_number);
        let waiting = self.parsed("fields.waiting", some_number);
        let by_default = Fields::of_secrets(secrets?)?;
        Some(Fields {
            encryption: keys.unwrap_or(by_default.encryption),
            password: password.unwrap_or_default(),
            threads,
            waiting,
        })
    }

    /// A variable holds all of them, with commas or blanks between; the first one seals.
    ///
    /// SECURITY: an empty text in a list is a key that was forgotten. Nothing is then sealed with another one.
    fn encryption_keys(&mut self) -> Option<Encryption> {
        let (texts, place) = self.texts("fields.encryption_keys");
        if place == Place::Nowhere {
            return None;
        }
        let words = texts.iter().flat_map(|text| text.split([',', ' ']));
        let words = words.filter(|word| !word.is_empty());
        let keys: Option<Vec<[u8; 32]>> = words.map(key).collect();
        let is_empty = texts.iter().any(|text| text.trim().is_empty());
        match keys.as_deref() {
            Some([first, others @ ..]) if !is_empty => Some(
                others
                    .iter()
                    .fold(Encryption::new(first), Encryption::opening),
            ),
            _ => self.report(place, Problem::NotAnEncryptionKey),
        }
    }
}

/// Either alphabet, with or without padding.
const CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// 32 bytes, written as 64 hexadecimal digits or in base64.
fn key(text: &str) -> Option<[u8; 32]> {
    if text.len() == 64 {
        return hexadecimal(text);
    }
    let engines = [STANDARD, URL_SAFE].map(|alphabet| GeneralPurpose::new(&alphabet, CONFIG));
    let bytes = engines.iter().find_map(|engine| engine.decode(text).ok())?;
    bytes.try_into().ok()
}

fn hexadecimal(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let (pairs, _) = text.as_bytes().as_chunks::<2>();
    let bytes: Option<Vec<u8>> = pairs
        .iter()
        .map(|[high, low]| Some(digit(high)? << 4 | digit(low)?))
        .collect();
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::super::Environment;
    use super::super::read::config;
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1EFF";
    const BASE64: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8=";

    fn fields(text: &str, variables: &[(&str, &str)]) -> Result<Fields, String> {
        let needed = [("AUTH_SECRET", "a"), ("DATABASE_URL", "sqlite:./a.db")];
        let environment = Environment::of(&[variables, &needed].concat());
        let config = config("hallpass.toml", text, &environment);
        config.map(|config| config.fields).map_err(|error| {
            let troubles: Vec<String> = error.0.iter().map(ToString::to_string).collect();
            troubles.join("; ")
        })
    }

    #[test]
    fn keys_are_32_bytes_in_hex_or_base64() {
        let bytes = key(HEX).unwrap();
        assert_eq!(
            (bytes[0], bytes[10], bytes[30], bytes[31]),
            (0, 10, 30, 255)
        );
        assert_eq!(key(BASE64), Some(bytes));
        assert_eq!(key(BASE64.trim_end_matches('=')), Some(bytes));
        for letter in ["/", "_"] {
            let text = format!("{}8=", letter.repeat(42));
            assert_eq!(key(&text), Some([255; 32]), "{text}");
        }
        for wrong in [
            "",
            "a",
            "secret",
            &"a".repeat(63),
            &format!("{HEX}00"),
            &"g".repeat(64),
            &"é".repeat(32),
        ] {
            assert_eq!(key(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn keys_are_given_or_follow_from_the_secrets() {
        for (text, variables) in [
            ("", vec![]),
            ("", vec![("HALLPASS_ENCRYPTION_KEYS", HEX)]),
            (
                "",
                vec![("HALLPASS_ENCRYPTION_KEYS", &*format!("{HEX}, {BASE64}"))],
            ),
            (
                &*format!("[fields]\nencryption_keys = ['{BASE64}', '{HEX}']"),
                vec![],
            ),
        ] {
            assert!(fields(text, &variables).is_ok(), "{text} {variables:?}");
        }
        for wrong in ["short", &format!("{HEX} short"), ","] {
            let error = fields("", &[("HALLPASS_ENCRYPTION_KEYS", wrong)]).unwrap_err();
            assert!(error.contains("no key of 32 bytes"), "{error}");
            assert!(wrong == "," || !error.contains(wrong), "{error}");
        }
        let error = fields(&format!("[fields]\nencryption_keys = ['', '{HEX}']"), &[]);
        assert!(error.unwrap_err().contains("hallpass.toml:2"));
    }

    #[test]
    fn passwords_of_fields_are_bcrypt_unless_said() {
        let given = fields("", &[]).unwrap();
        assert_eq!(
            (given.password, given.threads),
            (PasswordForm::Bcrypt, None)
        );
        let text = "[fields]\npassword_algorithm = 'argon2id'\nthreads = 3\nwaiting = 7";
        let given = fields(text, &[]).unwrap();
        assert_eq!(given.password, PasswordForm::Argon2id);
        assert_eq!(given.threads.map(NonZeroUsize::get), Some(3));
        assert_eq!(given.waiting.map(NonZeroUsize::get), Some(7));
        for wrong in ["password_algorithm = 'md5'", "threads = 0", "waiting = -1"] {
            fields(&format!("[fields]\n{wrong}"), &[]).unwrap_err();
        }
    }

    #[test]
    fn keys_do_not_print() {
        let given = fields("", &[("HALLPASS_ENCRYPTION_KEYS", HEX)]).unwrap();
        assert!(
            !format!("{given:?}").to_lowercase().contains("0a0b"),
            "{given:?}"
        );
    }
}
