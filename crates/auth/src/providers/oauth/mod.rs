//! Sign-in at another service, by OAuth 2 or OpenID Connect.
//!
//! An [`OAuthProvider`] is data: where the service is, who we are there, what is checked, and how its profile is read. What
//! one service does differently from all others is code of its own behind [`Quirks`].
//!
//! Invariant: nothing here sends or receives anything; `oauth` speaks the protocol, `flows::oauth` answers the routes.
//!
//! Source: contract authjs §5.3.1, §11.

mod client;
mod mapping;
mod profile;
mod quirks;
mod style;

use std::sync::Arc;

use crate::adapter::AccountType;

pub use client::{ClientAuthentication, ClientKey, OAuthClient, SignedSecret, SigningAlgorithm};
pub use mapping::{MappingError, Members, ProfileMapping};
pub use profile::{Profile, ProfileError, ProfileSource};
pub use quirks::{NoQuirks, Quirks, TokenAnswer, TokenRequest};
pub use style::{Logo, ProviderStyle};

/// Which protocol a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// OAuth 2: who somebody is stands in an answer of the service's own API.
    OAuth2,
    /// OpenID Connect: who somebody is stands in a signed token.
    OpenIdConnect,
}

/// An address of the service with parameters that every request to it carries. Later parameters replace those of the
/// same name in the address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// The address; `None`: discovery tells it.
    pub url: Option<String>,
    /// Further parameters, in order.
    pub parameters: Vec<(String, String)>,
}

/// What a callback is checked for. PKCE, `state` and (with OpenID Connect) `nonce` are always sent, whatever a service
/// asks for (RFC 9700 §2.1); only a service that breaks on one is exempt from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checks {
    /// The code is worth nothing without a secret of this browser (RFC 7636).
    pub pkce: bool,
    /// The answer belongs to a request of this browser.
    pub state: bool,
    /// The token belongs to a request of this browser.
    pub nonce: bool,
}

/// Whether a new account is linked to a user who is known by the same address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkByEmail {
    /// Never: the person signs in as before first, and then links.
    #[default]
    Never,
    /// Where the service says that it checked the address, and it was proven to us too. (CVE-2026-53516,
    /// CVE-2026-15611: both sides.)
    Verified,
    /// Always: `allowDangerousEmailAccountLinking` of Auth.js. Whoever can name an address at the service signs in as its
    /// user here. Not without [`BeforeProof::Keep`](crate::BeforeProof) where nobody has proven the address to us: what a
    /// stranger may have left goes when the service says that it checked the address, and else nothing is linked.
    Dangerously,
}

/// When tokens are given back to the service (RFC 7009), where it has a place for that. Nobody waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenRevocation {
    /// Never.
    Never,
    /// When the account is removed, or its user.
    #[default]
    WhenRemoved,
    /// Also when the person signs out of a session that began there. An account has one set of tokens, so those that other
    /// sessions of the person use end too; the next sign-in there gives new ones.
    AlsoAtSignOut,
}

/// How the service answers the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResponseMode {
    /// Parameters in the query.
    #[default]
    Query,
    /// A form that the browser posts.
    FormPost,
}

/// A service where people have accounts.
///
/// Made by the catalogue, or from nothing with [`OAuthProvider::oidc`] and [`OAuthProvider::oauth`].
#[derive(Clone)]
pub struct OAuthProvider {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) protocol: Protocol,
    pub(crate) client: OAuthClient,
    /// Who signs its tokens and has its discovery document. For OAuth 2 only the `iss` of a callback is compared with it.
    pub(crate) issuer: Option<String>,
    pub(crate) authorization: Endpoint,
    pub(crate) token: Endpoint,
    pub(crate) userinfo: Endpoint,
    /// Where tokens are given back.
    pub(crate) revocation: Endpoint,
    /// `None`: `openid profile email` where the authorization address has no scope (contract §5.3.1).
    pub(crate) scope: Option<String>,
    pub(crate) checks: Checks,
    pub(crate) response_mode: ResponseMode,
    pub(crate) profile_source: ProfileSource,
    pub(crate) mapping: ProfileMapping,
    pub(crate) link_by_email: LinkByEmail,
    /// Whether whoever signs out here is led there to sign out too.
    pub(crate) signs_out_there: bool,
    pub(crate) revokes_tokens: TokenRevocation,
    pub(crate) quirks: Arc<dyn Quirks>,
    pub(crate) style: ProviderStyle,
}

impl OAuthProvider {
    /// Any service with OpenID Connect: everything else is found at its issuer (`https://id.example.com`).
    pub fn oidc(id: impl Into<String>, issuer: impl Into<String>, client: OAuthClient) -> Self {
        let checks = Checks {
            pkce: true,
            state: true,
            nonce: true,
        };
        Self {
            issuer: Some(issuer.into()),
            profile_source: ProfileSource::IdToken,
            ..Self::new(id.into(), Protocol::OpenIdConnect, client, checks)
        }
    }

    /// Any service with OAuth 2, by its three addresses: where people agree, where codes are exchanged, where the profile is.
    pub fn oauth(
        id: impl Into<String>,
        [authorization, token, userinfo]: [&str; 3],
        client: OAuthClient,
    ) -> Self {
        let endpoint = |url: &str| Endpoint {
            url: Some(url.to_owned()),
            parameters: Vec::new(),
        };
        let checks = Checks {
            pkce: true,
            state: true,
            nonce: false,
        };
        Self {
            authorization: endpoint(authorization),
            token: endpoint(token),
            userinfo: endpoint(userinfo),
            profile_source: ProfileSource::UserInfo,
            ..Self::new(id.into(), Protocol::OAuth2, client, checks)
        }
    }

    pub(in crate::providers) fn new(
        id: String,
        protocol: Protocol,
        client: OAuthClient,
        checks: Checks,
    ) -> Self {
        Self {
            name: id.clone(),
            id,
            protocol,
            client,
            issuer: None,
            authorization: Endpoint::default(),
            token: Endpoint::default(),
            userinfo: Endpoint::default(),
            revocation: Endpoint::default(),
            scope: None,
            checks,
            response_mode: ResponseMode::default(),
            profile_source: ProfileSource::UserInfo,
            mapping: ProfileMapping::standard(),
            link_by_email: LinkByEmail::default(),
            signs_out_there: false,
            revokes_tokens: TokenRevocation::default(),
            quirks: Arc::new(NoQuirks),
            style: ProviderStyle::default(),
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

    /// `oauth` or `oidc`.
    pub fn kind(&self) -> AccountType {
        match self.protocol {
            Protocol::OAuth2 => AccountType::OAuth,
            Protocol::OpenIdConnect => AccountType::Oidc,
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

    /// Another name in paths and accounts, so that two of one service can stand beside each other.
    #[must_use]
    pub fn with_id(self, id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            ..self
        }
    }

    /// Another issuer.
    #[must_use]
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        Self {
            issuer: Some(issuer.into()),
            ..self
        }
    }

    /// What is asked for, separated by blanks.
    #[must_use]
    pub fn scope(self, scope: impl Into<String>) -> Self {
        Self {
            scope: Some(scope.into()),
            ..self
        }
    }

    /// A further parameter of the authorization address (`prompt`, `access_type`); the last of a name wins.
    #[must_use]
    pub fn authorization_parameter(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.authorization
            .parameters
            .push((name.into(), value.into()));
        self
    }

    /// How the service knows us.
    #[must_use]
    pub fn authentication(mut self, authentication: ClientAuthentication) -> Self {
        self.client.authentication = authentication;
        self
    }

    /// What the service takes part in, as the catalogue knows it or [`checks`](Self::checks) said it.
    pub fn checked_for(&self) -> Checks {
        self.checks
    }

    /// What the service takes part in. Without PKCE and nonce only `state` binds an answer to a browser.
    #[must_use]
    pub fn checks(self, checks: Checks) -> Self {
        Self { checks, ..self }
    }

    /// How the service answers the browser.
    #[must_use]
    pub fn response_mode(self, response_mode: ResponseMode) -> Self {
        Self {
            response_mode,
            ..self
        }
    }

    /// Where the profile comes from.
    #[must_use]
    pub fn profile_source(self, profile_source: ProfileSource) -> Self {
        Self {
            profile_source,
            ..self
        }
    }

    /// Whether accounts are linked to users of the same address.
    #[must_use]
    pub fn link_by_email(self, link_by_email: LinkByEmail) -> Self {
        Self {
            link_by_email,
            ..self
        }
    }

    /// Leads whoever signs out of a session that began with this service on to it, to sign out there too (OpenID Connect
    /// RP-Initiated Logout 1.0), where its discovery document names a place for that. Needs a session directory.
    #[must_use]
    pub fn sign_out_there(self) -> Self {
        Self {
            signs_out_there: true,
            ..self
        }
    }

    /// Where tokens are given back (RFC 7009), where neither the catalogue nor the discovery document says it.
    #[must_use]
    pub fn revocation_endpoint(mut self, url: impl Into<String>) -> Self {
        self.revocation.url = Some(url.into());
        self
    }

    /// When tokens are given back to the service; by default when the account or its user is removed.
    /// [`TokenRevocation::AlsoAtSignOut`] needs a session directory.
    #[must_use]
    pub fn revoke_tokens(self, rule: TokenRevocation) -> Self {
        Self {
            revokes_tokens: rule,
            ..self
        }
    }

    /// How its profile is read, where it does not speak the standard claims.
    #[must_use]
    pub fn mapping(self, mapping: ProfileMapping) -> Self {
        Self { mapping, ..self }
    }

    /// What the service does differently.
    #[must_use]
    pub fn quirks(self, quirks: impl Quirks) -> Self {
        Self {
            quirks: Arc::new(quirks),
            ..self
        }
    }

    /// Look of the button on the sign-in page.
    #[must_use]
    pub fn style(self, style: ProviderStyle) -> Self {
        Self { style, ..self }
    }
}

impl std::fmt::Debug for OAuthProvider {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("OAuthProvider")
            .field("id", &self.id)
            .field("protocol", &self.protocol)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}
