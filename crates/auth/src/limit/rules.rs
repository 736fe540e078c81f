//! What is limited, for whom, and how much: one row an action.

use std::collections::HashMap;

use super::Quota;

/// For whom something is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Everybody who tries the same address (or account).
    Address,
    /// One client that tries one address. Where no client is known: everybody who tries the address.
    AddressAndClient,
    /// One client, whatever it tries. Where no client is known, nothing is counted.
    Client,
}

impl Subject {
    /// Each of them, in the order in which they are charged: a client that is out of its own quota uses up nobody
    /// else's.
    pub const ALL: &[Self] = &[Self::Client, Self::AddressAndClient, Self::Address];

    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::AddressAndClient => "address_and_client",
            Self::Client => "client",
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
    /// Somebody registers.
    Register, "register",
        &[Quota::per_minutes(5, 60)], &[], &[Quota::per_minutes(20, 60)];
    /// A mail to somebody who forgot the password is sent.
    ForgotPassword, "forgot_password",
        &[Quota::per_minutes(5, 60)], &[], &[Quota::per_minutes(30, 60)];
    /// A mail that proves an address is sent again.
    VerifyMail, "verify_mail",
        &[Quota::per_minutes(5, 60)], &[], &[Quota::per_minutes(30, 60)];
    /// Somebody who is signed in proves it again, with the old password.
    Reauthenticate, "reauthenticate",
        &[CONSECUTIVE_FAILURES], GUESSES, &[];
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

    /// The quotas of one action and subject.
    pub fn quotas(&self, action: LimitedAction, subject: Subject) -> &[Quota] {
        match self.set.get(&(action, subject)) {
            Some(quotas) => quotas,
            None => action.default_quotas(subject),
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
