//! Nextcloud: the person is named beside the token, and asked for by that name.

use bytes::Bytes;
use http::{HeaderValue, Request};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::readdress;
use crate::oauth::TokenSet;
use crate::providers::oauth::{OAuthProvider, Profile, ProfileError, Quirks};

#[derive(Debug, Default)]
pub(in crate::providers::catalogue) struct Nextcloud;

impl Quirks for Nextcloud {
    fn userinfo_request(&self, _: &OAuthProvider, request: &mut Request<Bytes>, tokens: &TokenSet) {
        let yes = HeaderValue::from_static("true");
        request.headers_mut().insert("ocs-apirequest", yes);
        let user = tokens.others.get("user_id").and_then(Value::as_str);
        // `.` and `..` would leave the folder.
        let user = user.filter(|user| !matches!(*user, "." | ".."));
        readdress(request, |url| {
            if let Ok(mut segments) = url.path_segments_mut() {
                segments.push(user.unwrap_or_default());
            }
        });
    }

    fn profile(
        &self,
        provider: &OAuthProvider,
        profile: &Value,
        _: &TokenSet,
    ) -> Result<Profile, ProfileError> {
        let read = provider.mapping.read(profile)?;
        let issuer = provider.issuer.as_deref().unwrap_or_default();
        let issuer = issuer.trim_end_matches('/');
        let id = utf8_percent_encode(&read.id, NON_ALPHANUMERIC);
        Ok(Profile {
            image: Some(format!("{issuer}/avatar/{id}/512")),
            ..read
        })
    }
}
