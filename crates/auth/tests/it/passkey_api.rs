//! Passkeys by calls of Rust: for applications with pages of their own.

use hallpass_auth::adapter::{Adapter, Unlinked, UserChanges, UserId};
use hallpass_auth::limit::LimitRules;
use hallpass_auth::passkey::{CeremonyError, CredentialId, MAX_KEYS, PasskeyError};
use hallpass_auth::providers::PasskeyProvider;
use hallpass_auth::secret::Secret;
use hallpass_auth::session::Strategy;
use hallpass_auth::testing::authenticator::{Algorithm, Page, SoftAuthenticator};

use crate::account::support::{ADA, STRATEGIES, app_with, app_with_store};
use crate::app::{App, Browser, DAY, ORIGIN, Setup};

fn app(strategy: Strategy) -> App {
    app_with_store(strategy, |builder, store| {
        builder
            .limits(LimitRules::none())
            .passkeys(store)
            .provider(PasskeyProvider::passkey())
    })
}

fn key(seed: u8) -> SoftAuthenticator {
    SoftAuthenticator::new(Algorithm::Es256, seed)
}

fn page() -> Page {
    Page::at(ORIGIN)
}

async fn user(app: &App) -> UserId {
    app.ada().await;
    app.user(ADA).id
}

fn id_of(device: &SoftAuthenticator) -> CredentialId {
    CredentialId::new(&device.id).unwrap()
}

/// Registers a key for a user, as a page of an application does.
async fn register(
    app: &App,
    user: &UserId,
    device: &mut SoftAuthenticator,
) -> Result<String, PasskeyError> {
    let begun = app.auth.passkeys().begin_registration(user).await?;
    let answer = device.create(&begun.options, &page());
    let api = app.auth.passkeys();
    let kept = api.finish_registration(user, &begun.state, &answer).await?;
    assert_eq!(kept.authenticator.user_id, *user);
    Ok(answer)
}

#[tokio::test]
async fn a_key_is_registered_listed_named_and_removed() {
    for strategy in STRATEGIES {
        let app = app(strategy);
        let user = user(&app).await;
        let mut device = key(1);
        register(&app, &user, &mut device).await.unwrap();
        let api = app.auth.passkeys();
        let listed = api.list(&user).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].authenticator.credential_id, id_of(&device));
        assert!(listed[0].notes.created.is_some());

        // It signs in by the routes as any other.
        let mut browser = Browser::new(&app);
        let path = "/auth/webauthn-options/passkey?action=authenticate";
        let options = browser.get(path).await.json()["options"].clone();
        let data = device.get(&options, &page());
        let members = [("action", "authenticate"), ("data", &*data)];
        browser
            .post_bare("/auth/callback/passkey", &members)
            .await
            .leads_to(ORIGIN);
        assert_eq!(browser.session().await["user"]["email"], ADA);

        assert!(api.rename(&user, &id_of(&device), " Phone ").await.unwrap());
        let listed = api.list(&user).await.unwrap();
        assert_eq!(listed[0].notes.name.as_deref(), Some("Phone"));
        let gone = api.remove(&user, &id_of(&device)).await.unwrap();
        assert!(matches!(gone, Unlinked::Done(_)));
        assert!(api.list(&user).await.unwrap().is_empty());
        let subjects: Vec<String> = app.mails().into_iter().map(|(_, text)| text).collect();
        assert!(subjects[0].contains("Passkey removed"), "{subjects:?}");
        assert!(subjects.iter().any(|text| text.contains("New passkey")));
    }
}

/// CVE-2025-61928: whose it is comes from the caller, and a key of somebody else is none.
#[tokio::test]
async fn cve_2025_61928_nobody_names_or_removes_the_key_of_another() {
    let app = app(Strategy::Database);
    let ada = user(&app).await;
    app.signed_in("eve@example.com").await;
    let eve = app.user("eve@example.com").id;
    let mut device = key(1);
    register(&app, &ada, &mut device).await.unwrap();
    let (api, id) = (app.auth.passkeys(), id_of(&device));
    assert!(!api.rename(&eve, &id, "Mine").await.unwrap());
    let gone = api.remove(&eve, &id).await.unwrap();
    assert!(matches!(gone, Unlinked::Unknown));
    assert!(matches!(
        api.remove(&UserId("nobody".to_owned()), &id).await,
        Err(PasskeyError::UnknownUser)
    ));
    assert_eq!(api.list(&ada).await.unwrap().len(), 1);
    // What she begins, nobody else ends.
    let begun = api.begin_registration(&ada).await.unwrap();
    let answer = key(2).create(&begun.options, &page());
    let refused = api.finish_registration(&eve, &begun.state, &answer).await;
    assert!(matches!(refused, Err(PasskeyError::Over)), "{refused:?}");
}

#[tokio::test]
async fn a_name_is_one_line_of_some_length() {
    let app = app(Strategy::Database);
    let user = user(&app).await;
    let mut device = key(1);
    register(&app, &user, &mut device).await.unwrap();
    for name in ["", "  ", "a\nb", &"x".repeat(61)] {
        let (api, id) = (app.auth.passkeys(), id_of(&device));
        let refused = api.rename(&user, &id, name).await;
        assert!(matches!(refused, Err(PasskeyError::InvalidName)));
    }
}

#[tokio::test]
async fn a_registration_serves_once_and_for_a_while() {
    let app = app(Strategy::Database);
    let user = user(&app).await;
    let api = app.auth.passkeys();
    let begun = api.begin_registration(&user).await.unwrap();
    let answer = key(1).create(&begun.options, &page());
    api.finish_registration(&user, &begun.state, &answer)
        .await
        .unwrap();
    let again = key(2).create(&begun.options, &page());
    let refused = api.finish_registration(&user, &begun.state, &again).await;
    assert!(matches!(refused, Err(PasskeyError::Over)), "{refused:?}");

    let begun = api.begin_registration(&user).await.unwrap();
    let answer = key(3).create(&begun.options, &page());
    app.clock.advance(DAY);
    let refused = api.finish_registration(&user, &begun.state, &answer).await;
    assert!(matches!(refused, Err(PasskeyError::Over)), "{refused:?}");
    for rubbish in ["", "x", "a.b.c.d.e"] {
        let state = Secret::new(rubbish);
        let refused = api.finish_registration(&user, &state, &answer).await;
        assert!(matches!(refused, Err(PasskeyError::Over)), "{refused:?}");
    }
    assert_eq!(api.list(&user).await.unwrap().len(), 1);
}

/// CVE-2026-110862: what the routes keep in a cookie is not what an application keeps.
#[tokio::test]
async fn cve_2026_110862_the_cookie_of_the_routes_is_no_state() {
    let app = app(Strategy::Database);
    let mut browser = app.ada().await;
    let user = app.user(ADA).id;
    let path = "/auth/webauthn-options/passkey?action=register";
    let options = browser.get(path).await.json()["options"].clone();
    let answer = key(1).create(&options, &page());
    let state = Secret::new(browser.cookie("authjs.challenge").unwrap());
    let api = app.auth.passkeys();
    let refused = api.finish_registration(&user, &state, &answer).await;
    assert!(matches!(refused, Err(PasskeyError::Over)), "{refused:?}");
}

/// Everything that the routes compare is compared here too (GitLab #585333).
#[tokio::test]
async fn gitlab_585333_a_ceremony_that_lies_adds_nothing() {
    let app = app(Strategy::Database);
    let user = user(&app).await;
    let api = app.auth.passkeys();
    let mut pages = vec![(Page::at("https://evil.test"), CeremonyError::Origin)];
    let mut kind = page();
    kind.kind = Some("webauthn.get");
    pages.push((kind, CeremonyError::Kind));
    for (page, why) in pages {
        let begun = api.begin_registration(&user).await.unwrap();
        let answer = key(1).create(&begun.options, &page);
        let refused = api.finish_registration(&user, &begun.state, &answer).await;
        assert!(matches!(refused, Err(PasskeyError::Refused(error)) if error == why));
    }
    let begun = api.begin_registration(&user).await.unwrap();
    let refused = api.finish_registration(&user, &begun.state, "{}").await;
    assert!(matches!(refused, Err(PasskeyError::Refused(_))));
    let mut unverified = key(1);
    unverified.flags = 1;
    let refused = register(&app, &user, &mut unverified).await;
    assert!(matches!(
        refused,
        Err(PasskeyError::Refused(CeremonyError::UserUnverified))
    ));
    assert!(api.list(&user).await.unwrap().is_empty());
}

/// WebAuthn Level 3 section 7.1, step 26: whoever registers chooses the id.
#[tokio::test]
async fn a_known_key_is_nobodys_to_register() {
    let app = app(Strategy::Database);
    let ada = user(&app).await;
    app.signed_in("eve@example.com").await;
    let eve = app.user("eve@example.com").id;
    register(&app, &ada, &mut key(1)).await.unwrap();
    for user in [&ada, &eve] {
        let refused = register(&app, user, &mut key(1)).await;
        assert!(matches!(refused, Err(PasskeyError::Known)), "{refused:?}");
    }
}

#[tokio::test]
async fn nobody_has_more_keys_than_are_kept() {
    let app = app(Strategy::Database);
    let user = user(&app).await;
    for seed in 0..MAX_KEYS {
        let mut device = key(u8::try_from(seed).unwrap());
        register(&app, &user, &mut device).await.unwrap();
    }
    let refused = register(&app, &user, &mut key(200)).await;
    assert!(matches!(refused, Err(PasskeyError::TooMany)), "{refused:?}");
}

#[tokio::test]
async fn what_is_missing_is_said() {
    let without = app_with(Strategy::Database, |builder| builder);
    let nobody = UserId("nobody".to_owned());
    let refused = without.auth.passkeys().list(&nobody).await;
    assert!(matches!(refused, Err(PasskeyError::NotConfigured)));
    let app = app(Strategy::Database);
    let refused = app.auth.passkeys().begin_registration(&nobody).await;
    assert!(matches!(refused, Err(PasskeyError::UnknownUser)));
    let anywhere = Setup::of(Strategy::Database).app_with_store(|builder, store| {
        builder.passkeys(store).provider(PasskeyProvider::passkey())
    });
    let user = anywhere.add_user("1", ADA).await;
    let refused = anywhere.auth.passkeys().begin_registration(&user.id).await;
    assert!(matches!(refused, Err(PasskeyError::NoOrigin)));
}

/// The last way in stays.
#[tokio::test]
async fn the_only_key_of_somebody_without_address_stays() {
    let app = app(Strategy::Database);
    let user = user(&app).await;
    let mut device = key(1);
    register(&app, &user, &mut device).await.unwrap();
    let changes = UserChanges {
        email: Some(None),
        ..Default::default()
    };

    app.store.update_user(&user, changes).await.unwrap();
    let api = app.auth.passkeys();
    let refused = api.remove(&user, &id_of(&device)).await.unwrap();
    assert!(matches!(refused, Unlinked::LastWayIn));
    let refused = api.begin_registration(&user).await;
    assert!(matches!(refused, Err(PasskeyError::NoAddress)));
}
