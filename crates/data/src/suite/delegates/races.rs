//! Several at once about the same rows.

use serde_json::{Value as Json, json};

use super::{counts, done, shelf};
use crate::Operation;
use crate::suite::support::{Place, call};

/// How many of so many calls at once are done; the others are refused.
async fn winners(
    place: &Place,
    times: usize,
    model: &'static str,
    operation: Operation,
    args: Json,
) -> usize {
    let calls = (0..times).map(|_| {
        let (db, args) = (place.client.clone(), args.clone());
        tokio::spawn(async move { call(&db, model, operation, args).await })
    });
    let mut winners = 0;
    for one in calls.collect::<Vec<_>>() {
        winners += usize::from(one.await.unwrap().is_ok());
    }
    winners
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_adds_or_removes_a_row_and_leaves_no_part_of_another() {
    for place in &shelf().await.places {
        let data = json!({"data": {"duration": 1, "url": "new", "rating": 1}});
        let added = winners(place, 12, "Rated", Operation::Create, data).await;
        assert_eq!(added, 1, "{}", place.name);
        assert_eq!(counts(place).await, json!([4, 3, 3, 1]), "{}", place.name);
        for (model, key, left) in [
            ("Rated", json!({"url": "new"}), json!([3, 2, 2, 1])),
            ("Asset", json!({"id": 1}), json!([2, 1, 1, 1])),
        ] {
            let args = json!({"where": key});
            let removed = winners(place, 12, model, Operation::Delete, args).await;
            assert_eq!(removed, 1, "{} {model}", place.name);
            assert_eq!(counts(place).await, left, "{} {model}", place.name);
        }
    }
}

/// The row that others would point at goes: none of them may be left in one table alone.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_added_while_theirs_goes_are_whole_or_not_there() {
    for place in &shelf().await.places {
        let gallery = done(place, "Gallery", Operation::Create, json!({"data": {}})).await;
        let adding = (0..8).map(|number| {
            let (db, id) = (place.client.clone(), gallery["id"].clone());
            let data = json!({"data": {"format": format!("f{number}"), "galleryId": id}});
            tokio::spawn(async move { call(&db, "Image", Operation::Create, data).await })
        });
        let adding: Vec<_> = adding.collect();
        let args = json!({"where": {"id": gallery["id"]}});
        call(&place.client, "Gallery", Operation::Delete, args)
            .await
            .unwrap();
        for one in adding {
            let _refused_or_added = one.await.unwrap();
        }
        let pictures = json!({"where": {"kind": "PICTURE"}});
        let assets = done(place, "Asset", Operation::Count, pictures).await;
        let images = done(place, "Image", Operation::Count, json!({})).await;
        assert_eq!(assets, images, "{}", place.name);
        assert_eq!(images, 1, "{}", place.name);
    }
}
