//! The binary format of `numeric`: digits to the base 10,000 around a decimal point.
//!
//! Four 16-bit words (number of digits, weight of the first one, sign, decimal places shown), then the
//! digits. Source: PostgreSQL, src/backend/utils/adt/numeric.c, `numeric_recv` and `numeric_send`.

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const MINUS_INFINITY: u16 = 0xF000;

/// Decimal digits in one digit of the format.
const WIDTH: usize = 4;

const SPECIAL: &[(&str, u16)] = &[
    ("NaN", NAN),
    ("Infinity", INFINITY),
    ("-Infinity", MINUS_INFINITY),
];

/// The bytes of `12.50`, `-3`, `.5`, `NaN`; None for what is no such text or longer than the format admits.
pub(super) fn encode(text: &str) -> Option<Vec<u8>> {
    if let Some((_, sign)) = SPECIAL.iter().find(|(name, _)| *name == text) {
        return Some(bytes(0, *sign, 0, &[]));
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (NEGATIVE, digits),
        None => (POSITIVE, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let scale = u16::try_from(fraction.len())
        .ok()
        .filter(|scale| *scale < 0x4000)?;
    let whole = whole.trim_start_matches('0');
    let weight = i16::try_from(whole.len().div_ceil(WIDTH)).ok()? - 1;
    let padded_whole = format!(
        "{}{whole}",
        "0".repeat(whole.len().next_multiple_of(WIDTH) - whole.len())
    );
    let padded_fraction = format!(
        "{fraction}{}",
        "0".repeat(fraction.len().next_multiple_of(WIDTH) - fraction.len())
    );
    let mut groups = groups(&padded_whole);
    groups.extend(self::groups(&padded_fraction));
    // The server accepts zeros at the ends, but zero itself is written without digits.
    if groups.iter().all(|group| *group == 0) {
        return Some(bytes(0, POSITIVE, scale, &[]));
    }
    Some(bytes(weight, sign, scale, &groups))
}

fn groups(digits: &str) -> Vec<i16> {
    let group = |chunk: &[u8]| {
        chunk
            .iter()
            .fold(0, |number, digit| number * 10 + i16::from(digit - b'0'))
    };
    digits.as_bytes().chunks(WIDTH).map(group).collect()
}

fn bytes(weight: i16, sign: u16, scale: u16, groups: &[i16]) -> Vec<u8> {
    // The count fits: there are at most 2 * 16384 / 4 groups.
    let count = u16::try_from(groups.len()).unwrap_or(u16::MAX);
    let mut bytes = Vec::with_capacity(8 + 2 * groups.len());
    bytes.extend(count.to_be_bytes());
    bytes.extend(weight.to_be_bytes());
    bytes.extend(sign.to_be_bytes());
    bytes.extend(scale.to_be_bytes());
    for group in groups {
        bytes.extend(group.to_be_bytes());
    }
    bytes
}

/// The text of a number, with as many decimal places as the column shows.
pub(super) fn decode(raw: &[u8]) -> Option<String> {
    let mut words = raw
        .chunks(2)
        .map(|word| word.try_into().map(u16::from_be_bytes).ok());
    let count = words.next()??;
    let weight = words.next()??.cast_signed();
    let sign = words.next()??;
    let scale = words.next()??;
    if let Some((name, _)) = SPECIAL.iter().find(|(_, special)| *special == sign) {
        return Some((*name).to_owned());
    }
    let groups: Vec<u16> = words.collect::<Option<_>>()?;
    if groups.len() != usize::from(count) || groups.iter().any(|group| *group > 9999) {
        return None;
    }
    let digits_at = |position: i32| {
        let group = usize::try_from(position)
            .ok()
            .and_then(|position| groups.get(position));
        format!("{:04}", group.copied().unwrap_or(0))
    };
    let first_of_fraction = i32::from(weight) + 1;
    let whole: String = (0..first_of_fraction.max(0)).map(digits_at).collect();
    let whole = whole.trim_start_matches('0');
    let places = usize::from(scale);
    let groups_of_fraction = i32::from(scale.div_ceil(4));
    let fraction: String = (first_of_fraction..first_of_fraction + groups_of_fraction)
        .map(digits_at)
        .collect();
    let fraction = fraction.get(..places)?;
    let minus = if sign == NEGATIVE { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if places == 0 { "" } else { "." };
    Some(format!("{minus}{whole}{point}{fraction}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_have_the_bytes_of_the_server() {
        // As sent by `numeric_send` of PostgreSQL 15.
        let cases: &[(&str, &[u16])] = &[
            ("0", &[0, 0, 0, 0]),
            ("0.00", &[0, 0, 0, 2]),
            ("1", &[1, 0, 0, 0, 1]),
            ("-12345.678", &[3, 1, 0x4000, 3, 1, 2345, 6780]),
            ("10000", &[1, 1, 0, 0, 1]),
            ("0.0001", &[1, 0xFFFF, 0, 4, 1]),
            ("NaN", &[0, 0, 0xC000, 0]),
        ];
        for (text, words) in cases {
            let raw: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            assert_eq!(decode(&raw).as_deref(), Some(*text));
            assert_eq!(
                encode(text).and_then(|raw| decode(&raw)).as_deref(),
                Some(*text)
            );
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "", ".", "-", "1e5", "1,5", "0x10", " 1", "1.2.3", "--1", "١",
        ] {
            assert_eq!(encode(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn numbers_survive(text in "-?[1-9][0-9]{0,40}(\\.[0-9]{1,40})?") {
            let raw = encode(&text).unwrap();
            prop_assert_eq!(decode(&raw), Some(text));
        }

        #[test]
        fn nothing_panics(text: String, raw: Vec<u8>) {
            let _: Option<Vec<u8>> = encode(&text);
            let _: Option<String> = decode(&raw);
        }
    }
}
