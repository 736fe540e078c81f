//! The session cookie in pieces: `chunking`, `chunk_reassembly`, `chunk_transitions`.

use hallpass_auth::cookies::session::SessionCookie;
use hallpass_auth::cookies::{Cookie, Jar};
use http::HeaderMap;
use serde_json::Value;

use crate::support::{jar, list, now, plain_cookies, section, text};

/// The value that the vectors were made with.
fn value(length: usize) -> String {
    (b'a'..=b'z').cycle().map(char::from).take(length).collect()
}

#[test]
fn values_are_cut_where_auth_js_cuts() {
    let spec = plain_cookies().session_token;
    for vector in list(section("chunking")) {
        let length = usize::try_from(vector["value_length"].as_u64().unwrap()).unwrap();
        let whole = value(length);
        let empty = Jar::parse(&HeaderMap::new());
        let cookies = SessionCookie::read(&empty, &spec).write(&whole, now());
        let pieces = list(&vector["cookies"]);
        assert_eq!(cookies.len(), pieces.len());
        for (cookie, piece) in cookies.iter().zip(pieces) {
            assert_eq!(cookie.name(), text(&piece["name"]));
            assert_eq!(piece["length"], cookie.value().len());
            assert!(cookie.value().starts_with(text(&piece["first"])));
            assert!(cookie.value().ends_with(text(&piece["last"])));
        }
        let joined: String = cookies.iter().map(Cookie::value).collect();
        assert_eq!(joined, whole);
    }
}

#[test]
fn pieces_are_put_together_as_in_auth_js_but_for_foreign_names() {
    let spec = plain_cookies().session_token;
    for vector in list(section("chunk_reassembly")) {
        let cookies = vector["cookies"].as_object().unwrap();
        let header: Vec<_> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={}", text(value)))
            .collect();
        let jar = jar(&header.join("; "));
        let expected = match text(&vector["value"]) {
            "" => None,
            // Auth.js takes any name that begins with the cookie's; we take the name and its numbered pieces.
            "ZX" if cookies.contains_key("authjs.session-token-other") => Some("X"),
            value => Some(value),
        };
        assert_eq!(SessionCookie::read(&jar, &spec).value(), expected);
    }
}

#[test]
fn what_the_request_holds_beyond_the_new_pieces_is_deleted() {
    let spec = plain_cookies().session_token;
    let transitions = section("chunk_transitions");
    let plain = "authjs.session-token";
    let pieces = |count: usize| -> String {
        let pairs = (0..count).map(|n| format!("{plain}.{n}=v"));
        pairs.collect::<Vec<_>>().join("; ")
    };
    let write = |header: &str, length: usize| {
        SessionCookie::read(&jar(header), &spec).write(&value(length), now())
    };
    for (name, cookies) in [
        ("chunked_to_single", write(&pieces(2), 5)),
        ("single_to_chunked", write(&format!("{plain}=v"), 5000)),
        ("three_to_two", write(&pieces(3), 5000)),
        (
            "clean",
            SessionCookie::read(&jar(&pieces(2)), &spec).clear(),
        ),
    ] {
        let vector = list(&transitions[name]);
        let shape: Vec<Value> = cookies.iter().map(shape).collect();
        assert_eq!(shape, vector, "{name}");
    }
}

/// A cookie the way the vectors describe one.
fn shape(cookie: &Cookie) -> Value {
    let header = cookie.to_header();
    let deleted = header.to_str().unwrap().contains("; Max-Age=0; ");
    assert_eq!(deleted, cookie.is_deletion());
    serde_json::json!({
        "name": cookie.name(),
        "length": cookie.value().len(),
        "max_age": deleted.then_some(0),
    })
}

#[test]
fn only_the_name_and_its_numbered_pieces_are_ours() {
    let spec = plain_cookies().session_token;
    for foreign in [
        "authjs.session-tokens",
        "authjs.session-token.",
        "authjs.session-token.x",
        "authjs.session-token.-1",
        "authjs.session-token.+1",
        "authjs.session-token.01",
        "authjs.session-token.100",
        "authjs.session-token.1.2",
        "authjs.session-token.99999999999999999999",
        "x.authjs.session-token",
    ] {
        let jar = jar(&format!("{foreign}=v"));
        let cookie = SessionCookie::read(&jar, &spec);
        assert_eq!(cookie.value(), None, "{foreign}");
        assert!(cookie.clear().is_empty(), "{foreign}");
    }
}

#[test]
fn a_repeated_piece_counts_once_and_its_first_value_decides() {
    let spec = plain_cookies().session_token;
    let name = "authjs.session-token";
    let repeated = jar(&format!("{name}.0=A; {name}.1=B; {name}.0=X"));
    let cookie = SessionCookie::read(&repeated, &spec);
    assert_eq!(cookie.value(), Some("AB"));
    assert_eq!(cookie.clear().len(), 2);
    let empty_first = jar(&format!("{name}=; {name}=X"));
    assert_eq!(SessionCookie::read(&empty_first, &spec).value(), None);
}

#[test]
fn sessions_end_with_their_cookie() {
    let spec = plain_cookies().session_token;
    let cookies = SessionCookie::read(&jar("a=b"), &spec).write("token", now());
    assert_eq!(
        cookies[0].to_header(),
        "authjs.session-token=token; Path=/; Expires=Thu, 01 Jan 2026 00:00:00 GMT; HttpOnly; SameSite=Lax"
    );
}
