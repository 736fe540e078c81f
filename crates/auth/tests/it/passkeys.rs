//! Passkeys from the first key to the last, with an authenticator in software, under both strategies.

use std::time::Duration;

use hallpass_auth::adapter::{Adapter, UserId};
use hallpass_auth::callbacks::SignInDecision;
use hallpass_auth::passkey::{CredentialId, Passkey};
use hallpass_auth::providers::{Newcomers, PasskeyProvider};
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::authenticator::{Algorithm, Page, SoftAuthenticator};
use http::StatusCode;
use serde_json::{Value, json};

use crate::app::{Answer, App, Browser, ORIGIN, Setup, form};

const BOTH: [Strategy; 2] = [Strategy::Database, Strategy::Jwt];

fn app_with(strategy: Strategy, provider: PasskeyProvider) -> App {
    Setup::of(strategy).app_with_store(|builder, store| builder.passkeys(store).provider(provider))
}

fn app(strategy: Strategy) -> App {
    app_with(strategy, PasskeyProvider::passkey())
}

/// As Auth.js: a key alone makes a user.
fn open_app(strategy: Strategy) -> App {
    let provider = PasskeyProvider::passkey().newcomers(Newcomers::Admitted);
    app_with(strategy, provider)
}

fn key(seed: u8) -> SoftAuthenticator {
    SoftAuthenticator::new(Algorithm::Es256, seed)
}

fn page() -> Page {
    Page::at(ORIGIN)
}

async fn options(browser: &mut Browser, query: &str) -> Value {
    let answer = browser
        .get(&format!("/auth/webauthn-options/passkey?{query}"))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

async fn post(browser: &mut Browser, action: &str, data: &str) -> Answer {
    // Without CSRF token: contract authjs §1.4.
    let members = [("action", action), ("data", data)];
    browser.post_bare("/auth/callback/passkey", &members).await
}

async fn register(browser: &mut Browser, key: &mut SoftAuthenticator, query: &str) -> Answer {
    let options = options(browser, &format!("action=register{query}")).await;
    assert_eq!(options["action"], "register");
    let data = key.create(&options["options"], &page());
    post(browser, "register", &data).await
}

async fn sign_in(browser: &mut Browser, key: &mut SoftAuthenticator) -> Answer {
    let options = options(browser, "action=authenticate").await;
    assert_eq!(options["action"], "authenticate");
    let data = key.get(&options["options"], &page());
    post(browser, "authenticate", &data).await
}

/// Somebody with a key, signed in by mail.
async fn ada(app: &App, key: &mut SoftAuthenticator) -> Browser {
    let mut browser = app.signed_in("ada@example.com").await;
    register(&mut browser, key, "").await.leads_to(ORIGIN);
    browser
}

fn stored(app: &App, key: &SoftAuthenticator) -> Passkey {
    let all = app.store.passkeys();
    let is_it = |passkey: &&Passkey| passkey.authenticator.credential_id.to_wire() == key.wire_id();
    all.iter().find(is_it).expect("the key").clone()
}

async fn who(browser: &mut Browser) -> Value {
    browser.session().await["user"]["email"].clone()
}

#[tokio::test]
async fn a_key_is_added_by_somebody_signed_in_and_signs_in_elsewhere() {
    for strategy in BOTH {
        let app = app(strategy);
        let mut device = key(1);
        device.counter = 4;
        let mut browser = ada(&app, &mut device).await;
        assert_eq!(who(&mut browser).await, "ada@example.com");
        let passkey = stored(&app, &device);
        let account = app.store.accounts().remove(0);
        assert_eq!(
            account.provider_account_id,
            passkey.authenticator.credential_id.to_stored()
        );
        assert_eq!(account.user_id, passkey.authenticator.user_id);
        assert_eq!(json!(account.kind), "webauthn");
        // Rows "keep session": none begins.
        let sessions = usize::from(strategy == Strategy::Database);
        assert_eq!(app.store.sessions().len(), sessions);

        let mut elsewhere = Browser::new(&app);
        let answer = sign_in(&mut elsewhere, &mut device).await;
        answer.leads_to(ORIGIN);
        assert_eq!(who(&mut elsewhere).await, "ada@example.com");
        assert_eq!(
            elsewhere.cookie("authjs.challenge"),
            None,
            "the challenge has served"
        );
        let passkey = stored(&app, &device);
        assert_eq!(passkey.authenticator.counter, 5);
        assert!(passkey.notes.last_used.is_some());
    }
}

#[tokio::test]
async fn cookies_stand_in_the_contracts_order() {
    let app = app(Strategy::Database);
    let mut device = key(1);
    ada(&app, &mut device).await;
    let mut elsewhere = Browser::new(&app);
    let options = options(&mut elsewhere, "action=authenticate").await;
    elsewhere.forget("authjs.csrf-token");
    let data = device.get(&options["options"], &page());
    let answer = post(&mut elsewhere, "authenticate", &data).await;
    assert_eq!(
        answer.cookie_names(),
        [
            "authjs.csrf-token",
            "authjs.challenge",
            "authjs.session-token"
        ]
    );
}

/// Contract authjs §5.4 and the recorded options, member by member.
#[tokio::test]
async fn options_are_those_of_auth_js() {
    let vectors: Value = serde_json::from_str(include_str!("../vectors/authjs.json")).unwrap();
    let recorded = &vectors["webauthn"];
    let app = open_app(Strategy::Database);
    let mut browser = Browser::new(&app);
    let mut made = options(&mut browser, "email=new%40x.io").await;
    let expected = &recorded["registerOptions"];
    for place in ["/options/challenge", "/options/user/id"] {
        let (one, other) = (made.pointer(place), expected.pointer(place));
        let length = |value: Option<&Value>| value.unwrap().as_str().unwrap().len();
        assert_eq!(length(one), length(other), "{place}");
        *made.pointer_mut(place).unwrap() = other.unwrap().clone();
    }
    assert_eq!(made.to_string(), expected.to_string());

    let mut device = key(1);
    ada(&app, &mut device).await;
    let mut made = options(&mut Browser::new(&app), "action=authenticate").await;
    let mut expected = recorded["authOptions"].clone();
    // Strangers get no list where keys know their user.
    expected["options"]
        .as_object_mut()
        .unwrap()
        .shift_remove("allowCredentials");
    made["options"]["challenge"] = expected["options"]["challenge"].clone();
    assert_eq!(made.to_string(), expected.to_string());

    let answer = browser
        .get("/auth/webauthn-options/passkey?action=authenticate")
        .await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let cookie = answer.set_cookies();
    let cookie = cookie
        .iter()
        .find(|cookie| cookie.starts_with("authjs.challenge="));
    let attributes = cookie.unwrap().split_once("; ").unwrap().1;
    assert_eq!(
        attributes,
        "Max-Age=900; Path=/; Expires=Thu, 01 Jan 2026 00:15:00 GMT; HttpOnly; SameSite=Lax"
    );
}

#[tokio::test]
async fn own_keys_are_listed_for_whoever_is_signed_in_and_excluded_from_registration() {
    let app = app(Strategy::Database);
    let mut device = key(1);
    let mut browser = ada(&app, &mut device).await;
    let listed = json!([{ "id": device.wire_id(), "type": "public-key", "transports": ["internal", "hybrid"] }]);
    let made = options(&mut browser, "action=register").await;
    assert_eq!(made["options"]["excludeCredentials"], listed);
    // A user has one name in an authenticator, which tells nobody who it is.
    let handle = made["options"]["user"]["id"].as_str().unwrap();
    assert_eq!(Some(handle), device.user_handle.as_deref());
    assert_eq!(handle.len(), 64);
    let made = options(&mut browser, "action=authenticate").await;
    assert_eq!(made["options"]["allowCredentials"], listed);
}

/// The whole table of contract §5.4 over HTTP, where newcomers are admitted.
#[tokio::test]
async fn the_decision_table_answers_as_auth_js() {
    let app = open_app(Strategy::Database);
    let here = app.signed_in("ada@example.com").await;
    let anybody = Browser::new(&app);
    let (request, action) = ("Invalid request", "Invalid action");
    for (browser, query, expected) in [
        (&here, "action=authenticate", Ok("authenticate")),
        (
            &anybody,
            "action=authenticate&email=nobody%40example.com",
            Ok("authenticate"),
        ),
        (&here, "action=register", Ok("register")),
        (
            &here,
            "action=register&email=other%40example.com",
            Ok("register"),
        ),
        (
            &anybody,
            "action=register&email=new%40example.com",
            Ok("register"),
        ),
        (&anybody, "action=register", Err(request)),
        (
            &anybody,
            "action=register&email=ada%40example.com",
            Err(request),
        ),
        (&anybody, "action=register&email=no%20address", Err(request)),
        (&anybody, "", Ok("authenticate")),
        (&anybody, "email=ada%40example.com", Ok("authenticate")),
        (&anybody, "email=new%40example.com", Ok("register")),
        (&here, "", Err(request)),
        (&here, "action=delete", Err(action)),
        (&anybody, "action=", Err(action)),
    ] {
        let path = format!("/auth/webauthn-options/passkey?{query}");
        let answer = browser.clone().get(&path).await;
        match expected {
            Ok(action) => assert_eq!(answer.json()["action"], action, "{query}"),
            Err(error) => {
                assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
                assert_eq!(answer.json(), json!({ "error": error }), "{query}");
            }
        }
    }
}

/// Contract authjs §13: the options told whether an address is registered, and the ids of its keys.
#[tokio::test]
async fn nobody_learns_from_options_whether_an_address_is_registered() {
    for provider in [
        PasskeyProvider::passkey(),
        PasskeyProvider::webauthn().with_id("passkey"),
    ] {
        let app = app_with(Strategy::Database, provider);
        let mut device = key(1);
        ada(&app, &mut device).await;
        app.add_user("2", "keyless@example.com").await;
        for query in ["", "&action=authenticate", "&action=register"] {
            let mut shapes = Vec::new();
            for email in ["ada", "keyless", "nobody"] {
                let path =
                    format!("/auth/webauthn-options/passkey?email={email}%40example.com{query}");
                app.store.take_calls();
                let answer = Browser::new(&app).get(&path).await;
                let mut body = answer.json();
                let keys = &mut body["options"]["allowCredentials"];
                let listed = keys.as_array().map(|keys| {
                    assert!((1..=2).contains(&keys.len()));
                    keys.iter()
                        .all(|key| key["id"].is_string() && key["type"] == "public-key")
                });
                body["options"] = Value::Null;
                let names: Vec<String> = answer
                    .cookie_names()
                    .iter()
                    .map(|&name| name.to_owned())
                    .collect();
                shapes.push((answer.status, body, listed, names, app.store.take_calls()));
            }
            assert_eq!(shapes[0], shapes[1], "{query}");
            assert_eq!(shapes[1], shapes[2], "{query}");
        }
        // What is pretended is the same whenever it is asked for.
        let path = "/auth/webauthn-options/passkey?email=nobody%40example.com&action=authenticate";
        let mut lists = Vec::new();
        for _ in 0..2 {
            let answer = Browser::new(&app).get(path).await.json();
            lists.push(answer["options"]["allowCredentials"].clone());
        }
        assert_eq!(lists[0], lists[1]);
    }
}

#[tokio::test]
async fn keys_without_memory_for_users_are_found_by_the_address() {
    let provider = PasskeyProvider::webauthn().with_id("passkey");
    let app = app_with(Strategy::Database, provider);
    let mut device = key(1);
    ada(&app, &mut device).await;
    let mut browser = Browser::new(&app);
    let made = options(&mut browser, "action=authenticate&email=ADA%40example.com").await;
    assert_eq!(
        made["options"]["allowCredentials"][0]["id"],
        device.wire_id()
    );
    assert_eq!(made["options"]["userVerification"], "preferred");
    device.user_handle = None;
    let data = device.get(&made["options"], &page());
    post(&mut browser, "authenticate", &data)
        .await
        .leads_to(ORIGIN);
    assert_eq!(who(&mut browser).await, "ada@example.com");
}

/// Contract authjs §6.3, every row under both strategies.
#[tokio::test]
async fn known_key_of_whoever_is_signed_in_keeps_the_session() {
    for strategy in BOTH {
        let app = app(strategy);
        let mut device = key(1);
        let mut browser = ada(&app, &mut device).await;
        let before = app.store.sessions();
        sign_in(&mut browser, &mut device).await.leads_to(ORIGIN);
        assert_eq!(app.store.sessions(), before);
        assert_eq!(who(&mut browser).await, "ada@example.com");
    }
}

#[tokio::test]
async fn known_key_of_another_than_whoever_is_signed_in_is_refused() {
    for strategy in BOTH {
        let app = app(strategy);
        let mut device = key(1);
        ada(&app, &mut device).await;
        let mut bob = app.signed_in("bob@example.com").await;
        sign_in(&mut bob, &mut device)
            .await
            .fails_with("signin", "AccountNotLinked");
        assert_eq!(who(&mut bob).await, "bob@example.com");
    }
}

#[tokio::test]
async fn unknown_key_and_known_address_is_refused() {
    for strategy in BOTH {
        let app = open_app(strategy);
        let mut browser = Browser::new(&app);
        let made = options(&mut browser, "email=ada%40example.com").await;
        // Somebody of the address comes to be during the ceremony.
        app.add_user("1", "ada@example.com").await;
        let data = key(1).create(&made["options"], &page());
        let answer = post(&mut browser, "register", &data).await;
        answer.fails_with("signin", "AccountNotLinked");
        assert!(app.store.passkeys().is_empty() && app.store.accounts().is_empty());
    }
}

#[tokio::test]
async fn unknown_key_and_unknown_address_makes_an_unproven_user() {
    for strategy in BOTH {
        let app = open_app(strategy);
        let mut browser = Browser::new(&app);
        let mut device = key(1);
        register(&mut browser, &mut device, "&email=New%40example.com")
            .await
            .leads_to(ORIGIN);
        let user = app.store.users().remove(0);
        assert_eq!(user.email.as_deref(), Some("new@example.com"));
        assert_eq!(user.email_verified, None);
        assert_eq!(who(&mut browser).await, "new@example.com");
        assert_eq!(stored(&app, &device).authenticator.user_id, user.id);
        sign_in(&mut Browser::new(&app), &mut device)
            .await
            .leads_to(ORIGIN);
    }
}

/// Contract authjs §13: with Auth.js an expired session authorises linking.
#[tokio::test]
async fn expired_session_adds_no_key() {
    let app = app(Strategy::Database);
    let mut browser = app.signed_in("ada@example.com").await;
    let made = options(&mut browser, "action=register").await;
    let data = key(1).create(&made["options"], &page());
    let token = browser.cookie("authjs.session-token").unwrap().to_owned();
    let token = hallpass_auth::secret::SessionToken::new(token);
    let over = "2025-12-31T00:00:00Z".parse().unwrap();
    app.store.extend_session(&token, over).await.unwrap();
    let answer = post(&mut browser, "register", &data).await;
    answer.fails_with("signin", "AccountNotLinked");
    let answer = browser
        .get("/auth/webauthn-options/passkey?action=register")
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(app.store.passkeys().is_empty());
}

#[tokio::test]
async fn key_made_for_one_user_is_added_to_nobody_else() {
    let app = app(Strategy::Database);
    let mut browser = app.signed_in("ada@example.com").await;
    let made = options(&mut browser, "action=register").await;
    let data = key(1).create(&made["options"], &page());
    browser.sign_in("bob@example.com").await;
    let answer = post(&mut browser, "register", &data).await;
    answer.fails_with("signin", "AccountNotLinked");
    assert!(app.store.passkeys().is_empty());
}

#[tokio::test]
async fn key_of_somebody_cannot_be_registered_again_by_another() {
    let app = app(Strategy::Database);
    let mut device = key(1);
    ada(&app, &mut device).await;
    let mut bob = app.signed_in("bob@example.com").await;
    // Another authenticator that claims the same id.
    let mut thief = key(1);
    let answer = register(&mut bob, &mut thief, "").await;
    answer.fails_with("signin", "AccountNotLinked");
    sign_in(&mut Browser::new(&app), &mut device)
        .await
        .leads_to(ORIGIN);
}

/// WebAuthn Level 3 section 7.1, step 26: ids are no secrets, and whoever registers chooses id and key. A registration of
/// somebody's id by nobody who is signed in must not sign in as its owner.
#[tokio::test]
async fn webauthn_7_1_step_26_registering_the_id_of_somebodys_key_signs_nobody_in() {
    for strategy in BOTH {
        let app = open_app(strategy);
        let mut device = key(1);
        ada(&app, &mut device).await;
        let before = app.store.sessions();
        let mut thief = Browser::new(&app);
        let answer = register(&mut thief, &mut key(1), "&email=new%40example.com").await;
        answer.fails_with("signin", "AccountNotLinked");
        assert_eq!(who(&mut thief).await, Value::Null, "{strategy:?}");
        assert_eq!(app.store.sessions(), before);
        assert_eq!(app.store.users().len(), 1);
        // Nor does its owner register it a second time.
        let mut browser = app.signed_in("ada@example.com").await;
        let answer = register(&mut browser, &mut key(1), "").await;
        answer.fails_with("signin", "AccountNotLinked");
        sign_in(&mut Browser::new(&app), &mut device)
            .await
            .leads_to(ORIGIN);
    }
}

/// A challenge that was made for somebody new adds a key to nobody: else whoever plants its cookie plants a key.
#[tokio::test]
async fn key_made_for_somebody_new_is_added_to_nobody_who_signed_in_meanwhile() {
    for strategy in BOTH {
        let app = open_app(strategy);
        let mut browser = Browser::new(&app);
        let made = options(&mut browser, "email=new%40example.com").await;
        let data = key(1).create(&made["options"], &page());
        browser.sign_in("ada@example.com").await;
        let answer = post(&mut browser, "register", &data).await;
        answer.fails_with("signin", "AccountNotLinked");
        assert!(app.store.passkeys().is_empty(), "{strategy:?}");
    }
}

/// Contract authjs §13: the ids that are given for an address must not be told real from pretended by using them.
#[tokio::test]
async fn real_keys_and_pretended_ones_are_refused_alike() {
    let app = app_with(
        Strategy::Database,
        PasskeyProvider::webauthn().with_id("passkey"),
    );
    ada(&app, &mut key(1)).await;
    let mut answers = Vec::new();
    for email in ["ada", "nobody"] {
        let mut browser = Browser::new(&app);
        let query = format!("action=authenticate&email={email}%40example.com");
        let made = options(&mut browser, &query).await;
        let id = made["options"]["allowCredentials"][0]["id"].clone();
        // A key of one's own under the id that was given.
        let mut guess = key(1);
        let id = CredentialId::from_wire(id.as_str().unwrap()).unwrap();
        guess.id = id.as_bytes().to_vec();
        app.store.take_calls();
        let data = guess.get(&made["options"], &page());
        let answer = post(&mut browser, "authenticate", &data).await;
        let location = answer.location().to_owned();
        // Neither is there anything to learn without a challenge.
        let again = post(&mut browser, "authenticate", &data).await;
        let again = again.location().to_owned();
        answers.push((answer.status, location, again, app.store.take_calls()));
    }
    assert_eq!(answers[0], answers[1]);
}

/// A challenge serves one ceremony, however often cookie and answer are sent.
#[tokio::test]
async fn a_challenge_serves_once() {
    for strategy in BOTH {
        let app = app(strategy);
        let mut device = key(1);
        ada(&app, &mut device).await;
        let mut browser = Browser::new(&app);
        let made = options(&mut browser, "action=authenticate").await;
        let mut thief = browser.clone();
        // One that does not count, as synced keys do not.
        let data = device.get(&made["options"], &page());
        post(&mut browser, "authenticate", &data)
            .await
            .leads_to(ORIGIN);
        let answer = post(&mut thief, "authenticate", &data).await;
        answer.fails_with("error", "Configuration");
        assert_eq!(who(&mut thief).await, Value::Null);
    }
}

/// Of many at once with one answer, one gets in.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_answer_sent_twenty_times_at_once_signs_in_once() {
    let app = app(Strategy::Database);
    let mut device = key(1);
    ada(&app, &mut device).await;
    let mut browser = Browser::new(&app);
    let made = options(&mut browser, "action=authenticate").await;
    let data = device.get(&made["options"], &page());
    let tries = (0..20).map(|_| {
        let (mut browser, data) = (browser.clone(), data.clone());
        tokio::spawn(async move {
            let answer = post(&mut browser, "authenticate", &data).await;
            answer.location() == ORIGIN
        })
    });
    let mut winners = 0;
    for one in tries.collect::<Vec<_>>() {
        winners += usize::from(one.await.unwrap());
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn challenges_are_bound_to_provider_browser_ceremony_and_time() {
    let second = PasskeyProvider::webauthn().without_autofill();
    let app = Setup::of(Strategy::Database).app_with_store(|builder, store| {
        let builder = builder.passkeys(store).provider(PasskeyProvider::passkey());
        builder.provider(second)
    });
    let mut device = key(1);
    ada(&app, &mut device).await;
    let fails = |answer: Answer| {
        answer.fails_with("error", "Configuration");
    };
    // Of another provider (GHSA-x445-f3h2-j279).
    let mut browser = Browser::new(&app);
    let made = options(&mut browser, "action=authenticate").await;
    let data = device.get(&made["options"], &page());
    let members = [("action", "authenticate"), ("data", &*data)];
    let other = browser.post_bare("/auth/callback/webauthn", &members).await;
    fails(other);
    // Of no cookie, and of one that was made up.
    fails(post(&mut Browser::new(&app), "authenticate", &data).await);
    let mut forged = Browser::new(&app);
    forged.set_cookie("authjs.challenge", "made.up");
    fails(post(&mut forged, "authenticate", &data).await);
    // Of a registration, which holds the challenge of another ceremony.
    let mut here = app.signed_in("ada@example.com").await;
    let made = options(&mut here, "action=register").await;
    let mut options_of_use = made["options"].clone();
    options_of_use["rpId"] = json!("localhost");
    let data = device.get(&options_of_use, &page());
    fails(post(&mut here, "authenticate", &data).await);
    // Too old.
    let mut late = Browser::new(&app);
    let made = options(&mut late, "action=authenticate").await;
    let data = device.get(&made["options"], &page());
    app.clock.advance(Duration::from_secs(916));
    fails(post(&mut late, "authenticate", &data).await);
}

#[tokio::test]
async fn a_copied_key_is_refused_when_its_counter_shows() {
    let app = app(Strategy::Database);
    let mut device = key(1);
    device.counter = 10;
    ada(&app, &mut device).await;
    sign_in(&mut Browser::new(&app), &mut device)
        .await
        .leads_to(ORIGIN);
    device.counter = 5;
    let mut browser = Browser::new(&app);
    let answer = sign_in(&mut browser, &mut device).await;
    answer.fails_with("error", "WebAuthnVerificationError");
    assert_eq!(who(&mut browser).await, Value::Null);
    assert_eq!(stored(&app, &device).authenticator.counter, 11);
}

#[tokio::test]
async fn answers_that_are_wrong_fail_as_the_contract_says() {
    let app = app(Strategy::Database);
    let mut device = key(1);
    ada(&app, &mut device).await;
    let mut browser = Browser::new(&app);
    let made = options(&mut browser, "action=authenticate").await;
    let good = device.get(&made["options"], &page());
    for (action, data, code) in [
        ("", &*good, "Configuration"),
        ("delete", &good, "Configuration"),
        // Contract §5.4: no JSON with a text `id` is no answer at all.
        ("authenticate", "", "Configuration"),
        ("authenticate", "null", "Configuration"),
        ("authenticate", "{\"id\": 1}", "Configuration"),
        ("register", "{}", "Configuration"),
        (
            "authenticate",
            "{\"id\": \"AAAA\"}",
            "WebAuthnVerificationError",
        ),
    ] {
        post(&mut browser, action, data)
            .await
            .fails_with("error", code);
    }
    let answer = browser
        .send(form(
            "/auth/callback/passkey",
            &[("action", "authenticate")],
        ))
        .await;
    answer.fails_with("error", "Configuration");
    // A key that nobody registered.
    let mut unknown = key(9);
    let answer = sign_in(&mut browser, &mut unknown).await;
    answer.fails_with("error", "WebAuthnVerificationError");
    // From another page.
    let made = options(&mut browser, "action=authenticate").await;
    let data = device.get(&made["options"], &Page::at("http://evil.example:3000"));
    let answer = post(&mut browser, "authenticate", &data).await;
    answer.fails_with("error", "WebAuthnVerificationError");
    // By nobody who proved who it is.
    device.flags &= !(1 << 2);
    let answer = sign_in(&mut browser, &mut device).await;
    answer.fails_with("error", "WebAuthnVerificationError");
    browser
        .get("/auth/callback/passkey")
        .await
        .fails_with("error", "Configuration");
    browser
        .get("/auth/webauthn-options/nodemailer")
        .await
        .fails_with("error", "Configuration");
}

/// rodauth 2.46: the key and its account must be one user's.
#[tokio::test]
async fn rodauth_2_46_a_key_whose_account_is_anothers_signs_nobody_in() {
    let app = app(Strategy::Database);
    let mut device = key(1);
    ada(&app, &mut device).await;
    let id = CredentialId::from_wire(&device.wire_id()).unwrap();
    app.store.change_passkey(&id, |passkey| {
        passkey.authenticator.user_id = UserId("another".to_owned());
    });
    let mut browser = Browser::new(&app);
    let answer = sign_in(&mut browser, &mut device).await;
    answer.fails_with("error", "Configuration");
    assert_eq!(who(&mut browser).await, Value::Null);
}

/// CVE-2026-53516: whoever registers a key for somebody else's address loses it when its owner signs in by mail.
#[tokio::test]
async fn cve_2026_53516_earlier_keys_go_with_the_first_proof() {
    for strategy in BOTH {
        let app = open_app(strategy);
        let mut squatter = key(1);
        let mut early = Browser::new(&app);
        register(&mut early, &mut squatter, "&email=ada%40example.com")
            .await
            .leads_to(ORIGIN);
        let mut owner = app.signed_in("ada@example.com").await;
        assert!(app.store.passkeys().is_empty() && app.store.accounts().is_empty());
        let answer = sign_in(&mut Browser::new(&app), &mut squatter).await;
        answer.fails_with("error", "WebAuthnVerificationError");
        if strategy == Strategy::Database {
            assert_eq!(who(&mut early).await, Value::Null);
        }
        let mut own = key(2);
        register(&mut owner, &mut own, "").await.leads_to(ORIGIN);
        owner.sign_in("ada@example.com").await;
        sign_in(&mut Browser::new(&app), &mut own)
            .await
            .leads_to(ORIGIN);
    }
}

#[tokio::test]
async fn the_application_may_refuse_and_lead_elsewhere() {
    for (decision, target) in [
        (SignInDecision::Deny, "/auth/error?error=AccessDenied"),
        (SignInDecision::Redirect("/plans".to_owned()), "/plans"),
    ] {
        let app = Setup::of(Strategy::Database).app_with_store(|builder, store| {
            let provider = PasskeyProvider::passkey().newcomers(Newcomers::Admitted);
            let builder = builder.passkeys(store).provider(provider);
            builder.on_sign_in(move |_| {
                let decision = decision.clone();
                async move { Ok(decision) }
            })
        });
        let mut browser = Browser::new(&app);
        let answer = register(&mut browser, &mut key(1), "&email=new%40example.com").await;
        answer.leads_to(&format!("{ORIGIN}{target}"));
        assert!(app.store.users().is_empty() && app.store.passkeys().is_empty());
    }
}

async fn passkeys(browser: &mut Browser) -> Vec<Value> {
    let request = http::Request::get(format!("{ORIGIN}/auth/passkeys"))
        .header("accept", "application/json")
        .body(bytes::Bytes::new());
    let answer = browser.send(request.unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["passkeys"].as_array().unwrap().clone()
}

#[tokio::test]
async fn keys_are_listed_named_and_removed_by_their_owner_alone() {
    for strategy in BOTH {
        let app = app(strategy);
        let (mut first, mut second) = (key(1), key(2));
        let mut browser = ada(&app, &mut first).await;
        register(&mut browser, &mut second, "")
            .await
            .leads_to(ORIGIN);
        let listed = passkeys(&mut browser).await;
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[0]["created"], "2026-01-01T00:00:00.000Z");
        let id = listed[0]["id"].as_str().unwrap().to_owned();
        let named = [("id", &*id), ("name", " Phone ")];
        let answer = browser.post("/auth/passkeys/rename", &named).await;
        answer.leads_to(&format!("{ORIGIN}/auth/passkeys?notice=renamed"));
        assert_eq!(passkeys(&mut browser).await[0]["name"], "Phone");
        let shown = browser.get("/auth/passkeys?notice=renamed").await.body;
        assert!(shown.contains("Phone") && shown.contains("The passkey has another name."));

        let mut mallory = app.signed_in("mallory@example.com").await;
        for path in ["/auth/passkeys/rename", "/auth/passkeys/remove"] {
            let answer = mallory.post(path, &named).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        }
        let long = "x".repeat(61);
        for name in ["", "  ", "a\nb", &long] {
            let members = [("id", &*id), ("name", name)];
            let answer = browser.post("/auth/passkeys/rename", &members).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
        }
        let answer = browser.post("/auth/passkeys/remove", &[("id", &id)]).await;
        answer.leads_to(&format!("{ORIGIN}/auth/passkeys?notice=removed"));
        assert_eq!(passkeys(&mut browser).await.len(), 1);
        assert_eq!(app.store.accounts().len(), 1);
        let answer = browser.post("/auth/passkeys/remove", &[("id", &id)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn pages_of_keys_need_a_session_and_a_token() {
    let app = app(Strategy::Database);
    let mut anybody = Browser::new(&app);
    let back = "http%3A%2F%2Flocalhost%3A3000%2Fauth%2Fpasskeys";
    let to_sign_in = format!("{ORIGIN}/auth/signin?callbackUrl={back}");
    anybody.get("/auth/passkeys").await.leads_to(&to_sign_in);
    anybody
        .post("/auth/passkeys/remove", &[])
        .await
        .leads_to(&to_sign_in);
    let mut device = key(1);
    let mut browser = ada(&app, &mut device).await;
    let answer = browser
        .post_bare("/auth/passkeys/remove", &[("id", "x")])
        .await;
    answer.fails_with("signin", "MissingCSRF");
    assert_eq!(app.store.passkeys().len(), 1);
}

#[tokio::test]
async fn the_last_way_in_stays() {
    // Nobody signs in by mail here, so that the key is the only way.
    let clock = std::sync::Arc::new(hallpass_auth::testing::clock::FixedClock::at(
        crate::app::START,
    ));
    let mut app = open_app(Strategy::Database);
    let provider = PasskeyProvider::passkey().newcomers(Newcomers::Admitted);
    app.auth = hallpass_auth::Auth::builder()
        .secrets(crate::app::secrets())
        .environment(
            clock,
            std::sync::Arc::new(hallpass_auth::testing::random::SeededRandom::new(9)),
        )
        .base_path("/auth")
        .trust_host(hallpass_auth::origin::HostTrust::Trusted)
        .adapter(app.store.clone())
        .passkeys(app.store.clone())
        .provider(provider)
        .build()
        .unwrap();
    let mut browser = Browser::new(&app);
    let (mut first, mut second) = (key(1), key(2));
    register(&mut browser, &mut first, "&email=new%40example.com")
        .await
        .leads_to(ORIGIN);
    let id = passkeys(&mut browser).await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let answer = browser.post("/auth/passkeys/remove", &[("id", &id)]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("the only way for you to sign in"));
    register(&mut browser, &mut second, "")
        .await
        .leads_to(ORIGIN);
    let answer = browser.post("/auth/passkeys/remove", &[("id", &id)]).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    assert_eq!(app.store.passkeys().len(), 1);
}

#[tokio::test]
async fn nobody_registers_keys_without_end() {
    let app = Setup::of(Strategy::Database).app_with_store(|builder, store| {
        let builder = builder.limits(hallpass_auth::limit::LimitRules::none());
        builder.passkeys(store).provider(PasskeyProvider::passkey())
    });
    let mut browser = app.signed_in("ada@example.com").await;
    for seed in 1..=50 {
        register(&mut browser, &mut key(seed), "")
            .await
            .leads_to(ORIGIN);
    }
    let answer = browser
        .get("/auth/webauthn-options/passkey?action=register")
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_sign_in_page_offers_keys_to_browsers_with_scripts() {
    let app = app(Strategy::Database);
    let answer = Browser::new(&app).get("/auth/signin").await;
    let form = answer
        .body
        .split("<form")
        .find(|form| form.contains("id=\"passkey-form\""))
        .unwrap();
    for part in [
        " hidden ",
        "action=\"http://localhost:3000/auth/callback/passkey\"",
        "data-options=\"http://localhost:3000/auth/webauthn-options/passkey\"",
        "data-autofill",
        "id=\"submitButton-passkey\"",
        "role=\"status\"",
    ] {
        assert!(form.contains(part), "{part} in {form}");
    }
    assert!(!form.contains("data-newcomers"));
    assert!(!form.contains("type=\"email\""), "{form}");
    let fields = answer.body.matches("autocomplete=\"username webauthn\"");
    assert_eq!(fields.count(), 1, "the mail form's field serves both");
    let without = Setup::default().app();
    let page = Browser::new(&without).get("/auth/signin").await.body;
    assert!(
        !page.contains("<script"),
        "nothing runs where nothing needs to"
    );
    let providers = Browser::new(&app).get("/auth/providers").await.json();
    assert_eq!(providers["passkey"]["type"], "webauthn");
    assert_eq!(
        providers["passkey"]["signinUrl"],
        format!("{ORIGIN}/auth/signin/passkey")
    );
    let answer = Browser::new(&app).post("/auth/signin/passkey", &[]).await;
    answer.leads_to(&format!("{ORIGIN}/auth/signin"));
}

#[tokio::test]
async fn routes_of_keys_are_there_only_where_they_are_configured() {
    let app = Setup::default().app();
    for path in ["/auth/passkeys", "/auth/passkeys/remove"] {
        let answer = Browser::new(&app).get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
    }
}
