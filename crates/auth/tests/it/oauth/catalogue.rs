//! Every service of the catalogue: where the browser is sent, held against the facts of `@auth/core`.

use std::collections::BTreeMap;

use hallpass_auth::providers::catalogue::{self, Registration};
use hallpass_auth::providers::oauth::OAuthProvider;
use hallpass_auth::secret::Secret;
use hallpass_auth::session::Strategy;
use serde_json::{Value, json};

use super::service::{app_of, back, parameter};
use crate::app::{Browser, ORIGIN, Setup};

const FACTS: &str = include_str!("../../vectors/providers.json");

/// Where the address differs on purpose; why stands in `providers/catalogue/tests/table.rs`.
const DIFFERENCES: &[(&str, &str, Option<&str>)] = &[
    ("bungie", "scope", Some("")),
    ("dribbble", "scope", Some("public")),
    ("figma", "scope", Some("current_user:read")),
    (
        "twitch",
        "claims",
        Some(
            r#"{"id_token":{"email":null,"email_verified":null,"picture":null,"preferred_username":null}}"#,
        ),
    ),
    ("workos", "connection", None),
    // It calls it `appid`.
    ("wechat", "client_id", None),
];

/// The facts, with an issuer of its own for every service that has none.
fn facts() -> Vec<Value> {
    let all: Value = serde_json::from_str(FACTS).unwrap();
    let all = all["providers"].as_array().unwrap().clone();
    let own = |fact: Value| {
        let id = fact["id"].as_str().unwrap().to_owned();
        let text = fact.to_string();
        let text = text.replace("https://issuer.example", &own_issuer(&id));
        serde_json::from_str(&text).unwrap()
    };
    all.into_iter().map(own).collect()
}

fn own_issuer(id: &str) -> String {
    format!("https://{id}.issuer.example")
}

fn provider(id: &str) -> OAuthProvider {
    let service = catalogue::services()
        .find(|service| service.id == id)
        .unwrap();
    let mut registration = Registration::new(
        "client-id",
        Secret::new("client-secret-as-long-as-signatures-need-it"),
    );
    if service.needs_issuer {
        registration = registration.issuer(own_issuer(id));
    }
    for option in service.options.iter().filter(|option| option.is_required()) {
        let value = match option.name {
            "account_id" => "acct",
            "userinfo" => "https://acct.restlets.example/x",
            _ => "key",
        };
        registration = registration.option(option.name, value);
    }
    catalogue::provider(id, &registration).unwrap()
}

fn expected(fact: &Value) -> BTreeMap<String, String> {
    let id = fact["id"].as_str().unwrap();
    let text = |member: &str| fact[member].as_str().unwrap_or_default().to_owned();
    let mut members = BTreeMap::from([("response_type".to_owned(), "code".to_owned())]);
    for pair in fact["parameters"].as_array().unwrap() {
        let [name, value] = [0, 1].map(|at| pair[at].as_str().unwrap().to_owned());
        members.insert(name, value);
    }
    members.insert("scope".to_owned(), text("scope"));
    members.insert("client_id".to_owned(), "client-id".to_owned());
    let callback = format!("{ORIGIN}/auth/callback/{id}");
    members.insert("redirect_uri".to_owned(), callback);
    if fact["response_mode"].is_string() {
        members.insert("response_mode".to_owned(), text("response_mode"));
    }
    for (_, name, value) in DIFFERENCES.iter().filter(|(other, ..)| *other == id) {
        match value {
            Some(value) => members.insert((*name).to_owned(), (*value).to_owned()),
            None => members.remove(*name),
        };
    }
    members
}

#[tokio::test]
async fn ghsa_9h47_pqcx_hjr4_every_service_is_asked_at_its_address_with_what_auth_js_asks_and_more_checks()
 {
    let facts = facts();
    let ids: Vec<&str> = facts
        .iter()
        .map(|fact| fact["id"].as_str().unwrap())
        .collect();
    let providers = ids.iter().map(|id| provider(id));
    let (app, service) = app_of(Setup::of(Strategy::Jwt), providers, |builder, _| builder);
    for fact in &facts {
        let id = fact["id"].as_str().unwrap();
        let issuer = fact["issuer"].as_str();
        let discovered = issuer.map(|issuer| format!("{}/there", issuer.trim_end_matches('/')));
        if let Some(issuer) = issuer {
            let document = format!(
                "{}/.well-known/openid-configuration",
                issuer.trim_end_matches('/')
            );
            let told = json!({
                "issuer": issuer, "authorization_endpoint": discovered,
                "token_endpoint": "https://discovered.example/token",
                "jwks_uri": "https://discovered.example/keys",
                "userinfo_endpoint": "https://discovered.example/me",
            });
            service.http.json(&document, &told);
        }
        let mut browser = Browser::new(&app);
        let url = browser.leave(id).await;
        let address = match fact["authorization"].as_str() {
            // Auth.js forgets the slash.
            Some(_) if id == "osso" => format!("{}/oauth/authorize", own_issuer(id)),
            Some(address) => address.to_owned(),
            None => discovered.unwrap(),
        };
        assert_eq!(
            url.as_str().split('?').next(),
            Some(address.as_str()),
            "{id}"
        );
        let mut asked: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(asked.len(), url.query_pairs().count(), "{id}: each once");
        let checks = ["state", "code_challenge", "nonce"].map(|name| asked.remove(name).is_some());
        let method = asked.remove("code_challenge_method");
        // GHSA-9h47-pqcx-hjr4: the strong method or none at all.
        assert_eq!(method.as_deref(), checks[1].then_some("S256"), "{id}");
        assert_eq!(asked, expected(fact), "{id}");
        for (at, name) in ["state", "pkce", "nonce"].iter().enumerate() {
            let needed = fact["checks"].as_array().unwrap().contains(&json!(name));
            assert!(checks[at] || !needed, "{id}: {name}");
        }
        assert!(checks[0], "{id}: state");
    }
}

/// Its documents: the address is held against a pattern, parameters and their order included, and the state has at most 128
/// letters and digits.
#[tokio::test]
async fn wechat_is_asked_by_the_pattern_of_its_documents() {
    let (app, service) = app_of(
        Setup::of(Strategy::Jwt),
        [provider("wechat")],
        |builder, _| builder,
    );
    let mut browser = Browser::new(&app);
    let url = browser.leave("wechat").await;
    let state = parameter(&url, "state").unwrap();
    assert!(state.len() <= 128 && state.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let callback = "http%3A%2F%2Flocalhost%3A3000%2Fauth%2Fcallback%2Fwechat";
    assert_eq!(
        url.as_str(),
        format!(
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid=client-id&redirect_uri={callback}&response_type=code\
             &scope=snsapi_userinfo&state={state}#wechat_redirect"
        )
    );
    let token = json!({ "access_token": "a", "expires_in": 7200, "openid": "o", "unionid": "u" });
    let place = "https://api.weixin.qq.com/sns/";
    service
        .http
        .json(&format!("{place}oauth2/access_token"), &token);
    service.http.json(
        &format!("{place}userinfo"),
        &json!({ "unionid": "u", "nickname": "Wei" }),
    );
    let mut stranger = Browser::new(&app);
    stranger.leave("wechat").await;
    stranger
        .get(&back("wechat", &url))
        .await
        .fails_with("error", "Configuration");
    browser
        .get(&back("wechat", &url))
        .await
        .leads_to(&format!("{ORIGIN}/done"));
    assert_eq!(browser.session().await["user"]["name"], "Wei");
}
