//! The session cookie, which is cut into numbered ones when a sealed token is too long for one.
//!
//! Source: contract authjs §2.4.

use std::fmt;

use jiff::Timestamp;

use super::jar::Jar;
use super::names::CookieSpec;
use super::set_cookie::Cookie;

/// What one cookie holds: browsers take 4096 bytes, of which name and attributes get 160.
pub const CHUNK_LENGTH: usize = 4096 - 160;

/// Chunk numbers have at most two digits: a hundred chunks are far more than any server takes in one request.
const MAX_DIGITS: usize = 2;

/// What a request holds of the session cookie.
pub struct SessionCookie<'a> {
    spec: &'a CookieSpec,
    /// Names in the order of the request, each once.
    present: Vec<String>,
    value: Option<String>,
}

impl<'a> SessionCookie<'a> {
    /// Collects the cookie and its chunks.
    ///
    /// Only the exact name and the name with `.0`, `.1` … take part. Auth.js takes every name that begins so.
    pub fn read(jar: &Jar, spec: &'a CookieSpec) -> Self {
        let mut found: Vec<(Option<u8>, &str, &str)> = Vec::new();
        for (name, value) in jar.iter() {
            let Some(number) = chunk_number(name, spec.name()) else {
                continue;
            };
            let known = found.iter().any(|(other, ..)| *other == number);
            if !known && jar.get(name).is_some_and(|first| !first.is_empty()) {
                found.push((number, name, value));
            }
        }
        let present = found
            .iter()
            .map(|(_, name, _)| (*name).to_owned())
            .collect();
        let value = join(&found);
        Self {
            spec,
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
        if value.len() <= CHUNK_LENGTH {
            return vec![(name.to_owned(), value.to_owned())];
        }
        let characters: Vec<char> = value.chars().collect();
        let pieces = characters.chunks(CHUNK_LENGTH).enumerate();
        pieces
            .map(|(number, piece)| (format!("{name}.{number}"), piece.iter().collect()))
            .collect()
    }
}

/// `Some(None)` for the name itself, `Some(Some(n))` for chunk `n`, `None` for any other cookie.
#[expect(
    clippy::option_option,
    reason = "no part of it, the whole, one chunk: three answers that callers sort by"
)]
fn chunk_number(name: &str, base: &str) -> Option<Option<u8>> {
    let rest = name.strip_prefix(base)?;
    if rest.is_empty() {
        return Some(None);
    }
    let digits = rest.strip_prefix('.')?;
    let canonical = digits == "0" || !digits.starts_with('0');
    let digits_only = digits.bytes().all(|byte| byte.is_ascii_digit());
    (canonical && digits_only && digits.len() <= MAX_DIGITS)
        .then(|| digits.parse().ok())
        .flatten()
        .map(Some)
}

/// Puts the chunks in order; a cookie of the bare name beside them keeps its place, as in Auth.js.
fn join(found: &[(Option<u8>, &str, &str)]) -> Option<String> {
    let mut numbered: Vec<_> = found
        .iter()
        .filter(|(number, ..)| number.is_some())
        .collect();
    numbered.sort_by_key(|(number, ..)| *number);
    let mut numbered = numbered.into_iter();
    let ordered = found.iter().filter_map(|entry| match entry.0 {
        None => Some(entry),
        Some(_) => numbered.next(),
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
