//! Between the first factor and the session.

use std::time::Duration;

use futures_util::future::join_all;
use hallpass_auth::adapter::{Adapter, UserChanges};
use hallpass_auth::limit::LimitRules;
use hallpass_auth::second_factor::Factor;
use hallpass_auth::session::Strategy;
use http::StatusCode;

use super::support::{ASK, STEP, ada, app, app_of, everybody, proofs};
use crate::account::support::{ADA, NEW, OLD, STRATEGIES};
use crate::app::{App, Browser, ORIGIN};
use crate::oauth::service::{Service, provider};
use crate::witnesses::Book;

/// Ada's address is not proven any more. What the application judges is of users whose address nobody proved.
async fn unproven(app: &App) {
    let changes = UserChanges {
        email_verified: Some(None),
        ..UserChanges::default()
    };
    let id = app.user(ADA).id;
    app.store.update_user(&id, changes).await.unwrap();
}

/// GHSA-4qvm-r4pr-v3wg: no way in begins a session with the first factor alone, and each does with both.
#[tokio::test]
async fn ghsa_4qvm_r4pr_v3wg_no_way_in_forgets_the_second_factor() {
    for strategy in STRATEGIES {
        for (way, first) in [
            ("nodemailer", Factor::Mail),
            ("password", Factor::Password),
            ("own", Factor::Application),
        ] {
            let app = app(strategy);
            let (_, phone) = ada(&app).await;
            if way == "own" {
                unproven(&app).await;
            }
            let before = app.store.sessions().len();
            let mut browser = Browser::new(&app);
            let answer = match way {
                "nodemailer" => browser.sign_in(ADA).await,
                "password" => browser.password().await,
                way => {
                    let path = format!("/auth/callback/{way}");
                    browser.post(&path, &[("email", ADA)]).await
                }
            };
            answer.leads_to(ASK);
            assert!(!browser.has_session_cookie(), "{way} {strategy:?}");
            assert!(!browser.is_signed_in().await, "{way} {strategy:?}");
            assert_eq!(app.store.sessions().len(), before, "{way}");
            let code = phone.code(&app);
            browser.code(&code).await.leads_to(ORIGIN);
            assert!(browser.is_signed_in().await, "{way} {strategy:?}");
            assert_eq!(proofs(&app)[0], (first, Some(Factor::Totp)), "{way}");
            assert_eq!(browser.cookie("hallpass.second-factor"), None);
        }
    }
}

/// GHSA-j8qq-g9pm-v3c2: nothing that is worth anything stands in an address, and what waits is no session's cookie.
#[tokio::test]
async fn ghsa_j8qq_g9pm_v3c2_half_a_sign_in_is_worth_nothing_elsewhere() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let (_, _) = ada(&app).await;
        let mut browser = Browser::new(&app);
        let answer = browser.password().await;
        assert_eq!(answer.location(), ASK);
        let waiting = browser.cookie("hallpass.second-factor").unwrap().to_owned();
        let sealed = app.store.waiting_records()[0].sealed.clone();
        for value in [waiting, sealed] {
            let mut thief = Browser::new(&app);
            thief.set_cookie("authjs.session-token", &value);
            assert!(!thief.is_signed_in().await, "{strategy:?}");
            let account = thief.get("/auth/account").await;
            assert_eq!(account.status, StatusCode::FOUND);
        }
        for path in [
            "/auth/account",
            "/auth/sessions",
            "/auth/account/second-factor",
        ] {
            let answer = browser.get(path).await;
            assert!(answer.location().contains("/auth/signin"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_sign_in_leads_where_it_would_have_led() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let (_, phone) = ada(&app).await;
        let mut browser = Browser::new(&app);
        let members = [
            ("email", ADA),
            ("password", OLD),
            ("callbackUrl", "/inbox?x=1"),
        ];
        let answer = browser.post("/auth/callback/password", &members).await;
        answer.leads_to(ASK);
        let page = browser.get("/auth/second-factor").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains(r#"autocomplete="one-time-code""#));
        assert!(page.body.contains(r#"inputmode="numeric""#));
        // Another tab goes elsewhere meanwhile.
        browser.get("/auth/signin?callbackUrl=/elsewhere").await;
        let answer = browser.code(&phone.code(&app)).await;
        answer.leads_to(&format!("{ORIGIN}/inbox?x=1"));
    }
}

#[tokio::test]
async fn programs_get_where_to_go_as_json() {
    let app = app(Strategy::Database);
    let (_, phone) = ada(&app).await;
    let mut browser = Browser::new(&app);
    browser.password().await;
    let asked = browser.get_json("/auth/second-factor").await.json();
    let expected = serde_json::json!({ "waiting": true, "methods": ["totp", "recovery-code"] });
    assert_eq!(asked, expected);
    let wrong = browser
        .post_json("/auth/second-factor", &[("code", "000000")])
        .await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    assert_eq!(wrong.json()["error"], "WrongCode");
    let nobody = Browser::new(&app).get_json("/auth/second-factor").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let code = phone.code(&app);
    let answer = browser
        .post_json("/auth/second-factor", &[("code", &code)])
        .await;
    assert!(answer.location().starts_with(ORIGIN));
    assert!(browser.is_signed_in().await);
}

/// RFC 6238 section 5.2: a code is good once, for one browser, also at the same time.
#[tokio::test]
async fn a_code_signs_in_one_browser_and_never_again() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let (_, phone) = ada(&app).await;
        let mut browsers = Vec::new();
        for _ in 0..10 {
            let mut browser = Browser::new(&app);
            browser.password().await.leads_to(ASK);
            browsers.push(browser);
        }
        let code = phone.code(&app);
        let answers = join_all(browsers.iter_mut().map(|browser| browser.code(&code))).await;
        let good = answers
            .iter()
            .filter(|answer| answer.status == StatusCode::FOUND);
        assert_eq!(good.count(), 1, "{strategy:?}");
        let mut late = Browser::new(&app);
        late.password().await;
        assert_eq!(late.code(&code).await.status, StatusCode::FORBIDDEN);
        assert!(!late.is_signed_in().await);
    }
}

/// What waits is used up by the sign-in that it was for: a copy of the cookie is worth nothing after.
#[tokio::test]
async fn what_waited_cannot_be_used_twice() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let (_, phone) = ada(&app).await;
        let mut browser = Browser::new(&app);
        browser.password().await;
        let mut copy = browser.clone();
        browser.code(&phone.code(&app)).await.leads_to(ORIGIN);
        app.clock.advance(STEP);
        let answer = copy.code(&phone.code(&app)).await;
        assert!(answer.location().contains("/auth/signin"));
        assert!(!copy.is_signed_in().await);
    }
}

#[tokio::test]
async fn a_sign_in_waits_ten_minutes() {
    let app = app(Strategy::Database);
    let (_, phone) = ada(&app).await;
    let mut browser = Browser::new(&app);
    browser.password().await;
    app.clock.advance(Duration::from_secs(601));
    let answer = browser.code(&phone.code(&app)).await;
    assert!(answer.location().contains("error=SessionRequired"));
    assert!(!browser.is_signed_in().await);
}

/// A new password ends the sign-ins that rest on the old one.
#[tokio::test]
async fn a_password_that_is_changed_meanwhile_proves_nothing() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let (mut here, phone) = ada(&app).await;
        let mut waiting = Browser::new(&app);
        waiting.password().await;
        let members = [("password", OLD), ("newPassword", NEW)];
        let answer = here.post("/auth/account/password", &members).await;
        answer.leads_to(&format!("{ORIGIN}/auth/account?done=password"));
        let answer = waiting.code(&phone.code(&app)).await;
        assert!(answer.location().contains("/auth/signin"));
        assert!(!waiting.is_signed_in().await);
    }
}

#[tokio::test]
async fn a_user_who_is_gone_does_not_sign_in() {
    let app = app(Strategy::Jwt);
    let (_, phone) = ada(&app).await;
    let mut browser = Browser::new(&app);
    browser.password().await;
    app.store.delete_user(&app.user(ADA).id).await.unwrap();
    let answer = browser.code(&phone.code(&app)).await;
    assert!(answer.location().contains("/auth/signin"));
    assert!(!browser.is_signed_in().await);
}

/// CVE-2024-4629, CVE-2026-9798: guesses are counted before they are judged, of both kinds together, also at the same time.
#[tokio::test]
async fn cve_2024_4629_cve_2026_9798_guesses_at_codes_are_counted_before_they_are_judged() {
    let rules = || {
        let rule = "second_factor per address: 5/15m";
        LimitRules::none().rule(rule).unwrap()
    };
    let app = app_of(Strategy::Database, |it| it, |it| it.limits(rules()));
    let (_, phone) = ada(&app).await;
    let mut browsers = Vec::new();
    for _ in 0..20 {
        let mut browser = Browser::new(&app);
        browser.password().await.leads_to(ASK);
        browsers.push(browser);
    }
    let guesses = browsers
        .iter_mut()
        .enumerate()
        .map(|(number, browser)| async move {
            let guess = match number % 2 {
                0 => "000000",
                _ => "0000-0000-0000",
            };
            browser.code(guess).await.status
        });
    let answers = join_all(guesses).await;
    let of = |status| answers.iter().filter(|one| **one == status).count();
    assert_eq!(of(StatusCode::FORBIDDEN), 5);
    assert_eq!(of(StatusCode::TOO_MANY_REQUESTS), 15);
    let good = browsers[0].code(&phone.code(&app)).await;
    assert_eq!(good.status, StatusCode::TOO_MANY_REQUESTS);
    app.clock.advance(Duration::from_secs(900));
    let mut browser = Browser::new(&app);
    browser.password().await;
    browser.code(&phone.code(&app)).await.leads_to(ORIGIN);
}

/// GHSA-85v8-vx4w-q684: with a second factor on, wrong passwords count as ever, and a good one wins no more guesses at codes.
#[tokio::test]
async fn ghsa_85v8_vx4w_q684_the_limits_of_both_factors_hold_with_the_second_one_on() {
    let rules = LimitRules::none();
    let rules = rules.rule("password per address: 3/15m").unwrap();
    let rules = rules.rule("second_factor per address: 3/15m").unwrap();
    let app = app_of(Strategy::Database, |it| it, |it| it.limits(rules));
    let (_, phone) = ada(&app).await;
    let mut browser = Browser::new(&app);
    for number in 0..4 {
        browser.password().await.leads_to(ASK);
        let guess = browser.code("000000").await.status;
        let expected = match number {
            3 => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::FORBIDDEN,
        };
        assert_eq!(guess, expected, "{number}");
    }
    let members = [("email", ADA), ("password", "wrong wrong wrong wrong")];
    for _ in 0..3 {
        browser.post("/auth/callback/password", &members).await;
    }
    let good = browser.password().await;
    assert_eq!(good.status, StatusCode::TOO_MANY_REQUESTS);
    app.clock.advance(Duration::from_secs(900));
    browser.password().await.leads_to(ASK);
    browser.code(&phone.code(&app)).await.leads_to(ORIGIN);
}

/// A stranger, who has not proven the first factor, reaches no code, and so locks nobody out.
#[tokio::test]
async fn strangers_learn_nothing_and_lock_nobody_out() {
    let rules = LimitRules::none();
    let rules = rules.rule("second_factor per address: 3/15m").unwrap();
    let app = app_of(Strategy::Database, |it| it, |it| it.limits(rules));
    let (_, phone) = ada(&app).await;
    app.add_user("bob", "bob@example.com").await;
    let mut stranger = Browser::new(&app);
    for email in [ADA, "bob@example.com", "nobody@example.com"] {
        let members = [("email", email), ("password", "wrong wrong wrong wrong")];
        let answer = stranger.post("/auth/callback/password", &members).await;
        assert!(answer.location().contains("error=CredentialsSignin"));
        for _ in 0..5 {
            let answer = stranger.code("000000").await;
            assert!(answer.location().contains("/auth/signin"));
        }
    }
    let mut browser = Browser::new(&app);
    browser.password().await;
    browser.code(&phone.code(&app)).await.leads_to(ORIGIN);
}

#[tokio::test]
async fn a_recovery_code_works_once_and_its_owner_hears_of_it() {
    let app = app(Strategy::Database);
    let (_, phone) = ada(&app).await;
    let mut browser = Browser::new(&app);
    browser.password().await;
    let page = browser
        .get("/auth/second-factor?method=recovery-code")
        .await;
    assert!(page.body.contains("Enter a recovery code"));
    let typed = phone.codes[3].to_uppercase().replace('-', " ");
    browser.code(&typed).await.leads_to(ORIGIN);
    assert!(browser.is_signed_in().await);
    let expected = (Factor::Password, Some(Factor::RecoveryCode));
    assert!(proofs(&app).contains(&expected));
    let (to, subject) = app.mails()[0].clone();
    assert_eq!(to, ADA);
    assert!(subject.contains("recovery code was used"), "{subject}");
    let mut again = Browser::new(&app);
    again.password().await;
    assert_eq!(again.code(&typed).await.status, StatusCode::FORBIDDEN);
}

/// CVE-2026-53516: a factor that somebody set up for an address that is not theirs keeps its owner out no longer than to the
/// first proof.
#[tokio::test]
async fn cve_2026_53516_the_owner_of_an_address_needs_no_code_of_a_stranger() {
    let app = app(Strategy::Database);
    let (_, _) = ada(&app).await;
    unproven(&app).await;
    let mut owner = Browser::new(&app);
    owner.sign_in(ADA).await.leads_to(ORIGIN);
    assert!(owner.is_signed_in().await);
    assert!(app.store.totp_records().is_empty());
}

/// CVE-2026-94218, CVE-2025-3910: where everybody needs a second factor, no session begins before there is one, whichever
/// page is asked for in between.
#[tokio::test]
async fn cve_2026_94218_cve_2025_3910_setting_up_cannot_be_skipped() {
    for strategy in STRATEGIES {
        let app = everybody(strategy);
        let mut browser = Browser::new(&app);
        browser.sign_in("new@example.com").await.leads_to(ASK);
        assert!(!browser.is_signed_in().await);
        let ask = browser.get("/auth/second-factor").await;
        ask.leads_to(&format!("{ASK}/setup"));
        for path in [
            "/auth/signin",
            "/auth/session",
            "/auth/account",
            "/auth/second-factor/setup",
        ] {
            browser.get(path).await;
            assert!(!browser.is_signed_in().await, "{path}");
        }
        for code in ["", "000000", "0000-0000-0000"] {
            let answer = browser.code(code).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{code}");
            assert!(!browser.is_signed_in().await);
        }
        // To begin anew is to stand there again.
        browser.sign_in("new@example.com").await.leads_to(ASK);
        assert!(!browser.is_signed_in().await);
        let phone = browser.set_up("").await;
        assert!(browser.is_signed_in().await, "{strategy:?}");
        assert_eq!(phone.codes.len(), 10);
        assert_eq!(proofs(&app)[0], (Factor::Mail, Some(Factor::Totp)));
    }
}

/// Whoever knows only the first factor of somebody with a second one cannot set up another in its place.
#[tokio::test]
async fn cve_2026_94218_a_factor_that_is_there_is_asked_for() {
    let app = everybody(Strategy::Database);
    let mut browser = Browser::new(&app);
    browser.sign_in(ADA).await;
    let phone = browser.set_up("").await;
    let known = app.store.totp_records();
    // The thief began while there was none.
    let mut thief = Browser::new(&app);
    thief.sign_in(ADA).await.leads_to(ASK);
    let answer = thief.get("/auth/second-factor/setup").await;
    answer.leads_to(ASK);
    let answer = thief
        .post("/auth/second-factor/setup", &[("code", "000000")])
        .await;
    answer.leads_to(ASK);
    assert_eq!(app.store.totp_records(), known);
    thief.code(&phone.code(&app)).await.leads_to(ORIGIN);
}

/// The application hears of a sign-in when it is one.
#[tokio::test]
async fn listeners_hear_of_a_sign_in_after_the_second_factor() {
    use std::sync::{Arc, Mutex};
    let heard = Arc::new(Mutex::new(Vec::new()));
    let names = heard.clone();
    let app: App = app_of(
        Strategy::Database,
        |it| it,
        |builder| {
            builder.limits(LimitRules::none()).on_event(
                move |event: hallpass_auth::events::Event| {
                    names.lock().unwrap().push(event.name());
                    async { Ok(()) }
                },
            )
        },
    );
    let (_, phone) = ada(&app).await;
    assert!(heard.lock().unwrap().contains(&"secondFactorAdded"));
    heard.lock().unwrap().clear();
    let mut browser = Browser::new(&app);
    browser.password().await;
    assert!(!heard.lock().unwrap().contains(&"signIn"));
    browser.code(&phone.code(&app)).await;
    assert!(heard.lock().unwrap().contains(&"signIn"));
}

/// GHSA-4qvm-r4pr-v3wg: nor does another service, whether the account is known, joins by its address, or is new.
#[tokio::test]
async fn ghsa_4qvm_r4pr_v3wg_another_service_is_one_factor() {
    use hallpass_auth::providers::oauth::LinkByEmail;
    let service = Service::new();
    let http = service.http.clone();
    for strategy in STRATEGIES {
        let at_service = |builder: hallpass_auth::AuthBuilder| {
            let example = provider("example").link_by_email(LinkByEmail::Dangerously);
            let builder = builder.limits(LimitRules::none());
            builder.http_client(http.clone()).provider(example)
        };
        let app = app_of(strategy, |it| it, at_service);
        let (_, phone) = ada(&app).await;
        for row in ["joins by its address", "is known"] {
            let mut browser = Browser::new(&app);
            browser.sign_in_at("example").await.leads_to(ASK);
            assert!(!browser.is_signed_in().await, "{row} {strategy:?}");
            let done = format!("{ORIGIN}/done");
            browser.code(&phone.code(&app)).await.leads_to(&done);
            assert!(browser.is_signed_in().await, "{row} {strategy:?}");
            let expected = (Factor::Service, Some(Factor::Totp));
            assert!(proofs(&app).contains(&expected), "{row}");
            app.clock.advance(STEP);
        }
        let always = |it: hallpass_auth::second_factor::SecondFactorSettings| {
            it.require(hallpass_auth::second_factor::Require::Always)
        };
        let app = app_of(strategy, always, at_service);
        let mut browser = Browser::new(&app);
        browser.sign_in_at("example").await.leads_to(ASK);
        assert!(!browser.is_signed_in().await, "{strategy:?}");
        browser.set_up("").await;
        assert!(browser.is_signed_in().await, "{strategy:?}");
    }
}

/// A password that was right without the second factor, and codes that were not, are heard of with whose they are.
#[tokio::test]
async fn witnesses_hear_of_a_first_factor_and_of_wrong_codes() {
    for strategy in STRATEGIES {
        let book = Book::default();
        let app = app_of(
            strategy,
            |settings| settings,
            |builder| builder.limits(LimitRules::none()).witness(book.clone()),
        );
        let (_, phone) = ada(&app).await;
        book.short();
        let id = Some(app.user(ADA).id.0);
        let mut browser = Browser::new(&app);
        browser.password().await.leads_to(ASK);
        assert_eq!(book.short(), [("secondFactorAsked", "", id.clone())]);
        browser.code("000000").await;
        let wrong = ("second factor failed", "wrong-code", id.clone());
        assert_eq!(book.short(), [wrong]);
        browser.code(&phone.code(&app)).await.leads_to(ORIGIN);
        assert_eq!(book.short(), [("signIn", "", id)]);
    }
}
