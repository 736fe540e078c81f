//! Where people are sent back to: query, body and cookie, the good and the bad.

use crate::interop::conversation::step::{Scene, get, post, post_bare, scene};

/// URL, and its name.
const URLS: &[(&str, &str)] = &[
    ("/here", "a path"),
    ("/here?a=1&b=ü#part", "a path with a query"),
    ("//evil.example", "two slashes"),
    ("/\\evil.example", "a backslash"),
    ("{origin}", "the origin"),
    ("{origin}/", "the origin with a slash"),
    ("{origin}/here", "an address of ours"),
    ("{origin}.evil.example/", "our name as a prefix"),
    ("{origin}@evil.example/", "our name as a user"),
    ("https://evil.example/", "another site"),
    ("http://app.test:8080/", "another port"),
    ("ftp://app.test/", "another scheme"),
    ("javascript:alert(1)", "a script"),
    ("data:text/html,x", "data"),
    ("dash", "no address"),
    ("http://", "no host"),
    ("", "nothing"),
    (" /here", "a blank before"),
    ("HTTP://APP.TEST/here", "capitals"),
];

pub(super) fn scenes() -> Vec<Scene> {
    vec![query(), body(), cookie(), everywhere(), kept()]
}

fn query() -> Scene {
    let steps = URLS.iter().map(|(url, name)| {
        let encoded: String = url::form_urlencoded::byte_serialize(url.as_bytes()).collect();
        // The braces of placeholders stay.
        let encoded = encoded.replace("%7Borigin%7D", "{origin}");
        get(&format!("/csrf?callbackUrl={encoded}")).named(name)
    });
    scene("callback URL in the query", steps.collect::<Vec<_>>())
}

fn body() -> Scene {
    let mut steps = vec![get("/csrf")];
    for (url, name) in URLS {
        steps.push(post("/signout", &[("callbackUrl", url)]).named(name));
    }
    steps.push(
        post("/signout", &[("callbackUrl", "{origin}/json")])
            .returning()
            .named("returning"),
    );
    scene("callback URL in the body", steps)
}

fn cookie() -> Scene {
    let rows = [
        ("%2Fhere", "a path"),
        ("https%3A%2F%2Fevil.example", "another site"),
        ("dash", "no address"),
        ("javascript%3Aalert(1)", "a script"),
    ];
    let mut steps = Vec::new();
    for (value, name) in rows {
        let poisoned = format!("{{U}}={value}");
        steps.push(get("/csrf").cookies(&poisoned).named(name));
        steps.push(
            get("/signin")
                .cookies(&poisoned)
                .named(&format!("{name}, page")),
        );
        steps.push(
            post_bare("/signout", &[])
                .cookies(&poisoned)
                .named(&format!("{name}, POST")),
        );
    }
    scene("callback URL in the cookie", steps)
}

/// An address that cannot be one makes every route answer in its own way.
fn everywhere() -> Scene {
    let mut steps = Vec::new();
    for route in [
        "/csrf",
        "/providers",
        "/session",
        "/signin",
        "/signin/email",
        "/signout",
        "/error",
        "/verify-request",
        "/callback/email",
        "/callback",
        "/webauthn-options",
    ] {
        steps.push(get(&format!("{route}?callbackUrl=dash")));
        steps.push(get(&format!("{route}?callbackUrl=dash")).returning());
    }
    for route in ["/signin", "/signin/email", "/signout", "/session"] {
        steps.push(post_bare(&format!("{route}?callbackUrl=dash"), &[]));
    }
    scene("bad callback URL on every route", steps)
}

/// The cookie is set when the address changes, and then only.
fn kept() -> Scene {
    scene(
        "callback URL kept",
        [
            get("/csrf?callbackUrl=%2Fone").named("set"),
            get("/csrf").named("kept"),
            get("/csrf?callbackUrl=%2Fone").named("the same"),
            get("/csrf?callbackUrl=%2Ftwo").named("another"),
            get("/signin").named("page shows it"),
            post("/signout", &[]).named("used"),
            post("/signout?callbackUrl=%2Fthree", &[("callbackUrl", "/four")])
                .named("body before query"),
        ],
    )
}
