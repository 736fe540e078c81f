//! `@password`: what is written becomes a hash.
//!
//! Source: contract zenstack §2.9. The hashes are those of `bcryptjs`, which applications compare with: the UTF-8 text
//! with a zero byte behind it, of which 72 bytes count.

use argon2::Argon2;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hallpass_zmodel::schema::Password;
use zeroize::Zeroizing;

use super::{Services, workers};
use crate::environment::Random;
use crate::error::Error;

/// What the texts of `@password` fields become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PasswordForm {
    /// bcrypt, with the cost or the salt that the schema says.
    #[default]
    Bcrypt,
    /// Argon2id with 19 MiB, two passes and one lane, in PHC form. Costs and salts of the schema are bcrypt's and not
    /// looked at.
    Argon2id,
}

/// The bytes that count, the zero at the end among them.
const MAX_BYTES: usize = 72;
const COSTS: std::ops::RangeInclusive<u32> = 4..=31;
const SALT_CHARACTERS: usize = 22;

/// Of the last character of a salt four bits are no part of it; `bcryptjs` passes over them.
const ALPHABET: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// How one hash is made.
enum Recipe {
    Bcrypt {
        /// `2a`, `2b`
        version: String,
        cost: u32,
        salt: [u8; 16],
    },
    Argon2id {
        salt: [u8; 16],
    },
}

/// Whether bcrypt has the cost and the salt.
pub(super) fn is_possible(password: &Password) -> bool {
    match &password.salt {
        Some(salt) => read_salt(salt).is_some(),
        None => COSTS.contains(&password.cost),
    }
}

impl Services {
    /// Puts the hash of a password that is about to be written in its place. After validation, which sees the text as it
    /// was sent. A hash that is written once more is hashed once more: nobody can tell it from a password.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait to be hashed.
    pub(crate) async fn hash_password(
        &self,
        random: &dyn Random,
        settings: &Password,
        text: &mut String,
    ) -> Result<(), Error> {
        let plain = Zeroizing::new(std::mem::take(text));
        let recipe = self.recipe(random, settings);
        let made = workers::run(&*self.workers, move || recipe.hash(&plain)).await;
        *text = made.ok().flatten().ok_or(Error::Busy)?;
        Ok(())
    }

    fn recipe(&self, random: &dyn Random, settings: &Password) -> Recipe {
        let mut salt = [0; 16];
        random.fill(&mut salt);
        let given = settings.salt.as_deref().and_then(read_salt);
        match (self.password, given) {
            (PasswordForm::Argon2id, _) => Recipe::Argon2id { salt },
            (PasswordForm::Bcrypt, Some((version, cost, salt))) => Recipe::Bcrypt {
                version,
                cost,
                salt,
            },
            (PasswordForm::Bcrypt, None) => Recipe::Bcrypt {
                version: "2b".to_owned(),
                cost: settings.cost,
                salt,
            },
        }
    }
}

impl Recipe {
    fn hash(&self, plain: &str) -> Option<String> {
        match self {
            Self::Bcrypt {
                version,
                cost,
                salt,
            } => Some(bcrypted(version, *cost, *salt, plain)),
            Self::Argon2id { salt } => {
                let mut out = [0; 32];
                let argon2 = Argon2::default();
                argon2
                    .hash_password_into(plain.as_bytes(), salt, &mut out)
                    .ok()?;
                let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(out));
                Some(format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${hash}"))
            }
        }
    }
}

fn bcrypted(version: &str, cost: u32, salt: [u8; 16], plain: &str) -> String {
    let bytes = plain.bytes().chain([0]).take(MAX_BYTES);
    let key: Zeroizing<Vec<u8>> = Zeroizing::new(bytes.collect());
    let hash = bcrypt::bcrypt(cost, salt, &key);
    // The last byte is not kept, by any implementation.
    let kept = hash.get(..23).unwrap_or_default();
    let (salt, hash) = (ALPHABET.encode(salt), ALPHABET.encode(kept));
    format!("${version}${cost:02}${salt}{hash}")
}

/// `$2b$10$` and 22 characters: version, cost, bytes.
fn read_salt(text: &str) -> Option<(String, u32, [u8; 16])> {
    let parts: Vec<&str> = text.split('$').collect();
    let ["", version @ ("2a" | "2b" | "2y"), cost, salt] = parts.as_slice() else {
        return None;
    };
    let cost = Some(cost).filter(|cost| cost.len() == 2)?.parse().ok()?;
    let salt = salt.get(..SALT_CHARACTERS)?;
    let salt = ALPHABET.decode(salt).ok()?.try_into().ok()?;
    COSTS
        .contains(&cost)
        .then(|| ((*version).to_owned(), cost, salt))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_other_implementations() {
        // Vectors of the OpenBSD implementation, as bcryptjs and others test with them.
        for (plain, salt, expected) in [
            (
                "",
                "$2a$06$DCq7YPn5Rq63x1Lad4cll.",
                "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
            ),
            (
                "a",
                "$2a$06$m0CrhHm10qJ3lXRY.5zDGO",
                "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe",
            ),
            (
                "abcdefghijklmnopqrstuvwxyz",
                "$2a$06$.rCVZVOThsIa97pEDOxvGu",
                "$2a$06$.rCVZVOThsIa97pEDOxvGuRRgzG64bvtJ0938xuqzv18d3ZpQhstC",
            ),
        ] {
            let (version, cost, salt) = read_salt(salt).unwrap();
            assert_eq!(bcrypted(&version, cost, salt, plain), expected);
        }
    }

    #[test]
    fn seventy_two_bytes_count_with_the_zero_behind_short_ones() {
        let hash = |plain: &str| bcrypted("2b", 4, [3; 16], plain);
        let long = "é".repeat(40);
        assert_eq!(hash(&long), hash(&"é".repeat(36)));
        assert_ne!(hash(&long), hash(&"é".repeat(35)));
        assert_ne!(hash("a"), hash("a\0b"));
    }

    #[test]
    fn salts_and_costs_are_read_strictly() {
        let setting = |cost, salt: Option<&str>| Password {
            cost,
            salt: salt.map(str::to_owned),
        };
        let salt = "$2b$10$DCq7YPn5Rq63x1Lad4cll.";
        for (settings, expected) in [
            (setting(12, None), true),
            (setting(4, None), true),
            (setting(31, None), true),
            (setting(3, None), false),
            (setting(32, None), false),
            (setting(12, Some(salt)), true),
            (setting(12, Some("")), false),
            (setting(12, Some("salt")), false),
            (setting(12, Some("$2x$10$DCq7YPn5Rq63x1Lad4cll.")), false),
            (setting(12, Some("$2b$3$DCq7YPn5Rq63x1Lad4cll.")), false),
            (setting(12, Some("$2b$99$DCq7YPn5Rq63x1Lad4cll.")), false),
            (setting(12, Some("$2b$10$DCq7YPn5Rq63x1Lad4cl")), false),
            (setting(12, Some("$2b$10$DCq7YPn5Rq63x1Lad4cl!é")), false),
        ] {
            assert_eq!(is_possible(&settings), expected, "{settings:?}");
        }
    }

    #[test]
    fn argon2_is_written_in_phc_form() {
        let recipe = Recipe::Argon2id { salt: [1; 16] };
        let hash = recipe.hash("secret").unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ$"),
            "{hash}"
        );
        assert_eq!(hash.rsplit('$').next().unwrap().len(), 43);
    }
}
