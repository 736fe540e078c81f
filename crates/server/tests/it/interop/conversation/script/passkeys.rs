//! Sign-in by keys in people's devices.

use crate::interop::conversation::step::{Scene, Step, get, post, post_bare, raw, scene};

pub(super) fn scenes() -> Vec<Scene> {
    vec![
        options(),
        newcomer(),
        several_keys(),
        known_address(),
        security_key(),
        lies(),
        nonsense(),
        somebody_else(),
    ]
}

fn ask(query: &str) -> Step {
    get(&format!("/webauthn-options/passkey?{query}"))
}

/// What an authenticator made.
fn make(data: &str) -> Step {
    answer("register", data)
}

/// What an authenticator signed.
fn sign(data: &str) -> Step {
    answer("authenticate", data)
}

fn answer(action: &str, data: &str) -> Step {
    post_bare("/callback/passkey", &[("action", action), ("data", data)])
}

fn options() -> Scene {
    scene(
        "options",
        [
            get("/webauthn-options/passkey"),
            get("/webauthn-options/passkey").returning(),
            ask("action=authenticate"),
            ask("action=register"),
            ask("action=nonsense"),
            ask("action="),
            ask("email=nobody%40example.com"),
            ask("action=register&email=nobody%40example.com"),
            ask("action=authenticate&email=nobody%40example.com"),
            get("/webauthn-options/webauthn"),
            get("/webauthn-options/webauthn?action=register&email=nobody%40example.com"),
            get("/webauthn-options/email"),
            get("/signin"),
            get("/providers"),
            post("/signin/passkey", &[]),
            post("/signin/passkey", &[]).returning(),
            post_bare("/signin/passkey", &[]).named("without a token"),
            get("/signin/passkey"),
            get("/callback/passkey"),
            post("/webauthn-options/passkey", &[]),
        ],
    )
}

fn newcomer() -> Scene {
    scene(
        "somebody new",
        [
            get("/csrf"),
            ask("action=register&email=kim%40example.com").named("begin"),
            make("{create:1}").named("the first key"),
            get("/session").named("signed in"),
            ask("").named("options while signed in"),
            ask("action=authenticate").named("options to sign in while signed in"),
            ask("action=register").named("options to add while signed in"),
            post("/signout", &[]).named("sign out"),
            ask("action=authenticate").named("begin to sign in"),
            sign("{get:1}").named("sign in"),
            get("/session").named("signed in again"),
            ask("action=authenticate").named("begin while signed in"),
            sign("{get:1}").named("sign in while signed in"),
            post("/signout", &[]).named("sign out again"),
            get("/webauthn-options/passkey").named("begin without an action"),
            sign("{get:1}").returning().named("sign in, returning"),
        ],
    )
}

fn several_keys() -> Scene {
    scene(
        "several keys",
        [
            get("/csrf"),
            post("/signin/email", &[("email", "lea@example.com")])
                .mails()
                .named("ask for a mail"),
            raw("GET", "{link}").named("follow the mail"),
            ask("action=register").named("begin"),
            make("{create:2}").named("a key"),
            get("/session").named("still signed in"),
            ask("action=register").named("begin the second"),
            make("{create:3}")
                .returning()
                .named("a second key, returning"),
            post("/signout", &[]).named("sign out"),
            ask("action=authenticate").named("begin to sign in"),
            sign("{get:3}").named("sign in by the second"),
            get("/session").named("signed in"),
        ],
    )
}

fn known_address() -> Scene {
    scene(
        "an address that is known",
        [
            get("/csrf"),
            ask("email=lea%40example.com"),
            ask("action=register&email=lea%40example.com"),
            ask("action=authenticate&email=lea%40example.com"),
            get("/webauthn-options/webauthn?email=lea%40example.com"),
            get("/webauthn-options/webauthn?action=register&email=lea%40example.com"),
            ask("action=register&email=mia%40example.com").named("begin as somebody new"),
            post("/signin/email", &[("email", "mia@example.com")])
                .mails()
                .named("ask for a mail"),
            raw("GET", "{link}").named("follow the mail"),
            post("/signout", &[]).named("sign out"),
            make("{create:4}").named("a key for an address that is known by now"),
            get("/session").named("nobody"),
        ],
    )
}

fn security_key() -> Scene {
    let at = |action: &str, data: &str| {
        post_bare("/callback/webauthn", &[("action", action), ("data", data)])
    };
    scene(
        "a security key",
        [
            get("/csrf"),
            get("/webauthn-options/webauthn?action=register&email=ned%40example.com")
                .named("begin"),
            at("register", "{create:5:counts}").named("the first key"),
            get("/session").named("signed in"),
            post("/signout", &[]).named("sign out"),
            get("/webauthn-options/webauthn?email=ned%40example.com").named("begin to sign in"),
            at("authenticate", "{get:5}").named("sign in"),
            get("/session").named("signed in again"),
            post("/signout", &[]).named("sign out again"),
            get("/webauthn-options/webauthn?email=ned%40example.com").named("begin once more"),
            at("authenticate", "{get:5:counts-back}").named("a counter that went back"),
            ask("action=authenticate").named("begin at the other provider"),
            sign("{get:5:counts}").named("a key of another provider"),
        ],
    )
}

fn lies() -> Scene {
    let mut steps = vec![get("/csrf")];
    for lie in ["origin", "kind", "challenge", "unverified", "absent", "rp"] {
        steps.push(ask("action=authenticate").named(&format!("begin {lie}")));
        steps.push(sign(&format!("{{get:1:{lie}}}")).named(&format!("sign in, a wrong {lie}")));
        steps.push(ask("action=register&email=olga%40example.com").named(&format!("begin {lie}")));
        steps.push(make(&format!("{{create:6:{lie}}}")).named(&format!("register, a wrong {lie}")));
    }
    steps.extend([
        get("/session").named("nobody"),
        sign("{get:1}").named("a challenge of a registration"),
        ask("action=authenticate").named("begin with an unknown key"),
        sign("{get:7}").named("an unknown key"),
        ask("action=authenticate").named("begin without cookies"),
        sign("{get:1}").cookies("").named("no challenge"),
        sign("{data}").named("the same with it"),
        post("/signout", &[]).named("sign out"),
        sign("{data}").named("the same once more"),
    ]);
    scene("authenticators that lie", steps)
}

fn nonsense() -> Scene {
    let with =
        |fields: &[(&str, &str)], name: &str| post_bare("/callback/passkey", fields).named(name);
    scene(
        "answers that are none",
        [
            get("/csrf"),
            ask("action=authenticate").named("begin"),
            with(&[], "nothing"),
            post_bare("/callback/passkey", &[])
                .returning()
                .named("nothing, returning"),
            with(&[("action", "authenticate")], "no data"),
            with(
                &[("action", "nonsense"), ("data", "{}")],
                "an unknown action",
            ),
            with(&[("action", "authenticate"), ("data", "x")], "no JSON"),
            with(&[("action", "authenticate"), ("data", "null")], "null"),
            with(&[("action", "authenticate"), ("data", "{}")], "no id"),
            with(
                &[("action", "authenticate"), ("data", r#"{"id":7}"#)],
                "a number for an id",
            ),
            with(
                &[("action", "authenticate"), ("data", r#"{"id":"AAAA"}"#)],
                "an id alone",
            ),
            with(
                &[("action", "register"), ("data", r#"{"id":"AAAA"}"#)],
                "an id alone, to register",
            ),
        ],
    )
}

fn somebody_else() -> Scene {
    scene(
        "a key of somebody else",
        [
            get("/csrf"),
            post("/signin/email", &[("email", "pia@example.com")])
                .mails()
                .named("ask for a mail"),
            raw("GET", "{link}").named("follow the mail"),
            ask("action=authenticate").named("begin"),
            sign("{get:1}").named("a key of another"),
            get("/session").named("who is there"),
            ask("action=register").named("begin to register"),
            make("{create:1}").named("a key that is another's"),
            get("/session").named("who is there still"),
        ],
    )
}
