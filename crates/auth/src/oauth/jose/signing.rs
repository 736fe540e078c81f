//! Signs tokens for ourselves: assertions by which services know us.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
    RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::oauth::OAuthError;
use crate::providers::oauth::{ClientKey, SigningAlgorithm};
use crate::secret::Secret;

/// The claims as a token that our key signed.
///
/// The library draws the random numbers of a signature from the operating system itself; it takes no others.
pub(in crate::oauth) fn sign(key: &ClientKey, claims: &Value) -> Result<String, OAuthError> {
    let mut header = json!({ "alg": key.algorithm.name(), "typ": "JWT" });
    if let (Some(id), Value::Object(header)) = (&key.id, &mut header) {
        header.insert("kid".to_owned(), json!(id));
    }
    let signed = signed_part(&header, claims);
    let signature = signature(key, signed.as_bytes())?;
    Ok(with_signature(&signed, &signature))
}

/// The claims as a token signed with a secret (HS256).
pub(in crate::oauth) fn sign_with_secret(
    secret: &Secret,
    claims: &Value,
) -> Result<String, OAuthError> {
    let signed = signed_part(&json!({ "alg": "HS256", "typ": "JWT" }), claims);
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes());
    let mut mac = mac.map_err(|_| OAuthError::Settings("its client secret is no key"))?;
    mac.update(signed.as_bytes());
    let signature = mac.finalize().into_bytes();
    Ok(with_signature(&signed, &signature))
}

fn signed_part(header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

fn with_signature(signed: &str, signature: &[u8]) -> String {
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn signature(key: &ClientKey, message: &[u8]) -> Result<Vec<u8>, OAuthError> {
    use SigningAlgorithm as A;
    let der = der(&key.pem).ok_or(BAD_KEY)?;
    match key.algorithm {
        A::Rs256 => by_rsa(&der, &RSA_PKCS1_SHA256, message),
        A::Rs384 => by_rsa(&der, &RSA_PKCS1_SHA384, message),
        A::Rs512 => by_rsa(&der, &RSA_PKCS1_SHA512, message),
        A::Ps256 => by_rsa(&der, &RSA_PSS_SHA256, message),
        A::Ps384 => by_rsa(&der, &RSA_PSS_SHA384, message),
        A::Ps512 => by_rsa(&der, &RSA_PSS_SHA512, message),
        A::Es256 => by_ecdsa(&der, &ECDSA_P256_SHA256_FIXED_SIGNING, message),
        A::Es384 => by_ecdsa(&der, &ECDSA_P384_SHA384_FIXED_SIGNING, message),
        A::EdDsa => {
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|_| BAD_KEY)?;
            Ok(pair.sign(message).as_ref().to_vec())
        }
        A::Hs256 => Err(BAD_KEY),
    }
}

const BAD_KEY: OAuthError =
    OAuthError::Settings("its private key is no PKCS#8 in PEM for its algorithm");

fn by_rsa(
    der: &[u8],
    encoding: &'static dyn RsaEncoding,
    message: &[u8],
) -> Result<Vec<u8>, OAuthError> {
    let pair = RsaKeyPair::from_pkcs8(der).map_err(|_| BAD_KEY)?;
    let mut signature = vec![0; pair.public_modulus_len()];
    let signed = pair.sign(encoding, &SystemRandom::new(), message, &mut signature);
    signed.map_err(|_| BAD_KEY)?;
    Ok(signature)
}

fn by_ecdsa(
    der: &[u8],
    algorithm: &'static EcdsaSigningAlgorithm,
    message: &[u8],
) -> Result<Vec<u8>, OAuthError> {
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, der).map_err(|_| BAD_KEY)?;
    let signature = pair.sign(&SystemRandom::new(), message);
    Ok(signature.map_err(|_| BAD_KEY)?.as_ref().to_vec())
}

/// What stands between the two lines of a PEM file. Line ends may be written as `\n`, as environment variables hold them.
fn der(pem: &Secret) -> Option<Zeroizing<Vec<u8>>> {
    let text = Zeroizing::new(pem.expose().replace("\\n", "\n"));
    let (_, rest) = text.split_once("-----BEGIN PRIVATE KEY-----")?;
    let (body, _) = rest.split_once("-----END PRIVATE KEY-----")?;
    let body: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
    STANDARD.decode(body.as_bytes()).ok().map(Zeroizing::new)
}
