//! The session token in a header, as programs send it that keep no cookies.
//!
//! It is the same token as the cookie's, and ends when that ends. Browsers never attach it by themselves, so no other site can
//! make one send it; and a request with the session cookie is not asked for it.
//!
//! Source: contract authjs §3.5 (`getToken`), RFC 6750 section 2.1.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

use crate::cookies::decode_component;

/// What the header holds.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Bearer {
    /// No token: there is no such header, or one of another scheme.
    Absent,
    /// Something that is no token, or more than one.
    Malformed,
    /// A token, which may mean nothing.
    Token(String),
}

impl Bearer {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut found = headers
            .get_all(AUTHORIZATION)
            .iter()
            .filter_map(after_scheme);
        match (found.next(), found.next()) {
            (None, _) => Self::Absent,
            (Some(_), Some(_)) => Self::Malformed,
            (Some(token), None) => Self::decoded(token),
        }
    }

    /// SECURITY: GHSA-xmf8-cvqr-rfgj: text that cannot be decoded is nobody's, and no failure.
    fn decoded(token: &[u8]) -> Self {
        let token = str::from_utf8(token).ok().map(str::trim);
        let token = token.and_then(decode_component);
        match token.filter(|token| !token.is_empty()) {
            Some(token) => Self::Token(token),
            None => Self::Malformed,
        }
    }
}

/// What follows `Bearer`, in whatever case (RFC 9110 section 11.1; Auth.js takes this one only).
fn after_scheme(value: &HeaderValue) -> Option<&[u8]> {
    let (scheme, rest) = value.as_bytes().split_at_checked(b"bearer".len())?;
    let is_whole = rest.first().is_none_or(|byte| *byte == b' ');
    (is_whole && scheme.eq_ignore_ascii_case(b"bearer")).then_some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(values: &[&[u8]]) -> Bearer {
        let value = |bytes: &&[u8]| (AUTHORIZATION, HeaderValue::from_bytes(bytes).unwrap());
        Bearer::of(&values.iter().map(value).collect())
    }

    #[test]
    fn only_one_whole_token_is_one() {
        let token = |text: &str| Bearer::Token(text.to_owned());
        for (values, expected) in [
            (&[][..], Bearer::Absent),
            (&[&b"Basic dXNlcjpwdw=="[..]], Bearer::Absent),
            (&[b"Bearerish abc"], Bearer::Absent),
            (&[b"Bear"], Bearer::Absent),
            (&[b""], Bearer::Absent),
            (&[b"Bearer abc"], token("abc")),
            (&[b"bearer abc"], token("abc")),
            (&[b"BEARER  abc "], token("abc")),
            (&[b"Bearer a%2Bb%3D"], token("a+b=")),
            (&[b"Bearer"], Bearer::Malformed),
            (&[b"Bearer "], Bearer::Malformed),
            (&[b"Bearer %"], Bearer::Malformed),
            (&[b"Bearer %ff"], Bearer::Malformed),
            (&[b"Bearer %zz"], Bearer::Malformed),
            (&[b"Bearer \xff"], Bearer::Malformed),
            (&[b"Bearer abc", b"Bearer def"], Bearer::Malformed),
            (&[b"Basic x", b"Bearer abc"], token("abc")),
        ] {
            assert!(read(values) == expected, "{values:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(value in proptest::collection::vec(32u8..=255, 0..40)) {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                let _ = Bearer::of(&HeaderMap::from_iter([(AUTHORIZATION, value)]));
            }
        }
    }
}
