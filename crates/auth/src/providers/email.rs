//! Sign-in by a link in a mail.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::environment::Random;
use crate::identifier::{Email, IdentifierError};
use crate::mail::templates::{self, SignInMail};
use crate::mail::{Message, Transport};
use crate::pages::Theme;
use crate::secret::{LinkToken, LinkUrl, Secret};
use crate::secrets::Secrets;

/// Whether a link signs in by itself or a click on a page of ours is asked for first.
///
/// Scanners of mail providers follow links. A link that signs in by being followed is used up by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Confirm {
    /// At once in the browser that asked for the link, a click anywhere else.
    #[default]
    Auto,
    /// Always a click.
    Always,
    /// Always at once, as Auth.js does.
    Never,
}

/// What a mail is made from. The address it goes to is not among it, so that no text a stranger typed stands in a
/// mail to somebody else.
#[derive(Debug)]
pub struct SignInLink<'a> {
    /// The host people sign in to.
    pub host: &'a str,
    /// The link.
    pub url: &'a LinkUrl,
    /// When it stops working.
    pub expires: Timestamp,
    /// The look.
    pub theme: &'a Theme,
}

type Normalize = dyn Fn(&str) -> Result<String, IdentifierError> + Send + Sync;
type Generate = dyn Fn() -> LinkToken + Send + Sync;
type Compose = dyn Fn(&SignInLink<'_>) -> SignInMail + Send + Sync;

/// Sends links by mail. Several may stand beside each other under ids of their own.
#[derive(Clone)]
pub struct EmailProvider {
    id: String,
    name: String,
    from: String,
    transport: Arc<dyn Transport>,
    confirm: Confirm,
    max_age: Duration,
    secret: Option<Secret>,
    normalize: Option<Arc<Normalize>>,
    generate: Option<Arc<Generate>>,
    compose: Option<Arc<Compose>>,
}

impl EmailProvider {
    /// Sends through `transport`, as `from` (`Name <address>` or an address). Links work for a day.
    pub fn new(
        id: impl Into<String>,
        from: impl Into<String>,
        transport: Arc<dyn Transport>,
    ) -> Self {
        const DAY: Duration = Duration::from_secs(86_400);
        let id = id.into();
        Self {
            name: default_name(&id).to_owned(),
            id,
            from: from.into(),
            transport,
            confirm: Confirm::default(),
            max_age: DAY,
            secret: None,
            normalize: None,
            generate: None,
            compose: None,
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

    /// When a click is asked for.
    #[must_use]
    pub fn confirm(self, confirm: Confirm) -> Self {
        Self { confirm, ..self }
    }

    /// How long links work.
    #[must_use]
    pub fn max_age(self, max_age: Duration) -> Self {
        Self { max_age, ..self }
    }

    /// What tokens are hashed with, in place of the installation's secrets.
    #[must_use]
    pub fn secret(self, secret: Secret) -> Self {
        Self {
            secret: Some(secret),
            ..self
        }
    }

    /// Changes an address before it is normalised and checked as every other.
    #[must_use]
    pub fn normalize_with(
        self,
        normalize: impl Fn(&str) -> Result<String, IdentifierError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            normalize: Some(Arc::new(normalize)),
            ..self
        }
    }

    /// Makes tokens of another form. They must be as hard to guess as 32 random bytes, or few tries must be allowed.
    #[must_use]
    pub fn generate_with(self, generate: impl Fn() -> LinkToken + Send + Sync + 'static) -> Self {
        Self {
            generate: Some(Arc::new(generate)),
            ..self
        }
    }

    /// Writes the mails.
    #[must_use]
    pub fn compose_with(
        self,
        compose: impl Fn(&SignInLink<'_>) -> SignInMail + Send + Sync + 'static,
    ) -> Self {
        Self {
            compose: Some(Arc::new(compose)),
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

    pub(crate) fn confirmation(&self) -> Confirm {
        self.confirm
    }

    pub(crate) fn link_lifetime(&self) -> Duration {
        self.max_age
    }

    pub(crate) fn transport(&self) -> &dyn Transport {
        &*self.transport
    }

    /// What tokens are hashed with; `default` where the provider has no secret of its own.
    pub(crate) fn hash_secret<'a>(&'a self, default: &'a Secret) -> &'a Secret {
        self.secret.as_ref().unwrap_or(default)
    }

    /// What the token of a link that comes back may have been hashed with.
    pub(crate) fn hash_secrets<'a>(
        &'a self,
        secrets: &'a Secrets,
    ) -> impl Iterator<Item = &'a Secret> {
        let own = self.secret.as_ref();
        let shared = secrets.hashed_with().filter(move |_| own.is_none());
        own.into_iter().chain(shared)
    }

    pub(crate) fn identifier(&self, typed: &str) -> Result<Email, IdentifierError> {
        match &self.normalize {
            None => Email::parse(typed),
            // SECURITY: whatever the application makes of it has to pass our checks too.
            Some(normalize) => Email::parse(&normalize(typed)?),
        }
    }

    /// Whether the application makes the tokens, which may then be short enough to be guessed.
    pub(crate) fn makes_own_tokens(&self) -> bool {
        self.generate.is_some()
    }

    pub(crate) fn new_token(&self, random: &dyn Random) -> LinkToken {
        match &self.generate {
            None => LinkToken::generate(random),
            Some(generate) => generate(),
        }
    }

    pub(crate) fn message(&self, to: &Email, link: &SignInLink<'_>) -> Message {
        let SignInMail {
            subject,
            text,
            html,
        } = match &self.compose {
            None => templates::sign_in(link.host, link.url.expose(), link.theme),
            Some(compose) => compose(link),
        };
        Message {
            from: self.from.clone(),
            to: to.as_str().to_owned(),
            subject,
            text,
            html,
        }
    }
}

/// The names that Auth.js gives its mail providers.
fn default_name(id: &str) -> &'static str {
    match id {
        "nodemailer" => "Nodemailer",
        "resend" => "Resend",
        _ => "Email",
    }
}

impl fmt::Debug for EmailProvider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EmailProvider")
            .field("id", &self.id)
            .field("confirm", &self.confirm)
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}
