//! Which tables a read looks at, with all that its rules look at.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{SCHEMA, args};
use crate::live::Touched;
use crate::suite::policies::support::person;
use crate::suite::support::places_of;
use crate::{Client, Operation};

async fn touched(
    db: &Client,
    who: Json,
    model: &str,
    operation: Operation,
    json: Json,
) -> Vec<String> {
    let touched = Arc::new(Touched::default());
    let client = Client {
        touched: Some(Arc::clone(&touched)),
        ..db.for_user(person(who))
    };
    // What is not there is refused after it was looked for.
    drop(client.call(model, operation, &args(json)).await);
    let tables = client.reads(&touched);
    assert!(!tables.is_any());
    tables
        .names()
        .map(|name| name.replace("mysql_", ""))
        .collect()
}

#[tokio::test]
async fn tables_of_relations_counts_filters_orders_and_rules_are_known_before_any_row_is() {
    let places = places_of(SCHEMA).await;
    let ann = || json!({"id": "ann", "role": "USER"});
    for place in &places.places {
        for (model, operation, args, expected) in [
            // The rules of all look at what the person is: `User`.
            (
                "Other",
                Operation::FindMany,
                json!({}),
                vec!["other", "user"],
            ),
            ("Todo", Operation::FindMany, json!({}), vec!["todo", "user"]),
            ("Todo", Operation::Count, json!({}), vec!["todo", "user"]),
            ("Todo", Operation::Exists, json!({}), vec!["todo", "user"]),
            (
                "Todo",
                Operation::Aggregate,
                json!({"_max": {"id": true}}),
                vec!["todo", "user"],
            ),
            (
                "Todo",
                Operation::GroupBy,
                json!({"by": ["done"]}),
                vec!["todo", "user"],
            ),
            (
                "Note",
                Operation::FindMany,
                json!({}),
                vec!["member", "note", "team", "user"],
            ),
            (
                "Team",
                Operation::FindMany,
                json!({"include": {"notes": true}}),
                vec!["member", "note", "team", "user"],
            ),
            (
                "Team",
                Operation::FindUnique,
                json!({"where": {"id": 1}, "include": {"_count": {"select": {"notes": true}}}}),
                vec!["member", "note", "team", "user"],
            ),
            (
                "Other",
                Operation::FindFirst,
                json!({"where": {"id": 7}}),
                vec!["other", "user"],
            ),
            (
                "User",
                Operation::FindMany,
                json!({"where": {"members": {"some": {"team": {"id": 1}}}}}),
                vec!["member", "team", "user"],
            ),
            (
                "User",
                Operation::FindMany,
                json!({"orderBy": {"members": {"_count": "asc"}}}),
                vec!["member", "user"],
            ),
        ] {
            let found = touched(&place.client, ann(), model, operation, args.clone()).await;
            assert_eq!(found, expected, "{} {model} {operation} {args}", place.name);
        }
        let tags = json!({"include": {"tags": true}});
        let found = touched(&place.client, ann(), "Todo", Operation::FindMany, tags).await;
        let between = found.iter().any(|name| name.contains("tagtotodo"));
        assert!(
            between && found.contains(&"tag".to_owned()),
            "{} {found:?}",
            place.name
        );
    }
}
