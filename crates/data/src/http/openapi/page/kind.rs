//! Schemas in few words, with links to those that have a name.

use serde_json::Value as Json;

use super::reference;

/// Values of an enum that are told where it stands.
const MANY: usize = 12;
/// Members of an object that are told where it stands.
const FEW: usize = 6;

/// A part of what is said of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Value(String),
    /// The name of a schema.
    Link(String),
}

/// What a schema is.
pub(super) fn of(schema: &Json) -> Vec<Piece> {
    let mut pieces = Vec::new();
    add(&mut pieces, schema);
    pieces
}

fn add(pieces: &mut Vec<Piece>, schema: &Json) {
    let say = |pieces: &mut Vec<Piece>, text: &str| pieces.push(Piece::Text(text.to_owned()));
    if let Some(name) = reference(schema) {
        pieces.push(Piece::Link(name.to_owned()));
        return;
    }
    if let Some(choices) = schema.get("anyOf").and_then(Json::as_array) {
        // Conditions beside properties say which of these must be there, not what it is.
        if schema.get("properties").is_none() {
            separated(pieces, choices, " or ");
            return;
        }
    }
    if let Some(value) = schema.get("const") {
        pieces.push(Piece::Value(value.to_string()));
        return;
    }
    if let Some(values) = schema.get("enum").and_then(Json::as_array) {
        for (number, value) in values.iter().take(MANY).enumerate() {
            if number > 0 {
                say(pieces, " or ");
            }
            pieces.push(Piece::Value(value.to_string()));
        }
        if values.len() > MANY {
            say(
                pieces,
                &format!(" or one of {} others", values.len() - MANY),
            );
        }
        return;
    }
    match schema.get("type") {
        Some(Json::String(name)) if name == "array" => {
            say(pieces, "list of ");
            match schema.get("items") {
                Some(items) => add(pieces, items),
                None => say(pieces, "anything"),
            }
        }
        Some(Json::String(name)) if name == "object" => object(pieces, schema),
        Some(Json::String(name)) => {
            say(pieces, name);
            say(pieces, &bounds(schema));
        }
        Some(Json::Array(names)) => {
            let names: Vec<_> = names.iter().filter_map(Json::as_str).collect();
            say(pieces, &names.join(" or "));
        }
        _ => say(pieces, "anything"),
    }
}

/// `{data: list of Todo, meta}`: what the members of an object are in which something stands, of others their names.
fn object(pieces: &mut Vec<Piece>, schema: &Json) {
    let say = |pieces: &mut Vec<Piece>, text: &str| pieces.push(Piece::Text(text.to_owned()));
    let properties = schema.get("properties").and_then(Json::as_object);
    let Some(properties) = properties.filter(|all| !all.is_empty() && all.len() <= FEW) else {
        return say(pieces, "object");
    };
    say(pieces, "{");
    for (number, (name, inner)) in properties.iter().enumerate() {
        if number > 0 {
            say(pieces, ", ");
        }
        pieces.push(Piece::Value(name.clone()));
        if name == "data" {
            say(pieces, ": ");
            add(pieces, inner);
        }
    }
    say(pieces, "}");
}

fn separated(pieces: &mut Vec<Piece>, choices: &[Json], separator: &str) {
    for (number, choice) in choices.iter().enumerate() {
        if number > 0 {
            pieces.push(Piece::Text(separator.to_owned()));
        }
        add(pieces, choice);
    }
}

/// ` (date-time)`, ` (1 to 80 characters)`
fn bounds(schema: &Json) -> String {
    let text = |name: &str| schema.get(name).map(plain);
    let mut said = Vec::new();
    match text("format").or_else(|| text("contentEncoding")) {
        Some(format) if format.starts_with("int") || format == "double" => {}
        Some(format) => said.push(format),
        None => {}
    }
    if let (Some(least), most) = (text("minLength"), text("maxLength")) {
        said.push(match most {
            Some(most) => format!("{least} to {most} characters"),
            None => format!("{least} characters at least"),
        });
    } else if let Some(most) = text("maxLength") {
        said.push(format!("{most} characters at most"));
    }
    let is_usual = text("format").is_some_and(|format| format.starts_with("int"))
        && schema
            .get("minimum")
            .and_then(Json::as_i64)
            .is_some_and(|least| least < -1000);
    if !is_usual {
        for (name, word) in [
            ("minimum", "from"),
            ("exclusiveMinimum", "more than"),
            ("maximum", "to"),
            ("exclusiveMaximum", "less than"),
        ] {
            if let Some(bound) = text(name).filter(|bound| bound.len() < 10) {
                said.push(format!("{word} {bound}"));
            }
        }
    }
    if said.is_empty() {
        return String::new();
    }
    format!(" ({})", said.join(", "))
}

/// A text without its quotes.
fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(schema: &Json) -> String {
        let pieces = of(schema).into_iter().map(|piece| match piece {
            Piece::Text(text) | Piece::Value(text) => text,
            Piece::Link(name) => format!("[{name}]"),
        });
        pieces.collect()
    }

    #[test]
    fn schemas_are_told_in_few_words() {
        let to = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
        let rows = [
            (json!({}), "anything"),
            (
                json!({ "type": "string", "format": "date-time" }),
                "string (date-time)",
            ),
            (
                json!({ "type": "string", "minLength": 1, "maxLength": 80 }),
                "string (1 to 80 characters)",
            ),
            (json!({ "type": ["string", "null"] }), "string or null"),
            (
                json!({ "type": "integer", "minimum": 0 }),
                "integer (from 0)",
            ),
            (
                json!({ "type": "integer", "format": "int32", "minimum": -2_147_483_648_i64, "maximum": 2_147_483_647_i64 }),
                "integer",
            ),
            (
                json!({ "type": "array", "items": to("Todo.Where") }),
                "list of [Todo.Where]",
            ),
            (
                json!({ "anyOf": [to("Todo"), { "type": "null" }] }),
                "[Todo] or null",
            ),
            (
                json!({ "enum": ["asc", "desc"], "type": "string" }),
                "\"asc\" or \"desc\"",
            ),
            (json!({ "const": true }), "true"),
            (json!({ "type": "object" }), "object"),
            (
                json!({ "type": "object", "properties": { "data": to("Todo"), "meta": {} } }),
                "{data: [Todo], meta}",
            ),
        ];
        for (schema, expected) in rows {
            assert_eq!(said(&schema), expected, "{schema}");
        }
    }
}
