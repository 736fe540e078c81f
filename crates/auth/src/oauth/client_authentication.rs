//! How the token endpoint knows us.
//!
//! Source: contract authjs §5.3.4; RFC 6749 §2.3; RFC 7523 §2.2; OpenID Connect Core 1.0 §9.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::HeaderValue;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use url::Url;

use super::OAuthError;
use super::jose::{sign, sign_with_secret};
use crate::environment::{Random, array};
use crate::providers::oauth::{ClientAuthentication, ClientKey, OAuthClient, SignedSecret};
use crate::secret::Secret;

/// What an assertion is made of.
pub(super) struct Assertion<'a> {
    /// Who the service is; `None`: it has no issuer.
    pub(super) issuer: Option<&'a str>,
    /// Where the request goes.
    pub(super) endpoint: &'a Url,
    pub(super) now: Timestamp,
    pub(super) random: &'a dyn Random,
}

/// Adds what proves who we are to the form; gives the `Authorization` header where it belongs there.
pub(super) fn add(
    client: &OAuthClient,
    assertion: &Assertion<'_>,
    form: &mut Vec<(String, String)>,
) -> Result<Option<HeaderValue>, OAuthError> {
    let mut push = |name: &str, value: &str| form.push((name.to_owned(), value.to_owned()));
    if let ClientAuthentication::SecretBasic = client.authentication {
        return basic(&client.id, secret(client)?).map(Some);
    }
    push("client_id", &client.id);
    let mut push_assertion = |token: &str| {
        push(
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        );
        push("client_assertion", token);
    };
    match &client.authentication {
        ClientAuthentication::SecretBasic | ClientAuthentication::None => (),
        ClientAuthentication::SecretPost => push("client_secret", secret(client)?.expose()),
        ClientAuthentication::SecretJwt => {
            let audience = json!(assertion.issuer.unwrap_or(assertion.endpoint.as_str()));
            let claims = assertion.claims(&client.id, &audience);
            push_assertion(&sign_with_secret(secret(client)?, &claims)?);
        }
        ClientAuthentication::PrivateKeyJwt(key) => {
            let endpoint = assertion.endpoint.as_str();
            let audience: Vec<&str> = assertion.issuer.into_iter().chain([endpoint]).collect();
            let claims = assertion.claims(&client.id, &json!(audience));
            push_assertion(&sign(key, &claims)?);
        }
        ClientAuthentication::SignedSecret(signed) => {
            let claims = assertion.secret_claims(&client.id, signed);
            push("client_secret", &sign(&signed.key, &claims)?);
        }
    }
    Ok(None)
}

/// Whether this key can sign with its algorithm: asked at the start, so that nobody learns it at the first sign-in.
pub(crate) fn can_sign(key: &ClientKey) -> bool {
    sign(key, &json!({})).is_ok()
}

/// How long an assertion is good.
const ASSERTION_AGE: Duration = Duration::from_secs(60);

/// How long a signed secret is good.
const SECRET_AGE: Duration = Duration::from_secs(5 * 60);

impl Assertion<'_> {
    fn claims(&self, client: &str, audience: &Value) -> Value {
        let now = self.now.as_second();
        json!({
            "jti": URL_SAFE_NO_PAD.encode(array::<32, _>(self.random)),
            "aud": audience,
            "exp": crate::time::after(self.now, ASSERTION_AGE).as_second(),
            "iat": now,
            "nbf": now,
            "iss": client,
            "sub": client,
        })
    }

    fn secret_claims(&self, client: &str, signed: &SignedSecret) -> Value {
        json!({
            "iss": signed.issuer,
            "sub": client,
            "aud": signed.audience,
            "iat": self.now.as_second(),
            "exp": crate::time::after(self.now, SECRET_AGE).as_second(),
        })
    }
}

fn secret(client: &OAuthClient) -> Result<&Secret, OAuthError> {
    let secret = client.secret.as_ref();
    let secret = secret.filter(|secret| !secret.expose().is_empty());
    secret.ok_or(OAuthError::Settings("it has no client secret"))
}

/// What `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

fn basic(id: &str, secret: &Secret) -> Result<HeaderValue, OAuthError> {
    let encode = |text: &str| {
        let encoded = utf8_percent_encode(text, COMPONENT).to_string();
        encoded.replace("%20", "+")
    };
    let pair = format!("{}:{}", encode(id), encode(secret.expose()));
    let header = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)));
    // invariant: Base64 is always a header; the error is for the type alone.
    let mut header = header.map_err(|_| OAuthError::Settings("its client id is no header"))?;
    header.set_sensitive(true);
    Ok(header)
}
