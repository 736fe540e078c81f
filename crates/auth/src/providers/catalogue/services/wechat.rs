//! WeChat: names and places of its own for almost everything.
//!
//! Source: <https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html>,
//! <https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/Wechat_webpage_authorization.html>

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http::header::AUTHORIZATION;
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

    /// SECURITY: id and secret stand in the address: the service takes them nowhere else.
    fn token_request(&self, provider: &OAuthProvider, request: &mut TokenRequest) {
        let secret = provider.client.secret.as_ref();
        let secret = secret.map(|secret| secret.expose()).unwrap_or_default();
        let mut query = request.address.query_pairs_mut();
        query.append_pair("appid", &provider.client.id);
        query.append_pair("secret", secret);
    }

    fn token_answer(&self, answer: &mut TokenAnswer) {
        answer.body.insert("token_type".to_owned(), "bearer".into());
    }

    fn userinfo_request(&self, request: &mut Request<Bytes>, tokens: &TokenSet) {
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
