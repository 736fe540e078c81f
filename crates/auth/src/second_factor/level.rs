//! How sure it is who somebody is: computed from what was proven, and from nothing else.
//!
//! SECURITY: GHSA-wc43-73w7-x2f5: a way to sign in is never worth two factors by its name. Each has a class, and two proofs
//! are worth more than one only where their classes differ and one of them is something that the person has.
//!
//! Source: NIST SP 800-63B-4 section 2.2; mail is no authenticator of its own there (section 3.1.3.1).

use jiff::Timestamp;

use std::time::Duration;

use crate::time::after;

/// Defines the factors, one row each: doc, variant, name in the store.
macro_rules! factors {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $classes:expr;)*) => {
        /// A proof that somebody gave.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Factor { $($(#[$doc])* $variant,)* }

        impl Factor {
            /// Every factor.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name, in the store and in JSON.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What kinds of proof it is.
            fn classes(self) -> &'static [Class] {
                match self { $(Self::$variant => $classes,)* }
            }
        }
    };
}

/// What a proof rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Something the person knows, or is: what opens a passkey counts as one of both.
    Own,
    /// Something the person has.
    Has,
    /// Somebody else vouches: a mailbox, another service, the application.
    Vouched,
}

factors! {
    /// The password.
    Password, "password", &[Class::Own];
    /// What the application itself judged.
    Application, "application", &[Class::Vouched];
    /// A link in a mail.
    Mail, "mail", &[Class::Vouched];
    /// An account at another service.
    Service, "service", &[Class::Vouched];
    /// A code of an authenticator app.
    Totp, "totp", &[Class::Has];
    /// A recovery code.
    RecoveryCode, "recovery-code", &[Class::Has];
    /// A passkey that was used without a look, a finger or a PIN.
    PasskeyPresence, "passkey-presence", &[Class::Has];
    /// A passkey that verified who uses it: both factors in one.
    Passkey, "passkey", &[Class::Has, Class::Own];
    /// A browser that was to be remembered. It spares the second factor and proves nothing.
    RememberedDevice, "remembered-device", &[];
}

impl Factor {
    /// The factor of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.name() == name)
    }
}

/// How sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// One factor.
    One,
    /// Two factors of different kinds.
    Two,
}

impl Level {
    /// As a number: 1 or 2.
    pub fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }

    /// Of what was proven.
    pub fn of(proven: &[Factor]) -> Self {
        let has = |wanted: &[Class]| {
            let mut classes = proven.iter().flat_map(|factor| factor.classes());
            classes.any(|class| wanted.contains(class))
        };
        if has(&[Class::Has]) && has(&[Class::Own, Class::Vouched]) {
            Self::Two
        } else {
            Self::One
        }
    }
}

/// What is known of how a session was proven. From [`Auth::assurance`](crate::Auth::assurance).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assurance {
    /// How sure it is who the person is.
    pub level: Level,
    /// What was proven, the first factor first. Empty where nobody knows.
    pub factors: Vec<Factor>,
    /// When the person last proved something. `None` where nobody knows.
    pub authenticated_at: Option<Timestamp>,
}

impl Assurance {
    /// Of a session of which nothing is known.
    pub(crate) fn unknown() -> Self {
        Self {
            level: Level::One,
            factors: Vec::new(),
            authenticated_at: None,
        }
    }

    /// Whether the person proved who it is within this time before `now`.
    pub fn is_fresh(&self, now: Timestamp, max_age: Duration) -> bool {
        self.authenticated_at
            .is_some_and(|at| now <= after(at, max_age))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn is_two(one: Factor, other: Factor) -> bool {
        use Factor as F;
        matches!(
            (one, other),
            (F::Passkey, _)
                | (_, F::Passkey)
                | (
                    F::Password | F::Application | F::Mail | F::Service,
                    F::Totp | F::RecoveryCode | F::PasskeyPresence,
                )
                | (
                    F::Totp | F::RecoveryCode | F::PasskeyPresence,
                    F::Password | F::Application | F::Mail | F::Service,
                )
        )
    }

    /// GHSA-wc43-73w7-x2f5 (CVE-2024-45042): a code by mail was taken for the highest level. Here every pair is in the table.
    #[test]
    fn ghsa_wc43_73w7_x2f5_cve_2024_45042_the_level_follows_from_the_classes_of_all_combinations() {
        for one in Factor::ALL {
            let alone = Level::of(&[*one]);
            let expected = (*one == Factor::Passkey).then_some(Level::Two);
            assert_eq!(alone, expected.unwrap_or(Level::One), "{one:?}");
            for other in Factor::ALL {
                let level = Level::of(&[*one, *other]);
                let two = if is_two(*one, *other) { 2 } else { 1 };
                assert_eq!(level.number(), two, "{one:?} with {other:?}");
                for third in Factor::ALL {
                    let more = Level::of(&[*one, *other, *third]);
                    assert!(more >= level, "more proofs are never worth less");
                    let pairs = [(one, other), (one, third), (other, third)];
                    let any = pairs.iter().any(|(a, b)| is_two(**a, **b));
                    assert_eq!(more == Level::Two, any, "{one:?} {other:?} {third:?}");
                }
            }
        }
        assert_eq!(Level::of(&[]), Level::One);
    }

    #[test]
    fn names_lead_to_their_factor() {
        for factor in Factor::ALL {
            assert_eq!(Factor::of_name(factor.name()), Some(*factor));
        }
        assert_eq!(Factor::of_name("aal2"), None);
    }

    #[test]
    fn a_proof_is_fresh_for_so_long() {
        let second = |second| Timestamp::from_second(second).unwrap();
        let at = |authenticated_at| Assurance {
            authenticated_at,
            ..Assurance::unknown()
        };
        let minute = Duration::from_secs(60);
        assert!(at(Some(second(0))).is_fresh(second(60), minute));
        assert!(!at(Some(second(0))).is_fresh(second(61), minute));
        assert!(!at(None).is_fresh(second(0), minute));
    }
}
