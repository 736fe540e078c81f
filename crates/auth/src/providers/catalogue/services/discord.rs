//! Discord: the address of the picture is put together from several members.
//!
//! Source: <https://discord.com/developers/docs/reference#image-formatting>

use serde_json::Value;

use crate::oauth::TokenSet;
use crate::providers::oauth::{OAuthProvider, Profile, ProfileError, Quirks};

#[derive(Debug, Default)]
pub(in crate::providers::catalogue) struct Discord;

impl Quirks for Discord {
    fn profile(
        &self,
        provider: &OAuthProvider,
        profile: &Value,
        _: &TokenSet,
    ) -> Result<Profile, ProfileError> {
        let read = provider.mapping.read(profile)?;
        Ok(Profile {
            image: image(&read.id, profile),
            ..read
        })
    }
}

fn image(id: &str, profile: &Value) -> Option<String> {
    let text = |name: &str| profile.get(name).and_then(Value::as_str);
    let number = |text: &str| text.parse::<u64>().ok();
    let Some(avatar) = text("avatar") else {
        let drawn = match text("discriminator") {
            None | Some("0") => (number(id)? >> 22) % 6,
            Some(discriminator) => number(discriminator)? % 5,
        };
        return Some(format!(
            "https://cdn.discordapp.com/embed/avatars/{drawn}.png"
        ));
    };
    let plain = |text: &str| {
        text.bytes()
            .all(|sign| sign.is_ascii_alphanumeric() || sign == b'_')
    };
    let moving = if avatar.starts_with("a_") {
        "gif"
    } else {
        "png"
    };
    (plain(id) && plain(avatar) && avatar.len() <= 64)
        .then(|| format!("https://cdn.discordapp.com/avatars/{id}/{avatar}.{moving}"))
}
