use serde_json::json;

use super::{SCHEMA, counts, done, refused};
use crate::Operation;
use crate::suite::support::places_of;

#[tokio::test]
async fn a_row_is_added_to_each_table() {
    for place in &places_of(SCHEMA).await.places {
        let data = json!({"duration": 1, "url": "a", "rating": 5});
        let made = done(place, "Rated", Operation::Create, json!({"data": data})).await;
        assert_eq!(made["kind"], "FILM", "{}", place.name);
        assert_eq!(made["videoKind"], "Rated", "{}", place.name);
        assert_eq!(made["views"], 0, "{}", place.name);
        assert!(made["createdAt"].is_string() && made["updatedAt"].is_string());
        let id = made["id"].clone();
        assert!(id.is_i64(), "{}", place.name);
        for model in ["Asset", "Video", "Rated"] {
            let args = json!({"where": {"id": id}});
            let found = done(place, model, Operation::FindUnique, args).await;
            assert_eq!(found["rating"], 5, "{} {model}", place.name);
        }
        assert_eq!(counts(place).await, json!([1, 1, 1, 0]), "{}", place.name);
        // Nothing is left of a row that one of the tables refuses.
        let data = json!({"duration": 1, "url": "a", "rating": 4});
        let refusal = refused(place, "Rated", Operation::Create, json!({"data": data})).await;
        assert!(refusal.contains("exists already"), "{refusal}");
        assert_eq!(counts(place).await, json!([1, 1, 1, 0]), "{}", place.name);
    }
}

#[tokio::test]
async fn rows_are_added_with_what_belongs_to_them() {
    for place in &places_of(SCHEMA).await.places {
        let data = json!({
            "duration": 1, "url": "a", "rating": 5,
            "owner": {"create": {"email": "ann@example.org"}},
            "user": {"create": {"email": "bob@example.org"}},
            "comments": {"create": [{"text": "x"}, {"text": "y"}]},
            "tags": {"create": {"name": "t"}}, "topics": {"connectOrCreate": {"where": {"name": "u"}, "create": {"name": "u"}}},
        });
        let include =
            json!({"owner": true, "user": true, "comments": true, "tags": true, "topics": true});
        let args = json!({"data": data, "include": include});
        let made = done(place, "Rated", Operation::Create, args).await;
        assert_eq!(made["owner"]["email"], "ann@example.org", "{}", place.name);
        assert_eq!(made["user"]["email"], "bob@example.org", "{}", place.name);
        assert_eq!(made["comments"][1]["text"], "y", "{}", place.name);
        assert_eq!(made["tags"], json!([{"name": "t"}]), "{}", place.name);
        assert_eq!(made["topics"], json!([{"name": "u"}]), "{}", place.name);
        // From the other side.
        let favourite = json!({"create": [
            {"duration": 2, "url": "b", "rating": 1, "comments": {"create": {"text": "z"}}},
            {"duration": 3, "url": "c", "rating": 2},
        ]});
        let args = json!({"data": {"favourite": favourite}, "include": {"favourite": {"orderBy": {"id": "asc"}, "include": {"comments": true}}}});
        let user = done(place, "User", Operation::Create, args).await;
        assert_eq!(
            user["favourite"][0]["comments"][0]["text"], "z",
            "{}",
            place.name
        );
        assert_eq!(user["favourite"][1]["duration"], 3, "{}", place.name);
        let args = json!({"data": {"images": {"createMany": {"data": [{"format": "png"}, {"format": "gif", "views": 3}]}}},
            "include": {"images": {"orderBy": {"format": "asc"}}}});
        let gallery = done(place, "Gallery", Operation::Create, args).await;
        assert_eq!(gallery["images"][0]["views"], 3, "{}", place.name);
        assert_eq!(gallery["images"][1]["kind"], "PICTURE", "{}", place.name);
        let args = json!({"where": {"id": gallery["id"]}, "data": {"images": {"upsert": {
            "where": {"id": 99}, "create": {"format": "bmp"}, "update": {"views": 1}}}}});
        done(place, "Gallery", Operation::Update, args).await;
        assert_eq!(counts(place).await, json!([6, 3, 3, 3]), "{}", place.name);
        // A delegate is connected, never made.
        let args = json!({"data": {"text": "w", "asset": {"connect": {"slug": "none"}}}});
        let refusal = refused(place, "Comment", Operation::Create, args).await;
        assert_eq!(refusal, "Record not found", "{}", place.name);
    }
}

#[tokio::test]
async fn many_rows_are_added_at_once() {
    for place in &places_of(SCHEMA).await.places {
        let rows: Vec<_> = (0..5)
            .map(|number| json!({"views": number, "duration": 1, "url": format!("u{number}"), "rating": 5 - number}))
            .collect();
        let args = json!({"data": rows});
        let made = done(place, "Rated", Operation::CreateMany, args.clone()).await;
        assert_eq!(made, json!({"count": 5}), "{}", place.name);
        let args = json!({"orderBy": {"views": "asc"}, "select": {"url": true, "rating": true}});
        let found = done(place, "Rated", Operation::FindMany, args).await;
        assert_eq!(
            found[3],
            json!({"url": "u3", "rating": 2}),
            "{}",
            place.name
        );
        let args = json!({"data": [{"format": "a", "views": 1}, {"format": "b"}]});
        if place.dialect.capability().insert_returning {
            let made = done(place, "Image", Operation::CreateManyAndReturn, args).await;
            let mut formats: Vec<_> = made
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["format"].to_string())
                .collect();
            formats.sort_unstable();
            assert_eq!(formats, ["\"a\"", "\"b\""], "{}", place.name);
            assert_eq!(made[0]["kind"], "PICTURE", "{}", place.name);
        }
        let args = json!({"data": [{"format": "a"}], "skipDuplicates": true});
        let refusal = refused(place, "Image", Operation::CreateMany, args).await;
        assert_eq!(
            refusal,
            "`skipDuplicates` is not supported for polymorphic models"
        );
        let args = json!({"data": {"images": {"createMany": {"data": [{"format": "a"}], "skipDuplicates": true}}}});
        let refusal = refused(place, "Gallery", Operation::Create, args).await;
        assert_eq!(
            refusal,
            "`skipDuplicates` is not supported for polymorphic models"
        );
    }
}

#[tokio::test]
async fn a_delegate_has_no_rows_of_its_own() {
    for place in &places_of(SCHEMA).await.places {
        let video = json!({"duration": 1, "url": "a"});
        for (model, operation, args) in [
            ("Video", Operation::Create, json!({"data": video})),
            ("Asset", Operation::Create, json!({"data": {}})),
            ("Video", Operation::CreateMany, json!({"data": [video]})),
            (
                "Video",
                Operation::CreateManyAndReturn,
                json!({"data": [video]}),
            ),
            (
                "Asset",
                Operation::Upsert,
                json!({"where": {"id": 1}, "create": {}, "update": {}}),
            ),
        ] {
            let refusal = refused(place, model, operation, args).await;
            assert!(refusal.contains("is a delegate"), "{refusal}");
        }
        for (action, value) in [
            ("create", json!({})),
            ("createMany", json!({"data": []})),
            ("connectOrCreate", json!({"where": {"id": 1}, "create": {}})),
        ] {
            let args = json!({"data": {"assets": {action: value}}});
            let refusal = refused(place, "User", Operation::Create, args).await;
            let expected = format!("Unrecognized key: \"{action}\" at \"data.assets\"");
            assert!(refusal.contains(&expected), "{refusal}");
        }
        let upsert = json!({"where": {"id": 1}, "create": {}, "update": {}});
        let args = json!({"where": {"id": 1}, "data": {"assets": {"upsert": upsert}}});
        let refusal = refused(place, "User", Operation::Update, args).await;
        assert!(
            refusal.contains("Unrecognized key: \"upsert\""),
            "{refusal}"
        );
        assert_eq!(counts(place).await, json!([0, 0, 0, 0]), "{}", place.name);
    }
}

#[tokio::test]
async fn nobody_says_what_a_row_is() {
    for place in &places_of(SCHEMA).await.places {
        let rated = json!({"duration": 1, "url": "a", "rating": 1});
        let made = done(place, "Rated", Operation::Create, json!({"data": rated})).await;
        let named = json!({"id": made["id"]});
        for (field, value) in [("videoKind", "Rated"), ("kind", "PICTURE")] {
            let mut data = rated.clone();
            data[field] = json!(value);
            let change = json!({field: value});
            for (model, operation, args, path) in [
                ("Rated", Operation::Create, json!({"data": data}), "data"),
                (
                    "Rated",
                    Operation::CreateMany,
                    json!({"data": [data]}),
                    "data[0]",
                ),
                (
                    "Rated",
                    Operation::Update,
                    json!({"where": named, "data": change}),
                    "data",
                ),
                (
                    "Rated",
                    Operation::UpdateMany,
                    json!({"data": change}),
                    "data",
                ),
                (
                    "User",
                    Operation::Create,
                    json!({"data": {"favourite": {"create": data}}}),
                    "data.favourite.create",
                ),
                (
                    "Rated",
                    Operation::Upsert,
                    json!({"where": named, "create": rated, "update": change}),
                    "update",
                ),
            ] {
                let refusal = refused(place, model, operation, args).await;
                let expected = format!("Unrecognized key: \"{field}\" at \"{path}\"");
                assert!(refusal.contains(&expected), "{refusal}");
            }
        }
        let args = json!({"where": named, "data": {"kind": "PICTURE"}});
        let refusal = refused(place, "Asset", Operation::Update, args).await;
        assert!(refusal.contains("Unrecognized key: \"kind\""), "{refusal}");
        assert_eq!(counts(place).await, json!([1, 1, 1, 0]), "{}", place.name);
    }
}
