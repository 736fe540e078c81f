//! WeChat: names and places of its own for almost everything.
//!
//! Source: <https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html>,
//! <https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/Wechat_webpage_authorization.html>,
//! <https://developers.weixin.qq.com/doc/service/en/api/webdev/access/api_snsrefreshtoken.html>

use std::sync::Arc;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Method, Request};
use serde_json::Value;
use url::Url;

use super::readdress;
use crate::oauth::TokenSet;
use crate::providers::catalogue::CatalogueError;
use crate::providers::catalogue::entry::Settings;
use crate::providers::oauth::{OAuthProvider, Quirks, TokenAnswer, TokenRequest};

pub(in crate::providers::catalogue) fn adjust(
    provider: &mut OAuthProvider,
    settings: &Settings<'_>,
) -> Result<(), CatalogueError> {
    provider.quirks = Arc::new(WeChat);
    match settings.needed("platform")? {
        "OfficialAccount" => {}
        "WebsiteApp" => {
            let address = "https://open.weixin.qq.com/connect/qrconnect";
            provider.authorization.url = Some(address.to_owned());
            provider.scope = Some("snsapi_login".to_owned());
        }
        _ => return Err(settings.refuse("platform", "`OfficialAccount` or `WebsiteApp`")),
    }
    Ok(())
}

struct WeChat;

/// The parameters of the page where people agree, in their order.
const ORDER: [&str; 5] = ["appid", "redirect_uri", "response_type", "scope", "state"];

/// What is worth nothing any more: a code (wrong, used), a refresh token (wrong, too old, of a password that was changed). What
/// else may be wrong, as that it is busy (`-1`), may pass.
const ENDED: [i64; 5] = [40029, 40163, 40030, 42002, 42007];

/// The token of a request that asks for tokens anew.
fn refresh_token(form: &[(String, String)]) -> Option<String> {
    let mut form = form.iter();
    let (_, token) = form.find(|(name, _)| name == "refresh_token")?;
    Some(token.clone())
}

/// They are asked for beside the place where codes are exchanged, and without the secret.
fn refresh(client: &str, token: &str, request: &mut TokenRequest) {
    if let Ok(beside) = request.address.join("refresh_token") {
        request.address = beside;
    }
    let mut query = request.address.query_pairs_mut();
    query.append_pair("appid", client);
    query.append_pair("grant_type", "refresh_token");
    query.append_pair("refresh_token", token);
    drop(query);
    request.form.clear();
    request.method = Method::GET;
}

impl Quirks for WeChat {
    /// Letters and digits, 128 at most.
    fn wants_plain_state(&self) -> bool {
        true
    }

    /// The whole address is held against a pattern: these parameters in this order first, this fragment at its end. Our id stands
    /// there as `appid` alone.
    fn authorization(&self, address: &mut Url) {
        let mut pairs: Vec<(String, String)> = address.query_pairs().into_owned().collect();
        pairs.retain(|(name, _)| name != "client_id");
        let place = |name: &str| ORDER.iter().position(|known| *known == name);
        pairs.sort_by_key(|(name, _)| place(name).unwrap_or(ORDER.len()));
        address.query_pairs_mut().clear().extend_pairs(pairs);
        address.set_fragment(Some("wechat_redirect"));
    }

    /// SECURITY: id and secret, and a refresh token, stand in the address: the service takes them nowhere else.
    fn token_request(&self, provider: &OAuthProvider, request: &mut TokenRequest) {
        if let Some(token) = refresh_token(&request.form) {
            return refresh(&provider.client.id, &token, request);
        }
        let secret = provider.client.secret.as_ref();
        let secret = secret.map(|secret| secret.expose()).unwrap_or_default();
        let mut query = request.address.query_pairs_mut();
        query.append_pair("appid", &provider.client.id);
        query.append_pair("secret", secret);
    }

    /// It tells errors by number, with status 200.
    fn token_answer(&self, answer: &mut TokenAnswer) {
        let number = answer.body.get("errcode").and_then(Value::as_i64);
        if number.is_some_and(|number| ENDED.contains(&number)) {
            answer
                .body
                .insert("error".to_owned(), "invalid_grant".into());
        }
        answer.body.insert("token_type".to_owned(), "bearer".into());
    }

    fn userinfo_request(&self, _: &OAuthProvider, request: &mut Request<Bytes>, tokens: &TokenSet) {
        request.headers_mut().remove(AUTHORIZATION);
        let openid = tokens.others.get("openid").and_then(Value::as_str);
        readdress(request, |url| {
            let mut query = url.query_pairs_mut();
            query.append_pair("access_token", tokens.access_token.expose());
            query.append_pair("openid", openid.unwrap_or_default());
            query.append_pair("lang", "zh_CN");
        });
    }
}
