//! JSON looked at from value to value, and told whether it stands as we would write it.

use serde_json::Value as Json;

/// Where somebody is in a text of JSON.
pub(super) struct Scan<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
}

/// How a text or a number stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    /// As we would write it; a text without escapes, a number that is whole.
    Plain,
    /// As we would write it.
    Same,
    /// In another way.
    Otherwise,
}

impl<'t> Scan<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The byte that stands here.
    pub(super) fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// What stands between a place before and this one.
    pub(super) fn since(&self, start: usize) -> Option<&'t str> {
        self.text.get(start..self.at)
    }

    /// Goes past blanks.
    pub(super) fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.next() {
            self.at += 1;
        }
    }

    /// Goes past `null`, `true` or `false`.
    pub(super) fn word(&mut self, word: &str) -> Option<()> {
        self.rest().starts_with(word.as_bytes()).then_some(())?;
        self.at += word.len();
        Some(())
    }

    /// Goes past a text, the quote of which stands here.
    pub(super) fn string(&mut self) -> Option<Stands> {
        let start = self.at;
        self.at += 1;
        let mut stands = Stands::Plain;
        loop {
            self.at += plain_length(self.rest());
            match self.next()? {
                b'"' => break,
                b'\\' => match escape_length(self.rest()) {
                    Some(length) => {
                        self.at += length;
                        if stands == Stands::Plain {
                            stands = Stands::Same;
                        }
                    }
                    None => {
                        // Whatever is behind it does not end the text.
                        self.at += 2;
                        stands = Stands::Otherwise;
                    }
                },
                _ => return None,
            }
        }
        self.at += 1;
        if stands == Stands::Otherwise {
            serde_json::from_str::<String>(self.since(start)?).ok()?;
        }
        Some(stands)
    }

    /// Goes past a number.
    pub(super) fn number(&mut self) -> Option<Stands> {
        let start = self.at;
        let is_part = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        self.at += self.rest().iter().take_while(is_part).count();
        let written = self.since(start)?;
        if is_whole(written.as_bytes()) {
            return Some(Stands::Plain);
        }
        let number = serde_json::from_str::<Json>(written).ok()?;
        number.is_number().then_some(())?;
        let ours = number.to_string();
        Some(if ours == written {
            Stands::Same
        } else {
            Stands::Otherwise
        })
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

/// Whether a number is written as we write whole ones, and none that 64 bits cannot hold.
fn is_whole(number: &[u8]) -> bool {
    /// No number of so many digits is too large.
    const DIGITS: usize = 18;
    match number.strip_prefix(b"-").unwrap_or(number) {
        [b'0'] => number.len() == 1,
        [b'1'..=b'9', more @ ..] => more.len() < DIGITS && more.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// How many bytes stand for themselves in a text: up to a quote, a backslash or a control character.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0x80;
    // High bits of bytes that are smaller than one of these; above the first that is, some more.
    let below = |word: u64, bytes: u64| word.wrapping_sub(bytes) & !word;
    let (words, rest) = bytes.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let control = below(word, ONES * 0x20);
        let quote = below(word ^ (ONES * 0x22), ONES);
        let backslash = below(word ^ (ONES * 0x5c), ONES);
        let found = (control | quote | backslash) & HIGH;
        if found != 0 {
            let before = found.trailing_zeros() / 8;
            return number * 8 + usize::try_from(before).unwrap_or_default();
        }
    }
    let is_plain = |byte: &&u8| **byte >= 0x20 && !matches!(**byte, b'"' | b'\\');
    words.len() * 8 + rest.iter().take_while(is_plain).count()
}

/// The length of an escape, where we would write the same.
fn escape_length(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'\\', b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't', ..] => Some(2),
        // Others have a letter of their own.
        [
            b'\\',
            b'u',
            b'0',
            b'0',
            b'0',
            b'0'..=b'7' | b'b' | b'e' | b'f',
            ..,
        ]
        | [b'\\', b'u', b'0', b'0', b'1', b'0'..=b'9' | b'a'..=b'f', ..] => Some(6),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Scan, Stands};

    fn string(written: &str) -> Option<Stands> {
        let mut scan = Scan::of(written);
        scan.string().filter(|_| scan.is_at_end())
    }

    fn number(written: &str) -> Option<Stands> {
        let mut scan = Scan::of(written);
        scan.number().filter(|_| scan.is_at_end())
    }

    #[test]
    fn texts_and_numbers_stand_as_we_write_them_or_otherwise() {
        for (written, expected) in [
            (r#""""#, Some(Stands::Plain)),
            (r#""grüße, 12345678 🪴""#, Some(Stands::Plain)),
            (r#""a\nb\\\"\u001f\u0000""#, Some(Stands::Same)),
            (r#""a\/b""#, Some(Stands::Otherwise)),
            (r#""\u0041""#, Some(Stands::Otherwise)),
            (r#""\u000A""#, Some(Stands::Otherwise)),
            (r#""\u000a""#, Some(Stands::Otherwise)),
            (r#""\ud83e\udeb4""#, Some(Stands::Otherwise)),
            (r#""\ud800""#, None),
            (r#""\x""#, None),
            (r#""\"#, None),
            ("\"a\nb\"", None),
            (r#""12345678"#, None),
        ] {
            assert_eq!(string(written), expected, "{written}");
        }
        for (written, expected) in [
            ("0", Some(Stands::Plain)),
            ("-1", Some(Stands::Plain)),
            ("123456789012345678", Some(Stands::Plain)),
            ("9223372036854775807", Some(Stands::Same)),
            ("0.5", Some(Stands::Same)),
            ("1.50", Some(Stands::Otherwise)),
            ("-0", Some(Stands::Otherwise)),
            ("1e2", Some(Stands::Otherwise)),
            ("01", None),
            ("1e999", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(number(written), expected, "{written}");
        }
    }

    proptest! {
        #[test]
        fn texts_as_we_write_them_are_known(text in any::<String>()) {
            let written = serde_json::to_string(&text).unwrap();
            let stands = string(&written);
            prop_assert!(matches!(stands, Some(Stands::Plain | Stands::Same)), "{written}");
            prop_assert_eq!(stands == Some(Stands::Plain), !written.contains('\\'));
        }

        #[test]
        fn texts_that_are_the_same_are_as_we_write_them(text in r#""([a-zé"\\/u0123bfnD8]|\\\\u00[01][0-9a-fA-F]|\n){0,24}""#) {
            let known = serde_json::from_str::<String>(&text);
            match string(&text) {
                None => prop_assert!(known.is_err(), "{text}"),
                Some(Stands::Otherwise) => prop_assert!(known.is_ok(), "{text}"),
                Some(_) => prop_assert_eq!(serde_json::to_string(&known.unwrap()).unwrap(), text),
            }
        }
    }
}
