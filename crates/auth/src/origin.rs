//! Where the world sees us: the public origin of a request.
//!
//! SECURITY: links in mails and redirects are built on this. Headers of the request decide only when the
//! operator said that the host in front of us is to be trusted; a configured URL always wins.
//!
//! Source: contract authjs §1.7.

use std::fmt;

use http::HeaderMap;
use http::header::HOST;
use url::Url;

/// Scheme, host and port, as browsers compare them: lower-case, default ports left out, no final slash.
// INVARIANT: an absolute http or https URL with an empty path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin(String);

/// The two schemes we serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// With TLS.
    Https,
}

/// Whether the host that stands in a request's headers is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostTrust {
    /// A proxy that we trust sets the headers, or the names they may hold are checked before us.
    Trusted,
    /// Anybody may set them.
    Untrusted,
}

/// Why there is no public origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// The host of the request may not be believed and no URL is configured. Set `AUTH_URL` or
    /// `AUTH_TRUST_HOST`.
    #[error("the host of the request is not trusted")]
    Untrusted,
    /// Scheme or host are missing or are none.
    #[error("the request names no usable host")]
    Malformed,
}

/// How public origins are found.
#[derive(Debug, Clone)]
pub struct OriginSettings {
    /// The configured origin; wins over the request.
    pub configured: Option<Origin>,
    /// Whether headers are believed where none is configured.
    pub trust: HostTrust,
}

impl OriginSettings {
    /// The public origin of a request that reached us over `scheme`.
    ///
    /// Of lists in forwarded headers the first element counts, the one set by the proxy nearest to the client.
    ///
    /// # Errors
    ///
    /// [`OriginError::Untrusted`] when only headers could tell and they are not believed;
    /// [`OriginError::Malformed`] when they hold no host.
    pub fn resolve(&self, headers: &HeaderMap, scheme: Scheme) -> Result<Origin, OriginError> {
        if let Some(origin) = &self.configured {
            return Ok(origin.clone());
        }
        if self.trust == HostTrust::Untrusted {
            return Err(OriginError::Untrusted);
        }
        let scheme = match first(headers, "x-forwarded-proto") {
            Some(text) => Scheme::parse(text).ok_or(OriginError::Malformed)?,
            None => scheme,
        };
        let host = first(headers, "x-forwarded-host")
            .or_else(|| first(headers, HOST.as_str()))
            .ok_or(OriginError::Malformed)?;
        Origin::new(scheme, host)
    }
}

/// First element of a header that may hold a list; `None` when it is absent or empty.
fn first<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get(name)?
        .to_str()
        .ok()?
        .split(',')
        .map(str::trim)
        .next()
        .filter(|element| !element.is_empty())
}

impl Scheme {
    fn parse(text: &str) -> Option<Self> {
        match text.trim_end_matches(':').to_ascii_lowercase().as_str() {
            "http" => Some(Self::Http),
            "https" => Some(Self::Https),
            _ => None,
        }
    }

    /// As it stands in URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl Origin {
    /// Of a scheme and a host with or without port, as a `Host` header holds it.
    ///
    /// # Errors
    ///
    /// [`OriginError::Malformed`] when the host holds anything but a name or address and a port.
    pub fn new(scheme: Scheme, host: &str) -> Result<Self, OriginError> {
        // SECURITY: `evil.com#`, `a@evil.com` or `evil.com/` would be read as other parts of a URL.
        let is_host = |character: char| {
            character.is_ascii_alphanumeric()
                || matches!(character, '.' | '-' | '_' | ':' | '[' | ']')
        };
        if host.is_empty() || !host.chars().all(is_host) {
            return Err(OriginError::Malformed);
        }
        let url = Url::parse(&format!("{}://{host}", scheme.as_str()));
        Self::of(&url.map_err(|_| OriginError::Malformed)?)
    }

    /// Of an absolute URL, whatever its path.
    ///
    /// # Errors
    ///
    /// [`OriginError::Malformed`] when it is not an http or https URL.
    pub fn parse(url: &str) -> Result<Self, OriginError> {
        Self::of(&Url::parse(url).map_err(|_| OriginError::Malformed)?)
    }

    /// Of a parsed URL, whatever its path.
    ///
    /// # Errors
    ///
    /// [`OriginError::Malformed`] when it is not an http or https URL.
    pub fn of(url: &Url) -> Result<Self, OriginError> {
        match url.scheme() {
            "http" | "https" => Ok(Self(url.origin().ascii_serialization())),
            _ => Err(OriginError::Malformed),
        }
    }

    /// `https://host` or `https://host:port`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Host, with the port where it is not the scheme's own.
    pub fn host(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, host)| host)
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        if self.0.starts_with("https:") {
            Scheme::Https
        } else {
            Scheme::Http
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The URL of an action, for a caller on the server who holds the headers of some request of the application.
///
/// Source: contract authjs §1.7, server-side session lookups.
///
/// # Errors
///
/// As [`OriginSettings::resolve`].
pub fn action_url(
    settings: &OriginSettings,
    headers: &HeaderMap,
    protocol: Option<Scheme>,
    base: &str,
    action: &str,
) -> Result<String, OriginError> {
    let origin = settings.resolve(headers, protocol.unwrap_or(Scheme::Https))?;
    let base = base.trim_matches('/');
    let slash = if base.is_empty() { "" } else { "/" };
    Ok(format!("{origin}{slash}{base}/{action}"))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().filter_map(|(name, value)| {
            let name = http::HeaderName::from_static(name);
            Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?))
        });
        pairs.collect()
    }

    fn trusting(pairs: &[(&'static str, &str)], scheme: Scheme) -> Result<String, OriginError> {
        let settings = OriginSettings {
            configured: None,
            trust: HostTrust::Trusted,
        };
        let origin = settings.resolve(&headers(pairs), scheme);
        origin.map(|origin| origin.to_string())
    }

    #[test]
    fn forwarded_headers_come_before_host_and_their_first_element_counts() {
        let (host, by, proto) = ("host", "x-forwarded-host", "x-forwarded-proto");
        for (pairs, scheme, origin) in [
            (&[(host, "a:3000")][..], Scheme::Http, "http://a:3000"),
            (
                &[(host, "A.Example:443")],
                Scheme::Https,
                "https://a.example",
            ),
            (&[(host, "[::1]:80")], Scheme::Http, "http://[::1]"),
            (&[(host, "a"), (by, "b")], Scheme::Http, "http://b"),
            (&[(host, "a"), (by, " b , c")], Scheme::Http, "http://b"),
            (&[(host, "a"), (by, "")], Scheme::Http, "http://a"),
            (
                &[(host, "a"), (proto, "https,http")],
                Scheme::Http,
                "https://a",
            ),
            (&[(host, "a"), (proto, "HTTPS:")], Scheme::Http, "https://a"),
        ] {
            assert_eq!(trusting(pairs, scheme).as_deref(), Ok(origin), "{pairs:?}");
        }
    }

    #[test]
    fn headers_without_a_usable_host_are_malformed() {
        for pairs in [
            &[][..],
            &[("host", "")],
            &[("host", "a/b")],
            &[("host", "é")],
            &[("host", "a"), ("x-forwarded-host", "evil@b")],
            &[("host", "a"), ("x-forwarded-proto", "javascript")],
        ] {
            let origin = trusting(pairs, Scheme::Http);
            assert_eq!(origin, Err(OriginError::Malformed), "{pairs:?}");
        }
    }

    #[test]
    fn origins_know_their_parts() {
        let origin = Origin::parse("HTTPS://App.Example:443/path?x").unwrap();
        assert_eq!(origin.as_str(), "https://app.example");
        assert_eq!(origin.host(), "app.example");
        assert_eq!(origin.scheme(), Scheme::Https);
        let origin = Origin::parse("http://app.example:81").unwrap();
        assert_eq!(origin.host(), "app.example:81");
        assert_eq!(origin.scheme(), Scheme::Http);
        assert_eq!(Origin::parse("ftp://a"), Err(OriginError::Malformed));
    }

    proptest! {
        #[test]
        fn a_host_never_becomes_another_part_of_a_url(host: String) {
            if let Ok(origin) = Origin::new(Scheme::Https, &host) {
                let url = Url::parse(origin.as_str()).unwrap();
                prop_assert_eq!(url.path(), "/");
                prop_assert!(url.username().is_empty() && url.query().is_none());
            }
        }
    }
}
