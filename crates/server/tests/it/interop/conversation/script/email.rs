//! Sign-in by mailed link.

use crate::interop::conversation::step::{Scene, get, post, post_bare, raw, scene};

pub(super) fn scenes() -> Vec<Scene> {
    vec![
        addresses(),
        first_sign_in(),
        again(),
        elsewhere(),
        by_post(),
        returning(),
        other_address(),
        callback_urls(),
        bad_links(),
        switching(),
    ]
}

fn ask(address: &str) -> crate::interop::conversation::step::Step {
    post("/signin/email", &[("email", address)]).mails()
}

fn addresses() -> Scene {
    let mut steps = vec![get("/csrf")];
    for (address, name) in [
        ("", "no address"),
        ("ann", "no at sign"),
        ("@example.com", "no name"),
        ("ann@", "no domain"),
        ("a@b@c", "two at signs"),
        ("\"ann\"@example.com", "quotes"),
        ("ann@evil.example\u{ff20}victim.example", "a wide at sign"),
        ("ann@,", "a comma for a domain"),
    ] {
        let step = post("/signin/email", &[("email", address)]);
        steps.push(step.clone().named(name));
        steps.push(step.returning().named(&format!("{name}, returning")));
    }
    steps.push(post("/signin/email", &[]).named("no field"));
    for (address, name) in [
        ("Ann@Example.COM", "capitals"),
        ("  ann@example.com ", "blanks around"),
        ("ann@example.com,eve@evil.example", "a list"),
        ("\u{ff41}nn@example.com", "a wide letter"),
    ] {
        steps.push(ask(address).named(name));
    }
    steps.push(
        ask("ann@example.com")
            .returning()
            .named("an address, returning"),
    );
    scene("addresses", steps)
}

fn first_sign_in() -> Scene {
    scene(
        "first sign-in",
        [
            get("/csrf"),
            post(
                "/signin/email",
                &[("email", "first@example.com"), ("callbackUrl", "/dash")],
            )
            .mails()
            .named("ask"),
            raw("HEAD", "{link}").named("a scanner looks"),
            raw("GET", "{link}").named("follow"),
            get("/session").named("signed in"),
            raw("GET", "{link}").named("follow again"),
            get("/session").named("still signed in"),
            get("/signin").named("the page while signed in"),
            post("/session", &[]).named("update"),
            post("/signout", &[]).named("sign out"),
            get("/session").named("signed out"),
        ],
    )
}

fn again() -> Scene {
    scene(
        "second sign-in",
        [
            get("/csrf"),
            ask("first@example.com").named("ask"),
            raw("GET", "{link}").named("follow"),
            get("/session").named("signed in"),
            ask("first@example.com").named("ask while signed in"),
            raw("GET", "{link}").named("follow while signed in"),
            get("/session").named("signed in again"),
            post("/signout", &[])
                .returning()
                .named("sign out, returning"),
        ],
    )
}

fn elsewhere() -> Scene {
    scene(
        "link in another browser",
        [
            get("/csrf"),
            ask("elsewhere@example.com").named("ask"),
            raw("GET", "{link}")
                .cookies("")
                .named("follow without cookies"),
            get("/session").named("signed in"),
        ],
    )
}

fn by_post() -> Scene {
    scene(
        "link by POST",
        [
            get("/csrf"),
            ask("post@example.com").named("ask"),
            raw("POST", "{link}").named("follow by POST"),
            get("/session").named("signed in"),
        ],
    )
}

fn returning() -> Scene {
    scene(
        "link, returning",
        [
            get("/csrf"),
            ask("returning@example.com").named("ask"),
            raw("GET", "{link}").returning().named("follow"),
            raw("GET", "{link}").returning().named("follow again"),
        ],
    )
}

fn other_address() -> Scene {
    scene(
        "link of another address",
        [
            get("/csrf"),
            ask("other@example.com").named("ask"),
            raw("GET", "{link}&email=eve%40example.com").named("another address"),
            raw("GET", "{link}").named("the link is still good"),
            ask("other@example.com").named("ask again"),
            raw("GET", "{link}&email=OTHER%40example.com").named("the address in capitals"),
        ],
    )
}

fn callback_urls() -> Scene {
    scene(
        "where links lead",
        [
            get("/csrf"),
            ask("lead@example.com").named("ask"),
            raw("GET", "{link}&callbackUrl=%2Fother").named("another path"),
            ask("lead@example.com").named("ask again"),
            raw("GET", "{link}&callbackUrl=https%3A%2F%2Fevil.example").named("another site"),
            ask("lead@example.com").named("ask for the third time"),
            raw("GET", "{link}&callbackUrl=dash").named("no address"),
            raw("GET", "{link}").named("the link is still good"),
        ],
    )
}

fn bad_links() -> Scene {
    let wrong = "0".repeat(64);
    scene(
        "bad links",
        [
            get("/callback/email"),
            get("/callback/email").returning(),
            get("/callback/email?token="),
            get(&format!("/callback/email?token={wrong}")).named("unknown token"),
            get(&format!(
                "/callback/email?token={wrong}&email=ann%40example.com"
            ))
            .named("unknown token of a known address"),
            get(&format!(
                "/callback/email?token={wrong}&email=ann%40example.com"
            ))
            .returning()
            .named("unknown token, returning"),
            get("/callback/email?email=ann%40example.com").named("no token"),
            post_bare(
                "/callback/email",
                &[("token", &wrong), ("email", "ann@example.com")],
            )
            .named("token in the body"),
            post_bare(&format!("/callback/email?token={wrong}&email=a%40b.c"), &[])
                .named("unknown token by POST"),
        ],
    )
}

fn switching() -> Scene {
    scene(
        "one person after another",
        [
            get("/csrf"),
            ask("one@example.com").named("ask as one"),
            raw("GET", "{link}").named("follow as one"),
            ask("two@example.com").named("ask as two"),
            raw("GET", "{link}").named("follow as two"),
            get("/session").named("signed in as two"),
        ],
    )
}
