//! How hard a password is to guess, by the patterns that people use.
//!
//! The estimate is that of `zxcvbn` (MIT): its 30,000 most common passwords, its lists of words and names, and what
//! people make of them (`P4ssw0rd1!`, `passwordpassword`, `qwertyuiopasdfgh`). The year that dates are measured
//! against is the only thing it asks the machine for; nothing but the estimate depends on it.

use std::fmt;

use zeroize::Zeroizing;

use super::Password;

/// A text this long or longer is judged by its beginning: more can only be harder, and the work grows with the length.
const JUDGED_CHARACTERS: usize = 64;

/// Below this many guesses a password is one of the first that anybody tries.
const GUESSES_OF_COMMON_ONES_LOG10: f64 = 6.0;

/// How hard a password is to guess.
#[derive(Clone, Copy, PartialEq)]
pub struct Strength {
    guesses_log10: f64,
}

impl Strength {
    /// Estimates; `about` are words that belong to the person or the site.
    pub fn of(password: &Password, about: &[&str]) -> Self {
        let begin = password.normalized().chars().take(JUDGED_CHARACTERS);
        let begin = Zeroizing::new(begin.collect::<String>());
        let guesses_log10 = zxcvbn::zxcvbn(&begin, about).guesses_log10();
        Self { guesses_log10 }
    }

    /// From 0 (known to everybody) to 4 (out of reach), as `zxcvbn` counts.
    pub fn score(self) -> u8 {
        match self.guesses_log10 {
            guesses if guesses < 3.0 => 0,
            guesses if guesses < 6.0 => 1,
            guesses if guesses < 8.0 => 2,
            guesses if guesses < 10.0 => 3,
            _ => 4,
        }
    }

    /// The score in words.
    pub fn word(self) -> &'static str {
        match self.score() {
            0 => "very weak",
            1 => "weak",
            2 => "fair",
            3 => "good",
            _ => "strong",
        }
    }

    pub(crate) fn is_common(self) -> bool {
        self.guesses_log10 < GUESSES_OF_COMMON_ONES_LOG10
    }
}

/// The score only: the exact number says much about a short password.
impl fmt::Debug for Strength {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Strength({})", self.score())
    }
}
