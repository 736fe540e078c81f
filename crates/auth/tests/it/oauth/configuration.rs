//! Providers that are refused at start, each with what to do.

use std::sync::Arc;

use hallpass_auth::ConfigError;
use hallpass_auth::providers::oauth::{
    Checks, ClientAuthentication, ClientKey, OAuthClient, OAuthProvider, SigningAlgorithm,
};
use hallpass_auth::secret::Secret;
use hallpass_auth::testing::clock::FixedClock;
use hallpass_auth::testing::http::ScriptedHttp;
use hallpass_auth::testing::random::SeededRandom;
use hallpass_auth::testing::signer::Signer;
use hallpass_auth::{Auth, AuthBuilder};

use super::service::{AUTHORIZE, TOKEN, USERINFO, provider};
use crate::app::{START, secrets};

fn minimal() -> AuthBuilder {
    let (clock, random) = (FixedClock::at(START), SeededRandom::new(1));
    Auth::builder()
        .secrets(secrets())
        .environment(Arc::new(clock), Arc::new(random))
}

fn of(provider: OAuthProvider) -> Result<Auth, ConfigError> {
    minimal()
        .http_client(Arc::new(ScriptedHttp::new()))
        .provider(provider)
        .build()
}

#[test]
fn a_provider_needs_a_client_for_http() {
    let refused = minimal().provider(provider("example")).build().unwrap_err();
    assert_eq!(
        refused,
        ConfigError::ProviderNeedsHttp("example".to_owned())
    );
    assert!(refused.help().contains("http_client"));
}

#[test]
fn a_provider_is_found_told_apart_and_can_prove_who_we_are() {
    let client = || OAuthClient::new("cid", Secret::new("s"));
    let at = |places: [&str; 3]| OAuthProvider::oauth("example", places, client());
    let with = |client| OAuthProvider::oauth("example", [AUTHORIZE, TOKEN, USERINFO], client);
    let lacks = |lacks| ConfigError::ProviderClient {
        provider: "example".to_owned(),
        lacks,
    };
    let key = ClientKey {
        pem: Secret::new(""),
        algorithm: SigningAlgorithm::Es256,
        id: None,
    };
    let nothing = Checks {
        pkce: false,
        state: false,
        nonce: false,
    };
    let address = ConfigError::ProviderAddress("example".to_owned());
    for (provider, error) in [
        (at(["authorize", TOKEN, USERINFO]), address.clone()),
        (
            at([AUTHORIZE, "file:///etc/passwd", USERINFO]),
            address.clone(),
        ),
        (
            at([AUTHORIZE, TOKEN, "javascript:alert(1)"]),
            address.clone(),
        ),
        (
            OAuthProvider::oidc("example", "id.example.com", client()),
            address,
        ),
        (
            provider("example").checks(nothing),
            ConfigError::ProviderWithoutChecks("example".to_owned()),
        ),
        (with(OAuthClient::new("", Secret::new("s"))), lacks("id")),
        (
            with(OAuthClient::new("cid", Secret::new(""))),
            lacks("secret"),
        ),
        (
            with(OAuthClient::public("cid").authentication(ClientAuthentication::SecretPost)),
            lacks("secret"),
        ),
        (
            with(
                OAuthClient::public("cid").authentication(ClientAuthentication::PrivateKeyJwt(key)),
            ),
            lacks("private key"),
        ),
    ] {
        let refused = of(provider).unwrap_err();
        assert_eq!(refused, error);
        assert!(!refused.help().is_empty());
    }
    assert!(of(provider("example")).is_ok());
    assert!(of(with(OAuthClient::public("cid"))).is_ok());
    assert!(
        of(OAuthProvider::oidc(
            "example",
            "https://id.example.com",
            client()
        ))
        .is_ok()
    );
}

#[test]
fn keys_that_cannot_sign_and_secrets_that_can_be_guessed_are_refused() {
    let key = Signer::new(SigningAlgorithm::Es256, "key").client_key();
    let with_key = |key: ClientKey| {
        let by_key = ClientAuthentication::PrivateKeyJwt(key);
        let client = OAuthClient::public("cid").authentication(by_key);
        of(OAuthProvider::oauth(
            "example",
            [AUTHORIZE, TOKEN, USERINFO],
            client,
        ))
    };
    assert!(with_key(key.clone()).is_ok());
    for (pem, algorithm) in [
        (key.pem.clone(), SigningAlgorithm::Rs256),
        (key.pem.clone(), SigningAlgorithm::Hs256),
        (Secret::new("planted"), SigningAlgorithm::Es256),
    ] {
        let id = None;
        let key = ClientKey { pem, algorithm, id };
        let refused = with_key(key).unwrap_err();
        assert_eq!(refused, ConfigError::ProviderKey("example".to_owned()));
        assert!(refused.help().contains("PKCS#8"));
    }
    for (secret, strong) in [("x".repeat(31), false), ("x".repeat(32), true)] {
        let client = OAuthClient {
            id_token_algorithm: Some(SigningAlgorithm::Hs256),
            ..OAuthClient::new("cid", Secret::new(secret))
        };
        let found = of(OAuthProvider::oidc(
            "example",
            "https://id.example.com",
            client,
        ));
        let short = ConfigError::ProviderSecretTooShort("example".to_owned());
        assert_eq!(found.err(), (!strong).then_some(short));
    }
}
