//! The way back.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hallpass_auth::Pages;
use hallpass_auth::adapter::{Account, AccountType};
use hallpass_auth::callbacks::{ClaimsCause, SignInAttempt, SignInDecision, SignInStep};
use hallpass_auth::events::Event;
use hallpass_auth::session::Strategy;
use http::StatusCode;
use serde_json::{Value, json};

use super::service::{BOTH, TOKEN, USERINFO, ada, app, app_with, bob};
use crate::app::{Browser, ORIGIN, Setup};

#[tokio::test]
async fn somebody_new_signs_in() {
    for strategy in BOTH {
        let (app, service) = app(strategy);
        let mut browser = Browser::new(&app);
        let path = browser.agree("example").await;
        let answer = browser.get(&path).await;
        answer.leads_to(&format!("{ORIGIN}/done"));
        assert_eq!(
            answer.cookie_names(),
            [
                "authjs.state",
                "authjs.pkce.code_verifier",
                "authjs.session-token"
            ]
        );
        assert!(
            answer.set_cookies()[..2]
                .iter()
                .all(|cookie| cookie.contains("Max-Age=0"))
        );
        let session = browser.session().await;
        assert_eq!(
            session["user"],
            json!({ "name": "Ada", "email": "ada@example.com", "image": "https://example.com/ada.png" })
        );
        let users = app.store.users();
        assert_eq!(users.len(), 1);
        assert_eq!(
            users[0].email_verified, None,
            "nobody proved the address to us"
        );

        let form = service.http.requests_to(TOKEN)[0].form();
        let sent = |name: &str| {
            form.iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        };
        assert_eq!(sent("code"), Some("THECODE"));
        assert_eq!(sent("grant_type"), Some("authorization_code"));
        assert_eq!(
            sent("redirect_uri"),
            Some("http://localhost:3000/auth/callback/example")
        );
        assert_eq!(sent("code_verifier").map(str::len), Some(43));
    }
}

#[tokio::test]
async fn the_account_is_kept_with_its_tokens() {
    let (app, _) = app(Strategy::Database);
    Browser::new(&app).sign_in_at("example").await;
    let accounts = app.store.accounts();
    let [
        Account {
            user_id,
            kind,
            provider,
            provider_account_id,
            extra,
        },
    ] = &accounts[..]
    else {
        panic!("one account");
    };
    assert_eq!(user_id, &app.store.users()[0].id);
    assert_eq!(
        (kind, provider.as_str(), provider_account_id.as_str()),
        (&AccountType::OAuth, "example", "42")
    );
    let mut members: Vec<(&str, &Value)> = extra
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    members.sort_by_key(|(name, _)| *name);
    let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "access_token",
            "expires_at",
            "refresh_token",
            "scope",
            "session_state",
            "token_type"
        ]
    );
    // Tokens for later are sealed.
    for (name, clear) in [("access_token", "access-1"), ("refresh_token", "refresh-1")] {
        let stored = extra[name].as_str().unwrap();
        assert!(!stored.is_empty() && !stored.contains(clear), "{name}");
    }
    assert_eq!(extra["expires_at"], 1_767_229_200);
    assert_eq!(extra["scope"], "openid email");
    assert_eq!(extra["token_type"], "bearer");
}

#[tokio::test]
async fn somebody_known_signs_in_again() {
    for strategy in BOTH {
        let (app, _) = app(strategy);
        Browser::new(&app).sign_in_at("example").await;
        let mut browser = Browser::new(&app);
        browser
            .sign_in_at("example")
            .await
            .leads_to(&format!("{ORIGIN}/done"));
        assert_eq!(browser.session_email().await, "ada@example.com");
        assert_eq!(
            (app.store.users().len(), app.store.accounts().len()),
            (1, 1)
        );
    }
}

/// What callbacks and listeners were given.
#[derive(Default)]
struct Diary {
    attempts: Mutex<Vec<SignInAttempt>>,
    causes: Mutex<Vec<(Option<Value>, bool, Value)>>,
    events: Mutex<Vec<Event>>,
}

fn writing(strategy: Strategy) -> (crate::app::App, super::service::Service, Arc<Diary>) {
    let diary = Arc::new(Diary::default());
    let (first, second, third) = (diary.clone(), diary.clone(), diary.clone());
    let (app, service) = app_with(Setup::of(strategy), |builder, _| {
        builder
            .on_sign_in(move |attempt| {
                first.attempts.lock().unwrap().push(attempt);
                async { Ok(SignInDecision::Allow) }
            })
            .on_claims(move |claims, cause| {
                if let ClaimsCause::SignIn {
                    account,
                    profile,
                    is_new_user,
                    ..
                } = cause
                {
                    let unknown = account.extra.get("unknown").cloned().unwrap_or_default();
                    second
                        .causes
                        .lock()
                        .unwrap()
                        .push((profile, is_new_user, unknown));
                }
                async { Ok(Some(claims)) }
            })
            .on_event(move |event| {
                third.events.lock().unwrap().push(event);
                async { Ok(()) }
            })
    });
    (app, service, diary)
}

#[tokio::test]
async fn callbacks_and_listeners_get_the_account_and_the_profile() {
    for strategy in BOTH {
        let (app, _, diary) = writing(strategy);
        Browser::new(&app).sign_in_at("example").await;
        Browser::new(&app).sign_in_at("example").await;
        let attempts = diary.attempts.lock().unwrap();
        let id = &app.store.users()[0].id;
        for attempt in attempts.iter() {
            assert_eq!(attempt.step, SignInStep::Proven);
            assert_eq!(attempt.profile, Some(ada()));
            assert_eq!(attempt.user.name.as_deref(), Some("Ada"));
            // All of the service's answer, though only some of it is stored.
            assert_eq!(attempt.account.extra["unknown"], "u");
            assert!(
                !attempt.account.extra.contains_key("provider"),
                "whose it is is ours to say"
            );
            assert_eq!(attempt.account.provider, "example");
            assert!(
                !format!("{attempt:?}").contains("Ada@"),
                "profiles do not print"
            );
        }
        assert_eq!(
            &attempts[1].user.id, id,
            "the second time the user is known"
        );
        let events = diary.events.lock().unwrap();
        let names: Vec<&str> = events.iter().map(Event::name).collect();
        assert_eq!(names, ["createUser", "linkAccount", "signIn", "signIn"]);
        let Event::LinkAccount {
            user,
            account,
            profile,
        } = &events[1]
        else {
            panic!("an account was linked");
        };
        assert_eq!((&user.id, &account.user_id), (id, id));
        assert!(!account.extra.contains_key("unknown"), "as it is stored");
        assert_eq!(profile.email.as_deref(), Some("ada@example.com"));
        for (event, new) in [(&events[2], true), (&events[3], false)] {
            let Event::SignIn {
                user,
                account,
                profile,
                is_new_user,
            } = event
            else {
                panic!("somebody signed in");
            };
            assert_eq!((&user.id, &account.user_id, *is_new_user), (id, id, new));
            assert_eq!(*profile, Some(ada()));
        }
        let causes = diary.causes.lock().unwrap();
        if strategy == Strategy::Jwt {
            assert_eq!(
                *causes,
                [
                    (Some(ada()), true, json!("u")),
                    (Some(ada()), false, json!("u"))
                ]
            );
        }
    }
}

#[tokio::test]
async fn somebody_new_is_greeted_where_there_is_a_page_for_it() {
    let (app, _) = app_with(Setup::default(), |builder, _| {
        builder.pages(Pages {
            new_user: Some("/welcome".to_owned()),
            ..Pages::default()
        })
    });
    let answer = Browser::new(&app).sign_in_at("example").await;
    answer.leads_to("/welcome?callbackUrl=http%3A%2F%2Flocalhost%3A3000%2Fdone");
    let answer = Browser::new(&app).sign_in_at("example").await;
    answer.leads_to(&format!("{ORIGIN}/done"));
}

#[tokio::test]
async fn the_application_lets_nobody_in_or_sends_elsewhere() {
    for (decision, target) in [
        (
            SignInDecision::Deny,
            format!("{ORIGIN}/auth/error?error=AccessDenied"),
        ),
        (
            SignInDecision::Redirect("/wait".to_owned()),
            format!("{ORIGIN}/wait"),
        ),
        (
            SignInDecision::Redirect("https://evil.example".to_owned()),
            ORIGIN.to_owned(),
        ),
    ] {
        let (app, _) = app_with(Setup::default(), |builder, _| {
            builder.on_sign_in(move |_| {
                let decision = decision.clone();
                async move { Ok(decision) }
            })
        });
        let mut browser = Browser::new(&app);
        browser.sign_in_at("example").await.leads_to(&target);
        assert!(app.store.users().is_empty() && app.store.accounts().is_empty());
        assert_eq!(browser.session().await, Value::Null);
    }
}

#[tokio::test]
async fn what_the_service_refuses_is_told_on_the_sign_in_page() {
    let (app, service) = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    let path = browser
        .agree("example")
        .await
        .replace("code=THECODE", "error=access_denied&error_description=x");
    let answer = browser.get(&path).await;
    answer.fails_with("signin", "OAuthCallbackError");
    assert_eq!(service.exchanges(), 0);
    // And the person can try again.
    browser
        .sign_in_at("example")
        .await
        .leads_to(&format!("{ORIGIN}/done"));
}

#[tokio::test]
async fn answers_that_are_none_are_refused() {
    let (app, service) = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    let good = browser.agree("example").await;
    for bad in [
        good.replace("code=THECODE&", ""),
        good.replace("code=THECODE", "code="),
        good.replace("code=", "code=X&code="),
        format!("{good}&response=x"),
        format!("{good}&id_token=x"),
        format!("{good}&token=x"),
        format!("{good}&iss=https%3A%2F%2Fevil.example"),
        format!("{good}&pad={}", "a".repeat(20_000)),
        "/auth/callback/example".to_owned(),
        "/auth/callback/example?code=THECODE&state=".to_owned(),
    ] {
        let answer = browser.get(&bad).await;
        answer.fails_with("error", "Configuration");
    }
    assert_eq!(service.exchanges(), 0, "no code goes anywhere");
    browser.get(&good).await.leads_to(&format!("{ORIGIN}/done"));
}

#[tokio::test]
async fn without_the_cookies_of_the_start_there_is_no_end() {
    for name in ["authjs.state", "authjs.pkce.code_verifier"] {
        let (app, service) = app(Strategy::Database);
        let mut browser = Browser::new(&app);
        let path = browser.agree("example").await;
        browser.forget(name);
        browser
            .get(&path)
            .await
            .fails_with("error", "Configuration");
        assert_eq!(service.exchanges(), 0, "{name}");
    }
}

#[tokio::test]
async fn a_sign_in_that_takes_too_long_is_over() {
    let (app, _) = app(Strategy::Database);
    let mut browser = Browser::new(&app);
    let path = browser.agree("example").await;
    app.clock.advance(Duration::from_secs(900 + 16));
    browser
        .get(&path)
        .await
        .fails_with("error", "Configuration");
}

#[tokio::test]
async fn a_service_that_fails_signs_nobody_in_and_can_be_tried_again() {
    for (url, status, body, page, code) in [
        (
            TOKEN,
            StatusCode::BAD_REQUEST,
            r#"{"error":"invalid_grant"}"#,
            "error",
            Some("Configuration"),
        ),
        (
            TOKEN,
            StatusCode::OK,
            r#"{"error":"x"}"#,
            "error",
            Some("Configuration"),
        ),
        (
            TOKEN,
            StatusCode::INTERNAL_SERVER_ERROR,
            "no",
            "error",
            Some("Configuration"),
        ),
        (TOKEN, StatusCode::FOUND, "", "error", Some("Configuration")),
        (
            TOKEN,
            StatusCode::OK,
            r#"{"access_token":"a"}"#,
            "error",
            Some("Configuration"),
        ),
        (
            USERINFO,
            StatusCode::OK,
            "[]",
            "error",
            Some("Configuration"),
        ),
        // GHSA-5hvv-9cqv-894r: an error body, or an empty id, is nobody.
        (
            USERINFO,
            StatusCode::OK,
            r#"{"name":"Ada"}"#,
            "signin",
            None,
        ),
        (USERINFO, StatusCode::OK, r#"{"id":""}"#, "signin", None),
        (
            USERINFO,
            StatusCode::OK,
            r#"{"id":null,"email":"a@b.c"}"#,
            "signin",
            None,
        ),
    ] {
        let (app, service) = app(Strategy::Database);
        service.http.forget(url);
        service.http.status(url, status, body);
        let mut browser = Browser::new(&app);
        let answer = browser.sign_in_at("example").await;
        assert_eq!(answer.status, 302, "{body}");
        let target = match code {
            Some(code) => format!("{ORIGIN}/auth/{page}?error={code}"),
            None => format!("{ORIGIN}/auth/{page}"),
        };
        assert_eq!(answer.location(), target, "{body}");
        assert!(answer.set_cookies().is_empty());
        assert!(app.store.users().is_empty(), "{body}");
    }
}

#[tokio::test]
async fn an_unreachable_store_is_no_reason_to_refuse_anybody() {
    for call in ["user_by_account", "user_by_email", "sign_in"] {
        for strategy in BOTH {
            let (app, _) = app(strategy);
            let mut browser = Browser::new(&app);
            let path = browser.agree("example").await;
            app.store.go_away_at(call);
            let answer = browser.get(&path).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{call}");
            assert!(answer.set_cookies().is_empty(), "{call}");
            app.store.come_back();
            // The memory of the browser is as before: where the service takes the code again, it works.
            browser.get(&path).await.leads_to(&format!("{ORIGIN}/done"));
        }
    }
}

#[tokio::test]
async fn while_the_store_is_away_nobody_who_may_be_signed_in_is_sent_off() {
    let (app, _) = app(Strategy::Database);
    let mut browser = app.signed_in("ada@example.com").await;
    let csrf = browser.csrf().await;
    app.store.go_away();
    let answer = browser
        .post_bare("/auth/signin/example", &[("csrfToken", &csrf)])
        .await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn without_a_store_everybody_is_somebody_new() {
    let service = super::service::Service::new();
    let auth = hallpass_auth::Auth::builder()
        .secrets(crate::app::secrets())
        .environment(
            Arc::new(hallpass_auth::testing::clock::FixedClock::at(
                crate::app::START,
            )),
            Arc::new(hallpass_auth::testing::random::SeededRandom::new(1)),
        )
        .base_path("/auth")
        .trust_host(hallpass_auth::origin::HostTrust::Trusted)
        .http_client(service.http.clone())
        .provider(super::service::provider("example"))
        .build()
        .unwrap();
    let app = crate::app::App {
        auth,
        ..Setup::jwt().app()
    };
    let mut subjects = Vec::new();
    for _ in 0..2 {
        let mut browser = Browser::new(&app);
        browser
            .sign_in_at("example")
            .await
            .leads_to(&format!("{ORIGIN}/done"));
        assert_eq!(browser.session_email().await, "ada@example.com");
        subjects.push(super::start::sealed(&browser, "authjs.session-token")["sub"].clone());
    }
    assert_ne!(subjects[0], subjects[1]);
}

#[tokio::test]
async fn addresses_that_could_be_read_as_others_are_left_out() {
    for (email, kept) in [
        (json!("Bob@Example.com"), Some("bob@example.com")),
        (json!("bob@evil.com\u{ff20}example.com"), None),
        (json!("\"bob@evil.com\"@example.com"), None),
        (json!("bob@evil.com,ada@example.com"), None),
        // Kelvin's sign becomes a `k` in lower case, and a wide letter a plain one.
        (json!("\u{212a}ate@example.com"), None),
        (json!("\u{ff42}ob@example.com"), None),
        (json!("bob"), None),
        (json!(""), None),
        (json!(null), None),
        (json!(7), None),
    ] {
        let (app, service) = app(Strategy::Database);
        let mut profile = bob();
        profile["email"] = email.clone();
        service.knows(&profile);
        Browser::new(&app)
            .sign_in_at("example")
            .await
            .leads_to(&format!("{ORIGIN}/done"));
        assert_eq!(app.store.users()[0].email.as_deref(), kept, "{email}");
    }
}
