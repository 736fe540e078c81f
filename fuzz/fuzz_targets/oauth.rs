//! Any bytes as the answers of a service: nothing panics, and nobody is believed whom it did not name as the standards say.

#![no_main]

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hallpass_auth::environment::{Clock, Random};
use hallpass_auth::oauth::{CodeGrant, Identity, OAuth, OAuthError};
use hallpass_auth::outgoing::{Bounds, HttpClient, HttpError};
use hallpass_auth::providers::oauth::{OAuthClient, OAuthProvider, SigningAlgorithm};
use hallpass_auth::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, Response};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use sha2::Sha256;

const SECRET: &str = "a secret of at least thirty-two bytes";
const NONCE: &str = "nonce";

/// Answers at once with what it was given.
struct Given {
    document: Bytes,
    tokens: Bytes,
}

#[async_trait]
impl HttpClient for Given {
    async fn send(&self, request: Request<Bytes>, _: Bounds) -> Result<Response<Bytes>, HttpError> {
        let is_document = request.uri().path().starts_with("/.well-known/");
        let body = if is_document {
            &self.document
        } else {
            &self.tokens
        };
        Ok(Response::new(body.clone()))
    }
}

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

impl Random for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let raw = Bytes::copy_from_slice(bytes);
    let document = json!({
        "issuer": "https://id.example.com",
        "token_endpoint": "https://id.example.com/token",
        "jwks_uri": "https://id.example.com/keys",
    });
    let document = Bytes::from(document.to_string());
    // As the whole document, as the whole answer, as an unsigned token, and as signed claims.
    let _ = identify(raw.clone(), raw.clone());
    assert!(
        identify(document.clone(), raw).is_err(),
        "believed without a signature"
    );
    let token = String::from_utf8_lossy(bytes);
    assert!(
        identify(document.clone(), tokens(&token)).is_err(),
        "believed without a signature"
    );
    if let Ok(found) = identify(document, tokens(&signed(bytes))) {
        believed(bytes, &found);
    }
});

fn identify(document: Bytes, tokens: Bytes) -> Result<Identity, OAuthError> {
    let client = OAuthClient {
        id_token_algorithm: Some(SigningAlgorithm::Hs256),
        ..OAuthClient::new("client", Secret::new(SECRET))
    };
    let provider = OAuthProvider::oidc("example", "https://id.example.com", client);
    let http = Arc::new(Given { document, tokens });
    let oauth = OAuth::new(http, Arc::new(Fixed), Arc::new(Fixed));
    let grant = CodeGrant {
        code: "code",
        redirect_uri: "https://app.example.com/callback",
        verifier: None,
        nonce: Some(NONCE),
        posted_user: None,
    };
    let mut found = pin!(oauth.identify(&provider, grant));
    match found.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(found) => found,
        Poll::Pending => panic!("nothing here waits"),
    }
}

fn tokens(id_token: &str) -> Bytes {
    let answer = json!({ "access_token": "a", "token_type": "bearer", "id_token": id_token });
    Bytes::from(answer.to_string())
}

fn signed(claims: &[u8]) -> String {
    let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    let signed = format!("{}.{}", encode(br#"{"alg":"HS256"}"#), encode(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key will do");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", encode(&mac.finalize().into_bytes()))
}

fn believed(bytes: &[u8], found: &Identity) {
    let claims: Value = serde_json::from_slice(bytes).expect("claims that are no JSON");
    assert_eq!(claims["iss"], "https://id.example.com");
    assert_eq!(claims["nonce"], NONCE);
    assert_eq!(claims["sub"], found.profile.id.as_str());
    assert!(!found.profile.id.trim().is_empty());
    assert!(claims["exp"].as_f64().expect("no number") > -30.0);
    assert!(claims["iat"].as_f64().expect("no number") <= 30.0);
}
