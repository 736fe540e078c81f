//! The session cookie, which is cut into numbered ones when a sealed token is too long for one.
//!
//! Source: contract authjs §2.4.

use std::fmt;

use jiff::Timestamp;

use super::jar::Jar;
use super::names::CookieSpec;
use super::set_cookie::Cookie;
use crate::session::Strategy;

/// What one cookie holds: browsers take 4096 bytes, of which name and attributes get 160.
pub const CHUNK_LENGTH: usize = 4096 - 160;

/// Chunk numbers have at most two digits: a hundred chunks are far more than any server takes in one request.
const MAX_DIGITS: usize = 2;

/// What a request holds of the session cookie.
pub struct SessionCookie<'a> {
    spec: &'a CookieSpec,
    form: Form,
    /// Names in the order of the request, each once.
    present: Vec<String>,
    value: Option<String>,
}

/// How a value is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// In as many cookies as it needs.
    Chunked,
    /// In the cookie of the exact name. Chunks beside it are none of the session and only ever deleted.
    Whole,
}

impl<'a> SessionCookie<'a> {
    /// The cookie as the strategy keeps it.
    ///
    /// SECURITY: the token of a database session is never chunked. A stray chunk that took part would change it: the
    /// session would not be found, and signing out would leave its row.
    pub(crate) fn of(strategy: Strategy, jar: &Jar, spec: &'a CookieSpec) -> Self {
        match strategy {
            Strategy::Jwt => Self::collect(jar, spec, Form::Chunked),
            Strategy::Database => Self::collect(jar, spec, Form::Whole),
        }
    }

    /// One that no request holds, of a token that came in another way.
    pub(crate) fn holding(strategy: Strategy, token: String, spec: &'a CookieSpec) -> Self {
        Self {
            spec,
            form: match strategy {
                Strategy::Jwt => Form::Chunked,
                Strategy::Database => Form::Whole,
            },
            present: Vec::new(),
            value: Some(token),
        }
    }

    /// Collects the cookie and its chunks.
    ///
    /// Only the exact name and the name with `.0`, `.1` … take part. Auth.js takes every name that begins so.
    pub fn read(jar: &Jar, spec: &'a CookieSpec) -> Self {
        Self::collect(jar, spec, Form::Chunked)
    }

    /// One pass: of each name the first value counts, and an empty one is none.
    fn collect(jar: &Jar, spec: &'a CookieSpec, form: Form) -> Self {
        let mut found: Vec<(Part, &str, &str)> = Vec::new();
        let mut seen: u128 = 0;
        for (name, value) in jar.iter() {
            let Some(part) = Part::of(name, spec.name()) else {
                continue;
            };
            let first = seen & part.bit() == 0;
            seen |= part.bit();
            if first && !value.is_empty() {
                found.push((part, name, value));
            }
        }
        let present = found
            .iter()
            .map(|(_, name, _)| (*name).to_owned())
            .collect();
        if form == Form::Whole {
            found.retain(|(part, ..)| *part == Part::Whole);
        }
        let value = join(&found);
        Self {
            spec,
            form,
            present,
            value,
        }
    }

    /// The whole value.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// Sets the value until the given moment, in as many cookies as it needs, and deletes what the request holds
    /// beyond those. Names of the request come first.
    pub fn write(&self, value: &str, expires: Timestamp) -> Vec<Cookie> {
        let mut cookies = self.clear();
        for (name, piece) in self.pieces(value) {
            let cookie = Cookie {
                name,
                ..Cookie::new(self.spec, piece).expires(expires)
            };
            match cookies.iter_mut().find(|old| old.name == cookie.name) {
                Some(old) => *old = cookie,
                None => cookies.push(cookie),
            }
        }
        cookies
    }

    /// Deletes exactly what the request holds.
    pub fn clear(&self) -> Vec<Cookie> {
        self.present
            .iter()
            .map(|name| Cookie {
                name: name.clone(),
                ..Cookie::delete(self.spec)
            })
            .collect()
    }

    fn pieces(&self, value: &str) -> Vec<(String, String)> {
        let name = self.spec.name();
        if self.form == Form::Whole || value.len() <= CHUNK_LENGTH {
            return vec![(name.to_owned(), value.to_owned())];
        }
        let characters: Vec<char> = value.chars().collect();
        let pieces = characters.chunks(CHUNK_LENGTH).enumerate();
        pieces
            .map(|(number, piece)| (format!("{name}.{number}"), piece.iter().collect()))
            .collect()
    }
}

/// What a cookie holds of the session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Whole,
    Chunk(u8),
}

impl Part {
    /// Its own bit: the whole and a hundred chunks have room in 128.
    fn bit(self) -> u128 {
        match self {
            Self::Whole => 1,
            Self::Chunk(number) => 2 << number,
        }
    }

    /// `None` for a cookie that is not the session's.
    fn of(name: &str, base: &str) -> Option<Self> {
        let rest = name.strip_prefix(base)?;
        if rest.is_empty() {
            return Some(Self::Whole);
        }
        let digits = rest.strip_prefix('.')?;
        let canonical = digits == "0" || !digits.starts_with('0');
        let digits_only = digits.bytes().all(|byte| byte.is_ascii_digit());
        if !canonical || !digits_only || digits.len() > MAX_DIGITS {
            return None;
        }
        digits.parse().ok().map(Self::Chunk)
    }
}

/// Puts the chunks in order; a cookie of the bare name beside them keeps its place, as in Auth.js.
fn join(found: &[(Part, &str, &str)]) -> Option<String> {
    let is_chunk = |part: Part| part != Part::Whole;
    let mut chunks: Vec<_> = found.iter().filter(|(part, ..)| is_chunk(*part)).collect();
    chunks.sort_by_key(|(part, ..)| *part);
    let mut chunks = chunks.into_iter();
    let ordered = found.iter().filter_map(|entry| match entry.0 {
        Part::Whole => Some(entry),
        Part::Chunk(_) => chunks.next(),
    });
    let value: String = ordered.map(|(_, _, value)| *value).collect();
    (!value.is_empty()).then_some(value)
}

/// Without the value.
impl fmt::Debug for SessionCookie<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(&self.present).finish()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::COOKIE;
    use proptest::prelude::*;

    use super::*;
    use crate::cookies::{CookieOverrides, CookieSecurity, Cookies};

    fn spec() -> CookieSpec {
        Cookies::new(CookieSecurity::Secure, &CookieOverrides::default())
            .unwrap()
            .session_token
    }

    /// What a browser sends after it took the cookies.
    fn sent(cookies: &[Cookie]) -> Jar {
        let kept = cookies.iter().filter(|cookie| !cookie.is_deletion());
        let headers: HeaderMap = kept
            .map(|cookie| {
                let header = cookie.to_header();
                let pair = header.to_str().unwrap().split(';').next().unwrap();
                (COOKIE, pair.parse().unwrap())
            })
            .collect();
        Jar::parse(&headers)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(before in 0..20_000usize, after in 1..20_000usize) {
            let spec = spec();
            let nothing = Jar::default();
            let first = SessionCookie::read(&nothing, &spec).write(&"a".repeat(before), Timestamp::MAX);
            let jar = sent(&first);
            let second = SessionCookie::read(&jar, &spec).write(&"b".repeat(after), Timestamp::MAX);
            // What the browser held and was neither told to forget nor given anew must not exist.
            let stale = first.iter().filter(|old| !old.value().is_empty());
            for old in stale {
                prop_assert!(second.iter().any(|new| new.name() == old.name()));
            }
            let jar = sent(&second);
            let read = SessionCookie::read(&jar, &spec);
            let expected = "b".repeat(after);
            prop_assert_eq!(read.value(), Some(expected.as_str()));
        }
    }

    #[test]
    fn every_part_has_a_bit_of_its_own() {
        let parts = (0..100).map(Part::Chunk).chain([Part::Whole]);
        let bits: Vec<u128> = parts.map(Part::bit).collect();
        assert_eq!(bits.iter().fold(0, |all, bit| all | bit).count_ones(), 101);
        assert!(bits.iter().all(|bit| bit.count_ones() == 1));
    }

    #[test]
    fn of_many_repeated_cookies_each_name_is_taken_once_with_its_first_value() {
        let spec = spec();
        let name = spec.name();
        let mut header: String = (0..100).map(|n| format!("{name}.{n}=v{n};")).collect();
        header.push_str(&format!("{name}.7=other;{name}=;{name}=late;").repeat(30_000));
        let jar = Jar::parse(&HeaderMap::from_iter([(COOKIE, header.parse().unwrap())]));
        let cookie = SessionCookie::read(&jar, &spec);
        let expected: String = (0..100).map(|n| format!("v{n}")).collect();
        assert_eq!(cookie.value(), Some(expected.as_str()));
        assert_eq!(cookie.clear().len(), 100);
    }

    #[test]
    fn values_do_not_print() {
        let spec = spec();
        let jar = sent(&[Cookie::new(&spec, "planted")]);
        let cookie = SessionCookie::read(&jar, &spec);
        assert_eq!(cookie.value(), Some("planted"));
        assert!(!format!("{cookie:?}").contains("planted"));
    }
}
