//! WeChat: names and places of its own for almost everything.
//!
//! Source: <https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html>

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http::header::AUTHORIZATION;
use serde_json::Value;

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

impl Quirks for WeChat {
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
