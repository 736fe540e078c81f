//! What a new password must be: long enough, and none that others try first.
//!
//! No rule asks for kinds of characters, and none makes anybody change a password by date.
//!
//! Source: NIST SP 800-63B-4 section 3.1.1.2.

use zeroize::Zeroizing;

use super::hash::Algorithm;
use super::{Password, Strength};

/// What is asked of a new password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The fewest characters: 15 where the password may be the only proof, 8 at the least where everybody is asked for a second
    /// one ([`Require::Always`](crate::second_factor::Require::Always)).
    pub min_length: usize,
    /// The most characters; 256 by default, 128 at the least.
    pub max_length: usize,
    /// Whether passwords that others try first are refused.
    pub common: Common,
}

/// What to do with a password that is easily guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Common {
    /// It is refused.
    #[default]
    Refuse,
    /// It is taken: for tests.
    Take,
}

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Weakness {
    /// Not long enough.
    #[error("use at least {least} characters")]
    TooShort {
        /// The fewest.
        least: usize,
    },
    /// Too long.
    #[error("use at most {most} characters")]
    TooLong {
        /// The most.
        most: usize,
    },
    /// Too long for bcrypt, which looks at 72 bytes.
    #[error("use at most {most} bytes: letters with accents and emoji take more than one")]
    TooManyBytes {
        /// The most.
        most: usize,
    },
    /// Holds what no keyboard types.
    #[error("use no control characters")]
    Control,
    /// Among the first that others try.
    #[error("this is too easy to guess: use several unrelated words")]
    Common,
    /// Made of the person's or the site's own words.
    #[error("this is made of your name, your address or the name of this site: use other words")]
    Personal,
    /// Known from a breach elsewhere.
    #[error("this password is known from a breach at another site: use another one")]
    Breached,
    /// Nobody could say whether it is known from a breach, and the settings ask for that.
    #[error("passwords cannot be compared with those of breaches now: try again in a while")]
    Unchecked,
}

impl Weakness {
    /// The name in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } | Self::TooManyBytes { .. } => "too_long",
            Self::Control => "control",
            Self::Common => "common",
            Self::Personal => "personal",
            Self::Breached => "breached",
            Self::Unchecked => "unchecked",
        }
    }
}

impl Default for Rules {
    /// For passwords that are the only proof.
    fn default() -> Self {
        Self {
            min_length: Self::ALONE,
            max_length: 256,
            common: Common::default(),
        }
    }
}

impl Rules {
    /// The fewest characters of a password that is the only proof.
    pub(crate) const ALONE: usize = 15;
    /// The fewest beside another proof.
    pub(crate) const BESIDE: usize = 8;
    /// What may not be too long for any rule. NIST asks for 64; who makes a phrase of words needs more.
    pub(crate) const ADMITTED: usize = 128;

    /// For passwords that a second proof is asked with, of everybody.
    pub fn with_second_factor() -> Self {
        Self {
            min_length: Self::BESIDE,
            ..Self::default()
        }
    }

    /// Judges; `about` are words of the person and the site, as `words` gives them.
    ///
    /// Takes up to some milliseconds of computing.
    ///
    /// # Errors
    ///
    /// The first [`Weakness`].
    pub fn check(&self, password: &Password, about: &[&str]) -> Result<(), Weakness> {
        let length = password.length();
        if length < self.min_length {
            return Err(Weakness::TooShort {
                least: self.min_length,
            });
        }
        if length > self.max_length {
            return Err(Weakness::TooLong {
                most: self.max_length,
            });
        }
        if password.normalized().chars().any(char::is_control) {
            return Err(Weakness::Control);
        }
        match self.common {
            Common::Refuse => check_common(password, about),
            Common::Take => Ok(()),
        }
    }

    /// With what the function that hashes can take as well.
    pub(crate) fn check_for(
        &self,
        algorithm: Algorithm,
        password: &Password,
        about: &[&str],
    ) -> Result<(), Weakness> {
        match algorithm.max_bytes() {
            Some(most) if password.typed().len() > most => Err(Weakness::TooManyBytes { most }),
            _ => self.check(password, about),
        }
    }
}

fn check_common(password: &Password, about: &[&str]) -> Result<(), Weakness> {
    if is_personal(password.normalized(), about) {
        return Err(Weakness::Personal);
    }
    match Strength::of(password, about).is_common() {
        true => Err(Weakness::Common),
        false => Ok(()),
    }
}

/// Whether hardly anything is left of it without those words.
fn is_personal(password: &str, about: &[&str]) -> bool {
    const HARDLY_ANYTHING: usize = 6;
    let mut words = about.to_vec();
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    let whole = Zeroizing::new(password.to_lowercase());
    let rest = words
        .into_iter()
        .filter(|word| !word.is_empty())
        .fold(whole.clone(), |rest, word| {
            Zeroizing::new(rest.replace(word, ""))
        });
    *rest != *whole
        && rest
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .count()
            < HARDLY_ANYTHING
}

/// The words of texts about a person or a site: `ada.lovelace@example.com` gives `ada`, `lovelace`, `example`, `com` and
/// the parts between blanks as a whole.
pub(crate) fn words(texts: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for text in texts {
        let text = text.to_lowercase();
        words.extend(text.split_whitespace().map(str::to_owned));
        words.extend(text.split('@').map(str::to_owned));
        let parts = text.split(|letter: char| !letter.is_alphanumeric());
        words.extend(parts.map(str::to_owned));
    }
    words.retain(|word| word.chars().count() > 2);
    words.sort_unstable();
    words.dedup();
    words.truncate(64);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rules: &Rules, typed: &str) -> Result<(), Weakness> {
        let words = words(&[
            "Ada Lovelace",
            "ada.lovelace@example.com",
            "app.example.com",
        ]);
        let about: Vec<&str> = words.iter().map(String::as_str).collect();
        rules.check(&Password::parse(typed).unwrap(), &about)
    }

    #[test]
    fn nist_sp_800_63b_4_length_alone_or_with_a_second_factor() {
        let (alone, second) = (Rules::default(), Rules::with_second_factor());
        let fourteen = "mauve ocelot 7";
        assert_eq!(
            check(&alone, fourteen),
            Err(Weakness::TooShort { least: 15 })
        );
        assert_eq!(check(&alone, "mauve ocelot 77"), Ok(()));
        assert_eq!(check(&second, fourteen), Ok(()));
        assert_eq!(
            check(&second, "ocelot7"),
            Err(Weakness::TooShort { least: 8 })
        );
    }

    #[test]
    fn nist_sp_800_63b_4_long_passwords_are_taken() {
        let words = "mauve ocelot lantern basin ";
        let long = |length: usize| words.chars().cycle().take(length).collect::<String>();
        for length in [64, 128, 256] {
            assert_eq!(check(&Rules::default(), &long(length)), Ok(()), "{length}");
        }
        let refused = Err(Weakness::TooLong { most: 256 });
        assert_eq!(check(&Rules::default(), &long(257)), refused);
    }

    #[test]
    fn nist_sp_800_63b_4_no_kinds_of_characters_are_asked_for() {
        for typed in [
            "mauveocelotlantern",
            "7219 4408 3651 9027",
            "愛猫は台所で青い帽子を三つ編んだ",
            "\u{1F680}\u{1F9C0}\u{1F41D}\u{1F3BB}\u{1F9F5}\u{1F6B2}\u{1F344}\u{1F511}\u{1F9CA}\u{1FA81}\u{1F9ED}\u{1F9EA}\u{1F6F6}\u{1FA94}\u{1F9FF}",
            "   mauve   ocelot   ",
        ] {
            assert_eq!(check(&Rules::default(), typed), Ok(()), "{typed}");
        }
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for typed in [
            "passwordpassword",
            "123456789012345",
            "aaaaaaaaaaaaaaaa",
            "qwertyuiopqwertyuiop",
            "abcdefghijklmnop",
            "P4ssw0rdP4ssw0rd",
            "letmeinletmeinletmein",
            "11111111111111111111",
        ] {
            assert_eq!(
                check(&Rules::default(), typed),
                Err(Weakness::Common),
                "{typed}"
            );
        }
    }

    #[test]
    fn what_is_known_of_a_person_is_refused() {
        for typed in [
            "ada.lovelace@example.com",
            "adalovelaceexample",
            "Ada Lovelace Example",
            "app.example.com",
            "Lovelace-Ada-12345",
        ] {
            let refused = check(&Rules::default(), typed);
            assert_eq!(refused, Err(Weakness::Personal), "{typed}");
        }
        let with_more = check(&Rules::default(), "Ada keeps a mauve ocelot");
        assert_eq!(with_more, Ok(()));
    }

    #[test]
    fn bcrypt_takes_no_more_than_it_looks_at() {
        let rules = Rules::default();
        let bcrypt = Algorithm::Bcrypt { cost: 10 };
        let check = |typed: &str| rules.check_for(bcrypt, &Password::parse(typed).unwrap(), &[]);
        let words = "mauve ocelot lantern basin ".repeat(3);
        assert_eq!(check(words.get(..71).unwrap()), Ok(()));
        let refused = Err(Weakness::TooManyBytes { most: 71 });
        assert_eq!(check(words.get(..72).unwrap()), refused);
        assert_eq!(check(&"愛猫は台所で".repeat(4)), refused);
    }

    #[test]
    fn control_characters_are_refused() {
        let refused = check(&Rules::default(), "mauve ocelot\u{0} lantern");
        assert_eq!(refused, Err(Weakness::Control));
    }
}
