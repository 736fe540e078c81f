//! Values as their column will keep them.
//!
//! SECURITY: access rules judge a new row before it is written. `admin ` in a column of five characters becomes `admin`
//! there; so what is written, and judged, is `admin` from the start.
//!
//! Invariant: what is too long or too large is left as it is: the database refuses it.

use hallpass_sql::{Content, Keeping, Value};
use hallpass_zmodel::schema::{Field, FieldKind, Scalar};

use crate::decimal;

/// What kind of values the column of a field is for; `None` where rules cannot compare them, or the schema alone says
/// which there are.
pub(crate) fn content(field: &Field) -> Option<Content> {
    let FieldKind::Scalar(scalar) = &field.kind else {
        return None;
    };
    Some(match scalar {
        Scalar::String => Content::Text,
        Scalar::Int | Scalar::BigInt => Content::Whole,
        Scalar::Float => Content::Floating,
        Scalar::Decimal => Content::Exact,
        Scalar::Boolean => Content::Truth,
        Scalar::DateTime => Content::Moment,
        Scalar::Bytes => Content::Bytes,
        Scalar::Json => return None,
    })
}

/// What stands in the column once the value was written there.
pub(crate) fn kept(keeping: Keeping, value: Value) -> Value {
    match (keeping, value) {
        (keeping, Value::List(values)) => {
            Value::List(values.into_iter().map(|one| kept(keeping, one)).collect())
        }
        (Keeping::Characters(most), Value::Text(text)) => Value::Text(without_blanks_behind(
            text,
            end_of_characters,
            u64::from(most),
        )),
        (Keeping::TextBytes(most), Value::Text(text)) => {
            Value::Text(without_blanks_behind(text, end_of_bytes, most))
        }
        (Keeping::NoBlanksAtEnd, Value::Text(text)) => Value::Text(meant(&text).to_owned()),
        (Keeping::Blanks(length), Value::Text(text)) => Value::Text(filled(meant(&text), length)),
        (Keeping::Zeros(length), Value::Bytes(mut bytes)) => {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            bytes.resize(bytes.len().max(length), 0);
            Value::Bytes(bytes)
        }
        (Keeping::SmallLetters, Value::Text(text)) => Value::Text(text.to_ascii_lowercase()),
        (Keeping::Digits(digits), Value::Decimal(number)) => {
            Value::Decimal(decimal::rounded(&number, digits).unwrap_or(number))
        }
        (Keeping::Single, Value::Float(number)) => Value::Float(single(number)),
        (_, value) => value,
    }
}

/// A text without the blanks at its end.
pub(crate) fn meant(text: &str) -> &str {
    text.trim_end_matches(' ')
}

/// The text, cut where `end` says that so much ends, if there are blanks only behind that.
fn without_blanks_behind(text: String, end: fn(&str, u64) -> usize, most: u64) -> String {
    match text.split_at_checked(end(&text, most)) {
        Some((before, after)) if meant(after).is_empty() => before.to_owned(),
        _ => text,
    }
}

fn end_of_characters(text: &str, most: u64) -> usize {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    text.char_indices()
        .nth(most)
        .map_or(text.len(), |(at, _)| at)
}

fn end_of_bytes(text: &str, most: u64) -> usize {
    usize::try_from(most).map_or(text.len(), |most| most.min(text.len()))
}

fn filled(text: &str, length: u32) -> String {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    // A column of PostgreSQL has ten million characters at most; what is refused anyway is not filled.
    let missing = length.min(MOST_BLANKS).saturating_sub(text.chars().count());
    format!("{text}{}", " ".repeat(missing))
}

/// The longest `character(n)` of PostgreSQL.
const MOST_BLANKS: usize = 10_485_760;

/// As a floating number of 32 bits keeps it; what is too large for one is left as it is.
fn single(number: f64) -> f64 {
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "rounded as the column rounds; overflow is seen below"
    )]
    let single = number as f32;
    if single.is_finite() {
        f64::from(single)
    } else {
        number
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn values_become_what_columns_keep() {
        let number = |text: &str| Value::Decimal(text.to_owned());
        for (keeping, given, expected) in [
            (Keeping::Same, text("a "), text("a ")),
            (Keeping::Characters(5), text("admin  "), text("admin")),
            (Keeping::Characters(5), text("ädmin "), text("ädmin")),
            (Keeping::Characters(5), text("adm  "), text("adm  ")),
            (Keeping::Characters(5), text("adm   "), text("adm  ")),
            // Refused by the database, as are blanks of other kinds.
            (Keeping::Characters(5), text("admin x"), text("admin x")),
            (Keeping::Characters(5), text("admin\t"), text("admin\t")),
            (Keeping::TextBytes(5), text("admin "), text("admin")),
            (Keeping::TextBytes(5), text("ädmin"), text("ädmin")),
            (Keeping::TextBytes(6), text("ädmin "), text("ädmin")),
            (Keeping::TextBytes(1), text("ä"), text("ä")),
            (Keeping::NoBlanksAtEnd, text(" a  "), text(" a")),
            (Keeping::Blanks(3), text("ä"), text("ä  ")),
            (Keeping::Blanks(3), text("abcd  "), text("abcd")),
            (Keeping::Blanks(0), text("a "), text("a")),
            (Keeping::SmallLetters, text("AB-1"), text("ab-1")),
            (
                Keeping::Zeros(3),
                Value::Bytes(vec![1]),
                Value::Bytes(vec![1, 0, 0]),
            ),
            (Keeping::Digits(2), number("1.005"), number("1.01")),
            (Keeping::Single, Value::Float(0.5), Value::Float(0.5)),
            (Keeping::Single, Value::Float(1e300), Value::Float(1e300)),
            (Keeping::Digits(2), Value::Null, Value::Null),
            (
                Keeping::NoBlanksAtEnd,
                Value::List(vec![text("a ")]),
                Value::List(vec![text("a")]),
            ),
        ] {
            assert_eq!(
                kept(keeping, given.clone()),
                expected,
                "{keeping:?} {given:?}"
            );
        }
    }

    fn keeping() -> impl Strategy<Value = Keeping> {
        prop_oneof![
            (0_u32..8).prop_map(Keeping::Characters),
            (0_u64..8).prop_map(Keeping::TextBytes),
            Just(Keeping::NoBlanksAtEnd),
            (0_u32..8).prop_map(Keeping::Blanks),
            Just(Keeping::SmallLetters),
            (0_u32..8).prop_map(Keeping::Digits),
            Just(Keeping::Single),
        ]
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            "[a-cä ]{0,10}".prop_map(Value::Text),
            "-?[0-9]{1,4}(\\.[0-9]{1,9})?".prop_map(Value::Decimal),
            any::<f64>().prop_map(Value::Float),
        ]
    }

    proptest! {
        #[test]
        fn what_was_kept_once_stays_so(keeping in keeping(), value in value()) {
            prop_assume!(value != Value::Float(f64::NAN));
            let once = kept(keeping, value);
            prop_assert_eq!(kept(keeping, once.clone()), once);
        }
    }
}
