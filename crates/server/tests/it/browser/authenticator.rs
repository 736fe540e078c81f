//! An authenticator that `WebDriver` plays.

use fantoccini::Client;
use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// Adds an authenticator to the browser. Source: WebAuthn Level 3 section 11.3 (virtual authenticators).
#[derive(Debug)]
struct AddAuthenticator;

impl WebDriverCompatibleCommand for AddAuthenticator {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/webauthn/authenticator"))
    }

    fn method_and_body(&self, _request: &Url) -> (Method, Option<String>) {
        let authenticator = json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserConsenting": true,
            "isUserVerified": true,
        });
        (Method::POST, Some(authenticator.to_string()))
    }
}

/// Its keys. Source: the same, section 11.6.
#[derive(Debug)]
struct Credentials(String);

impl WebDriverCompatibleCommand for Credentials {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        let id = &self.0;
        base.join(&format!(
            "session/{session}/webauthn/authenticator/{id}/credentials"
        ))
    }

    fn method_and_body(&self, _request: &Url) -> (Method, Option<String>) {
        (Method::GET, None)
    }
}

/// Takes an authenticator away. Source: the same, section 11.4.
#[derive(Debug)]
struct RemoveAuthenticator(String);

impl WebDriverCompatibleCommand for RemoveAuthenticator {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        let id = &self.0;
        base.join(&format!("session/{session}/webauthn/authenticator/{id}"))
    }

    fn method_and_body(&self, _request: &Url) -> (Method, Option<String>) {
        (Method::DELETE, None)
    }
}

/// Somebody who consents to everything, with a device that can verify it. Gives its name.
pub(crate) async fn add_authenticator(page: &Client) -> String {
    let id = page.issue_cmd(AddAuthenticator).await.unwrap();
    id.as_str().unwrap().to_owned()
}

/// How many keys the device has.
pub(crate) async fn count_keys(page: &Client, authenticator: &str) -> usize {
    let command = Credentials(authenticator.to_owned());
    let keys: Value = page.issue_cmd(command).await.unwrap();
    keys.as_array().unwrap().len()
}

/// The device is lost, with all its keys.
pub(crate) async fn lose_authenticator(page: &Client, authenticator: String) {
    let command = RemoveAuthenticator(authenticator);
    page.issue_cmd(command).await.unwrap();
}
