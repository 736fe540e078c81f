//! Every type there and back.

use hallpass::data::Operation;
use hallpass::typed::Timestamp;
use serde_json::json;

use super::shop::{Address, Post, Role, Tables, User, post, user};
use super::{call, json, people, places};

fn address() -> Address {
    let inner = Address {
        street: "inner".to_owned(),
        lines: Vec::new(),
        since: None,
        role: None,
        inner: None,
    };
    Address {
        street: "Milk Street".to_owned(),
        lines: vec!["2nd floor".to_owned()],
        since: Some("2026-01-02T03:04:05.678Z".parse().unwrap()),
        role: Some(Role::SuperAdmin),
        inner: Some(Box::new(inner)),
    }
}

#[tokio::test]
async fn values_of_every_type_come_back_as_they_went() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        people(db).await;
        let published: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
        let data = json!({"a": [1, "x", null, {"b": 2.5}]});
        let new = Post::new()
            .title("one")
            .r#type("letter")
            .self_(-7)
            .large(9_007_199_254_740_993_i64)
            .price("12345.6789".parse::<hallpass::data::Decimal>().unwrap())
            .weight(0.1)
            .done(true)
            .data(data.clone())
            .raw(&[0_u8, 255, 7][..])
            .published_at(published)
            .author_id("ann");
        let made = db.post().create(new).await.unwrap();
        assert_eq!(
            (made.r#type.as_str(), made.self_, made.done),
            ("letter", -7, true),
            "{name}"
        );
        assert_eq!(
            (made.large, made.weight),
            (Some(9_007_199_254_740_993), Some(0.1)),
            "{name}"
        );
        assert_eq!(
            made.price.as_ref().map(|price| price.as_str()),
            Some("12345.6789"),
            "{name}"
        );
        assert_eq!(
            (made.data.as_ref(), made.raw.as_deref()),
            (Some(&data), Some(&[0, 255, 7][..])),
            "{name}"
        );
        assert_eq!(made.published_at, Some(published), "{name}");
        let shown = call(db, "Post", Operation::FindFirst, json!({})).await;
        assert_eq!(json(&made), shown, "{name}");
        for filter in [
            post::large().eq(9_007_199_254_740_993_i64),
            post::price().gte("12345.6789".parse::<hallpass::data::Decimal>().unwrap()),
            post::published_at().eq(published),
            post::raw().eq(&[0_u8, 255, 7][..]),
            post::data().eq(data.clone()),
            post::weight().lt(0.2),
        ] {
            assert_eq!(
                db.post().count().filter(filter.clone()).await.unwrap(),
                1,
                "{name}: {filter:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_null_document_is_not_a_document_that_is_null() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        people(db).await;
        let new = |title| Post::new().title(title).author_id("ann");
        db.post().create(new("none")).await.unwrap();
        db.post()
            .create(new("null").data(json!(null)))
            .await
            .unwrap();
        let titles = |filter| db.post().find_many().filter(filter).select(post::title());
        assert_eq!(
            titles(post::data().is_null()).await.unwrap(),
            ["none"],
            "{name}"
        );
        assert_eq!(
            titles(post::data().eq(json!(null))).await.unwrap(),
            ["null"],
            "{name}"
        );
        let data = db
            .post()
            .find_many()
            .order_by(post::id().asc())
            .select(post::data())
            .await
            .unwrap();
        assert_eq!(data, [None, Some(json!(null))], "{name}");
        let cleared = db
            .post()
            .update_many()
            .filter(post::title().eq("null"))
            .set(post::data().to_null());
        cleared.await.unwrap();
        assert_eq!(
            db.post()
                .count()
                .filter(post::data().is_null())
                .await
                .unwrap(),
            2,
            "{name}"
        );
    }
}

#[tokio::test]
async fn documents_of_a_type_are_structs() {
    for place in places().await {
        let (db, name) = (&place.db, place.name);
        let new = User::new()
            .id("ann")
            .email("a@b.c")
            .address(address())
            .past([address(), address()]);
        let ann = db.user().create(new).await.unwrap();
        assert_eq!(
            (ann.address.as_ref(), ann.past.len()),
            (Some(&address()), 2),
            "{name}"
        );
        let shown = call(db, "User", Operation::FindFirst, json!({})).await;
        assert_eq!(json(&ann), shown, "{name}");
        assert_eq!(shown["address"]["role"], "SUPER_ADMIN", "{name}");
        let moved = db
            .user()
            .update(user::id().is("ann"))
            .set(user::address().to_null());
        assert_eq!(
            moved.set(user::past().to([address()])).await.unwrap().past,
            [address()],
            "{name}"
        );
        assert_eq!(
            db.user()
                .count()
                .filter(user::address().is_null())
                .await
                .unwrap(),
            1,
            "{name}"
        );
    }
}

#[tokio::test]
async fn what_is_no_number_is_refused() {
    let place = &places().await[0];
    people(&place.db).await;
    let new = Post::new().title("x").author_id("ann").weight(f64::NAN);
    let refused = place.db.post().create(new).await.unwrap_err();
    assert!(refused.to_string().contains("\"data.weight\""), "{refused}");
}

#[tokio::test]
async fn rules_of_validation_hold() {
    let place = &places().await[0];
    people(&place.db).await;
    let refused = place
        .db
        .post()
        .create(Post::new().title("").author_id("ann"))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("\"data.title\""), "{refused}");
}
