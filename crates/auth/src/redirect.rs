//! Where a person may be sent, and how a target is written into a `Location` header.
//!
//! SECURITY: targets are compared as parsed origins, never as text (CVE-2022-24858: `https://app.example.evil.com`
//! starts with `https://app.example`).
//!
//! Source: contract authjs §1.2, §1.3; vectors `redirect_default`.

use http::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::Url;

use crate::origin::Origin;

/// The text is neither a path nor a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the redirect target is no URL")]
pub struct InvalidTarget;

/// The default redirect rule: a path stays on our origin, a URL must be of our origin, anything else becomes our
/// origin.
///
/// # Errors
///
/// [`InvalidTarget`] when the text does not begin with `/` and is no absolute URL.
pub fn default_rule(target: &str, base: &Origin) -> Result<String, InvalidTarget> {
    if target.starts_with('/') {
        return Ok(format!("{base}{target}"));
    }
    let url = Url::parse(target).map_err(|_| InvalidTarget)?;
    let ours = Origin::of(&url).is_ok_and(|origin| origin == *base);
    if !ours || !url.username().is_empty() || url.password().is_some() {
        return Ok(base.to_string());
    }
    Ok(if reads_alike(target) {
        target.to_owned()
    } else {
        url.into()
    })
}

/// SECURITY: `https://app.example\@evil.com` is ours to a browser and `evil.com`'s to other clients; a tab inside
/// a scheme vanishes for one reader only. Such texts are replaced by what we parsed.
fn reads_alike(target: &str) -> bool {
    let lower = target.to_ascii_lowercase();
    let absolute = lower.starts_with("https://") || lower.starts_with("http://");
    absolute && !target.contains(|c: char| c == '\\' || c == ' ' || c.is_control())
}

/// The longest `callbackUrl`, in bytes. It comes back in a cookie, in mails and in `Location`, where proxies and browsers
/// refuse more than a few KiB.
pub const MAX_CALLBACK_URL_BYTES: usize = 2048;

/// The longest path that is written into a `callbackUrl` of ours, in bytes: behind the longest name of a host it is
/// no longer than a `callbackUrl` may be.
pub(crate) const MAX_BACK_BYTES: usize =
    MAX_CALLBACK_URL_BYTES - "https://".len() - 253 - ":65535".len();

/// Whether a `callbackUrl` of a query or cookie can be used at all: a path, or an http or https URL, of at most
/// [`MAX_CALLBACK_URL_BYTES`].
pub fn is_valid_callback_url(target: &str, base: &Origin) -> bool {
    if target.len() > MAX_CALLBACK_URL_BYTES {
        return false;
    }
    let url = if target.starts_with('/') {
        Url::parse(base.as_str()).and_then(|base| base.join(target))
    } else {
        Url::parse(target)
    };
    url.is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// What may not stand raw in a header: controls, blanks, and (always encoded) all that is not ASCII.
const NOT_IN_LOCATION: &AsciiSet = &CONTROLS.add(b' ');

/// The target as a header value. Cannot break a header, whatever the text.
pub fn location(target: &str) -> HeaderValue {
    let text = utf8_percent_encode(target, NOT_IN_LOCATION).to_string();
    // Only visible ASCII is left, which every header value may hold.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("/"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base() -> Origin {
        Origin::parse("https://app.example").unwrap()
    }

    proptest! {
        #[test]
        fn whatever_the_target_a_browser_stays_with_us(target in "(https?:)?[/\\\\]{0,3}(app\\.example|evil\\.example)?[@:/\\\\?#.\t\n a-z0-9]{0,12}") {
            if let Ok(admitted) = default_rule(&target, &base()) {
                let sent = location(&admitted);
                let reached = base().join(sent.to_str().unwrap());
                prop_assert_eq!(reached, Some(base()), "{}", target);
            }
        }

        #[test]
        fn no_target_panics_or_breaks_a_header(target: String) {
            let _ = is_valid_callback_url(&target, &base());
            let admitted = default_rule(&target, &base()).unwrap_or(target);
            let sent = location(&admitted);
            prop_assert!(sent.as_bytes().iter().all(u8::is_ascii_graphic));
        }
    }

    impl Origin {
        /// Where a browser on our pages goes when it is sent to this.
        fn join(&self, location: &str) -> Option<Origin> {
            let here = Url::parse(self.as_str()).ok()?;
            Origin::of(&here.join(location).ok()?).ok()
        }
    }
}
