//! Sign-in at a service that misbehaves, over real connections: what the person sees, and what the log says.
//!
//! Wherever it goes wrong nobody is signed in, the log has one line with the provider and the cause and nothing that the service or
//! the browser sent, and the same person signs in at the honest service right after.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;

use futures_util::future::join_all;
use hallpass_db::testing::{TestDatabase, sqlite};
use tempfile::{TempDir, tempdir};

use crate::harness::service::{CLIENT, HONEST, LIES, SECRET, Service};
use crate::harness::{Binary, Page, Running, Visitor};

const ERROR_PAGE: &str = "/api/auth/error?error=Configuration";
const SIGN_IN_PAGE: &str = "/api/auth/signin?error=OAuthCallbackError";

/// What comes of each way to misbehave: where the person ends up, and what stands in the log after the provider's name.
const OUTCOMES: &[(&str, &str, &str)] = &[
    ("honest", "/", ""),
    (
        "document-of-another",
        ERROR_PAGE,
        "the discovery document answered what no discovery document answers: it is another issuer's",
    ),
    (
        "document-page",
        ERROR_PAGE,
        "the discovery document answered what no discovery document answers: it is no JSON object",
    ),
    (
        "document-missing",
        ERROR_PAGE,
        "the discovery document answered what no discovery document answers: its status is not 200",
    ),
    (
        "document-huge",
        ERROR_PAGE,
        "no answer of the discovery document: it answered with more than 262144 bytes",
    ),
    (
        "document-elsewhere",
        ERROR_PAGE,
        "the discovery document answered what no discovery document answers: its status is not 200",
    ),
    (
        "document-silent",
        ERROR_PAGE,
        "no answer of the discovery document: it took too long",
    ),
    (
        "document-cut",
        ERROR_PAGE,
        "no answer of the discovery document: the connection was lost",
    ),
    (
        "keys-page",
        ERROR_PAGE,
        "the key set answered what no key set answers: it is no JSON object",
    ),
    (
        "keys-none",
        ERROR_PAGE,
        "the token must not be believed: no key of the service signed it",
    ),
    (
        "keys-huge",
        ERROR_PAGE,
        "no answer of the key set: it answered with more than 262144 bytes",
    ),
    (
        "keys-elsewhere",
        ERROR_PAGE,
        "the key set answered what no key set answers: its status is not 200",
    ),
    (
        "refused",
        SIGN_IN_PAGE,
        "the service refused: access_denied",
    ),
    (
        "refused-strangely",
        SIGN_IN_PAGE,
        "the service refused: unknown_error",
    ),
    (
        "server-error",
        SIGN_IN_PAGE,
        "the service refused: server_error",
    ),
    (
        "wrong-state",
        ERROR_PAGE,
        "the answer belongs to another sign-in",
    ),
    (
        "no-state",
        ERROR_PAGE,
        "the answer belongs to another sign-in",
    ),
    ("wrong-iss", ERROR_PAGE, "the answer is not this service's"),
    ("no-iss", ERROR_PAGE, "the answer is not this service's"),
    ("no-code", ERROR_PAGE, "the answer holds no code"),
    ("two-codes", ERROR_PAGE, "the answer says something twice"),
    (
        "token-in-the-address",
        ERROR_PAGE,
        "the answer has a form that was not asked for",
    ),
    (
        "signed-response",
        ERROR_PAGE,
        "the answer has a form that was not asked for",
    ),
    (
        "token-refused",
        ERROR_PAGE,
        "the service refused: invalid_grant",
    ),
    (
        "token-refused-with-200",
        ERROR_PAGE,
        "the service refused: invalid_client",
    ),
    (
        "token-page",
        ERROR_PAGE,
        "the token endpoint answered what no token endpoint answers: it is no JSON object",
    ),
    (
        "token-list",
        ERROR_PAGE,
        "the token endpoint answered what no token endpoint answers: it is no JSON object",
    ),
    (
        "token-error",
        ERROR_PAGE,
        "the token endpoint answered what no token endpoint answers: its status is not 200",
    ),
    (
        "token-huge",
        ERROR_PAGE,
        "no answer of the token endpoint: it answered with more than 262144 bytes",
    ),
    (
        "token-elsewhere",
        ERROR_PAGE,
        "the token endpoint answered what no token endpoint answers: its status is not 200",
    ),
    (
        "token-silent",
        ERROR_PAGE,
        "no answer of the token endpoint: it took too long",
    ),
    (
        "token-cut",
        ERROR_PAGE,
        "no answer of the token endpoint: the connection was lost",
    ),
    (
        "token-twice",
        ERROR_PAGE,
        "the token endpoint answered what no token endpoint answers: it is no JSON object",
    ),
    (
        "no-access-token",
        ERROR_PAGE,
        "the token endpoint answered what no token endpoint answers: its `access_token` is no text",
    ),
    (
        "wrong-token-type",
        ERROR_PAGE,
        "the token endpoint answered what no token endpoint answers: its `token_type` is neither bearer nor dpop",
    ),
    (
        "no-id-token",
        ERROR_PAGE,
        "the token must not be believed: there is no id_token",
    ),
    (
        "id-token-number",
        ERROR_PAGE,
        "the token endpoint answered what no token endpoint answers: its `id_token` is no text",
    ),
    (
        "id-token-garbage",
        ERROR_PAGE,
        "the token must not be believed: it is no signed token",
    ),
    (
        "wrong-issuer",
        ERROR_PAGE,
        "the token must not be believed: its `iss` is another",
    ),
    (
        "wrong-audience",
        ERROR_PAGE,
        "the token must not be believed: its `aud` is not us",
    ),
    (
        "many-audiences",
        ERROR_PAGE,
        "the token must not be believed: its `azp` is not us",
    ),
    (
        "wrong-nonce",
        ERROR_PAGE,
        "the token must not be believed: its `nonce` is another",
    ),
    (
        "no-nonce",
        ERROR_PAGE,
        "the token must not be believed: its `nonce` is another",
    ),
    (
        "expired",
        ERROR_PAGE,
        "the token must not be believed: it has expired",
    ),
    (
        "expiry-as-text",
        ERROR_PAGE,
        "the token must not be believed: its `exp` is no number",
    ),
    (
        "not-yet",
        ERROR_PAGE,
        "the token must not be believed: it is not valid yet",
    ),
    (
        "of-the-future",
        ERROR_PAGE,
        "the token must not be believed: it was made in the future",
    ),
    (
        "no-subject",
        ERROR_PAGE,
        "the token must not be believed: its `sub` says nobody",
    ),
    (
        "empty-subject",
        ERROR_PAGE,
        "the token must not be believed: its `sub` says nobody",
    ),
    (
        "wrong-signature",
        ERROR_PAGE,
        "the token must not be believed: no key of the service signed it",
    ),
    (
        "no-algorithm",
        ERROR_PAGE,
        "the token must not be believed: its algorithm is not allowed",
    ),
    (
        "public-key-as-secret",
        ERROR_PAGE,
        "the token must not be believed: its algorithm is not allowed",
    ),
    (
        "critical-header",
        ERROR_PAGE,
        "the token must not be believed: it has critical headers",
    ),
    (
        "profile-refused",
        ERROR_PAGE,
        "the userinfo endpoint answered what no userinfo endpoint answers: its status is not 200",
    ),
    (
        "profile-refused-with-200",
        ERROR_PAGE,
        "the service refused: invalid_token",
    ),
    (
        "profile-page",
        ERROR_PAGE,
        "the userinfo endpoint answered what no userinfo endpoint answers: it is no JSON object",
    ),
    (
        "profile-huge",
        ERROR_PAGE,
        "no answer of the userinfo endpoint: it answered with more than 262144 bytes",
    ),
    (
        "profile-elsewhere",
        ERROR_PAGE,
        "the userinfo endpoint answered what no userinfo endpoint answers: its status is not 200",
    ),
    (
        "profile-silent",
        ERROR_PAGE,
        "no answer of the userinfo endpoint: it took too long",
    ),
    (
        "profile-of-nobody",
        "/api/auth/signin",
        "the profile lacks `id`",
    ),
    (
        "profile-of-null",
        "/api/auth/signin",
        "the profile lacks `id`",
    ),
];

struct Stage {
    _service: Service,
    hallpass: Running,
    base: String,
    _database: TestDatabase,
    _folder: TempDir,
}

impl Stage {
    async fn open() -> Self {
        let service = Service::start().await;
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let base = format!("http://localhost:{port}");
        let folder = tempdir().expect("a folder");
        fs::write(folder.path().join("hallpass.toml"), settings(&service)).expect("written");
        let database = sqlite().await;
        let hallpass = Binary::serve(&database.address)
            .directory(folder.path())
            .variable("PORT", &port.to_string())
            .variable("AUTH_URL", &format!("{base}/api/auth"))
            .start();
        Self {
            _service: service,
            hallpass,
            base,
            _database: database,
            _folder: folder,
        }
    }

    /// Presses the button of this provider; at the service there is this person.
    async fn sign_in(&self, visitor: &Visitor, provider: &str, person: &str) -> Page {
        let page = visitor.get("/api/auth/signin?callbackUrl=%2F").await;
        let token = page.attribute("name=\"csrfToken\"", "value");
        let start = format!("/api/auth/signin/{provider}?login_hint={person}");
        let fields = [("csrfToken", token.as_str()), ("callbackUrl", "/")];
        visitor.post(&start, &fields).await
    }
}

/// `hallpass.toml` with a provider for each way to misbehave, called like it. Profiles are asked for where it speaks OAuth 2.
fn settings(service: &Service) -> String {
    // All ways are tried at once, from one client.
    let mut text = "[limits]\nquotas = ['service per client: none']\n".to_owned();
    for (name, _) in LIES {
        let kind = if name.starts_with("profile-") {
            let [authorization, token, userinfo] = service.places(name);
            format!(
                "type = 'oauth'\nauthorization = '{authorization}'\ntoken = '{token}'\nuserinfo = '{userinfo}'\n\
                 issuer = '{}'",
                service.issuer(name)
            )
        } else {
            format!("type = 'oidc'\nissuer = '{}'", service.issuer(name))
        };
        writeln!(
            text,
            "[providers.{name}]\n{kind}\nid = '{CLIENT}'\nsecret = '{SECRET}'\n"
        )
        .expect("a text takes everything");
    }
    text
}

#[tokio::test]
async fn whatever_a_service_does_wrong_is_told_exactly() {
    let stage = Stage::open().await;
    let met = join_all(LIES.iter().map(async |(name, _)| {
        let visitor = Visitor::new(&stage.base);
        let page = stage.sign_in(&visitor, name, name).await;
        let signed_in = visitor.is_signed_in().await;
        let after = stage.sign_in(&visitor, HONEST, name).await;
        (*name, page, signed_in, after.path)
    }))
    .await;
    let logged = stage.hallpass.end();
    let mut found = Vec::new();
    for (name, page, signed_in, after) in met {
        assert_eq!(signed_in, name == HONEST, "{name}: {page:?}");
        assert_eq!(after, "/", "{name}: whoever failed can sign in after");
        let failed = format!("the sign-in at `{name}` failed: ");
        let lines: Vec<&str> = logged
            .iter()
            .filter_map(|line| line.split_once(&failed))
            .map(|(_, cause)| cause.split(" error.type=").next().unwrap_or_default())
            .collect();
        found.push((name, page.path, lines.join(" | ")));
    }
    let found: Vec<(&str, &str, &str)> = found
        .iter()
        .map(|(name, path, line)| (*name, path.as_str(), line.as_str()))
        .collect();
    assert_eq!(found, OUTCOMES);
    for secret in [
        SECRET,
        "code-",
        "access-of-",
        "refresh-of-",
        "eyJ",
        "@example.com",
        "<script>",
    ] {
        let told: Vec<&String> = logged.iter().filter(|line| line.contains(secret)).collect();
        assert!(told.is_empty(), "{secret}: {told:?}");
    }
}
