//! Sign-in by credentials that the application judges.

use crate::interop::conversation::step::{Scene, get, post, post_bare, post_text, scene};

const ANN: (&str, &str) = ("email", "ann@example.com");
const RIGHT: (&str, &str) = ("password", "correct horse");
const TARGET: &str = "/callback/credentials";

pub(super) fn scenes() -> Vec<Scene> {
    vec![right(), nobody(), wrong(), otherwise()]
}

fn right() -> Scene {
    scene(
        "right credentials",
        [
            get("/csrf"),
            post(TARGET, &[ANN, RIGHT, ("callbackUrl", "/dash")]).named("sign in"),
            get("/session").named("signed in"),
            post(TARGET, &[ANN, RIGHT])
                .returning()
                .named("sign in again, returning"),
            get("/session").named("signed in again"),
            post("/session", &[]).named("update"),
            post("/signout", &[]).named("sign out"),
            get("/session").named("signed out"),
        ],
    )
}

fn nobody() -> Scene {
    scene(
        "a person without an id",
        [
            get("/csrf"),
            post(TARGET, &[("email", "new@example.com"), RIGHT]).named("sign in"),
            get("/session").named("signed in"),
        ],
    )
}

fn wrong() -> Scene {
    let rows = [
        (ANN, ("password", "wrong"), "wrong password"),
        (("email", "nobody@example.com"), RIGHT, "unknown address"),
        (ANN, ("password", ""), "empty password"),
        (ANN, ("password", "locked"), "a reason"),
        (ANN, ("password", "throw"), "a failure"),
    ];
    let mut steps = vec![get("/csrf")];
    for (email, password, name) in rows {
        steps.push(post(TARGET, &[email, password]).named(name));
        let returning = post(TARGET, &[email, password]).returning();
        steps.push(returning.named(&format!("{name}, returning")));
    }
    steps.push(post(TARGET, &[]).named("no fields"));
    steps.push(post_bare(TARGET, &[ANN, RIGHT]).named("no token"));
    steps.push(
        post_bare(TARGET, &[ANN, RIGHT])
            .returning()
            .named("no token, returning"),
    );
    steps.push(get("/session").named("still nobody"));
    scene("wrong credentials", steps)
}

fn otherwise() -> Scene {
    let json = r#"{"csrfToken":"{csrf}","email":"ann@example.com","password":"correct horse"}"#;
    scene(
        "credentials otherwise",
        [
            get("/csrf"),
            get(TARGET),
            get("/callback/credentials?email=ann%40example.com&password=correct+horse")
                .named("in the query"),
            post("/signin/credentials", &[ANN, RIGHT]),
            post("/signin/credentials", &[ANN, RIGHT]).returning(),
            get("/signin/credentials"),
            post_text(TARGET, "application/json", json).named("as JSON"),
            post_text(
                TARGET,
                "application/json",
                r#"{"csrfToken":"{csrf}","email":7,"password":[]}"#,
            )
            .named("as JSON of other kinds"),
            post(
                TARGET,
                &[ANN, RIGHT, ("callbackUrl", "https://evil.example")],
            )
            .named("to another site"),
            post(TARGET, &[ANN, RIGHT, ("callbackUrl", "dash")]).named("to no address"),
        ],
    )
}
