//! Passkeys of the binary, as far as they go without a browser: what is offered, and what the settings change.

use reqwest::StatusCode;
use tempfile::tempdir;

use crate::harness::{Binary, Visitor};

#[tokio::test]
async fn dev_offers_passkeys_beside_the_other_ways_in() {
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    let visitor = Visitor::new(&hallpass.base);

    let providers = visitor.get_json("/api/auth/providers").await;
    assert_eq!(providers["passkey"]["type"], "webauthn", "{providers}");
    assert_eq!(providers["passkey"]["name"], "Passkey");

    let said = visitor.get_json("/api/auth/webauthn-options/passkey").await;
    assert_eq!(said["action"], "authenticate", "{said}");
    assert_eq!(said["options"]["rpId"], "localhost");
    assert_eq!(said["options"]["userVerification"], "required");
    assert!(said["options"]["challenge"].as_str().unwrap().len() > 20);

    let page = visitor.get("/api/auth/signin").await;
    page.assert_shows("Sign in with Passkey");
    // One field for an address: that of the mail form, in which keys are offered too.
    let fields = page.attributes("type=\"email\"", "autocomplete");
    assert_eq!(fields, ["username webauthn", "username"], "{}", page.body);
}

#[tokio::test]
async fn whoever_is_not_known_is_told_nothing_and_registers_no_key() {
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    let ann = Visitor::new(&hallpass.base);
    ann.sign_in("ann@example.com").await;
    let stranger = Visitor::new(&hallpass.base);
    for email in ["ann@example.com", "nobody@example.com"] {
        let path = format!("/api/auth/webauthn-options/passkey?email={email}");
        let said = stranger.get_json(&path).await;
        assert_eq!(said["action"], "authenticate", "{said}");
        assert_eq!(said["options"]["allowCredentials"], serde_json::Value::Null);
        let refused = stranger.get(&format!("{path}&action=register")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.body, "{\"error\":\"Invalid request\"}");
    }
}

#[tokio::test]
async fn serve_has_them_as_its_settings_say() {
    let place = tempdir().unwrap();
    let database = format!("sqlite:{}", place.path().join("a.db").display());
    let without = Binary::serve(&database).start();
    let visitor = Visitor::new(&without.base);
    let providers = visitor.get_json("/api/auth/providers").await;
    assert_eq!(providers["passkey"], serde_json::Value::Null);
    drop(without);

    let settings = "url = 'https://app.example.com'\n[passkeys]\nenabled = true\n\
        relying_party = 'example.com'\nrelying_party_name = 'Example'\nnewcomers = 'admitted'";
    std::fs::write(place.path().join("hallpass.toml"), settings).unwrap();
    let with = Binary::serve(&database).directory(place.path()).start();
    let visitor = Visitor::new(&with.base);
    let path = "/api/auth/webauthn-options/passkey?email=new@example.com";
    let said = visitor.get_json(path).await;
    assert_eq!(said["action"], "register", "{said}");
    assert_eq!(said["options"]["rp"]["id"], "example.com");
    assert_eq!(said["options"]["rp"]["name"], "Example");
    assert_eq!(said["options"]["user"]["name"], "new@example.com");
    drop(with);

    let settings = "url = 'https://app.example.com'\n[passkeys]\nenabled = true\nrelying_party = 'example.org'";
    std::fs::write(place.path().join("hallpass.toml"), settings).unwrap();
    let refused = Binary::serve(&database).directory(place.path()).finish();
    let said = refused.error;
    assert!(
        said.contains("passkeys cannot be for `example.org`"),
        "{said}"
    );
    assert!(said.contains("a domain above it"), "{said}");
}
