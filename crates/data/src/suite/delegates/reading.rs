use serde_json::{Value as Json, json};

use super::{done, shelf};
use crate::Operation;
use crate::suite::support::Place;

/// The ids that a filter finds, in order.
async fn ids(place: &Place, model: &str, mut args: Json) -> Json {
    args["select"] = json!({"id": true});
    if args.get("orderBy").is_none() {
        args["orderBy"] = json!({"id": "asc"});
    }
    let found = done(place, model, Operation::FindMany, args).await;
    let rows = found.as_array().unwrap().iter();
    rows.map(|row| row["id"].clone()).collect()
}

fn names(row: &Json) -> Vec<&str> {
    let mut names: Vec<_> = row
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_row_has_the_fields_of_what_it_is() {
    let of_asset = [
        "createdAt",
        "id",
        "kind",
        "ownerId",
        "slug",
        "updatedAt",
        "views",
    ];
    let of_video = ["duration", "url", "videoKind"];
    for place in &shelf().await.places {
        for (model, id, own) in [
            ("Asset", 1, &[&of_video[..], &["rating", "userId"]].concat()),
            ("Video", 1, &[&of_video[..], &["rating", "userId"]].concat()),
            ("Rated", 1, &[&of_video[..], &["rating", "userId"]].concat()),
            ("Asset", 3, &vec!["format", "galleryId", "height"]),
            ("Image", 3, &vec!["format", "galleryId", "height"]),
        ] {
            let args = json!({"where": {"id": id}});
            let row = done(place, model, Operation::FindUnique, args).await;
            let mut expected = [&of_asset[..], own].concat();
            expected.sort_unstable();
            assert_eq!(names(&row), expected, "{} {model} {id}", place.name);
        }
        let args = json!({"where": {"id": 1}});
        let video = done(place, "Asset", Operation::FindUnique, args).await;
        assert_eq!(video["kind"], "FILM", "{}", place.name);
        assert_eq!(video["videoKind"], "Rated", "{}", place.name);
        assert_eq!((&video["url"], &video["rating"]), (&json!("a"), &json!(5)));
        let args = json!({"where": {"id": 3}});
        // Both tables have a column `views`.
        for model in ["Asset", "Image"] {
            let image = done(place, model, Operation::FindUnique, args.clone()).await;
            assert_eq!((&image["views"], &image["height"]), (&json!(30), &json!(7)));
        }
        let rows = done(
            place,
            "Asset",
            Operation::FindMany,
            json!({"orderBy": {"id": "desc"}}),
        );
        let rows = rows.await;
        let formats: Vec<_> = rows
            .as_array()
            .unwrap()
            .iter()
            .map(|row| &row["format"])
            .collect();
        assert_eq!(formats, [&json!("png"), &Json::Null, &Json::Null]);
        // What is no asset of this kind is none.
        let args = json!({"where": {"id": 3}});
        let none = done(place, "Video", Operation::FindUnique, args).await;
        assert_eq!(none, Json::Null, "{}", place.name);
    }
}

#[tokio::test]
async fn selections_reach_inherited_fields_and_relations() {
    for place in &shelf().await.places {
        for (model, args, expected) in [
            (
                "Rated",
                json!({"select": {"id": true, "views": true, "url": true, "rating": true}}),
                json!({"id": 1, "views": 10, "url": "a", "rating": 5}),
            ),
            (
                "Asset",
                json!({"select": {"id": true, "hidden": true}}),
                json!({"id": 1, "hidden": "h"}),
            ),
            (
                "Rated",
                json!({"select": {"owner": {"select": {"email": true}}, "user": {"select": {"id": true}}}}),
                json!({"owner": {"email": "ann@example.org"}, "user": {"id": 2}}),
            ),
            (
                "Video",
                json!({"select": {"_count": {"select": {"comments": true, "topics": true}}}}),
                json!({"_count": {"comments": 2, "topics": 0}}),
            ),
            (
                "Rated",
                json!({"select": {"comments": {"select": {"text": true}, "orderBy": {"text": "desc"}, "take": 1}}}),
                json!({"comments": [{"text": "y"}]}),
            ),
            (
                "Rated",
                json!({"omit": {"createdAt": true, "updatedAt": true, "views": true, "url": true, "kind": true,
                    "ownerId": true, "note": false}}),
                json!({"id": 1, "slug": "s1", "duration": 100, "videoKind": "Rated", "note": "n", "rating": 5,
                    "userId": 2}),
            ),
        ] {
            let mut args = args;
            args["where"] = json!({"id": 1});
            let shown = args.to_string();
            let row = done(place, model, Operation::FindUnique, args).await;
            assert_eq!(row, expected, "{} {model} {shown}", place.name);
        }
    }
}

#[tokio::test]
async fn relations_lead_to_a_delegate_and_to_what_extends_it() {
    for place in &shelf().await.places {
        let args = json!({"where": {"id": 1}, "include": {"assets": {"orderBy": {"id": "asc"}}}});
        let user = done(place, "User", Operation::FindUnique, args).await;
        assert_eq!(user["assets"][0]["url"], "a", "{}", place.name);
        assert_eq!(user["assets"][0]["rating"], 5, "{}", place.name);
        assert_eq!(user["assets"][0].get("format"), None, "{}", place.name);
        assert_eq!(user["assets"][1]["format"], "png", "{}", place.name);
        assert_eq!(user["assets"][1]["height"], 7, "{}", place.name);
        assert_eq!(user["assets"][1].get("url"), None, "{}", place.name);

        let args = json!({
            "where": {"id": 2},
            "include": {"favourite": {"where": {"views": {"gt": 10}}, "include": {"comments": true}}},
        });
        let user = done(place, "User", Operation::FindUnique, args).await;
        assert_eq!(
            user["favourite"].as_array().unwrap().len(),
            1,
            "{}",
            place.name
        );
        assert_eq!(user["favourite"][0]["views"], 20, "{}", place.name);
        assert_eq!(
            user["favourite"][0]["comments"],
            json!([]),
            "{}",
            place.name
        );

        let args =
            json!({"where": {"text": "z"}, "include": {"asset": {"include": {"owner": true}}}});
        let comment = done(place, "Comment", Operation::FindFirst, args).await;
        assert_eq!(comment["asset"]["format"], "png", "{}", place.name);
        assert_eq!(comment["asset"]["owner"]["id"], 1, "{}", place.name);

        let cover = json!({"data": {"id": 1, "image": {"connect": {"id": 3}}}});
        done(place, "Cover", Operation::Create, cover).await;
        let args = json!({"include": {"image": {"include": {"comments": true, "cover": true}}}});
        let cover = done(place, "Cover", Operation::FindFirst, args).await;
        assert_eq!(cover["image"]["views"], 30, "{}", place.name);
        assert_eq!(cover["image"]["comments"][0]["text"], "z", "{}", place.name);
        assert_eq!(cover["image"]["cover"]["id"], 1, "{}", place.name);
        let args = json!({"where": {"cover": {"id": 1}}, "include": {"cover": {"select": {"image": true}}}});
        let image = done(place, "Image", Operation::FindFirst, args).await;
        assert_eq!(image["cover"]["image"]["height"], 7, "{}", place.name);
    }
}

#[tokio::test]
async fn filters_orders_and_pages_take_inherited_fields() {
    for place in &shelf().await.places {
        for (model, args, expected) in [
            (
                "Asset",
                json!({"where": {"views": {"gt": 10}}}),
                json!([2, 3]),
            ),
            (
                "Video",
                json!({"where": {"views": {"gt": 10}, "url": "a"}}),
                json!([]),
            ),
            (
                "Rated",
                json!({"where": {"views": {"gt": 10}, "rating": 3}}),
                json!([2]),
            ),
            (
                "Rated",
                json!({"where": {"OR": [{"slug": "s1"}, {"rating": 3}]}}),
                json!([1, 2]),
            ),
            (
                "Rated",
                json!({"where": {"NOT": {"owner": {"email": {"contains": "ann"}}}}}),
                json!([2]),
            ),
            ("Rated", json!({"where": {"owner": null}}), json!([2])),
            (
                "Rated",
                json!({"where": {"owner": {"isNot": null}}}),
                json!([1]),
            ),
            (
                "Video",
                json!({"where": {"comments": {"some": {"text": "x"}}}}),
                json!([1]),
            ),
            (
                "Video",
                json!({"where": {"comments": {"none": {}}}}),
                json!([2]),
            ),
            (
                "Rated",
                json!({"where": {"user": {"favourite": {"some": {"views": 20}}}}}),
                json!([1, 2]),
            ),
            (
                "Rated",
                json!({"where": {"kind": "FILM", "videoKind": "Rated"}}),
                json!([1, 2]),
            ),
            (
                "Image",
                json!({"where": {"views": 30, "height": 7}}),
                json!([3]),
            ),
            (
                "Rated",
                json!({"orderBy": {"views": "desc"}}),
                json!([2, 1]),
            ),
            (
                "Rated",
                json!({"orderBy": [{"owner": {"email": "asc"}}, {"rating": "asc"}], "where": {"ownerId": {"not": null}}}),
                json!([1]),
            ),
            (
                "Asset",
                json!({"orderBy": {"comments": {"_count": "desc"}}, "take": 1}),
                json!([1]),
            ),
            (
                "Rated",
                json!({"cursor": {"slug": "s2"}, "orderBy": {"views": "desc"}, "take": 1}),
                json!([2]),
            ),
            (
                "Rated",
                json!({"cursor": {"url": "a"}, "orderBy": {"views": "asc"}, "skip": 1}),
                json!([2]),
            ),
            (
                "Rated",
                json!({"orderBy": {"views": "asc"}, "take": -1}),
                json!([2]),
            ),
        ] {
            let shown = args.to_string();
            assert_eq!(
                ids(place, model, args).await,
                expected,
                "{} {model} {shown}",
                place.name
            );
        }
        for (model, key) in [
            ("Rated", json!({"slug": "s1"})),
            ("Rated", json!({"url": "a"})),
            ("Video", json!({"slug": "s1", "duration": {"gt": 1}})),
            ("Asset", json!({"slug": "s1"})),
        ] {
            let row = done(place, model, Operation::FindUnique, json!({"where": key})).await;
            assert_eq!(row["id"], 1, "{} {model}", place.name);
        }
        let args =
            json!({"where": {"favourite": {"every": {"views": {"gte": 10}, "rating": {"gt": 2}}}}});
        assert_eq!(
            ids(place, "User", args).await,
            json!([1, 2]),
            "{}",
            place.name
        );
        if place.dialect.capability().distinct_on {
            let args = json!({"distinct": "kind", "orderBy": {"views": "desc"}});
            assert_eq!(ids(place, "Video", args).await, json!([2]));
        }
    }
}

#[tokio::test]
async fn numbers_are_made_of_inherited_fields() {
    for place in &shelf().await.places {
        for (model, args, expected) in [
            ("Rated", json!({"where": {"views": 20}}), json!(1)),
            (
                "Rated",
                json!({"where": {"duration": 100, "rating": 5}}),
                json!(1),
            ),
            ("Image", json!({"where": {"height": 30}}), json!(0)),
            ("Asset", json!({"where": {"views": {"gt": 10}}}), json!(2)),
            (
                "Rated",
                json!({"select": {"_all": true, "views": true, "ownerId": true, "rating": true}}),
                json!({"_all": 2, "views": 2, "ownerId": 1, "rating": 2}),
            ),
        ] {
            let shown = args.to_string();
            let count = done(place, model, Operation::Count, args).await;
            assert_eq!(count, expected, "{} {model} {shown}", place.name);
        }
        let args = json!({"where": {"views": {"gte": 0}, "rating": {"gt": 0}},
            "_avg": {"views": true, "duration": true, "rating": true}, "_count": true, "_max": {"slug": true}});
        let found = done(place, "Rated", Operation::Aggregate, args).await;
        let expected = json!({"_avg": {"views": 15.0, "duration": 150.0, "rating": 4.0}, "_count": 2, "_max": {"slug": "s2"}});
        assert_eq!(found, expected, "{}", place.name);
        let args = json!({"by": ["kind", "format"], "_sum": {"views": true, "height": true}, "having": {"views": {"_sum": {"gt": 1}}}});
        let found = done(place, "Image", Operation::GroupBy, args).await;
        let expected =
            json!([{"kind": "PICTURE", "format": "png", "_sum": {"views": 30, "height": 7}}]);
        assert_eq!(found, expected, "{}", place.name);
        let found = done(
            place,
            "Rated",
            Operation::Exists,
            json!({"where": {"slug": "s2"}}),
        )
        .await;
        assert_eq!(found, true, "{}", place.name);
    }
}
