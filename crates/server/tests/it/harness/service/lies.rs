//! How the service misbehaves, by name.

use serde_json::{Value, json};

use super::answers::How;

/// A part of the service that a client asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Discovery,
    Keys,
    Token,
    Profile,
}

/// One way to misbehave.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lie {
    /// None.
    None,
    /// One of its parts answers like this.
    Answer(Part, How),
    /// Its document says that it is another service.
    Document,
    /// What the browser brings back is changed.
    Brought(fn(&mut Vec<(&'static str, String)>)),
    /// The tokens are changed.
    Tokens(fn(&mut Value)),
    /// What its ID token says is changed, given the time in seconds.
    Claims(fn(&mut Value, i64)),
    /// The profile is changed.
    Profile(fn(&mut Value)),
    /// Its ID token is signed with a key that it does not publish.
    AnotherKey,
    /// Its ID token is not signed: `alg: none`.
    NoAlgorithm,
    /// Its ID token is signed with the public key as the secret of an HMAC.
    PublicKeyAsSecret,
    /// Its ID token has a header that must be understood.
    Critical,
}

use Lie::{Answer, Brought, Claims, Profile as Says, Tokens};
use Part::{Discovery, Keys, Profile, Token};

pub(crate) const HONEST: &str = "honest";

/// Every way, by the name in its address.
pub(crate) const LIES: &[(&str, Misbehaviour)] = &[
    (HONEST, Misbehaviour(Lie::None)),
    ("document-of-another", Misbehaviour(Lie::Document)),
    ("document-page", of(Discovery, How::Page)),
    ("document-missing", of(Discovery, How::Says(404, "{}"))),
    ("document-huge", of(Discovery, How::Huge)),
    (
        "document-elsewhere",
        of(
            Discovery,
            How::Elsewhere("/honest/.well-known/openid-configuration"),
        ),
    ),
    ("document-silent", of(Discovery, How::Silent)),
    ("document-cut", of(Discovery, How::Cut)),
    ("keys-page", of(Keys, How::Page)),
    ("keys-none", of(Keys, How::Says(200, r#"{"keys":[]}"#))),
    ("keys-huge", of(Keys, How::Huge)),
    ("keys-elsewhere", of(Keys, How::Elsewhere("/honest/keys"))),
    (
        "refused",
        Misbehaviour(Brought(|brought| error(brought, "access_denied"))),
    ),
    (
        "refused-strangely",
        Misbehaviour(Brought(|brought| error(brought, "<script>"))),
    ),
    (
        "server-error",
        Misbehaviour(Brought(|brought| error(brought, "server_error"))),
    ),
    (
        "wrong-state",
        Misbehaviour(Brought(|brought| replace(brought, "state", "another"))),
    ),
    (
        "no-state",
        Misbehaviour(Brought(|brought| remove(brought, "state"))),
    ),
    (
        "wrong-iss",
        Misbehaviour(Brought(|brought| {
            replace(brought, "iss", "https://evil.example")
        })),
    ),
    (
        "no-iss",
        Misbehaviour(Brought(|brought| remove(brought, "iss"))),
    ),
    (
        "no-code",
        Misbehaviour(Brought(|brought| remove(brought, "code"))),
    ),
    (
        "two-codes",
        Misbehaviour(Brought(|brought| {
            brought.push(("code", "another".to_owned()))
        })),
    ),
    (
        "token-in-the-address",
        Misbehaviour(Brought(|brought| {
            brought.push(("id_token", "a.b.c".to_owned()))
        })),
    ),
    (
        "signed-response",
        Misbehaviour(Brought(|brought| {
            brought.push(("response", "a.b.c".to_owned()))
        })),
    ),
    (
        "token-refused",
        of(Token, How::Says(400, r#"{"error":"invalid_grant"}"#)),
    ),
    (
        "token-refused-with-200",
        of(Token, How::Says(200, r#"{"error":"invalid_client"}"#)),
    ),
    ("token-page", of(Token, How::Page)),
    ("token-list", of(Token, How::Says(200, "[]"))),
    ("token-error", of(Token, How::Says(500, "oh"))),
    ("token-huge", of(Token, How::Huge)),
    (
        "token-elsewhere",
        of(Token, How::Elsewhere("/honest/token")),
    ),
    ("token-silent", of(Token, How::Silent)),
    ("token-cut", of(Token, How::Cut)),
    (
        "token-twice",
        of(
            Token,
            How::Says(
                200,
                r#"{"access_token":"a","access_token":"b","token_type":"bearer"}"#,
            ),
        ),
    ),
    (
        "no-access-token",
        Misbehaviour(Tokens(|answer| remove_member(answer, "access_token"))),
    ),
    (
        "wrong-token-type",
        Misbehaviour(Tokens(|answer| answer["token_type"] = "mac".into())),
    ),
    (
        "no-id-token",
        Misbehaviour(Tokens(|answer| remove_member(answer, "id_token"))),
    ),
    (
        "id-token-number",
        Misbehaviour(Tokens(|answer| answer["id_token"] = 7.into())),
    ),
    (
        "id-token-garbage",
        Misbehaviour(Tokens(|answer| answer["id_token"] = "a.b".into())),
    ),
    (
        "wrong-issuer",
        Misbehaviour(Claims(|claims, _| {
            claims["iss"] = "https://evil.example".into()
        })),
    ),
    (
        "wrong-audience",
        Misbehaviour(Claims(|claims, _| claims["aud"] = "another".into())),
    ),
    (
        "many-audiences",
        Misbehaviour(Claims(|claims, _| {
            claims["aud"] = json!([super::CLIENT, "another"])
        })),
    ),
    (
        "wrong-nonce",
        Misbehaviour(Claims(|claims, _| claims["nonce"] = "another".into())),
    ),
    (
        "no-nonce",
        Misbehaviour(Claims(|claims, _| remove_member(claims, "nonce"))),
    ),
    (
        "expired",
        Misbehaviour(Claims(|claims, now| claims["exp"] = (now - 60).into())),
    ),
    (
        "expiry-as-text",
        Misbehaviour(Claims(|claims, _| claims["exp"] = "4102444800".into())),
    ),
    (
        "not-yet",
        Misbehaviour(Claims(|claims, now| claims["nbf"] = (now + 600).into())),
    ),
    (
        "of-the-future",
        Misbehaviour(Claims(|claims, now| claims["iat"] = (now + 600).into())),
    ),
    (
        "no-subject",
        Misbehaviour(Claims(|claims, _| remove_member(claims, "sub"))),
    ),
    (
        "empty-subject",
        Misbehaviour(Claims(|claims, _| claims["sub"] = "".into())),
    ),
    ("wrong-signature", Misbehaviour(Lie::AnotherKey)),
    ("no-algorithm", Misbehaviour(Lie::NoAlgorithm)),
    ("public-key-as-secret", Misbehaviour(Lie::PublicKeyAsSecret)),
    ("critical-header", Misbehaviour(Lie::Critical)),
    (
        "profile-refused",
        of(Profile, How::Says(401, r#"{"error":"invalid_token"}"#)),
    ),
    (
        "profile-refused-with-200",
        of(Profile, How::Says(200, r#"{"error":"invalid_token"}"#)),
    ),
    ("profile-page", of(Profile, How::Page)),
    ("profile-huge", of(Profile, How::Huge)),
    (
        "profile-elsewhere",
        of(Profile, How::Elsewhere("/honest/me")),
    ),
    ("profile-silent", of(Profile, How::Silent)),
    (
        "profile-of-nobody",
        Misbehaviour(Says(|profile| *profile = json!({ "name": "Nobody" }))),
    ),
    (
        "profile-of-null",
        Misbehaviour(Says(|profile| profile["sub"] = Value::Null)),
    ),
];

/// One way to misbehave, known to the service alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Misbehaviour(Lie);

const fn of(part: Part, how: How) -> Misbehaviour {
    Misbehaviour(Answer(part, how))
}

pub(super) fn named(name: &str) -> Option<&'static Lie> {
    let found = LIES.iter().find(|(known, _)| *known == name);
    found.map(|(_, Misbehaviour(lie))| lie)
}

fn remove(brought: &mut Vec<(&'static str, String)>, name: &str) {
    brought.retain(|(known, _)| *known != name);
}

fn replace(brought: &mut Vec<(&'static str, String)>, name: &'static str, value: &str) {
    remove(brought, name);
    brought.push((name, value.to_owned()));
}

fn error(brought: &mut Vec<(&'static str, String)>, code: &str) {
    remove(brought, "code");
    brought.push(("error", code.to_owned()));
}

fn remove_member(object: &mut Value, name: &str) {
    object.as_object_mut().expect("an object").remove(name);
}
