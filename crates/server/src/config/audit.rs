//! The settings under `[audit]`: whether there is an audit trail, and what it keeps.

use std::time::Duration;

use hallpass::audit::Clients;

use super::read::{Choices, Reader, SWITCHES};
use super::span;

/// What the audit trail keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Audit {
    /// Whether what happens to tracked rows is part of it.
    pub(crate) rows: bool,
    /// How long entries are kept; for ever where this is `None`.
    pub(crate) keep: Option<Duration>,
    /// What is kept of where requests come from.
    pub(crate) clients: Clients,
}

const CLIENTS: Choices<Clients> = Choices {
    text: "`address`, `network` and `none`",
    rows: &[
        ("address", Clients::Address),
        ("network", Clients::Network),
        ("none", Clients::Nothing),
    ],
};

impl Reader {
    /// What is asked for; nothing unless it is. `keeps_networks` is what is said of sessions: who does not want it there, does not
    /// want it here unless they say so.
    pub(super) fn audit(&mut self, keeps_networks: bool) -> Option<Audit> {
        let enabled = self.choice("audit.enabled", &SWITCHES).unwrap_or(false);
        let usual = if keeps_networks {
            Clients::Address
        } else {
            Clients::Nothing
        };
        let audit = Audit {
            rows: self.choice("audit.rows", &SWITCHES).unwrap_or(true),
            keep: self.parsed("audit.keep", span::interval).flatten(),
            clients: self.choice("audit.clients", &CLIENTS).unwrap_or(usual),
        };
        enabled.then_some(audit)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Environment;
    use super::super::read::config;
    use super::*;

    fn audit(text: &str, variables: &[(&str, &str)]) -> Result<Option<Audit>, String> {
        let needed = [("AUTH_SECRET", "a"), ("DATABASE_URL", "sqlite:./a.db")];
        let environment = Environment::of(&[variables, &needed].concat());
        let config = config("hallpass.toml", text, &environment);
        config
            .map(|config| config.audit)
            .map_err(|error| error.0.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn nobody_is_written_down_unasked() {
        assert_eq!(audit("", &[]), Ok(None));
        assert_eq!(audit("[audit]\nkeep = '90d'", &[]), Ok(None));
        let all = Audit {
            rows: true,
            keep: None,
            clients: Clients::Address,
        };
        assert_eq!(audit("[audit]\nenabled = true", &[]), Ok(Some(all)));
        assert_eq!(audit("", &[("HALLPASS_AUDIT", "true")]), Ok(Some(all)));
        let some = Audit {
            rows: false,
            keep: Some(Duration::from_secs(90 * 86_400)),
            clients: Clients::Network,
        };
        let text = "[audit]\nenabled = true\nrows = false\nkeep = '90d'\nclients = 'network'";
        assert_eq!(audit(text, &[]), Ok(Some(some)));
    }

    #[test]
    fn who_keeps_no_networks_of_sessions_keeps_none_here_unless_said() {
        let clients = |text: &str| {
            let text = format!("[sessions]\nnetwork = false\n[audit]\nenabled = true\n{text}");
            audit(&text, &[]).unwrap().unwrap().clients
        };
        assert_eq!(clients(""), Clients::Nothing);
        assert_eq!(clients("clients = 'address'"), Clients::Address);
    }

    #[test]
    fn odd_words_are_named() {
        for text in [
            "enabled = 'maybe'",
            "clients = 'all'",
            "keep = 'long'",
            "rows = 'x'",
        ] {
            assert!(audit(&format!("[audit]\n{text}"), &[]).is_err(), "{text}");
        }
    }
}
