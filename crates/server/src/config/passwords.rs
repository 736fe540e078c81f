//! The settings of `[password]`.

use std::num::NonZeroUsize;

use hallpass::auth::account::{AfterRegister, Existing, Registration};
use hallpass::auth::password::{Algorithm, Rules, Unanswered, Upgrade};
use hallpass::auth::providers::Unverified;

use super::problem::Problem;
use super::read::{Choices, Reader, SWITCHES};
use super::source::Place;

/// How passwords are kept.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    /// The field of the `User` model that holds them, if not `password`.
    pub(crate) field: Option<String>,
    /// What new hashes are made with.
    pub(crate) algorithm: Algorithm,
    /// Whether that was said, or is the default.
    pub(crate) chose_algorithm: bool,
    /// Whether old hashes are made anew at the sign-in.
    pub(crate) upgrade: Upgrade,
    /// Whether somebody may sign in whose address was never proven.
    pub(crate) unverified: Unverified,
    /// Whether somebody said so.
    pub(crate) unverified_is_said: bool,
    /// What is asked of new passwords.
    pub(crate) rules: Rules,
    /// Who knows the passwords of breaches.
    pub(crate) breaches: Option<BreachCheck>,
    /// How many threads hash, if not one for each core.
    pub(crate) threads: Option<NonZeroUsize>,
    /// How many sign-ins may wait for them.
    pub(crate) waiting: Option<NonZeroUsize>,
    /// How people register themselves, if they may.
    pub(crate) registration: Option<Registration>,
}

/// A service that knows the passwords of breaches.
#[derive(Debug, Clone)]
pub(crate) struct BreachCheck {
    /// Its base address, if not that of Pwned Passwords.
    pub(crate) url: Option<String>,
    /// What to do while it gives no answer.
    pub(crate) unanswered: Unanswered,
}

impl Reader {
    /// Passwords, where they are switched on.
    pub(super) fn passwords(&mut self) -> Option<Passwords> {
        let mut rules = Rules::default();
        if let Some(least) = self.parsed("password.min_length", number) {
            rules.min_length = least;
        }
        let registration = self.registration();
        let enabled = self.choice("password.enabled", &SWITCHES);
        // Who registers gets a password.
        let enabled = enabled.unwrap_or(registration.is_some());
        let require_verified = self.choice("password.require_verified", &VERIFIED);
        // Where anybody can register with anybody's address, a proof of it is asked for.
        let by_default = match registration {
            Some(registration) if !registration.signs_in() => Unverified::MayNot,
            _ => Unverified::MaySignIn,
        };
        let passwords = Passwords {
            registration,
            field: self.text("password.field"),
            chose_algorithm: self.chose_algorithm(),
            algorithm: self.algorithm(),
            upgrade: self
                .choice("password.upgrade", &UPGRADES)
                .unwrap_or_default(),
            unverified: require_verified.unwrap_or(by_default),
            unverified_is_said: require_verified.is_some(),
            rules,
            breaches: self.breach_check(),
            threads: self.parsed("password.threads", some_number),
            waiting: self.parsed("password.waiting", some_number),
        };
        enabled.then_some(passwords)
    }

    fn registration(&mut self) -> Option<Registration> {
        let enabled = self.choice("register.enabled", &SWITCHES).unwrap_or(false);
        let existing = self.choice("register.tell_existing", &EXISTING);
        let after = self.choice("register.sign_in", &AFTER);
        enabled.then(|| {
            Registration::new()
                .existing(existing.unwrap_or_default())
                .after(after.unwrap_or_default())
        })
    }

    /// Whether anything says what new hashes are made with.
    pub(super) fn chose_algorithm(&self) -> bool {
        // Who says how costly Argon2id is knows that it is used.
        let says = [
            "password.algorithm",
            "password.argon2_memory_kib",
            "password.argon2_passes",
        ];
        says.iter().any(|key| self.place(key) != Place::Nowhere)
    }

    fn algorithm(&mut self) -> Algorithm {
        let (mut memory, mut passes) = (19 * 1024, 2);
        if let Some(given) = self.parsed("password.argon2_memory_kib", number) {
            memory = given;
        }
        if let Some(given) = self.parsed("password.argon2_passes", number) {
            passes = given;
        }
        let cost = self.parsed("password.bcrypt_cost", number).unwrap_or(12);
        match self.choice("password.algorithm", &FUNCTIONS) {
            Some(Function::Bcrypt) => Algorithm::Bcrypt { cost },
            Some(Function::Argon2id) | None => Algorithm::Argon2id {
                memory_kib: memory,
                passes,
                lanes: 1,
            },
        }
    }

    fn breach_check(&mut self) -> Option<BreachCheck> {
        let url = self.text("password.breach_url");
        let unanswered = self.choice("password.breach_check", &BREACH_CHECKS)??;
        Some(BreachCheck { url, unanswered })
    }
}

/// A whole number.
pub(super) fn number<T: std::str::FromStr>(text: &str) -> Result<T, Problem> {
    text.parse()
        .map_err(|_| Problem::NotANumber(text.to_owned()))
}

/// A whole number above zero.
pub(super) fn some_number(text: &str) -> Result<NonZeroUsize, Problem> {
    number(text)
}

#[derive(Debug, Clone, Copy)]
enum Function {
    Argon2id,
    Bcrypt,
}

const FUNCTIONS: Choices<Function> = Choices {
    text: "`argon2id` and `bcrypt`",
    rows: &[
        ("argon2id", Function::Argon2id),
        ("bcrypt", Function::Bcrypt),
    ],
};

const UPGRADES: Choices<Upgrade> = Choices {
    text: "`true` and `false`",
    rows: &[("true", Upgrade::AtSignIn), ("false", Upgrade::Never)],
};

const VERIFIED: Choices<Unverified> = Choices {
    text: "`true` and `false`",
    rows: &[
        ("true", Unverified::MayNot),
        ("false", Unverified::MaySignIn),
    ],
};

const EXISTING: Choices<Existing> = Choices {
    text: "`true` and `false`",
    rows: &[("true", Existing::Tell), ("false", Existing::MailOwner)],
};

const AFTER: Choices<AfterRegister> = Choices {
    text: "`true` and `false`",
    rows: &[
        ("true", AfterRegister::SignIn),
        ("false", AfterRegister::Prove),
    ],
};

const BREACH_CHECKS: Choices<Option<Unanswered>> = Choices {
    text: "`off`, `open` and `closed`",
    rows: &[
        ("off", None),
        ("open", Some(Unanswered::Take)),
        ("closed", Some(Unanswered::Refuse)),
    ],
};
