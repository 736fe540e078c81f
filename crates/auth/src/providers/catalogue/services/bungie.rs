//! Bungie: every request carries the key of the application.

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
    let key = HeaderValue::from_str(settings.needed("api_key")?);
    let mut key = key.map_err(|_| settings.refuse("api_key", "a key as the service shows it"))?;
    key.set_sensitive(true);
    provider.quirks = Arc::new(Bungie { key });
    Ok(())
}

struct Bungie {
    key: HeaderValue,
}

impl Quirks for Bungie {
    fn userinfo_request(&self, _: &OAuthProvider, request: &mut Request<Bytes>, _: &TokenSet) {
        request.headers_mut().insert("x-api-key", self.key.clone());
    }
}
