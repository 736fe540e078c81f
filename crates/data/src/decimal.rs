//! Exact numbers as text in one form, so that equal numbers are equal text.

/// The number without needless zeros and signs; `None` when it is no number.
pub(crate) fn normalise(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (if text.starts_with('-') { "-" } else { "" }, digits),
        None => ("", text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    Some(match (whole, fraction) {
        ("", "") => "0".to_owned(),
        (whole, "") => format!("{sign}{whole}"),
        ("", fraction) => format!("{sign}0.{fraction}"),
        (whole, fraction) => format!("{sign}{whole}.{fraction}"),
    })
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn equal_numbers_have_one_text() {
        for (given, expected) in [
            ("1.500000", Some("1.5")),
            ("-0.0", Some("0")),
            ("+007", Some("7")),
            (".5", Some("0.5")),
            ("-.50", Some("-0.5")),
            ("12345678901234567890.01", Some("12345678901234567890.01")),
            ("", None),
            (".", None),
            ("-", None),
            ("1e5", None),
            ("1,5", None),
            ("NaN", None),
        ] {
            assert_eq!(normalise(given).as_deref(), expected, "{given}");
        }
    }
}
