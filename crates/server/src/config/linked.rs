//! Accounts at other services: how their tokens are kept, which servers may ask for them, and what adding one takes.

use hallpass::AccountTokensAtRest;
use hallpass::auth::ChangingWaysIn;
use hallpass::auth::linked::is_server_key;
use hallpass::auth::secret::Secret;

use super::problem::Problem;
use super::read::{Choices, Reader, SWITCHES};

/// What becomes of accounts at services and of the tokens that services give.
#[derive(Debug, Clone)]
pub(crate) struct Linked {
    /// How they stand in the table.
    pub(crate) tokens: AccountTokensAtRest,
    /// Keys with which servers of the application ask for them; without any, none can.
    pub(crate) server_keys: Vec<Secret>,
    /// What adding and removing a way in takes.
    pub(crate) changing: ChangingWaysIn,
}

impl Default for Linked {
    fn default() -> Self {
        Self {
            tokens: AccountTokensAtRest::default(),
            server_keys: Vec::new(),
            changing: ChangingWaysIn::AfterRecentSignIn,
        }
    }
}

const TOKENS: Choices<AccountTokensAtRest> = Choices {
    text: "`auto`, `clear` and `sealed`",
    rows: &[
        ("auto", AccountTokensAtRest::Auto),
        ("clear", AccountTokensAtRest::Clear),
        ("sealed", AccountTokensAtRest::Sealed),
    ],
};

impl Reader {
    pub(super) fn linked(&mut self) -> Linked {
        Linked {
            tokens: self.choice("account_tokens", &TOKENS).unwrap_or_default(),
            server_keys: self.server_keys(),
            changing: match self.choice("linking.recent_sign_in", &SWITCHES) {
                Some(false) => ChangingWaysIn::InAnySession,
                _ => ChangingWaysIn::AfterRecentSignIn,
            },
        }
    }

    /// A variable holds all of them, with commas or blanks between.
    ///
    /// SECURITY: an empty text in a list is a key that was forgotten, not one that may be left out.
    fn server_keys(&mut self) -> Vec<Secret> {
        let (texts, place) = self.texts("server_keys");
        let words = texts.iter().flat_map(|text| text.split([',', ' ']));
        let keys: Vec<Secret> = words
            .filter(|word| !word.is_empty())
            .map(Secret::new)
            .collect();
        let is_empty = texts.iter().any(|text| text.trim().is_empty());
        if is_empty || keys.iter().any(|key| !is_server_key(key)) {
            self.report::<()>(place, Problem::ShortServerKey);
            return Vec::new();
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::super::Environment;
    use super::super::read::config;
    use super::*;

    const ONE: &str = "planted-key-one-of-32-characters";
    const TWO: &str = "planted-key-two-of-32-characters";

    fn linked(text: &str, variables: &[(&str, &str)]) -> Result<Linked, String> {
        let needed = [("AUTH_SECRET", "a"), ("DATABASE_URL", "sqlite:./a.db")];
        let environment = Environment::of(&[variables, &needed].concat());
        let config = config("hallpass.toml", text, &environment);
        config.map(|config| config.linked).map_err(|error| {
            let troubles: Vec<String> = error.0.iter().map(ToString::to_string).collect();
            troubles.join("; ")
        })
    }

    fn keys(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
        let keys = linked(text, variables).unwrap().server_keys;
        keys.iter().map(|key| key.expose().to_owned()).collect()
    }

    #[test]
    fn keys_stand_in_a_list_or_in_one_variable() {
        assert!(keys("", &[]).is_empty());
        assert_eq!(keys(&format!("server_keys = '{ONE}'"), &[]), [ONE]);
        let list = format!("server_keys = ['{ONE}', '{TWO}']");
        assert_eq!(keys(&list, &[]), [ONE, TWO]);
        let both = format!("{TWO}, {ONE}");
        assert_eq!(keys("", &[("HALLPASS_SERVER_KEYS", &both)]), [TWO, ONE]);
        // The environment wins.
        assert_eq!(keys(&list, &[("HALLPASS_SERVER_KEYS", TWO)]), [TWO]);
        assert_eq!(keys(&list, &[("HALLPASS_SERVER_KEYS", "")]), [ONE, TWO]);
    }

    #[test]
    fn a_key_that_could_be_guessed_is_refused_and_not_shown() {
        for (text, variables, place) in [
            (
                "server_keys = 'planted'".to_owned(),
                &[][..],
                "hallpass.toml:1:1",
            ),
            (
                format!("server_keys = ['{ONE}', 'planted']"),
                &[],
                "hallpass.toml:1:1",
            ),
            (
                format!("\nserver_keys = ['{ONE}', '']"),
                &[],
                "hallpass.toml:2:1",
            ),
            (
                String::new(),
                &[(
                    "HALLPASS_SERVER_KEYS",
                    "planted-key,of-two-parts-of-32-characters",
                )],
                "HALLPASS_SERVER_KEYS",
            ),
        ] {
            let error = linked(&text, variables).unwrap_err();
            let expected = format!("{place}: a key for servers has fewer than 32 characters");
            assert_eq!(error, expected);
        }
        let kept = linked(&format!("server_keys = '{ONE}'"), &[]).unwrap();
        assert!(!format!("{kept:?}").contains("planted"));
    }

    #[test]
    fn a_recent_sign_in_is_asked_for_unless_the_settings_say_otherwise() {
        use ChangingWaysIn::{AfterRecentSignIn, InAnySession};
        for (text, variables, expected) in [
            ("", &[][..], AfterRecentSignIn),
            ("[linking]\nrecent_sign_in = true", &[], AfterRecentSignIn),
            ("[linking]\nrecent_sign_in = false", &[], InAnySession),
            (
                "[linking]\nrecent_sign_in = false",
                &[("HALLPASS_LINKING_RECENT_SIGN_IN", "true")],
                AfterRecentSignIn,
            ),
        ] {
            let read = linked(text, variables).unwrap();
            assert_eq!(read.changing, expected, "{text}");
        }
        assert_eq!(
            linked("[linking]\nrecent_sign_in = 5", &[]).unwrap_err(),
            "hallpass.toml:2:1: `5` is not one of `true` and `false`"
        );
    }

    #[test]
    fn tokens_of_accounts_are_kept_as_is_said() {
        type Kept = AccountTokensAtRest;
        for (text, variables, expected) in [
            ("", &[][..], Kept::Auto),
            ("account_tokens = 'sealed'", &[], Kept::Sealed),
            (
                "account_tokens = 'sealed'",
                &[("HALLPASS_ACCOUNT_TOKENS", "clear")],
                Kept::Clear,
            ),
        ] {
            assert_eq!(linked(text, variables).unwrap().tokens, expected, "{text}");
        }
        assert_eq!(
            linked("account_tokens = 'hashed'", &[]).unwrap_err(),
            "hallpass.toml:1:1: `hashed` is not one of `auto`, `clear` and `sealed`"
        );
    }
}
