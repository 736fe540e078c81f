//! One `Set-Cookie` header.
//!
//! Source: contract authjs §2.1 (order of attributes, encoding).

use std::fmt;
use std::fmt::Write as _;
use std::time::Duration;

use http::HeaderValue;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::names::CookieSpec;
use crate::time::http_date;

/// With which requests from other sites a browser sends the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// With links, not with forms or images.
    Lax,
    /// With none.
    Strict,
    /// With all; browsers want `Secure` then.
    None,
}

/// What a browser keeps longest when it has too many cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// Goes first.
    Low,
    /// The usual.
    Medium,
    /// Goes last.
    High,
}

/// Room for the attributes, and for some signs of the value that are encoded.
const ATTRIBUTES: usize = 128;

/// A cookie to set or delete.
// INVARIANT: the name is the spec's or the spec's with a chunk number, so it cannot break the header.
#[derive(Clone, PartialEq)]
pub struct Cookie {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) spec: CookieSpec,
    pub(super) max_age: Option<Duration>,
    pub(super) expires: Option<Timestamp>,
}

/// What `encodeURIComponent` encodes: all but letters, digits and `-_.!~*'()`.
pub(crate) const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

impl Cookie {
    /// Sets the value, for as long as the spec says (without `Max-Age`: until the browser closes).
    pub fn new(spec: &CookieSpec, value: impl Into<String>) -> Self {
        Self {
            name: spec.name().to_owned(),
            value: value.into(),
            spec: spec.clone(),
            max_age: spec.max_age(),
            expires: None,
        }
    }

    /// Makes the browser forget the cookie.
    pub fn delete(spec: &CookieSpec) -> Self {
        Self {
            max_age: Some(Duration::ZERO),
            ..Self::new(spec, "")
        }
    }

    /// The same with an end.
    #[must_use]
    pub fn expires(self, at: Timestamp) -> Self {
        Self {
            expires: Some(at),
            ..self
        }
    }

    /// The same for requests that other sites make the browser send; see [`CookieSpec::cross_site`].
    #[must_use]
    pub fn cross_site(self) -> Self {
        Self {
            spec: self.spec.cross_site(),
            ..self
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its value, unencoded.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether it makes the browser forget the cookie.
    pub fn is_deletion(&self) -> bool {
        self.max_age == Some(Duration::ZERO)
    }

    /// The value of a `Set-Cookie` header.
    pub fn to_header(&self) -> HeaderValue {
        // `CookieSpec` admits no text that a header could not hold, and the value is encoded.
        let mut text = String::with_capacity(self.name.len() + self.value.len() + ATTRIBUTES);
        // A string takes everything that is written.
        let _ = write!(text, "{self}");
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

impl fmt::Display for Cookie {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)?;
        out.write_str("=")?;
        if self.value.bytes().all(is_plain) {
            out.write_str(&self.value)?;
        } else {
            write!(out, "{}", utf8_percent_encode(&self.value, COMPONENT))?;
        }
        if let Some(age) = self.max_age {
            write!(out, "; Max-Age={}", age.as_secs())?;
        }
        self.spec.write_place(out)?;
        if let Some(at) = self.expires {
            write!(out, "; Expires={}", http_date(at))?;
        }
        self.spec.write_flags(out)
    }
}

/// What stands for itself in nearly every value of ours: tokens, ids, digits.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte == b'.'
}

/// Without the value.
impl fmt::Debug for Cookie {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        write!(text, "Cookie({}", self.name)?;
        if self.is_deletion() {
            text.push_str(", deleted");
        }
        write!(formatter, "{text})")
    }
}
