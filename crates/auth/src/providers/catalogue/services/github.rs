//! GitHub: mail addresses, and whether they were checked, are asked for apart; and GitHub Enterprise.
//!
//! Source: <https://docs.github.com/rest/users/emails>

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use crate::oauth::{OAuthError, UserInfoCall};
use crate::providers::catalogue::CatalogueError;
use crate::providers::catalogue::entry::Settings;
use crate::providers::oauth::{OAuthProvider, Quirks};

/// The longest list of addresses that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

pub(in crate::providers::catalogue) fn adjust(
    provider: &mut OAuthProvider,
    settings: &Settings<'_>,
) -> Result<(), CatalogueError> {
    provider.quirks = Arc::new(GitHub);
    if let Some(base) = settings.option("base_url") {
        let base = base.trim_end_matches('/');
        provider.issuer = Some(format!("{base}/login/oauth"));
        provider.authorization.url = Some(format!("{base}/login/oauth/authorize"));
        provider.token.url = Some(format!("{base}/login/oauth/access_token"));
        provider.userinfo.url = Some(format!("{base}/api/v3/user"));
    }
    Ok(())
}

struct GitHub;

#[async_trait]
impl Quirks for GitHub {
    /// The address is the one that the profile shows, else the primary one, else the first, as with Auth.js. Whether it was
    /// checked is said by the list alone.
    async fn complete(
        &self,
        call: &UserInfoCall<'_>,
        mut profile: Value,
    ) -> Result<Value, OAuthError> {
        let Some(user) = call.provider.userinfo.url.as_deref() else {
            return Ok(profile);
        };
        let answer = call
            .get(&format!("{user}/emails"), MAX_ANSWER_BYTES)
            .await?;
        // Without the scope `user:email` there is no list.
        let list = answer.status().is_success().then(|| answer.into_body());
        let list = list.and_then(|list| serde_json::from_slice::<Vec<Value>>(&list).ok());
        if let Some(list) = list {
            set_address(&mut profile, &list);
        }
        Ok(profile)
    }
}

fn set_address(profile: &mut Value, list: &[Value]) {
    fn text(entry: &Value) -> &str {
        entry
            .get("email")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
    let shown = text(profile).to_owned();
    let is_set = |entry: &&Value, name: &str| entry.get(name) == Some(&Value::Bool(true));
    let entry = if shown.is_empty() {
        let primary = list.iter().find(|entry| is_set(entry, "primary"));
        primary.or(list.first())
    } else {
        list.iter()
            .find(|entry| text(entry).eq_ignore_ascii_case(&shown))
    };
    let (Some(profile), Some(entry)) = (profile.as_object_mut(), entry) else {
        return;
    };
    if shown.is_empty() {
        profile.insert("email".to_owned(), text(entry).into());
    }
    let verified = is_set(&entry, "verified");
    profile.insert("email_verified".to_owned(), verified.into());
}
