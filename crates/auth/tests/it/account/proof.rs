//! Proving the address of an account.

use std::time::Duration;

use hallpass_auth::BeforeProof;
use hallpass_auth::adapter::{Adapter, UserChanges};
use hallpass_auth::limit::{LimitRules, LimitedAction, Quota, Subject};
use hallpass_auth::session::Strategy;
use http::StatusCode;

use super::support::{ADA, OLD, STRATEGIES, app, app_with, token_of};
use crate::app::{App, Browser, DAY, ORIGIN, get};
use crate::html;

/// Ada, whose address is no longer proven.
async fn unproven(app: &App) -> Browser {
    let browser = app.ada().await;
    let changes = UserChanges {
        email_verified: Some(None),
        ..UserChanges::default()
    };
    app.store
        .update_user(&app.user(ADA).id, changes)
        .await
        .unwrap();
    browser
}

async fn ask(browser: &mut Browser) -> String {
    let answer = browser.post("/auth/verify-email", &[]).await;
    answer.leads_to(&format!("{ORIGIN}/auth/verify-email?sent"));
    browser.app.account_link()
}

fn is_proven(app: &App) -> bool {
    app.user(ADA).email_verified.is_some()
}

#[tokio::test]
async fn the_browser_that_asked_proves_the_address_at_once() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let mut browser = unproven(&app).await;
        let link = ask(&mut browser).await;
        assert_eq!(app.mails()[0].0, ADA);
        let answer = browser.follow(&link).await;
        answer.leads_to(&format!("{ORIGIN}/auth/verify-email?done"));
        assert!(is_proven(&app));
        let page = browser.get("/auth/verify-email?done").await;
        assert!(page.body.contains("Email confirmed"), "{}", page.body);
        assert_eq!(browser.cookie("hallpass.link-request"), None);
    }
}

#[tokio::test]
async fn a_scanner_uses_nothing_up_and_the_person_clicks() {
    let app = app(Strategy::Database);
    let mut browser = unproven(&app).await;
    let link = ask(&mut browser).await;
    app.store.take_calls();
    for _ in 0..3 {
        let page = Browser::new(&app).follow(&link).await;
        assert_eq!(page.status, StatusCode::OK);
    }
    assert!(app.store.take_calls().is_empty(), "nothing was looked up");
    let mut phone = Browser::new(&app);
    let page = phone.follow(&link).await;
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert!(
        page.body
            .contains(r#"<meta name="referrer" content="no-referrer">"#)
    );
    let forms = html::forms(&page.body);
    assert_eq!(forms[0]["action"], format!("{ORIGIN}/auth/verify-email"));
    let answer = phone
        .post("/auth/verify-email", &[("token", token_of(&link))])
        .await;
    answer.leads_to(&format!("{ORIGIN}/auth/verify-email?removed"));
    assert!(is_proven(&app));
}

/// CVE-2026-53516: who made the user keeps nothing where somebody else proves the address, and is told so.
#[tokio::test]
async fn cve_2026_53516_a_proof_elsewhere_removes_what_was_there_before() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let mut eve = unproven(&app).await;
        let link = ask(&mut eve).await;
        let mut ada = Browser::new(&app);
        let members = [("token", token_of(&link))];
        let answer = ada.post("/auth/verify-email", &members).await;
        answer.leads_to(&format!("{ORIGIN}/auth/verify-email?removed"));
        assert!(is_proven(&app));
        assert!(!app.has_password(ADA, OLD).await, "{strategy:?}");
        assert!(!eve.is_signed_in().await, "{strategy:?}");
        let page = ada.get("/auth/verify-email?removed").await.body;
        assert!(page.contains("no longer work"), "{page}");
        assert!(page.contains("/auth/forgot-password"), "{page}");
    }
}

/// Somebody else's session shows nothing; the one of the user shows that it is the same person.
#[tokio::test]
async fn cve_2026_53516_a_session_counts_only_where_it_is_the_users() {
    for (email, stays) in [("grace@example.com", false), (ADA, true)] {
        let app = app(Strategy::Jwt);
        let mut other = app.signed_in(email).await;
        let mut eve = unproven(&app).await;
        let link = ask(&mut eve).await;
        let members = [("token", token_of(&link))];
        let answer = other.post("/auth/verify-email", &members).await;
        let end = if stays { "done" } else { "removed" };
        answer.leads_to(&format!("{ORIGIN}/auth/verify-email?{end}"));
        assert_eq!(app.has_password(ADA, OLD).await, stays, "{email}");
        assert_eq!(eve.is_signed_in().await, stays, "{email}");
    }
}

#[tokio::test]
async fn everything_stays_after_a_proof_elsewhere_where_the_setting_says_so() {
    let app = app_with(Strategy::Database, |builder| {
        builder.before_proof(BeforeProof::Keep)
    });
    let mut browser = unproven(&app).await;
    let link = ask(&mut browser).await;
    let members = [("token", token_of(&link))];
    let answer = Browser::new(&app)
        .post("/auth/verify-email", &members)
        .await;
    answer.leads_to(&format!("{ORIGIN}/auth/verify-email?done"));
    assert!(app.has_password(ADA, OLD).await);
    assert!(browser.is_signed_in().await);
}

#[tokio::test]
async fn a_link_works_once_for_a_day_and_for_the_address_it_was_sent_to() {
    let app = app(Strategy::Database);
    let mut browser = unproven(&app).await;
    let late = ask(&mut browser).await;
    app.clock.advance(DAY + Duration::from_secs(1));
    refused(&app, &late).await;
    let mut browser = app.signed_in(ADA).await;
    let used = ask(&mut browser).await;
    browser.follow(&used).await;
    refused(&app, &used).await;
    let stale = ask(&mut browser).await;
    let changes = UserChanges {
        email: Some(Some("other@example.com".to_owned())),
        email_verified: Some(None),
        ..UserChanges::default()
    };
    let id = app.user(ADA).id;
    app.store.update_user(&id, changes).await.unwrap();
    refused(&app, &stale).await;
    assert_eq!(app.user("other@example.com").email_verified, None);
}

async fn refused(app: &App, link: &str) {
    let mut browser = Browser::new(app);
    let members = [("token", token_of(link))];
    let answer = browser.post("/auth/verify-email", &members).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("no longer valid"));
}

/// The click needs our form, also where another site makes a browser post it.
#[tokio::test]
async fn forms_of_other_sites_do_nothing() {
    let app = app(Strategy::Database);
    let mut browser = unproven(&app).await;
    let link = ask(&mut browser).await;
    let members = [("token", token_of(&link))];
    let answer = Browser::new(&app)
        .post_bare("/auth/verify-email", &members)
        .await;
    answer.fails_with("signin", "MissingCSRF");
    assert!(!is_proven(&app));
}

#[tokio::test]
async fn whoever_is_signed_out_signs_in_first() {
    let app = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    let to_sign_in = format!(
        "{ORIGIN}/auth/signin?callbackUrl=http%3A%2F%2Flocalhost%3A3000%2Fauth%2Fverify-email"
    );
    browser
        .get("/auth/verify-email")
        .await
        .leads_to(&to_sign_in);
    browser
        .post("/auth/verify-email", &[])
        .await
        .leads_to(&to_sign_in);
    assert!(app.mails().is_empty());
}

/// CVE-2024-56734: an open redirect in the route that proves an address.
#[tokio::test]
async fn cve_2024_56734_no_link_leads_away() {
    let app = app(Strategy::Database);
    let mut browser = unproven(&app).await;
    let link = ask(&mut browser).await;
    for target in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
        let target: String = form_urlencoded::byte_serialize(target.as_bytes()).collect();
        let answer = browser
            .follow(&format!("{link}&callbackUrl={target}"))
            .await;
        assert!(
            !answer.headers.contains_key("location")
                || answer.location().starts_with(&format!("{ORIGIN}/"))
        );
    }
}

#[tokio::test]
async fn links_are_sent_so_often_and_no_more() {
    let app = app_with(Strategy::Database, |builder| builder);
    let mut browser = unproven(&app).await;
    for _ in 0..5 {
        ask(&mut browser).await;
    }
    let answer = browser.post("/auth/verify-email", &[]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

/// Without accounts none of the routes exists.
#[tokio::test]
async fn routes_that_are_not_configured_are_unknown() {
    let app = crate::app::Setup::default().app();
    for path in [
        "verify-email",
        "forgot-password",
        "reset-password",
        "account",
        "account/password",
        "account/email",
        "account/delete",
    ] {
        let answer = app.send(get(&format!("/auth/{path}"))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(answer.body, "\"Bad request.\"");
    }
}

/// Wherever in the middle the store goes away: nothing is half-done, no cookie is lost, and the link works later.
#[tokio::test]
async fn a_store_that_goes_away_in_the_middle_of_a_proof_leaves_the_link_usable() {
    for strategy in STRATEGIES {
        for call in [
            "take",
            "user",
            "update_user",
            "remove_earlier",
            "remove_all_of",
        ] {
            let app = app(strategy);
            let mut browser = unproven(&app).await;
            let link = ask(&mut browser).await;
            let before = app.user(ADA);
            app.store.go_away_at(call);
            // A stranger in the mailbox, so that what was there before goes too.
            let members = [("token", token_of(&link))];
            let mut elsewhere = Browser::new(&app);
            let answer = elsewhere.post("/auth/verify-email", &members).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{call}");
            assert_eq!(answer.header("retry-after"), Some("5"));
            assert!(answer.set_cookies().is_empty());
            app.store.come_back();
            assert_eq!(app.user(ADA), before, "{call}");
            assert!(app.has_password(ADA, OLD).await, "{call}");
            let answer = elsewhere.post("/auth/verify-email", &members).await;
            answer.leads_to(&format!("{ORIGIN}/auth/verify-email?removed"));
            assert!(is_proven(&app) && !app.has_password(ADA, OLD).await);
        }
    }
}

/// CVE-2026-53516: link and password together are what whoever registered has, and nobody else.
#[tokio::test]
async fn cve_2026_53516_a_password_stays_where_it_is_typed_with_the_link() {
    for strategy in STRATEGIES {
        for (typed, stays) in [
            (OLD, true),
            ("another password of mine", false),
            ("", false),
        ] {
            let app = app(strategy);
            let mut registered = unproven(&app).await;
            let link = ask(&mut registered).await;
            let mut phone = Browser::new(&app);
            let page = phone.follow(&link).await.body;
            assert!(page.contains("Password (optional)"));
            let members = [("token", token_of(&link)), ("password", typed)];
            let answer = phone.post("/auth/verify-email", &members).await;
            let end = if stays { "done" } else { "removed" };
            answer.leads_to(&format!("{ORIGIN}/auth/verify-email?{end}"));
            assert!(is_proven(&app));
            assert_eq!(app.has_password(ADA, OLD).await, stays);
            // Sessions that began before end in any case.
            assert!(!registered.is_signed_in().await, "{strategy:?}");
        }
    }
}

/// Each attempt is counted for the address, before the link is used up.
#[tokio::test]
async fn a_password_typed_with_a_link_is_limited() {
    let limits = LimitRules::none().set(
        LimitedAction::Password,
        Subject::Address,
        vec![Quota::per_minutes(1, 60)],
    );
    let app = app_with(Strategy::Database, |builder| builder.limits(limits));
    let mut browser = unproven(&app).await;
    let link = ask(&mut browser).await;
    let mut phone = Browser::new(&app);
    let members = [("token", token_of(&link)), ("password", "wrong")];
    let answer = phone.post("/auth/verify-email", &members).await;
    answer.leads_to(&format!("{ORIGIN}/auth/verify-email?removed"));
    let id = app.user(ADA).id;
    let changes = UserChanges {
        email_verified: Some(None),
        ..UserChanges::default()
    };
    app.store.update_user(&id, changes).await.unwrap();
    app.auth.account().send_verification(&id).await.unwrap();
    let link = app.account_link();
    let members = [("token", token_of(&link)), ("password", OLD)];
    let answer = phone.post("/auth/verify-email", &members).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!is_proven(&app));
    // Without a password there is nothing to guess, and the link still works.
    let members = [("token", token_of(&link))];
    let answer = phone.post("/auth/verify-email", &members).await;
    answer.leads_to(&format!("{ORIGIN}/auth/verify-email?removed"));
}
