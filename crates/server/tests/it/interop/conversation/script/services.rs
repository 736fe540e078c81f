//! Sign-in at a service: OAuth 2 and OpenID Connect.

use crate::interop::conversation::services::lies;
use crate::interop::conversation::step::{Scene, Step, get, post, post_bare, raw, scene};

pub(super) fn scenes() -> Vec<Scene> {
    vec![
        first_sign_in(),
        again(),
        oauth2(),
        returning(),
        posted(),
        by_default(),
        unasked(),
        asking(),
        refused(),
        mixed_up(),
        another_way(),
        another_person(),
        known_address(),
        by_address(),
        without_address(),
    ]
}

/// A scene for each way to misbehave.
pub(super) fn lying() -> Vec<Scene> {
    lies().map(lie).collect()
}

fn lie(name: &'static str) -> Scene {
    scene(
        name,
        [
            get("/csrf"),
            leave(name, name).named("leave"),
            come_back(),
            get("/session").named("who is there"),
        ],
    )
}

/// Presses the button of this provider; at the service there is this person, who agrees.
fn leave(provider: &str, person: &str) -> Step {
    let path = format!("/signin/{provider}?login_hint={person}");
    post(&path, &[("callbackUrl", "/dash")]).visits()
}

fn come_back() -> Step {
    raw("GET", "{back}").named("come back")
}

fn first_sign_in() -> Scene {
    scene(
        "first sign-in at a service",
        [
            get("/csrf"),
            leave("oidc", "ann").named("leave"),
            come_back(),
            get("/session").named("signed in"),
            raw("GET", "{back}").named("come back again"),
            get("/session").named("still signed in"),
            get("/signin").named("the page while signed in"),
            post("/signout", &[]).named("sign out"),
            get("/session").named("signed out"),
        ],
    )
}

fn again() -> Scene {
    scene(
        "second sign-in at a service",
        [
            get("/csrf"),
            leave("oidc", "ann").named("leave"),
            come_back(),
            get("/session").named("signed in"),
            leave("oidc", "ann").named("leave while signed in"),
            come_back().named("come back while signed in"),
            get("/session").named("signed in as before"),
        ],
    )
}

fn oauth2() -> Scene {
    scene(
        "a service with OAuth 2",
        [
            get("/csrf"),
            leave("oauth", "bob").named("leave"),
            come_back(),
            get("/session").named("signed in"),
            raw("GET", "{back}").named("come back again"),
            leave("oauth", "bob").named("leave while signed in"),
            come_back().named("come back while signed in"),
        ],
    )
}

fn returning() -> Scene {
    scene(
        "a service, returning",
        [
            get("/csrf"),
            leave("oidc", "carl").returning().named("leave"),
            come_back().returning().named("come back"),
            raw("GET", "{back}").returning().named("come back again"),
            post_bare("/signin/oidc", &[]).returning(),
            leave("oauth", "carl-without-address")
                .returning()
                .named("leave for another"),
            come_back().returning().named("come back from another"),
        ],
    )
}

fn posted() -> Scene {
    let answer = [("code", "{code}"), ("state", "{state}"), ("iss", "{iss}")];
    scene(
        "a service that posts",
        [
            get("/csrf"),
            leave("posting", "dan").named("leave"),
            post_bare("/callback/posting", &answer).named("come back"),
            get("/session").named("signed in"),
            post_bare("/callback/posting", &answer).named("come back again"),
            leave("posting", "dan").named("leave again"),
            get("/callback/posting?code={code}&state={state}&iss={iss}").named("come back by GET"),
            leave("posting", "dan").named("leave for the third time"),
            post_bare(
                "/callback/posting",
                &[
                    ("error", "access_denied"),
                    ("state", "{state}"),
                    ("iss", "{iss}"),
                ],
            )
            .named("come back refused"),
            leave("oidc", "dan").named("leave for one that does not post"),
            raw("POST", "{back}").named("come back by POST"),
            leave("oidc", "dan").named("leave for one that does not post again"),
            post_bare("/callback/oidc", &answer).named("come back with a form"),
        ],
    )
}

/// Without settings Auth.js checks PKCE alone.
fn by_default() -> Scene {
    scene(
        "a service as Auth.js checks it by default",
        [
            get("/csrf"),
            leave("default", "una").named("leave"),
            come_back(),
        ],
    )
}

fn unasked() -> Scene {
    scene(
        "a token that nobody asked for",
        [
            get("/csrf"),
            leave("unasked", "vic").named("leave"),
            come_back(),
            get("/session").named("who is there"),
        ],
    )
}

fn asking() -> Scene {
    let ask = |query: &str| post(&format!("/signin/oidc?{query}"), &[]);
    scene(
        "what is asked of a service",
        [
            get("/csrf"),
            post("/signin/oidc", &[]),
            post("/signin/oidc", &[("callbackUrl", "/dash")]).named("with a callback URL"),
            post("/signin/oidc", &[("callbackUrl", "https://evil.example")])
                .named("to another site"),
            post("/signin/oidc", &[("callbackUrl", "dash")]).named("to no address"),
            post_bare("/signin/oidc", &[]).named("without a token"),
            get("/signin/oidc"),
            get("/signin/oidc").returning(),
            ask("prompt=login&login_hint=ann%40example.com"),
            ask("scope=openid"),
            ask("x=%C3%BC&x=2"),
            ask("client_id=evil"),
            ask("redirect_uri=https%3A%2F%2Fevil.example"),
            ask("response_type=token"),
            ask("state=planted&nonce=planted&code_challenge=planted&code_challenge_method=plain"),
            post("/signin/oidc?callbackUrl=%2Fhere", &[]),
            post("/signin/oauth?access_type=offline", &[]),
            get("/webauthn-options/oidc"),
        ],
    )
}

fn refused() -> Scene {
    scene(
        "answers that are none",
        [
            get("/csrf"),
            get("/callback/oidc"),
            get("/callback/oidc").returning(),
            get("/callback/oidc?code=x&state=y"),
            get("/callback/oidc?error=access_denied"),
            post_bare("/callback/oidc", &[]),
            leave("oidc", "ann").named("leave"),
            raw("GET", "{back}")
                .cookies("")
                .named("come back without cookies"),
            get("/callback/oidc?{answer}&code=again").named("a code too many"),
            get("/callback/oidc?state={state}&iss={iss}").named("no code"),
            get("/callback/oidc?code={code}&iss={iss}").named("no state"),
            get("/callback/oidc?code={code}&state=x&iss={iss}").named("another state"),
            get("/callback/oidc?code={code}&state={state}").named("no issuer"),
            get("/callback/oidc?code={code}&state={state}&iss=https%3A%2F%2Fevil.example")
                .named("another issuer"),
            get("/callback/oidc?error=access_denied&state={state}&iss={iss}").named("refused"),
            get("/callback/oidc?error=access_denied&state={state}&iss={iss}")
                .returning()
                .named("refused, returning"),
            get("/callback/oidc?error=access_denied&error_description=no&state=x&iss={iss}")
                .named("refused with another state"),
            get("/callback/oidc?{answer}&id_token=a.b.c").named("a token in the address"),
            get("/callback/oidc?{answer}&response=a.b.c").named("a signed response"),
            get("/callback/oidc?code=made-up&state={state}&iss={iss}")
                .named("a code that nobody gave"),
            raw("GET", "{back}").named("the right answer after all"),
            get("/session").named("signed in"),
        ],
    )
}

/// GHSA-x445-f3h2-j279.
fn mixed_up() -> Scene {
    scene(
        "the answer of one service at the callback of another",
        [
            get("/csrf"),
            leave("oidc", "ann").named("leave"),
            get("/callback/oauth?{answer}").named("at OAuth 2"),
            get("/callback/linking?{answer}").named("at another of OpenID Connect"),
            get("/callback/nobody?{answer}").named("at none"),
            get("/callback/email?{answer}").named("at the mail's"),
            raw("GET", "{back}").named("where it belongs"),
        ],
    )
}

fn ask_mail(address: &str) -> Step {
    post("/signin/email", &[("email", address)])
        .mails()
        .named("ask for a mail")
}

fn another_way() -> Scene {
    scene(
        "another way in",
        [
            get("/csrf"),
            ask_mail("eva@example.com"),
            raw("GET", "{link}").named("follow the mail"),
            leave("oidc", "eva").named("leave"),
            come_back().named("come back with the same address"),
            get("/session").named("who is there"),
            leave("oauth", "eve").named("leave for another"),
            come_back().named("come back with another address"),
            get("/session").named("who is there still"),
            post("/signout", &[]).named("sign out"),
            leave("oauth", "eve").named("leave by the new way"),
            come_back().named("come back by the new way"),
            get("/session").named("the same person"),
        ],
    )
}

fn another_person() -> Scene {
    scene(
        "an account of somebody else",
        [
            get("/csrf"),
            leave("oidc", "fay").named("leave as one"),
            come_back().named("come back as one"),
            post("/signout", &[]).named("sign out"),
            leave("oidc", "flo").named("leave as another"),
            come_back().named("come back as another"),
            leave("oidc", "fay").named("leave as the first"),
            come_back().named("come back as the first"),
            get("/session").named("who is there"),
            leave("oidc", "fay")
                .returning()
                .named("leave as the first, returning"),
            come_back()
                .returning()
                .named("come back as the first, returning"),
        ],
    )
}

fn known_address() -> Scene {
    scene(
        "an address that is known",
        [
            get("/csrf"),
            ask_mail("gina@example.com"),
            raw("GET", "{link}").named("follow the mail"),
            post("/signout", &[]).named("sign out"),
            leave("oidc", "gina").named("leave"),
            come_back(),
            get("/session").named("nobody"),
            leave("oauth", "gina").returning().named("leave, returning"),
            come_back().returning().named("come back, returning"),
        ],
    )
}

fn by_address() -> Scene {
    scene(
        "an address that is enough",
        [
            get("/csrf"),
            ask_mail("hal@example.com"),
            raw("GET", "{link}").named("follow the mail"),
            post("/signout", &[]).named("sign out"),
            leave("linking", "hal").named("leave"),
            come_back(),
            get("/session").named("signed in"),
            post("/signout", &[]).named("sign out again"),
            leave("linking", "ida").named("leave as somebody new"),
            come_back().named("come back as somebody new"),
        ],
    )
}

fn without_address() -> Scene {
    scene(
        "a profile without an address",
        [
            get("/csrf"),
            leave("oidc", "joe-without-address").named("leave"),
            come_back(),
            get("/session").named("signed in"),
        ],
    )
}
