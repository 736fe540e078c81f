//! The settings under `[sessions]`: how sessions are listed, ended, and kept.

use std::time::Duration;

use axum::http::HeaderName;
use hallpass::AtRest;
use hallpass::auth::directory::{DirectorySettings, KeepNetwork, Outage, TokenSignOut};
use hallpass::auth::time::span_seconds;

use super::problem::Problem;
use super::read::{Choices, Reader, SWITCHES};

/// How sessions are listed, ended, and kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sessions {
    /// How their tokens stand in the table.
    pub(crate) at_rest: AtRest,
    /// How they are listed and ended.
    pub(crate) directory: DirectorySettings,
}

const AT_REST: Choices<AtRest> = Choices {
    text: "`auto`, `clear` and `hashed`",
    rows: &[
        ("auto", AtRest::Auto),
        ("clear", AtRest::Clear),
        ("hashed", AtRest::Hashed),
    ],
};

const OUTAGES: Choices<Outage> = Choices {
    text: "`accept` and `refuse`",
    rows: &[("accept", Outage::Accept), ("refuse", Outage::Refuse)],
};

const SIGN_OUTS: Choices<TokenSignOut> = Choices {
    text: "`revoke` and `cookie`",
    rows: &[
        ("revoke", TokenSignOut::Revoke),
        ("cookie", TokenSignOut::CookieOnly),
    ],
};

impl Reader {
    pub(super) fn sessions(&mut self) -> Sessions {
        let usual = DirectorySettings::default();
        let network = self.choice("sessions.network", &SWITCHES);
        Sessions {
            at_rest: self
                .choice("sessions.at_rest", &AT_REST)
                .unwrap_or_default(),
            directory: DirectorySettings {
                last_seen_interval: self
                    .parsed("sessions.last_seen_interval", seconds)
                    .unwrap_or(usual.last_seen_interval),
                network: match network {
                    Some(true) => KeepNetwork::Yes,
                    Some(false) => KeepNetwork::No,
                    None => usual.network,
                },
                country_header: self.parsed("sessions.country_header", header),
                revocation_interval: self
                    .parsed("sessions.revocation_interval", seconds)
                    .unwrap_or(usual.revocation_interval),
                outage: self
                    .choice("sessions.outage", &OUTAGES)
                    .unwrap_or(usual.outage),
                sign_out: self
                    .choice("sessions.sign_out", &SIGN_OUTS)
                    .unwrap_or(usual.sign_out),
            },
        }
    }
}

/// A span such as `15m`, or seconds alone. A day is longer than anybody needs for any of them.
pub(super) fn seconds(text: &str) -> Result<Duration, Problem> {
    let seconds = text.parse().ok().or_else(|| span_seconds(text));
    let seconds = seconds.filter(|seconds| (1..=86_400).contains(seconds));
    let seconds = seconds.ok_or_else(|| Problem::NotSeconds(text.to_owned()))?;
    Ok(Duration::from_secs(seconds))
}

fn header(text: &str) -> Result<HeaderName, Problem> {
    text.parse()
        .map_err(|_| Problem::NotAHeader(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::Environment;
    use super::super::read::config;
    use super::*;

    const NEEDED: [(&str, &str); 2] = [
        ("AUTH_SECRET", "planted-secret-of-at-least-32-letters"),
        ("DATABASE_URL", "sqlite:./a.db"),
    ];

    fn sessions(text: &str, variables: &[(&str, &str)]) -> Result<Sessions, String> {
        let environment = Environment::of(&[variables, &NEEDED].concat());
        match config("hallpass.toml", text, &environment) {
            Ok(config) => Ok(config.sessions),
            Err(error) => Err(error.0.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn nothing_is_needed() {
        assert_eq!(sessions("", &[]), Ok(Sessions::default()));
    }

    #[test]
    fn file_and_variables_say_the_same() {
        let text = "[sessions]
            at_rest = 'hashed'
            last_seen_interval = 60
            network = false
            country_header = 'CF-IPCountry'
            revocation_interval = 2
            outage = 'refuse'
            sign_out = 'cookie'";
        let variables = [
            ("HALLPASS_SESSIONS_AT_REST", "hashed"),
            ("HALLPASS_SESSIONS_LAST_SEEN_INTERVAL", "1m"),
            ("HALLPASS_SESSIONS_NETWORK", "false"),
            ("HALLPASS_SESSIONS_COUNTRY_HEADER", "CF-IPCountry"),
            ("HALLPASS_SESSIONS_REVOCATION_INTERVAL", "2s"),
            ("HALLPASS_SESSIONS_OUTAGE", "refuse"),
            ("HALLPASS_SESSIONS_SIGN_OUT", "cookie"),
        ];
        let expected = Sessions {
            at_rest: AtRest::Hashed,
            directory: DirectorySettings {
                last_seen_interval: Duration::from_secs(60),
                network: KeepNetwork::No,
                country_header: Some(HeaderName::from_static("cf-ipcountry")),
                revocation_interval: Duration::from_secs(2),
                outage: Outage::Refuse,
                sign_out: TokenSignOut::CookieOnly,
            },
        };
        assert_eq!(sessions(text, &[]), Ok(expected.clone()));
        assert_eq!(sessions("", &variables), Ok(expected));
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        for (text, message) in [
            (
                "last_seen_interval = 0",
                "`0` is neither a span of time up to a day nor a number of seconds",
            ),
            (
                "last_seen_interval = '2d'",
                "`2d` is neither a span of time up to a day nor a number of seconds",
            ),
            (
                "revocation_interval = 86401",
                "`86401` is neither a span of time up to a day nor a number of seconds",
            ),
            (
                "revocation_interval = 'soon'",
                "`soon` is neither a span of time up to a day nor a number of seconds",
            ),
            (
                "country_header = 'a b'",
                "`a b` is not the name of a header",
            ),
            (
                "at_rest = 'salted'",
                "`salted` is not one of `auto`, `clear` and `hashed`",
            ),
        ] {
            let error = sessions(&format!("[sessions]\n{text}"), &[]).unwrap_err();
            assert!(error.ends_with(message), "{error}");
        }
    }
}
