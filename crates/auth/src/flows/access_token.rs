//! A token of another service for the application beside us, which is written in another language.
//!
//! SECURITY: two secrets are needed, and no browser has both: the person's session cookie, which the application passes on,
//! and a key that only servers have. Requests that a browser made are refused whatever they bring, so that no page, ours or
//! another's, reads a token. See docs/design/access-tokens.md.

use http::header::{AUTHORIZATION, ORIGIN};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::session::{self, Purpose, Request};
use crate::authenticated::SessionRead;
use crate::context::Context;
use crate::error::Error;
use crate::limit::LimitedAction;
use crate::linked::{self, AccessToken, AccessTokenError};
use crate::response::Reply;
use crate::secret::Secret;
use crate::time::iso_millis;
use crate::visit::Visit;

/// `POST access-token` with `provider`.
pub(crate) async fn give(ctx: &Context, visit: &Visit<'_>) -> Result<Reply, Error> {
    let reply = answer(ctx, visit).await?;
    Ok(reply.never_cached().leaves_base_cookies())
}

async fn answer(ctx: &Context, visit: &Visit<'_>) -> Result<Reply, Error> {
    let headers = visit.intake.headers;
    if is_of_browser(headers) {
        return Ok(refusal(StatusCode::FORBIDDEN, "Forbidden"));
    }
    let charge = ctx
        .limits
        .charge(LimitedAction::ServerKey, visit, None)
        .await?;
    if !has_key(headers, &ctx.linked.server_keys) {
        return Ok(refusal(StatusCode::FORBIDDEN, "Forbidden"));
    }
    ctx.limits.succeeded(charge).await;
    let read: SessionRead = session::read(ctx, Request::of(visit), Purpose::Know)
        .await?
        .into();
    let Some(session) = read.session else {
        return Ok(refusal(StatusCode::UNAUTHORIZED, "Unauthorized"));
    };
    let provider = visit.intake.body.text("provider").unwrap_or_default();
    Ok(
        match linked::access_token(ctx, session.user_id(), provider).await {
            Ok(token) => as_json(&token),
            Err(error) => refused(&error),
        },
    )
}

/// By what every browser of today adds to a POST, and no page can leave out.
fn is_of_browser(headers: &HeaderMap) -> bool {
    let names = headers.keys();
    headers.contains_key(ORIGIN)
        || names
            .into_iter()
            .any(|name| name.as_str().starts_with("sec-"))
}

/// Compared with every key, so that the time tells nothing of which is near.
fn has_key(headers: &HeaderMap, keys: &[Secret]) -> bool {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let Some((scheme, key)) = value.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return false;
    };
    let key = Secret::new(key.trim());
    let is_one = keys
        .iter()
        .fold(false, |found, known| found | (*known == key));
    is_one && scheme.eq_ignore_ascii_case("bearer")
}

fn as_json(token: &AccessToken) -> Reply {
    Reply::json(json!({
        "accessToken": token.token.expose(),
        "tokenType": token.token_type,
        "expiresAt": token.expires_at.map(iso_millis),
        "scope": token.scope,
        "providerAccountId": token.provider_account_id,
    }))
}

fn refused(error: &AccessTokenError) -> Reply {
    let (status, code) = match error {
        AccessTokenError::UnknownProvider => (StatusCode::NOT_FOUND, "UnknownProvider"),
        AccessTokenError::NotLinked => (StatusCode::NOT_FOUND, "NotLinked"),
        AccessTokenError::SignInAgain => (StatusCode::CONFLICT, "SignInAgain"),
        AccessTokenError::Away(_) => (StatusCode::BAD_GATEWAY, "Away"),
        AccessTokenError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "Busy"),
        AccessTokenError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "Unavailable"),
    };
    if let AccessTokenError::Store(cause) = error {
        tracing::error!("an access token could not be read: {cause}");
    }
    refusal(status, code)
}

fn refusal(status: StatusCode, code: &str) -> Reply {
    Reply::json(json!({ "error": code })).status(status)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let value = HeaderValue::from_bytes(value).unwrap();
            (http::HeaderName::from_static(name), value)
        });
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        headers
    }

    /// GHSA-xmf8-cvqr-rfgj: what is no bearer is no key, and no failure.
    #[test]
    fn ghsa_xmf8_cvqr_rfgj_only_one_whole_key_as_bearer_counts() {
        let keys = [Secret::new("first-key"), Secret::new("second-key")];
        let one = |value: &'static [u8]| headers(&[("authorization", value)]);
        for good in [
            &b"Bearer first-key"[..],
            b"bearer second-key",
            b"Bearer  first-key",
        ] {
            assert!(has_key(&one(good), &keys), "{good:?}");
        }
        for bad in [
            &b""[..],
            b"Bearer",
            b"Bearer ",
            b"Bearer %",
            b"Bearer first",
            b"Basic first-key",
            b"first-key",
            b"Bearer \xff",
        ] {
            assert!(!has_key(&one(bad), &keys), "{bad:?}");
        }
        let twice = headers(&[
            ("authorization", b"Bearer x"),
            ("authorization", b"Bearer first-key"),
        ]);
        assert!(!has_key(&twice, &keys));
        assert!(!has_key(&HeaderMap::new(), &keys));
        assert!(!has_key(&one(b"Bearer "), &[]));
    }

    #[test]
    fn browsers_are_known_by_what_they_add() {
        for of_browser in [
            ("origin", &b"https://app.example.com"[..]),
            ("sec-fetch-site", b"same-origin"),
            ("sec-fetch-mode", b"cors"),
            ("sec-ch-ua", b"x"),
        ] {
            assert!(is_of_browser(&headers(&[of_browser])));
        }
        assert!(!is_of_browser(&headers(&[
            ("cookie", b"a=b"),
            ("user-agent", b"node")
        ])));
    }
}
