//! The settings under `[second_factor]`: who needs one, and what goes with it.

use std::time::Duration;

use hallpass::auth::second_factor::{PasskeysAsFactor, Require};

use super::problem::Problem;
use super::read::{Choices, Reader};
use super::span;

/// The second factor, where account pages are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecondFactor {
    /// Who needs one; `None`: nobody can have one.
    pub(crate) require: Option<Require>,
    /// What passkeys mean beside another way to sign in.
    pub(crate) passkeys: PasskeysAsFactor,
    /// The name that apps show; the host where nothing is set.
    pub(crate) issuer: Option<String>,
    /// How long browsers are remembered; `None`: none is.
    pub(crate) remember: Option<Duration>,
}

const REMEMBER: Duration = Duration::from_secs(30 * 86_400);

impl Default for SecondFactor {
    fn default() -> Self {
        Self {
            require: Some(Require::Optional),
            passkeys: PasskeysAsFactor::Offered,
            issuer: None,
            remember: Some(REMEMBER),
        }
    }
}

const REQUIRES: Choices<Option<Require>> = Choices {
    text: "`optional`, `always` and `off`",
    rows: &[
        ("optional", Some(Require::Optional)),
        ("always", Some(Require::Always)),
        ("off", None),
    ],
};

const PASSKEYS: Choices<PasskeysAsFactor> = Choices {
    text: "`offered` and `required`",
    rows: &[
        ("offered", PasskeysAsFactor::Offered),
        ("required", PasskeysAsFactor::Required),
    ],
};

impl Reader {
    /// SECURITY: where everybody needs one and nobody could set one up, the configuration is refused, not the need.
    pub(super) fn second_factor(&mut self, account_pages: bool) -> SecondFactor {
        let usual = SecondFactor::default();
        let place = self.place("second_factor.require");
        let require = self
            .choice("second_factor.require", &REQUIRES)
            .unwrap_or(usual.require);
        if require == Some(Require::Always) && !account_pages {
            self.report::<()>(place, Problem::SecondFactorWithoutAccounts);
        }
        SecondFactor {
            require,
            passkeys: self
                .choice("second_factor.passkeys", &PASSKEYS)
                .unwrap_or(usual.passkeys),
            issuer: self.text("second_factor.issuer"),
            remember: self
                .parsed("second_factor.remember", span::interval)
                .unwrap_or(usual.remember),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::environment::Environment;
    use crate::config::read::config;

    fn read(text: &str) -> Result<SecondFactor, String> {
        let needed =
            "database_url = 'sqlite::memory:'\nsecret = 'x'\nurl = 'https://app.example.com'\n";
        let text = format!("{needed}{text}");
        let read = config("hallpass.toml", &text, &Environment::of(&[]));
        read.map(|config| config.second_factor).map_err(|error| {
            let troubles: Vec<String> = error.0.iter().map(ToString::to_string).collect();
            troubles.join("; ")
        })
    }

    #[test]
    fn people_may_have_one_unless_the_settings_say_otherwise() {
        let usual = SecondFactor::default();
        for (text, expected) in [
            ("", usual.clone()),
            (
                "[second_factor]\nrequire = 'always'\npasskeys = 'required'\nissuer = 'Acme'\nremember = '7d'",
                SecondFactor {
                    require: Some(Require::Always),
                    passkeys: PasskeysAsFactor::Required,
                    issuer: Some("Acme".to_owned()),
                    remember: Some(Duration::from_secs(7 * 86_400)),
                },
            ),
            (
                "[second_factor]\nrequire = 'off'\nremember = 'off'",
                SecondFactor {
                    require: None,
                    remember: None,
                    ..usual
                },
            ),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_everybody_needs_everybody_can_set_up() {
        let text = "[account]\npages = false\n[second_factor]\nrequire = 'always'";
        assert_eq!(
            read(text).unwrap_err(),
            "hallpass.toml:7:1: everybody needs a second factor, and there are no account pages to set one up"
        );
    }
}
