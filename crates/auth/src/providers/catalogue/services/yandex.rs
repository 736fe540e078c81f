//! Yandex: the address of the picture holds the id of the picture, if there is one.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::oauth::TokenSet;
use crate::providers::oauth::{OAuthProvider, Profile, ProfileError, Quirks};

/// The id has two parts: `31804/BYkogAC6AoB17bN1HKRFAyKiM4-1`.
const ID: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_');

#[derive(Debug, Default)]
pub(in crate::providers::catalogue) struct Yandex;

impl Quirks for Yandex {
    fn profile(
        &self,
        provider: &OAuthProvider,
        profile: &Value,
        _: &TokenSet,
    ) -> Result<Profile, ProfileError> {
        let is_empty = profile.get("is_avatar_empty") == Some(&Value::Bool(true));
        let picture = profile.get("default_avatar_id").and_then(Value::as_str);
        let picture = picture.filter(|id| !is_empty && (1..=128).contains(&id.len()));
        let address = |id| {
            let id = utf8_percent_encode(id, ID);
            format!("https://avatars.yandex.net/get-yapic/{id}/islands-200")
        };
        Ok(Profile {
            image: picture.map(address),
            ..provider.mapping.read(profile)?
        })
    }
}
