//! A provider of its table.

use hallpass::auth::pages::Color;
use hallpass::auth::providers::catalogue::{self, Registration, Service};
use hallpass::auth::providers::oauth::{
    Checks, ClientAuthentication, ClientKey, LinkByEmail, Members, OAuthClient, OAuthProvider,
    ProfileMapping, ProfileSource, ProviderStyle, ResponseMode, SigningAlgorithm, TokenRevocation,
};
use hallpass::auth::secret::Secret;

use super::super::problem::{ClientPart, Problem, Trouble};
use super::super::read::{Choices, SWITCHES};
use super::super::source::{Given, Place, ProviderTable};
use super::is_name;
use super::keys::{ENDPOINTS, Kind, OWN_PARAMETERS, PARAMETERS, nearest};

/// The provider of this table.
///
/// # Errors
/// The first thing that is wrong with it.
pub(super) fn provider(table: ProviderTable) -> Result<OAuthProvider, Trouble> {
    let mut table = Table(table);
    if !is_name(&table.0.id) {
        let name = table.0.id.clone();
        return Err(table.trouble(Problem::ProviderName(name)));
    }
    let kind = table.kind()?;
    table.check_keys(kind)?;
    let made = match kind {
        Kind::Known(service) => table.known(service)?,
        Kind::OpenIdConnect => table.openid_connect()?,
        Kind::OAuth2 => table.oauth()?,
    };
    table.dress(made)
}

struct Table(ProviderTable);

impl Table {
    fn kind(&mut self) -> Result<Kind, Trouble> {
        let place = self.place("type");
        let name = self.text("type");
        let place = name.as_ref().map_or(self.0.place.clone(), |_| place);
        let name = name.unwrap_or_else(|| self.0.id.clone());
        Kind::of(&name).ok_or_else(|| {
            let ids = catalogue::services().map(|service| service.id);
            let nearest = nearest(&name, ids);
            let problem = Problem::NoSuchProvider { name, nearest };
            Trouble { place, problem }
        })
    }

    fn check_keys(&self, kind: Kind) -> Result<(), Trouble> {
        let known = kind.keys();
        for (key, given) in &self.0.settings {
            let place = given.place.clone();
            let problem = match key.strip_prefix(PARAMETERS) {
                Some(parameter) if OWN_PARAMETERS.contains(&parameter) => {
                    Problem::OwnParameter(parameter.to_owned())
                }
                None if !known.contains(&key.as_str()) => Problem::NoSuchProviderKey {
                    provider: self.0.id.clone(),
                    key: key.clone(),
                    nearest: nearest(key, known.iter().copied()),
                },
                _ => continue,
            };
            return Err(Trouble { place, problem });
        }
        Ok(())
    }

    /// A service of the catalogue.
    fn known(&mut self, service: Service) -> Result<OAuthProvider, Trouble> {
        let id = self.client_id()?;
        // Apple's secret is made of its key.
        let has_key = self.0.settings.contains_key("private_key");
        let mut registration = match self.client_secret(has_key)? {
            Some(secret) => Registration::new(id, secret),
            None => Registration::without_secret(id),
        };
        if let Some(issuer) = self.text("issuer") {
            registration = registration.issuer(issuer);
        }
        for option in service.options {
            if let Some(value) = self.text(option.name) {
                registration = registration.option(option.name, value);
            }
        }
        let made = catalogue::provider(service.id, &registration);
        let made = made.map_err(|error| self.trouble(Problem::Provider(error)))?;
        Ok(made.with_id(self.0.id.clone()))
    }

    /// Any service with OpenID Connect.
    fn openid_connect(&mut self) -> Result<OAuthProvider, Trouble> {
        let issuer = self.needed("issuer")?;
        let client = self.client()?;
        let made = OAuthProvider::oidc(self.0.id.clone(), issuer, client);
        self.peculiar(made)
    }

    /// Any service with OAuth 2.
    fn oauth(&mut self) -> Result<OAuthProvider, Trouble> {
        let mut addresses = Vec::new();
        for endpoint in ENDPOINTS {
            addresses.push(self.needed(endpoint)?);
        }
        let client = self.client()?;
        let [authorization, token, userinfo] = addresses.as_slice() else {
            return Err(self.trouble(Problem::NotAnOrigin));
        };
        let made =
            OAuthProvider::oauth(self.0.id.clone(), [authorization, token, userinfo], client);
        let made = match self.text("issuer") {
            Some(issuer) => made.issuer(issuer),
            None => made,
        };
        self.peculiar(made)
    }

    /// Who we are at a service that nothing is known of.
    fn client(&mut self) -> Result<OAuthClient, Trouble> {
        let id = self.client_id()?;
        let key = self.client_key()?;
        let secret = self.client_secret(key.is_some())?;
        let client = match (secret, key) {
            (_, Some(key)) => {
                OAuthClient::public(id).authentication(ClientAuthentication::PrivateKeyJwt(key))
            }
            (Some(secret), None) => OAuthClient::new(id, secret),
            (None, None) => OAuthClient::public(id),
        };
        Ok(OAuthClient {
            id_token_algorithm: self.algorithm("id_token_algorithm")?,
            userinfo_algorithm: self.algorithm("userinfo_algorithm")?,
            ..client
        })
    }

    fn client_key(&mut self) -> Result<Option<ClientKey>, Trouble> {
        let id = self.text("key_id");
        let algorithm = self.algorithm("key_algorithm")?;
        let pem = self.text("private_key");
        Ok(pem.map(|pem| ClientKey {
            // Variables hold no line breaks.
            pem: Secret::new(pem.replace("\\n", "\n")),
            algorithm: algorithm.unwrap_or(SigningAlgorithm::Rs256),
            id,
        }))
    }

    fn peculiar(&mut self, mut made: OAuthProvider) -> Result<OAuthProvider, Trouble> {
        if let Some(mode) = self.choice("response_mode", &RESPONSE_MODES)? {
            made = made.response_mode(mode);
        }
        if let Some(source) = self.choice("profile_source", &PROFILE_SOURCES)? {
            made = made.profile_source(source);
        }
        if let Some(given) = self.0.settings.remove("color") {
            let color = given
                .texts
                .first()
                .and_then(|text| text.parse::<Color>().ok());
            let problem = Problem::NotAColor;
            let place = given.place;
            made = made.style(ProviderStyle {
                brand_color: Some(color.ok_or(Trouble { place, problem })?),
                logo: None,
            });
        }
        Ok(made)
    }

    /// What every provider may have of its own.
    fn dress(mut self, mut made: OAuthProvider) -> Result<OAuthProvider, Trouble> {
        if let Some(name) = self.text("name") {
            made = made.named(name);
        }
        if let Some(scope) = self.text("scope") {
            made = made.scope(scope);
        }
        if let Some(link) = self.choice("link_by_email", &LINKS)? {
            made = made.link_by_email(link);
        }
        if self.choice("sign_out", &SWITCHES)? == Some(true) {
            made = made.sign_out_there();
        }
        if let Some(rule) = self.choice("revoke_tokens", &REVOCATIONS)? {
            made = made.revoke_tokens(rule);
        }
        if let Some(address) = self.text("revocation") {
            made = made.revocation_endpoint(address);
        }
        if let Some(authentication) = self.choice("authentication", &AUTHENTICATIONS)? {
            made = made.authentication(authentication.into());
        }
        if let Some(mapping) = self.mapping()? {
            made = made.mapping(mapping);
        }
        let known = made.checked_for();
        made = made.checks(Checks {
            pkce: self.choice("pkce", &SWITCHES)?.unwrap_or(known.pkce),
            nonce: self.choice("nonce", &SWITCHES)?.unwrap_or(known.nonce),
            ..known
        });
        for (key, given) in std::mem::take(&mut self.0.settings) {
            if let (Some(name), Some(value)) = (key.strip_prefix(PARAMETERS), given.texts.first()) {
                made = made.authorization_parameter(name, value);
            }
        }
        Ok(made)
    }

    /// What is not said is read as the standard claims are.
    fn mapping(&mut self) -> Result<Option<ProfileMapping>, Trouble> {
        let names = ["id", "name", "email", "email_verified", "image"];
        let keys = names.map(|name| format!("profile.{name}"));
        let place = keys.iter().find_map(|key| {
            let given = self.0.settings.get(key)?;
            Some(given.place.clone())
        });
        let Some(place) = place else {
            return Ok(None);
        };
        let standard = Members::STANDARD;
        let [id, name, email, email_verified, image] = keys.map(|key| self.text(&key));
        let members = Members {
            id: id.as_deref().unwrap_or(standard.id),
            name: name.as_deref().unwrap_or(standard.name),
            email: email.as_deref().unwrap_or(standard.email),
            email_verified: email_verified.as_deref().unwrap_or(standard.email_verified),
            image: image.as_deref().unwrap_or(standard.image),
            extra: &[],
        };
        let problem = |error| Problem::Mapping(error);
        let mapping = ProfileMapping::parse(members);
        mapping.map(Some).map_err(|error| Trouble {
            place,
            problem: problem(error),
        })
    }

    fn client_id(&mut self) -> Result<String, Trouble> {
        self.text("id").ok_or_else(|| self.lacks(ClientPart::Id))
    }

    /// `None` for a public client, which has to say so.
    fn client_secret(&mut self, has_key: bool) -> Result<Option<Secret>, Trouble> {
        let secret = self.text("secret").map(Secret::new);
        let authentication = self.0.settings.get("authentication");
        let is_public = authentication.is_some_and(|given| given.texts == ["none"]);
        if secret.is_none() && !is_public && !has_key {
            return Err(self.lacks(ClientPart::Secret));
        }
        Ok(secret.filter(|_| !is_public))
    }

    fn lacks(&self, what: ClientPart) -> Trouble {
        let provider = self.0.id.clone();
        self.trouble(Problem::ProviderLacks { provider, what })
    }

    fn needed(&mut self, key: &'static str) -> Result<String, Trouble> {
        self.text(key).ok_or_else(|| {
            let provider = self.0.id.clone();
            self.trouble(Problem::ProviderNeeds { provider, key })
        })
    }

    fn algorithm(&mut self, key: &str) -> Result<Option<SigningAlgorithm>, Trouble> {
        let place = self.place(key);
        let Some(name) = self.text(key) else {
            return Ok(None);
        };
        let found = SigningAlgorithm::of_name(&name);
        let problem = Problem::NoSuchAlgorithm(name);
        found.map(Some).ok_or(Trouble { place, problem })
    }

    fn choice<T: Copy>(&mut self, key: &str, choices: &Choices<T>) -> Result<Option<T>, Trouble> {
        let place = self.place(key);
        let Some(value) = self.text(key) else {
            return Ok(None);
        };
        let chosen = choices.rows.iter().find(|(name, _)| value == *name);
        let choices = choices.text;
        let problem = Problem::NoSuchChoice { value, choices };
        let (_, chosen) = chosen.ok_or(Trouble { place, problem })?;
        Ok(Some(*chosen))
    }

    /// The text of a setting; an empty one is not set.
    fn text(&mut self, key: &str) -> Option<String> {
        let Given { mut texts, .. } = self.0.settings.remove(key)?;
        texts.pop().filter(|text| !text.trim().is_empty())
    }

    fn place(&self, key: &str) -> Place {
        let given = self.0.settings.get(key);
        given.map_or(Place::Nowhere, |given| given.place.clone())
    }

    fn trouble(&self, problem: Problem) -> Trouble {
        let place = self.0.place.clone();
        Trouble { place, problem }
    }
}

const REVOCATIONS: Choices<TokenRevocation> = Choices {
    text: "`never`, `removed` and `signed-out`",
    rows: &[
        ("never", TokenRevocation::Never),
        ("removed", TokenRevocation::WhenRemoved),
        ("signed-out", TokenRevocation::AlsoAtSignOut),
    ],
};

const LINKS: Choices<LinkByEmail> = Choices {
    text: "`never`, `verified` and `dangerously`",
    rows: &[
        ("never", LinkByEmail::Never),
        ("verified", LinkByEmail::Verified),
        ("dangerously", LinkByEmail::Dangerously),
    ],
};

const RESPONSE_MODES: Choices<ResponseMode> = Choices {
    text: "`query` and `form_post`",
    rows: &[
        ("query", ResponseMode::Query),
        ("form_post", ResponseMode::FormPost),
    ],
};

const PROFILE_SOURCES: Choices<ProfileSource> = Choices {
    text: "`id_token` and `userinfo`",
    rows: &[
        ("id_token", ProfileSource::IdToken),
        ("userinfo", ProfileSource::UserInfo),
    ],
};

/// How a service knows us, as far as one word says it.
#[derive(Debug, Clone, Copy)]
enum Authentication {
    Basic,
    Post,
    Jwt,
    None,
}

impl From<Authentication> for ClientAuthentication {
    fn from(authentication: Authentication) -> Self {
        match authentication {
            Authentication::Basic => Self::SecretBasic,
            Authentication::Post => Self::SecretPost,
            Authentication::Jwt => Self::SecretJwt,
            Authentication::None => Self::None,
        }
    }
}

const AUTHENTICATIONS: Choices<Authentication> = Choices {
    text: "`client_secret_basic`, `client_secret_post`, `client_secret_jwt` and `none`; a `private_key` says it by itself",
    rows: &[
        ("client_secret_basic", Authentication::Basic),
        ("client_secret_post", Authentication::Post),
        ("client_secret_jwt", Authentication::Jwt),
        ("none", Authentication::None),
    ],
};
