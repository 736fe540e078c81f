//! A row of the catalogue, and how a provider is made of it.

use url::Url;

use super::registration::{CatalogueError, Registration};
use super::{ServiceOption, logos};
use crate::pages::Color;
use crate::providers::oauth::{
    Checks, ClientAuthentication, Endpoint, Logo, Members, OAuthClient, OAuthProvider,
    ProfileMapping, ProfileSource, Protocol, ProviderStyle, ResponseMode, SigningAlgorithm,
};

/// What is known of a service. In addresses and parameters stand `{issuer}`, `{client_id}` and `{option}` for what the
/// registration says.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its name in paths, settings and accounts.
    pub(super) id: &'static str,
    /// The name people see.
    pub(super) name: &'static str,
    /// What it speaks.
    pub(super) protocol: Protocol,
    /// Who it is.
    pub(super) issuer: Issuer,
    /// Where people agree; empty: discovery tells it, as with the next two.
    pub(super) authorization: &'static str,
    /// Parameters there. One without a value is left out.
    pub(super) parameters: &'static [(&'static str, &'static str)],
    /// Where codes are exchanged.
    pub(super) token: &'static str,
    /// Where tokens are given back (RFC 7009); empty: discovery tells it, or there is no such place.
    pub(super) revocation: &'static str,
    /// Where the profile is.
    pub(super) userinfo: &'static str,
    /// What is asked for; `None`: `openid profile email`.
    pub(super) scope: Option<&'static str>,
    /// What it takes part in.
    pub(super) checks: Checks,
    /// How it knows us.
    pub(super) authentication: Authentication,
    /// What signs its ID tokens, where that is known beforehand.
    pub(super) id_token_algorithm: Option<SigningAlgorithm>,
    /// What signs its userinfo, if anything does.
    pub(super) userinfo_algorithm: Option<SigningAlgorithm>,
    /// Where the profile comes from.
    pub(super) profile_source: ProfileSource,
    /// How it answers the browser.
    pub(super) response_mode: ResponseMode,
    /// How its profile is read.
    pub(super) profile: Members<'static>,
    /// Further settings.
    pub(super) options: &'static [ServiceOption],
    /// What a row cannot say.
    pub(super) adjust: Option<Adjust>,
    /// Colour of its button.
    pub(super) color: &'static str,
}

/// Code of one service that changes its provider, most often by giving it quirks.
pub(super) type Adjust = fn(&mut OAuthProvider, &Settings<'_>) -> Result<(), CatalogueError>;

/// Who a service is.
#[derive(Debug)]
pub(super) enum Issuer {
    /// It has no name of this kind.
    Unnamed,
    /// The same for everybody, unless the registration says another.
    At(&'static str),
    /// Everybody has one of their own.
    Required,
}

/// How a service knows us.
#[derive(Debug)]
pub(super) enum Authentication {
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_post`.
    Post,
}

/// What a setting may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Letters, digits, `-`, `_` and `.`: can stand within a name of a host.
    Word,
    /// Words with commas between them.
    Words,
    /// An `http` or `https` address that paths can be put behind.
    Address,
    /// One with a query.
    Url,
    /// Anything.
    Secret,
}

/// What holds without a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// The service cannot be used.
    Required,
    /// This value.
    Default(&'static str),
    /// Nothing.
    Optional,
}

/// A setting of a service.
pub(super) const fn option(name: &'static str, kind: Kind, need: Need) -> ServiceOption {
    ServiceOption { name, kind, need }
}

/// What most services with OpenID Connect have in common.
pub(super) const OPENID_CONNECT: Entry = Entry {
    id: "",
    name: "",
    protocol: Protocol::OpenIdConnect,
    issuer: Issuer::Required,
    authorization: "",
    parameters: &[],
    token: "",
    revocation: "",
    userinfo: "",
    scope: None,
    checks: Checks {
        pkce: true,
        state: true,
        nonce: true,
    },
    authentication: Authentication::Basic,
    id_token_algorithm: None,
    userinfo_algorithm: None,
    profile_source: ProfileSource::IdToken,
    response_mode: ResponseMode::Query,
    profile: Members::STANDARD,
    options: &[],
    adjust: None,
    color: "#fff",
};

/// What most services with OAuth 2 have in common.
pub(super) const OAUTH: Entry = Entry {
    protocol: Protocol::OAuth2,
    issuer: Issuer::Unnamed,
    checks: Checks {
        pkce: true,
        state: true,
        nonce: false,
    },
    profile_source: ProfileSource::UserInfo,
    ..OPENID_CONNECT
};

/// The profile of a token with other claims than the standard ones: still an identity in `sub`.
pub(super) const CLAIMS: Members<'static> = Members {
    id: "sub",
    name: "name",
    email: "email",
    email_verified: "email_verified",
    ..Members::NONE
};

/// A service that has no PKCE: `state` alone binds the answer to the browser.
pub(super) const STATE_ONLY: Checks = Checks {
    pkce: false,
    state: true,
    nonce: false,
};

/// A service with OpenID Connect that has no PKCE: the nonce binds the code to the browser (RFC 9700 §4.5.3.2).
pub(super) const STATE_AND_NONCE: Checks = Checks {
    pkce: false,
    state: true,
    nonce: true,
};

impl Entry {
    pub(super) fn needs_issuer(&self) -> bool {
        matches!(self.issuer, Issuer::Required)
    }

    /// The provider for this registration.
    pub(super) fn provider(
        &'static self,
        registration: &Registration,
    ) -> Result<OAuthProvider, CatalogueError> {
        let settings = Settings::check(self, registration)?;
        let mut provider = OAuthProvider {
            name: self.name.to_owned(),
            issuer: settings.issuer.clone(),
            authorization: Endpoint {
                url: settings.address(self.authorization),
                parameters: settings.parameters(),
            },
            token: settings.endpoint(self.token),
            revocation: settings.endpoint(self.revocation),
            userinfo: settings.endpoint(self.userinfo),
            scope: self.scope.map(str::to_owned),
            response_mode: self.response_mode,
            profile_source: self.profile_source,
            mapping: ProfileMapping::parse(self.profile)?,
            style: ProviderStyle {
                brand_color: self.color.parse::<Color>().ok(),
                logo: logos::of(self.id).map(Logo::Svg),
            },
            ..OAuthProvider::new(
                self.id.to_owned(),
                self.protocol,
                self.client(registration),
                self.checks,
            )
        };
        if let Some(adjust) = self.adjust {
            adjust(&mut provider, &settings)?;
        }
        Ok(provider)
    }

    fn client(&self, registration: &Registration) -> OAuthClient {
        let authentication = match (&registration.secret, &self.authentication) {
            (None, _) => ClientAuthentication::None,
            (Some(_), Authentication::Basic) => ClientAuthentication::SecretBasic,
            (Some(_), Authentication::Post) => ClientAuthentication::SecretPost,
        };
        OAuthClient {
            id: registration.id.clone(),
            secret: registration.secret.clone(),
            authentication,
            id_token_algorithm: self.id_token_algorithm,
            userinfo_algorithm: self.userinfo_algorithm,
        }
    }
}

/// A registration that was held against its row.
pub(super) struct Settings<'a> {
    entry: &'static Entry,
    registration: &'a Registration,
    /// Who the service is.
    pub(super) issuer: Option<String>,
}

impl<'a> Settings<'a> {
    fn check(
        entry: &'static Entry,
        registration: &'a Registration,
    ) -> Result<Self, CatalogueError> {
        let provider = entry.id;
        if !is_client_id(&registration.id) {
            return Err(CatalogueError::ClientId { provider });
        }
        let is_secret = |text: &str| !text.is_empty() && !text.contains(['\n', '\r', '\0']);
        let secret = registration.secret.as_ref();
        if secret.is_some_and(|secret| !is_secret(secret.expose())) {
            return Err(CatalogueError::ClientSecret { provider });
        }
        let mut settings = Self {
            entry,
            registration,
            issuer: None,
        };
        settings.check_options()?;
        settings.issuer = settings.issuer()?;
        Ok(settings)
    }

    fn check_options(&self) -> Result<(), CatalogueError> {
        let provider = self.entry.id;
        let options = self.entry.options;
        let is_known = |name: &String| options.iter().any(|option| option.name == name);
        if let Some(option) = self
            .registration
            .options
            .keys()
            .find(|name| !is_known(name))
        {
            let option = option.clone();
            return Err(CatalogueError::UnknownOption { provider, option });
        }
        for option in options {
            let name = option.name;
            match self.registration.options.get(name) {
                None if option.is_required() => {
                    return Err(CatalogueError::NoOption {
                        provider,
                        option: name,
                    });
                }
                Some(value) if !option.kind.admits(value.expose()) => {
                    return Err(self.refuse(name, option.kind.expected()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn issuer(&self) -> Result<Option<String>, CatalogueError> {
        let provider = self.entry.id;
        let issuer = match (&self.registration.issuer, &self.entry.issuer) {
            (Some(issuer), _) => issuer.clone(),
            (None, Issuer::At(issuer)) => self.expand(issuer),
            (None, Issuer::Unnamed) => return Ok(None),
            (None, Issuer::Required) => return Err(CatalogueError::NoIssuer { provider }),
        };
        if is_address(&issuer) {
            Ok(Some(issuer))
        } else {
            Err(CatalogueError::Issuer { provider })
        }
    }

    /// Which service it is.
    pub(super) fn provider(&self) -> &'static str {
        self.entry.id
    }

    /// The value of a further setting, or what holds without it.
    pub(super) fn option(&self, name: &str) -> Option<&str> {
        if let Some(given) = self.registration.options.get(name) {
            return Some(given.expose());
        }
        let option = self
            .entry
            .options
            .iter()
            .find(|option| option.name == name)?;
        match option.need {
            Need::Default(value) => Some(value),
            Need::Required | Need::Optional => None,
        }
    }

    /// The error about one of them.
    pub(super) fn refuse(&self, option: &'static str, expected: &'static str) -> CatalogueError {
        CatalogueError::Option {
            provider: self.entry.id,
            option,
            expected,
        }
    }

    /// What one of them must be, that another one asks for.
    pub(super) fn needed(&self, option: &'static str) -> Result<&str, CatalogueError> {
        let provider = self.entry.id;
        self.option(option)
            .ok_or(CatalogueError::NoOption { provider, option })
    }

    /// The text with what the registration says in its places.
    pub(super) fn expand(&self, text: &str) -> String {
        let mut text = text.replace("{client_id}", &self.registration.id);
        if let Some(issuer) = &self.issuer {
            // A slash at the end of the issuer is not doubled.
            let folder = format!("{}/", issuer.trim_end_matches('/'));
            text = text
                .replace("{issuer}/", &folder)
                .replace("{issuer}", issuer);
        }
        for option in self.entry.options {
            let value = self.option(option.name).unwrap_or_default();
            let value = value.trim_end_matches('/');
            text = text.replace(&format!("{{{}}}", option.name), value);
        }
        text
    }

    fn address(&self, template: &str) -> Option<String> {
        Some(self.expand(template)).filter(|address| !address.is_empty())
    }

    fn endpoint(&self, template: &str) -> Endpoint {
        Endpoint {
            url: self.address(template),
            parameters: Vec::new(),
        }
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let parameters = self.entry.parameters.iter();
        let parameters = parameters.map(|(name, value)| ((*name).to_owned(), self.expand(value)));
        parameters.filter(|(_, value)| !value.is_empty()).collect()
    }
}

impl Kind {
    fn admits(self, text: &str) -> bool {
        match self {
            Self::Word => is_word(text),
            Self::Words => text.split(',').all(|word| is_word(word.trim())),
            Self::Address => is_address(text),
            Self::Url => url_of(text).is_some(),
            Self::Secret => !text.trim().is_empty(),
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Word => "letters, digits, `-`, `_` or `.`",
            Self::Words => "words of letters, digits, `-`, `_` or `.`, with commas between them",
            Self::Address | Self::Url => "an address such as `https://id.example.com`",
            Self::Secret => "some text",
        }
    }
}

fn is_word(text: &str) -> bool {
    let plain = |sign: u8| sign.is_ascii_alphanumeric() || b"-_.".contains(&sign);
    (1..=128).contains(&text.len()) && text.bytes().all(plain)
}

fn is_client_id(text: &str) -> bool {
    !text.is_empty() && !text.contains(|sign: char| sign.is_whitespace() || sign.is_control())
}

/// Whether this is an address that paths can be put behind.
fn is_address(text: &str) -> bool {
    url_of(text).is_some_and(|url| url.query().is_none())
}

/// The address, if it is one of the web that names nobody.
fn url_of(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none();
    is_plain.then_some(url)
}
