//! Events: which, in what order, with what in them.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hallpass_auth::callbacks::CallbackError;
use hallpass_auth::events::{Event, EventListener};
use hallpass_auth::session::Strategy;

use crate::app::{App, Browser, ORIGIN, Setup};

/// Keeps what it hears.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<Event>>>);

impl Diary {
    fn names(&self) -> Vec<&'static str> {
        self.0
            .lock()
            .unwrap()
            .drain(..)
            .map(|event| event.name())
            .collect()
    }

    fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[async_trait]
impl EventListener for Diary {
    async fn on_event(&self, event: &Event) -> Result<(), CallbackError> {
        self.0.lock().unwrap().push(event.clone());
        Ok(())
    }
}

fn listening(strategy: Strategy) -> (App, Diary) {
    let diary = Diary::default();
    let app = Setup::of(strategy).app_with(|builder| builder.listener(diary.clone()));
    (app, diary)
}

#[tokio::test]
async fn a_life_of_events_in_order_under_both_strategies() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let (app, diary) = listening(strategy);
        let mut browser = Browser::new(&app);
        browser.ask("ada@example.com").await;
        assert!(diary.names().is_empty(), "asking is no event");
        browser.follow(&app.last_link()).await;
        assert_eq!(diary.names(), ["createUser", "signIn"]);
        browser.session().await;
        assert_eq!(diary.names(), ["session"]);
        browser.sign_in("ada@example.com").await;
        assert_eq!(diary.names(), ["updateUser", "signIn"]);
        browser.post("/auth/signout", &[]).await;
        assert_eq!(diary.names(), ["signOut"]);
        browser.post("/auth/signout", &[]).await;
        browser.session().await;
        assert!(diary.names().is_empty(), "nobody is signed in any more");
    }
}

#[tokio::test]
async fn events_say_who_and_whether_new() {
    let (app, diary) = listening(Strategy::Database);
    let mut browser = app.signed_in("ada@example.com").await;
    let id = app.store.users()[0].id.clone();
    let events = diary.take();
    assert!(matches!(&events[0], Event::CreateUser { user } if user.id == id));
    assert!(matches!(
        &events[1],
        Event::SignIn { user, account, is_new_user: true, .. } if user.id == id && account.user_id == id
    ));
    browser.sign_in("ada@example.com").await;
    assert!(matches!(
        &diary.take()[1],
        Event::SignIn {
            is_new_user: false,
            ..
        }
    ));
    browser.post("/auth/signout", &[]).await;
    assert!(matches!(
        &diary.take()[0],
        Event::SignOutSession { session: Some(session) } if session.user_id == id
    ));
}

#[tokio::test]
async fn signing_out_of_a_token_tells_its_claims_and_of_garbage_nothing() {
    let (app, diary) = listening(Strategy::Jwt);
    let mut browser = app.signed_in("ada@example.com").await;
    diary.take();
    browser.post("/auth/signout", &[]).await;
    assert!(matches!(
        &diary.take()[0],
        Event::SignOutToken { claims } if claims["email"] == "ada@example.com"
    ));
    browser.set_cookie("authjs.session-token", "garbage");
    let answer = browser.post("/auth/signout", &[]).await;
    assert!(answer.set_cookies()[0].starts_with("authjs.session-token=; Max-Age=0"));
    assert!(diary.take().is_empty());
}

#[derive(Debug, thiserror::Error)]
#[error("thrown by a test")]
struct Thrown;

#[tokio::test]
async fn a_listener_that_fails_changes_nothing_and_silences_nobody() {
    let diary = Diary::default();
    let app = Setup::default().app_with(|builder| {
        builder
            .on_event(|_| async { Err(Thrown.into()) })
            .listener(diary.clone())
    });
    let mut browser = Browser::new(&app);
    browser.sign_in("ada@example.com").await.leads_to(ORIGIN);
    assert_eq!(diary.names(), ["createUser", "signIn"]);
}

#[tokio::test]
async fn refused_sign_ins_are_no_events() {
    let (app, diary) = listening(Strategy::Database);
    let mut browser = Browser::new(&app);
    browser
        .get("/auth/callback/nodemailer?token=a&email=b%40c.d")
        .await;
    browser.get("/auth/session").await;
    assert!(diary.names().is_empty());
}

#[tokio::test]
async fn events_do_not_print_whom_they_are_about() {
    let (app, diary) = listening(Strategy::Jwt);
    app.signed_in("planted@example.com").await.session().await;
    let text = format!("{:?}", diary.take());
    assert_eq!(text, "[Event(createUser), Event(signIn), Event(session)]");
}
