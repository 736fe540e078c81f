//! What works but should not stay so: said once, at the start of `hallpass serve`.

use std::net::IpAddr;

use hallpass::auth::client::TrustedProxies;
use url::{Host, Url};

use crate::config::Config;

/// A secret of fewer characters can be guessed.
const MIN_SECRET_LENGTH: usize = 32;

/// Everything worth a warning.
pub(crate) fn of(config: &Config) -> Vec<&'static str> {
    let rows = [
        (
            config
                .secrets
                .iter()
                .any(|secret| secret.expose().chars().count() < MIN_SECRET_LENGTH),
            "a secret is shorter than 32 characters and may be guessed; make one with `hallpass secret`",
        ),
        (
            config.url.is_none() && !config.trust_host,
            "AUTH_URL is not set: only http://localhost and other names of this machine are answered; \
             set it to the address that people use",
        ),
        (
            config
                .url
                .as_ref()
                .is_some_and(|url| url.scheme() == "http" && !is_local(url)),
            "AUTH_URL begins with http://: sign-in links and sessions travel unencrypted; use https:// in front",
        ),
        (
            config.url.is_none() && config.trust_host,
            "the public address is taken from each request's headers: make sure that the proxy in front sets \
             `X-Forwarded-Host` and `X-Forwarded-Proto` itself, or set AUTH_URL; without it there are no account pages",
        ),
        (
            config.sessions.directory.country_header.is_some()
                && config.limits.proxies == TrustedProxies::default(),
            "`sessions.country_header` is set, and no proxy is trusted to send it, so no country is kept; name your proxy in \
             `limits.trusted_proxies` (HALLPASS_TRUSTED_PROXIES)",
        ),
        (
            config.mail.is_none(),
            "no mail service is set, so nobody can sign in by mail; set EMAIL_SERVER or AUTH_RESEND_KEY, and EMAIL_FROM",
        ),
    ];
    rows.into_iter()
        .filter_map(|(applies, text)| applies.then_some(text))
        .collect()
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;

    const LONG: &str = "a-secret-of-more-than-thirty-two-letters";

    fn about(variables: &[(&str, &str)]) -> Vec<&'static str> {
        let needed = [
            ("DATABASE_URL", "sqlite::memory:"),
            ("EMAIL_FROM", "a@example.com"),
        ];
        let variables = [&needed, variables].concat();
        of(&crate::config::of_environment(&Environment::of(&variables)).unwrap())
    }

    #[test]
    fn what_is_worth_a_warning() {
        let mail = ("EMAIL_SERVER", "smtp://localhost");
        let secret = ("AUTH_SECRET", LONG);
        type Row<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);
        let country = ("HALLPASS_SESSIONS_COUNTRY_HEADER", "CF-IPCountry");
        let local = ("AUTH_URL", "http://localhost:3000");
        let rows: [Row<'_>; 11] = [
            (&[secret, mail, ("AUTH_URL", "https://a.example.com")], &[]),
            (&[secret, mail, ("AUTH_URL", "http://localhost:3000")], &[]),
            (&[secret, mail, ("AUTH_URL", "http://127.0.0.1:3000")], &[]),
            (&[secret, mail, ("AUTH_URL", "http://[::1]:3000")], &[]),
            (
                &[secret, mail, ("AUTH_URL", "http://a.example.com")],
                &["unencrypted"],
            ),
            (&[secret, mail], &["only http://localhost"]),
            (
                &[secret, mail, ("AUTH_TRUST_HOST", "true")],
                &["each request's headers"],
            ),
            (&[secret, mail, local, country], &["no proxy is trusted"]),
            (
                &[
                    secret,
                    mail,
                    local,
                    country,
                    ("HALLPASS_TRUSTED_PROXIES", "10.0.0.0/8"),
                ],
                &[],
            ),
            (
                &[secret, ("AUTH_URL", "https://a.example.com")],
                &["nobody can sign in"],
            ),
            (
                &[
                    secret,
                    ("AUTH_SECRET_1", "short"),
                    mail,
                    ("AUTH_URL", "https://a.example.com"),
                ],
                &["shorter than 32"],
            ),
        ];
        for (variables, expected) in rows {
            let warnings = about(variables);
            assert_eq!(
                warnings.len(),
                expected.len(),
                "{variables:?}: {warnings:?}"
            );
            for (warning, part) in warnings.iter().zip(expected) {
                assert!(warning.contains(part), "{variables:?}: {warning}");
            }
        }
    }
}
