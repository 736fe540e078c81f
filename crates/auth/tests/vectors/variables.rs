//! Environment variables: `env_defaults`, `env_provider`.

use hallpass_auth::origin::HostTrust;
use hallpass_auth::secret::Secret;
use hallpass_auth::variables::{ProviderVariables, Reading, Variables};
use serde_json::Value;

use crate::support::{list, section};

/// Reads a table of variables.
fn read(reading: Reading, env: &Value) -> Variables {
    Variables::read(reading, &|name| env[name].as_str().map(str::to_owned))
}

fn secrets(variables: &Variables) -> Vec<&str> {
    let secrets = variables.secrets.iter();
    secrets
        .flat_map(|list| list.iter().map(Secret::expose))
        .collect()
}

#[test]
fn settings_are_read_as_by_auth_js() {
    for vector in list(section("env_defaults")) {
        let variables = read(Reading::Core, &vector["env"]);
        let env = &vector["env"];
        assert_eq!(vector["basePath"], variables.base_path, "{env}");
        assert_eq!(vector["secret"], Value::from(secrets(&variables)), "{env}");
        let trusted = variables.trust == HostTrust::Trusted;
        assert_eq!(vector["trustHost"], trusted, "{env}");
        let proxy = variables.redirect_proxy_url.as_deref();
        assert_eq!(vector["redirectProxyUrl"].as_str(), proxy, "{env}");
    }
}

#[test]
fn provider_settings_are_read_as_by_auth_js() {
    let vector = section("env_provider");
    let read =
        |id| ProviderVariables::read(id, &|name| vector["env"][name].as_str().map(str::to_owned));
    let options = &vector["options"];
    let github = read("github");
    assert_eq!(github.client_id.as_deref(), options["clientId"].as_str());
    let secret = github.client_secret.as_ref().map(Secret::expose);
    assert_eq!(secret, options["clientSecret"].as_str());
    assert_eq!(github.issuer.as_deref(), options["issuer_option"].as_str());
    assert_eq!(github.api_key, None);
    assert_eq!(read("gitlab"), ProviderVariables::default());
}

#[test]
fn provider_ids_become_variable_names() {
    for (id, name) in [
        ("microsoft-entra-id", "AUTH_MICROSOFT_ENTRA_ID_ID"),
        ("42-school", "AUTH_42_SCHOOL_ID"),
    ] {
        let lookup = |asked: &str| (asked == name).then(|| "found".to_owned());
        let variables = ProviderVariables::read(id, &lookup);
        assert_eq!(variables.client_id.as_deref(), Some("found"));
    }
    let lookup = |asked: &str| (asked == "AUTH_RESEND_KEY").then(|| "re_1".to_owned());
    let resend = ProviderVariables::read("resend", &lookup);
    assert_eq!(resend.api_key.as_ref().map(Secret::expose), Some("re_1"));
}

#[test]
fn next_auth_habits_differ() {
    let url = |url: &str| serde_json::json!({ "AUTH_URL": url });
    for (env, base) in [
        (serde_json::json!({}), "/api/auth"),
        (url("https://h.example"), "/api/auth"),
        (url("https://h.example/auth"), "/auth"),
        (url("garbage"), "/api/auth"),
        (
            serde_json::json!({ "NEXTAUTH_URL": "https://h.example/x" }),
            "/x",
        ),
    ] {
        assert_eq!(read(Reading::Next, &env).base_path, base, "{env}");
    }
    for (env, expected) in [
        (
            serde_json::json!({ "AUTH_SECRET": "s", "AUTH_SECRET_1": "s1" }),
            vec!["s"],
        ),
        (
            serde_json::json!({ "NEXTAUTH_SECRET": "n", "AUTH_SECRET_1": "s1" }),
            vec!["n"],
        ),
        (
            serde_json::json!({ "AUTH_SECRET_2": "s2", "AUTH_SECRET_1": "s1" }),
            vec!["s2", "s1"],
        ),
    ] {
        assert_eq!(secrets(&read(Reading::Next, &env)), expected, "{env}");
    }
}

#[test]
fn the_older_url_does_not_make_the_host_trusted() {
    let env = serde_json::json!({ "NEXTAUTH_URL": "https://h.example", "NODE_ENV": "production" });
    let variables = read(Reading::Next, &env);
    assert_eq!(variables.trust, HostTrust::Untrusted);
    let origin = variables.origin.unwrap();
    assert_eq!(origin.as_str(), "https://h.example");
}

#[test]
fn nothing_secret_prints() {
    let env = serde_json::json!({
        "AUTH_SECRET": "planted",
        "AUTH_X_SECRET": "planted",
        "AUTH_X_KEY": "planted",
    });
    let provider = ProviderVariables::read("x", &|name| env[name].as_str().map(str::to_owned));
    let text = format!("{:?} {provider:?}", read(Reading::Core, &env));
    assert!(!text.contains("planted"), "{text}");
}

#[test]
fn a_secret_that_is_only_accepted_comes_last_and_makes_no_hash() {
    for reading in [Reading::Core, Reading::Next] {
        let lookup = |name: &str| match name {
            "AUTH_SECRET" => Some("old".to_owned()),
            "HALLPASS_ACCEPTED_SECRET" => Some("new".to_owned()),
            _ => None,
        };
        let variables = Variables::read(reading, &lookup);
        assert_eq!(secrets(&variables), ["old", "new"]);
        assert_eq!(variables.secrets.unwrap().joined().expose(), "old");
    }
}
