//! Fetches the discovery document of an issuer.
//!
//! Source: OpenID Connect Discovery 1.0 §4; contract authjs §5.3.2.

use serde_json::Value;
use url::Url;

use super::fetch::{self, Part};
use super::{Address, Metadata, OAuthError};
use crate::outgoing::HttpClient;
use crate::providers::oauth::OAuthProvider;

/// What the issuer published. `trusted` is the address that the operator wrote; most often it is the issuer itself.
///
/// SECURITY: the document must name the issuer it was asked of, else one service could speak for another
/// (Discovery 1.0 §4.3).
pub(super) async fn fetch(
    http: &dyn HttpClient,
    provider: &OAuthProvider,
    issuer: &str,
    trusted: &Url,
) -> Result<Metadata, OAuthError> {
    let unusable = OAuthError::Settings("its issuer is no web address");
    let is_own = provider.issuer.as_deref() == Some(issuer);
    let issuer = Address::learned(issuer, trusted).ok_or(unusable)?;
    let place = Address {
        url: well_known(&issuer.url),
        reach: issuer.reach,
    };
    let mut document = fetch::get_object(http, Part::DISCOVERY, &place).await?;
    if is_own {
        provider.quirks.metadata(provider, &mut document);
    }
    let named = document.get("issuer").and_then(Value::as_str);
    let same = named.filter(|named| Url::parse(named).is_ok_and(|named| named == issuer.url));
    let named = same.ok_or_else(|| Part::DISCOVERY.strange("it is another issuer's"))?;
    Metadata::read(&document, named, trusted)
}

/// `{issuer}/.well-known/openid-configuration`, before a query where the issuer has one.
fn well_known(issuer: &Url) -> Url {
    let mut place = issuer.clone();
    let path = issuer.path().trim_end_matches('/');
    place.set_path(&format!("{path}/.well-known/openid-configuration"));
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_below_the_issuer() {
        for (issuer, place) in [
            (
                "https://id.example.com",
                "https://id.example.com/.well-known/openid-configuration",
            ),
            (
                "https://id.example.com/",
                "https://id.example.com/.well-known/openid-configuration",
            ),
            (
                "https://id.example.com/realms/a/",
                "https://id.example.com/realms/a/.well-known/openid-configuration",
            ),
            (
                "https://id.example.com/a?p=b",
                "https://id.example.com/a/.well-known/openid-configuration?p=b",
            ),
        ] {
            assert_eq!(well_known(&Url::parse(issuer).unwrap()).as_str(), place);
        }
    }
}
