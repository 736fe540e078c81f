//! Exact numbers as text in one form, so that equal numbers are equal text.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// An exact number, of as many digits as it has. To calculate with it, give its text to a library for that.
///
/// ```
/// use hallpass_data::Decimal;
///
/// let price: Decimal = "19.90".parse()?;
/// assert_eq!(price.as_str(), "19.9");
/// assert!(price > Decimal::from(19));
/// # Ok::<(), hallpass_data::DecimalError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
// INVARIANT: in the one form.
pub struct Decimal(String);

/// The text is no decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no decimal number")]
pub struct DecimalError;

impl Decimal {
    /// Its digits: `-0.5`, without needless zeros.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its digits.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        read(text).map(Self).ok_or(DecimalError)
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        // Both are numbers, so there always is an answer.
        compare(&self.0, &other.0).unwrap_or(Ordering::Equal)
    }
}

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

/// The furthest that an exponent may move the point.
const MAX_EXPONENT: u32 = 1000;

/// A number as programs write it, also with an exponent (`1e-7`), in that one form.
pub(crate) fn read(text: &str) -> Option<String> {
    let Some((digits, exponent)) = text.split_once(['e', 'E']) else {
        return normalise(text);
    };
    let exponent: i32 = exponent.parse().ok()?;
    if exponent.unsigned_abs() > MAX_EXPONENT {
        return None;
    }
    let digits = normalise(digits)?;
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", digits.as_str()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let zeros = "0".repeat(usize::try_from(exponent.unsigned_abs()).ok()?);
    let moved = if exponent < 0 {
        let all = format!("{zeros}{whole}");
        let at = all.len().checked_sub(zeros.len())?;
        let (before, after) = all.split_at_checked(at)?;
        format!("{sign}{before}.{after}{fraction}")
    } else {
        let all = format!("{fraction}{zeros}");
        let (before, after) = all.split_at_checked(zeros.len())?;
        format!("{sign}{whole}{before}.{after}")
    };
    normalise(&moved)
}

/// Whether a floating number keeps every digit of a number in the one form, or a whole number of 64 bits does. Of 15 digits
/// it keeps all, of more those of some numbers.
///
/// Source: SQLite, "Datatypes In SQLite" §3: what text becomes in a numeric column.
pub(crate) fn is_kept(number: &str) -> bool {
    let floating = number
        .parse::<f64>()
        .ok()
        .filter(|floating| floating.is_finite());
    let kept = floating.and_then(|floating| read(&floating.to_string()));
    kept.as_deref() == Some(number) || number.parse::<i64>().is_ok()
}

/// The number with so many digits behind the point, halves away from zero, in the one form; `None` when it is no number.
pub(crate) fn rounded(number: &str, digits: u32) -> Option<String> {
    let number = normalise(number)?;
    let Some((before, fraction)) = number.split_once('.') else {
        return Some(number);
    };
    let digits = usize::try_from(digits).ok()?;
    let Some((kept, cut)) = fraction.split_at_checked(digits) else {
        return Some(number);
    };
    if cut.bytes().next().is_none_or(|digit| digit < b'5') {
        return normalise(&format!("{before}.{kept}"));
    }
    let (sign, whole) = match before.strip_prefix('-') {
        Some(whole) => ("-", whole),
        None => ("", before),
    };
    // From behind, nines become zeros and the digit before them is one more.
    let mut all: Vec<u8> = format!("0{whole}{kept}").into_bytes();
    for digit in all.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            break;
        }
        *digit = b'0';
    }
    let all = String::from_utf8(all).ok()?;
    let (whole, kept) = all.split_at_checked(all.len().checked_sub(kept.len())?)?;
    normalise(&format!("{sign}{whole}.{kept}"))
}

/// Whether a number in the one form has no more digits than these, and no more of them behind the point than those.
pub(crate) fn has_at_most(number: &str, all: usize, behind_the_point: usize) -> bool {
    let number = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    fraction.len() <= behind_the_point && whole.len() + fraction.len() <= all
}

/// How two numbers compare, digit by digit; `None` when one is no number.
pub(crate) fn compare(one: &str, other: &str) -> Option<Ordering> {
    let (one, other) = (normalise(one)?, normalise(other)?);
    Some(match (one.strip_prefix('-'), other.strip_prefix('-')) {
        (None, None) => compare_sizes(&one, &other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(one), Some(other)) => compare_sizes(other, one),
    })
}

/// Digits of a quotient behind those of the number.
const QUOTIENT_DIGITS: usize = 25;

/// The floating number that is nearest to a number divided; `None` when it is no number, or divided by nothing.
pub(crate) fn quotient(number: &str, divisor: u64) -> Option<f64> {
    let number = normalise(number)?;
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number.as_str()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let further = std::iter::repeat_n('0', QUOTIENT_DIGITS);
    let mut divided = String::from(sign);
    let mut rest = 0_u128;
    for (place, digit) in whole
        .chars()
        .chain(fraction.chars())
        .chain(further)
        .enumerate()
    {
        if place == whole.len() {
            divided.push('.');
        }
        let number = rest * 10 + u128::from(digit.to_digit(10)?);
        divided.push_str(&number.checked_div(divisor.into())?.to_string());
        rest = number.checked_rem(divisor.into())?;
    }
    divided.parse().ok()
}

/// Of numbers in the one form, without a sign.
fn compare_sizes(one: &str, other: &str) -> Ordering {
    let parts = |text| str::split_once(text, '.').unwrap_or((text, ""));
    let ((one, one_fraction), (other, other_fraction)) = (parts(one), parts(other));
    let by_whole = one.len().cmp(&other.len()).then_with(|| one.cmp(other));
    by_whole.then_with(|| one_fraction.cmp(other_fraction))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::{compare, is_kept, normalise, read, rounded};

    #[test]
    fn floating_numbers_keep_fifteen_digits() {
        for (number, expected) in [
            ("0", true),
            ("0.1", true),
            ("123456789012345", true),
            ("-0.000123456789012345", true),
            ("12345678901234.25", true),
            ("9223372036854775807", true),
            ("12345678901234567.25", false),
            ("0.1000000000000000055", false),
            ("12345678901234567890", false),
        ] {
            assert_eq!(is_kept(number), expected, "{number}");
        }
    }

    #[test]
    fn numbers_are_rounded_as_on_paper() {
        for (number, digits, expected) in [
            ("1.005", 2, Some("1.01")),
            ("-1.005", 2, Some("-1.01")),
            ("1.0049999", 2, Some("1")),
            ("9.995", 2, Some("10")),
            ("-0.5", 0, Some("-1")),
            ("-0.49", 0, Some("0")),
            ("0.05", 1, Some("0.1")),
            ("99999.5", 0, Some("100000")),
            ("12", 0, Some("12")),
            ("1.5", 30, Some("1.5")),
            ("x", 2, None),
        ] {
            assert_eq!(rounded(number, digits).as_deref(), expected, "{number}");
        }
    }

    #[test]
    fn exponents_move_the_point() {
        for (given, expected) in [
            ("1e5", Some("100000")),
            ("1.5e+1", Some("15")),
            ("-1.25E-3", Some("-0.00125")),
            ("12.5e-1", Some("1.25")),
            ("1.234e2", Some("123.4")),
            ("0e9", Some("0")),
            ("7", Some("7")),
            ("1e1000", Some(&*format!("1{}", "0".repeat(1000)))),
            ("1e1001", None),
            ("1e99999999999", None),
            ("e5", None),
            ("1e", None),
            ("1e1e1", None),
        ] {
            assert_eq!(read(given).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn numbers_compare_digit_by_digit() {
        let ordered = [
            "-100",
            "-99.5",
            "-0.51",
            "-0.5",
            "0",
            "0.05",
            "0.5",
            "0.51",
            "1",
            "9",
            "10",
            "9007199254740992",
            "9007199254740993",
            "9007199254740993.1",
        ];
        for (position, one) in ordered.iter().enumerate() {
            for (place, other) in ordered.iter().enumerate() {
                assert_eq!(
                    compare(one, other),
                    Some(position.cmp(&place)),
                    "{one} {other}"
                );
            }
        }
        assert_eq!(compare("-0.0", "+00"), Some(Ordering::Equal));
        assert_eq!(compare("1e5", "1"), None);
    }

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
