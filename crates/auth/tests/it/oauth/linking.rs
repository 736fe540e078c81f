//! Whom an account belongs to: every row of contract §6.1, under both strategies.

use std::sync::{Arc, Mutex};

use hallpass_auth::ChangingWaysIn;
use hallpass_auth::adapter::{Account, AccountType, Adapter, SessionRecord, UserChanges, UserId};
use hallpass_auth::directory::Page;
use hallpass_auth::providers::oauth::LinkByEmail;
use hallpass_auth::secret::SessionToken;
use hallpass_auth::session::Strategy;
use serde_json::{Map, json};

use super::service::{BOTH, Service, ada, app, app_of, bob, id_of, provider};
use crate::app::{App, Browser, DAY, ORIGIN, START, Setup};

/// An application whose listeners write down what happens.
struct Stage {
    app: App,
    service: Service,
    events: Arc<Mutex<Vec<&'static str>>>,
}

impl Stage {
    fn new(strategy: Strategy, rule: LinkByEmail) -> Self {
        let events: Arc<Mutex<Vec<&'static str>>> = Arc::default();
        let diary = Arc::clone(&events);
        let providers = [provider("example").link_by_email(rule)];
        let (app, service) = app_of(Setup::listing(strategy), providers, |builder, _| {
            // As with Auth.js; `ways_in` has what is asked for by default.
            let builder = builder.changing_ways_in(ChangingWaysIn::InAnySession);
            builder.on_event(move |event| {
                diary.lock().unwrap().push(event.name());
                async { Ok(()) }
            })
        });
        Self {
            app,
            service,
            events,
        }
    }

    /// The account of the service becomes this user's.
    async fn give_account_to(&self, user: &UserId) {
        let account = Account {
            user_id: user.clone(),
            kind: AccountType::OAuth,
            provider: "example".to_owned(),
            provider_account_id: "42".to_owned(),
            extra: Map::new(),
        };
        self.app.store.link_account(account).await.unwrap();
    }

    fn owner(&self) -> Option<UserId> {
        let accounts = self.app.store.accounts();
        accounts.first().map(|account| account.user_id.clone())
    }

    fn take_events(&self) -> Vec<&'static str> {
        let mut events = std::mem::take(&mut *self.events.lock().unwrap());
        events.retain(|event| *event != "session");
        events
    }

    /// Since the last time the store was changed by one sign-in at most, and by nothing else.
    #[track_caller]
    fn writes(&self, expected: usize) {
        let mut calls = self.app.store.take_calls();
        let changes = [
            "sign_in",
            "create_user",
            "update_user",
            "link_account",
            "create_session",
            "delete_session",
        ];
        calls.retain(|call| changes.contains(call));
        assert_eq!(calls, vec!["sign_in"; expected]);
    }
}

#[tokio::test]
async fn account_of_whoever_is_signed_in_keeps_the_session() {
    for strategy in BOTH {
        let stage = Stage::new(strategy, LinkByEmail::Never);
        let mut browser = stage.app.signed_in("eve@example.com").await;
        let eve = id_of(&stage.app, "eve@example.com");
        stage.give_account_to(&eve).await;
        let path = browser.agree("example").await;
        let (before, token) = (
            stage.app.store.sessions(),
            browser.cookie("authjs.session-token").map(str::to_owned),
        );
        stage.take_events();
        stage.app.store.take_calls();
        let answer = browser.get(&path).await;
        answer.leads_to(&format!("{ORIGIN}/done"));
        stage.writes(0);
        assert_eq!(stage.app.store.sessions(), before);
        if strategy == Strategy::Database {
            assert_eq!(browser.cookie("authjs.session-token"), token.as_deref());
            // The row's own end.
            let cookie = *answer.set_cookies().last().unwrap();
            assert!(cookie.contains("Expires=Sat, 31 Jan 2026"), "{cookie}");
        }
        assert_eq!(stage.take_events(), ["signIn"]);
        assert_eq!(browser.session_email().await, "eve@example.com");
    }
}

#[tokio::test]
async fn account_of_another_than_whoever_is_signed_in_is_refused() {
    for strategy in BOTH {
        for rule in [LinkByEmail::Never, LinkByEmail::Dangerously] {
            let stage = Stage::new(strategy, rule);
            let owner = stage.app.add_user("owner", "ada@example.com").await;
            stage.give_account_to(&owner.id).await;
            let mut browser = stage.app.signed_in("eve@example.com").await;
            let path = browser.agree("example").await;
            stage.app.store.take_calls();
            browser
                .get(&path)
                .await
                .fails_with("signin", "OAuthAccountNotLinked");
            stage.writes(0);
            assert_eq!(browser.session_email().await, "eve@example.com");
        }
    }
}

#[tokio::test]
async fn account_known_nobody_signed_in_begins_a_session_of_its_user() {
    for strategy in BOTH {
        let stage = Stage::new(strategy, LinkByEmail::Never);
        // The address at the service is somebody else's here: it does not matter.
        stage.app.add_user("namesake", "ada@example.com").await;
        let owner = stage.app.add_user("owner", "owner@example.com").await;
        stage.give_account_to(&owner.id).await;
        let mut browser = Browser::new(&stage.app);
        let path = browser.agree("example").await;
        stage.app.store.take_calls();
        browser.get(&path).await.leads_to(&format!("{ORIGIN}/done"));
        stage.writes(1);
        assert_eq!(browser.session_email().await, "owner@example.com");
        assert_eq!(stage.take_events(), ["signIn"]);
        let sessions = usize::from(strategy == Strategy::Database);
        assert_eq!(stage.app.store.sessions().len(), sessions);
    }
}

#[tokio::test]
async fn account_unknown_somebody_signed_in_is_linked_to_them_whatever_the_address() {
    for strategy in BOTH {
        for rule in [
            LinkByEmail::Never,
            LinkByEmail::Verified,
            LinkByEmail::Dangerously,
        ] {
            let stage = Stage::new(strategy, rule);
            stage.app.add_user("namesake", "ada@example.com").await;
            let mut browser = stage.app.signed_in("eve@example.com").await;
            let eve = id_of(&stage.app, "eve@example.com");
            let path = browser.agree("example").await;
            let before = stage.app.store.sessions();
            stage.take_events();
            stage.app.store.take_calls();
            browser.get(&path).await.leads_to(&format!("{ORIGIN}/done"));
            stage.writes(1);
            assert_eq!(stage.owner(), Some(eve));
            assert_eq!(stage.app.store.sessions(), before, "the session goes on");
            assert_eq!(stage.take_events(), ["linkAccount", "signIn"]);
            assert_eq!(browser.session_email().await, "eve@example.com");
            // It is a way in from now on.
            let mut other = Browser::new(&stage.app);
            other.sign_in_at("example").await;
            assert_eq!(other.session_email().await, "eve@example.com");
        }
    }
}

/// A link to a session that may be stolen proves nothing: who signed in lately is judged by the list of sessions.
#[tokio::test]
async fn linking_begins_no_session_in_the_list() {
    for strategy in BOTH {
        let stage = Stage::new(strategy, LinkByEmail::Never);
        let mut browser = stage.app.signed_in("eve@example.com").await;
        stage.app.clock.advance(DAY / 2);
        browser
            .sign_in_at("example")
            .await
            .leads_to(&format!("{ORIGIN}/done"));
        let eve = id_of(&stage.app, "eve@example.com");
        let listed = stage
            .app
            .auth
            .sessions_of(&eve, Page::first(10))
            .await
            .unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].created, Some(START.parse().unwrap()));
    }
}

#[tokio::test]
async fn account_unknown_address_known_is_refused() {
    for strategy in BOTH {
        let stage = Stage::new(strategy, LinkByEmail::Never);
        stage.app.signed_in("ada@example.com").await;
        let mut browser = Browser::new(&stage.app);
        let path = browser.agree("example").await;
        stage.app.store.take_calls();
        browser
            .get(&path)
            .await
            .fails_with("signin", "OAuthAccountNotLinked");
        stage.writes(0);
        assert_eq!(stage.owner(), None);
    }
}

#[tokio::test]
async fn account_unknown_address_known_is_linked_where_the_operator_takes_the_risk() {
    for strategy in BOTH {
        let stage = Stage::new(strategy, LinkByEmail::Dangerously);
        let known = stage.app.add_user("known", "ada@example.com").await;
        let mut browser = Browser::new(&stage.app);
        let path = browser.agree("example").await;
        stage.app.store.take_calls();
        browser.get(&path).await.leads_to(&format!("{ORIGIN}/done"));
        stage.writes(1);
        assert_eq!(stage.owner().as_ref(), Some(&known.id));
        // Auth.js says `createUser` here too.
        assert_eq!(stage.take_events(), ["createUser", "linkAccount", "signIn"]);
        assert_eq!(stage.app.store.users(), [known]);
    }
}

#[tokio::test]
async fn account_and_address_unknown_add_a_user() {
    for strategy in BOTH {
        for (profile, email) in [
            (ada(), Some("ada@example.com")),
            (json!({ "id": 42 }), None),
        ] {
            let stage = Stage::new(strategy, LinkByEmail::Never);
            stage.service.knows(&profile);
            let mut browser = Browser::new(&stage.app);
            let path = browser.agree("example").await;
            stage.app.store.take_calls();
            browser.get(&path).await.leads_to(&format!("{ORIGIN}/done"));
            stage.writes(1);
            let users = stage.app.store.users();
            assert_eq!(users.len(), 1);
            assert_eq!(users[0].email.as_deref(), email);
            assert_eq!(stage.owner().as_ref(), Some(&users[0].id));
            assert_eq!(stage.take_events(), ["createUser", "linkAccount", "signIn"]);
        }
    }
}

/// CVE-2026-53516, CVE-2026-15611: an address is enough only where both sides checked it.
#[tokio::test]
async fn cve_2026_53516_and_cve_2026_15611_both_sides_must_have_checked_the_address() {
    for strategy in BOTH {
        for (at_service, here, links) in [
            (json!(true), true, true),
            (json!(true), false, false),
            (json!(false), true, false),
            (json!(null), true, false),
            (json!(false), false, false),
        ] {
            let stage = Stage::new(strategy, LinkByEmail::Verified);
            let known = stage.app.add_user("known", "ada@example.com").await;
            if here {
                let proven = UserChanges {
                    email_verified: Some(Some("2025-01-01T00:00:00Z".parse().unwrap())),
                    ..UserChanges::default()
                };
                stage
                    .app
                    .store
                    .update_user(&known.id, proven)
                    .await
                    .unwrap();
            }
            let mut profile = ada();
            profile["email_verified"] = at_service.clone();
            stage.service.knows(&profile);
            let answer = Browser::new(&stage.app).sign_in_at("example").await;
            if links {
                answer.leads_to(&format!("{ORIGIN}/done"));
                assert_eq!(stage.owner(), Some(known.id));
                assert_eq!(stage.take_events(), ["linkAccount", "signIn"]);
            } else {
                answer.fails_with("signin", "OAuthAccountNotLinked");
                assert_eq!(stage.owner(), None, "{at_service} {here}");
            }
        }
    }
}

/// Where the operator takes a service's word for addresses, it counts for new users too. Else it never does.
#[tokio::test]
async fn the_word_of_a_service_proves_an_address_only_where_the_operator_says_so() {
    for (rule, word, proven) in [
        (LinkByEmail::Verified, json!(true), true),
        (LinkByEmail::Verified, json!(false), false),
        (LinkByEmail::Verified, json!(null), false),
        (LinkByEmail::Never, json!(true), false),
        (LinkByEmail::Dangerously, json!(true), false),
    ] {
        let stage = Stage::new(Strategy::Database, rule);
        let mut profile = ada();
        profile["email_verified"] = word;
        stage.service.knows(&profile);
        Browser::new(&stage.app).sign_in_at("example").await;
        let user = &stage.app.store.users()[0];
        assert_eq!(user.email_verified.is_some(), proven, "{rule:?}");
    }
}

/// Auth.js lets an expired row authorise; here it does not.
#[tokio::test]
async fn an_expired_session_does_not_authorise_linking() {
    let stage = Stage::new(Strategy::Database, LinkByEmail::Never);
    stage.app.signed_in("eve@example.com").await;
    let eve = id_of(&stage.app, "eve@example.com");
    let expired = SessionRecord {
        session_token: SessionToken::new("expired"),
        user_id: eve.clone(),
        expires: "2025-12-31T23:59:59Z".parse().unwrap(),
    };
    stage
        .app
        .store
        .create_session(expired.clone())
        .await
        .unwrap();
    let mut browser = Browser::new(&stage.app);
    browser.set_cookie("authjs.session-token", "expired");
    browser
        .sign_in_at("example")
        .await
        .leads_to(&format!("{ORIGIN}/done"));
    assert_ne!(stage.owner(), Some(eve));
    assert_eq!(browser.session_email().await, "ada@example.com");
    let sessions = stage.app.store.sessions();
    assert!(!sessions.contains(&expired), "what is over is removed");
}

/// One that runs out between start and end neither links nor makes a second user.
#[tokio::test]
async fn a_session_that_ends_in_between_links_nothing() {
    for strategy in BOTH {
        let stage = Stage::new(strategy, LinkByEmail::Never);
        let mut browser = stage.app.signed_in("eve@example.com").await;
        let path = browser.agree("example").await;
        browser.forget("authjs.session-token");
        browser
            .get(&path)
            .await
            .fails_with("signin", "OAuthCallbackError");
        assert_eq!(stage.owner(), None);
        assert_eq!(stage.app.store.users().len(), 1);
        // Of a session that was ended elsewhere the cookie is still there.
        let mut browser = stage.app.signed_in("eve@example.com").await;
        let path = browser.agree("example").await;
        let mut elsewhere = stage.app.signed_in("eve@example.com").await;
        elsewhere.post("/auth/sessions/revoke-others", &[]).await;
        browser
            .get(&path)
            .await
            .fails_with("signin", "OAuthCallbackError");
        assert_eq!(stage.owner(), None);
    }
}

/// A browser that somebody else began in, or that changed hands: one person's account is never added to another's.
#[tokio::test]
async fn whoever_is_signed_in_at_the_end_must_be_who_began() {
    for strategy in BOTH {
        for (first, second) in [
            (None, Some("eve@example.com")),
            (Some("ada@example.com"), Some("eve@example.com")),
            (Some("ada@example.com"), None),
        ] {
            let (app, service) = app(strategy);
            service.knows(&bob());
            let mut browser = match first {
                Some(email) => app.signed_in(email).await,
                None => Browser::new(&app),
            };
            let path = browser.agree("example").await;
            match second {
                Some(email) => drop(browser.sign_in(email).await),
                None => drop(browser.post("/auth/signout", &[]).await),
            }
            browser
                .get(&path)
                .await
                .fails_with("signin", "OAuthCallbackError");
            assert!(app.store.accounts().is_empty(), "{first:?} {second:?}");
            assert_eq!(service.exchanges(), 0);
        }
    }
}

/// The first proof by mail removes an account that anybody may have made (docs/design/unproven-accounts.md).
#[tokio::test]
async fn a_first_proof_by_mail_removes_the_account_of_a_service_that_vouches_for_nothing() {
    let stage = Stage::new(Strategy::Database, LinkByEmail::Never);
    let mut thief = Browser::new(&stage.app);
    thief.sign_in_at("example").await;
    stage.app.signed_in("ada@example.com").await;
    assert_eq!(stage.owner(), None);
    assert_eq!(thief.session().await, serde_json::Value::Null);
    thief
        .sign_in_at("example")
        .await
        .fails_with("signin", "OAuthAccountNotLinked");
}
