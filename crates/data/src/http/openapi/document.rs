//! The document, put together of parts.

use serde_json::{Map, Value as Json, json};

use super::json_schema::{described, with};

/// What a document says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Info<'i> {
    /// The name of the API.
    pub title: &'i str,
    /// Its version.
    pub version: &'i str,
    /// What it is, in Markdown.
    pub description: &'i str,
}

/// An OpenAPI document of parts, each with the members `tags`, `paths`, `components` and `security` of one. Of what two parts
/// have under the same name, the first counts.
///
/// Each way of `security` alone is enough for operations that say nothing else, and so is none: the access rules say who may do
/// what.
pub fn document(info: Info<'_>, parts: impl IntoIterator<Item = Json>) -> Json {
    let mut tags: Vec<Json> = Vec::new();
    let mut paths = Map::new();
    let mut components: Map<String, Json> = Map::new();
    let mut ways: Vec<Json> = Vec::new();
    for part in parts {
        let Json::Object(mut part) = part else {
            continue;
        };
        for tag in list(part.remove("tags")) {
            if !tags.iter().any(|one| one.get("name") == tag.get("name")) {
                tags.push(tag);
            }
        }
        add(&mut paths, part.remove("paths"));
        ways.extend(list(part.remove("security")));
        for (kind, members) in object(part.remove("components")) {
            let kept = components.entry(kind).or_insert_with(|| json!({}));
            if let Some(kept) = kept.as_object_mut() {
                add(kept, Some(members));
            }
        }
    }
    let about = json!({ "title": info.title, "version": info.version });
    let mut document = json!({
        "openapi": "3.1.1",
        "info": described(about, Some(info.description)),
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": components,
    });
    if !ways.is_empty() {
        let ways: Vec<_> = std::iter::once(json!({})).chain(ways).collect();
        document = with(document, "security", ways);
    }
    document
}

fn list(value: Option<Json>) -> Vec<Json> {
    match value {
        Some(Json::Array(items)) => items,
        _ => Vec::new(),
    }
}

fn object(value: Option<Json>) -> Map<String, Json> {
    match value {
        Some(Json::Object(members)) => members,
        _ => Map::new(),
    }
}

fn add(to: &mut Map<String, Json>, more: Option<Json>) {
    for (name, value) in object(more) {
        to.entry(name).or_insert(value);
    }
}
