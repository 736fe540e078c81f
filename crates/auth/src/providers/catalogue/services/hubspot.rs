//! HubSpot: who a token belongs to is asked by the token in the address.
//!
//! Source: <https://developers.hubspot.com/docs/api-reference/auth-oauth-v1>

use bytes::Bytes;
use http::Request;
use http::header::AUTHORIZATION;

use super::readdress;
use crate::oauth::TokenSet;
use crate::providers::oauth::Quirks;

#[derive(Debug, Default)]
pub(in crate::providers::catalogue) struct HubSpot;

impl Quirks for HubSpot {
    fn userinfo_request(&self, request: &mut Request<Bytes>, tokens: &TokenSet) {
        request.headers_mut().remove(AUTHORIZATION);
        readdress(request, |url| {
            if let Ok(mut segments) = url.path_segments_mut() {
                segments.push(tokens.access_token.expose());
            }
        });
    }
}
