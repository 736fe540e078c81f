//! Services whose token endpoints leave out what RFC 6749 §5.1 asks for.

use serde_json::{Map, Value};

use crate::providers::oauth::{Quirks, TokenAnswer};

/// A token without `token_type` is a bearer token, and a `scope` that is no text says nothing.
#[derive(Debug, Default)]
pub(in crate::providers::catalogue) struct Lenient;

impl Quirks for Lenient {
    fn token_answer(&self, answer: &mut TokenAnswer) {
        complete(&mut answer.body);
    }
}

/// The same, for services that do more differently.
pub(super) fn complete(answer: &mut Map<String, Value>) {
    if answer.contains_key("access_token") && !answer.contains_key("token_type") {
        answer.insert("token_type".to_owned(), Value::from("bearer"));
    }
    if answer.get("scope").is_some_and(|scope| !scope.is_string()) {
        answer.remove("scope");
    }
}
