//! Sign-in at a real OpenID provider (npm `oidc-provider`), by a client of each kind.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;

use hallpass_db::testing::{TestDatabase, sqlite};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use super::node::Node;
use crate::harness::{Binary, MailService, Page, Running, Visitor};

/// Each client of the provider, with what `hallpass.toml` says of it besides its id.
const CLIENTS: [(&str, &str); 7] = [
    ("basic", "authentication = 'client_secret_basic'"),
    (
        "post",
        "authentication = 'client_secret_post'\nsign_out = true",
    ),
    ("secret-jwt", "authentication = 'client_secret_jwt'"),
    ("key", "key_id = 'only'\nkey_algorithm = 'ES256'"),
    ("public", "authentication = 'none'"),
    ("form", "response_mode = 'form_post'"),
    (
        "signed",
        "profile_source = 'userinfo'\nuserinfo_algorithm = 'RS256'",
    ),
];

/// A key of the application's server.
const SERVER_KEY: &str = "a-server-key-of-more-than-32-characters";

/// The secret that the provider knows of a client.
fn secret(client: &str) -> String {
    client.repeat(40).chars().take(40).collect()
}

/// A port that is free now.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}

/// `hallpass serve` with the provider's clients as ways to sign in.
struct Stage {
    provider: Node,
    hallpass: Running,
    base: String,
    mail: MailService,
    _database: TestDatabase,
    _folder: TempDir,
}

impl Stage {
    async fn open(strategy: &str) -> Self {
        let port = free_port();
        let base = format!("http://localhost:{port}");
        let redirect_uris: Vec<String> = CLIENTS
            .iter()
            .map(|(client, _)| format!("{base}/api/auth/callback/{client}"))
            .collect();
        let told = format!("{base}/api/auth/backchannel-logout");
        let options = json!({
            "redirect_uris": redirect_uris, "backchannel_logout_uri": told,
            "post_logout_redirect_uris": [&base, format!("{base}/")],
        });
        let provider = Node::start("oidc-provider", &options);
        let key = provider.next("key")["pem"]
            .as_str()
            .expect("a key")
            .to_owned();
        let folder = tempdir().expect("a folder");
        let settings = settings(provider.port, &key);
        fs::write(folder.path().join("hallpass.toml"), settings).expect("the file is written");
        let database = sqlite().await;
        let mail = MailService::start().await;
        let hallpass = Binary::serve(&database.address)
            .directory(folder.path())
            .variable("PORT", &port.to_string())
            .variable("AUTH_URL", &format!("{base}/api/auth"))
            .variable("AUTH_SESSION_STRATEGY", strategy)
            .variable("HALLPASS_SERVER_KEYS", SERVER_KEY)
            .variable("AUTH_RESEND_KEY", "re_test")
            .variable("AUTH_RESEND_URL", &mail.url())
            .variable("EMAIL_FROM", "no-reply@example.com")
            .start();
        Self {
            provider,
            hallpass,
            base,
            mail,
            _database: database,
            _folder: folder,
        }
    }

    fn visitor(&self) -> Visitor {
        Visitor::new(&self.base)
    }

    /// Presses the button of this client on the sign-in page, as this person.
    async fn sign_in(&self, visitor: &Visitor, client: &str, person: &str) -> Page {
        let page = visitor.get("/api/auth/signin?callbackUrl=%2F").await;
        let token = page.attribute("name=\"csrfToken\"", "value");
        let start = format!("/api/auth/signin/{client}?login_hint={person}");
        let fields = [("csrfToken", token.as_str()), ("callbackUrl", "/")];
        let page = visitor.post(&start, &fields).await;
        if client == "form" {
            // The provider's page posts itself, where scripts run.
            return visitor.click(&page).await;
        }
        page
    }
}

/// `hallpass.toml` for all clients.
fn settings(provider: u16, key: &str) -> String {
    let mut text = String::new();
    for (client, more) in CLIENTS {
        let proof = match client {
            "public" => String::new(),
            "key" => format!("private_key = '''\n{key}'''"),
            _ => format!("secret = '{}'", secret(client)),
        };
        writeln!(
            text,
            "[providers.{client}]\ntype = 'oidc'\nissuer = 'http://127.0.0.1:{provider}'\nid = '{client}'\n{proof}\n{more}\n"
        )
        .expect("a text takes everything");
    }
    text
}

async fn session(visitor: &Visitor) -> Value {
    visitor.get_json("/api/auth/session").await
}

#[tokio::test]
async fn clients_of_every_kind_sign_people_in() {
    for strategy in ["database", "jwt"] {
        let stage = Stage::open(strategy).await;
        for (client, _) in CLIENTS {
            let visitor = stage.visitor();
            let page = stage.sign_in(&visitor, client, client).await;
            assert_eq!(page.path, "/", "{client}, {strategy}: {page:?}");
            let session = session(&visitor).await;
            let user = &session["user"];
            assert_eq!(
                (&user["name"], &user["email"]),
                (
                    &json!(format!("{client} of the provider")),
                    &json!(format!("{client}@example.com"))
                ),
                "{strategy}: {session}"
            );
            assert_eq!(user["image"], format!("https://example.com/{client}.png"));
            let used = stage.provider.next("token");
            assert_eq!(used["client"], client, "{used}");

            visitor.sign_out().await;
            assert!(!visitor.is_signed_in().await, "{client}, {strategy}");
            // The same person once more, on another device: the same user.
            let other = stage.visitor();
            stage.sign_in(&other, client, client).await;
            assert!(other.is_signed_in().await, "{client}, {strategy}");
            assert_eq!(stage.provider.next("token")["client"], client);
        }
        drop(stage.hallpass);
    }
}

#[tokio::test]
async fn whoever_refuses_is_told_and_can_try_again() {
    let stage = Stage::open("database").await;
    let visitor = stage.visitor();
    let page = stage.sign_in(&visitor, "basic", "nobody").await;
    assert_eq!(page.path, "/api/auth/signin?error=OAuthCallbackError");
    page.assert_shows("Try signing in with a different account");
    assert!(!visitor.is_signed_in().await);

    let page = stage.sign_in(&visitor, "basic", "ann").await;
    assert_eq!(page.path, "/", "{page:?}");
    assert!(visitor.is_signed_in().await);
}

#[tokio::test]
async fn an_address_alone_opens_no_account_of_somebody_else() {
    let stage = Stage::open("database").await;
    // Bob has an account by mail.
    let bob = stage.visitor();
    let page = bob.get("/api/auth/signin").await;
    let token = page.attribute("name=\"csrfToken\"", "value");
    let fields = [("csrfToken", token.as_str()), ("email", "bob@example.com")];
    bob.post("/api/auth/signin/email", &fields).await;
    bob.get(&stage.mail.newest_link().await).await;
    assert!(bob.is_signed_in().await);

    // Somebody who has his address at the provider is not him.
    let stranger = stage.visitor();
    let page = stage.sign_in(&stranger, "basic", "bob").await;
    assert_eq!(page.path, "/api/auth/signin?error=OAuthAccountNotLinked");
    assert!(!stranger.is_signed_in().await);

    // He himself, signed in, adds it; from then on it opens his account.
    let page = stage.sign_in(&bob, "basic", "bob").await;
    assert_eq!(page.path, "/", "{page:?}");
    let page = stage.sign_in(&stranger, "basic", "bob").await;
    assert_eq!(page.path, "/", "{page:?}");
    assert_eq!(
        session(&stranger).await["user"],
        session(&bob).await["user"]
    );
}

/// OpenID Connect Back-Channel Logout 1.0.
#[tokio::test]
async fn whoever_signs_out_there_is_signed_out_here() {
    for strategy in ["database", "jwt"] {
        let stage = Stage::open(strategy).await;
        let (ann, bob) = (stage.visitor(), stage.visitor());
        stage.sign_in(&ann, "basic", "ann").await;
        stage.sign_in(&bob, "basic", "bob").await;
        let page = format!("http://127.0.0.1:{}/session/end", stage.provider.port);
        let form = ann.get(&page).await;
        ann.click(&form).await;
        assert_eq!(stage.provider.next("told")["client"], "basic");
        assert!(!ann.is_signed_in().await, "{strategy}");
        assert!(bob.is_signed_in().await, "{strategy}");
    }
}

/// OpenID Connect RP-Initiated Logout 1.0.
#[tokio::test]
async fn whoever_signs_out_here_signs_out_there_and_comes_back() {
    for strategy in ["database", "jwt"] {
        let stage = Stage::open(strategy).await;
        let ann = stage.visitor();
        stage.sign_in(&ann, "post", "ann").await;
        let page = ann.sign_out().await;
        assert!(
            page.path.starts_with("/session/end?id_token_hint="),
            "{page:?}"
        );
        assert!(!ann.is_signed_in().await, "{strategy}");
        let page = ann.click(&page).await;
        assert_eq!(page.path, "/", "{page:?}");
        assert_eq!(stage.provider.next("told")["client"], "post");
    }
}

/// The person's cookies and a key together open the token that the provider gave.
#[tokio::test]
async fn a_server_with_a_key_gets_the_token_that_the_provider_gave() {
    let stage = Stage::open("database").await;
    let ann = stage.visitor();
    stage.sign_in(&ann, "basic", "ann").await;
    let page = ann.ask_for_token(Some(SERVER_KEY), "basic").await;
    assert_eq!(page.status, 200, "{page:?}");
    let answer: Value = serde_json::from_str(&page.body).unwrap();
    assert!(
        answer["accessToken"]
            .as_str()
            .is_some_and(|token| token.len() > 20)
    );
    assert_eq!(answer["providerAccountId"], "ann");
    let page = ann.ask_for_token(None, "basic").await;
    assert_eq!(page.status, 403);
}

/// RFC 7009: the provider really takes back what was given to an account that is removed, whatever the client proves itself by.
#[tokio::test]
async fn tokens_of_a_removed_account_are_worth_nothing_there() {
    let stage = Stage::open("database").await;
    for client in ["basic", "post", "secret-jwt", "key", "public"] {
        let (ann, person) = (stage.visitor(), format!("ann-{client}"));
        stage.sign_in(&ann, client, &person).await;
        let page = ann.ask_for_token(Some(SERVER_KEY), client).await;
        let answer: Value = serde_json::from_str(&page.body).expect("JSON");
        let token = answer["accessToken"].as_str().expect("a token").to_owned();
        assert!(stage.is_good_there(&token).await, "{client}");
        let page = ann.get("/api/auth/account/linked").await;
        let fields = [
            ("csrfToken", &*page.attribute("name=\"csrfToken\"", "value")),
            ("provider", client),
            ("providerAccountId", &*person),
        ];
        let page = ann.post("/api/auth/account/unlink", &fields).await;
        page.assert_shows("The account is removed.");
        assert!(ann.is_signed_in().await, "{client}");
        let mut looks = tokio::time::interval(std::time::Duration::from_millis(50));
        let mut is_good = true;
        for _ in 0..400 {
            looks.tick().await;
            is_good = stage.is_good_there(&token).await;
            if !is_good {
                break;
            }
        }
        assert!(!is_good, "{client}");
    }
}

impl Stage {
    /// Whether the provider tells something for this token.
    async fn is_good_there(&self, token: &str) -> bool {
        let userinfo = format!("http://127.0.0.1:{}/me", self.provider.port);
        let sent = reqwest::Client::new().get(userinfo).bearer_auth(token);
        let answer = sent.send().await.expect("the provider answers");
        answer.status().is_success()
    }
}
