//! Enums of the schema.

use hallpass_data::Value;
use serde_json::Value as Json;

/// An enum of the schema.
pub trait Enumeration: Copy + Send + Sync + 'static {
    /// Its members, in the order of the schema.
    const ALL: &'static [Self];

    /// The name of a member in the schema.
    fn name(self) -> &'static str;
}

/// The member that a value of a field is; for generated code.
pub fn member_of_value<E: Enumeration>(value: &Value) -> Option<E> {
    match value {
        Value::Text(name) => member(name),
        _ => None,
    }
}

/// The member that a member of a document is; for generated code.
pub fn member_of_json<E: Enumeration>(json: &Json) -> Option<E> {
    member(json.as_str()?)
}

fn member<E: Enumeration>(name: &str) -> Option<E> {
    E::ALL.iter().copied().find(|member| member.name() == name)
}
