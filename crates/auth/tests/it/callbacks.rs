//! Callbacks: what they get, and what follows from what they say.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hallpass_auth::callbacks::{
    CallbackError, Callbacks, Claims, ClaimsCause, SessionSource, SignInAttempt, SignInDecision,
    SignInStep,
};
use hallpass_auth::origin::Origin;
use hallpass_auth::session::Strategy;
use serde_json::{Value, json};

use crate::app::{App, Browser, ORIGIN, Setup};

#[derive(Debug, thiserror::Error)]
#[error("thrown by a test")]
struct Thrown;

/// What the sign-in callback says at which step; at the other it allows.
fn deciding(step: SignInStep, decide: fn() -> Result<SignInDecision, CallbackError>) -> App {
    Setup::default().app_with(|builder| {
        builder.on_sign_in(move |attempt| async move {
            if attempt.step == step {
                decide()
            } else {
                Ok(SignInDecision::Allow)
            }
        })
    })
}

#[tokio::test]
async fn sign_in_refused_at_the_start_sends_nothing() {
    let refusals: [fn() -> Result<SignInDecision, CallbackError>; 2] =
        [|| Ok(SignInDecision::Deny), || Err(Thrown.into())];
    for refuse in refusals {
        let app = deciding(SignInStep::VerificationRequest, refuse);
        let mut browser = Browser::new(&app);
        browser
            .ask("ada@example.com")
            .await
            .fails_with("error", "AccessDenied");
        assert!(app.mailbox.list().is_empty());
        assert!(app.store.verification_tokens().is_empty());
    }
}

#[tokio::test]
async fn sign_in_refused_at_the_end_uses_the_link_up_and_writes_nothing_else() {
    let refusals: [fn() -> Result<SignInDecision, CallbackError>; 2] =
        [|| Ok(SignInDecision::Deny), || Err(Thrown.into())];
    for refuse in refusals {
        let app = deciding(SignInStep::Proven, refuse);
        let mut browser = Browser::new(&app);
        browser
            .sign_in("ada@example.com")
            .await
            .fails_with("error", "AccessDenied");
        assert!(app.store.users().is_empty() && app.store.sessions().is_empty());
        assert!(app.store.verification_tokens().is_empty());
    }
}

#[tokio::test]
async fn sign_in_may_lead_elsewhere_through_the_redirect_callback() {
    for (target, lands) in [
        ("/wait", "http://localhost:3000/wait"),
        ("https://evil.test", ORIGIN),
    ] {
        for step in [SignInStep::VerificationRequest, SignInStep::Proven] {
            let app = Setup::default().app_with(|builder| {
                builder.on_sign_in(move |attempt| async move {
                    Ok(if attempt.step == step {
                        SignInDecision::Redirect(target.to_owned())
                    } else {
                        SignInDecision::Allow
                    })
                })
            });
            let mut browser = Browser::new(&app);
            let answer = match step {
                SignInStep::VerificationRequest => browser.ask("ada@example.com").await,
                SignInStep::Proven => browser.sign_in("ada@example.com").await,
            };
            answer.leads_to(lands);
            assert!(app.store.users().is_empty());
            assert_eq!(
                app.mailbox.list().is_empty(),
                step == SignInStep::VerificationRequest
            );
        }
    }
}

#[tokio::test]
async fn sign_in_learns_who_and_how_at_both_steps() {
    let seen: Arc<Mutex<Vec<SignInAttempt>>> = Arc::default();
    let record = Arc::clone(&seen);
    let app = Setup::default().app_with(|builder| {
        builder.on_sign_in(move |attempt| {
            record.lock().unwrap().push(attempt);
            async { Ok(SignInDecision::Allow) }
        })
    });
    app.signed_in("ada@example.com").await;
    app.signed_in("ada@example.com").await;
    let seen = seen.lock().unwrap();
    let steps: Vec<SignInStep> = seen.iter().map(|attempt| attempt.step).collect();
    let (start, end) = (SignInStep::VerificationRequest, SignInStep::Proven);
    assert_eq!(steps, [start, end, start, end]);
    for attempt in seen.iter() {
        assert_eq!(attempt.user.email.as_deref(), Some("ada@example.com"));
        assert_eq!(attempt.account.provider, "nodemailer");
        assert_eq!(attempt.account.provider_account_id, "ada@example.com");
        assert_eq!(attempt.account.user_id, attempt.user.id);
    }
    let stored = app.store.users().remove(0).id;
    assert!(seen[2].user.id == stored && seen[3].user.id == stored);
    assert!(seen[0].user.email_verified.is_none());
}

#[tokio::test]
async fn redirect_is_used_as_it_answers_and_its_failure_is_a_configuration_error() {
    let app = Setup::default().app_with(|builder| {
        builder.on_redirect(|url, base| async move {
            if url == "/fail" {
                return Err(Thrown.into());
            }
            Ok(format!("https://other.test/?from={base}&to={url}"))
        })
    });
    let mut browser = Browser::new(&app);
    browser
        .post("/auth/signout", &[("callbackUrl", "/x")])
        .await
        .leads_to("https://other.test/?from=http://localhost:3000&to=/x");
    browser.forget("authjs.callback-url");
    browser
        .get("/auth/signin?callbackUrl=%2Ffail")
        .await
        .fails_with("error", "Configuration");
}

/// Callbacks as an application writes them: a role in the token, shown in the session.
struct Roles;

#[async_trait]
impl Callbacks for Roles {
    async fn claims(
        &self,
        mut claims: Claims,
        cause: &ClaimsCause,
    ) -> Result<Option<Claims>, CallbackError> {
        match cause {
            ClaimsCause::SignIn { is_new_user, .. } => {
                claims.insert("new".to_owned(), (*is_new_user).into());
            }
            ClaimsCause::Update { data } => {
                claims.insert("data".to_owned(), json!(data));
            }
            ClaimsCause::Read => {}
        }
        Ok(Some(claims))
    }

    async fn session(
        &self,
        mut body: Value,
        source: &SessionSource,
    ) -> Result<Value, CallbackError> {
        body["user"]["more"] = match source {
            SessionSource::Token(claims) => json!([claims.get("new"), claims.get("data")]),
            SessionSource::Rows { user, update, .. } => json!([user.id, update]),
        };
        Ok(body)
    }
}

#[tokio::test]
async fn claims_and_session_make_what_is_shown() {
    let app = Setup::jwt().app_with(|builder| builder.callbacks(Roles));
    let mut browser = app.signed_in("ada@example.com").await;
    assert_eq!(browser.session().await["user"]["more"], json!([true, null]));
    let token = browser.csrf().await;
    let update = json!({ "csrfToken": token, "data": { "theme": "dark" } });
    let answer = browser
        .send(crate::app::json("/auth/session", &update))
        .await;
    assert_eq!(
        answer.json()["user"]["more"],
        json!([true, { "theme": "dark" }])
    );
    assert_eq!(
        browser.session().await["user"]["more"][1]["theme"],
        "dark",
        "it stays"
    );
    browser.sign_in("ada@example.com").await;
    assert_eq!(
        browser.session().await["user"]["more"],
        json!([false, null])
    );
}

#[tokio::test]
async fn session_of_rows_gets_user_and_update() {
    let app = Setup::default().app_with(|builder| builder.callbacks(Roles));
    let mut browser = app.signed_in("ada@example.com").await;
    let id = app.store.users()[0].id.clone();
    assert_eq!(browser.session().await["user"]["more"], json!([id, null]));
    let token = browser.csrf().await;
    let update = json!({ "csrfToken": token, "data": [1] });
    let answer = browser
        .send(crate::app::json("/auth/session", &update))
        .await;
    assert_eq!(answer.json()["user"]["more"], json!([id, [1]]));
}

#[tokio::test]
async fn closures_win_over_the_trait() {
    let app = Setup::jwt().app_with(|builder| {
        builder
            .on_session(|_, _| async { Ok(json!("mine")) })
            .callbacks(Roles)
    });
    let mut browser = app.signed_in("ada@example.com").await;
    assert_eq!(browser.session().await, json!("mine"));
}

#[tokio::test]
async fn claims_that_say_none_end_the_session() {
    let app = Setup::jwt().app_with(|builder| {
        builder.on_claims(|claims, cause| async move {
            Ok(matches!(cause, ClaimsCause::SignIn { .. }).then_some(claims))
        })
    });
    let mut browser = app.signed_in("ada@example.com").await;
    let answer = browser.get("/auth/session").await;
    assert_eq!(answer.body, "null");
    assert!(answer.set_cookies()[0].starts_with("authjs.session-token=; Max-Age=0"));
}

#[tokio::test]
async fn claims_that_say_none_at_the_sign_in_leave_no_session_but_go_on() {
    let app = Setup::jwt().app_with(|builder| builder.on_claims(|_, _| async { Ok(None) }));
    let mut browser = Browser::new(&app);
    browser.sign_in("ada@example.com").await.leads_to(ORIGIN);
    assert!(browser.cookie("authjs.session-token").is_none());
    assert_eq!(app.store.users().len(), 1);
}

#[tokio::test]
async fn failing_claims_and_session_callbacks_sign_out_of_tokens_but_keep_rows() {
    for strategy in [Strategy::Jwt, Strategy::Database] {
        let app = Setup::of(strategy)
            .app_with(|builder| builder.on_session(|_, _| async { Err(Thrown.into()) }));
        let mut browser = app.signed_in("ada@example.com").await;
        let answer = browser.get("/auth/session").await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (200, "null")
        );
        assert_eq!(!answer.set_cookies().is_empty(), strategy == Strategy::Jwt);
    }
    let app = Setup::jwt().app_with(|builder| {
        builder.on_claims(|claims, cause| async move {
            match cause {
                ClaimsCause::SignIn { .. } => Ok(Some(claims)),
                _ => Err(Thrown.into()),
            }
        })
    });
    let mut browser = app.signed_in("ada@example.com").await;
    assert_eq!(browser.session().await, Value::Null);
    assert!(browser.cookie("authjs.session-token").is_none());
}

#[tokio::test]
async fn failing_claims_at_the_sign_in_are_a_configuration_error() {
    let app =
        Setup::jwt().app_with(|builder| builder.on_claims(|_, _| async { Err(Thrown.into()) }));
    Browser::new(&app)
        .sign_in("ada@example.com")
        .await
        .fails_with("error", "Configuration");
}

/// The default is what an application falls back to in a redirect callback of its own.
#[tokio::test]
async fn defaults_can_be_called() {
    struct Plain;
    impl Callbacks for Plain {}
    let base = Origin::parse(ORIGIN).unwrap();
    let target = Plain.redirect("/x", &base).await.unwrap();
    assert_eq!(target, "http://localhost:3000/x");
    assert!(Plain.redirect("x", &base).await.is_err());
}
