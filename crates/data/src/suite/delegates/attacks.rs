//! Ways round the rules of a model that extends another.

use serde_json::{Value as Json, json};

use super::given;
use super::policies::{not_found, places, said};
use crate::Operation;
use crate::suite::policies::support::person;

#[tokio::test]
async fn a_row_cannot_be_probed_through_its_delegate() {
    for (name, db) in &places().await.clients {
        let of = db.for_user(person(json!({"id": 2})));
        for (args, why) in [
            (json!({"where": {"title": "draft"}}), "a filter"),
            (json!({"orderBy": {"title": "asc"}}), "an order"),
            (json!({"select": {"title": true}}), "a selection"),
            (json!({"include": {"pair": true}}), "a relation"),
            (json!({"cursor": {"pairId": 1}}), "a cursor"),
        ] {
            let found = said(&of, "Asset", Operation::FindMany, args).await;
            assert!(
                found.is_err_and(
                    |error| error.contains("Unrecognized key") || error.contains("expected")
                ),
                "{name} {why}"
            );
        }
        for args in [
            json!({"where": {"assets": {"some": {"title": "draft"}}}}),
            json!({"include": {"assets": {"where": {"draft": true}}}}),
        ] {
            assert!(
                said(&of, "User", Operation::FindMany, args).await.is_err(),
                "{name}"
            );
        }
        // A hidden row as a link, from the model's own side.
        let set = json!({"where": {"id": 1}, "data": {"pair": {"connect": {"id": 2}}}});
        assert_eq!(
            said(&of, "Post", Operation::Update, set).await,
            not_found(),
            "{name}"
        );
        let post = json!({"pairId": 2, "value": 1});
        given(
            name,
            db,
            "Post",
            Operation::Update,
            json!({"where": {"id": 1}, "data": post}),
        )
        .await;
        let args = json!({"where": {"id": 1}, "include": {"pair": true}});
        let row = given(name, &of, "Post", Operation::FindUnique, args).await;
        assert_eq!(row["pair"], Json::Null, "{name}");
        let args = json!({"where": {"pair": {"is": {"title": "draft"}}}});
        assert_eq!(
            given(name, &of, "Post", Operation::Count, args).await,
            0,
            "{name}"
        );
        // What it is is said by the engine, also to those who may do everything else.
        for data in [json!({"kind": "Asset"}), json!({"kind": {"set": "Other"}})] {
            for (model, operation) in [
                ("Asset", Operation::UpdateMany),
                ("Post", Operation::UpdateMany),
            ] {
                let changed = said(&of, model, operation, json!({"data": data})).await;
                assert!(
                    changed.is_err_and(|error| error.contains("Unrecognized key: \"kind\"")),
                    "{name}"
                );
            }
        }
    }
}
