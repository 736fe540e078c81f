//! Who a person is, asked of the service.
//!
//! Source: contract authjs §5.3.5; OpenID Connect Core 1.0 §5.3; RFC 6750 §2.1.

use std::fmt;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use http::{Request, Response, StatusCode};
use serde_json::{Map, Value};
use url::Url;

use super::fetch::{self, Part};
use super::jose::Jws;
use super::{Address, Metadata, OAuth, OAuthError, TokenSet, address, claims, json, refusal};
use crate::outgoing::{HttpClient, Reach};
use crate::providers::oauth::{Endpoint, OAuthProvider, SigningAlgorithm};

/// Asks a service about the person whose tokens these are.
pub struct UserInfoCall<'a> {
    pub(crate) http: &'a dyn HttpClient,
    /// The service.
    pub provider: &'a OAuthProvider,
    /// The person's tokens.
    pub tokens: &'a TokenSet,
}

impl UserInfoCall<'_> {
    /// Asks the service's API at this address, which a quirk names, as the person; whatever the status of the answer.
    /// Of longer answers than `answer_bytes` nothing is read.
    ///
    /// Private networks are reached only at an origin that the provider's own addresses have.
    ///
    /// # Errors
    ///
    /// [`OAuthError::Http`] when there is no answer within the bounds, [`OAuthError::Settings`] when the address cannot be
    /// used.
    pub async fn get(
        &self,
        address: &str,
        answer_bytes: usize,
    ) -> Result<Response<Bytes>, OAuthError> {
        let url = address::usable(address);
        let url = url.ok_or(OAuthError::Settings("an address of its API is none"))?;
        let place = Address {
            reach: reach(self.provider, &url),
            url,
        };
        let mut request = fetch::get(&place);
        let bearer = bearer(self.tokens)?;
        request.headers_mut().insert(AUTHORIZATION, bearer);
        fetch::send_within(self.http, Part::API, &place, request, answer_bytes).await
    }

    /// The JSON at this address, whatever it is. Any other status than 200 is an error.
    ///
    /// # Errors
    ///
    /// [`OAuthError`] as for [`get`](Self::get), and when the answer is no JSON.
    pub async fn get_json(&self, address: &str) -> Result<Value, OAuthError> {
        let answer = self.get(address, fetch::MAX_ANSWER_BYTES).await?;
        if answer.status() != StatusCode::OK {
            return Err(Part::API.strange(fetch::NOT_OK));
        }
        json::parse(answer.body()).ok_or(Part::API.strange("it is no JSON"))
    }
}

/// Nothing of the person.
impl fmt::Debug for UserInfoCall<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UserInfoCall")
            .field("provider", self.provider)
            .finish_non_exhaustive()
    }
}

impl OAuth {
    /// What the userinfo endpoint says.
    ///
    /// SECURITY: an answer with an error says nobody, whatever its status: it must never become a person
    /// (GHSA-5hvv-9cqv-894r; contract §5.3.5 takes any status, [DEV]).
    pub(super) async fn userinfo(
        &self,
        provider: &OAuthProvider,
        service: &Metadata,
        tokens: &TokenSet,
    ) -> Result<Map<String, Value>, OAuthError> {
        let place = service.userinfo_endpoint.as_ref();
        let place = place.ok_or(OAuthError::Settings("there is no userinfo endpoint"))?;
        let (place, request) = request(provider, place, tokens)?;
        let answer = fetch::send(&*self.http, Part::USERINFO, &place, request).await?;
        if answer.status() != StatusCode::OK {
            return Err(Part::USERINFO.strange(fetch::NOT_OK));
        }
        let profile = match provider.client.userinfo_algorithm {
            None => json::object(answer.body()),
            Some(algorithm) => Some(self.signed(provider, service, &answer, algorithm).await?),
        };
        let profile = profile.ok_or(Part::USERINFO.strange(fetch::NO_OBJECT))?;
        match refusal::of(&profile) {
            Some(code) => Err(OAuthError::Refused { code }),
            None => Ok(profile),
        }
    }

    async fn signed(
        &self,
        provider: &OAuthProvider,
        service: &Metadata,
        answer: &Response<Bytes>,
        algorithm: SigningAlgorithm,
    ) -> Result<Map<String, Value>, OAuthError> {
        let token = std::str::from_utf8(answer.body());
        let token = token.map_err(|_| Part::USERINFO.strange("it is no signed token"))?;
        let token = Jws::read(token.trim(), &[algorithm])?;
        let issuer = service.issuer.as_deref();
        let issuer = issuer.ok_or(OAuthError::Settings("it has no issuer"))?;
        let (client, now) = (&provider.client.id, self.clock.now());
        claims::check_present(&token.claims, issuer, client, now)?;
        self.check_signature(provider, service, &token).await?;
        Ok(token.claims)
    }
}

/// The request as the provider's quirks want it, and where it goes.
fn request(
    provider: &OAuthProvider,
    place: &Address,
    tokens: &TokenSet,
) -> Result<(Address, Request<Bytes>), OAuthError> {
    let mut request = fetch::get(place);
    request.headers_mut().insert(AUTHORIZATION, bearer(tokens)?);
    if provider.client.userinfo_algorithm.is_some() {
        let signed = HeaderValue::from_static("application/jwt");
        request.headers_mut().insert(ACCEPT, signed);
    }
    provider
        .quirks
        .userinfo_request(provider, &mut request, tokens);
    let url = address::usable(&request.uri().to_string());
    let url = url.ok_or(OAuthError::Settings(
        "its userinfo endpoint is no web address",
    ))?;
    let reach = if url.origin() == place.url.origin() {
        place.reach
    } else {
        reach(provider, &url)
    };
    Ok((Address { url, reach }, request))
}

fn bearer(tokens: &TokenSet) -> Result<HeaderValue, OAuthError> {
    let bearer = HeaderValue::from_str(&format!("Bearer {}", tokens.access_token.expose()));
    let strange = Part::TOKEN.strange("the access token cannot stand in a header");
    let mut bearer = bearer.map_err(|_| strange)?;
    bearer.set_sensitive(true);
    Ok(bearer)
}

/// What an address may reach that stands in no setting: what the provider's own addresses may, where it has the origin of
/// one, else what every learned address may.
fn reach(provider: &OAuthProvider, url: &Url) -> Reach {
    let endpoints = [&provider.authorization, &provider.token, &provider.userinfo];
    let written = endpoints
        .into_iter()
        .filter_map(|Endpoint { url, .. }| url.as_ref());
    let origins = written
        .chain(&provider.issuer)
        .filter_map(|text| address::usable(text))
        .map(|url| url.origin());
    if origins.into_iter().any(|origin| origin == url.origin()) {
        Reach::Configured
    } else {
        Reach::Learned
    }
}
