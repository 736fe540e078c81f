//! Any `Cookie` header: nothing panics, and what is then set can be read again.

#![no_main]

use hallpass_auth::cookies::csrf::Csrf;
use hallpass_auth::cookies::session::SessionCookie;
use hallpass_auth::cookies::{CookieOverrides, CookieSecurity, Cookies, Jar};
use hallpass_auth::environment::Random;
use hallpass_auth::secret::Secret;
use hallpass_auth::secrets::Secrets;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

struct Zeros;

impl Random for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(header) = HeaderValue::from_bytes(bytes) else {
        return;
    };
    let jar = Jar::parse(&HeaderMap::from_iter([(COOKIE, header)]));
    let cookies = Cookies::new(CookieSecurity::Plain, &CookieOverrides::default())
        .expect("the defaults are sound");
    let session = SessionCookie::read(&jar, &cookies.session_token);
    let cleared = session.clear().len();
    let value = session.value().unwrap_or("token").to_owned();
    let written = session.write(&value, Timestamp::UNIX_EPOCH);
    assert!(written.len() >= cleared);
    let kept = written.iter().filter(|cookie| !cookie.is_deletion());
    let joined: String = kept.map(|cookie| cookie.value()).collect();
    assert_eq!(joined, value);
    for cookie in &written {
        assert!(!cookie.to_header().is_empty());
    }
    let secrets = Secrets::new([Secret::new("secret")]).expect("one secret");
    let csrf = Csrf::of(jar.get("authjs.csrf-token"), &secrets, &Zeros);
    if csrf.new_cookie_value().is_some() {
        assert!(!csrf.verifies(Some(csrf.token().expose())));
    }
});
