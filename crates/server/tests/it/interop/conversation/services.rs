//! The ways to sign in at the service, as both servers are told of them.

use hallpass::auth::providers::oauth::{LinkByEmail, OAuthClient, OAuthProvider, ResponseMode};
use hallpass::auth::secret::Secret;
use serde_json::{Value, json};

use crate::harness::service::{CLIENT, HONEST, LIES, SECRET, Service};

/// Which services there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Services {
    /// One that behaves, by every way.
    Honest,
    /// One for each way to misbehave.
    Lying,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    OAuth2,
    OpenIdConnect,
}

/// A provider.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) id: &'static str,
    /// How the service behaves.
    lie: &'static str,
    kind: Kind,
    /// Whether the service posts its answer.
    posts: bool,
    /// Whether a known address is enough: `allowDangerousEmailAccountLinking`.
    links_by_address: bool,
    /// What is asked for; `None`: what both ask for by themselves.
    scope: Option<&'static str>,
    /// Whether Auth.js is told to check all that Hallpass checks, or left to what it checks by itself.
    checks_all: bool,
}

const OPENID: Way = Way {
    id: "oidc",
    lie: HONEST,
    kind: Kind::OpenIdConnect,
    posts: false,
    links_by_address: false,
    scope: None,
    checks_all: true,
};

const OAUTH: Way = Way {
    id: "oauth",
    kind: Kind::OAuth2,
    scope: Some("profile"),
    ..OPENID
};

const HONEST_WAYS: [Way; 6] = [
    OPENID,
    OAUTH,
    Way {
        id: "unasked",
        scope: None,
        ..OAUTH
    },
    Way {
        id: "posting",
        posts: true,
        ..OPENID
    },
    Way {
        id: "linking",
        links_by_address: true,
        ..OPENID
    },
    Way {
        id: "default",
        checks_all: false,
        ..OPENID
    },
];

/// Those that say what a service is told apart by. Nothing is learned by waiting for the silent ones: Auth.js waits for ever.
pub(super) fn lies() -> impl Iterator<Item = &'static str> {
    let names = LIES.iter().map(|(name, _)| *name);
    names.filter(|name| !name.ends_with("-silent"))
}

impl Services {
    pub(super) fn ways(self) -> Vec<Way> {
        match self {
            Self::Honest => HONEST_WAYS.to_vec(),
            Self::Lying => lies().map(Way::lying).collect(),
        }
    }
}

impl Way {
    fn lying(name: &'static str) -> Self {
        let kind = match name.starts_with("profile-") {
            true => OAUTH,
            false => OPENID,
        };
        Self {
            id: name,
            lie: name,
            ..kind
        }
    }

    pub(super) fn authjs(&self, service: &Service) -> Value {
        let mut way = json!({
            "id": self.id, "name": self.id, "issuer": service.issuer(self.lie),
            "clientId": CLIENT, "clientSecret": SECRET,
        });
        match self.kind {
            Kind::OpenIdConnect => way["type"] = "oidc".into(),
            Kind::OAuth2 => {
                way["type"] = "oauth".into();
                for (name, place) in ["authorization", "token", "userinfo"]
                    .iter()
                    .zip(service.places(self.lie))
                {
                    way[*name] = place.into();
                }
            }
        }
        match (self.checks_all, self.kind) {
            (false, _) => {}
            (true, Kind::OpenIdConnect) => way["checks"] = json!(["state", "pkce", "nonce"]),
            (true, Kind::OAuth2) => way["checks"] = json!(["state", "pkce"]),
        }
        if self.posts {
            way["authorization"] = json!({ "params": { "response_mode": "form_post" } });
        }
        if let Some(scope) = self.scope {
            way["authorization"] =
                json!({ "url": way["authorization"], "params": { "scope": scope } });
        }
        if self.links_by_address {
            way["allowDangerousEmailAccountLinking"] = true.into();
        }
        way
    }

    pub(super) fn hallpass(&self, service: &Service) -> OAuthProvider {
        let client = OAuthClient::new(CLIENT, Secret::new(SECRET));
        let issuer = service.issuer(self.lie);
        let mut provider = match self.kind {
            Kind::OpenIdConnect => OAuthProvider::oidc(self.id, issuer, client),
            Kind::OAuth2 => {
                let places = service.places(self.lie);
                let places = [&*places[0], &*places[1], &*places[2]];
                OAuthProvider::oauth(self.id, places, client).issuer(issuer)
            }
        };
        if self.posts {
            provider = provider.response_mode(ResponseMode::FormPost);
        }
        if let Some(scope) = self.scope {
            provider = provider.scope(scope);
        }
        if self.links_by_address {
            provider = provider.link_by_email(LinkByEmail::Dangerously);
        }
        provider
    }
}
