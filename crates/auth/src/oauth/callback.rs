//! What a service sends back through the browser.
//!
//! Source: contract authjs §5.3.3 step 3; RFC 6749 §4.1.2, RFC 9207 §2.4.

use subtle::ConstantTimeEq;

use super::Metadata;
use super::refusal;

/// What an answer must fit.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The `state` that this browser was sent away with. `None`: the provider is exempt from it, and any is ignored.
    pub state: Option<&'a str>,
    /// Who must have answered.
    pub service: &'a Metadata,
}

/// Why an answer is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// An answer in a form that nobody asked for: a signed one (JARM), or one with tokens in it.
    #[error("the answer has a form that was not asked for")]
    Form,
    /// A parameter stands there twice.
    #[error("the answer says something twice")]
    Duplicate,
    /// Another service answered, or does not say that it is this one.
    #[error("the answer is not this service's")]
    Issuer,
    /// The answer belongs to another request, or to another browser.
    #[error("the answer belongs to another sign-in")]
    State,
    /// The service or the person said no.
    #[error("the service refused: {code}")]
    Refused {
        /// One of the codes of the standards, else `unknown_error`.
        code: &'static str,
    },
    /// Neither a code nor an error.
    #[error("the answer holds no code")]
    NoCode,
}

/// All that is read. A service may send others, and send those as often as it likes.
const READ: &[&str] = &[
    "response",
    "iss",
    "state",
    "error",
    "error_description",
    "error_uri",
    "id_token",
    "token",
    "access_token",
    "code",
];

/// The code of an answer that fits.
///
/// # Errors
///
/// [`CallbackError`] when it does not fit, or holds an error.
pub fn read<'a>(
    parameters: &'a [(String, String)],
    expected: Expected<'_>,
) -> Result<&'a str, CallbackError> {
    let one = |name: &str| all(parameters, name).next();
    if one("response").is_some() {
        return Err(CallbackError::Form);
    }
    if READ
        .iter()
        .any(|name| all(parameters, name).nth(1).is_some())
    {
        return Err(CallbackError::Duplicate);
    }
    check_issuer(one("iss"), expected.service)?;
    check_state(one("state"), expected.state)?;
    if let Some(error) = one("error") {
        let code = refusal::code(error);
        return Err(CallbackError::Refused { code });
    }
    let tokens = ["id_token", "token", "access_token"];
    if tokens.iter().any(|name| one(name).is_some()) {
        return Err(CallbackError::Form);
    }
    let code = one("code").filter(|code| !code.is_empty());
    code.ok_or(CallbackError::NoCode)
}

fn all<'a>(parameters: &'a [(String, String)], name: &str) -> impl Iterator<Item = &'a str> {
    let named = parameters.iter().filter(move |(other, _)| other == name);
    named.map(|(_, value)| value.as_str())
}

/// SECURITY: the answer of one service must not be taken for another's (mix-up, RFC 9207).
fn check_issuer(issuer: Option<&str>, service: &Metadata) -> Result<(), CallbackError> {
    let fits = match issuer {
        None => !service.iss_parameter_supported,
        Some(issuer) => service.issuer.as_deref() == Some(issuer),
    };
    fits.then_some(()).ok_or(CallbackError::Issuer)
}

fn check_state(state: Option<&str>, expected: Option<&str>) -> Result<(), CallbackError> {
    let Some(expected) = expected else {
        return Ok(());
    };
    let state = state.unwrap_or_default();
    // An empty one is none at all, on either side.
    let same = bool::from(state.as_bytes().ct_eq(expected.as_bytes()));
    (same && !state.is_empty())
        .then_some(())
        .ok_or(CallbackError::State)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example.com";

    fn service(issuer: Option<&str>, iss_parameter_supported: bool) -> Metadata {
        Metadata {
            issuer: issuer.map(str::to_owned),
            iss_parameter_supported,
            authorization_endpoint: None,
            token_endpoint: None,
            userinfo_endpoint: None,
            jwks_uri: None,
            end_session_endpoint: None,
            revocation_endpoint: None,
            id_token_algorithms: None,
        }
    }

    fn pairs(query: &str) -> Vec<(String, String)> {
        form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }

    #[test]
    fn answers_are_believed_only_where_they_fit() {
        use CallbackError::{Duplicate, Form, Issuer, NoCode, Refused, State};
        let denied = Refused {
            code: "access_denied",
        };
        let unknown = Refused {
            code: "unknown_error",
        };
        for (query, result) in [
            ("code=c&state=s", Ok("c")),
            ("state=s&code=c&scope=a&scope=b&session_state=x", Ok("c")),
            ("code=c&state=s&iss=https://id.example.com", Ok("c")),
            ("code=c&state=s&iss=https://id.example.com/", Err(Issuer)),
            ("code=c&state=s&iss=https://evil.example", Err(Issuer)),
            ("code=c&state=s&iss=", Err(Issuer)),
            ("code=c", Err(State)),
            ("code=c&state=", Err(State)),
            ("code=c&state=S", Err(State)),
            ("code=c&state=ss", Err(State)),
            ("code=c&state=x&error=access_denied", Err(State)),
            ("state=s&error=access_denied", Err(denied)),
            ("state=s&error=access_denied&code=c", Err(denied)),
            ("state=s&error=<script>", Err(unknown)),
            ("state=s&error=", Err(unknown)),
            ("code=c&code=c&state=s", Err(Duplicate)),
            ("code=c&state=s&state=s", Err(Duplicate)),
            (
                "code=c&state=s&iss=https://id.example.com&iss=https://evil.example",
                Err(Duplicate),
            ),
            ("state=s&error=access_denied&error=x", Err(Duplicate)),
            ("response=ey.a.b", Err(Form)),
            ("response=", Err(Form)),
            ("code=c&state=s&id_token=a.b.c", Err(Form)),
            ("code=c&state=s&token=a", Err(Form)),
            ("code=c&state=s&access_token=a", Err(Form)),
            ("state=s", Err(NoCode)),
            ("state=s&code=", Err(NoCode)),
            ("", Err(State)),
        ] {
            let known = service(Some(ISSUER), false);
            let expected = Expected {
                state: Some("s"),
                service: &known,
            };
            assert_eq!(read(&pairs(query), expected), result, "{query}");
        }
    }

    #[test]
    fn rfc_9207_a_service_that_says_who_it_is_must_say_it() {
        let known = service(Some(ISSUER), true);
        let expected = Expected {
            state: Some("s"),
            service: &known,
        };
        let result = read(&pairs("code=c&state=s"), expected).unwrap_err();
        assert_eq!(result, CallbackError::Issuer);
    }

    #[test]
    fn a_service_without_issuer_has_none_that_fits() {
        let unknown = service(None, false);
        let expected = Expected {
            state: Some("s"),
            service: &unknown,
        };
        assert_eq!(read(&pairs("code=c&state=s"), expected), Ok("c"));
        let named = pairs("code=c&state=s&iss=https://authjs.dev");
        assert_eq!(read(&named, expected), Err(CallbackError::Issuer));
    }

    #[test]
    fn ghsa_wxw3_q3m9_c3jr_an_expected_state_is_never_empty() {
        let known = service(None, false);
        let expected = Expected {
            state: Some(""),
            service: &known,
        };
        for query in ["code=c", "code=c&state="] {
            assert_eq!(read(&pairs(query), expected), Err(CallbackError::State));
        }
        let exempt = Expected {
            state: None,
            service: &known,
        };
        assert_eq!(read(&pairs("code=c&state=anything"), exempt), Ok("c"));
    }
}
