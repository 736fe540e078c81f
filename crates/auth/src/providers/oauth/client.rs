//! Who we are at a service, and how we prove it.

use std::fmt;

use crate::secret::Secret;

/// Our registration at a service.
#[derive(Clone)]
pub struct OAuthClient {
    /// `client_id`.
    pub id: String,
    /// `client_secret`; clients without one ([`ClientAuthentication::None`]) are public.
    pub secret: Option<Secret>,
    /// How the token endpoint knows us.
    pub authentication: ClientAuthentication,
    /// What ID tokens are signed with, where the service is told apart from its metadata
    /// (`id_token_signed_response_alg`).
    pub id_token_algorithm: Option<SigningAlgorithm>,
    /// What answers of the userinfo endpoint are signed with; `None`: they are plain JSON
    /// (`userinfo_signed_response_alg`).
    pub userinfo_algorithm: Option<SigningAlgorithm>,
}

impl OAuthClient {
    /// With id and secret, sent as `client_secret_basic`.
    pub fn new(id: impl Into<String>, secret: Secret) -> Self {
        Self {
            secret: Some(secret),
            authentication: ClientAuthentication::SecretBasic,
            ..Self::public(id)
        }
    }

    /// A client without secret: PKCE alone protects it.
    pub fn public(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: None,
            authentication: ClientAuthentication::None,
            id_token_algorithm: None,
            userinfo_algorithm: None,
        }
    }

    /// Another way to prove who we are.
    #[must_use]
    pub fn authentication(self, authentication: ClientAuthentication) -> Self {
        Self {
            authentication,
            ..self
        }
    }
}

impl fmt::Debug for OAuthClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OAuthClient")
            .field("id", &self.id)
            .field("authentication", &self.authentication)
            .finish_non_exhaustive()
    }
}

/// How the token endpoint knows us (contract authjs §5.3.4, RFC 6749 §2.3, RFC 7523).
#[derive(Debug, Clone)]
pub enum ClientAuthentication {
    /// `client_secret_basic`: in the `Authorization` header.
    SecretBasic,
    /// `client_secret_post`: in the body.
    SecretPost,
    /// `client_secret_jwt`: a token signed with the secret (HS256).
    SecretJwt,
    /// `private_key_jwt`: a token signed with a key of ours.
    PrivateKeyJwt(ClientKey),
    /// A `client_secret` in the body that we sign anew for each request (Apple).
    SignedSecret(SignedSecret),
    /// `none`: a public client.
    None,
}

/// What a `client_secret` that is a signed token says: `iss`, `aud`, and `sub`, which is our id; it ends minutes later.
///
/// Source: <https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret>
#[derive(Debug, Clone)]
pub struct SignedSecret {
    /// `iss`: who we are as a developer.
    pub issuer: String,
    /// `aud`: whom it is for.
    pub audience: String,
    /// What signs it.
    pub key: ClientKey,
}

/// A private key with which we sign for ourselves.
#[derive(Clone)]
pub struct ClientKey {
    /// PKCS#8 in PEM.
    pub pem: Secret,
    /// What is signed with.
    pub algorithm: SigningAlgorithm,
    /// `kid` in the header, by which the service finds our public key.
    pub id: Option<String>,
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ClientKey")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// Defines the algorithms, one row each with its name in headers (RFC 7518 §3.1, RFC 8037).
macro_rules! algorithms {
    ($($variant:ident $name:literal,)*) => {
        /// What signs a token. There is no `none`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum SigningAlgorithm { $(#[doc = concat!("`", $name, "`.")] $variant,)* }

        impl SigningAlgorithm {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in `alg`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

algorithms! {
    Rs256 "RS256",
    Rs384 "RS384",
    Rs512 "RS512",
    Ps256 "PS256",
    Ps384 "PS384",
    Ps512 "PS512",
    Es256 "ES256",
    Es384 "ES384",
    EdDsa "EdDSA",
    Hs256 "HS256",
}

impl SigningAlgorithm {
    /// The one of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.name() == name)
    }
}
