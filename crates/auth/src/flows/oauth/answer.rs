//! What a service sends back with the browser, and whether it answers what we asked.
//!
//! SECURITY: the state is compared before anything else is believed, the issuer before the code goes anywhere (mix-up,
//! RFC 9207 §2.4). Nothing may stand there twice.
//!
//! Source: contract authjs §5.3.3, step 3; RFC 6749 §4.1.2; RFC 9207.

use std::fmt;

use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

use crate::request::Fields;

/// The longest value that is looked at, in bytes.
const MAX_VALUE_BYTES: usize = 8 * 1024;

/// Why an answer is none to what we asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error("`{0}` stands in the answer twice")]
    Repeated(&'static str),
    #[error("`{0}` in the answer is too long")]
    TooLong(&'static str),
    #[error("the form is too long to be kept")]
    FormTooLong,
    #[error("the answer is a signed response, which was not asked for")]
    Signed,
    #[error("the answer holds a token, which was not asked for")]
    Token,
    #[error("the answer does not say whose it is (`iss`), which the service always does")]
    NoIssuer,
    #[error(
        "the answer is from another issuer than the provider's: set the provider's issuer if it should be believed"
    )]
    OtherIssuer,
    #[error("the state is not the one that was sent")]
    State,
    #[error("the service refused: {code}")]
    Refused {
        /// One of the codes of the standards.
        code: &'static str,
    },
    #[error("the answer holds no code")]
    NoCode,
}

impl AnswerError {
    /// Whether the service does it wrong, and not whoever made the link.
    pub(super) fn is_of_the_service(self) -> bool {
        matches!(self, Self::NoIssuer | Self::OtherIssuer)
    }
}

/// Every parameter of which we know.
const KNOWN: [&str; 8] = [
    "state", "iss", "code", "error", "response", "id_token", "token", "user",
];

/// The parameters of a callback.
#[derive(Clone, Default)]
pub(super) struct Answer {
    values: Map<String, Value>,
}

/// Whose answer is expected.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    /// The provider's issuer.
    pub(super) issuer: Option<&'a str>,
    /// Whether the service always says whose an answer is.
    pub(super) says_issuer: bool,
}

impl Answer {
    /// Reads a query. Parameters of which we know nothing are left out.
    pub(super) fn of_query(query: &str) -> Result<Self, AnswerError> {
        let mut values = Map::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let Some(known) = KNOWN.into_iter().find(|known| *known == name) else {
                continue;
            };
            if value.len() > MAX_VALUE_BYTES {
                return Err(AnswerError::TooLong(known));
            }
            let before = values.insert(known.to_owned(), Value::String(value.into_owned()));
            if before.is_some() {
                return Err(AnswerError::Repeated(known));
            }
        }
        Ok(Self { values })
    }

    /// Reads a form.
    pub(super) fn of_form(form: &Fields) -> Result<Self, AnswerError> {
        let mut values = Map::new();
        for known in KNOWN {
            let Some(value) = form.text(known) else {
                continue;
            };
            if value.len() > MAX_VALUE_BYTES {
                return Err(AnswerError::TooLong(known));
            }
            values.insert(known.to_owned(), value.into());
        }
        Ok(Self { values })
    }

    /// As a query again.
    pub(super) fn to_query(&self) -> String {
        let pairs = self.values.iter();
        let pairs = pairs.filter_map(|(name, value)| Some((name, value.as_str()?)));
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.as_str()
    }

    /// Whether it answers the request with this state.
    pub(super) fn check_state(&self, state: &str) -> Result<(), AnswerError> {
        let same = |sent: &str| bool::from(sent.as_bytes().ct_eq(state.as_bytes()));
        match self.get("state") {
            Some(sent) if same(sent) => Ok(()),
            _ => Err(AnswerError::State),
        }
    }

    /// The code, when the answer is the expected service's and holds nothing that was not asked for.
    pub(super) fn code(&self, expected: Expected<'_>) -> Result<&str, AnswerError> {
        if self.get("response").is_some() {
            return Err(AnswerError::Signed);
        }
        match (self.get("iss"), expected.issuer) {
            (None, _) if expected.says_issuer => return Err(AnswerError::NoIssuer),
            (Some(said), issuer) if issuer != Some(said) => return Err(AnswerError::OtherIssuer),
            _ => {}
        }
        if let Some(error) = self.get("error") {
            let code = standard_code(error);
            return Err(AnswerError::Refused { code });
        }
        if self.get("id_token").is_some() || self.get("token").is_some() {
            return Err(AnswerError::Token);
        }
        let code = self.get("code").filter(|code| !code.is_empty());
        code.ok_or(AnswerError::NoCode)
    }
}

/// The code as the standards write it, so that nothing of a request reaches the log.
fn standard_code(error: &str) -> &'static str {
    // RFC 6749 §4.1.2.1; OpenID Connect Core 1.0 §3.1.2.6.
    const CODES: [&str; 16] = [
        "access_denied",
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "invalid_request",
        "invalid_request_object",
        "invalid_request_uri",
        "invalid_scope",
        "login_required",
        "registration_not_supported",
        "request_not_supported",
        "request_uri_not_supported",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_response_type",
    ];
    let found = CODES.into_iter().find(|code| *code == error);
    // Apple's word for a person who changed their mind.
    let found = found.or((error == "user_cancelled_authorize").then_some("access_denied"));
    found.unwrap_or("unknown_error")
}

/// Names only: the values are secrets.
impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.values.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EXPECTED: Expected<'_> = Expected {
        issuer: Some("https://id.example.com"),
        says_issuer: false,
    };

    fn code(query: &str, expected: Expected<'_>) -> Result<String, AnswerError> {
        let answer = Answer::of_query(query)?;
        answer.check_state("S")?;
        answer.code(expected).map(str::to_owned)
    }

    #[test]
    fn answers_are_judged_as_the_contract_says() {
        use AnswerError as E;
        let refused = |code| Err(E::Refused { code });
        for (query, outcome) in [
            ("code=C&state=S", Ok("C")),
            ("state=S&code=C&iss=https://id.example.com&x=1&x=2", Ok("C")),
            ("code=C%20%2B+&state=S", Ok("C + ")),
            ("code=C", Err(E::State)),
            ("code=C&state=", Err(E::State)),
            ("code=C&state=s", Err(E::State)),
            ("code=C&state=S2", Err(E::State)),
            ("code=C&state=S&state=S", Err(E::Repeated("state"))),
            ("code=C&code=D&state=S", Err(E::Repeated("code"))),
            (
                "code=C&state=S&iss=https://id.example.com/",
                Err(E::OtherIssuer),
            ),
            ("code=C&state=S&iss=", Err(E::OtherIssuer)),
            ("response=x&state=S", Err(E::Signed)),
            ("response=x", Err(E::State)),
            ("code=C&state=S&id_token=x", Err(E::Token)),
            ("code=C&state=S&token=x", Err(E::Token)),
            ("state=S", Err(E::NoCode)),
            ("code=&state=S", Err(E::NoCode)),
            ("error=access_denied&state=S", refused("access_denied")),
            (
                "error=access_denied&code=C&state=S",
                refused("access_denied"),
            ),
            ("error=%3Cscript%3E&state=S", refused("unknown_error")),
            ("error=access_denied", Err(E::State)),
            (
                "error=access_denied&state=S&iss=https://evil.example",
                Err(E::OtherIssuer),
            ),
        ] {
            assert_eq!(code(query, EXPECTED), outcome.map(str::to_owned), "{query}");
        }
    }

    #[test]
    fn who_answers_is_told_where_the_service_always_tells() {
        let says_issuer = Expected {
            says_issuer: true,
            ..EXPECTED
        };
        assert_eq!(
            code("code=C&state=S", says_issuer),
            Err(AnswerError::NoIssuer)
        );
        let told = "code=C&state=S&iss=https%3A%2F%2Fid.example.com";
        assert_eq!(code(told, says_issuer), Ok("C".to_owned()));
        // Where no issuer is known nobody can be told from another.
        let unknown = Expected {
            issuer: None,
            ..EXPECTED
        };
        assert_eq!(code(told, unknown), Err(AnswerError::OtherIssuer));
    }

    #[test]
    fn values_are_bounded_and_do_not_print() {
        let long = format!("code={}", "c".repeat(MAX_VALUE_BYTES + 1));
        assert_eq!(code(&long, EXPECTED), Err(AnswerError::TooLong("code")));
        let answer = Answer::of_query("code=planted&state=planted").unwrap();
        assert!(!format!("{answer:?}").contains("planted"));
    }

    proptest! {
        #[test]
        fn no_query_panics_and_none_is_believed_without_its_state(query: String) {
            if let Ok(answer) = Answer::of_query(&query) {
                let _ = answer.code(EXPECTED);
                prop_assert!(answer.check_state("unguessed state").is_err());
            }
        }

        #[test]
        fn an_answer_survives_its_query(code: String, user: String) {
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs([("code", code.as_str()), ("user", user.as_str())])
                .finish();
            let read = Answer::of_query(&query).unwrap();
            let again = Answer::of_query(&read.to_query()).unwrap();
            prop_assert_eq!(again.get("code"), Some(code.as_str()));
            prop_assert_eq!(again.get("user"), Some(user.as_str()));
        }
    }
}
