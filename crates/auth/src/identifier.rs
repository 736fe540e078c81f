//! Mail addresses: from what a person typed to the one value that everything after uses.
//!
//! SECURITY: normalised first, checked after, and only the result is ever used. Looking at the text before
//! Unicode normalisation let a full-width `＠` through (GHSA-7rqj-j65f-68wh); a comma or a quoted local part made
//! mailers send a victim's link to an attacker (CVE-2022-35924, GHSA-5jpx-9hw9-2fx4).
//!
//! Source: contract authjs §5.1.1; RFC 5321 section 4.5.3.1.3 for the length.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A normalised mail address: one `@`, something on both sides, no control or invisible character, at most 254 bytes.
// INVARIANT: made only by `Email::parse`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// Why a text is no address. The text itself is never part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Nothing was given.
    #[error("the address is missing")]
    Missing,
    /// Longer than any address can be.
    #[error("the address is too long")]
    TooLong,
    /// Not of the form `local@domain`.
    #[error("the address is not of the form `name@domain`")]
    Malformed,
    /// Holds a character that mail headers or mailers could misread.
    #[error("the address holds a character that is not allowed")]
    Forbidden,
}

/// The longest address that can stand in SMTP's `RCPT TO:<…>`, in bytes.
const MAX_BYTES: usize = 254;

/// How much of a raw text is looked at: surrounding blanks and Unicode forms that shrink leave room above 254.
const MAX_RAW_BYTES: usize = 1024;

impl Email {
    /// Normalises the way Auth.js does, and refuses what a mail header could be broken with.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`] says what is wrong, without the text.
    pub fn parse(typed: &str) -> Result<Self, IdentifierError> {
        if typed.is_empty() {
            return Err(IdentifierError::Missing);
        }
        if typed.len() > MAX_RAW_BYTES {
            return Err(IdentifierError::TooLong);
        }
        // Lower-cased because stores compare exactly and people do not.
        let folded = typed.nfkc().collect::<String>().to_lowercase();
        let text = folded.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let forbidden = |c: char| c == '"' || c.is_control() || is_invisible(c);
        if text.contains(forbidden) {
            return Err(IdentifierError::Forbidden);
        }
        let (local, domain) = text.split_once('@').ok_or(IdentifierError::Malformed)?;
        if local.is_empty() || domain.contains('@') {
            return Err(IdentifierError::Malformed);
        }
        let domain = domain.split(',').next().unwrap_or_default();
        check_domain(local, domain)?;
        let address = format!("{local}@{domain}");
        if address.len() > MAX_BYTES {
            return Err(IdentifierError::TooLong);
        }
        Ok(Self(address))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands after the `@`.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

/// SECURITY: `<x@evil.com> .victim.com` passes a check for the suffix `.victim.com`, yet mailers send it to
/// `evil.com`; what takes an address apart as a URL does so with `evil.com#.victim.com`. So a domain holds what names
/// of hosts are made of (RFC 5891 for those that are not ASCII) and nothing else. A bracket that closes the whole
/// address does no harm and Auth.js lets it pass.
fn check_domain(local: &str, domain: &str) -> Result<(), IdentifierError> {
    let inner = match domain.strip_suffix('>') {
        Some(inner) if local.starts_with('<') => inner,
        _ => domain,
    };
    if inner.is_empty() {
        return Err(IdentifierError::Malformed);
    }
    if !inner.chars().all(is_of_a_host) {
        return Err(IdentifierError::Forbidden);
    }
    Ok(())
}

fn is_of_a_host(character: char) -> bool {
    // The last ones are punctuation that words of some languages need (RFC 5892 appendix A.3 to A.7).
    character.is_alphanumeric()
        || is_combining_mark(character)
        || matches!(
            character,
            '.' | '-' | '_' | '\u{b7}' | '\u{375}' | '\u{5f3}' | '\u{5f4}' | '\u{30fb}'
        )
}

/// SECURITY: characters that no reader sees, or that turn the order of others around. With one of them an address
/// is another one than it seems to be. Unicode: `Default_Ignorable_Code_Point`, `Bidi_Control`, the line and paragraph
/// separators.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

impl fmt::Debug for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Email(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_mistake_has_its_error() {
        for (typed, error) in [
            ("", IdentifierError::Missing),
            ("   ", IdentifierError::Malformed),
            ("a", IdentifierError::Malformed),
            ("a@", IdentifierError::Malformed),
            ("@a", IdentifierError::Malformed),
            ("<@>", IdentifierError::Malformed),
            ("a@b@c", IdentifierError::Malformed),
            ("a@b c", IdentifierError::Forbidden),
            ("a\u{0}@b", IdentifierError::Forbidden),
            ("a\"@b", IdentifierError::Forbidden),
        ] {
            assert_eq!(Email::parse(typed), Err(error), "{typed:?}");
        }
    }

    /// CVE-2022-35924 and GHSA-5jpx-9hw9-2fx4 in spirit: what mail goes to is what a reader of the address sees.
    #[test]
    fn a_domain_holds_what_names_of_hosts_hold() {
        for domain in [
            "evil.com#.b",
            "evil.com/.b",
            "evil.com:.b",
            "evil.com%00.b",
            "evil.com?.b",
            "evil.com\\.b",
            "evil.com'.b",
            "evil.com\u{2044}.b",
            "evil.com\u{3002}b",
            "[10.0.0.1]",
            "evil.com;b",
            "(evil.com)b",
            "evil.com <b",
            "evil.com\u{a0}b",
            "evil.com!b",
            "evil.com=b",
            "evil.com*",
        ] {
            let typed = format!("a@{domain}");
            assert_eq!(
                Email::parse(&typed),
                Err(IdentifierError::Forbidden),
                "{typed:?}"
            );
        }
        for domain in [
            "b\u{fc}cher.example",
            "xn--bcher-kva.example",
            "\u{915}\u{94d}\u{937}.example",
            "a_b-c.example.",
        ] {
            assert_eq!(
                Email::parse(&format!("a@{domain}")).unwrap().domain(),
                domain
            );
        }
    }

    #[test]
    fn no_address_holds_what_cannot_be_seen() {
        for hidden in [
            '\u{ad}',
            '\u{200b}',
            '\u{200d}',
            '\u{200f}',
            '\u{202e}',
            '\u{2028}',
            '\u{2060}',
            '\u{2066}',
            '\u{feff}',
            '\u{fe0f}',
            '\u{3164}',
            '\u{61c}',
            '\u{34f}',
            '\u{e0020}',
        ] {
            for typed in [
                format!("vic{hidden}tim@b.example"),
                format!("victim@b{hidden}.example"),
            ] {
                assert_eq!(
                    Email::parse(&typed),
                    Err(IdentifierError::Forbidden),
                    "{typed:?}"
                );
            }
        }
    }

    #[test]
    fn lengths_are_bounded_before_and_after() {
        let longest = format!("{}@example.com", "a".repeat(MAX_BYTES - 12));
        assert_eq!(Email::parse(&longest).unwrap().as_str(), longest);
        assert_eq!(
            Email::parse(&format!("a{longest}")),
            Err(IdentifierError::TooLong)
        );
        let blanks = " ".repeat(MAX_RAW_BYTES);
        assert_eq!(
            Email::parse(&format!("a@b{blanks}")),
            Err(IdentifierError::TooLong)
        );
        // One character that NFKC makes eighteen of.
        let grows = format!("{}@b", "\u{fdfa}".repeat(300));
        assert_eq!(Email::parse(&grows), Err(IdentifierError::TooLong));
    }

    #[test]
    fn the_domain_is_what_mail_goes_to() {
        let domain = |typed| Email::parse(typed).map(|email| email.domain().to_owned());
        assert_eq!(domain("A@Example.COM,evil").as_deref(), Ok("example.com"));
    }

    #[test]
    fn neither_address_nor_error_prints_the_text() {
        let email = Email::parse("planted@example.com").unwrap();
        assert_eq!(format!("{email:?}"), "Email(..)");
        let error = Email::parse("planted").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("planted"));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_the_result_is_safe_in_a_header(typed: String) {
            if let Ok(email) = Email::parse(&typed) {
                let text = email.as_str();
                prop_assert_eq!(text.matches('@').count(), 1);
                prop_assert!(!text.chars().any(|c| c.is_control() || is_invisible(c)));
                prop_assert!(!email.domain().contains(['#', '/', ':', '%', '?', '\\', ' ']));
                prop_assert!(text.len() <= MAX_BYTES);
            }
        }

        #[test]
        fn plain_addresses_are_a_fixed_point(typed in "[A-Za-z0-9.+_-]{1,20}@[A-Za-z0-9.-]{1,20}") {
            let once = Email::parse(&typed).unwrap();
            prop_assert_eq!(once.as_str(), typed.to_lowercase());
            prop_assert_eq!(Email::parse(once.as_str()), Ok(once));
        }
    }
}
