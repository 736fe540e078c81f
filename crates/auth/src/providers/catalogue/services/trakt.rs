//! Trakt: every request carries the version of the API and the id of the client.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request};

use crate::oauth::TokenSet;
use crate::providers::catalogue::CatalogueError;
use crate::providers::catalogue::entry::Settings;
use crate::providers::oauth::{OAuthProvider, Quirks};

pub(in crate::providers::catalogue) fn adjust(
    provider: &mut OAuthProvider,
    settings: &Settings<'_>,
) -> Result<(), CatalogueError> {
    let key = HeaderValue::from_str(&provider.client.id);
    let refused = CatalogueError::ClientId {
        provider: settings.provider(),
    };
    provider.quirks = Arc::new(Trakt {
        key: key.map_err(|_| refused)?,
    });
    Ok(())
}

struct Trakt {
    key: HeaderValue,
}

impl Quirks for Trakt {
    fn userinfo_request(&self, _: &OAuthProvider, request: &mut Request<Bytes>, _: &TokenSet) {
        let headers = request.headers_mut();
        headers.insert("trakt-api-version", HeaderValue::from_static("2"));
        headers.insert("trakt-api-key", self.key.clone());
    }
}
