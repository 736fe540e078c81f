//! Thirty-two bytes as people copy them.

use std::fmt::Write as _;

pub(super) fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a text never fails.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// In lower case alone: of two spellings of one hash one would not be what was written.
pub(super) fn parse(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

fn digit(sign: u8) -> Option<u8> {
    match sign {
        b'0'..=b'9' => Some(sign - b'0'),
        b'a'..=b'f' => Some(sign - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_written_is_read() {
        let bytes: [u8; 32] = std::array::from_fn(|place| u8::try_from(place * 8).unwrap());
        let written = text(&bytes);
        assert_eq!(parse(&written), Some(bytes));
        for wrong in [
            written.to_uppercase(),
            written.chars().skip(1).collect(),
            format!("{}é", written.trim_end_matches("f8")),
            written.replacen('0', "+", 1),
            String::new(),
        ] {
            assert_eq!(parse(&wrong), None, "{wrong}");
        }
    }
}
