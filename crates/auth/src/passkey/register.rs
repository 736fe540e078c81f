//! A new key: what a browser is asked for, and what is kept of its answer.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::ceremony::Registered;
use super::{
    ALGORITHMS, Authenticator, Challenge, Passkey, PasskeyNotes, PasskeySecrets, Registrant,
    TIMEOUT_MS, descriptors,
};
use crate::adapter::{User, UserId};
use crate::error::Error;
use crate::origin::Origin;
use crate::providers::{PasskeyPreset, PasskeyProvider};

impl Registrant {
    /// A user who is there already.
    ///
    /// # Errors
    /// [`Error::PasskeyNeedsAddress`]. SPEC: contract §5.4: an authenticator must be told a name.
    pub(crate) fn of(user: &User, secrets: &PasskeySecrets) -> Result<Self, Error> {
        let email = user.email.clone().filter(|email| !email.is_empty());
        Ok(Self {
            handle: secrets.user_handle(&user.id),
            id: Some(user.id.clone()),
            email: email.ok_or(Error::PasskeyNeedsAddress)?,
            name: user.name.clone(),
        })
    }
}

/// What the browser needs, in the contract's order. `keys` are those that the user has: devices make no second one.
///
/// Source: contract authjs §5.4; WebAuthn Level 3 section 5.4.
pub(crate) fn options(
    provider: &PasskeyProvider,
    origin: &Origin,
    challenge: &Challenge,
    registrant: &Registrant,
    keys: &[Passkey],
) -> Map<String, Value> {
    let preset = provider.preset();
    let residence = match preset {
        PasskeyPreset::Passkey => "required",
        PasskeyPreset::WebAuthn => "preferred",
    };
    let parameters = ALGORITHMS.map(|algorithm| json!({ "alg": algorithm, "type": "public-key" }));
    let keys = keys.iter().map(|passkey| &passkey.authenticator);
    let name = registrant.name.as_deref().filter(|name| !name.is_empty());
    let members = [
        ("challenge", challenge.text.as_str().into()),
        (
            "rp",
            json!({
                "name": provider.relying_party_name_at(origin),
                "id": provider.relying_party_at(origin),
            }),
        ),
        (
            "user",
            json!({
                "id": registrant.handle,
                "name": registrant.email,
                "displayName": name.unwrap_or(&registrant.email),
            }),
        ),
        ("pubKeyCredParams", json!(parameters)),
        ("timeout", TIMEOUT_MS.into()),
        ("attestation", "none".into()),
        ("excludeCredentials", descriptors(keys)),
        (
            "authenticatorSelection",
            json!({
                "residentKey": residence,
                "userVerification": preset.verification(),
                "requireResidentKey": preset == PasskeyPreset::Passkey,
            }),
        ),
        ("extensions", json!({ "credProps": true })),
    ];
    members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The key as it is kept, of an answer that was judged. The store says whose it is.
pub(crate) fn made(registered: Registered, registrant: &Registrant, now: Timestamp) -> Passkey {
    Passkey {
        authenticator: Authenticator {
            provider_account_id: registered.id.to_stored(),
            credential_id: registered.id,
            user_id: UserId(String::new()),
            public_key: registered.public_key,
            counter: registered.counter,
            device_type: registered.device_type,
            is_backed_up: registered.is_backed_up,
            transports: registered.transports,
        },
        notes: PasskeyNotes {
            name: None,
            created: Some(now),
            last_used: None,
            user_handle: Some(registrant.handle.clone()),
        },
    }
}
