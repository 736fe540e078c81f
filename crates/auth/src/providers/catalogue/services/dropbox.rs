//! Dropbox: the profile is asked for by a POST without a body.

use bytes::Bytes;
use http::{Method, Request};

use crate::oauth::TokenSet;
use crate::providers::oauth::{OAuthProvider, Quirks};

#[derive(Debug, Default)]
pub(in crate::providers::catalogue) struct Dropbox;

impl Quirks for Dropbox {
    fn userinfo_request(&self, _: &OAuthProvider, request: &mut Request<Bytes>, _: &TokenSet) {
        *request.method_mut() = Method::POST;
    }
}
