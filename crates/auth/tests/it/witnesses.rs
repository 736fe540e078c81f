//! What witnesses hear: what happened and what was tried in vain, from where and why, and no secret.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hallpass_auth::adapter::{Adapter, UserChanges};
use hallpass_auth::client::PeerAddress;
use hallpass_auth::environment::Clock as _;
use hallpass_auth::events::Event;
use hallpass_auth::password::PasswordSettings;
use hallpass_auth::providers::{PasswordProvider, Unverified};
use hallpass_auth::session::Strategy;
use hallpass_auth::witness::{Attempt, FailedAttempt, Whence, Witness};
use http::Request;

use crate::app::{App, Browser, Setup, form, get};
use crate::passwords::{PASSWORD, add, hash, quick, try_as};

#[derive(Debug, Clone, PartialEq)]
struct Heard {
    what: &'static str,
    reason: &'static str,
    provider: Option<String>,
    user: Option<String>,
    address: Option<String>,
    from: Whence,
}

/// Keeps what it hears.
#[derive(Clone, Default)]
pub(crate) struct Book(Arc<Mutex<Vec<Heard>>>);

impl Book {
    fn take(&self) -> Vec<Heard> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// What was heard, as (what, reason, user).
    pub(crate) fn short(&self) -> Vec<(&'static str, &'static str, Option<String>)> {
        let heard = self.take().into_iter();
        heard.map(|one| (one.what, one.reason, one.user)).collect()
    }
}

impl Witness for Book {
    fn happened(&self, event: &Event, whence: &Whence) {
        let user = match event {
            Event::SignIn { user, .. } => Some(user.id.0.clone()),
            Event::SecondFactorAsked { user_id, .. } => Some(user_id.0.clone()),
            _ => None,
        };
        self.0.lock().unwrap().push(Heard {
            what: event.name(),
            reason: "",
            provider: None,
            user,
            address: None,
            from: whence.clone(),
        });
    }

    fn failed(&self, attempt: &FailedAttempt<'_>, whence: &Whence) {
        // Ids of these tests hold one themselves.
        let prints = attempt.user.is_none() && format!("{attempt:?}").contains('@');
        assert!(!prints, "addresses are not printed");
        self.0.lock().unwrap().push(Heard {
            what: match attempt.what {
                Attempt::SignIn => "sign-in failed",
                Attempt::SecondFactor => "second factor failed",
                Attempt::Account => "account failed",
            },
            reason: attempt.reason,
            provider: attempt.provider.map(str::to_owned),
            user: attempt.user.map(|user| user.0.clone()),
            address: attempt.address.map(str::to_owned),
            from: whence.clone(),
        });
    }
}

fn with_passwords(strategy: Strategy) -> (App, Book) {
    let book = Book::default();
    let app = Setup::of(strategy).app_with_store(|builder, store| {
        builder
            .passwords(PasswordSettings::new(store).hasher(quick()))
            .provider(PasswordProvider::new("password").unverified(Unverified::MayNot))
            .witness(book.clone())
    });
    (app, book)
}

fn from(mut request: Request<Bytes>) -> Request<Bytes> {
    let peer = PeerAddress("::ffff:192.0.2.7".parse().unwrap());
    request.extensions_mut().insert(peer);
    let agent = format!("Mozilla/5.0 (X)\t{}", "x".repeat(1000));
    request
        .headers_mut()
        .insert("user-agent", agent.parse().unwrap());
    request
}

#[tokio::test]
async fn reasons_that_visitors_are_not_told_apart_are_told_apart_here() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let (app, book) = with_passwords(strategy);
        let ann = add(&app, "ann@example.com", Some(hash(PASSWORD).await)).await;
        let bob = add(&app, "bob@example.com", None).await;
        let too_long = "x".repeat(4097);
        let mut browser = Browser::new(&app);
        let some = |user: &hallpass_auth::adapter::UserId| Some(user.0.clone());
        for (email, password, reason, user) in [
            ("no address", PASSWORD, "no-address", None),
            (
                "ann@example.com",
                too_long.as_str(),
                "password-too-long",
                None,
            ),
            ("eve@example.com", PASSWORD, "unknown-user", None),
            ("ann@example.com", "wrong one", "wrong-password", some(&ann)),
            (
                "bob@example.com",
                PASSWORD,
                "user-without-password",
                some(&bob),
            ),
            (
                "ann@example.com",
                PASSWORD,
                "address-not-proven",
                some(&ann),
            ),
        ] {
            try_as(&mut browser, email, password).await;
            assert_eq!(book.short(), [("sign-in failed", reason, user)], "{email}");
        }
        let proven = UserChanges {
            email_verified: Some(Some(app.clock.now())),
            ..UserChanges::default()
        };
        app.store.update_user(&ann, proven).await.unwrap();
        try_as(&mut browser, "ann@example.com", PASSWORD).await;
        assert_eq!(book.short(), [("signIn", "", some(&ann))]);
        browser.session().await;
        assert_eq!(
            book.short(),
            [],
            "sessions that are read are nobody's business"
        );
        browser.post("/auth/signout", &[]).await;
        assert_eq!(book.short(), [("signOut", "", None)]);
    }
}

#[tokio::test]
async fn it_is_heard_from_where_and_upon_what_address() {
    let (app, book) = with_passwords(Strategy::Database);
    let mut browser = Browser::new(&app);
    let token = browser.csrf().await;
    let typed = [
        ("csrfToken", token.as_str()),
        ("email", "Eve@Example.com"),
        ("password", "planted password"),
    ];
    browser
        .send(from(form("/auth/callback/password", &typed)))
        .await;
    let heard = book.take().remove(0);
    assert_eq!(heard.from.client, Some("192.0.2.7".parse().unwrap()));
    let agent = heard.from.agent.clone().unwrap();
    assert!(
        agent.starts_with("Mozilla/5.0 (X)x") && agent.len() <= 200,
        "{agent}"
    );
    assert_eq!(heard.address.as_deref(), Some("Eve@Example.com"));
    assert_eq!(heard.provider.as_deref(), Some("password"));
    assert!(!format!("{heard:?}").contains("planted"));
    // Nobody believes what a client says of where it is.
    let mut forged = form("/auth/callback/password", &typed);
    forged
        .headers_mut()
        .insert("x-forwarded-for", "203.0.113.9".parse().unwrap());
    browser.send(forged).await;
    assert_eq!(book.take().remove(0).from.client, None);
}

#[tokio::test]
async fn links_are_heard_of_used_unknown_and_expired() {
    let (app, book) = with_passwords(Strategy::Database);
    let mut browser = Browser::new(&app);
    browser.ask("ann@example.com").await;
    assert_eq!(book.short(), [], "asking is no event");
    let link = app.last_link();
    browser.follow(&link).await;
    let events: Vec<_> = book.short().into_iter().map(|heard| heard.0).collect();
    assert_eq!(events, ["createUser", "signIn"]);
    browser.follow(&link).await;
    assert_eq!(
        book.short(),
        [("sign-in failed", "unknown-or-used-link", None)]
    );
    browser.ask("ann@example.com").await;
    let link = app.last_link();
    app.clock.advance(crate::app::DAY * 30);
    browser.follow(&link).await;
    let heard = book.take().remove(0);
    assert_eq!(heard.reason, "expired-link");
    let token = link.split("token=").nth(1).unwrap();
    let token: String = token.chars().take(20).collect();
    assert!(!format!("{heard:?}").contains(&token), "no token is heard");
}

#[tokio::test]
async fn what_is_limited_and_what_other_sites_send_is_heard_and_other_mistakes_are_not() {
    let (app, book) = with_passwords(Strategy::Database);
    let mut browser = Browser::new(&app);
    for _ in 0..5 {
        browser.ask("ann@example.com").await;
    }
    assert_eq!(book.short(), []);
    browser.ask("ann@example.com").await;
    assert_eq!(book.short(), [("sign-in failed", "too-many", None)]);
    browser
        .post_bare("/auth/callback/password", &[("email", "a@b.example")])
        .await;
    assert_eq!(
        book.short(),
        [("sign-in failed", "form-of-another-site", None)]
    );
    for path in [
        "/auth/nothing",
        "/auth/callback/nobody",
        "/auth/signin",
        "/auth/error?error=x",
    ] {
        browser.send(from(get(path))).await;
    }
    assert_eq!(book.short(), []);
}
