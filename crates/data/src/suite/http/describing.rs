//! The API described: the document holds together, and says what there is and nothing else.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::support::{SCHEMA, served_with};
use crate::DialectVersion;
use crate::http::openapi::{Info, Mounts, document, page};
use crate::http::{DataService, HttpOptions};
use crate::live::{Live, LiveOptions};

/// Also what schemathesis is pointed at.
const EVERYTHING: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../interop/schemathesis/everything.zmodel"
));

async fn described(schema: &str) -> Json {
    let served = served_with(schema, DialectVersion::Three, &HttpOptions::default()).await;
    document_of(&served.all.first().unwrap().service)
}

/// Of a service that follows queries.
async fn described_live(schema: &str) -> Json {
    let served = served_with(schema, DialectVersion::Three, &HttpOptions::default()).await;
    let service = served.all.first().unwrap().service.clone();
    let live = Live::new(service.client(), LiveOptions::default());
    document_of(&service.with_live(&live))
}

fn document_of(service: &DataService) -> Json {
    let part = service.describe(Mounts {
        rpc: Some("/api/model"),
        rest: Some("/api/rest/"),
    });
    let info = Info {
        title: "Test",
        version: "1",
        description: "",
    };
    document(info, [part])
}

/// Every reference of the document.
fn references(value: &Json, found: &mut BTreeSet<String>) {
    match value {
        Json::Object(members) => {
            if let Some(Json::String(to)) = members.get("$ref") {
                found.insert(to.clone());
            }
            for value in members.values() {
                references(value, found);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_every_schema_is_referred_to() {
    for document in [
        described(SCHEMA).await,
        described(EVERYTHING).await,
        described_live(EVERYTHING).await,
    ] {
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        let kinds = document["components"].as_object().unwrap().iter();
        let made: BTreeSet<_> = kinds
            .flat_map(|(kind, all)| {
                let names = all.as_object().unwrap().keys();
                names.map(move |name| format!("#/components/{kind}/{name}"))
            })
            .collect();
        let lost: Vec<_> = found.difference(&made).collect();
        assert_eq!(lost, Vec::<&String>::new());
        let unused: Vec<_> = made.difference(&found).collect();
        assert_eq!(unused, Vec::<&String>::new());
    }
}

/// Who has an answer already is told so, and rows are changed by either method.
#[tokio::test]
async fn reads_may_say_that_nothing_is_new_and_changes_have_two_methods() {
    let document = described(EVERYTHING).await;
    let (mut reads, mut ids) = (0, BTreeSet::new());
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(answers) = operation.get("responses") else {
                continue;
            };
            let is_read = method == "get";
            reads += usize::from(is_read);
            assert_eq!(answers.get("304").is_some(), is_read, "{method} {path}");
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap()),
                "{path}"
            );
        }
    }
    assert!(reads > 20, "{reads}");
    for name in ["update", "updateMany"] {
        let item = &document["paths"][format!("/api/model/thing/{name}")];
        assert_eq!(item["put"]["requestBody"], item["patch"]["requestBody"]);
        assert_eq!(item["put"]["responses"], item["patch"]["responses"]);
        assert!(item["put"].is_object());
    }
    let made = &document["paths"]["/api/model/thing/create"];
    assert!(made.get("patch").is_none());
}

#[tokio::test]
async fn live_queries_are_described_where_there_are_any() {
    let path = "/api/model/thing/live";
    assert!(described(EVERYTHING).await["paths"].get(path).is_none());
    let document = described_live(EVERYTHING).await;
    let live = &document["paths"][path]["get"];
    let reads = live["parameters"][1]["schema"]["enum"].as_array().unwrap();
    assert!(reads.contains(&json!("findMany")), "{reads:?}");
    assert!(!reads.contains(&json!("create")), "{reads:?}");
    let success = live["responses"]["200"]["content"].as_object().unwrap();
    assert!(success.keys().eq(["text/event-stream"]));
    assert!(live["responses"].get("503").is_some());
    let shown = page(&document, "/api/openapi.json").html;
    assert!(shown.contains("/api/model/thing/live"));
}

#[tokio::test]
async fn what_is_closed_or_hidden_has_no_name() {
    let document = described(EVERYTHING).await;
    let text = document.to_string();
    let shown = page(&document, "/api/openapi.json").html;
    for name in [
        "Closed",
        "unseen",
        "VerificationToken",
        "sessionToken",
        "access_token",
        "password",
    ] {
        assert!(!text.contains(name), "{name}");
        assert!(!shown.contains(name), "{name}");
    }
    // The other side of a relation to a model that is closed.
    let row = &document["components"]["schemas"]["Thing"]["properties"];
    assert!(row.get("ownerId").is_some());
    assert!(row.get("owner").is_none());
}

#[tokio::test]
async fn what_rows_leave_out_can_be_written_and_not_asked_for() {
    let document = described(EVERYTHING).await;
    let schemas = &document["components"]["schemas"];
    for name in [
        "Thing",
        "Thing.Where",
        "Thing.Select",
        "Thing.OrderBy",
        "Thing.Omit",
    ] {
        assert!(
            schemas[name]["properties"].get("secret").is_none(),
            "{name}"
        );
        assert!(schemas[name]["properties"].get("name").is_some(), "{name}");
    }
    let new = &schemas["Thing.Create"]["anyOf"][0]["properties"];
    assert!(new.get("secret").is_some());
}

#[tokio::test]
async fn comments_and_rules_of_the_schema_are_descriptions() {
    let document = described(EVERYTHING).await;
    let schemas = &document["components"]["schemas"];
    let thing = schemas["Thing"]["description"].as_str().unwrap();
    assert!(thing.starts_with("A thing with every type of value."));
    assert!(
        thing.contains("- `@@allow('all', auth() == owner)`"),
        "{thing}"
    );
    let name = &schemas["Thing"]["properties"]["name"]["description"];
    assert_eq!(name, "What people call it.");
    let worth = &schemas["Thing"]["properties"]["worth"]["description"];
    assert_eq!(worth, "- `@allow('read', auth() == owner)`");
    let material = schemas["Material"]["description"].as_str().unwrap();
    assert!(material.contains("- `WOOD`: From trees."), "{material}");
}

#[tokio::test]
async fn rules_of_values_are_in_their_schemas() {
    let document = described(EVERYTHING).await;
    let new = &document["components"]["schemas"]["Thing.Create"]["anyOf"][1];
    let members = &new["properties"];
    assert_eq!(members["name"]["maxLength"], 80);
    assert_eq!(members["pieces"]["maximum"], 1000);
    assert_eq!(members["contact"]["anyOf"][0]["format"], "email");
    // What is cut off does not count.
    assert!(members["about"]["anyOf"][0].get("maxLength").is_none());
    assert_eq!(new["required"], serde_json::json!(["name"]));
}

#[tokio::test]
async fn the_page_is_html_of_its_own_style_alone() {
    let document = described(EVERYTHING).await;
    let shown = page(&document, "/api/openapi.json");
    assert!(shown.html.starts_with("<!DOCTYPE html>"));
    assert!(shown.html.contains("/api/model/thing/findMany"));
    assert!(shown.html.contains("href=\"#schema-Thing.Where\""));
    assert!(shown.html.contains("id=\"schema-Thing.Where\""));
    for foreign in ["<script", "http://", "https://", "src=", "style=\""] {
        assert!(!shown.html.contains(foreign), "{foreign}");
    }
    assert!(
        shown
            .policy
            .starts_with("default-src 'none'; style-src 'sha256-")
    );
}
