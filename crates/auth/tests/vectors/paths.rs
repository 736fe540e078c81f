//! Paths and public URLs: `path_parsing`, `action_url`.

use hallpass_auth::origin::{HostTrust, OriginSettings, Scheme, action_url};
use hallpass_auth::path;
use hallpass_auth::variables::{Reading, Variables};
use serde_json::Value;

use crate::support::{headers, list, section, text};

#[test]
fn paths_are_read_as_by_auth_js() {
    for vector in list(section("path_parsing")) {
        let parsed = path::parse(text(&vector["path"]), text(&vector["basePath"]));
        let route = parsed.as_ref().ok();
        let action = route.map(|route| route.action.name());
        assert_eq!(action, vector["action"].as_str(), "{}", vector["path"]);
        let provider = route.and_then(|route| route.provider.as_deref());
        assert_eq!(
            provider,
            vector["providerId"].as_str(),
            "{}",
            vector["path"]
        );
        assert_eq!(parsed.is_err(), vector["error"] == "UnknownAction");
    }
}

#[test]
fn action_urls_are_built_as_by_auth_js_but_lists_in_headers_do_not_throw() {
    for vector in list(section("action_url")) {
        let lookup = |name: &str| vector["env"][name].as_str().map(str::to_owned);
        let variables = Variables::read(Reading::Next, &lookup);
        let settings = OriginSettings {
            configured: variables.origin,
            trust: HostTrust::Trusted,
        };
        let protocol = match &vector["protocol"] {
            Value::Null => None,
            text if text == "https" => Some(Scheme::Https),
            _ => Some(Scheme::Http),
        };
        let base = vector["basePath"].as_str();
        let base = base.unwrap_or(&variables.base_path);
        let headers = headers(&vector["headers"]);
        let url = action_url(&settings, &headers, protocol, base, text(&vector["action"]));
        let expected = match text(&vector["url"]) {
            // Where Auth.js throws, the element set by the nearest proxy counts.
            "throws TypeError" if headers.contains_key("x-forwarded-proto") => {
                "https://app.example/auth/session"
            }
            "throws TypeError" => "http://b/auth/session",
            url => url,
        };
        assert_eq!(url.as_deref(), Ok(expected), "{vector}");
    }
}
