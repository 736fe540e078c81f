//! Keys of services: kinds, rotation, and tokens of strangers.

use std::time::Duration;

use super::*;
use crate::oauth::jose::{Jws, KeySet};
use crate::outgoing::HttpError;

const BAD_SIGNATURE: OAuthError = OAuthError::Token("no key of the service signed it");

fn key_set(keys: &Value) -> KeySet {
    KeySet::read(keys.as_object().unwrap()).unwrap()
}

fn verifies(keys: &Value, token: &str) -> bool {
    let token = Jws::read(token, SigningAlgorithm::ALL).unwrap();
    key_set(keys).verifies(&token)
}

#[test]
fn every_algorithm_verifies_its_own_signatures_and_no_others() {
    let asymmetric = SigningAlgorithm::ALL
        .iter()
        .filter(|one| **one != SigningAlgorithm::Hs256);
    for &algorithm in asymmetric {
        let signer = Signer::new(algorithm, "key");
        let good = signer.sign(&claims());
        assert!(verifies(&signer.key_set(), &good), "{algorithm:?}");
        let other = Signer::new(algorithm, "key");
        assert!(!verifies(&other.key_set(), &good), "{algorithm:?}");
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let changed = signed.replacen('.', ".e30", 1);
        let read = Jws::read(&changed, SigningAlgorithm::ALL);
        assert!(read.is_err() || !verifies(&signer.key_set(), &format!("{changed}.{signature}")));
    }
}

/// RFC 7515 appendix A.2 and A.3, RFC 8037 appendix A.4 (whose payload is no JSON, and is left out here).
#[test]
fn the_signatures_of_the_standards_are_verified() {
    const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let rsa = json!({ "keys": [{ "kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ" }] });
    let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    assert!(verifies(
        &rsa,
        &format!("eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}.{signature}")
    ));
    let ec = json!({ "keys": [{
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }] });
    let signature =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    assert!(verifies(
        &ec,
        &format!("eyJhbGciOiJFUzI1NiJ9.{PAYLOAD}.{signature}")
    ));
}

#[test]
fn keys_for_something_else_verify_nothing() {
    let signer = Signer::new(SigningAlgorithm::Es256, "key");
    let good = signer.sign(&claims());
    let nameless = signer.sign_parts(r#"{"alg":"ES256"}"#, &claims().to_string());
    let changed = |name: &str, value: Value| {
        let mut set = signer.key_set();
        let key = set["keys"][0].as_object_mut().unwrap();
        match value {
            Value::Null => key.shift_remove(name),
            value => key.insert(name.to_owned(), value),
        };
        set
    };
    for (name, value, expected) in [
        ("use", json!(null), true),
        ("use", json!("enc"), false),
        ("use", json!(1), false),
        ("key_ops", json!(["verify"]), true),
        ("key_ops", json!(["sign", "verify"]), true),
        ("key_ops", json!(["encrypt"]), false),
        ("key_ops", json!("verify"), false),
        ("alg", json!(null), true),
        ("alg", json!("ES384"), false),
        ("alg", json!("HS256"), false),
        ("alg", json!("unheard-of"), false),
        ("kid", json!(null), false),
        ("kid", json!("other"), false),
        ("kid", json!(1), false),
        ("kty", json!("RSA"), false),
        ("kty", json!("oct"), false),
        ("crv", json!("P-384"), false),
        ("x", json!("AA"), false),
        ("x", json!("!"), false),
        ("y", json!(null), false),
        ("d", json!("AA"), true),
    ] {
        assert_eq!(
            verifies(&changed(name, value.clone()), &good),
            expected,
            "{name}: {value}"
        );
    }
    assert!(verifies(&changed("kid", json!(null)), &nameless));
    assert!(verifies(&signer.key_set(), &nameless));
    // A point that is not on the curve.
    let off = changed("y", signer.jwk()["x"].clone());
    assert!(!verifies(&off, &good));
}

/// Made once with openssl: two keys, and what each signed.
#[test]
fn rsa_keys_of_less_than_2048_bits_verify_nothing() {
    const SIGNED: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0";
    for (modulus, signature, expected) in [
        (
            "4_wOgMFGnrDRQv8PdmXFsdX-_seuL-YeghGb8zR7Su1O59sa6dOngTe9eNuKcQZTTCngGu5ltUTk2X5W-tg9j6xFvjnsiL_ANBEoNaRqChRNN7Tz3kbgs5yY5Jd4yulL_RBlj-nfE6kZxDVCZVdmxz95yzWWE4ruYpspd6vW2Xk",
            "PyI2jm6FGdpmOH4AikWAFEFZ2oyqTHNjqi5wrEV9OFyKNJM5YJxy054nPHjS2QWKUb4MJLw4v92jCCRXd3Rycdi_Qx1FS3g6U41jgqOjdevdaOBXVxzjHrEOvbi85PUnpbJPFrn9lRqHBB6KeYyjgc97X1LVlHa2tjv4jq9yZ34",
            false,
        ),
        (
            "h8UHzPBIvmVHbb6fNF6-iJXm_FQ49FY2aSonNnHVCdf7fojPoKlfMP679T8wK-wywmV3sm9Lpl3R0_OuZesa4VHaNRZgJsqiDWmFVTNiwtcsPuNfi-M2gJxnJlqavJREjMtIL6dFOW7w7ihY3tpyQVi0a_lGdRW937eDzn4Nz5E5TvafxqCRKrQoWWR8lDn-dZQ5Ay60Q0HmKTAXmzLlDGksAJxR7hIP4Y6yZ8AQ9CAWYZb7BM_YBjT0GdJB4hPhJ7FK9xWgTmaDDd7QQ50v7PCj_SNsiL2aukag8y_B5aSyOyaOOo-YHLcEi88n5mIpzdQaRqltevxFcH1s061KkQ",
            "b-8bbcPIQU3bFliHEKhTgbXfKRdSzfASFdAuYWTw9SDnRiOvcjrIUIxzTIRmBYRNRJOIV6CMn4rcqcZJrM8bupaoit3y_F4UYjtTq5cytBaGcA9mxfMc1WIcNK-XFf79nxsdVPmqrfgcGK8OLhBxbDTD1MVPhJzHn0JTENehslSjGR0hM--cvjiq-Gl4hViNG4kLuPRYGJxwmJ3IadrdfzwaqcUOGz4ynaA0O6kLzFrc9uhqySUtsORcuKK62U0YTVC8GsBIi0b5ugiySYvAVkbKh5Hh-QJZncLVpEAG9aAHxGYoZqj7c03_E3NVRtgQE5eQVyStzNzejKyniRWARQ",
            true,
        ),
    ] {
        let set = json!({ "keys": [{ "kty": "RSA", "n": modulus, "e": "AQAB" }] });
        assert_eq!(verifies(&set, &format!("{SIGNED}.{signature}")), expected);
    }
}

#[test]
fn what_is_no_key_set_is_none() {
    let many = json!({ "keys": vec![json!({}); 101] });
    for document in [
        json!({}),
        json!({ "keys": null }),
        json!({ "keys": {} }),
        many,
    ] {
        assert_eq!(
            KeySet::read(document.as_object().unwrap()),
            None,
            "{document}"
        );
    }
    let odd = json!({ "keys": [1, null, "x", {}, { "kty": 1 }, { "kty": "EC" }, { "kty": "RSA", "n": "" }] });
    assert_eq!(key_set(&odd), key_set(&json!({ "keys": [] })));
}

#[tokio::test]
async fn a_rotated_key_is_picked_up_at_once() {
    let bench = Bench::with_keys();
    bench.gives_claims(&claims());
    bench.identify(&provider()).await.unwrap();
    let next = Signer::new(SigningAlgorithm::Es256, "second");
    bench.http.forget(KEYS);
    bench.http.json(KEYS, &next.key_set());
    bench.clock.advance(Duration::from_secs(31));
    bench.gives(&next.sign(&claims()));
    bench.identify(&provider()).await.unwrap();
    assert_eq!(bench.http.requests_to(KEYS).len(), 2);
    // The key before is gone with its set.
    bench.gives_claims(&claims());
    assert_eq!(
        bench.identify(&provider()).await.unwrap_err(),
        BAD_SIGNATURE
    );
}

#[tokio::test]
async fn a_new_key_under_an_old_name_is_picked_up_too() {
    let bench = Bench::with_keys();
    bench.gives_claims(&claims());
    bench.identify(&provider()).await.unwrap();
    let next = Signer::new(SigningAlgorithm::Es256, "first");
    bench.http.forget(KEYS);
    bench.http.json(KEYS, &next.key_set());
    bench.clock.advance(Duration::from_secs(31));
    bench.gives(&next.sign(&claims()));
    bench.identify(&provider()).await.unwrap();
}

#[tokio::test]
async fn tokens_of_strangers_do_not_make_us_hammer_the_service() {
    let bench = Bench::with_keys();
    for number in 0..50 {
        let stranger = Signer::new(SigningAlgorithm::Es256, &format!("key-{number}"));
        let token = stranger.sign(&claims());
        let error = bench
            .oauth
            .logout_token(&provider(), &token)
            .await
            .unwrap_err();
        assert_eq!(error, BAD_SIGNATURE);
    }
    assert_eq!(bench.http.requests_to(KEYS).len(), 1);
    bench.clock.advance(Duration::from_secs(31));
    for _ in 0..10 {
        let stranger = Signer::new(SigningAlgorithm::Es256, "another");
        let token = stranger.sign(&claims());
        bench
            .oauth
            .logout_token(&provider(), &token)
            .await
            .unwrap_err();
    }
    assert_eq!(bench.http.requests_to(KEYS).len(), 2);
    assert_eq!(bench.http.requests_to(DOCUMENT).len(), 1);
}

#[tokio::test]
async fn known_keys_outlive_an_outage() {
    let bench = Bench::with_keys();
    bench.gives_claims(&claims());
    bench.identify(&provider()).await.unwrap();
    bench.http.forget(KEYS);
    bench.http.answer(KEYS, Err(HttpError::Timeout));
    bench.clock.advance(Duration::from_secs(2 * 60 * 60));
    let mut later = claims();
    later["exp"] = json!(NOW + 3 * 60 * 60);
    bench.gives_claims(&later);
    bench.identify(&provider()).await.unwrap();
}
