//! TikTok: the id of the client has a name of its own, in the form too.

use crate::providers::oauth::{OAuthProvider, Quirks, TokenRequest};

#[derive(Debug, Default)]
pub(in crate::providers::catalogue) struct TikTok;

impl Quirks for TikTok {
    fn token_request(&self, provider: &OAuthProvider, request: &mut TokenRequest) {
        let id = provider.client.id.clone();
        request.form.push(("client_key".to_owned(), id));
    }
}
