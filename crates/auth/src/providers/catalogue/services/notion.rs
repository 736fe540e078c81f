//! Notion: every request says which version of the API it means.

use bytes::Bytes;
use http::{HeaderValue, Request};

use crate::oauth::TokenSet;
use crate::providers::oauth::{OAuthProvider, Quirks};

#[derive(Debug, Default)]
pub(in crate::providers::catalogue) struct Notion;

impl Quirks for Notion {
    fn userinfo_request(&self, _: &OAuthProvider, request: &mut Request<Bytes>, _: &TokenSet) {
        let version = HeaderValue::from_static("2022-06-28");
        request.headers_mut().insert("notion-version", version);
    }
}
