//! The address at which a person agrees.
//!
//! Source: contract authjs §5.3.1, §5.3.2; RFC 6749 §4.1.1.

use url::Url;

use super::checks::Sent;
use super::failure::ServiceFailure;
use crate::providers::oauth::{OAuthProvider, ResponseMode};
use crate::request::Fields;

/// What is asked for where neither the provider nor its address names it.
const DEFAULT_SCOPE: &str = "openid profile email";

/// The longest query that is passed on, in bytes.
const MAX_QUERY_BYTES: usize = 2048;

/// What the query of a request cannot set.
///
/// SECURITY: who is asked, as whom, for what kind of answer, and what the answer is checked by. `request` and
/// `request_uri` could hold any of them (RFC 9101). `scope` is left to the application: the person agrees to it on
/// the service's own page, and only who holds the CSRF token of this browser can ask.
const OURS: [&str; 14] = [
    // What WeChat and TikTok call `client_id`.
    "appid",
    "client_key",
    "callbackUrl",
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "state",
];

/// A sign-in that begins.
pub(super) struct Request<'a> {
    /// Where people agree, with the parameters of the provider.
    pub(super) endpoint: Url,
    pub(super) provider: &'a OAuthProvider,
    pub(super) redirect_uri: &'a str,
    /// The query of the request, whose members are passed on.
    pub(super) query: &'a Fields,
    pub(super) sent: &'a Sent,
}

/// The address with all parameters, in the order of Auth.js.
pub(super) fn url(request: Request<'_>) -> Result<Url, ServiceFailure> {
    let Request {
        mut endpoint,
        provider,
        redirect_uri,
        query,
        sent,
    } = request;
    let mut parameters = Parameters::of(&endpoint);
    if let Some(scope) = &provider.scope {
        parameters.set("scope", scope);
    } else if !parameters.has("scope") {
        parameters.set("scope", DEFAULT_SCOPE);
    }
    if provider.response_mode == ResponseMode::FormPost {
        parameters.set("response_mode", "form_post");
    }
    if !parameters.has("response_type") {
        parameters.set("response_type", "code");
    }
    parameters.set("client_id", &provider.client.id);
    parameters.set("redirect_uri", redirect_uri);
    for (name, value) in passed_on(query)? {
        parameters.set(name, value);
    }
    if let Some(state) = &sent.state {
        parameters.set("state", state);
    }
    if let Some(challenge) = &sent.challenge {
        parameters.set("code_challenge", challenge);
        parameters.set("code_challenge_method", "S256");
    }
    if let Some(nonce) = &sent.nonce {
        parameters.set("nonce", nonce);
    }
    endpoint
        .query_pairs_mut()
        .clear()
        .extend_pairs(&parameters.0);
    provider.quirks.authorization(&mut endpoint);
    Ok(endpoint)
}

/// The members of the query that the application may set.
fn passed_on(query: &Fields) -> Result<Vec<(&str, &str)>, ServiceFailure> {
    let members = query.all().iter();
    let members = members.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let passed: Vec<_> = members.filter(|(name, _)| !OURS.contains(name)).collect();
    let length: usize = passed
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if length > MAX_QUERY_BYTES {
        return Err(ServiceFailure::QueryTooLong);
    }
    Ok(passed)
}

/// Parameters in order; of a name only one.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn of(url: &Url) -> Self {
        let pairs = url.query_pairs();
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// As JavaScript's `URLSearchParams.set`: in the place of the first of that name, or at the end.
    fn set(&mut self, name: &str, value: &str) {
        let mut value = Some(value.to_owned());
        self.0.retain_mut(|(known, old)| {
            if known != name {
                return true;
            }
            match value.take() {
                Some(new) => {
                    *old = new;
                    true
                }
                None => false,
            }
        });
        self.0.extend(value.map(|value| (name.to_owned(), value)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::providers::oauth::OAuthClient;
    use crate::secret::Secret;

    fn provider() -> OAuthProvider {
        let client = OAuthClient::new("cid", Secret::new("planted"));
        let places = [
            "https://id.example.com/authorize",
            "https://x.example",
            "https://y.example",
        ];
        OAuthProvider::oauth("example", places, client)
    }

    fn sent() -> Sent {
        Sent {
            state: Some("STATE".to_owned()),
            challenge: Some("CHALLENGE".to_owned()),
            nonce: Some("NONCE".to_owned()),
            cookies: Vec::new(),
        }
    }

    fn made(endpoint: &str, provider: &OAuthProvider, query: &str, sent: &Sent) -> String {
        let request = Request {
            endpoint: Url::parse(endpoint).unwrap(),
            provider,
            redirect_uri: "https://app.example/auth/callback/example",
            query: &Fields::form(query.as_bytes()),
            sent,
        };
        url(request).unwrap().into()
    }

    #[test]
    fn parameters_stand_in_the_order_of_auth_js() {
        let made = made(
            "https://id.example.com/authorize?a=b%20c",
            &provider(),
            "prompt=login&login_hint=ada%40example.com",
            &sent(),
        );
        assert_eq!(
            made,
            "https://id.example.com/authorize?a=b+c&scope=openid+profile+email&response_type=code&client_id=cid\
             &redirect_uri=https%3A%2F%2Fapp.example%2Fauth%2Fcallback%2Fexample&prompt=login\
             &login_hint=ada%40example.com&state=STATE&code_challenge=CHALLENGE&code_challenge_method=S256&nonce=NONCE"
        );
        assert!(!made.contains("planted"));
    }

    #[test]
    fn the_scope_is_the_providers_or_the_addresss_or_the_default() {
        let scope = |endpoint: &str, provider: &OAuthProvider, query: &str| {
            let made = Url::parse(&made(endpoint, provider, query, &Sent::default())).unwrap();
            let scopes: Vec<String> = made
                .query_pairs()
                .filter(|(name, _)| name == "scope")
                .map(|(_, value)| value.into_owned())
                .collect();
            scopes.join("|")
        };
        let (plain, own) = (provider(), provider().scope("read:user user:email"));
        let none = provider().scope("");
        for (endpoint, provider, query, expected) in [
            ("https://x.example", &plain, "", "openid profile email"),
            ("https://x.example?scope=a&scope=b", &plain, "", "a|b"),
            (
                "https://x.example?scope=a&scope=b",
                &own,
                "",
                "read:user user:email",
            ),
            ("https://x.example", &none, "", ""),
            ("https://x.example", &own, "scope=repo", "repo"),
        ] {
            assert_eq!(scope(endpoint, provider, query), expected, "{endpoint}");
        }
    }

    /// CVE-2023-27490: no query takes the checks away, or sends the answer elsewhere.
    #[test]
    fn the_query_cannot_set_what_is_ours() {
        let plain = made("https://x.example/", &provider(), "", &sent());
        for name in OURS {
            let query = format!("{name}=planted");
            assert_eq!(
                made("https://x.example/", &provider(), &query, &sent()),
                plain,
                "{name}"
            );
        }
    }

    #[test]
    fn what_a_provider_is_exempt_from_is_not_sent() {
        let made = made("https://x.example/", &provider(), "", &Sent::default());
        for name in ["state=", "code_challenge", "nonce="] {
            assert!(!made.contains(name), "{made}");
        }
    }

    #[test]
    fn an_answer_by_form_is_asked_for() {
        let provider = OAuthProvider {
            response_mode: ResponseMode::FormPost,
            ..provider()
        };
        let made = made(
            "https://x.example/",
            &provider,
            "response_mode=query",
            &sent(),
        );
        assert!(made.contains("&response_mode=form_post&"), "{made}");
        assert!(!made.contains("response_mode=query"), "{made}");
    }

    #[test]
    fn what_is_passed_on_is_bounded() {
        let long = format!("login_hint={}", "a".repeat(MAX_QUERY_BYTES));
        let request = Request {
            endpoint: Url::parse("https://x.example").unwrap(),
            provider: &provider(),
            redirect_uri: "https://app.example",
            query: &Fields::form(long.as_bytes()),
            sent: &sent(),
        };
        assert!(matches!(url(request), Err(ServiceFailure::QueryTooLong)));
    }

    proptest! {
        #[test]
        fn whatever_the_query_the_answer_comes_to_us(query in "[a-z_=&%0-9A-F+]{0,60}") {
            let made = Url::parse(&made("https://x.example/", &provider(), &query, &sent())).unwrap();
            let all = |name: &str| -> Vec<String> {
                made.query_pairs().filter(|(known, _)| known == name).map(|(_, value)| value.into_owned()).collect()
            };
            prop_assert_eq!(all("redirect_uri"), ["https://app.example/auth/callback/example"]);
            prop_assert_eq!(all("client_id"), ["cid"]);
            prop_assert_eq!(all("state"), ["STATE"]);
            prop_assert_eq!(all("response_type"), ["code"]);
            prop_assert_eq!(all("code_challenge_method"), ["S256"]);
        }
    }
}
