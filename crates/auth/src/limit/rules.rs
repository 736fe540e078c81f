//! What is limited, for whom, and how much: one row an action.

use std::collections::HashMap;

use super::{InvalidQuota, Quota};

/// For whom something is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Everybody who tries the same address (or account).
    Address,
    /// One client that tries one address. Where no client is known: everybody who tries the address.
    AddressAndClient,
    /// One client, whatever it tries. Where no client is known, nothing is counted.
    Client,
    /// All clients together that are not known, as behind a proxy that nobody named.
    UnknownClients,
}

impl Subject {
    /// Each of them, in the order in which they are charged: a client that is out of its own quota uses up nobody
    /// else's.
    pub const ALL: &[Self] = &[
        Self::Client,
        Self::UnknownClients,
        Self::AddressAndClient,
        Self::Address,
    ];

    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::AddressAndClient => "address_and_client",
            Self::Client => "client",
            Self::UnknownClients => "unknown_clients",
        }
    }
}

/// Defines the actions, one row each: variant, name in settings, default quotas of address, address and client, client.
macro_rules! limited_actions {
    ($($(#[$doc:meta])* $action:ident, $name:literal, $address:expr, $both:expr, $client:expr;)*) => {
        /// What is limited.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum LimitedAction { $($(#[$doc])* $action,)* }

        impl LimitedAction {
            /// Each of them.
            pub const ALL: &[Self] = &[$(Self::$action,)*];

            /// The name in settings.
            pub fn name(self) -> &'static str {
                match self { $(Self::$action => $name,)* }
            }

            /// What is allowed where nothing is set.
            pub fn default_quotas(self, subject: Subject) -> &'static [Quota] {
                let (address, both, client) = match self {
                    $(Self::$action => {
                        const QUOTAS: (Quotas, Quotas, Quotas) = ($address, $both, $client);
                        QUOTAS
                    })*
                };
                match subject {
                    Subject::Address => address,
                    Subject::AddressAndClient => both,
                    Subject::Client => client,
                    Subject::UnknownClients => self.default_of_unknown_clients(),
                }
            }
        }
    };
}

type Quotas = &'static [Quota];

const DAY: u64 = 24 * 60;
const QUARTER: u64 = 15;

/// NIST SP 800-63B-4 section 3.2.2: at most 100 failures in a row. A success, or a new password by mail, forgets them.
const CONSECUTIVE_FAILURES: Quota = Quota::per_minutes(100, 365 * DAY);

/// Guesses of one client at one account: the wait grows from a quarter of an hour to a day.
const GUESSES: &[Quota] = &[Quota::per_minutes(10, QUARTER), Quota::per_minutes(30, DAY)];

limited_actions! {
    /// A sign-in link is sent.
    SignInMail, "sign_in_mail",
        &[Quota::per_minutes(5, QUARTER)], &[], &[Quota::per_minutes(30, 60)];
    /// A link of a mail is tried: a sign-in, a new password, a proof of an address.
    Link, "link",
        &[], &[], &[Quota::per_minutes(50, QUARTER)];
    /// A code short enough to be guessed is tried: the token of a link that the application makes itself.
    Code, "code",
        &[Quota::per_minutes(20, QUARTER)], &[], &[];
    /// A password is tried at the sign-in.
    Password, "password",
        &[CONSECUTIVE_FAILURES], GUESSES, &[Quota::per_minutes(50, QUARTER)];
    /// A sign-in at another service comes back, for which that service is asked.
    Service, "service",
        &[], &[], &[Quota::per_minutes(50, QUARTER)];
    /// A passkey is asked for, or shown.
    Passkey, "passkey",
        &[], &[], &[Quota::per_minutes(120, QUARTER)];
    /// A server shows a key, to ask for a token of somebody at another service.
    ServerKey, "server_key",
        &[], &[], &[Quota::per_minutes(300, QUARTER)];
    /// Somebody registers.
    Register, "register",
        &[Quota::per_minutes(5, 60)], &[], &[Quota::per_minutes(20, 60)];
    /// A new password is judged while it is typed.
    PasswordStrength, "password_strength",
        &[], &[], &[Quota::per_minutes(300, QUARTER)];
    /// A mail to somebody who forgot the password is sent.
    ForgotPassword, "forgot_password",
        &[Quota::per_minutes(5, 60)], &[], &[Quota::per_minutes(30, 60)];
    /// A mail that proves an address is sent again.
    VerifyMail, "verify_mail",
        &[Quota::per_minutes(5, 60)], &[], &[Quota::per_minutes(30, 60)];
    /// A code of the second factor is tried, at the sign-in or later.
    SecondFactor, "second_factor",
        &[CONSECUTIVE_FAILURES], GUESSES, &[Quota::per_minutes(50, QUARTER)];
    /// Somebody who is signed in proves it again, with the old password.
    Reauthenticate, "reauthenticate",
        &[CONSECUTIVE_FAILURES], GUESSES, &[];
}

impl LimitedAction {
    /// Of what is dear and asks for no proof: wide, since whoever uses it up keeps out all who come the same way. What signs
    /// somebody in has none for that reason.
    fn default_of_unknown_clients(self) -> Quotas {
        const REGISTER: Quotas = &[Quota::per_minutes(600, 60)];
        const STRENGTH: Quotas = &[Quota::per_minutes(6_000, QUARTER)];
        match self {
            Self::Register => REGISTER,
            Self::PasswordStrength => STRENGTH,
            _ => &[],
        }
    }
}

/// The quotas of all actions.
#[derive(Debug, Clone, Default)]
pub struct LimitRules {
    set: HashMap<(LimitedAction, Subject), Vec<Quota>>,
}

impl LimitRules {
    /// Nothing is limited.
    pub fn none() -> Self {
        let pairs = LimitedAction::ALL
            .iter()
            .flat_map(|action| Subject::ALL.iter().map(|subject| (*action, *subject)));
        Self {
            set: pairs.map(|pair| (pair, Vec::new())).collect(),
        }
    }

    /// Sets the quotas of one action and subject; without any, nothing is limited there. All of them must be left for
    /// an attempt to pass, so a short and a long one together make a wait that grows.
    #[must_use]
    pub fn set(mut self, action: LimitedAction, subject: Subject, quotas: Vec<Quota>) -> Self {
        self.set.insert((action, subject), quotas);
        self
    }

    /// Sets what a line says: `sign_in_mail per address: 5/15m`, with several quotas `10/15m, 30/1d`, or `none`.
    ///
    /// # Errors
    /// [`InvalidRule`] says which part is wrong.
    pub fn rule(self, line: &str) -> Result<Self, InvalidRule> {
        let shape = || InvalidRule::Shape(line.to_owned());
        let (what, quotas) = line.split_once(':').ok_or_else(shape)?;
        let (action, subject) = what.split_once(" per ").ok_or_else(shape)?;
        let (action, subject) = (action.trim(), subject.trim());
        let action = LimitedAction::ALL
            .iter()
            .find(|known| known.name() == action)
            .ok_or_else(|| InvalidRule::Action(action.to_owned()))?;
        let subject = Subject::ALL
            .iter()
            .find(|known| known.name() == subject)
            .ok_or_else(|| InvalidRule::Subject(subject.to_owned()))?;
        let quotas = match quotas.trim() {
            "none" => Vec::new(),
            quotas => {
                let quotas = quotas.split(',').map(|quota| quota.trim().parse());
                quotas.collect::<Result<_, _>>()?
            }
        };
        Ok(self.set(*action, *subject, quotas))
    }

    /// The quotas of one action and subject.
    pub fn quotas(&self, action: LimitedAction, subject: Subject) -> &[Quota] {
        match self.set.get(&(action, subject)) {
            Some(quotas) => quotas,
            None => action.default_quotas(subject),
        }
    }
}

/// A line is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRule {
    /// It is not of the form `ACTION per SUBJECT: QUOTAS`.
    #[error("`{0}` is no limit")]
    Shape(String),
    /// Nothing of this name is limited.
    #[error("`{0}` is nothing that is limited")]
    Action(String),
    /// Nothing is counted for this.
    #[error("`{0}` is nobody that is counted for")]
    Subject(String),
    /// One of the quotas is none.
    #[error(transparent)]
    Quota(#[from] InvalidQuota),
}

impl InvalidRule {
    /// What to write instead.
    pub fn help(&self) -> String {
        let names = |names: Vec<&str>| format!("write one of {}", names.join(", "));
        match self {
            Self::Shape(_) => {
                "write it like `sign_in_mail per address: 5/15m`, or `…: none`".to_owned()
            }
            Self::Action(_) => names(
                LimitedAction::ALL
                    .iter()
                    .map(|known| known.name())
                    .collect(),
            ),
            Self::Subject(_) => names(Subject::ALL.iter().map(|known| known.name()).collect()),
            Self::Quota(quota) => quota.help().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_limited_unless_it_is_set_otherwise() {
        let (default, none) = (LimitRules::default(), LimitRules::none());
        for action in LimitedAction::ALL {
            let limited = |rules: &LimitRules| {
                let mut subjects = Subject::ALL.iter();
                subjects.any(|subject| !rules.quotas(*action, *subject).is_empty())
            };
            assert!(limited(&default), "{}", action.name());
            assert!(!limited(&none), "{}", action.name());
        }
    }

    /// NIST SP 800-63B-4: no account takes more than 100 wrong passwords in a row.
    #[test]
    fn nist_sp_800_63b_4_at_most_100_failures_in_a_row() {
        for action in [LimitedAction::Password, LimitedAction::Reauthenticate] {
            let quotas = action.default_quotas(Subject::Address);
            assert!(quotas.iter().any(|quota| quota.count <= 100));
        }
    }

    #[test]
    fn lines_set_rules() {
        let rules = LimitRules::default()
            .rule("sign_in_mail per client: 300/1h")
            .and_then(|rules| rules.rule(" password per address_and_client : 5/1m,20/1h "))
            .and_then(|rules| rules.rule("register per address: none"))
            .unwrap();
        let written = |action, subject| {
            let quotas = rules.quotas(action, subject).iter();
            quotas
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        };
        use LimitedAction::{Password, Register, SignInMail};
        assert_eq!(written(SignInMail, Subject::Client), "300/1h");
        assert_eq!(written(SignInMail, Subject::Address), "5/15m");
        assert_eq!(written(Password, Subject::AddressAndClient), "5/1m 20/1h");
        assert_eq!(written(Register, Subject::Address), "");
    }

    #[test]
    fn other_lines_say_what_is_wrong_with_them() {
        for (line, error, help) in [
            ("", "`` is no limit", "sign_in_mail per address"),
            (
                "password: 5/1m",
                "`password: 5/1m` is no limit",
                "sign_in_mail per address",
            ),
            (
                "mail per client: 5/1m",
                "`mail` is nothing that is limited",
                "verify_mail",
            ),
            (
                "link per user: 5/1m",
                "`user` is nobody that is counted for",
                "address_and_client",
            ),
            ("link per client: 5", "`5` is no number in a time", "5/15m"),
            (
                "link per client: 5/1m,",
                "`` is no number in a time",
                "5/15m",
            ),
        ] {
            let invalid = LimitRules::default().rule(line).unwrap_err();
            assert_eq!(invalid.to_string(), error);
            assert!(invalid.help().contains(help), "{line}");
        }
    }

    #[test]
    fn windows_of_one_subject_differ() {
        for action in LimitedAction::ALL {
            for subject in Subject::ALL {
                let quotas = action.default_quotas(*subject);
                let mut windows: Vec<_> = quotas.iter().map(|quota| quota.window).collect();
                windows.dedup();
                assert_eq!(windows.len(), quotas.len(), "they would share a counter");
            }
        }
    }
}
