//! What single services do differently, as far as a row cannot say it: a file each.
//!
//! SECURITY: an access token goes into an address only where the service takes it in no other way (Foursquare, WeChat).

pub(super) mod apple;
pub(super) mod azure_devops;
pub(super) mod bungie;
pub(super) mod discord;
pub(super) mod dropbox;
pub(super) mod entra;
pub(super) mod foursquare;
pub(super) mod github;
pub(super) mod hubspot;
pub(super) mod lenient;
pub(super) mod nextcloud;
pub(super) mod notion;
mod photo;
pub(super) mod tiktok;
pub(super) mod trakt;
pub(super) mod twitch;
pub(super) mod vk;
pub(super) mod wechat;
pub(super) mod yandex;

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use url::Url;

use super::entry::Settings;
use super::registration::CatalogueError;
use crate::providers::oauth::{OAuthProvider, Quirks};

/// Gives a provider quirks that need no settings.
pub(super) fn quirks<Q: Quirks + Default>(
    provider: &mut OAuthProvider,
    _: &Settings<'_>,
) -> Result<(), CatalogueError> {
    provider.quirks = Arc::new(Q::default());
    Ok(())
}

/// Changes where a request goes. One whose address is none stays as it is, and fails when it is sent.
fn readdress(request: &mut Request<Bytes>, change: impl FnOnce(&mut Url)) {
    let Ok(mut url) = Url::parse(&request.uri().to_string()) else {
        return;
    };
    change(&mut url);
    if let Ok(uri) = url.as_str().parse() {
        *request.uri_mut() = uri;
    }
}
