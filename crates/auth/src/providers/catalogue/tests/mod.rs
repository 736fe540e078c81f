//! The catalogue against the facts of Auth.js, and the code of single services against answers as they give them.

mod services;
mod table;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{CatalogueError, Registration};
use crate::oauth::TokenSet;
use crate::providers::oauth::OAuthProvider;
use crate::secret::Secret;

/// A registration at any service, with all that it needs.
fn registration(id: &str) -> Registration {
    let registration = Registration::new("client-id", Secret::new("client-secret"));
    let needs_issuer = super::find(id).unwrap().needs_issuer();
    let registration = match id {
        "netsuite" => registration
            .option("account_id", "acct")
            .option("userinfo", "https://acct.restlets.example/x?script=1"),
        "bungie" => registration.option("api_key", "planted-key"),
        _ => registration,
    };
    if needs_issuer {
        registration.issuer("https://issuer.example")
    } else {
        registration
    }
}

fn provider(id: &str) -> OAuthProvider {
    super::provider(id, &registration(id)).unwrap_or_else(|error| panic!("{id}: {error}"))
}

fn tokens(others: &Value) -> TokenSet {
    TokenSet {
        access_token: Secret::new("access/token"),
        token_type: "bearer".to_owned(),
        expires_at: Some(Timestamp::UNIX_EPOCH),
        refresh_token: None,
        scope: None,
        id_token: None,
        others: others.as_object().cloned().unwrap_or_else(Map::new),
    }
}

#[test]
fn every_id_and_every_function_stands_once_and_is_a_word_of_a_path() {
    let mut ids: Vec<_> = super::all().map(|entry| entry.id).collect();
    assert_eq!(ids.len(), 93);
    let is_word = |id: &&str| {
        id.bytes()
            .all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == b'-')
    };
    assert!(ids.iter().all(is_word));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 93);
    for service in super::services() {
        assert!(!service.name.is_empty());
    }
}

#[test]
fn what_a_registration_lacks_is_named() {
    let good = || Registration::new("id", Secret::new("planted"));
    let rows: [(&str, Registration, &str); 12] = [
        (
            "githup",
            good(),
            "there is no provider `githup` in the catalogue",
        ),
        (
            "keycloak",
            good(),
            "the provider `keycloak` needs the address of its issuer",
        ),
        (
            "okta",
            good().issuer("company.okta.com"),
            "the issuer of the provider `okta` must be an address such as `https://id.example.com`",
        ),
        (
            "okta",
            good().issuer("https://user:pw@company.okta.com"),
            "the issuer of the provider `okta` must be an address such as `https://id.example.com`",
        ),
        (
            "github",
            Registration::new(" ", Secret::new("planted")),
            "the id of the client at the provider `github` is empty or holds blanks",
        ),
        (
            "github",
            Registration::new("id", Secret::new("")),
            "the secret of the client at the provider `github` is empty or holds a line break",
        ),
        (
            "github",
            good().option("tenant", "planted"),
            "the provider `github` has no setting `tenant`",
        ),
        (
            "netsuite",
            good().option("account_id", "a"),
            "the provider `netsuite` needs the setting `userinfo`",
        ),
        (
            "netsuite",
            good()
                .option("account_id", "evil.example/")
                .option("userinfo", "https://a.example"),
            "the setting `account_id` of the provider `netsuite` must be letters, digits, `-`, `_` or `.`",
        ),
        (
            "apple",
            Registration::without_secret("id").option("team_id", "T"),
            "the provider `apple` needs the setting `private_key`",
        ),
        (
            "microsoft-entra-id",
            good().issuer("https://login.microsoftonline.com/contoso.com/v2.0"),
            "the issuer of the provider `microsoft-entra-id` must be an address such as `https://id.example.com`",
        ),
        (
            "wechat",
            good().option("platform", "planted"),
            "the setting `platform` of the provider `wechat` must be `OfficialAccount` or `WebsiteApp`",
        ),
    ];
    for (id, registration, message) in rows {
        let error = super::provider(id, &registration).expect_err(message);
        assert_eq!(error.to_string(), message);
        assert!(!error.to_string().contains("planted"));
    }
}

#[test]
fn registrations_and_providers_print_no_secret() {
    let registration = registration("bungie").option("api_key", "planted-key");
    let printed = format!("{registration:?} {:?}", provider("bungie"));
    assert!(!printed.contains("planted"), "{printed}");
    assert!(!printed.contains("client-secret"), "{printed}");
}

#[test]
fn the_documentation_names_every_service_and_every_setting() {
    let page = include_str!("../../../../../../docs/providers.md");
    for service in super::services() {
        let row = format!("| `{}` | {} |", service.id, service.name);
        let row = page.lines().find(|line| line.starts_with(&row));
        let row = row.unwrap_or_else(|| panic!("{} has no row", service.id));
        assert_eq!(
            row.contains("needs `issuer`"),
            service.needs_issuer,
            "{row}"
        );
    }
    let options = super::services().flat_map(|service| service.options);
    for option in options {
        assert!(
            page.contains(&format!("`{}`", option.name))
                || page.contains(&format!("{} =", option.name)),
            "{}",
            option.name
        );
    }
}

#[test]
fn one_line_of_rust_makes_a_provider() -> Result<(), CatalogueError> {
    let registration = || Registration::new("id", Secret::new("secret"));
    assert_eq!(super::github(registration())?.id(), "github");
    assert_eq!(super::school_42(registration())?.name(), "42 School");
    let own = super::gitlab(registration().issuer("https://git.example.com/"))?;
    assert_eq!(
        own.token.url.as_deref(),
        Some("https://git.example.com/oauth/token")
    );
    let own = super::github(registration().option("base_url", "https://ghe.example.com/"))?;
    assert_eq!(
        [
            own.issuer,
            own.authorization.url,
            own.token.url,
            own.userinfo.url
        ]
        .map(Option::unwrap),
        [
            "https://ghe.example.com/login/oauth",
            "https://ghe.example.com/login/oauth/authorize",
            "https://ghe.example.com/login/oauth/access_token",
            "https://ghe.example.com/api/v3/user",
        ]
    );
    let web = super::wechat(registration().option("platform", "WebsiteApp"))?;
    assert_eq!(
        web.authorization.url.as_deref(),
        Some("https://open.weixin.qq.com/connect/qrconnect")
    );
    assert_eq!(web.scope.as_deref(), Some("snsapi_login"));
    let tenant = super::fusionauth(
        registration()
            .issuer("https://fa.example.com")
            .option("tenant_id", "t-1"),
    )?;
    let expected = [("tenantId".to_owned(), "t-1".to_owned())];
    assert_eq!(tenant.authorization.parameters, expected);
    Ok(())
}
