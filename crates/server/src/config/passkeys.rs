//! The settings under `[passkeys]`: whether people sign in with keys in their devices, and what those are for.

use hallpass::auth::providers::Newcomers;

use super::read::{Choices, Reader, SWITCHES};

/// Sign-in by passkeys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Passkeys {
    /// The domain that keys are for; the host of the page where nothing is set.
    pub(crate) relying_party: Option<String>,
    /// What authenticators call the site; its host where nothing is set.
    pub(crate) relying_party_name: Option<String>,
    /// Whether a key alone makes a user of somebody unknown.
    pub(crate) newcomers: Newcomers,
}

const NEWCOMERS: Choices<Newcomers> = Choices {
    text: "`refused` and `admitted`",
    rows: &[
        ("refused", Newcomers::Refused),
        ("admitted", Newcomers::Admitted),
    ],
};

impl Reader {
    /// `None` unless they are wanted.
    pub(super) fn passkeys(&mut self) -> Option<Passkeys> {
        let enabled = self.choice("passkeys.enabled", &SWITCHES);
        let passkeys = Passkeys {
            relying_party: self.text("passkeys.relying_party"),
            relying_party_name: self.text("passkeys.relying_party_name"),
            newcomers: self
                .choice("passkeys.newcomers", &NEWCOMERS)
                .unwrap_or_default(),
        };
        (enabled == Some(true)).then_some(passkeys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::environment::Environment;
    use crate::config::read::config;

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Option<Passkeys>, String> {
        let needed =
            "database_url = 'sqlite::memory:'\nsecret = 'x'\nurl = 'https://app.example.com'\n";
        let text = format!("{needed}{text}");
        let read = config("hallpass.toml", &text, &Environment::of(variables));
        read.map(|config| config.passkeys).map_err(|error| {
            let troubles: Vec<String> = error.0.iter().map(ToString::to_string).collect();
            troubles.join("; ")
        })
    }

    #[test]
    fn there_are_none_unless_the_settings_say_so() {
        for text in [
            "",
            "[passkeys]\nenabled = false",
            "[passkeys]\nnewcomers = 'admitted'",
        ] {
            assert_eq!(read(text, &[]), Ok(None), "{text}");
        }
        let plain = Ok(Some(Passkeys::default()));
        assert_eq!(read("[passkeys]\nenabled = true", &[]), plain);
        assert_eq!(read("", &[("HALLPASS_PASSKEYS", "true")]), plain);
        let off = [("HALLPASS_PASSKEYS", "false")];
        assert_eq!(read("[passkeys]\nenabled = true", &off), Ok(None));
    }

    #[test]
    fn all_that_can_be_said_of_them_is_read() {
        let text = "[passkeys]\nenabled = true\nrelying_party = 'example.com'\n\
            relying_party_name = 'Example'\nnewcomers = 'admitted'";
        let expected = Passkeys {
            relying_party: Some("example.com".to_owned()),
            relying_party_name: Some("Example".to_owned()),
            newcomers: Newcomers::Admitted,
        };
        assert_eq!(read(text, &[]), Ok(Some(expected.clone())));
        let variables = [
            ("HALLPASS_PASSKEYS", "true"),
            ("HALLPASS_PASSKEYS_RELYING_PARTY", "example.com"),
            ("HALLPASS_PASSKEYS_RELYING_PARTY_NAME", "Example"),
            ("HALLPASS_PASSKEYS_NEWCOMERS", "admitted"),
        ];
        assert_eq!(read("", &variables), Ok(Some(expected)));
    }

    #[test]
    fn what_is_wrong_is_told_by_its_place() {
        for (text, told) in [
            (
                "[passkeys]\nenabled = 'perhaps'",
                "hallpass.toml:5:1: `perhaps` is not one of `true` and `false`",
            ),
            (
                "[passkeys]\nnewcomers = 'all'",
                "hallpass.toml:5:1: `all` is not one of `refused` and `admitted`",
            ),
            (
                "[passkeys]\nrelying_part = 'a'",
                "hallpass.toml:5:1: unknown key `passkeys.relying_part`",
            ),
        ] {
            assert_eq!(read(text, &[]).unwrap_err(), told);
        }
    }
}
