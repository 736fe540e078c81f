//! Arguments in the making.

use hallpass_data::{ArgValue, InvalidInput};

/// An object of one member.
pub(crate) fn one(name: &str, value: ArgValue) -> ArgValue {
    ArgValue::Object(vec![(name.to_owned(), value)])
}

pub(crate) fn text(text: &str) -> ArgValue {
    ArgValue::Text(text.to_owned())
}

pub(crate) fn number(number: impl Into<serde_json::Number>) -> ArgValue {
    ArgValue::Number(number.into())
}

/// The members of an object.
pub(crate) type Members = Vec<(String, ArgValue)>;

/// Adds a member that may stand once.
pub(crate) fn put_once(
    members: &mut Members,
    model: &str,
    name: &str,
    value: ArgValue,
) -> Result<(), InvalidInput> {
    if members.iter().any(|(known, _)| known == name) {
        return Err(InvalidInput::Twice {
            model: model.to_owned(),
            field: name.to_owned(),
        });
    }
    members.push((name.to_owned(), value));
    Ok(())
}

/// Sets a member; what it was before is forgotten.
pub(crate) fn put(members: &mut Members, name: &str, value: ArgValue) {
    match members.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => *known = value,
        None => members.push((name.to_owned(), value)),
    }
}

/// Adds to the list that a member is.
pub(crate) fn push(members: &mut Members, name: &str, value: ArgValue) {
    match members.iter_mut().find(|(known, _)| known == name) {
        Some((_, ArgValue::List(items))) => items.push(value),
        _ => members.push((name.to_owned(), ArgValue::List(vec![value]))),
    }
}

/// Which rows, in which order, and how many.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Listing(Members);

impl Listing {
    /// A further condition, which must hold as well.
    pub(crate) fn filter(&mut self, filter: ArgValue) {
        let position = self.0.iter().position(|(name, _)| name == "where");
        let known = position.map(|position| self.0.swap_remove(position).1);
        let both = match known {
            None => filter,
            Some(ArgValue::Object(mut members)) if is_all(&members) => {
                push(&mut members, "AND", filter);
                ArgValue::Object(members)
            }
            Some(first) => one("AND", ArgValue::List(vec![first, filter])),
        };
        self.0.push(("where".to_owned(), both));
    }

    pub(crate) fn order_by(&mut self, order: ArgValue) {
        push(&mut self.0, "orderBy", order);
    }

    pub(crate) fn put(&mut self, name: &str, value: ArgValue) {
        put(&mut self.0, name, value);
    }

    pub(crate) fn distinct(&mut self, field: &str) {
        push(&mut self.0, "distinct", text(field));
    }

    pub(crate) fn into_members(self) -> Members {
        self.0
    }
}

fn is_all(members: &Members) -> bool {
    matches!(members.as_slice(), [(name, ArgValue::List(_))] if name == "AND")
}
