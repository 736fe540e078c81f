//! Who a person is, asked of the service.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue, USER_AGENT};
use http::{Request, Response};

use crate::outgoing::{Bounds, HttpClient, Reach};
use crate::providers::oauth::OAuthProvider;

use super::{OAuthError, TokenSet};

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
    ///
    /// # Errors
    /// [`OAuthError::Http`] when there is no answer within the bounds, [`OAuthError::Settings`] when the address cannot be
    /// used.
    pub async fn get(
        &self,
        address: &str,
        answer_bytes: usize,
    ) -> Result<Response<Bytes>, OAuthError> {
        let bearer = format!("Bearer {}", self.tokens.access_token.expose());
        let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| OAuthError::Answer {
            endpoint: "token endpoint",
            reason: "the access token cannot stand in a header",
        })?;
        bearer.set_sensitive(true);
        let request = Request::get(address)
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, "hallpass")
            .header(AUTHORIZATION, bearer)
            .body(Bytes::new())
            .map_err(|_| OAuthError::Settings("an address of its API is none"))?;
        let bounds = Bounds {
            timeout: Duration::from_secs(10),
            answer_bytes,
            reach: Reach::Configured,
        };
        let answer = self.http.send(request, bounds).await;
        answer.map_err(|source| OAuthError::Http {
            endpoint: "API",
            source,
        })
    }
}
