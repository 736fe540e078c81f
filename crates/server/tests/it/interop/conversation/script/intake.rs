//! What is taken in at all: methods, paths, bodies, cookies, CSRF tokens.

use crate::interop::conversation::step::{Scene, get, post, post_bare, post_text, raw, scene};

const FORM: &str = "application/x-www-form-urlencoded";

pub(super) fn scenes() -> Vec<Scene> {
    vec![methods(), paths(), bodies(), cookies(), csrf(), unknown()]
}

fn methods() -> Scene {
    scene(
        "methods",
        ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"].map(|method| raw(method, "{base}/csrf")),
    )
}

fn paths() -> Scene {
    let targets = [
        "{base}",
        "{base}/",
        "{base}session",
        "{base}//session",
        "{base}/session/",
        "{base}/session//",
        "{base}/SESSION",
        "{base}/%73ession",
        "{base}/session/email",
        "{base}/csrf/email",
        "{base}/signin/email/more",
        "{base}/nothing",
        "{base}/signin/undefined",
        "{base}/signout/undefined",
        "{base}/session?a=1&a=2",
        "{base}/session?%",
        "{base}/session?a=%ff",
        "{base}/session#part",
    ];
    scene(
        "paths",
        targets.map(|target| raw("GET", target).cookies("")),
    )
}

fn bodies() -> Scene {
    let json = |text: &str| post_text("/signout", "application/json", text);
    scene(
        "bodies",
        [
            get("/csrf"),
            json("{").named("malformed JSON"),
            json("").named("empty JSON"),
            json("null").named("JSON null"),
            json("[]").named("JSON list"),
            json("{}").named("JSON without token"),
            json(r#"{"csrfToken":7}"#).named("JSON with a number for a token"),
            json(r#"{"csrfToken":"{csrf}"}"#).named("JSON"),
            post_text(
                "/signout",
                "application/json; charset=utf-8",
                r#"{"csrfToken":"{csrf}"}"#,
            )
            .named("JSON with a charset"),
            post_text("/signout", "text/plain", "csrfToken={csrf}").named("plain text"),
            post_text("/signout", "multipart/form-data; boundary=x", "--x--").named("multipart"),
            post_text("/signout", FORM, "csrfToken=wrong&csrfToken={csrf}")
                .named("form with the token last"),
            post_text("/signout", FORM, "csrfToken={csrf}&csrfToken=wrong")
                .named("form with another token last"),
            post_text("/signout", FORM, "%").named("malformed form"),
            post_text(
                "/signout",
                "application/x-www-form-urlencoded; charset=UTF-8",
                "csrfToken={csrf}",
            )
            .named("form with a charset"),
            raw("POST", "{base}/signout").named("no body"),
        ],
    )
}

fn cookies() -> Scene {
    let known = "{C}=aaaa%7Cbbbb";
    let rows = [
        ("=", "an equals sign"),
        ("a", "a name"),
        (";;; ;", "semicolons"),
        ("{C}", "the CSRF cookie without a value"),
        ("{C}=", "the CSRF cookie with an empty value"),
        ("{C}=%E0%A4%A", "an undecodable CSRF cookie"),
        ("{C}=\"quoted\"", "a quoted CSRF cookie"),
        ("{C}=a%7Cb%7Cc", "a CSRF cookie of three parts"),
        ("{U}=%E0%A4%A", "an undecodable callback cookie"),
        ("{U}=", "an empty callback cookie"),
        ("{S}=%E0%A4%A", "an undecodable session cookie"),
        ("{S}=", "an empty session cookie"),
        ("{S}=a=b=c", "a session cookie with equals signs"),
        ("{S}.x=a", "a chunk without a number"),
        ("{S}.0=a; {S}.1=b", "chunks of garbage"),
        ("__proto__=1; constructor=2", "names of JavaScript"),
    ];
    let mut steps: Vec<_> = rows
        .iter()
        .map(|(header, name)| get("/session").cookies(header).named(name))
        .collect();
    steps.push(
        get("/csrf")
            .cookies(known)
            .named("a CSRF cookie of another secret"),
    );
    scene("cookies", steps)
}

fn csrf() -> Scene {
    scene(
        "csrf",
        [
            get("/csrf").named("first"),
            get("/csrf").named("again"),
            get("/csrf").returning(),
            get("/csrf?callbackUrl=%2Fhere").named("with a callback URL"),
            get("/csrf")
                .cookies("{C}={csrf}%7Cwrong")
                .named("wrong hash"),
            get("/csrf").cookies("{C}={csrf}").named("no hash"),
            post("/csrf", &[]),
            post("/signout", &[])
                .cookies("")
                .named("token without its cookie"),
            post_bare("/signout", &[]).named("cookie without its token"),
            post_bare("/signout", &[("csrfToken", "{csrf}x")]).named("token that is too long"),
            post_bare("/signout?csrfToken={csrf}", &[]).named("token in the query"),
            post_bare("/signin", &[]),
            post_bare("/signin", &[]).returning(),
            post_bare("/signin/email", &[("email", "ann@example.com")]),
            post_bare("/session", &[("data", "1")]),
            post_bare("/session", &[("data", "1")]).returning(),
            post_bare("/signout", &[]).returning(),
        ],
    )
}

fn unknown() -> Scene {
    let mut steps = vec![get("/csrf")];
    for path in [
        "/csrf",
        "/providers",
        "/error",
        "/verify-request",
        "/webauthn-options",
    ] {
        steps.push(post(path, &[]));
        steps.push(post(path, &[]).returning());
    }
    for path in [
        "/webauthn-options",
        "/webauthn-options/email",
        "/webauthn-options/nobody",
        "/callback",
        "/callback/undefined",
        "/callback/nobody",
        "/signin/nobody",
        "/signin/email",
    ] {
        steps.push(get(path));
        steps.push(get(path).returning());
    }
    for path in ["/callback", "/callback/nobody", "/signin/nobody"] {
        steps.push(post(path, &[]));
        steps.push(post_bare(path, &[]).named(&format!("POST {path} without a token")));
    }
    scene("unknown", steps)
}
