//! JSON Schema, put together.
//!
//! Source: JSON Schema 2020-12, as OpenAPI 3.1 takes it.

use serde_json::{Map, Value as Json, json};

/// The schema of a component.
pub(super) fn reference(name: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An array of so many at most.
pub(super) fn list(items: Json, most: usize) -> Json {
    with(json!({ "type": "array", "maxItems": most }), "items", items)
}

/// One of them, or several.
pub(super) fn one_or_many(one: Json, most: usize) -> Json {
    let many = list(one.clone(), most);
    any_of([one, many])
}

/// What fits one of these.
pub(super) fn any_of(choices: impl IntoIterator<Item = Json>) -> Json {
    let mut choices: Vec<_> = choices.into_iter().collect();
    match choices.len() {
        1 => choices.remove(0),
        _ => json!({ "anyOf": choices }),
    }
}

/// The same, or null.
pub(super) fn or_null(schema: Json) -> Json {
    any_of([schema, json!({ "type": "null" })])
}

/// One of these texts.
pub(super) fn one_of_texts<'n>(texts: impl IntoIterator<Item = &'n str>) -> Json {
    let texts: Vec<_> = texts.into_iter().collect();
    json!({ "type": "string", "enum": texts })
}

/// With a description, where there is one.
pub(super) fn described(mut schema: Json, text: Option<&str>) -> Json {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    if let (Some(members), Some(text)) = (schema.as_object_mut(), text) {
        members.insert("description".to_owned(), json!(text));
    }
    schema
}

/// With a further keyword.
pub(super) fn with(mut schema: Json, keyword: &str, value: impl Into<Json>) -> Json {
    if let Some(members) = schema.as_object_mut() {
        members.insert(keyword.to_owned(), value.into());
    }
    schema
}

/// An object whose members are known, and no others may be.
#[derive(Debug, Clone, Default)]
pub(super) struct Object {
    properties: Map<String, Json>,
    required: Vec<String>,
}

impl Object {
    /// With a member that may be there.
    pub(super) fn may(mut self, name: &str, schema: Json) -> Self {
        self.add(name, schema);
        self
    }

    /// With a member that must be there.
    pub(super) fn must(mut self, name: &str, schema: Json) -> Self {
        self.add(name, schema);
        self.require(name);
        self
    }

    /// Adds a member that may be there.
    pub(super) fn add(&mut self, name: &str, schema: Json) {
        self.properties.insert(name.to_owned(), schema);
    }

    /// Says of a member that it must be there.
    pub(super) fn require(&mut self, name: &str) {
        self.required.push(name.to_owned());
    }

    /// Whether some member must be there.
    pub(super) fn requires_any(&self) -> bool {
        !self.required.is_empty()
    }

    /// Whether it has no member.
    pub(super) fn is_empty(&self) -> bool {
        self.properties.is_empty()
    }

    /// The schema.
    pub(super) fn schema(self) -> Json {
        with(self.open(), "additionalProperties", false)
    }

    /// The schema, with room for members that it does not know.
    pub(super) fn open(self) -> Json {
        let mut schema = json!({ "type": "object", "properties": self.properties });
        if !self.required.is_empty() {
            schema = with(schema, "required", self.required);
        }
        schema
    }
}
