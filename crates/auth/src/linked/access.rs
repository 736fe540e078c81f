//! An access token for later, and whether the stored one still is one.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::seal::{Place, TokenKeys};
use crate::adapter::{Account, AdapterError};
use crate::oauth::OAuthError;
use crate::secret::Secret;
use crate::time::after;

/// How long a token must be good for still, so that whoever gets it has time to use it.
pub(crate) const MARGIN: Duration = Duration::from_secs(30);

/// A token that opens the API of another service for one person.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The token itself.
    pub token: Secret,
    /// How it is sent: `bearer` or `dpop`, where the service said so.
    pub token_type: Option<String>,
    /// When it ends. `None`: the service did not say, and it may be refused at any time.
    pub expires_at: Option<Timestamp>,
    /// What the person agreed to, separated by blanks, where the service said so.
    pub scope: Option<String>,
    /// Who the person is at the service.
    pub provider_account_id: String,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AccessToken")
            .field("token_type", &self.token_type)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Why there is no access token.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AccessTokenError {
    /// No provider of this name speaks OAuth here, or no store or HTTP client is configured.
    #[error("there is no such service")]
    UnknownProvider,
    /// The user has no account there.
    #[error("the user has no account at the service")]
    NotLinked,
    /// What is kept is worth nothing any more: the person has to sign in there again.
    #[error("the person has to sign in at the service again")]
    SignInAgain,
    /// The service cannot be reached now, or answers nonsense; the old token has ended.
    #[error("the service gives no token now")]
    Away(#[source] OAuthError),
    /// Somebody else renews the token, for long already. The same call may work later.
    #[error("the token is being renewed by another process")]
    Busy,
    /// The store failed.
    #[error("the store failed")]
    Store(#[source] Arc<AdapterError>),
}

impl From<AdapterError> for AccessTokenError {
    fn from(error: AdapterError) -> Self {
        Self::Store(Arc::new(error))
    }
}

/// What to do about the tokens of an account.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is good for long enough.
    Use(AccessToken),
    /// It has ended, or ends soon.
    Refresh {
        refresh_token: Secret,
        /// Good for a little while still.
        meanwhile: Option<AccessToken>,
    },
    /// Nothing that is kept leads to one.
    SignInAgain,
}

/// Judges what is kept of an account. What cannot be opened is as good as missing.
pub(crate) fn decide(
    account: &Account,
    place: Place<'_>,
    keys: &TokenKeys,
    now: Timestamp,
) -> Decision {
    let open = |name| keys.open(place, name, &account.extra).ok().flatten();
    let text = |name| account.extra.get(name)?.as_str().map(str::to_owned);
    let expires_at = moment(account.extra.get("expires_at"));
    let is_good_at = |moment| expires_at.is_none_or(|end| moment < end);
    let kept = open("access_token").map(|token| AccessToken {
        token,
        token_type: text("token_type"),
        expires_at,
        scope: text("scope"),
        provider_account_id: account.provider_account_id.clone(),
    });
    let meanwhile = match kept {
        Some(token) if is_good_at(after(now, MARGIN)) => return Decision::Use(token),
        kept => kept.filter(|_| is_good_at(now)),
    };
    match (open("refresh_token"), meanwhile) {
        (Some(refresh_token), meanwhile) => Decision::Refresh {
            refresh_token,
            meanwhile,
        },
        (None, Some(token)) => Decision::Use(token),
        (None, None) => Decision::SignInAgain,
    }
}

/// Seconds since 1970, as a number or as text: some columns are wider than a number of JSON.
fn moment(value: Option<&Value>) -> Option<Timestamp> {
    let seconds = match value? {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    Timestamp::from_second(seconds).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::adapter::{AccountType, UserId};
    use crate::secrets::Secrets;
    use crate::testing::random::SeededRandom;

    const NOW: i64 = 1_000_000;

    const HERE: Place<'_> = Place {
        provider: "github",
        provider_account_id: "1",
        authority: "https://github.test",
    };

    fn account(extra: &Value) -> Account {
        Account {
            user_id: UserId("7".to_owned()),
            kind: AccountType::OAuth,
            provider: "github".to_owned(),
            provider_account_id: "1".to_owned(),
            extra: extra.as_object().cloned().unwrap_or_else(Map::new),
        }
    }

    fn decided(extra: &Value, seal: bool) -> &'static str {
        let secrets = Secrets::new([Secret::new("secret")]).unwrap();
        let keys = TokenKeys::derive(&secrets);
        let mut account = account(extra);
        if seal {
            keys.seal_all(HERE, &mut account.extra, &SeededRandom::new(1));
        }
        let now = Timestamp::from_second(NOW).unwrap();
        match decide(&account, HERE, &keys, now) {
            Decision::Use(token) if token.token.expose() == "access" => "use",
            Decision::Refresh {
                refresh_token,
                meanwhile,
            } if refresh_token.expose() == "refresh" => match meanwhile {
                Some(token) if token.token.expose() == "access" => "refresh, meanwhile",
                Some(_) => "another token",
                None => "refresh",
            },
            Decision::SignInAgain => "sign in again",
            _ => "another token",
        }
    }

    #[test]
    fn a_token_is_used_while_it_is_good_for_long_enough() {
        for (access, refresh, expires_at, expected) in [
            (true, true, json!(null), "use"),
            (true, true, json!(NOW + 31), "use"),
            (true, true, json!((NOW + 31).to_string()), "use"),
            (true, true, json!(NOW + 30), "refresh, meanwhile"),
            (true, true, json!(NOW + 1), "refresh, meanwhile"),
            (true, true, json!(NOW), "refresh"),
            (true, true, json!(0), "refresh"),
            (true, true, json!("soon"), "use"),
            (false, true, json!(null), "refresh"),
            (false, true, json!(NOW + 500), "refresh"),
            (true, false, json!(NOW + 1), "use"),
            (true, false, json!(NOW), "sign in again"),
            (false, false, json!(null), "sign in again"),
        ] {
            let mut extra = json!({ "expires_at": expires_at });
            if access {
                extra["access_token"] = json!("access");
            }
            if refresh {
                extra["refresh_token"] = json!("refresh");
            }
            for seal in [false, true] {
                assert_eq!(decided(&extra, seal), expected, "{extra} {seal}");
            }
        }
    }

    #[test]
    fn tokens_do_not_print() {
        let token = AccessToken {
            token: Secret::new("planted"),
            token_type: None,
            expires_at: None,
            scope: None,
            provider_account_id: "planted".to_owned(),
        };
        assert!(!format!("{token:?}").contains("planted"));
    }
}
