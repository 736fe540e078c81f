//! Tokens that say who signed in: those that fit, and all others with the exact error.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::*;
use crate::outgoing::HttpError;
use crate::providers::oauth::Quirks;

const BAD_SIGNATURE: &str = "no key of the service signed it";
const MALFORMED: &str = "it is no signed token";
const ALGORITHM: &str = "its algorithm is not allowed";

async fn refused(bench: &Bench, provider: &OAuthProvider) -> OAuthError {
    let error = bench.identify(provider).await.unwrap_err();
    shown(&error);
    error
}

#[tokio::test]
async fn claims_that_do_not_fit_are_refused() {
    const ISS: &str = "its `iss` is another";
    const AUD: &str = "its `aud` is not us";
    const AZP: &str = "its `azp` is not us";
    const EXP: &str = "its `exp` is no number";
    const IAT: &str = "its `iat` is no number";
    const NBF: &str = "its `nbf` is no number";
    const SUB: &str = "its `sub` says nobody";
    const NONCE: &str = "its `nonce` is another";
    let bench = Bench::with_keys();
    for (name, value, reason) in [
        ("iss", json!(null), ISS),
        ("iss", json!("https://evil.example"), ISS),
        ("iss", json!("https://id.example.com/"), ISS),
        ("iss", json!([ISSUER]), ISS),
        ("aud", json!(null), AUD),
        ("aud", json!("other"), AUD),
        ("aud", json!(""), AUD),
        ("aud", json!([]), AUD),
        ("aud", json!(["other"]), AUD),
        ("aud", json!(["client", 1]), AUD),
        ("aud", json!({ "client": true }), AUD),
        ("aud", json!(["client", "other"]), AZP),
        ("exp", json!(null), EXP),
        ("exp", json!("1767225900"), EXP),
        ("exp", json!(true), EXP),
        ("exp", json!(NOW - 30), "it has expired"),
        ("exp", json!(0), "it has expired"),
        ("exp", json!(-1), "it has expired"),
        ("iat", json!(null), IAT),
        ("iat", json!("1767225600"), IAT),
        ("iat", json!(NOW + 31), "it was made in the future"),
        ("nbf", json!("1767225600"), NBF),
        ("nbf", json!(NOW + 31), "it is not valid yet"),
        ("sub", json!(null), SUB),
        ("sub", json!(""), SUB),
        ("sub", json!("  "), SUB),
        ("sub", json!(7), SUB),
        ("sub", json!(["person-1"]), SUB),
        ("sub", json!("a\nb"), SUB),
        ("nonce", json!(null), NONCE),
        ("nonce", json!(""), NONCE),
        ("nonce", json!("other"), NONCE),
        ("nonce", json!([super::NONCE]), NONCE),
    ] {
        bench.gives_claims(&with(name, value.clone()));
        let error = refused(&bench, &provider()).await;
        assert_eq!(error, OAuthError::Token(reason), "{name}: {value}");
    }
}

#[tokio::test]
async fn claims_at_their_limits_are_believed() {
    let bench = Bench::with_keys();
    for (name, value) in [
        ("aud", json!(["client"])),
        ("exp", json!(NOW - 29)),
        ("exp", json!(1_767_225_900.5)),
        ("exp", json!(1e300)),
        ("iat", json!(NOW + 30)),
        ("iat", json!(0)),
        ("nbf", json!(NOW + 30)),
        ("sub", json!("x".repeat(255))),
    ] {
        bench.gives_claims(&with(name, value.clone()));
        assert!(bench.identify(&provider()).await.is_ok(), "{name}: {value}");
    }
    let mut several = with("aud", json!(["other", "client"]));
    several["azp"] = json!("client");
    bench.gives_claims(&several);
    assert!(bench.identify(&provider()).await.is_ok());
}

#[tokio::test]
async fn without_a_nonce_of_ours_none_may_be_there() {
    let bench = Bench::with_keys();
    let unasked = CodeGrant {
        nonce: None,
        ..grant()
    };
    bench.gives_claims(&claims());
    let error = bench
        .oauth
        .identify(&provider(), unasked)
        .await
        .unwrap_err();
    assert_eq!(
        error,
        OAuthError::Token("it has a `nonce` that nobody asked for")
    );
    bench.gives_claims(&with("nonce", json!(null)));
    assert!(bench.oauth.identify(&provider(), unasked).await.is_ok());
}

fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn hs256(secret: &[u8], header: &Value, claims: &Value) -> String {
    let signed = format!(
        "{}.{}",
        encode(&header.to_string()),
        encode(&claims.to_string())
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(signed.as_bytes());
    format!(
        "{signed}.{}",
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    )
}

#[tokio::test]
async fn rfc_8725_tokens_in_a_form_that_cannot_be_believed_are_refused() {
    let bench = Bench::with_keys();
    let claims = claims().to_string();
    let good = bench
        .signer
        .sign_parts(&bench.signer.header().to_string(), &claims);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let twice = claims.replacen('{', r#"{"sub":"someone-else","#, 1);
    let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(300), "]".repeat(300));
    let header = |text: &str| bench.signer.sign_parts(text, &claims);
    let body = |text: &str| {
        bench
            .signer
            .sign_parts(&bench.signer.header().to_string(), text)
    };
    let none = encode(r#"{"alg":"none"}"#);
    for (token, reason) in [
        ("a".to_owned(), MALFORMED),
        ("a.b".to_owned(), MALFORMED),
        ("..".to_owned(), MALFORMED),
        (signed.to_owned(), MALFORMED),
        (format!("{good}.x"), MALFORMED),
        (format!("{good}="), MALFORMED),
        (format!("{good}\n"), MALFORMED),
        (format!(" {good}"), MALFORMED),
        (header("no json"), MALFORMED),
        (header("[]"), MALFORMED),
        (header(r#"{"alg":"ES256","alg":"none"}"#), MALFORMED),
        (header(r#"{"alg":"ES256","kid":7}"#), MALFORMED),
        (body("no json"), MALFORMED),
        (body("[]"), MALFORMED),
        (body(&twice), MALFORMED),
        (body(&deep), MALFORMED),
        (header("{}"), ALGORITHM),
        (header(r#"{"alg":null}"#), ALGORITHM),
        (header(r#"{"alg":["ES256"]}"#), ALGORITHM),
        (header(r#"{"alg":"es256"}"#), ALGORITHM),
        (header(r#"{"alg":"none"}"#), ALGORITHM),
        (header(r#"{"alg":"PS512"}"#), ALGORITHM),
        (format!("{none}.{}.", encode(&claims)), ALGORITHM),
        (
            format!("{}.{}.", encode(r#"{"alg":"NONE"}"#), encode(&claims)),
            ALGORITHM,
        ),
        (
            header(r#"{"alg":"ES256","crit":["exp"],"exp":1}"#),
            "it has critical headers",
        ),
        (
            header(r#"{"alg":"ES256","crit":[]}"#),
            "it has critical headers",
        ),
        (
            header(r#"{"alg":"ES256","typ":"at+jwt"}"#),
            "it is made for another purpose",
        ),
        (
            header(r#"{"alg":"ES256","typ":"application/logout+jwt"}"#),
            "it is made for another purpose",
        ),
        (format!("{signed}."), BAD_SIGNATURE),
        (format!("{signed}.{}", encode("short")), BAD_SIGNATURE),
        (
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
            BAD_SIGNATURE,
        ),
        (
            format!("{}.{signature}", signed.replacen('.', "A.", 1)),
            MALFORMED,
        ),
        (header(r#"{"alg":"ES256","kid":"other"}"#), BAD_SIGNATURE),
        (header(r#"{"alg":"RS256"}"#), BAD_SIGNATURE),
    ] {
        bench.gives(&token);
        let error = refused(&bench, &provider()).await;
        assert_eq!(error, OAuthError::Token(reason), "{token}");
    }
    bench.gives("");
    let empty = refused(&bench, &provider()).await;
    assert!(matches!(empty, OAuthError::Answer { .. }), "{empty}");
    bench.gives(&"a".repeat(65 * 1024));
    assert_eq!(
        refused(&bench, &provider()).await,
        OAuthError::Token("it is too long")
    );
    bench.gives(&good);
    assert!(bench.identify(&provider()).await.is_ok());
}

#[tokio::test]
async fn rfc_8725_a_public_key_is_never_the_secret_of_an_hmac() {
    let bench = Bench::with_document();
    let signer = Signer::new(SigningAlgorithm::Rs256, "rsa");
    let mut set = signer.key_set();
    set["keys"][0].as_object_mut().unwrap().shift_remove("alg");
    bench.http.json(KEYS, &set);
    let jwk = signer.jwk();
    let header = json!({ "alg": "HS256", "kid": "rsa" });
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
    for secret in [
        modulus.as_slice(),
        jwk["n"].as_str().unwrap().as_bytes(),
        jwk.to_string().as_bytes(),
        SECRET.as_bytes(),
        b"",
    ] {
        bench.gives(&hs256(secret, &header, &claims()));
        assert_eq!(
            refused(&bench, &provider()).await,
            OAuthError::Token(ALGORITHM)
        );
    }
    // The same key, as it should be used.
    bench.gives(&signer.sign(&claims()));
    assert!(bench.identify(&provider()).await.is_ok());
}

#[tokio::test]
async fn keys_that_a_token_brings_along_are_not_read() {
    let bench = Bench::with_keys();
    let stranger = Signer::new(SigningAlgorithm::Es256, "first");
    let mut header = stranger.header();
    header["jwk"] = stranger.jwk();
    header["jku"] = json!("https://evil.example/keys");
    header["x5u"] = json!("https://evil.example/chain");
    bench.gives(&stranger.sign_parts(&header.to_string(), &claims().to_string()));
    assert_eq!(
        refused(&bench, &provider()).await,
        OAuthError::Token(BAD_SIGNATURE)
    );
    assert!(
        bench
            .http
            .requests()
            .iter()
            .all(|asked| asked.url.starts_with(ISSUER))
    );
}

#[tokio::test]
async fn an_hmac_is_taken_only_where_the_client_says_so() {
    let bench = Bench::with_document();
    let mut line = provider();
    line.client.id_token_algorithm = Some(SigningAlgorithm::Hs256);
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    bench.gives(&hs256(SECRET.as_bytes(), &header, &claims()));
    assert!(bench.identify(&line).await.is_ok());
    assert!(bench.http.requests_to(KEYS).is_empty());
    bench.gives(&hs256(
        b"another secret of more than 32 bytes",
        &header,
        &claims(),
    ));
    assert_eq!(
        refused(&bench, &line).await,
        OAuthError::Token(BAD_SIGNATURE)
    );
    bench.gives_claims(&claims());
    assert_eq!(refused(&bench, &line).await, OAuthError::Token(ALGORITHM));
    line.client.secret = Some(Secret::new("short"));
    bench.gives(&hs256(b"short", &header, &claims()));
    let weak = "its client secret is shorter than HS256 needs (32 bytes)";
    assert_eq!(refused(&bench, &line).await, OAuthError::Settings(weak));
}

#[tokio::test]
async fn without_a_published_list_only_rs256_is_taken() {
    let bench = Bench::new();
    let mut silent = document();
    silent
        .as_object_mut()
        .unwrap()
        .shift_remove("id_token_signing_alg_values_supported");
    bench.http.json(DOCUMENT, &silent);
    bench.http.json(KEYS, &bench.signer.key_set());
    bench.gives_claims(&claims());
    assert_eq!(
        refused(&bench, &provider()).await,
        OAuthError::Token(ALGORITHM)
    );
    let mut told = provider();
    told.client.id_token_algorithm = Some(SigningAlgorithm::Es256);
    assert!(bench.identify(&told).await.is_ok());
}

#[tokio::test]
async fn a_service_without_keys_signs_nobody_in() {
    let bench = Bench::new();
    let mut keyless = document();
    keyless.as_object_mut().unwrap().shift_remove("jwks_uri");
    bench.http.json(DOCUMENT, &keyless);
    bench.gives_claims(&claims());
    let reason = "the service publishes no keys";
    assert_eq!(
        refused(&bench, &provider()).await,
        OAuthError::Settings(reason)
    );
}

#[tokio::test]
async fn a_missing_id_token_is_said_to_be() {
    let bench = Bench::with_keys();
    bench.http.json(TOKEN, &tokens());
    let error = refused(&bench, &provider()).await;
    assert_eq!(error, OAuthError::Token("there is no id_token"));
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_are_said_to() {
    let bench = Bench::with_document();
    bench.gives_claims(&claims());
    bench.http.answer(KEYS, Err(HttpError::Timeout));
    let error = refused(&bench, &provider()).await;
    let cause = HttpError::Timeout;
    let endpoint = "key set";
    assert_eq!(error, OAuthError::Http { endpoint, cause });
}

/// One issuer for each tenant; two are allowed.
struct Tenants;

impl Quirks for Tenants {
    fn issuer(&self, _: &OAuthProvider, claims: &serde_json::Map<String, Value>) -> Option<String> {
        let tenant = claims.get("tid")?.as_str()?;
        let allowed = ["a", "b"].contains(&tenant);
        allowed.then(|| format!("{ISSUER}/{tenant}"))
    }
}

#[tokio::test]
async fn cve_2026_75156_a_tenant_speaks_for_itself_alone() {
    let bench = Bench::with_keys();
    let tenant = Signer::new(SigningAlgorithm::Es256, "tenant");
    let keys = "https://id.example.com/a/keys";
    let mut its_document = document();
    its_document["issuer"] = json!("https://id.example.com/a");
    its_document["jwks_uri"] = json!(keys);
    bench.http.json(
        "https://id.example.com/a/.well-known/openid-configuration",
        &its_document,
    );
    bench.http.json(keys, &tenant.key_set());
    let provider = provider().quirks(Tenants);

    let mut own = claims();
    own["tid"] = json!("a");
    own["iss"] = json!("https://id.example.com/a");
    bench.gives(&tenant.sign(&own));
    assert!(bench.identify(&provider).await.is_ok());

    // Signed by another tenant, or by the service itself.
    bench.gives_claims(&own);
    assert_eq!(
        refused(&bench, &provider).await,
        OAuthError::Token(BAD_SIGNATURE)
    );
    // Says one tenant and another issuer.
    own["iss"] = json!(ISSUER);
    bench.gives(&tenant.sign(&own));
    assert_eq!(
        refused(&bench, &provider).await,
        OAuthError::Token("its `iss` is another")
    );
    // Not allowed, and therefore not asked for.
    own["tid"] = json!("c");
    own["iss"] = json!("https://id.example.com/c");
    bench.gives(&tenant.sign(&own));
    assert_eq!(
        refused(&bench, &provider).await,
        OAuthError::Token("its `iss` is another")
    );
    let asked = bench.http.requests();
    assert!(asked.iter().all(|asked| !asked.url.contains("/c/")));
}

#[tokio::test]
async fn cve_2026_75156_people_of_every_allowed_tenant_of_entra_sign_in() {
    use crate::providers::catalogue::{self, Registration};
    const BEFORE: &str = "https://login.microsoftonline.com/";
    const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
    const WORK: &str = "11111111-2222-4333-8444-555555555555";
    let registration = Registration::new("client", Secret::new(SECRET));
    let provider = catalogue::provider("microsoft-entra-id", &registration).unwrap();
    let bench = Bench::new();
    let publish = |tenant: &str, issuer: &str, keys: &str| {
        let place = format!("{BEFORE}{tenant}/v2.0/.well-known/openid-configuration");
        let mut document = document();
        document["issuer"] = json!(format!("{BEFORE}{issuer}/v2.0"));
        document["jwks_uri"] = json!(keys);
        bench.http.json(&place, &document);
    };
    let work = Signer::new(SigningAlgorithm::Es256, "work");
    publish(
        "common",
        "{tenantid}",
        "https://login.microsoftonline.com/common/keys",
    );
    publish(PERSONAL, PERSONAL, KEYS);
    publish(WORK, WORK, "https://id.example.com/work-keys");
    bench.http.json(KEYS, &bench.signer.key_set());
    bench
        .http
        .json("https://id.example.com/work-keys", &work.key_set());
    for (tenant, signer, known) in [
        (PERSONAL, &bench.signer, true),
        (WORK, &work, true),
        (PERSONAL, &work, false),
        (WORK, &bench.signer, false),
    ] {
        let mut own = with("nonce", json!(null));
        own["tid"] = json!(tenant);
        own["iss"] = json!(format!("{BEFORE}{tenant}/v2.0"));
        bench.gives(&signer.sign(&own));
        let unasked = CodeGrant {
            nonce: None,
            ..grant()
        };
        let found = bench.oauth.identify(&provider, unasked).await;
        match found {
            Ok(_) => assert!(known, "{tenant}"),
            Err(error) => {
                assert!(!known, "{tenant}: {error}");
                assert_eq!(error, OAuthError::Token(BAD_SIGNATURE));
            }
        }
    }
}

#[tokio::test]
async fn ghsa_9wqv_qhrh_87f4_a_token_does_not_choose_its_issuer() {
    let bench = Bench::with_keys();
    let evil = Signer::new(SigningAlgorithm::Es256, "evil");
    let place = "https://evil.example/.well-known/openid-configuration";
    let mut its_document = document();
    its_document["issuer"] = json!("https://evil.example");
    its_document["jwks_uri"] = json!("https://evil.example/keys");
    bench.http.json(place, &its_document);
    bench
        .http
        .json("https://evil.example/keys", &evil.key_set());
    bench.gives(&evil.sign(&with("iss", json!("https://evil.example"))));
    assert_eq!(
        refused(&bench, &provider()).await,
        OAuthError::Token("its `iss` is another")
    );
    bench.gives(&evil.sign(&claims()));
    assert_eq!(
        refused(&bench, &provider()).await,
        OAuthError::Token(BAD_SIGNATURE)
    );
    assert!(
        bench
            .http
            .requests()
            .iter()
            .all(|asked| asked.url.starts_with(ISSUER))
    );
}

#[tokio::test]
async fn cve_2026_15943_the_client_secret_goes_to_its_own_service_alone() {
    let bench = Bench::with_keys();
    // An allowed issuer of the same provider that names a token endpoint of its own.
    let tenant = Signer::new(SigningAlgorithm::Es256, "tenant");
    let mut its_document = document();
    its_document["issuer"] = json!("https://id.example.com/a");
    its_document["token_endpoint"] = json!("https://evil.example/token");
    its_document["jwks_uri"] = json!("https://id.example.com/a/keys");
    bench.http.json(
        "https://id.example.com/a/.well-known/openid-configuration",
        &its_document,
    );
    bench
        .http
        .json("https://id.example.com/a/keys", &tenant.key_set());
    let mut own = claims();
    own["tid"] = json!("a");
    own["iss"] = json!("https://id.example.com/a");
    bench.gives(&tenant.sign(&own));
    let provider = provider().quirks(Tenants);
    for _ in 0..2 {
        bench.identify(&provider).await.unwrap();
    }
    assert!(
        bench
            .http
            .requests()
            .iter()
            .all(|asked| asked.url.starts_with(ISSUER))
    );

    // A document that speaks for another issuer is not read at all.
    let bench = Bench::new();
    let mut forged = document();
    forged["issuer"] = json!("https://evil.example");
    forged["token_endpoint"] = json!("https://evil.example/token");
    bench.http.json(DOCUMENT, &forged);
    bench.identify(&super::provider()).await.unwrap_err();
    assert_eq!(bench.http.requests().len(), 1);
}

#[tokio::test]
async fn cve_2026_53513_endpoints_of_a_document_lead_to_no_private_network() {
    for (member, part) in [
        ("token_endpoint", "token endpoint"),
        ("jwks_uri", "key set"),
    ] {
        for address in [
            "https://127.0.0.1/x",
            "https://[::1]/x",
            "https://169.254.169.254/x",
        ] {
            let bench = Bench::new();
            let mut document = document();
            document[member] = json!(address);
            bench.http.json(DOCUMENT, &document);
            bench.http.json(KEYS, &bench.signer.key_set());
            bench.gives_claims(&claims());
            let expected = OAuthError::Http {
                endpoint: part,
                cause: HttpError::Forbidden,
            };
            assert_eq!(refused(&bench, &provider()).await, expected, "{address}");
        }
    }
}
