//! People with a second factor.

use std::time::Duration;

use hallpass_auth::AuthBuilder;
use hallpass_auth::adapter::Adapter;
use hallpass_auth::environment::Clock;
use hallpass_auth::limit::LimitRules;
use hallpass_auth::providers::{Authorized, Credentials, CredentialsProvider, PasswordProvider};
use hallpass_auth::second_factor::{
    Factor, ProofRecord, Require, SecondFactorSettings, TotpSecret, TotpStep,
};
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::memory::MemoryAdapter;
use serde_json::Value;

use crate::account::support::{ADA, OLD, app_with_store};
use crate::app::{Answer, App, Browser};

pub(super) const ASK: &str = "http://localhost:3000/auth/second-factor";
pub(super) const STEP: Duration = Duration::from_secs(30);

/// Ways to sign in: by mail, by password, and by what the application judges.
pub(super) fn app(strategy: Strategy) -> App {
    app_of(
        strategy,
        |settings| settings,
        |builder| builder.limits(LimitRules::none()),
    )
}

pub(super) fn app_of(
    strategy: Strategy,
    settings: impl FnOnce(SecondFactorSettings) -> SecondFactorSettings,
    change: impl FnOnce(AuthBuilder) -> AuthBuilder,
) -> App {
    app_with_store(strategy, |builder, store: MemoryAdapter| {
        let second = settings(SecondFactorSettings::new(store.clone()));
        let judged = move |credentials: Credentials| {
            let store = store.clone();
            async move {
                let email = credentials.text("email").unwrap_or_default().to_owned();
                let user = store.user_by_email(&email).await?;
                Ok(user.map(|user| Authorized {
                    id: Some(user.id.0),
                    email: user.email,
                    ..Authorized::default()
                }))
            }
        };
        let builder = builder
            .second_factor(second)
            .provider(PasswordProvider::new("password"))
            .provider(CredentialsProvider::with("own", judged));
        change(builder)
    })
}

pub(super) fn everybody(strategy: Strategy) -> App {
    app_of(
        strategy,
        |settings| settings.require(Require::Always),
        |builder| builder.limits(LimitRules::none()),
    )
}

/// What somebody keeps who set up a second factor.
pub(super) struct Phone {
    pub(super) secret: TotpSecret,
    pub(super) codes: Vec<String>,
}

impl Phone {
    /// What it shows now.
    pub(super) fn code(&self, app: &App) -> String {
        let now = app.clock.now();
        self.secret.code(TotpStep::at(now)).expose()
    }

    pub(super) fn of(secret: &str, answer: &Answer) -> Self {
        let codes = answer.json()["recoveryCodes"].as_array().unwrap().clone();
        let text = |code: &Value| code.as_str().unwrap().to_owned();
        Self {
            secret: TotpSecret::from_base32(secret).unwrap(),
            codes: codes.iter().map(text).collect(),
        }
    }
}

impl Browser {
    pub(crate) async fn get_json(&mut self, path: &str) -> Answer {
        let mut request = crate::app::get(path);
        let accept = "application/json".parse().unwrap();
        request.headers_mut().insert("accept", accept);
        self.send(request).await
    }

    pub(crate) async fn post_json(&mut self, path: &str, members: &[(&str, &str)]) -> Answer {
        let token = self.csrf().await;
        let mut all = vec![("csrfToken", token.as_str())];
        all.extend(members);
        let mut request = crate::app::form(path, &all);
        let accept = "application/json".parse().unwrap();
        request.headers_mut().insert("accept", accept);
        self.send(request).await
    }

    /// Sets an app up, here or at a sign-in.
    pub(super) async fn set_up(&mut self, password: &str) -> Phone {
        let shown = self.get_json("/auth/second-factor/setup").await;
        let secret = shown.json()["secret"].as_str().unwrap().to_owned();
        let phone = TotpSecret::from_base32(&secret).unwrap();
        let now = self.app.clock.now();
        let code = phone.code(TotpStep::at(now)).expose();
        let members = [("code", code.as_str()), ("password", password)];
        let answer = self.post_json("/auth/second-factor/setup", &members).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        // Codes count once: the next one is of the next step.
        self.app.clock.advance(STEP);
        Phone::of(&secret, &answer)
    }

    pub(super) async fn password(&mut self) -> Answer {
        let members = [("email", ADA), ("password", OLD)];
        self.post("/auth/callback/password", &members).await
    }

    pub(super) async fn code(&mut self, code: &str) -> Answer {
        self.post("/auth/second-factor", &[("code", code)]).await
    }

    /// Whether this browser holds the cookie of a session.
    pub(super) fn has_session_cookie(&self) -> bool {
        self.cookie("authjs.session-token").is_some()
    }
}

/// Ada with a second factor, signed in in one browser.
pub(super) async fn ada(app: &App) -> (Browser, Phone) {
    let mut browser = app.ada().await;
    let phone = browser.set_up(OLD).await;
    (browser, phone)
}

/// What is known of the sessions of a user, the latest first.
pub(super) fn proofs(app: &App) -> Vec<(Factor, Option<Factor>)> {
    let mut proofs: Vec<ProofRecord> = app.store.proof_records();
    proofs.sort_by_key(|proof| std::cmp::Reverse(proof.at));
    proofs
        .iter()
        .map(|proof| (proof.first, proof.second))
        .collect()
}
