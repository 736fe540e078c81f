//! Foursquare: the token stands in the address, and the picture is put together from two parts.

use bytes::Bytes;
use http::Request;
use http::header::AUTHORIZATION;
use serde_json::Value;

use super::{lenient, readdress};
use crate::oauth::TokenSet;
use crate::providers::oauth::{OAuthProvider, Profile, ProfileError, Quirks, TokenAnswer};

#[derive(Debug, Default)]
pub(in crate::providers::catalogue) struct Foursquare;

impl Quirks for Foursquare {
    fn token_answer(&self, answer: &mut TokenAnswer) {
        lenient::complete(&mut answer.body);
    }

    fn userinfo_request(&self, _: &OAuthProvider, request: &mut Request<Bytes>, tokens: &TokenSet) {
        request.headers_mut().remove(AUTHORIZATION);
        readdress(request, |url| {
            let token = tokens.access_token.expose();
            url.query_pairs_mut().append_pair("oauth_token", token);
        });
    }

    fn profile(
        &self,
        provider: &OAuthProvider,
        profile: &Value,
        _: &TokenSet,
    ) -> Result<Profile, ProfileError> {
        Ok(Profile {
            image: image(profile),
            ..provider.mapping.read(profile)?
        })
    }
}

fn image(profile: &Value) -> Option<String> {
    let photo = profile.pointer("/response/user/photo")?;
    let part = |name: &str| {
        let part = photo.get(name)?.as_str()?;
        let plain = part.bytes().all(|sign| sign.is_ascii_graphic());
        Some(part).filter(|part| plain && part.len() <= 512)
    };
    let prefix = part("prefix").filter(|prefix| prefix.starts_with("https://"))?;
    Some(format!("{prefix}original{}", part("suffix")?))
}
