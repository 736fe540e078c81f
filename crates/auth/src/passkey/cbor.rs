//! CBOR, bounded.

use coset::cbor::Value;
use coset::cbor::de::from_reader_with_recursion_limit;

use super::CeremonyError;

/// How deep values may lie within each other. Attestations need five.
const DEPTH: usize = 16;

/// The first value, and what stands behind it.
pub(super) fn first(bytes: &[u8]) -> Result<(Value, &[u8]), CeremonyError> {
    let mut rest = bytes;
    let value = from_reader_with_recursion_limit(&mut rest, DEPTH);
    Ok((value.map_err(|_| CeremonyError::Malformed("CBOR"))?, rest))
}

/// The only value.
pub(super) fn whole(bytes: &[u8]) -> Result<Value, CeremonyError> {
    match first(bytes)? {
        (value, []) => Ok(value),
        _ => Err(CeremonyError::Malformed("CBOR with something behind it")),
    }
}

/// A member of a map with names of text. One that is there twice is as good as none.
pub(super) fn member<'v>(map: &'v [(Value, Value)], name: &str) -> Option<&'v Value> {
    let mut found = map.iter().filter(|(key, _)| key.as_text() == Some(name));
    let (_, value) = found.next()?;
    found.next().is_none().then_some(value)
}
