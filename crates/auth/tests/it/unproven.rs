//! Users whom somebody made before the owner of the address came: CVE-2026-53516.

use hallpass_auth::BeforeProof;
use hallpass_auth::adapter::{Account, AccountType, Adapter, NewUser, SessionRecord, User, UserId};
use hallpass_auth::password::{PasswordHash, PasswordStore};
use hallpass_auth::secret::SessionToken;
use hallpass_auth::session::Strategy;
use jiff::Timestamp;
use serde_json::Map;

use crate::app::{App, Browser, ORIGIN, Setup};

const VICTIM: &str = "ada@example.com";

/// Somebody registered the victim's address: with a password, a session, and accounts at two providers.
async fn registered_before(app: &App, email_verified: Option<Timestamp>) -> User {
    let new = NewUser {
        proposed_id: UserId("before".to_owned()),
        name: None,
        email: Some(VICTIM.to_owned()),
        email_verified,
        image: None,
        extra: Map::new(),
    };
    let hash = PasswordHash::new("hash-of-the-first-comer");
    let user = app.store.create_user_with_password(new, hash).await;
    let user = user.unwrap();
    let session = SessionRecord {
        session_token: SessionToken::new("of-the-first-comer"),
        user_id: user.id.clone(),
        expires: "2026-02-01T00:00:00Z".parse().unwrap(),
    };
    app.store.create_session(session).await.unwrap();
    for provider in ["github", "google"] {
        let account = Account {
            user_id: user.id.clone(),
            kind: AccountType::OAuth,
            provider: provider.to_owned(),
            provider_account_id: "first-comer".to_owned(),
            extra: Map::new(),
        };
        app.store.link_account(account).await.unwrap();
    }
    user
}

/// The session, the password, and the providers of the accounts that are left of the first comer.
async fn left(app: &App, user: &User) -> (bool, bool, Vec<String>) {
    let token = SessionToken::new("of-the-first-comer");
    let session = app.store.session_and_user(&token).await.unwrap();
    let password = app.store.password(&user.id).await.unwrap();
    let mut providers: Vec<String> = app
        .store
        .accounts()
        .into_iter()
        .map(|account| account.provider)
        .collect();
    providers.sort();
    (session.is_some(), password.is_some(), providers)
}

#[tokio::test]
async fn cve_2026_53516_the_first_proof_removes_what_others_may_have_made() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let app = Setup::of(strategy).app();
        let user = registered_before(&app, None).await;
        let mut browser = Browser::new(&app);
        browser.sign_in(VICTIM).await.leads_to(ORIGIN);
        assert_eq!(left(&app, &user).await, (false, false, Vec::new()));
        assert_eq!(browser.session().await["user"]["email"], VICTIM);
        assert_eq!(app.store.users().len(), 1, "it is the same user");
    }
}

#[tokio::test]
async fn what_is_there_after_the_first_proof_stays_at_the_second() {
    let app = Setup::default().app();
    let long_ago = "2025-01-01T00:00:00Z".parse().unwrap();
    let user = registered_before(&app, Some(long_ago)).await;
    Browser::new(&app).sign_in(VICTIM).await.leads_to(ORIGIN);
    let both = vec!["github".to_owned(), "google".to_owned()];
    assert_eq!(left(&app, &user).await, (true, true, both));
}

#[tokio::test]
async fn everything_stays_where_the_setting_says_so() {
    let app = Setup::default().app_with(|builder| builder.before_proof(BeforeProof::Keep));
    let user = registered_before(&app, None).await;
    Browser::new(&app).sign_in(VICTIM).await.leads_to(ORIGIN);
    let both = vec!["github".to_owned(), "google".to_owned()];
    assert_eq!(left(&app, &user).await, (true, true, both));
}

/// As Auth.js makes users at a first sign-in with Google: the address unproven, one account, no password.
#[tokio::test]
async fn accounts_stay_when_all_are_of_providers_that_check_addresses() {
    let trusts = |providers: &[&str]| BeforeProof::Remove {
        verifying_providers: providers.iter().map(ToString::to_string).collect(),
    };
    for (setting, stays) in [
        (BeforeProof::default(), true),
        (trusts(&["google", "github"]), true),
        (trusts(&["github"]), false),
        (trusts(&[]), false),
    ] {
        let app = Setup::default().app_with(|builder| builder.before_proof(setting.clone()));
        let user = registered_before(&app, None).await;
        app.store
            .unlink_account("github", "first-comer")
            .await
            .unwrap();
        app.store.forget_password(&user.id);
        Browser::new(&app).sign_in(VICTIM).await.leads_to(ORIGIN);
        let accounts = if stays {
            vec!["google".to_owned()]
        } else {
            Vec::new()
        };
        assert_eq!(
            left(&app, &user).await,
            (false, false, accounts),
            "{setting:?}"
        );
    }
}

/// Sessions in cookies cannot be removed from a table; where a directory is kept, they end by it.
#[tokio::test]
async fn sessions_in_cookies_from_before_the_first_proof_end_where_a_directory_is_kept() {
    let store = hallpass_auth::testing::memory::MemoryAdapter::new();
    let kept = store.clone();
    let app =
        Setup::jwt().app_with(|builder| builder.adapter(kept.clone()).session_directory(kept));
    let app = App { store, ..app };
    let mut first_comer = Browser::new(&app);
    first_comer.sign_in(VICTIM).await;
    // The address counts as unproven again, as after registering with a password.
    let user = app.store.users().remove(0);
    let changes = hallpass_auth::adapter::UserChanges {
        email_verified: Some(None),
        ..Default::default()
    };
    app.store.update_user(&user.id, changes).await.unwrap();
    app.clock.advance(std::time::Duration::from_secs(5));
    let mut owner = Browser::new(&app);
    owner.sign_in(VICTIM).await.leads_to(ORIGIN);
    assert!(first_comer.session().await.is_null());
    assert_eq!(owner.session().await["user"]["email"], VICTIM);
}
