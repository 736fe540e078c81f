//! Users whom a stranger may have made, and whom somebody joins by an account of the same address: CVE-2026-53516.

use hallpass_auth::BeforeProof;
use hallpass_auth::adapter::{Account, AccountType, Adapter, NewUser, SessionRecord, User, UserId};
use hallpass_auth::password::{PasswordHash, PasswordSettings, PasswordStore};
use hallpass_auth::providers::oauth::LinkByEmail;
use hallpass_auth::secret::SessionToken;
use hallpass_auth::session::Strategy;
use serde_json::{Map, Value, json};

use super::service::{BOTH, Service, ada, app_of, provider};
use crate::app::{App, Browser, ORIGIN, Setup};

const ADDRESS: &str = "ada@example.com";

/// What a stranger left at the user of Ada's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    Nothing,
    Password,
    Account(AccountType, &'static str),
}

use Left::{Nothing, Password};

const SLOPPY: Left = Left::Account(AccountType::OAuth, "sloppy");
const GOOGLE: Left = Left::Account(AccountType::Oidc, "google");
const RISKED: Left = Left::Account(AccountType::OAuth, "risked");
const PASSKEY: Left = Left::Account(AccountType::WebAuthn, "passkey");

fn stage(strategy: Strategy, setting: BeforeProof) -> (App, Service) {
    let risked = |id| provider(id).link_by_email(LinkByEmail::Dangerously);
    let providers = [risked("example"), risked("risked"), provider("sloppy")];
    let setup = Setup::listing(strategy);
    app_of(setup, providers, |builder, store| {
        builder
            .before_proof(setting)
            .passwords(PasswordSettings::new(store))
    })
}

/// A user whose address nobody has proven, with a session and what a stranger left.
async fn made_before(app: &App, left: Left) -> User {
    let new = NewUser {
        proposed_id: UserId("before".to_owned()),
        name: None,
        email: Some(ADDRESS.to_owned()),
        email_verified: None,
        image: None,
        extra: Map::new(),
    };
    let user = match left {
        Password => {
            let hash = PasswordHash::new("hash-of-the-stranger");
            app.store.create_user_with_password(new, hash).await
        }
        Nothing | Left::Account(..) => app.store.create_user(new).await,
    };
    let user = user.unwrap();
    if let Left::Account(kind, provider) = left {
        let account = Account {
            user_id: user.id.clone(),
            kind,
            provider: provider.to_owned(),
            provider_account_id: "stranger".to_owned(),
            extra: Map::new(),
        };
        app.store.link_account(account).await.unwrap();
    }
    let session = SessionRecord {
        session_token: SessionToken::new("of-the-stranger"),
        user_id: user.id.clone(),
        expires: "2026-02-01T00:00:00Z".parse().unwrap(),
    };
    app.store.create_session(session).await.unwrap();
    user
}

async fn has_session(app: &App) -> bool {
    let token = SessionToken::new("of-the-stranger");
    app.store.session_and_user(&token).await.unwrap().is_some()
}

fn providers(app: &App) -> Vec<String> {
    let accounts = app.store.accounts().into_iter();
    let mut providers: Vec<String> = accounts.map(|account| account.provider).collect();
    providers.sort();
    providers
}

fn knows(service: &Service, word: &Value) {
    let mut profile = ada();
    profile["email_verified"] = word.clone();
    service.knows(&profile);
}

/// The service checked the address: that is the first proof, and what was there before goes.
#[tokio::test]
async fn cve_2026_53516_the_word_of_a_service_removes_what_a_stranger_left() {
    for strategy in BOTH {
        for (left, stays) in [
            (Nothing, &["example"][..]),
            (Password, &["example"]),
            (SLOPPY, &["example"]),
            (PASSKEY, &["example"]),
            (GOOGLE, &["example", "google"]),
        ] {
            let (app, service) = stage(strategy, BeforeProof::default());
            let user = made_before(&app, left).await;
            knows(&service, &json!(true));
            let mut browser = Browser::new(&app);
            let answer = browser.sign_in_at("example").await;
            answer.leads_to(&format!("{ORIGIN}/done"));
            assert_eq!(browser.session_email().await, ADDRESS);
            let users = app.store.users();
            assert_eq!(users.len(), 1, "it is the same user");
            assert!(users[0].email_verified.is_some(), "{left:?}");
            assert_eq!(app.store.password(&user.id).await.unwrap(), None);
            assert_eq!(providers(&app), stays, "{left:?}");
            assert!(!has_session(&app).await, "{left:?}");
        }
    }
}

/// The service does not say that it checked the address: nobody joins a user whom a stranger can open.
#[tokio::test]
async fn cve_2026_53516_nobody_joins_what_a_stranger_can_open() {
    for strategy in BOTH {
        for word in [json!(false), json!(null)] {
            for (left, joins) in [
                (Nothing, true),
                (GOOGLE, true),
                (RISKED, true),
                (Password, false),
                (SLOPPY, false),
                (PASSKEY, false),
            ] {
                let (app, service) = stage(strategy, BeforeProof::default());
                let user = made_before(&app, left).await;
                knows(&service, &word);
                let mut browser = Browser::new(&app);
                let answer = browser.sign_in_at("example").await;
                if joins {
                    answer.leads_to(&format!("{ORIGIN}/done"));
                } else {
                    answer.fails_with("signin", "OAuthAccountNotLinked");
                }
                let linked = providers(&app).contains(&"example".to_owned());
                assert_eq!(linked, joins, "{left:?} {word}");
                // Without a word nothing is proven, and nothing goes.
                assert_eq!(app.store.users(), [user]);
                assert!(has_session(&app).await);
            }
        }
    }
}

/// Passwords that the application keeps itself cannot be seen.
#[tokio::test]
async fn cve_2026_53516_passwords_of_the_application_may_be_a_strangers() {
    let risked = provider("example").link_by_email(LinkByEmail::Dangerously);
    let setup = Setup::of(Strategy::Jwt);
    let (app, service) = app_of(setup, [risked], |builder, _| {
        builder.provider(crate::credentials::provider())
    });
    made_before(&app, Nothing).await;
    let answer = Browser::new(&app).sign_in_at("example").await;
    answer.fails_with("signin", "OAuthAccountNotLinked");
    knows(&service, &json!(true));
    let answer = Browser::new(&app).sign_in_at("example").await;
    answer.leads_to(&format!("{ORIGIN}/done"));
}

/// Whoever wants all as with Auth.js has it so.
#[tokio::test]
async fn everything_stays_where_the_setting_says_so() {
    for word in [json!(true), json!(null)] {
        let (app, service) = stage(Strategy::Database, BeforeProof::Keep);
        let user = made_before(&app, Password).await;
        knows(&service, &word);
        let answer = Browser::new(&app).sign_in_at("example").await;
        answer.leads_to(&format!("{ORIGIN}/done"));
        assert!(app.store.password(&user.id).await.unwrap().is_some());
        assert!(has_session(&app).await);
    }
}

/// What a first proof lets stay must not have come with an address that was not checked.
#[tokio::test]
async fn cve_2026_53516_providers_that_check_addresses_bring_no_other() {
    for (word, email) in [
        (json!(true), Some(ADDRESS)),
        (json!(null), Some(ADDRESS)),
        (json!(false), None),
        (json!("false"), None),
    ] {
        let (app, service) = app_of(Setup::default(), [provider("google")], |it, _| it);
        knows(&service, &word);
        let mut stranger = Browser::new(&app);
        let answer = stranger.sign_in_at("google").await;
        answer.leads_to(&format!("{ORIGIN}/done"));
        assert_eq!(app.store.users()[0].email.as_deref(), email, "{word}");
    }
}
