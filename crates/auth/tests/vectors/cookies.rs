//! Names, attributes, parsing and CSRF: `cookie_defaults`, `cookie_parse`, `csrf`.

use hallpass_auth::cookies::csrf::Csrf;
use hallpass_auth::cookies::{Cookie, CookieSpec, Cookies};
use hallpass_auth::testing::random::SeededRandom;
use serde_json::Value;

use crate::support::{jar, list, plain_cookies, secrets, section, secure_cookies, text};

#[test]
fn default_names_and_attributes_are_those_of_auth_js() {
    for (mode, cookies) in [("http", plain_cookies()), ("https", secure_cookies())] {
        let vectors = section("cookie_defaults")[mode].as_object().unwrap();
        let known = known(&cookies);
        assert_eq!(vectors.len(), known.len());
        for (key, spec) in known {
            let vector = &vectors[key];
            let header = Cookie::new(spec, "v").to_header();
            assert_eq!(header, expected_header(vector), "{mode} {key}");
        }
    }
}

fn known(cookies: &Cookies) -> [(&'static str, &CookieSpec); 7] {
    [
        ("sessionToken", &cookies.session_token),
        ("callbackUrl", &cookies.callback_url),
        ("csrfToken", &cookies.csrf_token),
        ("pkceCodeVerifier", &cookies.pkce_code_verifier),
        ("state", &cookies.state),
        ("nonce", &cookies.nonce),
        ("webauthnChallenge", &cookies.webauthn_challenge),
    ]
}

/// The header that the options of a vector make.
fn expected_header(vector: &Value) -> String {
    let options = &vector["options"];
    let age = options["maxAge"].as_u64();
    let age = age.map_or(String::new(), |age| format!(" Max-Age={age};"));
    let secure = if options["secure"] == true {
        " Secure;"
    } else {
        ""
    };
    assert_eq!(options["httpOnly"], true);
    assert_eq!(options["sameSite"], "lax");
    let (name, path) = (text(&vector["name"]), text(&options["path"]));
    format!("{name}=v;{age} Path={path}; HttpOnly;{secure} SameSite=Lax")
}

#[test]
fn cookie_headers_parse_as_in_auth_js() {
    for vector in list(section("cookie_parse")) {
        let parsed = vector["parsed"].as_object().unwrap();
        let jar = jar(text(&vector["header"]));
        for (name, value) in parsed {
            assert_eq!(jar.get(name), value.as_str(), "{}", vector["header"]);
        }
        for (name, _) in jar.iter() {
            assert!(parsed.contains_key(name), "{}", vector["header"]);
        }
    }
}

#[test]
fn csrf_cookies_of_auth_js_are_taken() {
    for vector in list(section("csrf")) {
        let secrets = secrets(&vector["secret"]);
        let random = SeededRandom::new(1);
        let csrf = Csrf::of(vector["cookie_value"].as_str(), &secrets, &random);
        let token = text(&vector["token"]);
        assert_eq!(csrf.token().expose(), token);
        assert_eq!(csrf.new_cookie_value(), None);
        assert_eq!(
            vector["verified_on_matching_post"],
            csrf.verifies(Some(token))
        );
        let other = token.replacen(['a', '0'], "f", 1);
        assert_eq!(
            vector["verified_on_mismatching_post"],
            csrf.verifies(Some(&other))
        );
        assert!(!csrf.verifies(None));
    }
}

#[test]
fn csrf_cookies_are_written_as_by_auth_js() {
    for vector in list(section("csrf")) {
        let value = text(&vector["cookie_value"]);
        for (cookies, header) in [
            (plain_cookies(), &vector["set_cookie_http"]),
            (secure_cookies(), &vector["set_cookie_https"]),
        ] {
            assert_eq!(
                Cookie::new(&cookies.csrf_token, value).to_header(),
                text(header)
            );
        }
    }
}

#[test]
fn a_missing_or_wrong_csrf_cookie_gives_a_new_pair_that_verifies_nothing_yet() {
    let secrets = crate::support::secret();
    let valid = text(&section("csrf")[0]["cookie_value"]);
    let forged = valid.replacen('|', "|0", 1);
    for cookie in [
        None,
        Some(""),
        Some("|"),
        Some("a"),
        Some("a|b"),
        Some(&*forged),
    ] {
        let csrf = Csrf::of(cookie, &secrets, &SeededRandom::new(1));
        let value = csrf.new_cookie_value().expect("a new pair");
        let token = csrf.token().expose();
        assert_eq!(token.len(), 64);
        assert!(!csrf.verifies(Some(token)), "no cookie, no proof");
        let next = Csrf::of(Some(&value), &secrets, &SeededRandom::new(2));
        assert!(next.verifies(Some(token)));
    }
}
