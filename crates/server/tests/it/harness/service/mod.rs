//! A service where people have accounts, on a port of this machine: OAuth 2 and OpenID Connect, honest, or misbehaving as
//! it is asked to.
//!
//! It is asked by its address: below `/honest` stands an honest service, below `/wrong-audience` one whose tokens name
//! another audience ([`lies`]), each with a discovery document, keys and endpoints of its own. Clients are held to what the
//! standards want of them: secret, redirect address, verifier, a code once.

mod answers;
mod lies;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hallpass::auth::providers::oauth::SigningAlgorithm;
use hallpass::auth::testing::signer::Signer;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::{Url, form_urlencoded};

use self::answers::{empty, found, json, page};
pub(crate) use self::lies::{HONEST, LIES};
use self::lies::{Lie, Part};

/// What every client is called there.
pub(crate) const CLIENT: &str = "the-application";
pub(crate) const SECRET: &str = "a-secret-that-the-service-gave-out-0123456789";

/// The service, running until this value goes.
pub(crate) struct Service {
    address: SocketAddr,
    running: tokio::task::JoinHandle<()>,
}

/// What it knows.
struct Known {
    base: String,
    key: Signer,
    /// In no document.
    another_key: Signer,
    grants: Mutex<HashMap<String, Grant>>,
}

/// Somebody agreed.
struct Grant {
    person: String,
    redirect_uri: String,
    challenge: Option<String>,
    nonce: Option<String>,
    /// Whether it was asked who they are.
    is_openid: bool,
}

/// A request, taken apart.
struct Asked {
    lie: &'static Lie,
    /// Of this service: `http://127.0.0.1:…/honest`.
    issuer: String,
    query: HashMap<String, String>,
    form: HashMap<String, String>,
    headers: HeaderMap,
}

impl Service {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let known = Known {
            base: format!("http://{address}"),
            key: Signer::new(SigningAlgorithm::Es256, "the-key"),
            another_key: Signer::new(SigningAlgorithm::Es256, "the-key"),
            grants: Mutex::default(),
        };
        let routes = Router::new().fallback(answer).with_state(Arc::new(known));
        let running = tokio::spawn(async move {
            axum::serve(listener, routes).await.expect("it serves");
        });
        Self { address, running }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The issuer below which it behaves like this, one of [`LIES`] or [`HONEST`].
    pub(crate) fn issuer(&self, lie: &str) -> String {
        format!("http://{}/{lie}", self.address)
    }

    /// The three addresses of it as a service of OAuth 2: where people agree, for tokens, for the profile.
    pub(crate) fn places(&self, lie: &str) -> [String; 3] {
        ["authorize", "token", "me"].map(|part| format!("{}/{part}", self.issuer(lie)))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn answer(
    State(known): State<Arc<Known>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().trim_start_matches('/');
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    let Some(lie) = lies::named(name) else {
        return empty(StatusCode::NOT_FOUND);
    };
    let pairs = |text: &[u8]| form_urlencoded::parse(text).into_owned().collect();
    let asked = Asked {
        lie,
        issuer: format!("{}/{name}", known.base),
        query: pairs(uri.query().unwrap_or_default().as_bytes()),
        form: pairs(&body),
        headers,
    };
    let part = match (method.as_str(), rest) {
        ("GET", ".well-known/openid-configuration") => Part::Discovery,
        ("GET", "keys") => Part::Keys,
        ("GET", "authorize") => return known.authorize(&asked),
        ("POST", "token") => Part::Token,
        ("GET", "me") => Part::Profile,
        _ => return empty(StatusCode::NOT_FOUND),
    };
    if let Lie::Answer(of, how) = lie
        && *of == part
    {
        return how.answer(&known.base).await;
    }
    match part {
        Part::Discovery => known.document(&asked),
        Part::Keys => json(StatusCode::OK, &known.key.key_set()),
        Part::Token => known.tokens(&asked),
        Part::Profile => profile(&asked),
    }
}

impl Known {
    fn document(&self, asked: &Asked) -> Response {
        let place = |part: &str| format!("{}/{part}", asked.issuer);
        let issuer = match asked.lie {
            Lie::Document => format!("{}/another", self.base),
            _ => asked.issuer.clone(),
        };
        let document = json!({
            "issuer": issuer,
            "authorization_endpoint": place("authorize"),
            "token_endpoint": place("token"),
            "userinfo_endpoint": place("me"),
            "jwks_uri": place("keys"),
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        });
        json(StatusCode::OK, &document)
    }

    /// Whoever comes agrees at once. They are the person that `login_hint` names.
    fn authorize(&self, asked: &Asked) -> Response {
        let of = |name: &str| asked.query.get(name).cloned();
        if of("client_id").as_deref() != Some(CLIENT)
            || of("response_type").as_deref() != Some("code")
        {
            return empty(StatusCode::BAD_REQUEST);
        }
        let Some(redirect_uri) = of("redirect_uri") else {
            return empty(StatusCode::BAD_REQUEST);
        };
        let mut grants = self.grants.lock().expect("no test failed within");
        let code = format!("code-{}", grants.len());
        let grant = Grant {
            person: of("login_hint").unwrap_or_else(|| "ann".to_owned()),
            redirect_uri: redirect_uri.clone(),
            challenge: of("code_challenge"),
            nonce: of("nonce"),
            is_openid: of("scope").is_some_and(|scope| scope.split(' ').any(|one| one == "openid")),
        };
        grants.insert(code.clone(), grant);
        let state = of("state").map(|state| ("state", state));
        let mut brought: Vec<(&str, String)> = vec![("code", code)];
        brought.extend(state);
        brought.push(("iss", asked.issuer.clone()));
        if let Lie::Brought(change) = asked.lie {
            change(&mut brought);
        }
        if of("response_mode").as_deref() == Some("form_post") {
            return page(&redirect_uri, &brought);
        }
        let mut back = Url::parse(&redirect_uri).expect("a redirect address");
        back.query_pairs_mut().extend_pairs(&brought);
        found(back.as_str())
    }

    fn tokens(&self, asked: &Asked) -> Response {
        let refused = |status, error: &str| json(status, &json!({ "error": error }));
        if !is_known(asked) {
            return refused(StatusCode::UNAUTHORIZED, "invalid_client");
        }
        let of = |name: &str| asked.form.get(name).map(String::as_str);
        let grant = of("code").and_then(|code| {
            let mut grants = self.grants.lock().expect("no test failed within");
            // What was used stays in the map, so that codes are not given out twice.
            grants.insert(code.to_owned(), Grant::used())
        });
        match grant {
            Some(grant) if grant.fits(of("redirect_uri"), of("code_verifier")) => {
                json(StatusCode::OK, &self.token_answer(asked, &grant))
            }
            _ => refused(StatusCode::BAD_REQUEST, "invalid_grant"),
        }
    }

    fn token_answer(&self, asked: &Asked, grant: &Grant) -> Value {
        let mut claims = person(&grant.person);
        let now = crate::interop::now().as_second();
        claims["iss"] = asked.issuer.as_str().into();
        claims["aud"] = CLIENT.into();
        claims["iat"] = now.into();
        claims["exp"] = (now + 600).into();
        if let Some(nonce) = &grant.nonce {
            claims["nonce"] = nonce.as_str().into();
        }
        if let Lie::Claims(change) = asked.lie {
            change(&mut claims, now);
        }
        let mut answer = json!({
            "access_token": format!("access-of-{}", grant.person),
            "token_type": "Bearer",
            "expires_in": 3600,
            "refresh_token": format!("refresh-of-{}", grant.person),
            "scope": "openid profile email",
        });
        if grant.is_openid {
            answer["id_token"] = self.signed(asked, &claims).into();
        }
        if let Lie::Tokens(change) = asked.lie {
            change(&mut answer);
        }
        answer
    }

    fn signed(&self, asked: &Asked, claims: &Value) -> String {
        let claims = claims.to_string();
        match asked.lie {
            Lie::AnotherKey => self
                .another_key
                .sign_parts(&self.key.header().to_string(), &claims),
            Lie::NoAlgorithm => {
                let parts = [r#"{"alg":"none"}"#, &claims];
                let [header, claims] = parts.map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
                format!("{header}.{claims}.")
            }
            Lie::PublicKeyAsSecret => {
                let header = r#"{"alg":"HS256","kid":"the-key"}"#;
                let parts = [header, &claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
                let signed = parts.join(".");
                let secret = self.key.jwk().to_string();
                let key =
                    aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
                let tag = aws_lc_rs::hmac::sign(&key, signed.as_bytes());
                format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag))
            }
            Lie::Critical => {
                let header = json!({ "alg": "ES256", "kid": "the-key", "crit": ["exp"] });
                self.key.sign_parts(&header.to_string(), &claims)
            }
            _ => self.key.sign_parts(&self.key.header().to_string(), &claims),
        }
    }
}

impl Grant {
    fn used() -> Self {
        Self {
            person: String::new(),
            redirect_uri: String::new(),
            challenge: None,
            nonce: None,
            is_openid: false,
        }
    }

    /// RFC 6749 §4.1.3, RFC 7636 §4.6.
    fn fits(&self, redirect_uri: Option<&str>, verifier: Option<&str>) -> bool {
        let hashed = verifier.map(|verifier| digest(&SHA256, verifier.as_bytes()));
        let challenge = hashed.map(|hash| BASE64_URL_SAFE_NO_PAD.encode(hash));
        !self.redirect_uri.is_empty()
            && redirect_uri == Some(self.redirect_uri.as_str())
            && self.challenge == challenge
    }
}

/// Whether the client showed its secret, in the header or in the form.
fn is_known(asked: &Asked) -> bool {
    let basic = format!(
        "Basic {}",
        BASE64_STANDARD.encode(format!("{CLIENT}:{SECRET}"))
    );
    let header = asked.headers.get("authorization");
    let of = |name: &str| asked.form.get(name).map(String::as_str);
    header.is_some_and(|header| header.as_bytes() == basic.as_bytes())
        || (of("client_id"), of("client_secret")) == (Some(CLIENT), Some(SECRET))
}

fn profile(asked: &Asked) -> Response {
    let header = asked.headers.get("authorization");
    let token = header.and_then(|header| header.to_str().ok());
    let Some(name) = token.and_then(|token| token.strip_prefix("Bearer access-of-")) else {
        return json(
            StatusCode::UNAUTHORIZED,
            &json!({ "error": "invalid_token" }),
        );
    };
    let mut person = person(name);
    if let Lie::Profile(change) = asked.lie {
        change(&mut person);
    }
    json(StatusCode::OK, &person)
}

/// Everybody exists. Who is called `…-without-address` has none.
fn person(name: &str) -> Value {
    let mut claims = json!({
        "sub": format!("{name}-there"),
        "name": format!("{name} of the service"),
        "picture": format!("https://example.com/{name}.png"),
    });
    if !name.ends_with("-without-address") {
        claims["email"] = format!("{name}@example.com").into();
        claims["email_verified"] = true.into();
    }
    claims
}
