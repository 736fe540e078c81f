//! Sign-in by a link, where links sign in by being followed.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hallpass_auth::mail::mailbox::Mailbox;
use hallpass_auth::mail::templates::SignInMail;
use hallpass_auth::mail::{Message, SendError, Transport};
use hallpass_auth::providers::{Confirm, EmailProvider};
use hallpass_auth::secret::{LinkToken, Secret};
use hallpass_auth::session::Strategy;

use crate::app::{App, Browser, DAY, ORIGIN, Setup, get};

const SENT: &str = "http://localhost:3000/auth/verify-request?provider=nodemailer&type=email";

#[tokio::test]
async fn a_link_signs_in_under_both_strategies() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let app = Setup::of(strategy).app();
        let mut browser = Browser::new(&app);
        browser.ask("Ada@Example.COM ").await.leads_to(SENT);
        assert_eq!(app.mailbox.list()[0].message.to, "ada@example.com");
        let link = app.last_link();
        let answer = browser.follow(&link).await;
        answer.leads_to(ORIGIN);
        assert_eq!(answer.cookie_names(), ["authjs.session-token"]);
        assert!(
            answer.set_cookies()[0].ends_with(
                "; Path=/; Expires=Sat, 31 Jan 2026 00:00:00 GMT; HttpOnly; SameSite=Lax"
            )
        );
        assert_eq!(browser.session().await["user"]["email"], "ada@example.com");
        assert_eq!(app.store.users().len(), 1);
        assert_eq!(
            app.store.sessions().len(),
            usize::from(strategy == Strategy::Database)
        );
        assert!(app.store.accounts().is_empty(), "mail makes no account");
        assert!(
            app.store.verification_tokens().is_empty(),
            "the token is used up"
        );
    }
}

/// Auth.js keeps addresses as providers send them.
#[tokio::test]
async fn a_link_to_an_address_that_is_kept_with_capitals_signs_in_its_user() {
    for strategy in [Strategy::Database, Strategy::Jwt] {
        let app = Setup::of(strategy).app();
        let user = app.add_user("ada", "Ada@Example.com").await;
        let mut browser = Browser::new(&app);
        browser.ask("ada@example.com").await.leads_to(SENT);
        browser.follow(&app.last_link()).await.leads_to(ORIGIN);
        let users = app.store.users();
        assert_eq!(users.len(), 1);
        assert_eq!((&users[0].id, &users[0].email), (&user.id, &user.email));
        assert!(users[0].email_verified.is_some());
    }
}

#[tokio::test]
async fn a_link_works_in_a_browser_without_any_cookie_and_leads_where_it_was_asked_to() {
    let app = Setup::default().app();
    let mut asking = Browser::new(&app);
    let body = [("email", "ada@example.com"), ("callbackUrl", "/deep?a=b&c")];
    asking
        .post("/auth/signin/nodemailer", &body)
        .await
        .leads_to(SENT);
    let mut other = Browser::new(&app);
    let answer = other.follow(&app.last_link()).await;
    answer.leads_to("http://localhost:3000/deep?a=b&c");
    assert_eq!(
        answer.cookie_names(),
        [
            "authjs.csrf-token",
            "authjs.callback-url",
            "authjs.session-token"
        ]
    );
    assert_eq!(other.session().await["user"]["email"], "ada@example.com");
}

#[tokio::test]
async fn the_target_of_a_link_is_checked_again_when_it_comes_back() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    browser.ask("ada@example.com").await;
    let link = app.last_link().replace(
        "callbackUrl=http%3A%2F%2Flocalhost%3A3000",
        "callbackUrl=https%3A%2F%2Fevil.test",
    );
    assert!(link.contains("evil"));
    browser.follow(&link).await.leads_to(ORIGIN);
}

#[tokio::test]
async fn addresses_that_are_none_send_nothing() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    for email in [
        "",
        "ada",
        "@",
        "a@b@c",
        "\"a\"@b.c",
        "a@b.c\r\nBcc: x@y.z",
        "a＠b＠c",
    ] {
        browser
            .ask(email)
            .await
            .fails_with("error", "Configuration");
    }
    browser
        .post("/auth/signin/nodemailer", &[])
        .await
        .fails_with("error", "Configuration");
    assert!(app.mailbox.list().is_empty() && app.store.verification_tokens().is_empty());
}

#[tokio::test]
async fn links_that_are_wrong_used_or_late_are_one_error() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    browser.ask("ada@example.com").await;
    let link = app.last_link();
    let wrong = [
        link.replace("token=", "token=0"),
        link.replace("ada%40", "eve%40"),
        link.replace("ada%40", "Ada%40"),
        link.split("&email").next().unwrap().to_owned(),
        format!("{link}%00"),
    ];
    for wrong in wrong {
        browser
            .follow(&wrong)
            .await
            .fails_with("error", "Verification");
    }
    browser.follow(&link).await.leads_to(ORIGIN);
    browser
        .follow(&link)
        .await
        .fails_with("error", "Verification");

    browser.ask("ada@example.com").await;
    app.clock.advance(DAY + Duration::from_secs(1));
    let late = app.last_link();
    browser
        .follow(&late)
        .await
        .fails_with("error", "Verification");
    assert!(
        app.store.verification_tokens().is_empty(),
        "late links are used up too"
    );
    assert_eq!(app.store.users().len(), 1);
}

#[tokio::test]
async fn a_link_works_up_to_its_last_moment() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    browser.ask("ada@example.com").await;
    app.clock.advance(DAY);
    browser.follow(&app.last_link()).await.leads_to(ORIGIN);
}

#[tokio::test]
async fn a_link_without_token_is_an_error_of_its_own() {
    let app = Setup::default().app();
    for query in ["", "?token=", "?email=ada%40example.com"] {
        app.send(get(&format!("/auth/callback/nodemailer{query}")))
            .await
            .fails_with("error", "Configuration");
    }
}

#[tokio::test]
async fn post_follows_a_link_too_where_no_click_is_asked_for() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    browser.ask("ada@example.com").await;
    let link = app.last_link();
    let path = link.strip_prefix(ORIGIN).unwrap();
    browser.post_bare(path, &[]).await.leads_to(ORIGIN);
    assert_eq!(app.store.sessions().len(), 1);
}

#[tokio::test]
async fn links_asked_for_twice_work_both() {
    let app = Setup::default().app();
    let mut browser = Browser::new(&app);
    browser.ask("ada@example.com").await;
    let first = app.last_link();
    browser.ask("ada@example.com").await;
    let second = app.last_link();
    assert_ne!(first, second);
    for link in [second, first] {
        browser.follow(&link).await.leads_to(ORIGIN);
    }
    assert_eq!(app.store.users().len(), 1);
}

/// Unknown and known addresses: the same answer by the same calls in the same order.
#[tokio::test]
async fn known_and_unknown_addresses_are_treated_alike() {
    let app = Setup::default().app();
    app.signed_in("known@example.com").await;
    let mut browser = Browser::new(&app);
    let token = browser.csrf().await;
    let mut seen = Vec::new();
    for email in ["known@example.com", "other@example.com"] {
        app.store.take_calls();
        let members = [("csrfToken", token.as_str()), ("email", email)];
        let answer = browser.post_bare("/auth/signin/nodemailer", &members).await;
        seen.push((
            answer.status,
            answer.body.clone(),
            format!("{:?}", answer.headers),
            app.store.take_calls(),
            app.mailbox.list()[0].message.html.len(),
        ));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].3, ["user_by_email", "create_verification_token"]);
}

/// A transport that never gets anything out.
struct Broken;

#[async_trait]
impl Transport for Broken {
    async fn send(&self, _: &Message) -> Result<(), SendError> {
        Err(SendError::Refused {
            reason: "550 no".to_owned(),
        })
    }
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_is_a_configuration_error() {
    let broken =
        EmailProvider::new("broken", "login@example.com", Arc::new(Broken)).confirm(Confirm::Never);
    let app = Setup::default().app_with(|builder| builder.provider(broken));
    let mut browser = Browser::new(&app);
    browser
        .post("/auth/signin/broken", &[("email", "ada@example.com")])
        .await
        .fails_with("error", "Configuration");
}

/// The options of a provider, in one application: a second provider beside the default one.
#[tokio::test]
async fn providers_have_lifetime_secret_token_address_and_mail_of_their_own() {
    let inner = Setup::default().app();
    let mailbox = Mailbox::new(inner.clock.clone(), NonZeroUsize::MIN);
    let provider = EmailProvider::new("own", "Own <own@example.com>", Arc::new(mailbox.clone()))
        .max_age(Duration::from_secs(60))
        .confirm(Confirm::Never)
        .secret(Secret::new("provider-own-secret"))
        .generate_with(|| LinkToken::new("f".repeat(64)))
        .normalize_with(|typed| Ok(typed.replace("+tag", "")))
        .compose_with(|link| SignInMail {
            subject: format!("Own {}", link.host),
            text: format!("-\n{}", link.url.expose()),
            html: link.expires.to_string(),
        });
    let app = Setup::default().app_with(|builder| builder.provider(provider));
    let mut browser = Browser::new(&app);
    let members = [("email", "ADA+tag@example.com")];
    browser.post("/auth/signin/own", &members).await;
    let mail = &mailbox.list()[0].message;
    assert_eq!(
        (mail.from.as_str(), mail.to.as_str()),
        ("Own <own@example.com>", "ada@example.com")
    );
    assert_eq!(mail.subject, "Own localhost:3000");
    assert_eq!(mail.html, "2026-01-01T00:01:00Z");
    let stored = &app.store.verification_tokens()[0];
    assert_eq!(
        stored.token.expose(),
        "9582df72873fd2cdf965480676a1d7e1ca5a379459fc997cf95075a64af82fb2"
    );
    let link = mail.text.lines().nth(1).unwrap().to_owned();
    browser
        .follow(&link.replace("/own?", "/nodemailer?"))
        .await
        .fails_with("error", "Verification");
    browser.follow(&link).await.leads_to(ORIGIN);
}

#[tokio::test]
async fn the_address_stands_in_no_part_of_the_mail_but_the_link() {
    let app: App = Setup::default().app();
    Browser::new(&app).ask("planted@example.com").await;
    let link = app.last_link();
    assert!(link.contains("email=planted%40example.com"));
    let mail = &app.mailbox.list()[0].message;
    for part in [&mail.subject, &mail.text, &mail.html] {
        let without_links = part.replace("email=planted%40example.com", "");
        assert!(!without_links.contains("planted"), "{part}");
    }
}
