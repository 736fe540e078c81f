//! Addresses of a service, and how we came to know them.

use url::Url;

use super::OAuthError;
use crate::outgoing::Reach;
use crate::providers::oauth::{Endpoint, OAuthProvider};

/// An address of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The address itself.
    pub url: Url,
    /// Who told us, and what it may reach therefore.
    pub reach: Reach,
}

impl Address {
    /// One that the operator or the catalogue wrote.
    pub(super) fn configured(endpoint: &Endpoint) -> Result<Option<Self>, OAuthError> {
        let Some(text) = &endpoint.url else {
            return Ok(None);
        };
        let url = usable(text).ok_or(OAuthError::Settings("an address of it is no web address"))?;
        Ok(Some(Self {
            url: with_parameters(url, &endpoint.parameters),
            reach: Reach::Configured,
        }))
    }

    /// One that the service told. It may reach private networks only where it has the very origin that the operator
    /// wrote, so that services inside a network and on a developer's machine work.
    ///
    /// SECURITY: CVE-2026-53513. `None` for what no request and no browser should be sent to.
    pub(super) fn learned(text: &str, issuer: &Url) -> Option<Self> {
        let url = usable(text)?;
        let reach = if url.origin() == issuer.origin() {
            Reach::Configured
        } else {
            Reach::Learned
        };
        let safe = reach == Reach::Configured || url.scheme() == "https";
        safe.then_some(Self { url, reach })
    }

    /// The same with further parameters.
    pub(super) fn with(self, parameters: &[(String, String)]) -> Self {
        Self {
            url: with_parameters(self.url, parameters),
            ..self
        }
    }
}

/// The issuer as an address.
pub(super) fn issuer(provider: &OAuthProvider) -> Result<(&str, Url), OAuthError> {
    let text = provider.issuer.as_deref();
    let text = text.ok_or(OAuthError::Settings("it has no issuer"))?;
    let url = usable(text).ok_or(OAuthError::Settings("its issuer is no web address"))?;
    Ok((text, url))
}

/// A web address without credentials and without a fragment (RFC 6749 §3.1).
pub(super) fn usable(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let is_plain = url.username().is_empty() && url.password().is_none();
    (is_web && is_plain && url.fragment().is_none()).then_some(url)
}

/// The address with these parameters; each replaces those of the same name in the address.
pub(super) fn with_parameters(mut url: Url, parameters: &[(String, String)]) -> Url {
    if parameters.is_empty() {
        return url;
    }
    let replaced = |name: &str| parameters.iter().any(|(other, _)| other == name);
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !replaced(name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .extend_pairs(parameters);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learned_addresses_reach_private_networks_only_at_the_issuers_origin() {
        let at_home = Url::parse("http://127.0.0.1:4000/op").unwrap();
        let public = Url::parse("https://id.example.com").unwrap();
        for (text, issuer, reach) in [
            (
                "http://127.0.0.1:4000/token",
                &at_home,
                Some(Reach::Configured),
            ),
            ("http://127.0.0.1:4001/token", &at_home, None),
            ("http://localhost:4000/token", &at_home, None),
            (
                "https://id.example.com:443/a",
                &public,
                Some(Reach::Configured),
            ),
            ("http://id.example.com/a", &public, None),
            ("https://api.example.com/a", &public, Some(Reach::Learned)),
            ("https://10.0.0.1/a", &public, Some(Reach::Learned)),
            ("javascript:alert(1)", &public, None),
            ("data:text/html,x", &public, None),
            ("https://a:b@id.example.com/a", &public, None),
            ("https://id.example.com/a#b", &public, None),
            ("/token", &public, None),
            ("", &public, None),
        ] {
            let learned = Address::learned(text, issuer);
            assert_eq!(learned.map(|address| address.reach), reach, "{text}");
        }
    }

    /// GHSA-86j7-9j95-vpqj, CVE-2026-67333: no address of a service is a script, whoever wrote it.
    #[test]
    fn ghsa_86j7_9j95_vpqj_cve_2026_67333_an_address_is_one_of_the_web() {
        let issuer = Url::parse("https://id.example.com").unwrap();
        for text in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)//https://id.example.com",
            "data:text/html,<script>",
            "file:///etc/passwd",
            "blob:https://id.example.com/1",
            "https:///",
        ] {
            assert_eq!(Address::learned(text, &issuer), None, "{text}");
            let endpoint = Endpoint {
                url: Some(text.to_owned()),
                parameters: Vec::new(),
            };
            assert!(Address::configured(&endpoint).is_err(), "{text}");
        }
    }

    #[test]
    fn parameters_replace_those_of_the_address() {
        let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
            pairs.iter().map(own).collect()
        };
        for (address, parameters, expected) in [
            ("https://a.example/x", vec![], "https://a.example/x"),
            (
                "https://a.example/x?a=1&b=%20",
                vec![],
                "https://a.example/x?a=1&b=%20",
            ),
            (
                "https://a.example/x?a=1&b=2",
                owned(&[("a", "3 4"), ("c", "é")]),
                "https://a.example/x?b=2&a=3+4&c=%C3%A9",
            ),
        ] {
            let url = Url::parse(address).unwrap();
            assert_eq!(with_parameters(url, &parameters).as_str(), expected);
        }
    }
}
