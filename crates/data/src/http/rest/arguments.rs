//! Arguments of calls, put together.

use crate::args::ArgValue;

/// An object with these members.
pub(super) fn object<'n>(members: impl IntoIterator<Item = (&'n str, ArgValue)>) -> ArgValue {
    let members = members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    ArgValue::Object(members.collect())
}

/// These names, all of them true.
pub(super) fn all<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<(String, ArgValue)> {
    let yes = |name: &str| (name.to_owned(), ArgValue::Boolean(true));
    names.into_iter().map(yes).collect()
}

/// A whole number.
pub(super) fn number(number: u64) -> ArgValue {
    ArgValue::Number(number.into())
}

/// All of these conditions; `None` where there is none.
pub(super) fn every(mut conditions: Vec<ArgValue>) -> Option<ArgValue> {
    match conditions.len() {
        0 => None,
        1 => conditions.pop(),
        _ => Some(object([("AND", ArgValue::List(conditions))])),
    }
}

/// Any of these conditions, of which there is one at least.
pub(super) fn any(mut conditions: Vec<ArgValue>) -> ArgValue {
    match (conditions.len(), conditions.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            conditions.extend(last);
            object([("OR", ArgValue::List(conditions))])
        }
    }
}
