//! Sessions in the cookie: tokens of Auth.js, whole and in chunks, and what is none.

use crate::interop::conversation::step::{Scene, Step, get, post, post_bare, post_text, scene};

pub(super) fn scenes() -> Vec<Scene> {
    vec![
        nobody(),
        tokens(),
        chunks(),
        leftovers(),
        updates(),
        chunked_sign_out(),
    ]
}

fn nobody() -> Scene {
    scene(
        "nobody",
        [
            get("/session"),
            get("/session").returning(),
            get("/session")
                .header("authorization", "Bearer x")
                .named("a bearer"),
            get("/csrf"),
            post("/session", &[]),
            post_text(
                "/session",
                "application/json",
                r#"{"csrfToken":"{csrf}","data":{"a":1}}"#,
            )
            .named("update by JSON"),
            post_text("/session", "application/json", "{").named("update by malformed JSON"),
            post_bare("/session", &[]).named("update without a token"),
        ],
    )
}

fn tokens() -> Scene {
    let mut steps: Vec<Step> = Vec::new();
    for name in [
        "ann",
        "bare",
        "numbers",
        "unicode",
        "foreign secret",
        "foreign salt",
    ] {
        steps.push(
            get("/session")
                .cookies(&format!("{{S}}={{made:{name}}}"))
                .named(name),
        );
    }
    for (cookies, name) in [
        ("{S}=garbage", "garbage"),
        ("{S}=eyJhbGciOiJkaXIifQ....", "an empty token"),
        ("{S}={made:ann}x", "a letter too many"),
        ("{S}={made:ann}; {S}=garbage", "a second cookie"),
        ("{S}=garbage; {S}={made:ann}", "a second cookie before"),
        ("{S}=\"{made:ann}\"", "a quoted token"),
        ("{S}x={made:ann}", "a longer name"),
    ] {
        steps.push(get("/session").cookies(cookies).named(name));
        steps.push(
            post("/signout", &[])
                .extra_cookies(cookies)
                .named(&format!("{name}, sign out")),
        );
    }
    scene("tokens", steps)
}

fn chunks() -> Scene {
    let rows = [
        ("{S}.0={made:two:0}; {S}.1={made:two:1}", "two chunks"),
        (
            "{S}.1={made:two:1}; {S}.0={made:two:0}",
            "two chunks in disorder",
        ),
        (
            "{S}.2={made:three:2}; {S}.0={made:three:0}; {S}.1={made:three:1}",
            "three chunks in disorder",
        ),
        ("{S}.0={made:two:0}", "one chunk of two"),
        ("{S}.1={made:two:1}", "the last chunk"),
        ("{S}={made:two}", "a large token in one"),
        ("{S}.0={made:ann}", "one chunk that is all"),
        ("{S}.7={made:two:0}; {S}.9={made:two:1}", "chunks with gaps"),
        (
            "{S}.0={made:two:0}; {S}.1={made:two:1}; {S}.2=",
            "an empty chunk",
        ),
    ];
    let steps = rows.map(|(cookies, name)| get("/session").cookies(cookies).named(name));
    scene("chunks", steps)
}

/// What another chunking left behind.
fn leftovers() -> Scene {
    scene(
        "leftovers",
        [
            get("/session")
                .cookies("{S}={made:ann}; {S}.0={made:two:0}")
                .named("a chunk beside a token"),
            get("/session")
                .cookies("{S}.0={made:two:0}; {S}.1={made:two:1}; {S}.2=rest")
                .named("a chunk too many"),
            get("/session")
                .cookies("{S}.0={made:ann}; {S}.1=rest")
                .named("a token and a rest"),
        ],
    )
}

fn updates() -> Scene {
    let json = |text: &str| {
        post_text("/session", "application/json", text).extra_cookies("{S}={made:ann}")
    };
    scene(
        "updates",
        [
            get("/csrf"),
            json(r#"{"csrfToken":"{csrf}","data":{"name":"Other"}}"#).named("JSON with data"),
            json(r#"{"csrfToken":"{csrf}"}"#).named("JSON without data"),
            json(r#"{"csrfToken":"{csrf}","data":null}"#).named("JSON with null"),
            json(r#"{"data":{"name":"Other"}}"#).named("JSON without a token"),
            json("{").named("malformed JSON"),
            post("/session", &[("data", "x")])
                .extra_cookies("{S}={made:ann}")
                .named("form"),
            post("/session", &[("data", "x")])
                .extra_cookies("{S}=garbage")
                .named("garbage"),
            post("/session", &[])
                .extra_cookies("{S}.0={made:two:0}; {S}.1={made:two:1}")
                .named("chunks"),
        ],
    )
}

fn chunked_sign_out() -> Scene {
    scene(
        "sign-out of chunks",
        [
            get("/csrf"),
            post("/signout", &[])
                .extra_cookies("{S}.0={made:two:0}; {S}.1={made:two:1}")
                .named("two chunks"),
            post("/signout", &[])
                .extra_cookies("{S}={made:ann}; {S}.3=x")
                .named("a token and a chunk"),
        ],
    )
}
