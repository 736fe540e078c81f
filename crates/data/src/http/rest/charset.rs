//! Characters that segments of paths may have.

use super::options::RestOptionsError;

/// A set of characters, written as in a character class: `a-zA-Z0-9-_~ %`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Charset {
    ranges: Vec<(char, char)>,
}

impl Charset {
    pub(super) fn read(text: &str) -> Result<Self, RestOptionsError> {
        let mut ranges = Vec::new();
        let mut rest = text.chars();
        while let Some(first) = rest.next() {
            let mut ahead = rest.clone();
            // A dash between two characters makes a range; anywhere else it is itself.
            let last = match (ahead.next(), ahead.next()) {
                (Some('-'), Some(last)) => {
                    rest = ahead;
                    last
                }
                _ => first,
            };
            if last < first || (first..=last).contains(&'/') {
                return Err(RestOptionsError::Charset);
            }
            ranges.push((first, last));
        }
        if ranges.is_empty() {
            return Err(RestOptionsError::Charset);
        }
        Ok(Self { ranges })
    }

    pub(super) fn has(&self, character: char) -> bool {
        self.ranges
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&character))
    }

    /// Whether a segment, as it stands in the path, is of these characters only and not empty.
    pub(super) fn admits(&self, segment: &str) -> bool {
        !segment.is_empty() && segment.chars().all(|character| self.has(character))
    }

    /// A text as a segment of a path: what the set lacks, and what addresses have no room for, is percent-encoded.
    pub(super) fn encode(&self, text: &str) -> String {
        let mut encoded = String::with_capacity(text.len());
        for character in text.chars() {
            if stands_in_paths(character) && self.has(character) {
                encoded.push(character);
                continue;
            }
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                encoded.push_str(percent_encoding::percent_encode_byte(byte));
            }
        }
        encoded
    }
}

/// SPEC: RFC 3986 section 3.3, `pchar` without `pct-encoded`.
fn stands_in_paths(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_read_as_regular_expressions_read_it() {
        let charset = Charset::read("a-zA-Z0-9-_~ %").unwrap();
        for character in "azAZ09-_~ %".chars() {
            assert!(charset.has(character), "{character}");
        }
        for character in "@.:/é^[".chars() {
            assert!(!charset.has(character), "{character}");
        }
        assert!(
            Charset::read("a-zA-Z0-9-_~ %@.:")
                .unwrap()
                .admits("a@b.c:D")
        );
        assert!(!charset.admits(""));
    }

    #[test]
    fn a_class_that_is_none_is_refused() {
        for wrong in ["", "z-a", "a/", "!-~"] {
            assert_eq!(
                Charset::read(wrong),
                Err(RestOptionsError::Charset),
                "{wrong}"
            );
        }
    }

    #[test]
    fn links_can_be_followed() {
        let narrow = Charset::read("a-z%").unwrap();
        assert_eq!(narrow.encode("a b/c%d@é"), "a%20b%2Fc%25d%40%C3%A9");
        let wide = Charset::read("a-zA-Z0-9-_~ %@.:").unwrap();
        assert_eq!(wide.encode("a@b.c:D e"), "a@b.c:D%20e");
    }
}
