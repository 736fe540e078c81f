//! Apple: the name comes once, in the form that the browser posts; and the secret of the client is a signed token.
//!
//! Source: <https://developer.apple.com/documentation/signinwithapple>

use std::sync::Arc;

use serde_json::{Value, json};

use crate::providers::catalogue::entry::{Kind, Need, Settings, option};
use crate::providers::catalogue::{CatalogueError, ServiceOption};
use crate::providers::oauth::{
    ClientAuthentication, ClientKey, OAuthProvider, Quirks, SignedSecret, SigningAlgorithm,
};
use crate::secret::Secret;

/// The three go together, instead of a secret that was signed beforehand.
pub(in crate::providers::catalogue) const OPTIONS: &[ServiceOption] = &[
    option("team_id", Kind::Word, Need::Optional),
    option("key_id", Kind::Word, Need::Optional),
    option("private_key", Kind::Secret, Need::Optional),
];

/// The longest form field that is looked at, in bytes.
const MAX_USER_BYTES: usize = 4096;

pub(in crate::providers::catalogue) fn adjust(
    provider: &mut OAuthProvider,
    settings: &Settings<'_>,
) -> Result<(), CatalogueError> {
    provider.quirks = Arc::new(Apple);
    if OPTIONS
        .iter()
        .any(|one| settings.option(one.name).is_some())
    {
        provider.client.authentication = ClientAuthentication::SignedSecret(SignedSecret {
            issuer: settings.needed("team_id")?.to_owned(),
            audience: "https://appleid.apple.com".to_owned(),
            key: ClientKey {
                pem: Secret::new(pem(settings)?),
                algorithm: SigningAlgorithm::Es256,
                id: Some(settings.needed("key_id")?.to_owned()),
            },
        });
    }
    Ok(())
}

/// The key; `\n` in it stands for a line break, since variables of an environment hold none.
fn pem(settings: &Settings<'_>) -> Result<String, CatalogueError> {
    let pem = settings.needed("private_key")?.replace("\\n", "\n");
    if pem.contains("-----BEGIN PRIVATE KEY-----") {
        Ok(pem)
    } else {
        Err(settings.refuse("private_key", "the text of the `.p8` file, a PEM"))
    }
}

struct Apple;

impl Quirks for Apple {
    /// Of `{"name":{"firstName":"…","lastName":"…"},"email":"…"}` the name and nothing else.
    ///
    /// SECURITY: the address there is not signed, the one of the token is.
    fn posted_user(&self, profile: &mut Value, user: &str) {
        if user.len() > MAX_USER_BYTES {
            return;
        }
        let Ok(user) = serde_json::from_str::<Value>(user) else {
            return;
        };
        let name = |part: &str| {
            user.pointer(&format!("/name/{part}"))
                .and_then(Value::as_str)
        };
        let user =
            json!({ "name": { "firstName": name("firstName"), "lastName": name("lastName") } });
        if let Some(profile) = profile.as_object_mut() {
            profile.insert("user".to_owned(), user);
        }
    }
}
