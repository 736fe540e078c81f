//! What a signed token says, and whether it says it of us, now.
//!
//! SECURITY: types are strict: a text where a number belongs is refused, not read (CVE-2026-54238).
//!
//! Source: contract authjs §5.3.5; OpenID Connect Core 1.0 §3.1.3.7; RFC 7519 §4.1.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::OAuthError;

/// How far the clocks of two machines may be apart, in seconds.
pub(super) const CLOCK_TOLERANCE: f64 = 30.0;

/// A subject is never longer (OpenID Connect Core 1.0 §2).
const MAX_SUBJECT_BYTES: usize = 255;

/// `iss`, which must be this character by character, and `aud`, in which we must be.
pub(super) fn check_parties(
    claims: &Map<String, Value>,
    issuer: &str,
    client: &str,
) -> Result<(), OAuthError> {
    if claims.get("iss").and_then(Value::as_str) != Some(issuer) {
        return Err(OAuthError::Token("its `iss` is another"));
    }
    check_audience(claims, client)
}

/// SPEC: of several audiences, `azp` says which one asked for the token.
fn check_audience(claims: &Map<String, Value>, client: &str) -> Result<(), OAuthError> {
    let others = OAuthError::Token("its `aud` is not us");
    match claims.get("aud") {
        Some(Value::String(one)) if one == client => Ok(()),
        Some(Value::Array(all)) if all.iter().all(Value::is_string) => {
            let named = all.iter().any(|one| one == client);
            let asked = all.len() == 1 || claims.get("azp").is_some_and(|azp| azp == client);
            match (named, asked) {
                (false, _) => Err(others),
                (true, false) => Err(OAuthError::Token("its `azp` is not us")),
                (true, true) => Ok(()),
            }
        }
        _ => Err(others),
    }
}

/// `exp` and `iat`, which must be there, and `nbf`.
pub(super) fn check_times(claims: &Map<String, Value>, now: Timestamp) -> Result<(), OAuthError> {
    let exp = required(claims, "exp", "its `exp` is no number")?;
    let iat = required(claims, "iat", "its `iat` is no number")?;
    check_end(exp, now)?;
    let latest = seconds(now) + CLOCK_TOLERANCE;
    if iat > latest {
        return Err(OAuthError::Token("it was made in the future"));
    }
    match optional(claims, "nbf", "its `nbf` is no number")? {
        Some(nbf) if nbf > latest => Err(OAuthError::Token("it is not valid yet")),
        _ => Ok(()),
    }
}

fn check_end(exp: f64, now: Timestamp) -> Result<(), OAuthError> {
    if exp <= seconds(now) - CLOCK_TOLERANCE {
        return Err(OAuthError::Token("it has expired"));
    }
    Ok(())
}

/// The same of a signed profile, where all of it may be missing (OpenID Connect Core 1.0 §5.3.2).
pub(super) fn check_present(
    claims: &Map<String, Value>,
    issuer: &str,
    client: &str,
    now: Timestamp,
) -> Result<(), OAuthError> {
    if claims.get("iss").is_some_and(|named| named != issuer) {
        return Err(OAuthError::Token("its `iss` is another"));
    }
    if claims.contains_key("aud") {
        check_audience(claims, client)?;
    }
    match optional(claims, "exp", "its `exp` is no number")? {
        Some(exp) => check_end(exp, now),
        None => Ok(()),
    }
}

/// Who it is about: a text that is neither empty nor too long (GHSA-5hvv-9cqv-894r, CVE-2026-82968).
pub(super) fn subject(claims: &Map<String, Value>) -> Option<&str> {
    let subject = claims.get("sub")?.as_str()?;
    is_subject(subject).then_some(subject)
}

/// Whether this can say who somebody is, and be kept as it is.
pub(super) fn is_subject(text: &str) -> bool {
    let fits = (1..=MAX_SUBJECT_BYTES).contains(&text.len());
    fits && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

pub(super) fn required(
    claims: &Map<String, Value>,
    name: &str,
    reason: &'static str,
) -> Result<f64, OAuthError> {
    optional(claims, name, reason)?.ok_or(OAuthError::Token(reason))
}

fn optional(
    claims: &Map<String, Value>,
    name: &str,
    reason: &'static str,
) -> Result<Option<f64>, OAuthError> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(OAuthError::Token(reason)),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds of our calendar are far below the numbers that lose digits"
)]
fn seconds(moment: Timestamp) -> f64 {
    moment.as_second() as f64
}
