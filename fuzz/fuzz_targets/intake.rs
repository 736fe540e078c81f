//! Whatever stands in a request line, its headers or a form: nothing panics, no host becomes another part of a
//! URL, no redirect leaves us, no address breaks a mail header.

#![no_main]

use hallpass_auth::identifier::Email;
use hallpass_auth::origin::{HostTrust, Origin, OriginSettings, Scheme};
use hallpass_auth::{path, redirect};
use http::header::HOST;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = path::parse(text, "/api/auth");
    let _ = path::parse(&format!("/api/auth{text}"), "/api/auth");
    let base = Origin::parse("https://app.example").expect("an origin");
    redirects_stay(text, &base);
    if let Ok(email) = Email::parse(text) {
        assert!(!email.as_str().chars().any(char::is_control));
        assert_eq!(email.as_str().matches('@').count(), 1);
    }
    if let Ok(host) = HeaderValue::from_str(text) {
        let settings = OriginSettings {
            configured: None,
            trust: HostTrust::Trusted,
        };
        let headers = HeaderMap::from_iter([(HOST, host)]);
        if let Ok(origin) = settings.resolve(&headers, Scheme::Https) {
            assert_eq!(Origin::parse(origin.as_str()), Ok(origin));
        }
    }
});

fn redirects_stay(target: &str, base: &Origin) {
    let _ = redirect::is_valid_callback_url(target, base);
    if let Ok(admitted) = redirect::default_rule(target, base) {
        let sent = redirect::location(&admitted);
        let sent = sent.to_str().expect("visible ASCII");
        assert_eq!(Origin::parse(sent).as_ref(), Ok(base), "{target}");
    }
}
