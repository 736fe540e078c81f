//! Arrays in PostgreSQL's binary format: of one dimension, as columns of value lists are.
//!
//! SPEC: the server's `array_send`: dimensions, a flag, the element type, then length and lower bound of each dimension,
//! then the elements, each with its length or -1 for null.

use hallpass_sql::Value;

use super::codec::Codec;

/// What stands before the elements of an array that has some.
const HEADER: usize = 20;

/// The bytes of a list; `None` where an element does not fit.
pub(super) fn encode(codec: Codec, element_oid: u32, values: &[Value]) -> Option<Vec<u8>> {
    let dimensions = i32::from(!values.is_empty());
    let has_null = i32::from(values.contains(&Value::Null));
    let mut bytes = Vec::with_capacity(HEADER + 8 * values.len());
    bytes.extend(dimensions.to_be_bytes());
    bytes.extend(has_null.to_be_bytes());
    bytes.extend(element_oid.to_be_bytes());
    if values.is_empty() {
        return Some(bytes);
    }
    bytes.extend(i32::try_from(values.len()).ok()?.to_be_bytes());
    bytes.extend(1_i32.to_be_bytes());
    for value in values {
        if *value == Value::Null {
            bytes.extend((-1_i32).to_be_bytes());
            continue;
        }
        let element = codec.encode(value)?;
        bytes.extend(i32::try_from(element.len()).ok()?.to_be_bytes());
        bytes.extend_from_slice(&element);
    }
    Some(bytes)
}

/// The elements of a list; `None` for an array of several dimensions, or one that is cut short.
pub(super) fn decode(codec: Codec, raw: &[u8]) -> Option<Vec<Value>> {
    let mut rest = raw;
    let dimensions = number(&mut rest)?;
    let _has_null = number(&mut rest)?;
    let _element_oid = number(&mut rest)?;
    if dimensions == 0 {
        return rest.is_empty().then(Vec::new);
    }
    if dimensions != 1 {
        return None;
    }
    let count = number(&mut rest)?;
    let _lower_bound = number(&mut rest)?;
    // Each element takes four bytes at least: no room is made for more than there can be.
    let mut values = Vec::with_capacity(usize::try_from(count).ok()?.min(rest.len() / 4));
    for _ in 0..count {
        values.push(element(codec, &mut rest)?);
    }
    rest.is_empty().then_some(values)
}

fn element(codec: Codec, rest: &mut &[u8]) -> Option<Value> {
    let length = number(rest)?;
    if length == -1 {
        return Some(Value::Null);
    }
    let (bytes, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = after;
    codec.value(bytes)
}

fn number(rest: &mut &[u8]) -> Option<i32> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(i32::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts() -> impl Strategy<Value = Vec<Value>> {
        prop::collection::vec(
            prop_oneof![any::<String>().prop_map(Value::Text), Just(Value::Null),],
            0..6,
        )
    }

    proptest! {
        #[test]
        fn lists_survive(values in texts()) {
            let bytes = encode(Codec::Text, 25, &values).unwrap();
            prop_assert_eq!(decode(Codec::Text, &bytes), Some(values));
        }

        #[test]
        fn no_bytes_of_a_server_make_us_panic(raw: Vec<u8>) {
            let _: Option<Vec<Value>> = decode(Codec::Int4, &raw);
        }

        #[test]
        fn an_array_that_is_cut_short_is_none(values in texts(), cut: prop::sample::Index) {
            let bytes = encode(Codec::Text, 25, &values).unwrap();
            let short = &bytes[..cut.index(bytes.len())];
            prop_assert_eq!(decode(Codec::Text, short), None);
        }
    }

    #[test]
    fn more_than_one_dimension_is_none() {
        let raw = [2_i32, 0, 25, 0, 1, 0, 1].map(i32::to_be_bytes).concat();
        assert_eq!(decode(Codec::Text, &raw), None);
    }
}
