//! Source: contract zenstack §3.2, the operators of Json.

use hallpass_sql::Value;
use serde_json::{Value as Json, json};

use super::{call, column, ids, library};
use crate::{ArgValue, Operation};

#[tokio::test]
async fn documents_are_looked_into() {
    let library = library().await;
    let documents = [
        Some(json!({"a": [1, "x", {"b": true}], "s": "50%_text", "n": null})),
        Some(json!({"a": ["y"], "s": "other", "0": "zero"})),
        Some(json!([1, 2, 3])),
        Some(json!(null)),
        Some(json!("text")),
        None,
    ];
    for place in &library.places {
        for (id, document) in (1..).zip(&documents) {
            let document = document.clone().map_or(Value::Null, Value::from);
            let update = place
                .client
                .update("Post")
                .filter(crate::field("id").eq(id));
            update.set("meta", document).run().await.unwrap();
        }
        for (filter, expected) in [
            (json!({"equals": [1, 2, 3]}), json!([3])),
            (json!({"equals": [3, 2, 1]}), json!([])),
            (json!({"equals": "text"}), json!([5])),
            (json!({"equals": null}), json!([4])),
            (json!({"not": [1, 2, 3]}), json!([1, 2, 4, 5])),
            (json!({"path": "$.a[1]", "equals": "x"}), json!([1])),
            (json!({"path": "$.a[2].b", "equals": true}), json!([1])),
            (json!({"path": "$.a[0]", "equals": 1}), json!([1])),
            (json!({"path": "$[1]", "equals": 2}), json!([3])),
            (json!({"path": "$.\"s\"", "equals": "other"}), json!([2])),
            (json!({"path": "$.n", "equals": null}), json!([1])),
            (json!({"path": "$.none", "equals": 1}), json!([])),
            (json!({"string_contains": "ex"}), json!([5])),
            (json!({"path": "$.s", "string_contains": "%_t"}), json!([1])),
            (
                json!({"path": "$.s", "string_starts_with": "oth"}),
                json!([2]),
            ),
            (
                json!({"path": "$.s", "string_ends_with": "text"}),
                json!([1]),
            ),
            (json!({"path": "$.a", "string_contains": "x"}), json!([])),
            (json!({"array_contains": 2}), json!([3])),
            (json!({"array_contains": [1, 3]}), json!([3])),
            (json!({"array_contains": [1, 4]}), json!([])),
            (json!({"path": "$.a", "array_contains": "y"}), json!([2])),
            (json!({"array_starts_with": 1}), json!([3])),
            (json!({"array_ends_with": 3}), json!([3])),
            (
                json!({"path": "$.s", "array_starts_with": "other"}),
                json!([]),
            ),
            (json!({}), json!([1, 2, 3, 4, 5, 6])),
        ] {
            let found = ids(place, "Post", json!({"meta": filter})).await;
            assert_eq!(found, expected, "{} {filter}", place.name);
        }
        for (null, expected) in [
            (ArgValue::DbNull, json!([6])),
            (ArgValue::Null, json!([6])),
            (ArgValue::JsonNull, json!([4])),
            (ArgValue::AnyNull, json!([4, 6])),
        ] {
            let member = |name: &str, value| ArgValue::Object(vec![(name.to_owned(), value)]);
            let args = ArgValue::Object(vec![
                ("where".to_owned(), member("meta", null.clone())),
                (
                    "orderBy".to_owned(),
                    member("id", ArgValue::Text("asc".to_owned())),
                ),
            ]);
            let reply = place
                .client
                .call("Post", Operation::FindMany, &args)
                .await
                .unwrap();
            let found = serde_json::to_value(&reply).unwrap();
            assert_eq!(column(&found, "id"), expected, "{} {null:?}", place.name);
        }
        mistakes(place).await;
    }
}

async fn mistakes(place: &crate::suite::support::Place) {
    let any_case = json!({"path": "$.s", "string_contains": "OTHER", "mode": "insensitive"});
    let args = json!({"where": {"meta": any_case}});
    let found = call(&place.client, "Post", Operation::FindMany, args).await;
    assert_eq!(column(&found.unwrap(), "id"), json!([2]), "{}", place.name);
    let told: [(Json, &str); 5] = [
        (
            json!("text"),
            "expected object, found string at \"where.meta\"",
        ),
        (
            json!({"path": "a"}),
            "expected a path such as `$.a[0].b` at \"where.meta.path\"",
        ),
        (
            json!({"path": "$.a' OR 1=1 --\""}),
            "expected a path such as `$.a[0].b` at \"where.meta.path\"",
        ),
        (
            json!({"string_contains": 1}),
            "expected string, found number at \"where.meta.string_contains\"",
        ),
        (
            json!({"contains": "x"}),
            "Unrecognized key: \"contains\" at \"where.meta\"",
        ),
    ];
    for (filter, expected) in told {
        let args = json!({"where": {"meta": filter}});
        let refused = super::refused(&place.client, "Post", Operation::FindMany, args).await;
        assert!(refused.ends_with(expected), "{}: {refused}", place.name);
    }
}
