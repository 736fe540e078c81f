use sha2::{Digest as _, Sha256};

use crate::args::ArgValue;

/// What somebody asks, and who: told apart by a hash of all of it.
///
/// SECURITY: whoever has the same one is given what was read for another, so what is hashed says every value with its kind and
/// its length, and nothing of the hash is cut.
pub(super) type Digest = [u8; 32];

pub(super) struct Digesting(Sha256);

impl Digesting {
    pub(super) fn begin() -> Self {
        Self(Sha256::new())
    }

    pub(super) fn text(&mut self, kind: u8, text: &str) {
        self.bytes(kind, text.as_bytes());
    }

    pub(super) fn end(self) -> Digest {
        self.0.finalize().into()
    }

    pub(super) fn value(&mut self, value: &ArgValue) {
        match value {
            ArgValue::Null => self.bytes(0, &[]),
            ArgValue::Boolean(value) => self.bytes(1, &[u8::from(*value)]),
            ArgValue::Number(number) => self.text(2, &number.to_string()),
            ArgValue::Text(text) => self.text(3, text),
            ArgValue::List(items) => {
                self.length(4, items.len());
                items.iter().for_each(|item| self.value(item));
            }
            ArgValue::Object(members) => {
                self.length(5, members.len());
                for (name, value) in members {
                    self.text(3, name);
                    self.value(value);
                }
            }
            ArgValue::DateTime(moment) => self.text(6, &moment.to_string()),
            ArgValue::BigInt(number) => self.bytes(7, &number.to_le_bytes()),
            ArgValue::Decimal(text) => self.text(8, text),
            ArgValue::Bytes(bytes) => self.bytes(9, bytes),
            ArgValue::JsonNull => self.bytes(10, &[]),
            ArgValue::DbNull => self.bytes(11, &[]),
            ArgValue::AnyNull => self.bytes(12, &[]),
            ArgValue::Literal(text) => self.text(13, text),
        }
    }

    fn bytes(&mut self, kind: u8, bytes: &[u8]) {
        self.length(kind, bytes.len());
        self.0.update(bytes);
    }

    fn length(&mut self, kind: u8, length: usize) {
        self.0.update([kind]);
        self.0
            .update(u64::try_from(length).unwrap_or(u64::MAX).to_le_bytes());
    }
}

/// Of a person, or of nobody.
pub(super) fn of_person(person: Option<&ArgValue>) -> Digest {
    let mut digesting = Digesting::begin();
    match person {
        Some(person) => digesting.value(person),
        None => digesting.text(255, ""),
    }
    digesting.end()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whoever_differs_in_anything_has_another_digest() {
        let of = |json| of_person(Some(&ArgValue::from_json(json).unwrap()));
        let all = [
            of(json!(null)),
            of(json!({})),
            of(json!([])),
            of(json!("")),
            of(json!({"id": "1"})),
            of(json!({"id": 1})),
            of(json!({"id": "1", "role": null})),
            of(json!({"id": "1", "role": ""})),
            of(json!({"id": "1role"})),
            of(json!({"id": ["1"]})),
            of(json!([["a"], "b"])),
            of(json!([["a", "b"]])),
            of_person(None),
            of_person(Some(&ArgValue::BigInt(1))),
            of_person(Some(&ArgValue::Bytes(b"1".to_vec()))),
        ];
        for (number, one) in all.iter().enumerate() {
            assert!(!all[..number].contains(one), "{number}");
        }
        assert_eq!(of(json!({"id": "1"})), of(json!({"id": "1"})));
    }
}
