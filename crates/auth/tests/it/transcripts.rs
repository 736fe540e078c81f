//! The recorded exchanges of the real library, replayed: status, headers, cookies and body must be the same to the
//! byte. Randomness is replayed too, so even sealed tokens are.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use bytes::Bytes;
use hallpass_auth::Auth;
use hallpass_auth::callbacks::SignInDecision;
use hallpass_auth::environment::Random;
use hallpass_auth::jwe::Keys;
use hallpass_auth::origin::HostTrust;
use hallpass_auth::providers::oauth::{Checks, OAuthClient, OAuthProvider, ProviderStyle};
use hallpass_auth::providers::{AuthorizeError, Authorized, CredentialField, CredentialsProvider};
use hallpass_auth::secret::Secret;
use hallpass_auth::testing::http::ScriptedHttp;
use hallpass_auth::time::iso_millis;
use http::Request;
use serde_json::{Map, Value, json};

use crate::app::{Answer, App, START, Setup, secrets};
use crate::html;

static EXCHANGES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let vectors: Value = serde_json::from_str(include_str!("../vectors/authjs.json")).unwrap();
    vectors["http"]["transcripts"].as_array().unwrap().clone()
});

/// How the application of an exchange is set up. Exchanges under one name follow each other in one application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    /// Database sessions, a mail provider `nodemailer`.
    Mail,
    /// Sessions in the cookie.
    Tokens,
    /// A mail provider named `github`; only what comes before its flow is exchanged.
    GitHub,
    /// Providers `github`, with PKCE alone, and `credentials`; no store.
    Service,
    /// A provider `github`, with PKCE alone, and a store that knows the address.
    KnownAddress,
    /// The host of requests is not trusted.
    Untrusted,
    /// A provider `credentials` with the application's own judge.
    Credentials,
    /// The same, and the application lets nobody in.
    CredentialsDenied,
    /// Needs CSRF protection switched off, which is not built.
    NotHere,
}

fn stage(name: &str) -> Stage {
    match name {
        "csrf disabled" => Stage::NotHere,
        "providers" | "signin page" | "signin page error" => Stage::Service,
        "oauth account-not-linked (email known)" | "oauth callback email belongs to other user" => {
            Stage::KnownAddress
        }
        "oauth callback unknown provider" => Stage::Mail,
        "signin missing csrf" | "signin missing csrf json" => Stage::GitHub,
        "session jwt" | "session update" | "session garbage cookie" | "signout" => Stage::Tokens,
        "untrusted host" => Stage::Untrusted,
        "credentials denied by signIn callback" => Stage::CredentialsDenied,
        name if name.starts_with("credentials ") => Stage::Credentials,
        name if name.starts_with("oauth ") => Stage::Service,
        _ => Stage::Mail,
    }
}

/// Gives the bytes it was told to give.
#[derive(Default)]
struct Script(Mutex<VecDeque<u8>>);

impl Script {
    fn put(&self, bytes: impl IntoIterator<Item = u8>) {
        *self.0.lock().unwrap() = bytes.into_iter().collect();
    }
}

impl Random for Script {
    fn fill(&self, bytes: &mut [u8]) {
        let mut script = self.0.lock().unwrap();
        for byte in bytes {
            // Where the recording drew nothing the value is never seen.
            *byte = script.pop_front().unwrap_or_default();
        }
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| *byte != b'-')
        .map(|byte| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap())
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] * 16 + pair[1])
        .collect()
}

/// What the recording drew, read off what it produced.
fn drawn(exchange: &Value) -> Vec<u8> {
    let response = &exchange["response"];
    let effects = &exchange["side_effects"];
    if let Some(token) = effects["sent"]["token"].as_str() {
        // The id of a user who is not stored comes first.
        return [vec![0; 16], hex(token)].concat();
    }
    if let Some(user) = effects["users"][0]["id"].as_str() {
        let session = effects["sessions"][0]["sessionToken"].as_str().unwrap();
        return [hex(user), hex(session)].concat();
    }
    for cookie in response["set_cookie"].as_array().unwrap() {
        let (name, rest) = cookie.as_str().unwrap().split_once('=').unwrap();
        let value = rest.split(';').next().unwrap();
        if name.ends_with("pkce.code_verifier") && !value.is_empty() {
            let claims = opened(name, value);
            let verifier = BASE64.decode(claims["value"].as_str().unwrap()).unwrap();
            return [verifier, hex(claims["jti"].as_str().unwrap()), iv(value)].concat();
        }
        if name.ends_with("csrf-token") {
            return hex(value.split('%').next().unwrap());
        }
        if name.ends_with("session-token") && value.starts_with("eyJ") {
            let claims = opened(name, value);
            let jti = hex(claims["jti"].as_str().unwrap());
            // Without a store somebody who comes by a service gets a new id each time.
            let id = claims["sub"].as_str().map(hex_id).unwrap_or_default();
            return [id, jti, iv(value)].concat();
        }
    }
    Vec::new()
}

/// What stands in a sealed cookie.
fn opened(name: &str, token: &str) -> Map<String, Value> {
    let keys = Keys::derive(&secrets(), name);
    keys.decode(token, START.parse().unwrap()).unwrap()
}

fn iv(token: &str) -> Vec<u8> {
    BASE64.decode(token.split('.').nth(2).unwrap()).unwrap()
}

/// The bytes of an id that was drawn; none of one that was not.
fn hex_id(id: &str) -> Vec<u8> {
    if id.len() == 36 { hex(id) } else { Vec::new() }
}

struct Replay {
    apps: HashMap<Stage, (App, Arc<Script>)>,
}

impl Replay {
    fn app(&mut self, stage: Stage) -> &(App, Arc<Script>) {
        self.apps.entry(stage).or_insert_with(|| {
            let script = Arc::new(Script::default());
            let mut setup = match stage {
                Stage::Tokens | Stage::Credentials | Stage::CredentialsDenied => Setup::jwt(),
                _ => Setup::default(),
            };
            setup.random = script.clone();
            if stage == Stage::Service {
                return (service(script.clone()), script);
            }
            if stage == Stage::GitHub {
                setup.provider_id = "github";
            }
            let trust = match stage {
                Stage::Untrusted => HostTrust::Untrusted,
                _ => HostTrust::Trusted,
            };
            let app = setup.app_with(|builder| match stage {
                Stage::Credentials => builder.provider(bob_alone()),
                Stage::CredentialsDenied => builder
                    .provider(bob_alone())
                    .on_sign_in(async |_| Ok(SignInDecision::Deny)),
                Stage::KnownAddress => builder.http_client(answers()).provider(github()),
                _ => builder.trust_host(trust),
            });
            (app, script)
        })
    }

    async fn play(&mut self, exchange: &Value, stage: Stage) {
        let (app, script) = self.app(stage);
        if stage == Stage::KnownAddress && app.store.users().is_empty() {
            app.add_user("known", "octo@example.com").await;
        }
        script.put(drawn(exchange));
        let answer = app.send(request(&exchange["request"])).await;
        let name = exchange["name"].as_str().unwrap();
        compare(name, &exchange["response"], &answer);
        compare_effects(name, &exchange["side_effects"], app);
    }
}

/// The service of the recording: PKCE is all that is checked, as in Auth.js's own settings of it.
fn github() -> OAuthProvider {
    let places = [
        "https://github.com/login/oauth/authorize",
        "https://github.com/login/oauth/access_token",
        "https://api.github.com/user",
    ];
    let checks = Checks {
        pkce: true,
        state: false,
        nonce: false,
    };
    let style = ProviderStyle {
        brand_color: Some("#24292f".parse().unwrap()),
        logo: None,
    };
    OAuthProvider::oauth("github", places, OAuthClient::new("cid", Secret::new("s")))
        .named("GitHub")
        .scope("read:user user:email")
        .checks(checks)
        .style(style)
}

/// How it answers: as somebody whose address is known in one application.
fn answers() -> Arc<ScriptedHttp> {
    let http = ScriptedHttp::new();
    let tokens = json!({ "access_token": "at", "token_type": "bearer" });
    http.json("https://github.com/login/oauth/access_token", &tokens);
    let profile = json!({
        "id": 1, "name": "octo", "email": "Octo@Example.com", "picture": "https://i/a.png",
    });
    http.json("https://api.github.com/user", &profile);
    Arc::new(http)
}

/// An application without a store, and with no other way in than the two.
fn service(script: Arc<Script>) -> App {
    let app = Setup::jwt().app();
    let auth = Auth::builder()
        .secrets(secrets())
        .environment(app.clock.clone(), script)
        .base_path("/auth")
        .trust_host(HostTrust::Trusted)
        .http_client(answers())
        .provider(github())
        .provider(bob_alone().named("Credentials"))
        .build();
    App {
        auth: auth.unwrap(),
        ..app
    }
}

/// The judge of the recording.
fn bob_alone() -> CredentialsProvider {
    CredentialsProvider::with("credentials", async |credentials| {
        let text = |name| credentials.text(name).unwrap_or_default();
        match (text("username"), text("password")) {
            ("bob", _) => Ok(Some(Authorized {
                id: Some("7".to_owned()),
                name: Some("Bob".to_owned()),
                email: Some("Bob@X.io".to_owned()),
                ..Authorized::default()
            })),
            (_, "code") => Err(AuthorizeError::refused("custom_code")),
            (_, "boom") => Err(std::io::Error::other("boom").into()),
            _ => Ok(None),
        }
    })
    .field(CredentialField::new("username"))
    .field(CredentialField::new("password"))
}

fn request(recorded: &Value) -> Request<Bytes> {
    let mut request = Request::builder()
        .method(recorded["method"].as_str().unwrap())
        .uri(recorded["url"].as_str().unwrap());
    for (name, value) in recorded["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    let body = recorded["body"].as_str().unwrap_or_default();
    request.body(Bytes::from(body.to_owned())).unwrap()
}

fn compare(name: &str, recorded: &Value, answer: &Answer) {
    assert_eq!(
        u64::from(answer.status.as_u16()),
        recorded["status"].as_u64().unwrap(),
        "{name}: {answer:?}"
    );
    for (header, value) in recorded["headers"].as_object().unwrap() {
        assert_eq!(answer.header(header), value.as_str(), "{name}: {header}");
    }
    compare_header_names(name, recorded, answer);
    assert_eq!(
        json!(answer.set_cookies()),
        recorded["set_cookie"],
        "{name}"
    );
    match &recorded["html"] {
        Value::Null => compare_body(name, recorded["body"].as_str().unwrap(), &answer.body),
        page => compare_page(name, page, &answer.body),
    }
}

/// No header but the recorded ones, and those that make pages safer.
fn compare_header_names(name: &str, recorded: &Value, answer: &Answer) {
    let ours = [
        "set-cookie",
        "content-security-policy",
        "referrer-policy",
        "x-content-type-options",
    ];
    for header in answer.headers.keys() {
        let known = recorded["headers"].get(header.as_str()).is_some();
        let page_cache = header == "cache-control" && !recorded["html"].is_null();
        // A session in a 200: no cache may keep it.
        let kept = ["cache-control", "expires", "pragma"].contains(&header.as_str());
        let session = recorded["headers"].get("location").is_some() && kept;
        let expected = known || page_cache || session || ours.contains(&header.as_str());
        assert!(expected, "{name}: {header}");
    }
}

fn compare_body(name: &str, recorded: &str, body: &str) {
    match recorded {
        "{\"message\":\"<any text>\"}" => {
            let body: Value = serde_json::from_str(body).unwrap();
            let members = body.as_object().unwrap();
            assert!(
                members.len() == 1 && members["message"].is_string(),
                "{name}"
            );
        }
        // A memory store of JavaScript leaves members out that our stores give as null, as SQL stores do.
        "{\"user\":{\"email\":\"foo@example.com\"},\"expires\":\"2026-01-31T00:00:00.000Z\"}" => {
            assert_eq!(
                body,
                "{\"user\":{\"name\":null,\"email\":\"foo@example.com\",\"image\":null},\"expires\":\"2026-01-31T00:00:00.000Z\"}"
            );
        }
        recorded => assert_eq!(body, recorded, "{name}"),
    }
}

/// Buttons of services have a class and a colour of the text that Auth.js does not write.
fn without_our_look(page: &str) -> String {
    let page = page.replace("class=\"button brand\"", "class=\"button\"");
    let mut parts = page.split("--provider-text-color:");
    let mut without = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, rest) = part.split_once(';').expect("a colour ends");
        without.push_str(rest);
    }
    without
}

fn compare_page(name: &str, recorded: &Value, page: &str) {
    assert_eq!(
        html::text_of(page, "title"),
        recorded["title"].as_str(),
        "{name}"
    );
    assert_eq!(html::text_of(page, "h1"), recorded["h1"].as_str(), "{name}");
    let forms = html::forms_in_full(&without_our_look(page));
    assert_eq!(json!(forms), recorded["forms"], "{name}");
    if name.starts_with("signin page") {
        let has_error = page.contains("role=\"alert\"");
        assert_eq!(recorded["has_error_text"], has_error, "{name}");
    }
    let links = html::links(page);
    for link in recorded["links"].as_array().unwrap() {
        let mut link = link.clone();
        if link["class"] == "button" {
            // Upstream links to the current URL and `/signin`, which leads nowhere.
            link["href"] = json!("http://localhost:3000/auth/signin");
        }
        assert!(links.contains(&link), "{name}: {link} is not in {links:?}");
    }
}

fn compare_effects(name: &str, effects: &Value, app: &App) {
    if let Some(sent) = effects.get("sent") {
        let mail = &app.mailbox.list()[0].message;
        assert_eq!(mail.to, sent["identifier"].as_str().unwrap(), "{name}");
        assert_eq!(app.last_link(), sent["url"].as_str().unwrap(), "{name}");
        let rows: Vec<Value> = app
            .store
            .verification_tokens()
            .iter()
            .map(|row| {
                json!({
                    "identifier": row.identifier,
                    "token": row.token.expose(),
                    "expires": iso_millis(row.expires),
                })
            })
            .collect();
        assert_eq!(rows, [effects["verification_token_row"].clone()], "{name}");
    }
    if effects.get("users").is_some() {
        let users: Vec<Value> = app
            .store
            .users()
            .iter()
            .map(|user| json!({ "id": user.id, "email": user.email, "emailVerified": user.email_verified.map(iso_millis) }))
            .collect();
        let sessions: Vec<Value> = app
            .store
            .sessions()
            .iter()
            .map(|row| json!({ "sessionToken": row.session_token.expose(), "userId": row.user_id, "expires": iso_millis(row.expires) }))
            .collect();
        assert_eq!(json!(users), effects["users"], "{name}");
        assert_eq!(json!(sessions), effects["sessions"], "{name}");
        assert!(app.store.accounts().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn every_recorded_exchange_of_these_flows_is_answered_alike() {
    let mut replay = Replay {
        apps: HashMap::new(),
    };
    let mut played = 0;
    for exchange in EXCHANGES.iter() {
        let stage = stage(exchange["name"].as_str().unwrap());
        if stage != Stage::NotHere {
            replay.play(exchange, stage).await;
            played += 1;
        }
    }
    assert_eq!((played, EXCHANGES.len()), (42, 43));
}
