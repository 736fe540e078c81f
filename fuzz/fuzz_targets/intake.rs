//! Any request: the engine answers at once and without panic, no redirect leaves us, and the parts that read hosts
//! and addresses keep their promises.

#![no_main]

use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};

use hallpass_auth::Auth;
use hallpass_auth::environment::{Clock, Random};
use hallpass_auth::identifier::Email;
use hallpass_auth::origin::{HostTrust, Origin, OriginSettings, Scheme};
use hallpass_auth::secret::Secret;
use hallpass_auth::secrets::Secrets;
use http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use jiff::Timestamp;
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

const ORIGIN: &str = "https://app.example";

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    post: bool,
    json: bool,
    returns_json: bool,
    /// Path below the base, with query.
    path: &'a str,
    cookie: &'a [u8],
    host: &'a str,
    email: &'a str,
    body: &'a [u8],
}

/// The world, standing still.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

impl Random for Still {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

static AUTH: LazyLock<Auth> = LazyLock::new(|| {
    Auth::builder()
        .secrets(Secrets::new([Secret::new("secret")]).expect("one secret"))
        .origin(Origin::parse(ORIGIN).expect("an origin"))
        .environment(Arc::new(Still), Arc::new(Still))
        .build()
        .expect("a sound configuration")
});

fuzz_target!(|input: Input<'_>| {
    answers(&input);
    hosts_stay_hosts(input.host);
    addresses_fit_headers(input.email);
});

fn answers(input: &Input<'_>) {
    let Ok(uri) = Uri::try_from(format!("{}/{}", AUTH.base_path(), input.path)) else {
        return;
    };
    let mut request = Request::new(input.body.to_vec().into());
    *request.uri_mut() = uri;
    if input.post {
        *request.method_mut() = Method::POST;
    }
    let kind = if input.json {
        "application/json"
    } else {
        "application/x-www-form-urlencoded"
    };
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(cookie) = HeaderValue::from_bytes(input.cookie) {
        headers.insert(COOKIE, cookie);
    }
    if input.returns_json {
        let name = HeaderName::from_static("x-auth-return-redirect");
        headers.insert(name, HeaderValue::from_static("1"));
    }
    // Nothing here waits for anything, so the first poll must be the last.
    let answer = pin!(AUTH.handle(request));
    let Poll::Ready(response) = answer.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("the engine waits for something");
    };
    if let Some(location) = response.headers().get(LOCATION) {
        stays(location);
    }
}

/// A browser that follows the redirect is still with us.
fn stays(location: &HeaderValue) {
    let location = location.to_str().expect("visible ASCII");
    if !location.starts_with('/') || location.starts_with("//") {
        let reached = Origin::parse(location).expect("an absolute URL");
        assert_eq!(reached.as_str(), ORIGIN, "{location}");
    }
}

fn hosts_stay_hosts(host: &str) {
    let Ok(host) = HeaderValue::from_str(host) else {
        return;
    };
    let settings = OriginSettings {
        configured: None,
        trust: HostTrust::Trusted,
    };
    let headers = HeaderMap::from_iter([(HOST, host)]);
    if let Ok(origin) = settings.resolve(&headers, Scheme::Https) {
        assert_eq!(Origin::parse(origin.as_str()), Ok(origin));
    }
}

fn addresses_fit_headers(typed: &str) {
    if let Ok(email) = Email::parse(typed) {
        assert!(!email.as_str().chars().any(char::is_control));
        assert_eq!(email.as_str().matches('@').count(), 1);
    }
}
