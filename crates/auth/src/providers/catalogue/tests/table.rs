//! Every row against the facts of `@auth/core`.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};
use url::Url;

use super::{provider, tokens};
use crate::providers::catalogue;
use crate::providers::oauth::{
    ClientAuthentication, OAuthProvider, Profile, ProfileSource, Protocol, ResponseMode,
    SigningAlgorithm, TokenRequest,
};

const FACTS: &str = include_str!("../../../../tests/vectors/providers.json");

/// Where a row differs on purpose: service, fact, ours, why.
const DIFFERENCES: &[(&str, &str, &str, &str)] = &[
    (
        "azure-devops",
        "token",
        "https://app.vssps.visualstudio.com/oauth2/token",
        "Auth.js posts to the page where people agree",
    ),
    (
        "bungie",
        "userinfo",
        "https://www.bungie.net/Platform/User/GetMembershipsForCurrentUser/",
        "the address of Auth.js holds `{membershipId}`",
    ),
    ("bungie", "scope", "", "it has no scopes"),
    ("dribbble", "scope", "public", "Auth.js sends `undefined`"),
    (
        "figma",
        "scope",
        "current_user:read",
        "that of Auth.js is deprecated, and opens every file",
    ),
    ("hubspot", "parameters", "", "the id is sent once"),
    (
        "hubspot",
        "token",
        "https://api.hubapi.com/oauth/2026-03/token",
        "the addresses of Auth.js end on 16 February 2027",
    ),
    (
        "hubspot",
        "userinfo",
        "https://api.hubapi.com/oauth/2026-03/token/introspect",
        "the same; the token no longer stands in the address",
    ),
    (
        "notion",
        "parameters",
        "owner=user",
        "Auth.js sends `redirect_uri=undefined`; the rest is sent by the flow",
    ),
    (
        "notion",
        "userinfo",
        "https://api.notion.com/v1/users/me",
        "what Auth.js asks in code of its own",
    ),
    (
        "osso",
        "authorization",
        "https://issuer.example/oauth/authorize",
        "Auth.js forgets the slash",
    ),
    (
        "osso",
        "token",
        "https://issuer.example/oauth/token",
        "the same",
    ),
    (
        "osso",
        "userinfo",
        "https://issuer.example/oauth/me",
        "the same",
    ),
    (
        "strava",
        "parameters",
        "approval_prompt=auto",
        "`response_type` is sent by the flow",
    ),
    (
        "todoist",
        "userinfo",
        "https://api.todoist.com/api/v1/user",
        "the address of Auth.js is deprecated by the service",
    ),
    (
        "twitch",
        "parameters",
        r#"claims={"id_token":{"email":null,"email_verified":null,"picture":null,"preferred_username":null}}"#,
        "whether the address was checked is asked for too",
    ),
    (
        "wechat",
        "token",
        "https://api.weixin.qq.com/sns/oauth2/access_token",
        "id and secret are added when the request is made",
    ),
    (
        "workos",
        "parameters",
        "",
        "an empty `connection` is not sent",
    ),
    (
        "gitlab",
        "issuer",
        "https://gitlab.com",
        "one setting for a GitLab of one's own",
    ),
    (
        "workos",
        "issuer",
        "https://api.workos.com",
        "the option of Auth.js is called so",
    ),
    (
        "mattermost",
        "issuer",
        "https://issuer.example",
        "the option of Auth.js is called so",
    ),
    (
        "netsuite",
        "userinfo",
        "https://acct.restlets.example/x?script=1",
        "Auth.js has no setting for it",
    ),
];

/// Services that are known to refuse PKCE; where that is told stands in docs/design/catalogue.md. Auth.js sends none to them.
const WITHOUT_PKCE: &[&str] = &["linkedin", "slack", "wechat"];

fn facts() -> Vec<Value> {
    let facts: Value = serde_json::from_str(FACTS).unwrap();
    facts["providers"].as_array().unwrap().clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn joined<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<_> = pairs
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

/// What Auth.js knows of a service.
fn known(fact: &Value) -> BTreeMap<&'static str, String> {
    let mut known = BTreeMap::new();
    for member in [
        "name",
        "type",
        "issuer",
        "authorization",
        "token",
        "userinfo",
        "scope",
        "client_auth",
        "response_mode",
        "userinfo_alg",
        "id_token_alg",
        "profile_source",
        "color",
    ] {
        known.insert(member, text(&fact[member]));
    }
    let pairs = fact["parameters"].as_array().unwrap().iter();
    let pairs = pairs.map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()));
    known.insert("parameters", joined(pairs));
    known
}

/// The same of ours.
fn ours(provider: &OAuthProvider) -> BTreeMap<&'static str, String> {
    let pairs = provider.authorization.parameters.iter();
    let pairs = pairs.map(|(name, value)| (name.as_str(), value.as_str()));
    let scope = provider.scope.as_deref();
    let algorithm = |one: Option<SigningAlgorithm>| one.map_or("", SigningAlgorithm::name);
    let color = provider.style.brand_color.as_ref();
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    BTreeMap::from([
        ("name", provider.name.clone()),
        (
            "type",
            match provider.protocol {
                Protocol::OAuth2 => "oauth",
                Protocol::OpenIdConnect => "oidc",
            }
            .to_owned(),
        ),
        ("issuer", or_empty(&provider.issuer)),
        ("authorization", or_empty(&provider.authorization.url)),
        ("parameters", joined(pairs)),
        ("token", or_empty(&provider.token.url)),
        ("userinfo", or_empty(&provider.userinfo.url)),
        ("scope", scope.unwrap_or("openid profile email").to_owned()),
        (
            "client_auth",
            match provider.client.authentication {
                ClientAuthentication::SecretBasic => "client_secret_basic",
                ClientAuthentication::SecretPost => "client_secret_post",
                _ => "another",
            }
            .to_owned(),
        ),
        (
            "response_mode",
            match provider.response_mode {
                ResponseMode::FormPost => "form_post",
                ResponseMode::Query => "",
            }
            .to_owned(),
        ),
        (
            "userinfo_alg",
            algorithm(provider.client.userinfo_algorithm).to_owned(),
        ),
        (
            "id_token_alg",
            algorithm(provider.client.id_token_algorithm).to_owned(),
        ),
        (
            "profile_source",
            match provider.profile_source {
                ProfileSource::IdToken => "id_token",
                ProfileSource::UserInfo => "userinfo",
            }
            .to_owned(),
        ),
        ("color", color.map(ToString::to_string).unwrap_or_default()),
    ])
}

#[test]
fn every_row_is_what_auth_js_knows_but_for_the_differences_that_are_meant() {
    let mut differences = Vec::new();
    for fact in facts() {
        let id = text(&fact["id"]);
        let (known, ours) = (known(&fact), ours(&provider(&id)));
        for (member, expected) in known {
            if ours[member] != expected {
                differences.push((id.clone(), member, ours[member].clone()));
            }
        }
    }
    let mut meant: Vec<_> = DIFFERENCES
        .iter()
        .map(|(id, member, ours, _)| ((*id).to_owned(), *member, (*ours).to_owned()))
        .collect();
    differences.sort();
    meant.sort();
    assert_eq!(differences, meant);
}

#[test]
fn the_catalogue_has_every_service_of_auth_js_and_no_other() {
    let mut known: Vec<_> = facts().iter().map(|fact| text(&fact["id"])).collect();
    let mut ours: Vec<_> = catalogue::services().map(|service| service.id).collect();
    known.sort();
    ours.sort_unstable();
    assert_eq!(ours, known);
}

#[test]
fn every_check_of_auth_js_is_made_and_more() {
    for fact in facts() {
        let id = text(&fact["id"]);
        let provider = provider(&id);
        let checks = provider.checks;
        let asked = |name: &str| fact["checks"].as_array().unwrap().contains(&json!(name));
        assert!(checks.state, "{id}");
        assert_eq!(checks.pkce, !WITHOUT_PKCE.contains(&id.as_str()), "{id}");
        assert!(checks.pkce || !asked("pkce"), "{id}");
        // LinkedIn leaves the nonce out of its tokens.
        let has_nonce = provider.protocol == Protocol::OpenIdConnect && id != "linkedin";
        assert_eq!(checks.nonce, has_nonce, "{id}");
    }
}

/// RFC 7009: where tokens are given back without a discovery document that says it, as the services document it.
#[test]
fn tokens_are_given_back_where_services_say() {
    let known: Vec<(String, String)> = facts()
        .iter()
        .map(|fact| text(&fact["id"]))
        .filter_map(|id| Some((provider(&id).revocation.url?, id)))
        .map(|(url, id)| (id, url))
        .collect();
    let known: Vec<(&str, &str)> = known.iter().map(|(id, url)| (&**id, &**url)).collect();
    assert_eq!(
        known,
        [
            ("discord", "https://discord.com/api/oauth2/token/revoke"),
            ("eveonline", "https://login.eveonline.com/v2/oauth/revoke"),
            ("gitlab", "https://gitlab.com/oauth/revoke"),
            ("mastodon", "https://issuer.example/oauth/revoke"),
            ("reddit", "https://www.reddit.com/api/v1/revoke_token"),
            ("twitch", "https://id.twitch.tv/oauth2/revoke"),
            ("twitter", "https://api.x.com/2/oauth2/revoke"),
            ("zoom", "https://zoom.us/oauth/revoke"),
        ]
    );
}

#[test]
fn every_service_s_profile_is_read_as_by_auth_js() {
    for fact in facts() {
        let id = text(&fact["id"]);
        let provider = provider(&id);
        let samples = fact["samples"].as_array().unwrap();
        assert!(!samples.is_empty(), "{id}");
        for sample in samples {
            let read = provider
                .quirks
                .profile(&provider, &sample["profile"], &tokens(&json!({})));
            let Profile {
                id: identity,
                name,
                email,
                image,
                ..
            } = read.unwrap_or_else(|error| panic!("{id}: {error}"));
            assert_eq!(
                json!([identity, name, email, image]),
                sample["person"],
                "{id}"
            );
        }
    }
}

#[test]
fn a_profile_of_nobody_is_refused_by_every_service() {
    for service in catalogue::services() {
        let provider = provider(service.id);
        for nobody in [json!({}), json!([]), json!(null), json!({ "error": "x" })] {
            let read = provider
                .quirks
                .profile(&provider, &nobody, &tokens(&json!({})));
            assert!(read.is_err(), "{}", service.id);
        }
    }
}

/// RFC 9700 §4.3.2: addresses stand in logs. Those who take a token or a secret nowhere else are known by name.
#[test]
fn no_token_and_no_secret_stands_in_an_address_unless_the_service_takes_it_nowhere_else() {
    let given = tokens(&json!({ "openid": "o", "user_id": "u" }));
    let mut found = Vec::new();
    for service in catalogue::services() {
        let provider = provider(service.id);
        let mut asked = Request::get("https://api.example/me")
            .body(Bytes::new())
            .unwrap();
        provider
            .quirks
            .userinfo_request(&provider, &mut asked, &given);
        let mut addresses = asked.uri().to_string();
        for grant in ["code", "refresh_token"] {
            let mut exchanged = TokenRequest {
                method: Method::POST,
                address: Url::parse("https://id.example/token").unwrap(),
                form: vec![(grant.to_owned(), "planted-grant".to_owned())],
            };
            provider.quirks.token_request(&provider, &mut exchanged);
            addresses.push_str(exchanged.address.as_str());
        }
        let planted = [
            "access/token",
            "access%2Ftoken",
            "client-secret",
            "planted-",
        ];
        if planted.iter().any(|secret| addresses.contains(secret)) {
            found.push(service.id);
        }
    }
    found.sort_unstable();
    assert_eq!(found, ["foursquare", "wechat"]);
}

/// What a service says about the address, where it says anything.
#[test]
fn whether_an_address_was_checked_is_read_where_it_is_said() {
    let rows = [
        (
            "google",
            json!({ "sub": "1", "email_verified": true }),
            Some(true),
        ),
        (
            "google",
            json!({ "sub": "1", "email_verified": false }),
            Some(false),
        ),
        ("google", json!({ "sub": "1" }), None),
        (
            "apple",
            json!({ "sub": "1", "email_verified": "true" }),
            Some(true),
        ),
        (
            "discord",
            json!({ "id": "1", "verified": true }),
            Some(true),
        ),
        (
            "discord",
            json!({ "id": "1", "verified": false }),
            Some(false),
        ),
        (
            "dropbox",
            json!({ "account_id": "1", "email_verified": true }),
            Some(true),
        ),
        (
            "gitlab",
            json!({ "id": 1, "confirmed_at": "2026-01-01T00:00:00Z" }),
            Some(true),
        ),
        (
            "gitlab",
            json!({ "id": 1, "confirmed_at": null }),
            Some(false),
        ),
        (
            "kakao",
            json!({ "id": 1, "kakao_account": { "is_email_valid": true, "is_email_verified": true } }),
            Some(true),
        ),
        (
            "kakao",
            json!({ "id": 1, "kakao_account": { "is_email_valid": false, "is_email_verified": true } }),
            Some(false),
        ),
        (
            "eventbrite",
            json!({ "id": "1", "emails": [{ "primary": true, "email": "a", "verified": true }] }),
            Some(true),
        ),
        ("zoom", json!({ "id": "1", "verified": 1 }), Some(true)),
        // Of Entra ID only the claim about the domain counts.
        (
            "microsoft-entra-id",
            json!({ "sub": "1", "email_verified": true }),
            None,
        ),
        (
            "microsoft-entra-id",
            json!({ "sub": "1", "xms_edov": "1" }),
            Some(true),
        ),
        // Its documents say that nobody may rely on the address.
        (
            "spotify",
            json!({ "id": "1", "email_verified": true }),
            None,
        ),
        ("facebook", json!({ "id": "1", "verified": true }), None),
    ];
    for (id, profile, expected) in rows {
        let provider = provider(id);
        let read = provider
            .quirks
            .profile(&provider, &profile, &tokens(&json!({})));
        assert_eq!(read.unwrap().email_verified, expected, "{id} {profile}");
    }
}
