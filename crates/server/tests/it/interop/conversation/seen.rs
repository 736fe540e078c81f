//! What was answered, with random values and times made comparable.

use std::collections::BTreeMap;

use hallpass::auth::jwe::Keys;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::page;
use super::setup::Setup;
use crate::interop::wire::Reply;

/// Headers of the connection and the server, which say nothing of the conversation.
const OF_THE_CONNECTION: &[&str] = &["connection", "content-length", "date", "keep-alive"];

/// An answer by its aspects: `status`, `cookies`, `chunks` (the token in them), `header NAME`, and `body` or the lines of
/// the `page`.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) aspects: BTreeMap<String, String>,
    /// The page as lines, when it is one.
    pub(super) page: Vec<String>,
}

impl Seen {
    pub(super) fn of(reply: &Reply, normal: &Normal<'_>) -> Self {
        let mut aspects = BTreeMap::from([("status".to_owned(), reply.status.to_string())]);
        let cookies: Vec<String> = reply
            .all("set-cookie")
            .map(|cookie| normal.cookie(cookie))
            .collect();
        aspects.insert("cookies".to_owned(), cookies.join(" | "));
        aspects.insert("chunks".to_owned(), normal.chunks(reply));
        for (name, value) in &reply.headers {
            if name != "set-cookie" && !OF_THE_CONNECTION.contains(&name.as_str()) {
                aspects.insert(format!("header {name}"), normal.text(&in_order(value)));
            }
        }
        let is_page = reply
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"));
        let page = if is_page {
            page::lines(&reply.body)
                .iter()
                .map(|line| normal.text(line))
                .collect()
        } else {
            aspects.insert("body".to_owned(), normal.text(&in_order(&reply.body)));
            Vec::new()
        };
        Self { aspects, page }
    }
}

/// The address of a service with its parameters sorted: their order says nothing, and Auth.js has two.
fn in_order(text: &str) -> String {
    let Some((before, after)) = text.split_once("/authorize?") else {
        return text.to_owned();
    };
    let (query, rest) = after.split_at(after.find('"').unwrap_or(after.len()));
    let mut parameters: Vec<&str> = query.split('&').collect();
    parameters.sort_unstable();
    format!("{before}/authorize?{}{rest}", parameters.join("&"))
}

/// What opens tokens, by what they are sealed as.
pub(super) struct Seals(Vec<(&'static str, Keys)>);

impl Seals {
    /// SPEC: contract §2.3, §3.1: each cookie has keys of its own, and so have the tokens within.
    pub(super) fn of(setup: &Setup) -> Self {
        let prefix = if setup.address.is_secure() {
            "__Secure-"
        } else {
            ""
        };
        let cookies = [
            "session-token",
            "state",
            "pkce.code_verifier",
            "nonce",
            "challenge",
        ];
        let cookies = cookies.map(|name| (name, format!("{prefix}authjs.{name}")));
        let within = ["encodedState", "encodedWebauthnChallenge"];
        let within = within.map(|name| (name, name.to_owned()));
        let seals = cookies.into_iter().chain(within);
        Self(
            seals
                .map(|(name, salt)| (name, setup.keys(&salt)))
                .collect(),
        )
    }
}

/// Knows what is random.
pub(super) struct Normal<'a> {
    seals: &'a Seals,
    session: &'static str,
    csrf: String,
    now: jiff::Timestamp,
}

impl<'a> Normal<'a> {
    pub(super) fn new(setup: &Setup, seals: &'a Seals, csrf: &str) -> Self {
        Self {
            seals,
            session: setup.address.names().session,
            csrf: csrf.to_owned(),
            now: crate::interop::now(),
        }
    }

    /// A `Set-Cookie` with its value decoded.
    fn cookie(&self, cookie: &str) -> String {
        let (pair, attributes) = cookie.split_once("; ").unwrap_or((cookie, ""));
        let mut decoded = percent_decode_str(pair).decode_utf8_lossy();
        if let Some((number, value)) = self.chunk(pair) {
            // The last piece is longer by the name of the session that our tokens carry.
            let piece = if value.len() == FULL_CHUNK {
                "a full piece"
            } else {
                "the rest"
            };
            decoded = format!("{}.{number}=<{piece} of it>", self.session).into();
        }
        let attributes: Vec<String> = attributes
            .split("; ")
            .map(|attribute| match attribute.strip_prefix("Expires=") {
                Some(date) => format!("Expires={}", self.http_date(date)),
                None => attribute.to_owned(),
            })
            .collect();
        format!("{}; {}", self.text(&decoded), attributes.join("; "))
    }

    /// The number and the value of a cookie that holds a piece of a token.
    fn chunk<'c>(&self, cookie: &'c str) -> Option<(usize, &'c str)> {
        let rest = cookie.strip_prefix(self.session)?.strip_prefix('.')?;
        let (number, rest) = rest.split_once('=')?;
        let value = rest.split(';').next().filter(|value| !value.is_empty())?;
        Some((number.parse().ok()?, value))
    }

    /// The token that was cut into cookies.
    fn chunks(&self, reply: &Reply) -> String {
        let mut chunks: Vec<_> = reply
            .all("set-cookie")
            .filter_map(|cookie| self.chunk(cookie))
            .collect();
        chunks.sort_unstable();
        let whole: String = chunks.into_iter().map(|(_, value)| value).collect();
        self.text(&whole)
    }

    fn http_date(&self, date: &str) -> String {
        match jiff::fmt::rfc2822::parse(&date.replace("GMT", "+0000")) {
            Ok(moment) => self.moment(moment.timestamp()),
            Err(_) => date.to_owned(),
        }
    }

    /// Times are compared to the minute, from now.
    fn moment(&self, moment: jiff::Timestamp) -> String {
        let seconds = moment.as_second() - self.now.as_second();
        format!("<in {} min>", (seconds + 30).div_euclid(60))
    }

    /// A text with its random words replaced.
    fn text(&self, text: &str) -> String {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        let mut result = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            result.push_str(&self.word(&rest[..word]));
            rest = &rest[word..];
            let gap = rest.find(is_word).unwrap_or(rest.len());
            result.push_str(&rest[..gap]);
            rest = &rest[gap..];
        }
        result
    }

    fn word(&self, word: &str) -> String {
        if !self.csrf.is_empty() && word == self.csrf {
            return "<csrf>".to_owned();
        }
        if word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return "<hex>".to_owned();
        }
        if is_uuid(word) || is_cuid(word) {
            return "<id>".to_owned();
        }
        if is_random(word) {
            return "<random>".to_owned();
        }
        if word.starts_with("eyJ") && word.split('.').count() == 5 {
            return self.token(word);
        }
        if word.len() == 24
            && word.ends_with('Z')
            && let Ok(moment) = word.parse()
        {
            return self.moment(moment);
        }
        word.to_owned()
    }

    fn token(&self, token: &str) -> String {
        let mut seals = self.seals.0.iter();
        let opened = seals.find_map(|(kind, keys)| {
            let claims = keys.decode(token, self.now).ok()?;
            Some((kind, claims))
        });
        let Some((kind, claims)) = opened else {
            return "<token that does not open>".to_owned();
        };
        let claims: Vec<String> = claims
            .iter()
            // Our tokens name their session, so that it can be ended; `tokens` proves that Auth.js lives with it. Our check
            // cookies name who was signed in.
            .filter(|(name, _)| *name != "hallpass_sid" && *name != "user")
            .map(|(name, value)| format!("{name}={}", self.claim(name, value)))
            .collect();
        match *kind {
            "session-token" => format!("<token {}>", claims.join(",")),
            kind => format!("<{kind} {}>", claims.join(",")),
        }
    }

    fn claim(&self, name: &str, value: &Value) -> String {
        match (name, value.as_i64()) {
            ("iat" | "exp", Some(seconds)) => {
                self.moment(jiff::Timestamp::from_second(seconds).expect("a time"))
            }
            ("pad", _) => "…".to_owned(),
            _ => self.text(&value.to_string()),
        }
    }
}

/// SPEC: contract §2.4.
const FULL_CHUNK: usize = 3936;

/// 32 bytes of base64url.
fn is_random(word: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    word.len() == 43 && word.bytes().all(is_base64)
}

/// As the Prisma layout has them.
fn is_cuid(word: &str) -> bool {
    let of_digits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    word.len() == 25 && word.starts_with('c') && word.bytes().all(of_digits)
}

fn is_uuid(word: &str) -> bool {
    let groups: Vec<&str> = word.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && word
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
