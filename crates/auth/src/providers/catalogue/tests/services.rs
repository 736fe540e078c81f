//! What single services do differently.

use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Map, Value, json};
use url::Url;

use super::{provider, registration, tokens};
use crate::oauth::UserInfoCall;
use crate::outgoing::{Bounds, HttpClient, HttpError};
use crate::providers::catalogue;
use crate::providers::oauth::{ClientAuthentication, OAuthProvider, TokenAnswer, TokenRequest};

/// A server elsewhere: one answer, and the requests it got.
struct Elsewhere {
    status: u16,
    body: Bytes,
    asked: Mutex<Vec<Request<Bytes>>>,
}

impl Elsewhere {
    fn answering(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            body: body.into(),
            asked: Mutex::default(),
        }
    }

    fn addresses(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .map(|request| request.uri().to_string())
            .collect()
    }
}

#[async_trait]
impl HttpClient for Elsewhere {
    async fn send(
        &self,
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> Result<Response<Bytes>, HttpError> {
        self.asked.lock().unwrap().push(request);
        if self.body.len() > bounds.answer_bytes {
            return Err(HttpError::TooLarge(bounds.answer_bytes));
        }
        let answer = Response::builder().status(self.status);
        Ok(answer.body(self.body.clone()).unwrap())
    }
}

async fn complete(provider: &OAuthProvider, elsewhere: &Elsewhere, profile: Value) -> Value {
    let tokens = tokens(&json!({}));
    let call = UserInfoCall {
        http: elsewhere,
        provider,
        tokens: &tokens,
    };
    provider.quirks.complete(&call, profile).await.unwrap()
}

fn userinfo_request(id: &str, others: &Value) -> Request<Bytes> {
    let provider = provider(id);
    let address = provider.userinfo.url.as_deref().unwrap();
    let mut request = Request::get(address)
        .header("authorization", "Bearer access/token")
        .body(Bytes::new())
        .unwrap();
    provider
        .quirks
        .userinfo_request(&provider, &mut request, &tokens(others));
    request
}

fn token_request(id: &str, form: &[(&str, &str)]) -> TokenRequest {
    let provider = provider(id);
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut request = TokenRequest {
        method: Method::POST,
        address: Url::parse(provider.token.url.as_deref().unwrap()).unwrap(),
        form: form.iter().map(own).collect(),
    };
    provider.quirks.token_request(&provider, &mut request);
    request
}

fn token_answer(id: &str, status: u16, body: &Value) -> Value {
    let mut answer = TokenAnswer {
        status: StatusCode::from_u16(status).unwrap(),
        body: body.as_object().cloned().unwrap(),
    };
    provider(id).quirks.token_answer(&mut answer);
    Value::Object(answer.body)
}

#[tokio::test]
async fn github_s_address_is_the_shown_one_else_the_primary_one_and_is_verified_by_the_list() {
    let list = json!([
        { "email": "old@example.com", "primary": false, "verified": true },
        { "email": "main@example.com", "primary": true, "verified": true },
        { "email": "new@example.com", "primary": false, "verified": false },
    ]);
    let rows = [
        (json!({ "id": 1, "email": null }), "main@example.com", true),
        (json!({ "id": 1 }), "main@example.com", true),
        (
            json!({ "id": 1, "email": "Old@example.com" }),
            "Old@example.com",
            true,
        ),
        (
            json!({ "id": 1, "email": "new@example.com" }),
            "new@example.com",
            false,
        ),
    ];
    for (profile, address, verified) in rows {
        let api = Elsewhere::answering(200, list.to_string());
        let provider = provider("github");
        let profile = complete(&provider, &api, profile).await;
        let read = provider
            .quirks
            .profile(&provider, &profile, &tokens(&json!({})));
        let read = read.unwrap();
        assert_eq!(read.email.as_deref(), Some(address));
        assert_eq!(read.email_verified, Some(verified), "{address}");
        assert_eq!(api.addresses(), ["https://api.github.com/user/emails"]);
    }
}

#[tokio::test]
async fn github_without_a_list_verifies_nothing() {
    for (status, body) in [
        (404, "[]"),
        (200, "not json"),
        (200, "{}"),
        (200, "[]"),
        (200, "[1, null, {}]"),
    ] {
        let provider = provider("github");
        let api = Elsewhere::answering(status, body);
        // A member that the profile itself brings says nothing about an address of the list.
        let profile = json!({ "id": 1, "email": "a@example.com" });
        let profile = complete(&provider, &api, profile).await;
        let read = provider
            .quirks
            .profile(&provider, &profile, &tokens(&json!({})));
        assert_ne!(read.unwrap().email_verified, Some(true), "{status} {body}");
    }
}

#[test]
fn apple_s_form_tells_a_name_and_nothing_else() {
    let provider = provider("apple");
    let posted = |user: &str| {
        let mut claims = json!({ "sub": "1", "email": "real@example.com" });
        provider.quirks.posted_user(&mut claims, user);
        let read = provider
            .quirks
            .profile(&provider, &claims, &tokens(&json!({})));
        let read = read.unwrap();
        (read.id, read.name, read.email)
    };
    let real = |name: &str| {
        (
            "1".to_owned(),
            Some(name.to_owned()),
            Some("real@example.com".to_owned()),
        )
    };
    let forged = r#"{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"forged@example.com","sub":"2"}"#;
    assert_eq!(posted(forged), real("Ada Lovelace"));
    for user in [
        "",
        "null",
        "[]",
        "{\"name\":7}",
        &format!("{{\"name\":\"{}\"}}", "x".repeat(5000)),
    ] {
        assert_eq!(posted(user), real("real@example.com"), "{user}");
    }
}

#[test]
fn apple_s_secret_is_signed_by_us_where_the_key_is_given() {
    let key = "-----BEGIN PRIVATE KEY-----\\nplanted\\n-----END PRIVATE KEY-----";
    let registration = catalogue::Registration::without_secret("com.example.web")
        .option("team_id", "TEAM")
        .option("key_id", "KEY")
        .option("private_key", key);
    let provider = catalogue::apple(registration).unwrap();
    let ClientAuthentication::SignedSecret(secret) = &provider.client.authentication else {
        panic!("{provider:?}")
    };
    assert_eq!(
        (secret.issuer.as_str(), secret.audience.as_str()),
        ("TEAM", "https://appleid.apple.com")
    );
    assert_eq!(secret.key.id.as_deref(), Some("KEY"));
    assert_eq!(secret.key.pem.expose().lines().count(), 3);
    assert!(!format!("{secret:?} {:?}", provider.client).contains("planted"));
}

fn entra(issuer: &str, tenants: Option<&str>) -> OAuthProvider {
    let registration = registration("microsoft-entra-id").issuer(issuer);
    catalogue::microsoft_entra_id(match tenants {
        Some(tenants) => registration.option("tenants", tenants),
        None => registration,
    })
    .unwrap()
}

#[test]
fn cve_2026_75156_tokens_of_tenants_that_are_not_allowed_have_no_issuer() {
    const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
    const COMPANY: &str = "11111111-2222-3333-4444-555555555555";
    const OTHER: &str = "66666666-7777-8888-9999-aaaaaaaaaaaa";
    let base = "https://login.microsoftonline.com";
    let rows = [
        ("common", None, COMPANY, true),
        ("common", None, PERSONAL, true),
        ("common", None, "evil.example/x", false),
        ("common", None, "", false),
        ("common", Some(COMPANY), COMPANY, true),
        ("common", Some(COMPANY), OTHER, false),
        (
            "common",
            Some("11111111-2222-3333-4444-555555555555, 66666666-7777-8888-9999-AAAAAAAAAAAA"),
            OTHER,
            true,
        ),
        ("organizations", None, COMPANY, true),
        ("organizations", None, PERSONAL, false),
        ("consumers", None, PERSONAL, true),
        ("consumers", None, COMPANY, false),
        // The issuer of the metadata holds.
        (COMPANY, None, COMPANY, false),
        (COMPANY, None, OTHER, false),
    ];
    for (tenant, listed, token, allowed) in rows {
        let provider = entra(&format!("{base}/{tenant}/v2.0"), listed);
        let claims = Map::from_iter([("tid".to_owned(), json!(token))]);
        let expected = allowed.then(|| format!("{base}/{token}/v2.0"));
        let issuer = provider.quirks.issuer(&provider, &claims);
        assert_eq!(issuer, expected, "{tenant} {listed:?} {token}");
    }
    let provider = entra(&format!("{base}/common/v2.0"), None);
    for claims in [json!({}), json!({ "tid": 7 })] {
        let claims = claims.as_object().unwrap();
        assert_eq!(provider.quirks.issuer(&provider, claims), None);
    }
}

#[test]
fn entra_s_documents_for_several_tenants_are_ours_and_no_other() {
    let base = "https://login.microsoftonline.com";
    let rows = [
        ("common", "{tenantid}", true),
        ("organizations", "{tenantid}", true),
        ("consumers", "9188040d-6c67-4c5b-b112-36a304b66dad", true),
        ("common", "66666666-7777-8888-9999-aaaaaaaaaaaa", false),
        ("11111111-2222-3333-4444-555555555555", "{tenantid}", false),
    ];
    for (tenant, named, is_ours) in rows {
        let configured = format!("{base}/{tenant}/v2.0");
        let provider = entra(&configured, None);
        let named = format!("{base}/{named}/v2.0");
        let mut document = Map::from_iter([("issuer".to_owned(), json!(named))]);
        provider.quirks.metadata(&provider, &mut document);
        let expected = if is_ours { &configured } else { &named };
        assert_eq!(document["issuer"], json!(expected), "{tenant}");
    }
}

#[tokio::test]
async fn entra_s_picture_is_a_small_jpeg_or_none_and_never_what_a_claim_says() {
    let jpeg = b"\xff\xd8\xff\x07\x07".to_vec();
    let huge = [jpeg.clone(), vec![0; 4096]].concat();
    let rows: [(u16, Vec<u8>, Option<&str>); 4] = [
        (200, jpeg.clone(), Some("data:image/jpeg;base64,/9j/Bwc=")),
        (404, jpeg, None),
        (200, b"<svg/>".to_vec(), None),
        (200, huge, None),
    ];
    for (status, body, expected) in rows {
        let provider = provider("microsoft-entra-id");
        let graph = Elsewhere::answering(status, body);
        let claims = json!({ "sub": "1", "hallpass_picture": "javascript:alert(1)", "picture": "https://x.example" });
        let claims = complete(&provider, &graph, claims).await;
        let read = provider
            .quirks
            .profile(&provider, &claims, &tokens(&json!({})));
        assert_eq!(read.unwrap().image.as_deref(), expected);
        assert_eq!(
            graph.addresses(),
            ["https://graph.microsoft.com/v1.0/me/photos/48x48/$value"]
        );
    }
    let none = registration("microsoft-entra-id").option("photo_size", "0");
    let none = catalogue::microsoft_entra_id(none).unwrap();
    let graph = Elsewhere::answering(200, "");
    complete(&none, &graph, json!({ "sub": "1" })).await;
    assert!(graph.addresses().is_empty());
}

#[test]
fn requests_for_profiles_have_the_shape_that_each_service_asks_for() {
    let nothing = json!({});
    let asked = |id: &str, others: &Value| {
        let request = userinfo_request(id, others);
        let is_bearer = request.headers().contains_key("authorization");
        (request.uri().to_string(), is_bearer)
    };
    assert_eq!(
        asked("foursquare", &nothing),
        (
            "https://api.foursquare.com/v2/users/self?v=20230131&oauth_token=access%2Ftoken"
                .to_owned(),
            false
        )
    );
    assert_eq!(
        asked("hubspot", &nothing),
        (
            "https://api.hubapi.com/oauth/2026-03/token/introspect".to_owned(),
            false
        )
    );
    let introspection = userinfo_request("hubspot", &nothing);
    assert_eq!(introspection.method(), Method::POST);
    assert_eq!(
        introspection.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert_eq!(
        introspection.body(),
        "client_id=client-id&client_secret=client-secret&token=access%2Ftoken&token_type_hint=access_token"
    );
    assert_eq!(
        asked("wechat", &json!({ "openid": "o&1" })),
        (
            "https://api.weixin.qq.com/sns/userinfo?access_token=access%2Ftoken&openid=o%261&lang=zh_CN"
                .to_owned(),
            false
        )
    );
    for (user, address) in [
        ("ada", "https://issuer.example/ocs/v1.php/cloud/users/ada"),
        (
            "../x?y",
            "https://issuer.example/ocs/v1.php/cloud/users/..%2Fx%3Fy",
        ),
        ("..", "https://issuer.example/ocs/v1.php/cloud/users/"),
    ] {
        let others = json!({ "user_id": user });
        assert_eq!(asked("nextcloud", &others), (address.to_owned(), true));
    }
    assert_eq!(userinfo_request("dropbox", &nothing).method(), Method::POST);
    for (id, header, value) in [
        ("nextcloud", "ocs-apirequest", "true"),
        ("notion", "notion-version", "2022-06-28"),
        ("trakt", "trakt-api-version", "2"),
        ("trakt", "trakt-api-key", "client-id"),
        ("bungie", "x-api-key", "planted-key"),
    ] {
        let request = userinfo_request(id, &nothing);
        assert_eq!(request.headers()[header], value, "{id}");
    }
}

#[test]
fn token_requests_have_the_shape_that_each_service_asks_for() {
    let code = [
        ("grant_type", "authorization_code"),
        ("code", "c"),
        ("redirect_uri", "https://app.example/cb"),
    ];
    let wechat = token_request("wechat", &code);
    assert_eq!(
        wechat.address.as_str(),
        "https://api.weixin.qq.com/sns/oauth2/access_token?appid=client-id&secret=client-secret"
    );
    assert!(!format!("{wechat:?}").contains("secret"));
    let tiktok = token_request("tiktok", &code).form;
    assert!(tiktok.contains(&("client_key".to_owned(), "client-id".to_owned())));
    let azure = token_request("azure-devops", &code).form;
    let azure: Map<String, Value> = azure.into_iter().map(|(k, v)| (k, v.into())).collect();
    assert_eq!(
        Value::Object(azure),
        json!({
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": "client-secret",
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": "c",
            "redirect_uri": "https://app.example/cb",
        })
    );
    let proven = [("code", "c"), ("code_verifier", "v")];
    let azure = token_request("azure-devops", &proven).form;
    assert!(azure.contains(&("code_verifier".to_owned(), "v".to_owned())));
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "r")];
    let azure = token_request("azure-devops", &refresh).form;
    assert!(azure.contains(&("assertion".to_owned(), "r".to_owned())));
    assert!(azure.contains(&("grant_type".to_owned(), "refresh_token".to_owned())));
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "r&1")];
    let wechat = token_request("wechat", &refresh);
    assert_eq!(
        (wechat.method, wechat.address.as_str(), wechat.form),
        (
            Method::GET,
            "https://api.weixin.qq.com/sns/oauth2/refresh_token?appid=client-id&grant_type=refresh_token&refresh_token=r%261",
            vec![]
        )
    );
}

#[test]
fn token_answers_that_stray_from_the_standard_are_set_right() {
    let rows = [
        (
            "twitch",
            200,
            json!({ "access_token": "a", "scope": ["openid", "x"] }),
            json!({ "access_token": "a", "scope": "openid x" }),
        ),
        ("twitch", 200, json!({ "scope": 7 }), json!({})),
        (
            "twitch",
            400,
            json!({ "status": 400, "message": "no" }),
            json!({ "status": 400, "message": "no", "error": "invalid_request" }),
        ),
        (
            "twitch",
            400,
            json!({ "error": "invalid_grant" }),
            json!({ "error": "invalid_grant" }),
        ),
        (
            "wechat",
            200,
            json!({ "access_token": "a" }),
            json!({ "access_token": "a", "token_type": "bearer" }),
        ),
        (
            "wechat",
            200,
            json!({ "errcode": 42002, "errmsg": "refresh_token expired" }),
            json!({ "errcode": 42002, "errmsg": "refresh_token expired", "error": "invalid_grant", "token_type": "bearer" }),
        ),
        (
            "wechat",
            200,
            json!({ "errcode": 40030 }),
            json!({ "errcode": 40030, "error": "invalid_grant", "token_type": "bearer" }),
        ),
        (
            "wechat",
            200,
            json!({ "errcode": 42007 }),
            json!({ "errcode": 42007, "error": "invalid_grant", "token_type": "bearer" }),
        ),
        (
            "wechat",
            200,
            json!({ "errcode": -1, "errmsg": "system busy" }),
            json!({ "errcode": -1, "errmsg": "system busy", "token_type": "bearer" }),
        ),
        (
            "mailchimp",
            200,
            json!({ "access_token": "a", "expires_in": 0, "scope": null }),
            json!({ "access_token": "a", "expires_in": 0, "token_type": "bearer" }),
        ),
        (
            "vk",
            200,
            json!({ "access_token": "a", "token_type": "dpop" }),
            json!({ "access_token": "a", "token_type": "dpop" }),
        ),
        (
            "azure-devops",
            200,
            json!({ "access_token": "a", "token_type": "jwt-bearer" }),
            json!({ "access_token": "a", "token_type": "bearer" }),
        ),
    ];
    for (id, status, body, expected) in rows {
        assert_eq!(token_answer(id, status, &body), expected, "{id}");
    }
}

#[test]
fn vk_s_address_stands_beside_the_token() {
    let provider = provider("vk");
    let profile = json!({ "response": [{ "id": 7, "first_name": "Ada" }] });
    let beside = tokens(&json!({ "email": "ada@example.com" }));
    let read = provider
        .quirks
        .profile(&provider, &profile, &beside)
        .unwrap();
    assert_eq!(read.email.as_deref(), Some("ada@example.com"));
    assert_eq!(read.name.as_deref(), Some("Ada"));
}

#[test]
fn pictures_that_are_put_together_stay_on_the_service() {
    let image = |id: &str, profile: Value| {
        let provider = provider(id);
        let read = provider
            .quirks
            .profile(&provider, &profile, &tokens(&json!({})));
        read.unwrap().image
    };
    for avatar in ["../../x", "a\"onerror=", &"a".repeat(65)] {
        assert_eq!(
            image("discord", json!({ "id": "1", "avatar": avatar })),
            None
        );
    }
    let elsewhere = json!({ "response": { "user": { "id": "1", "photo": { "prefix": "javascript:", "suffix": "x" } } } });
    assert_eq!(image("foursquare", elsewhere), None);
    let odd = json!({ "id": "1", "default_avatar_id": "x?y=#z" });
    assert_eq!(
        image("yandex", odd).as_deref(),
        Some("https://avatars.yandex.net/get-yapic/x%3Fy%3D%23z/islands-200")
    );
}

#[test]
fn hubspot_s_word_on_a_token_that_ended_is_nobody() {
    let provider = provider("hubspot");
    let of = |profile: &Value| {
        let nothing = tokens(&json!({}));
        provider.quirks.profile(&provider, profile, &nothing)
    };
    let alive = of(&json!({ "active": true, "user_id": 7, "user": "ada@example.com" })).unwrap();
    assert_eq!(alive.id, "7");
    assert_eq!(alive.email.as_deref(), Some("ada@example.com"));
    let ended = json!({ "active": false, "user_id": 7, "user": "ada@example.com" });
    assert!(of(&ended).is_err());
}
