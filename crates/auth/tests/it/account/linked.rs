//! The accounts at other services: shown to their owner, removed by their owner, and never the last way in.

use std::sync::{Arc, Mutex};

use hallpass_auth::adapter::{Account, AccountType, Adapter, UserChanges, UserId};
use hallpass_auth::events::Event;
use hallpass_auth::limit::LimitRules;
use hallpass_auth::providers::oauth::{OAuthClient, OAuthProvider};
use hallpass_auth::secret::Secret;
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::rotating::RotatingService;
use http::StatusCode;
use serde_json::json;

use super::support::{ADA, OLD, STRATEGIES, app_with};
use crate::app::{App, Browser, ORIGIN};

type Heard = Arc<Mutex<Vec<Account>>>;

fn service(id: &str) -> OAuthProvider {
    let addresses = [
        "https://svc.test/a",
        "https://svc.test/t",
        "https://svc.test/u",
    ];
    let client = OAuthClient::new("client", Secret::new("client-secret"));
    OAuthProvider::oauth(id, addresses, client).named(format!("Service {id}"))
}

/// With two services; mail and password let in too.
fn app(strategy: Strategy) -> (App, Heard) {
    let heard = Heard::default();
    let listener = heard.clone();
    let app = app_with(strategy, |builder| {
        builder
            .limits(LimitRules::none())
            .http_client(Arc::new(RotatingService::default()))
            .provider(service("one"))
            .provider(service("two"))
            .on_event(move |event| {
                if let Event::UnlinkAccount { account } = event {
                    listener.lock().unwrap().push(account);
                }
                async { Ok(()) }
            })
    });
    (app, heard)
}

async fn link(app: &App, user: &UserId, provider: &str, id: &str) {
    let extra = json!({ "access_token": "planted", "refresh_token": "planted" });
    let account = Account {
        user_id: user.clone(),
        kind: AccountType::OAuth,
        provider: provider.to_owned(),
        provider_account_id: id.to_owned(),
        extra: extra.as_object().unwrap().clone(),
    };
    app.store.link_account(account).await.unwrap();
}

/// Ada with one account and no address.
async fn leave_one_way_in(app: &App) -> UserId {
    let user = app.user(ADA).id;
    link(app, &user, "one", "ada/1&2").await;
    let changes = UserChanges {
        email: Some(None),
        ..UserChanges::default()
    };
    app.store.update_user(&user, changes).await.unwrap();
    user
}

const REMOVE_ONE: [(&str, &str); 3] = [
    ("provider", "one"),
    ("providerAccountId", "ada/1&2"),
    ("password", OLD),
];

#[tokio::test]
async fn accounts_are_shown_and_removed_after_a_confirmation() {
    for strategy in STRATEGIES {
        let (app, heard) = app(strategy);
        let mut browser = app.ada().await;
        link(&app, &app.user(ADA).id, "one", "ada/1&2").await;
        let page = browser.get("/auth/account/linked").await;
        assert!(page.body.contains("Service one") && page.body.contains("Link Service two"));
        assert!(
            !page.body.contains("Link Service one"),
            "it is linked already"
        );
        assert!(!page.body.contains("planted"));
        assert!(
            page.body
                .contains("/auth/account/unlink?provider=one&#38;providerAccountId=ada%2F1%262"),
            "{}",
            page.body
        );
        let ask = browser
            .get("/auth/account/unlink?provider=one&providerAccountId=ada%2F1%262")
            .await;
        assert!(ask.body.contains("Remove Service one") && ask.body.contains("ada/1&#38;2"));
        assert_eq!(app.store.accounts().len(), 1, "looking removed it");
        let answer = browser.post("/auth/account/unlink", &REMOVE_ONE).await;
        answer.leads_to(&format!("{ORIGIN}/auth/account/linked?done=removed"));
        assert!(app.store.accounts().is_empty());
        let heard = heard.lock().unwrap();
        assert_eq!(heard.len(), 1);
        assert_eq!(
            (&*heard[0].provider, heard[0].extra.len()),
            ("one", 0),
            "tokens were told"
        );
    }
}

#[tokio::test]
async fn removing_asks_for_the_password_and_for_a_form_of_ours() {
    let (app, _) = app(Strategy::Database);
    let mut browser = app.ada().await;
    link(&app, &app.user(ADA).id, "one", "ada/1&2").await;
    for password in ["", "wrong"] {
        let mut members = REMOVE_ONE;
        members[2].1 = password;
        let answer = browser.post("/auth/account/unlink", &members).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let bare = browser.post_bare("/auth/account/unlink", &REMOVE_ONE).await;
    bare.fails_with("signin", "MissingCSRF");
    let nobody = Browser::new(&app)
        .post("/auth/account/unlink", &REMOVE_ONE)
        .await;
    assert!(nobody.location().contains("/auth/signin?callbackUrl="));
    assert_eq!(app.store.accounts().len(), 1);
}

#[tokio::test]
async fn programs_list_and_remove_accounts_as_json() {
    let (app, _) = app(Strategy::Database);
    let mut browser = app.ada().await;
    let user = app.user(ADA).id;
    link(&app, &user, "one", "ada/1&2").await;
    let list = browser.get_json("/auth/account/linked").await;
    assert_eq!(list.status, StatusCode::OK);
    assert!(!list.body.contains("planted"), "{}", list.body);
    let account = &list.json()["accounts"][0];
    for (member, value) in [
        ("provider", json!("one")),
        ("name", json!("Service one")),
        ("providerAccountId", json!("ada/1&2")),
        ("needsSignIn", json!(false)),
    ] {
        assert_eq!(account[member], value, "{member}");
    }
    let nobody = Browser::new(&app).get_json("/auth/account/linked").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let nobody = Browser::new(&app)
        .post_json("/auth/account/unlink", &REMOVE_ONE)
        .await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let mut wrong = REMOVE_ONE;
    wrong[2].1 = "wrong";
    let refused = browser.post_json("/auth/account/unlink", &wrong).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.json()["error"].is_string(), "{}", refused.body);
    assert_eq!(app.store.accounts().len(), 1);
    let removed = browser.post_json("/auth/account/unlink", &REMOVE_ONE).await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.body);
    assert!(app.store.accounts().is_empty());
    let list = browser.get_json("/auth/account/linked").await;
    assert_eq!(list.json(), json!({ "accounts": [] }));
}

#[tokio::test]
async fn programs_are_told_that_it_is_the_last_way_in() {
    let (app, _) = app(Strategy::Database);
    let mut browser = app.ada().await;
    leave_one_way_in(&app).await;
    let answer = browser.post_json("/auth/account/unlink", &REMOVE_ONE).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.json()["error"].is_string(), "{}", answer.body);
    assert_eq!(app.store.accounts().len(), 1);
}

/// CVE-2025-61928: whose account it is follows from the session alone.
#[tokio::test]
async fn cve_2025_61928_nobody_sees_or_removes_what_is_somebody_elses() {
    let (app, _) = app(Strategy::Database);
    let mut ada = app.ada().await;
    let mut bob = app.signed_in("bob@example.com").await;
    link(&app, &app.user("bob@example.com").id, "one", "ada/1&2").await;
    let page = ada.get("/auth/account/linked").await;
    assert!(!page.body.contains("/auth/account/unlink?"));
    let answer = ada.post("/auth/account/unlink", &REMOVE_ONE).await;
    answer.leads_to(&format!("{ORIGIN}/auth/account/linked"));
    assert_eq!(app.store.accounts().len(), 1);
    let page = bob.get("/auth/account/linked").await;
    assert!(page.body.contains("/auth/account/unlink?"));
}

/// Only services let in here: no mail, no password.
#[tokio::test]
async fn last_way_in_stays_and_the_page_says_why() {
    let (app, heard) = app(Strategy::Database);
    let mut browser = app.ada().await;
    let user = leave_one_way_in(&app).await;
    let answer = browser.post("/auth/account/unlink", &REMOVE_ONE).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("This is your only way to sign in"));
    assert_eq!(app.store.accounts().len(), 1);
    assert!(heard.lock().unwrap().is_empty());
    link(&app, &user, "two", "ada").await;
    let answer = browser.post("/auth/account/unlink", &REMOVE_ONE).await;
    answer.leads_to(&format!("{ORIGIN}/auth/account/linked?done=removed"));
}
