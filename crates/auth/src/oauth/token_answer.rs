//! Reads the answer of a token endpoint.
//!
//! Source: contract authjs §5.3.4; RFC 6749 §5.1, §5.2.

use std::time::Duration;

use http::{Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::fetch::{self, Part};
use super::{OAuthError, TokenSet, json, refusal};
use crate::providers::oauth::{Quirks, TokenAnswer};
use crate::secret::Secret;

/// The tokens of an answer. Its `id_token` is not verified yet.
pub(super) fn read(
    answer: &Response<impl AsRef<[u8]>>,
    quirks: &dyn Quirks,
    now: Timestamp,
) -> Result<TokenSet, OAuthError> {
    let status = answer.status();
    let body = json::object(answer.body().as_ref()).ok_or(Part::TOKEN.strange(
        if status == StatusCode::OK {
            fetch::NO_OBJECT
        } else {
            fetch::NOT_OK
        },
    ))?;
    let mut answer = TokenAnswer { status, body };
    quirks.token_answer(&mut answer);
    if let Some(code) = refusal::of(&answer.body) {
        return Err(OAuthError::Refused { code });
    }
    if answer.status != StatusCode::OK {
        return Err(Part::TOKEN.strange(fetch::NOT_OK));
    }
    tokens(answer.body, now)
}

fn tokens(mut body: Map<String, Value>, now: Timestamp) -> Result<TokenSet, OAuthError> {
    let expires_in = expires_in(body.get("expires_in"))?;
    let mut take = |name: &str, reason| match body.shift_remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Part::TOKEN.strange(reason)),
    };
    let access_token = take("access_token", ACCESS_TOKEN)?;
    let token_type = take("token_type", TOKEN_TYPE)?;
    let refresh_token = take("refresh_token", REFRESH_TOKEN)?;
    let id_token = take("id_token", ID_TOKEN)?;
    let scope = take("scope", "its `scope` is no text")?;
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let access_token = filled(access_token).ok_or(Part::TOKEN.strange(ACCESS_TOKEN))?;
    let token_type = filled(token_type).ok_or(Part::TOKEN.strange(TOKEN_TYPE))?;
    if refresh_token.as_deref() == Some("") {
        return Err(Part::TOKEN.strange(REFRESH_TOKEN));
    }
    if id_token.as_deref() == Some("") {
        return Err(Part::TOKEN.strange(ID_TOKEN));
    }
    let token_type = token_type.to_ascii_lowercase();
    if !matches!(token_type.as_str(), "bearer" | "dpop") {
        return Err(Part::TOKEN.strange("its `token_type` is neither bearer nor dpop"));
    }
    Ok(TokenSet {
        access_token: Secret::new(access_token),
        token_type,
        expires_at: expires_in.map(|span| crate::time::after(now, span)),
        refresh_token: refresh_token.map(Secret::new),
        scope,
        id_token: id_token.map(Secret::new),
        others: body,
    })
}

const ACCESS_TOKEN: &str = "its `access_token` is no text";
const TOKEN_TYPE: &str = "its `token_type` is no text";
const REFRESH_TOKEN: &str = "its `refresh_token` is no text";
const ID_TOKEN: &str = "its `id_token` is no text";

/// Longer than any access token lives, and short enough for a column of 32 bits until 2028.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// A number of seconds, or a text that is one. Zero says nothing, as in Auth.js.
fn expires_in(value: Option<&Value>) -> Result<Option<Duration>, OAuthError> {
    let seconds = match value {
        None => return Ok(None),
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) if is_plain_number(text) => text.parse().ok(),
        Some(_) => None,
    };
    let seconds = seconds.filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
    let seconds = seconds.ok_or(Part::TOKEN.strange("its `expires_in` is no number"))?;
    let span = Duration::try_from_secs_f64(seconds.floor()).unwrap_or(LONGEST);
    Ok((!span.is_zero()).then(|| span.min(LONGEST)))
}

/// Digits, perhaps with a fraction: `parse` alone would take `inf` and `1e9` too.
fn is_plain_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        None => digits(text),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
    }
}
