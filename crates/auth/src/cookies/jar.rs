//! The cookies of a request.

use std::borrow::Cow;
use std::fmt;

use http::HeaderMap;
use http::header::COOKIE;
use percent_encoding::percent_decode_str;

/// How many cookies of a request are looked at. Browsers send at most some two hundred.
const MAX_COOKIES: usize = 1024;

/// The cookies of a request, in its order, as far as there are at most 1024.
///
/// Where a name comes twice the first counts. Values are percent-decoded; one that cannot be decoded is kept as it
/// stands. Nothing is refused: what makes no sense is simply not found.
///
/// Source: contract authjs §1.1.
#[derive(Clone, Default)]
pub struct Jar(Vec<(String, String)>);

impl Jar {
    /// Reads all `Cookie` headers.
    pub fn parse(headers: &HeaderMap) -> Self {
        let mut pairs = Vec::new();
        let mut looked_at = 0;
        for header in headers.get_all(COOKIE) {
            // Bytes above ASCII are read as Latin-1, as JavaScript's `Headers` does.
            let text = match header.to_str() {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => Cow::Owned(header.as_bytes().iter().copied().map(char::from).collect()),
            };
            let room = MAX_COOKIES - looked_at;
            let pieces = text.split(';').take(room).inspect(|_| looked_at += 1);
            pairs.extend(pieces.filter_map(pair));
        }
        Self(pairs)
    }

    /// The value of the first cookie of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// All cookies in order, repeated names included.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// One `name=value`; `None` without a `=`.
fn pair(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    Some((trim(name).to_owned(), decode(trim(value))))
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// As JavaScript's `decodeURIComponent`; the text itself where that would throw.
fn decode(text: &str) -> String {
    decode_component(text).unwrap_or_else(|| text.to_owned())
}

/// As JavaScript's `decodeURIComponent`; `None` where that would throw: a `%` without two hex digits, or bytes
/// that are no UTF-8.
pub(crate) fn decode_component(text: &str) -> Option<String> {
    let stray = text.split('%').skip(1).any(|rest| {
        let digits = rest.as_bytes().iter().take(2);
        digits.filter(|byte| byte.is_ascii_hexdigit()).count() < 2
    });
    if stray {
        return None;
    }
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

/// Names only: values are secrets.
impl fmt::Debug for Jar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.iter().map(|(name, _)| name);
        formatter.debug_list().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;
    use crate::cookies::{Cookie, CookieOverrides, CookieSecurity, Cookies};

    fn jar(headers: &[&[u8]]) -> Jar {
        let values = headers
            .iter()
            .filter_map(|bytes| HeaderValue::from_bytes(bytes).ok());
        Jar::parse(&values.map(|value| (COOKIE, value)).collect())
    }

    #[test]
    fn several_headers_are_one_jar_and_the_first_value_counts() {
        let jar = jar(&[b"a=1", b"b=2; a=3"]);
        assert_eq!(jar.get("a"), Some("1"));
        assert_eq!(jar.get("b"), Some("2"));
        assert_eq!(jar.get("c"), None);
    }

    #[test]
    fn values_decode_as_in_javascript_or_stay() {
        for (raw, value) in [
            ("%C3%A9", "é"),
            ("%C3", "%C3"),
            ("%ff", "%ff"),
            ("100%", "100%"),
            ("%4", "%4"),
            ("%41%zz", "%41%zz"),
            ("a+b", "a+b"),
            ("a=b=c", "a=b=c"),
        ] {
            let header = format!("x={raw}");
            assert_eq!(jar(&[header.as_bytes()]).get("x"), Some(value));
        }
    }

    #[test]
    fn bytes_above_ascii_are_latin_1() {
        assert_eq!(jar(&[b"x=\xe9"]).get("x"), Some("é"));
    }

    /// Whatever a header costs is bounded: later looks go through this many at most.
    #[test]
    fn cookies_beyond_the_bound_are_not_looked_at() {
        let many = "a=;".repeat(100_000);
        let within = jar(&[b"first=1", many.as_bytes(), b"last=1"]);
        assert_eq!(within.iter().count(), MAX_COOKIES);
        assert_eq!((within.get("first"), within.get("last")), (Some("1"), None));
        let nothing = ";".repeat(100_000);
        assert_eq!(jar(&[nothing.as_bytes(), b"last=1"]).get("last"), None);
        let full = "a=;".repeat(MAX_COOKIES - 1);
        assert_eq!(
            jar(&[format!("{full}last=1").as_bytes()]).get("last"),
            Some("1")
        );
    }

    #[test]
    fn values_do_not_print() {
        let text = format!("{:?}", jar(&[b"a=planted"]));
        assert_eq!(text, r#"["a"]"#);
    }

    proptest! {
        #[test]
        fn no_header_panics(bytes: Vec<u8>) {
            let jar = jar(&[&bytes]);
            prop_assert!(jar.iter().count() <= bytes.len());
        }

        #[test]
        fn what_we_set_comes_back(value: String) {
            let spec = Cookies::new(CookieSecurity::Plain, &CookieOverrides::default())
                .unwrap()
                .callback_url;
            let header = Cookie::new(&spec, value.clone()).to_header();
            let sent = header.to_str().unwrap().split(';').next().unwrap();
            let jar = jar(&[sent.as_bytes()]);
            prop_assert_eq!(jar.get(spec.name()), Some(value.as_str()));
        }
    }
}
