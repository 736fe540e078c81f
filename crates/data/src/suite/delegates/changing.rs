use serde_json::{Value as Json, json};

use super::{counts, done, refused, shelf};
use crate::Operation;
use crate::suite::support::Place;

/// Some fields of a row.
async fn of(place: &Place, model: &str, id: i64, fields: &[&str]) -> Json {
    let select: serde_json::Map<_, _> = fields
        .iter()
        .map(|name| ((*name).to_owned(), json!(true)))
        .collect();
    let args = json!({"where": {"id": id}, "select": select});
    let row = done(place, model, Operation::FindUnique, args).await;
    fields.iter().map(|name| row[*name].clone()).collect()
}

#[tokio::test]
async fn each_field_is_changed_where_it_stands() {
    const FIELDS: [&str; 4] = ["views", "duration", "url", "rating"];
    for place in &shelf().await.places {
        for (model, key, data, expected) in [
            (
                "Rated",
                json!({"id": 1}),
                json!({"views": {"increment": 1}, "duration": 200, "rating": {"set": 4}}),
                json!([11, 200, "a", 4]),
            ),
            (
                "Video",
                json!({"id": 1}),
                json!({"views": {"decrement": 1}, "duration": 100}),
                json!([10, 100, "a", 4]),
            ),
            (
                "Asset",
                json!({"id": 1}),
                json!({"views": {"multiply": 2}}),
                json!([20, 100, "a", 4]),
            ),
            (
                "Rated",
                json!({"url": "a"}),
                json!({"views": 2, "url": "c"}),
                json!([2, 100, "c", 4]),
            ),
            (
                "Rated",
                json!({"slug": "s1"}),
                json!({"rating": 1}),
                json!([2, 100, "c", 1]),
            ),
            (
                "Video",
                json!({"slug": "s1", "views": 2}),
                json!({"slug": "s9"}),
                json!([2, 100, "c", 1]),
            ),
            (
                "Rated",
                json!({"id": 1}),
                json!({}),
                json!([2, 100, "c", 1]),
            ),
        ] {
            let args = json!({"where": key, "data": data});
            let shown = args.to_string();
            let changed = done(place, model, Operation::Update, args).await;
            let found: Json = FIELDS.iter().map(|name| changed[*name].clone()).collect();
            assert_eq!(found, expected, "{} {model} {shown}", place.name);
            assert_eq!(
                of(place, "Rated", 1, &FIELDS).await,
                expected,
                "{} {shown}",
                place.name
            );
        }
        for (model, key) in [("Rated", json!({"url": "x"})), ("Image", json!({"id": 1}))] {
            let args = json!({"where": key, "data": {"views": 4}});
            let refusal = refused(place, model, Operation::Update, args).await;
            assert_eq!(refusal, "Record not found", "{}", place.name);
        }
        assert_eq!(
            of(place, "Image", 3, &["views", "height"]).await,
            json!([30, 7])
        );
        let args = json!({"where": {"id": 3}, "data": {"height": {"increment": 1}, "views": {"increment": 1}}});
        done(place, "Image", Operation::Update, args).await;
        assert_eq!(
            of(place, "Image", 3, &["views", "height"]).await,
            json!([31, 8])
        );
    }
}

#[tokio::test]
async fn the_moment_of_the_last_change_is_kept_in_its_table() {
    for place in &shelf().await.places {
        let before = of(place, "Asset", 1, &["updatedAt"]).await;
        let args = json!({"where": {"id": 1}, "data": {"rating": 2}});
        done(place, "Rated", Operation::Update, args).await;
        let after = of(place, "Asset", 1, &["updatedAt"]).await;
        assert_ne!(before, after, "{}", place.name);
        let args = json!({"where": {"id": 1}, "data": {"updatedAt": "2020-01-01T00:00:00.000Z", "rating": 3}});
        done(place, "Rated", Operation::Update, args).await;
        let given = of(place, "Asset", 1, &["updatedAt"]).await;
        assert_eq!(given, json!(["2020-01-01T00:00:00.000Z"]), "{}", place.name);
    }
}

#[tokio::test]
async fn the_identity_changes_in_every_table() {
    for place in &shelf().await.places {
        let args = json!({"where": {"id": 1}, "data": {"id": 11, "rating": 2, "views": 3}});
        let changed = done(place, "Rated", Operation::Update, args).await;
        assert_eq!(
            (&changed["id"], &changed["rating"]),
            (&json!(11), &json!(2))
        );
        let fields = ["id", "views", "rating"];
        assert_eq!(
            of(place, "Rated", 11, &fields).await,
            json!([11, 3, 2]),
            "{}",
            place.name
        );
        let args = json!({"where": {"assetId": 11}});
        let comments = done(place, "Comment", Operation::Count, args).await;
        assert_eq!(comments, 2, "{}", place.name);
        let args = json!({"where": {"id": 11}, "data": {"id": {"increment": 1}}});
        done(place, "Asset", Operation::Update, args).await;
        assert_eq!(
            of(place, "Rated", 12, &["url"]).await,
            json!(["a"]),
            "{}",
            place.name
        );
        assert_eq!(counts(place).await, json!([3, 2, 2, 1]), "{}", place.name);
    }
}

#[tokio::test]
async fn many_rows_are_changed() {
    for place in &shelf().await.places {
        for (model, args, count) in [
            (
                "Rated",
                json!({"where": {"duration": {"gt": 100}}, "data": {"views": {"increment": 1}, "duration": {"increment": 1}, "rating": 9}}),
                1,
            ),
            (
                "Rated",
                json!({"where": {"views": {"gt": 20}}, "data": {"views": {"increment": 1}}}),
                1,
            ),
            (
                "Rated",
                json!({"where": {"rating": 9}, "data": {"slug": "many"}}),
                1,
            ),
            (
                "Asset",
                json!({"where": {"views": {"gt": 0}}, "data": {"views": 100}}),
                3,
            ),
            (
                "Video",
                json!({"where": {"views": 100}, "data": {"duration": 7, "views": 8}}),
                2,
            ),
            (
                "Image",
                json!({"where": {"views": 8}, "data": {"views": 9}}),
                0,
            ),
            ("Rated", json!({"data": {}}), 0),
        ] {
            let shown = args.to_string();
            let changed = done(place, model, Operation::UpdateMany, args).await;
            assert_eq!(
                changed,
                json!({"count": count}),
                "{} {model} {shown}",
                place.name
            );
        }
        let fields = ["views", "duration", "rating", "slug"];
        assert_eq!(
            of(place, "Rated", 2, &fields).await,
            json!([8, 7, 9, "many"]),
            "{}",
            place.name
        );
        for (operation, doing) in [
            (Operation::UpdateMany, "Updating"),
            (Operation::DeleteMany, "Deleting"),
        ] {
            for model in ["Rated", "Asset"] {
                let mut args = json!({"limit": 1});
                if operation == Operation::UpdateMany {
                    args["data"] = json!({"views": 1});
                }
                let refusal = refused(place, model, operation, args).await;
                let expected =
                    format!("{doing} with a limit is not supported for polymorphic models");
                assert_eq!(refusal, expected, "{}", place.name);
            }
        }
        if place.dialect.capability().update_returning {
            let args = json!({"where": {"views": 8}, "data": {"views": 1, "rating": 2}});
            let rows = done(place, "Rated", Operation::UpdateManyAndReturn, args).await;
            assert_eq!(rows.as_array().unwrap().len(), 2, "{}", place.name);
            assert_eq!(
                (&rows[0]["views"], &rows[1]["rating"]),
                (&json!(1), &json!(2))
            );
            let args = json!({"where": {"views": 100}, "data": {"views": 1}});
            let rows = done(place, "Asset", Operation::UpdateManyAndReturn, args).await;
            assert_eq!(rows[0]["format"], "png", "{}", place.name);
        }
    }
}

#[tokio::test]
async fn a_row_is_changed_or_added() {
    for place in &shelf().await.places {
        for (id, expected) in [(1, json!([77, "a", 1])), (9, json!([1, "n", 2]))] {
            let args = json!({
                "where": {"id": id},
                "create": {"id": 9, "views": 1, "duration": 1, "url": "n", "rating": 2},
                "update": {"views": 77, "rating": 1},
            });
            let row = done(place, "Rated", Operation::Upsert, args).await;
            let found = json!([row["views"], row["url"], row["rating"]]);
            assert_eq!(found, expected, "{}", place.name);
        }
        assert_eq!(counts(place).await, json!([4, 3, 3, 1]), "{}", place.name);
    }
}

#[tokio::test]
async fn rows_are_changed_through_others() {
    for place in &shelf().await.places {
        for (model, data) in [
            (
                "User",
                json!({"assets": {"update": {"where": {"id": 1}, "data": {"views": {"increment": 1}}}}}),
            ),
            (
                "User",
                json!({"assets": {"updateMany": {"where": {"slug": "s1"}, "data": {"views": {"increment": 1}}}}}),
            ),
        ] {
            done(
                place,
                model,
                Operation::Update,
                json!({"where": {"id": 1}, "data": data}),
            )
            .await;
        }
        let favourite = json!({"update": {"where": {"url": "a"}, "data": {"views": {"increment": 1}, "rating": 8,
            "comments": {"create": {"text": "w"}}, "owner": {"update": {"level": 3}}}}});
        let args = json!({"where": {"id": 2}, "data": {"favourite": favourite}});
        done(place, "User", Operation::Update, args).await;
        assert_eq!(
            of(place, "Rated", 1, &["views", "rating"]).await,
            json!([13, 8]),
            "{}",
            place.name
        );
        assert_eq!(
            of(place, "User", 1, &["level"]).await,
            json!([3]),
            "{}",
            place.name
        );
        let comments = json!({"where": {"asset": {"views": 13}}});
        assert_eq!(done(place, "Comment", Operation::Count, comments).await, 3);

        // Connecting and letting go, from each side and at each level.
        for (model, id, data, field, expected) in [
            (
                "Rated",
                2,
                json!({"owner": {"connect": {"id": 2}}}),
                "ownerId",
                json!(2),
            ),
            (
                "Rated",
                2,
                json!({"owner": {"disconnect": true}, "user": {"disconnect": true}}),
                "ownerId",
                json!(null),
            ),
            (
                "Video",
                2,
                json!({"owner": {"create": {"id": 5}}}),
                "ownerId",
                json!(5),
            ),
            (
                "Asset",
                2,
                json!({"ownerId": null, "comments": {"connect": {"id": 1}}}),
                "ownerId",
                json!(null),
            ),
        ] {
            let args = json!({"where": {"id": id}, "data": data});
            let shown = args.to_string();
            let row = done(place, model, Operation::Update, args).await;
            assert_eq!(row[field], expected, "{} {shown}", place.name);
        }
        assert_eq!(
            of(place, "Rated", 2, &["userId"]).await,
            json!([null]),
            "{}",
            place.name
        );
        let args = json!({"where": {"id": 5}, "data": {"assets": {"set": [{"id": 2}, {"slug": "s1"}]}, "favourite": {"connect": {"slug": "s2"}}}});
        done(place, "User", Operation::Update, args).await;
        assert_eq!(
            of(place, "Rated", 1, &["ownerId"]).await,
            json!([5]),
            "{}",
            place.name
        );
        assert_eq!(
            of(place, "Rated", 2, &["ownerId", "userId"]).await,
            json!([5, 5]),
            "{}",
            place.name
        );
        let args = json!({"where": {"id": 5}, "data": {"assets": {"disconnect": {"id": 1}}}});
        done(place, "User", Operation::Update, args).await;
        assert_eq!(
            of(place, "Rated", 1, &["ownerId"]).await,
            json!([null]),
            "{}",
            place.name
        );
        // A delegate and what extends it, in tables between.
        let tags = json!({"tags": {"create": {"name": "t"}}, "topics": {"create": {"name": "u"}}});
        done(
            place,
            "Rated",
            Operation::Update,
            json!({"where": {"id": 1}, "data": tags}),
        )
        .await;
        let args = json!({"where": {"name": "u"}, "data": {"videos": {"connect": {"slug": "s2"}}, "assets": {"set": [{"id": 3}]}},
            "include": {"videos": {"orderBy": {"views": "desc"}}, "assets": true}});
        let tag = done(place, "Tag", Operation::Update, args).await;
        assert_eq!(
            (&tag["videos"][0]["id"], &tag["videos"][1]["id"]),
            (&json!(2), &json!(1))
        );
        assert_eq!(tag["videos"][0]["rating"], 3, "{}", place.name);
        assert_eq!(tag["assets"][0]["format"], "png", "{}", place.name);
        let args = json!({"where": {"name": "u"}, "data": {"videos": {"update": {"where": {"slug": "s2"}, "data": {"views": 50, "duration": 51}}, "disconnect": {"url": "a"}}},
            "include": {"videos": true}});
        let tag = done(place, "Tag", Operation::Update, args).await;
        assert_eq!(tag["videos"].as_array().unwrap().len(), 1, "{}", place.name);
        assert_eq!(
            (&tag["videos"][0]["views"], &tag["videos"][0]["duration"]),
            (&json!(50), &json!(51))
        );
    }
}
