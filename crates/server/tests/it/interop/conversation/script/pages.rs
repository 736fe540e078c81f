//! The built-in pages, and the routes that show them.

use crate::interop::conversation::step::{Scene, get, post, scene};

pub(super) fn scenes() -> Vec<Scene> {
    vec![
        providers(),
        sign_in(),
        sign_out(),
        error(),
        verify_request(),
    ]
}

fn providers() -> Scene {
    scene(
        "providers",
        [get("/providers"), get("/providers").returning()],
    )
}

fn sign_in() -> Scene {
    let mut steps = vec![
        get("/signin"),
        get("/signin").named("GET /signin again"),
        get("/signin").returning(),
        get("/signin?callbackUrl=%2Fhere"),
        get("/signin?callbackUrl=https%3A%2F%2Fevil.example"),
        get("/signin?email=ann%40example.com"),
        get("/signin?email=%22%3E%3Cscript%3E"),
        get("/signin?error="),
        get("/signin?error=%3Cscript%3E"),
        post("/signin", &[]),
        post("/signin", &[]).returning(),
        post("/signin", &[("callbackUrl", "/here")]).named("POST /signin with a callback URL"),
        get("/signin?csrfToken=planted"),
        get("/signin?providers=planted"),
        get("/signin?theme=planted"),
    ];
    for code in [
        "Signin",
        "OAuthSignin",
        "OAuthCallbackError",
        "OAuthCreateAccount",
        "EmailCreateAccount",
        "Callback",
        "OAuthAccountNotLinked",
        "EmailSignin",
        "CredentialsSignin",
        "SessionRequired",
        "MissingCSRF",
        "AccountNotLinked",
        "default",
    ] {
        steps.push(get(&format!("/signin?error={code}")));
    }
    scene("sign-in page", steps)
}

fn sign_out() -> Scene {
    scene(
        "sign-out",
        [
            get("/signout"),
            get("/signout?callbackUrl=%2Fhere&x=1"),
            get("/signout").returning(),
            post("/signout", &[]),
            post("/signout", &[]).returning(),
            post("/signout", &[("callbackUrl", "{origin}/bye")])
                .named("POST /signout with a callback URL"),
        ],
    )
}

fn error() -> Scene {
    let mut steps = vec![get("/error"), get("/error").returning()];
    for code in [
        "Configuration",
        "AccessDenied",
        "Verification",
        "Default",
        "configuration",
        "OAuthCallbackError",
        "%3Cscript%3E",
        "",
        "__proto__",
        "constructor",
    ] {
        steps.push(get(&format!("/error?error={code}")));
    }
    scene("error page", steps)
}

fn verify_request() -> Scene {
    scene(
        "verify-request page",
        [
            get("/verify-request"),
            get("/verify-request?provider=email&type=email"),
            get("/verify-request").returning(),
        ],
    )
}
