//! Sign-in by keys in people's devices: the providers `passkey` and `webauthn` of Auth.js.

use super::CredentialField;
use crate::origin::Origin;

/// What authenticators are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preset {
    /// Keys that know their user, made and used by a verified person.
    Passkey,
    /// The same where the authenticator can, else a key that must be named to it.
    WebAuthn,
}

impl Preset {
    /// What is asked of the authenticator; its word that it verified the person is demanded in any case.
    pub(crate) fn verification(self) -> &'static str {
        match self {
            Self::Passkey => "required",
            Self::WebAuthn => "preferred",
        }
    }
}

/// Whether a key alone makes a user of somebody unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Newcomers {
    /// No: keys are added by those who are signed in. Nobody learns which addresses are registered.
    #[default]
    Refused,
    /// Yes, as with Auth.js: by a key and an address that nobody proved. Whoever asks learns whether an address is
    /// registered, since a second user of it cannot be made.
    Admitted,
}

/// Sign-in by passkeys. Needs [`AuthBuilder::passkeys`](crate::AuthBuilder::passkeys).
#[derive(Debug, Clone)]
pub struct PasskeyProvider {
    id: String,
    name: String,
    preset: Preset,
    newcomers: Newcomers,
    offers_autofill: bool,
    relying_party: Option<String>,
    relying_party_name: Option<String>,
    fields: Vec<CredentialField>,
}

impl PasskeyProvider {
    /// `passkey` of Auth.js: keys that know their user, so that nothing needs to be typed.
    pub fn passkey() -> Self {
        Self::new("passkey", "Passkey", Preset::Passkey)
    }

    /// `webauthn` of Auth.js: security keys without memory for users too, which are found by the address that was typed.
    pub fn webauthn() -> Self {
        Self::new("webauthn", "WebAuthn", Preset::WebAuthn)
    }

    fn new(id: &str, name: &str, preset: Preset) -> Self {
        let email = CredentialField {
            label: Some("Email".to_owned()),
            kind: Some("email".to_owned()),
            attributes: [
                ("autocomplete", "username webauthn"),
                ("inputmode", "email"),
                ("autocapitalize", "none"),
                ("spellcheck", "false"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
            ..CredentialField::new("email")
        };
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            preset,
            newcomers: Newcomers::default(),
            offers_autofill: true,
            relying_party: None,
            relying_party_name: None,
            fields: vec![email],
        }
    }

    /// Another id.
    #[must_use]
    pub fn with_id(self, id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            ..self
        }
    }

    /// The name people see.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }

    /// Whether a key alone makes a user of somebody unknown.
    #[must_use]
    pub fn newcomers(self, newcomers: Newcomers) -> Self {
        Self { newcomers, ..self }
    }

    /// Keys are not offered while an address is typed. Of several providers of this kind one alone may offer them.
    #[must_use]
    pub fn without_autofill(self) -> Self {
        Self {
            offers_autofill: false,
            ..self
        }
    }

    /// The domain that keys are for, by default the host of the page. A parent domain lets keys serve all sites below it.
    /// Keys serve no other domain: who changes it locks out everybody who has nothing else.
    #[must_use]
    pub fn relying_party(self, domain: impl Into<String>) -> Self {
        Self {
            relying_party: Some(domain.into()),
            ..self
        }
    }

    /// What authenticators call the site; by default its host.
    #[must_use]
    pub fn relying_party_name(self, name: impl Into<String>) -> Self {
        Self {
            relying_party_name: Some(name.into()),
            ..self
        }
    }

    /// The name in paths, and in the accounts of users.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name people see.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn preset(&self) -> Preset {
        self.preset
    }

    pub(crate) fn admits_newcomers(&self) -> bool {
        self.newcomers == Newcomers::Admitted
    }

    /// Whether an address that is typed changes anything: it finds keys without memory, and names newcomers.
    pub(crate) fn needs_address(&self) -> bool {
        self.preset == Preset::WebAuthn || self.admits_newcomers()
    }

    pub(crate) fn offers_autofill(&self) -> bool {
        self.offers_autofill
    }

    pub(crate) fn fields(&self) -> &[CredentialField] {
        &self.fields
    }

    pub(crate) fn configured_relying_party(&self) -> Option<&str> {
        self.relying_party.as_deref()
    }

    /// The domain that keys are for on a page of this origin.
    pub(crate) fn relying_party_at<'a>(&'a self, origin: &'a Origin) -> &'a str {
        let host = || hostname(origin);
        self.relying_party.as_deref().unwrap_or_else(host)
    }

    /// What authenticators call the site.
    pub(crate) fn relying_party_name_at<'a>(&'a self, origin: &'a Origin) -> &'a str {
        let name = self.relying_party_name.as_deref();
        name.unwrap_or_else(|| origin.host())
    }
}

/// The host without its port.
pub(crate) fn hostname(origin: &Origin) -> &str {
    let host = origin.host();
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}
