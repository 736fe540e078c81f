//! Which row it is that something is wrong with, for whoever reads the log.

use std::fmt;

use hallpass_sql::Value;
use sha2::{Digest, Sha256};

/// The key of a row, and nothing else of it.
///
/// SECURITY: what programs made up (an id) stands in it as it is. Anything else may be an address or a token, and stands there as
/// the beginning of its hash (SHA-256, in hex), by which whoever may read the table finds the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowKey(String);

/// So many bytes of a hash tell rows apart.
const SHOWN_BYTES: usize = 8;

impl RowKey {
    /// Of what was looked for by this field: a token, an address. Its hash.
    pub fn hashed(field: &str, value: &str) -> Self {
        Self(format!("{field} of SHA-256 {}…", beginning(value)))
    }

    /// Of the fields of the key with their values, each with whether it was made up. `None` without any.
    pub(crate) fn of(parts: Vec<(&str, Value, bool)>) -> Option<Self> {
        let parts = parts.into_iter().map(|(name, value, made)| {
            let text = match value {
                Value::Int(number) => return Some(format!("{name} {number}")),
                Value::Text(text) => text,
                _ => return None,
            };
            // A made-up id of another program may be anything: what is no word is hidden too.
            let is_word = text.len() <= 64
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
            Some(if made && is_word {
                format!("{name} {text}")
            } else {
                Self::hashed(name, &text).0
            })
        });
        let parts: Vec<_> = parts.collect::<Option<_>>()?;
        (!parts.is_empty()).then(|| Self(parts.join(", ")))
    }
}

fn beginning(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let shown = digest.iter().take(SHOWN_BYTES);
    shown.map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Display for RowKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(parts: Vec<(&str, Value, bool)>) -> Option<String> {
        RowKey::of(parts).map(|key| key.to_string())
    }

    #[test]
    fn what_programs_made_up_is_shown_and_anything_else_hashed() {
        let text = |text: &str| Value::from(text);
        assert_eq!(
            shown(vec![("id", text("cm1abc-9_Z"), true)]).as_deref(),
            Some("id cm1abc-9_Z")
        );
        assert_eq!(
            shown(vec![("id", Value::Int(7), false)]).as_deref(),
            Some("id 7")
        );
        let token = shown(vec![
            ("sessionToken", text("planted-token"), false),
            ("id", text("ada@example.com"), true),
        ]);
        let token = token.unwrap();
        assert!(
            !token.contains("planted") && !token.contains("ada"),
            "{token}"
        );
        // printf planted-token | sha256sum
        assert!(
            token.starts_with("sessionToken of SHA-256 adf96522a46e4c25…, id of SHA-256 "),
            "{token}"
        );
        assert_eq!(shown(Vec::new()), None);
        assert_eq!(shown(vec![("id", Value::Null, true)]), None);
    }
}
