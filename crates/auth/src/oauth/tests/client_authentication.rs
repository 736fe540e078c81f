//! How the token endpoint knows us: the five ways of contract §5.3.4, and Apple's.

use super::*;
use crate::oauth::jose::{Jws, KeySet, mac_fits};
use crate::providers::oauth::{ClientAuthentication, ClientKey, SignedSecret};

/// The form and the `Authorization` header of the request that this client sends.
async fn sent(client: OAuthClient) -> Result<(Vec<(String, String)>, String), OAuthError> {
    let bench = Bench::with_keys();
    bench.gives_claims(&claims());
    let mut provider = provider();
    provider.client = client;
    bench.identify(&provider).await?;
    let asked = &bench.http.requests_to(TOKEN)[0];
    let mut form = asked.form();
    form.drain(..4);
    Ok((form, asked.header("authorization").to_owned()))
}

fn client(authentication: ClientAuthentication) -> OAuthClient {
    OAuthClient::new("client", Secret::new(SECRET)).authentication(authentication)
}

fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    pairs.iter().map(owned).collect()
}

fn value<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    let found = form.iter().find(|(other, _)| other == name);
    found.map_or("", |(_, value)| value.as_str())
}

#[tokio::test]
async fn the_secret_stands_in_the_header_and_the_id_nowhere_else() {
    let (form, header) = sent(client(ClientAuthentication::SecretBasic))
        .await
        .unwrap();
    assert_eq!(form, []);
    assert!(header.starts_with("Basic "));
}

/// `basic_auth` of the contract's vectors, with the encoding of `encodeURIComponent` and blanks as `+`.
#[tokio::test]
async fn basic_headers_are_those_of_the_contract() {
    for (id, secret, header) in [
        ("cid", "sec", "Basic Y2lkOnNlYw=="),
        (
            "c id:+",
            "s/ec%r&t",
            "Basic YytpZCUzQSUyQjpzJTJGZWMlMjVyJTI2dA==",
        ),
        (
            "a-b_c.d!e~f*g'h(i)j",
            "\u{fc}n\u{ef}",
            "Basic YS1iX2MuZCFlfmYqZydoKGkpajolQzMlQkNuJUMzJUFG",
        ),
    ] {
        let bench = Bench::new();
        bench.http.json(TOKEN, &tokens());
        bench.http.json(USERINFO, &json!({ "id": "1" }));
        let mut provider = plain();
        provider.client = OAuthClient::new(id, Secret::new(secret));
        bench.identify(&provider).await.unwrap();
        let asked = &bench.http.requests_to(TOKEN)[0];
        assert_eq!(asked.header("authorization"), header);
        assert!(asked.headers["authorization"].is_sensitive());
    }
}

#[tokio::test]
async fn the_secret_stands_in_the_body() {
    let (form, header) = sent(client(ClientAuthentication::SecretPost))
        .await
        .unwrap();
    assert_eq!(
        form,
        named(&[("client_id", "client"), ("client_secret", SECRET)])
    );
    assert_eq!(header, "");
}

#[tokio::test]
async fn a_public_client_says_only_who_it_is() {
    let (form, header) = sent(OAuthClient::public("client")).await.unwrap();
    assert_eq!(form, named(&[("client_id", "client")]));
    assert_eq!(header, "");
}

const BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[tokio::test]
async fn the_secret_signs() {
    let (form, header) = sent(client(ClientAuthentication::SecretJwt)).await.unwrap();
    assert_eq!((form.len(), header.as_str()), (3, ""));
    assert_eq!(value(&form, "client_id"), "client");
    assert_eq!(value(&form, "client_assertion_type"), BEARER);
    let token = Jws::read(value(&form, "client_assertion"), &[SigningAlgorithm::Hs256]).unwrap();
    assert!(mac_fits(&Secret::new(SECRET), &token));
    let jti = token.claims["jti"].as_str().unwrap();
    assert_eq!(jti.len(), 43);
    let expected = json!({
        "jti": jti, "aud": ISSUER, "exp": NOW + 60, "iat": NOW, "nbf": NOW, "iss": "client", "sub": "client",
    });
    assert_eq!(Value::Object(token.claims), expected);
}

#[tokio::test]
async fn every_kind_of_key_signs() {
    let asymmetric = SigningAlgorithm::ALL
        .iter()
        .filter(|one| **one != SigningAlgorithm::Hs256);
    for &algorithm in asymmetric {
        let signer = Signer::new(algorithm, "our-key");
        let key = ClientAuthentication::PrivateKeyJwt(signer.client_key());
        let (form, header) = sent(client(key)).await.unwrap();
        assert_eq!((form.len(), header.as_str()), (3, ""), "{algorithm:?}");
        assert_eq!(value(&form, "client_assertion_type"), BEARER);
        let token = Jws::read(value(&form, "client_assertion"), &[algorithm]).unwrap();
        let keys = KeySet::read(signer.key_set().as_object().unwrap()).unwrap();
        assert!(keys.verifies(&token), "{algorithm:?}");
        assert_eq!(token.claims["aud"], json!([ISSUER, TOKEN]));
        assert_eq!(token.claims["exp"], json!(NOW + 60));
    }
}

#[tokio::test]
async fn a_signed_secret_is_made_anew_for_each_request() {
    let signer = Signer::new(SigningAlgorithm::Es256, "apple-key");
    let signed = SignedSecret {
        issuer: "team".to_owned(),
        audience: "https://appleid.apple.com".to_owned(),
        key: signer.client_key(),
    };
    let (form, header) = sent(client(ClientAuthentication::SignedSecret(signed)))
        .await
        .unwrap();
    assert_eq!((form.len(), header.as_str()), (2, ""));
    assert_eq!(value(&form, "client_id"), "client");
    let token = Jws::read(value(&form, "client_secret"), &[SigningAlgorithm::Es256]).unwrap();
    let keys = KeySet::read(signer.key_set().as_object().unwrap()).unwrap();
    assert!(keys.verifies(&token));
    let expected = json!({
        "iss": "team", "sub": "client", "aud": "https://appleid.apple.com", "iat": NOW, "exp": NOW + 300,
    });
    assert_eq!(Value::Object(token.claims), expected);
}

#[tokio::test]
async fn keys_and_secrets_that_cannot_be_used_are_said_to_be() {
    const SECRET: &str = "it has no client secret";
    const KEY: &str = "its private key is no PKCS#8 in PEM for its algorithm";
    let key = |pem: &str, algorithm| {
        ClientAuthentication::PrivateKeyJwt(ClientKey {
            pem: Secret::new(pem),
            algorithm,
            id: None,
        })
    };
    let good = Signer::new(SigningAlgorithm::Es256, "x").client_key();
    let good = good.pem.expose();
    for (authentication, reason) in [
        (key("", SigningAlgorithm::Es256), KEY),
        (key("planted", SigningAlgorithm::Rs256), KEY),
        (
            key(&good.replace("PRIVATE", "PUBLIC"), SigningAlgorithm::Es256),
            KEY,
        ),
        (key(good, SigningAlgorithm::Rs256), KEY),
        (key(good, SigningAlgorithm::Es384), KEY),
        (key(good, SigningAlgorithm::EdDsa), KEY),
        (key(good, SigningAlgorithm::Hs256), KEY),
        (key(&good.replace('M', "!"), SigningAlgorithm::Es256), KEY),
    ] {
        let error = sent(client(authentication)).await.unwrap_err();
        assert_eq!(error, OAuthError::Settings(reason));
        shown(&error);
    }
    for authentication in [
        ClientAuthentication::SecretBasic,
        ClientAuthentication::SecretPost,
        ClientAuthentication::SecretJwt,
    ] {
        for secret in [None, Some(Secret::new(""))] {
            let mut client = client(authentication.clone());
            client.secret = secret;
            let error = sent(client).await.unwrap_err();
            assert_eq!(error, OAuthError::Settings(SECRET));
        }
    }
    // As environment variables hold it.
    let one_line = good.replace('\n', "\\n");
    assert!(
        sent(client(key(&one_line, SigningAlgorithm::Es256)))
            .await
            .is_ok()
    );
}
