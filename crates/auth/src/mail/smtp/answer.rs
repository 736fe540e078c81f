//! What went wrong, in our words.
//!
//! Servers quote addresses and pieces of the message in their replies, so of a reply only the
//! three-digit code and the enhanced code (RFC 3463) are kept; the explanation comes from a table
//! here. To explain another code: one row.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use lettre::transport::smtp::Error;

use crate::mail::retry::{Failure, seconds};

/// Where in a try it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Connect,
    StartTls,
    SignIn,
    Deliver,
}

/// A step that took too long.
pub(super) fn too_slow(endpoint: &str, step: Step, limit: Duration) -> Failure {
    let limit = seconds(limit);
    Failure::transient(match step {
        Step::Connect => format!("could not connect to {endpoint} within {limit}"),
        _ => format!("{endpoint} did not answer within {limit}"),
    })
}

/// A step that failed.
pub(super) fn failure(endpoint: &str, step: Step, error: &Error) -> Failure {
    if let Some(code) = error.status() {
        return refusal(
            &code.to_string(),
            enhanced_code(error),
            error.is_transient(),
        );
    }
    if error.is_client() {
        return Failure::permanent(missing_feature(step));
    }
    if error.is_response() && !ended_early(error) {
        return Failure::transient(format!(
            "{endpoint} does not answer as a mail server — check host and port"
        ));
    }
    if let Some(problem) = certificate_problem(error) {
        return Failure::permanent(format!("the certificate of {endpoint} {problem}"));
    }
    if error.is_timeout() {
        return Failure::transient(format!("could not connect to {endpoint} in time"));
    }
    Failure::transient(match io_kind(error) {
        Some(io::ErrorKind::ConnectionRefused) => {
            format!("{endpoint} refused the connection — check host and port")
        }
        Some(io::ErrorKind::InvalidData) => {
            format!("no TLS connection to {endpoint} — check port and encryption")
        }
        Some(kind) if step == Step::Connect && !is_loss(kind) => {
            format!("could not connect to {endpoint} — check host, port and network")
        }
        _ => format!("the connection to {endpoint} was lost"),
    })
}

fn refusal(code: &str, enhanced: Option<String>, is_transient: bool) -> Failure {
    let explanation = explain(code, enhanced.as_deref());
    let shown = enhanced
        .map(|enhanced| format!(" {enhanced}"))
        .unwrap_or_default();
    let reason = format!("the server answered {code}{shown}: {explanation}");
    if is_transient {
        Failure::transient(reason)
    } else {
        Failure::permanent(reason)
    }
}

/// What a reply means. The enhanced code says more, so it is looked up first.
fn explain(code: &str, enhanced: Option<&str>) -> &'static str {
    let by_enhanced = enhanced.and_then(|enhanced| lookup(ENHANCED, enhanced.get(2..)?));
    by_enhanced
        .or_else(|| lookup(CODES, code))
        .unwrap_or(match code.as_bytes() {
            [b'4', ..] => "try again later",
            _ => "the message was refused",
        })
}

fn lookup(table: &[(&str, &'static str)], key: &str) -> Option<&'static str> {
    table
        .iter()
        .find(|(name, _)| *name == key)
        .map(|(_, text)| *text)
}

/// Enhanced codes without their first digit, which only repeats whether the failure lasts.
const ENHANCED: &[(&str, &str)] = &[
    ("1.1", "the mailbox does not exist"),
    ("1.2", "the recipient's domain does not exist"),
    ("1.3", "the recipient's address is not valid"),
    (
        "1.8",
        "the sender's domain does not exist — check the from address",
    ),
    ("2.1", "the mailbox is disabled"),
    ("2.2", "the mailbox is full"),
    ("3.4", "the message is too big"),
    ("4.5", "the server is overloaded — try again later"),
    ("5.3", "too many recipients"),
    (
        "7.0",
        "the server's policy forbids it — check user, password and from address",
    ),
    (
        "7.1",
        "delivery is not permitted — check that the server accepts this from address",
    ),
    ("7.3", "the server requires encryption or a sign-in first"),
    ("7.8", "authentication failed — check user and password"),
    (
        "7.9",
        "this way of signing in is too weak for the server — an app password may be needed",
    ),
    (
        "7.11",
        "the server requires encryption for this way of signing in",
    ),
    (
        "7.14",
        "the server asks to sign in through its web page first",
    ),
    (
        "7.26",
        "the sender's domain fails SPF or DKIM — set its DNS records",
    ),
    (
        "7.60",
        "the server does not let this user send as this from address",
    ),
];

const CODES: &[(&str, &str)] = &[
    ("421", "the service is not available now"),
    ("432", "the password has expired"),
    ("450", "the mailbox is not available now"),
    (
        "451",
        "the server has a problem of its own — try again later",
    ),
    ("452", "the server has too little space — try again later"),
    (
        "454",
        "authentication is not possible now — try again later",
    ),
    ("500", "the server does not understand the command"),
    (
        "501",
        "an address or command has a form the server does not accept",
    ),
    ("502", "the server does not support the command"),
    (
        "503",
        "the server expected another command — it may require a sign-in",
    ),
    ("521", "the server accepts no mail"),
    ("530", "the server requires a sign-in or encryption first"),
    (
        "534",
        "this way of signing in is too weak for the server — an app password may be needed",
    ),
    ("535", "authentication failed — check user and password"),
    (
        "538",
        "the server requires encryption for this way of signing in",
    ),
    (
        "550",
        "the mailbox does not exist or the server's policy forbids it",
    ),
    ("551", "the recipient is not local to the server"),
    ("552", "the mailbox is full or the message is too big"),
    ("553", "an address is not allowed — check the from address"),
    (
        "554",
        "the message was refused — check the server's rules for this from address",
    ),
];

/// What lettre could not do because the server does not offer it.
fn missing_feature(step: Step) -> &'static str {
    match step {
        Step::Connect | Step::StartTls => {
            "the server offers no STARTTLS — use `smtps://` (port 465), or `?tls=none` on a network you trust"
        }
        Step::SignIn => {
            "the server offers neither PLAIN nor LOGIN to sign in with user and password"
        }
        Step::Deliver => "the server does not take addresses or text outside ASCII",
    }
}

/// Only TLS speaks of peer certificates; a server's reply never gets here.
fn certificate_problem(error: &Error) -> Option<&'static str> {
    let text = error.to_string();
    text.contains("invalid peer certificate").then(|| {
        let known = [
            (
                "UnknownIssuer",
                "is signed by no known authority — add it as an extra trusted certificate",
            ),
            (
                "not valid for name",
                "is for another name — use the host name it was made for",
            ),
            ("expired", "has expired"),
            ("not valid yet", "is not valid yet — check the clock"),
        ];
        let row = known.iter().find(|(sign, _)| text.contains(sign));
        row.map_or("is not valid", |(_, problem)| problem)
    })
}

/// `5.7.8` from the start of a reply's text.
fn enhanced_code(error: &Error) -> Option<String> {
    let text = error.source()?.to_string();
    let word = text.split_whitespace().next()?;
    let parts: Vec<&str> = word.split('.').collect();
    let is_number =
        |part: &&str| matches!(part.len(), 1..=3) && part.bytes().all(|byte| byte.is_ascii_digit());
    let valid = matches!(parts.as_slice(), ["4" | "5", _, _]) && parts.iter().all(is_number);
    valid.then(|| word.to_owned())
}

fn io_kind(error: &Error) -> Option<io::ErrorKind> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        source = cause.source();
    }
    None
}

/// lettre counts a connection that ends in the middle of a reply among the malformed replies.
fn ended_early(error: &Error) -> bool {
    error
        .source()
        .is_some_and(|cause| cause.to_string() == "incomplete response")
}

fn is_loss(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(
        kind,
        BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
    )
}
