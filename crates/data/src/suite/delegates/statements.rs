//! How many statements a call sends.

use serde_json::{Value as Json, json};

use super::{done, shelf};
use crate::Operation;
use crate::suite::support::Place;

async fn sent(place: &Place, model: &str, operation: Operation, args: Json) -> Vec<String> {
    let sent = &place.client.engine().sent;
    sent.lock().unwrap().clear();
    done(place, model, operation, args).await;
    std::mem::take(&mut *sent.lock().unwrap())
}

#[tokio::test]
async fn a_read_is_one_statement_or_one_a_relation_to_many() {
    for place in &shelf().await.places {
        let documents = place.dialect.capability().json_rows.is_some();
        for (model, operation, args, levels) in [
            ("Asset", Operation::FindMany, json!({}), 1),
            (
                "Rated",
                Operation::FindMany,
                json!({"where": {"views": 1}}),
                1,
            ),
            (
                "Rated",
                Operation::FindUnique,
                json!({"where": {"slug": "s1"}}),
                1,
            ),
            (
                "Comment",
                Operation::FindMany,
                json!({"include": {"asset": {"include": {"owner": true}}}}),
                1,
            ),
            (
                "Image",
                Operation::FindMany,
                json!({"include": {"cover": true, "owner": true}}),
                1,
            ),
            (
                "User",
                Operation::FindMany,
                json!({"include": {"assets": true, "favourite": true}}),
                3,
            ),
            (
                "User",
                Operation::FindMany,
                json!({"include": {"assets": {"include": {"comments": true}}}}),
                3,
            ),
            ("Rated", Operation::Count, json!({"where": {"views": 1}}), 1),
            (
                "Rated",
                Operation::Aggregate,
                json!({"_sum": {"views": true, "rating": true}}),
                1,
            ),
        ] {
            let texts = sent(place, model, operation, args.clone()).await;
            let expected = if documents { 1 } else { levels };
            assert_eq!(texts.len(), expected, "{} {args} {texts:#?}", place.name);
        }
    }
}

#[tokio::test]
async fn a_write_is_a_statement_a_table() {
    for place in &shelf().await.places {
        let rows: Vec<_> = (0..40)
            .map(|number| json!({"duration": number, "url": format!("u{number}"), "rating": 1}))
            .collect();
        let texts = sent(place, "Rated", Operation::CreateMany, json!({"data": rows})).await;
        // Without RETURNING a counter tells the number of one row only.
        let assets = if place.dialect.capability().insert_returning {
            1
        } else {
            40
        };
        assert_eq!(texts.len(), assets + 2, "{} {texts:#?}", place.name);

        // The rows are found, then each table of which something changes is written; what did not change is not.
        for (data, tables) in [
            (json!({"rating": 2}), 2),
            (json!({"views": 2}), 1),
            (json!({"views": 2, "duration": 3, "rating": 4}), 3),
        ] {
            let args = json!({"where": {"duration": {"gte": 0}}, "data": data});
            let texts = sent(place, "Rated", Operation::UpdateMany, args).await;
            // `updatedAt` stands in the outermost table.
            assert_eq!(texts.len(), 1 + tables, "{} {texts:#?}", place.name);
        }
        let texts = sent(
            place,
            "Rated",
            Operation::DeleteMany,
            json!({"where": {"views": 2}}),
        )
        .await;
        assert_eq!(texts.len(), 2, "{} {texts:#?}", place.name);
        // Through the delegate there is but one table.
        let args = json!({"data": {"views": {"increment": 1}}});
        let texts = sent(place, "Asset", Operation::UpdateMany, args).await;
        assert_eq!(texts.len(), 1, "{} {texts:#?}", place.name);
    }
}

/// What PostgreSQL and the others can use an index for: keys of every table, also inherited ones.
#[tokio::test]
async fn tables_are_joined_by_their_keys() {
    for place in &shelf().await.places {
        let args = json!({"where": {"slug": "s1"}});
        let texts = sent(place, "Rated", Operation::FindUnique, args).await;
        let text = &texts[0];
        assert_eq!(text.matches("INNER JOIN").count(), 2, "{text}");
        assert!(!text.contains("(SELECT"), "{text}");
        // A table that has nothing of what is read is left out.
        let args = json!({"where": {"id": 1}, "select": {"id": true}});
        let texts = sent(place, "Asset", Operation::FindUnique, args).await;
        assert!(!texts[0].contains("JOIN"), "{}", texts[0]);
    }
}
