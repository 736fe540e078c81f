//! Fields that the program computes.
//!
//! Source: contract zenstack §1.5 (`@computed`).

use std::sync::Arc;

use hallpass_sql::Expr;
use serde_json::json;

use super::{Place, call, given, options, places_with, refused, schema};
use crate::suite::support::Places;
use crate::{ArgValue, Client, ClientOptions, Computed, OpenError, Operation};

const SCHEMA: &str = r#"
    model User {
      id        Int     @id
      first     String  @map("first_name")
      last      String
      secret    String? @allow('read', auth().id == id)
      full      String  @computed
      guess     String? @computed
      postCount Int     @computed
      posts     Post[]
      @@allow('all', true)
    }
    model Post {
      id     Int     @id
      open   Boolean
      userId Int
      user   User    @relation(fields: [userId], references: [id])
      @@allow('all', open)
    }
"#;

fn computed() -> Computed {
    Computed::default()
        .field("User", "full", |row| {
            let space = Expr::Value(" ".into());
            Ok(Expr::Concat(vec![
                row.field("first")?,
                space,
                row.field("last")?,
            ]))
        })
        .field("User", "guess", |row| row.field("secret"))
        .field("User", "postCount", |row| row.count("posts"))
}

fn with(computed: Computed) -> ClientOptions {
    ClientOptions {
        computed,
        ..options()
    }
}

async fn places() -> Places {
    let places = places_with(&schema(SCHEMA), &|| with(computed())).await;
    for place in &places.places {
        let db = &place.client;
        for (id, first, last) in [(1, "Ann", "Lee"), (2, "Bob", "Fox")] {
            let user = json!({"data": {"id": id, "first": first, "last": last, "secret": format!("s{id}")}});
            let made = given(place, "User", Operation::Create, user).await;
            assert_eq!(
                made["full"],
                json!(format!("{first} {last}")),
                "{}",
                place.name
            );
            assert_eq!(made["postCount"], json!(0), "{}", place.name);
        }
        for (id, open, user) in [(1, true, 1), (2, false, 1), (3, true, 2)] {
            let post = db
                .create("Post")
                .set("id", id)
                .set("open", open)
                .set("userId", user);
            post.run().await.unwrap();
        }
    }
    places
}

#[tokio::test]
async fn computed_fields_are_read_found_and_sorted_by() {
    for place in &places().await.places {
        for (operation, args, expected) in [
            (
                Operation::FindMany,
                json!({"where": {"full": "Bob Fox"}, "select": {"full": true}}),
                json!([{"full": "Bob Fox"}]),
            ),
            (
                Operation::FindMany,
                json!({"where": {"full": {"startsWith": "Ann "}, "postCount": {"gte": 2}}, "select": {"id": true}}),
                json!([{"id": 1}]),
            ),
            (
                Operation::FindMany,
                json!({"where": {"NOT": {"full": {"in": ["Ann Lee"]}}}, "select": {"postCount": true}}),
                json!([{"postCount": 1}]),
            ),
            (
                Operation::FindMany,
                json!({"orderBy": {"postCount": "desc"}, "select": {"id": true}}),
                json!([{"id": 1}, {"id": 2}]),
            ),
            (
                Operation::FindMany,
                json!({"orderBy": {"full": "desc"}, "cursor": {"id": 2}, "skip": 1, "select": {"full": true}}),
                json!([{"full": "Ann Lee"}]),
            ),
            (
                Operation::FindFirst,
                json!({"where": {"id": 1}, "omit": {"secret": true, "guess": true, "first": true, "last": true}}),
                json!({"id": 1, "full": "Ann Lee", "postCount": 2}),
            ),
            (
                Operation::Aggregate,
                json!({"_count": {"full": true}, "_max": {"full": true}, "_sum": {"postCount": true}}),
                json!({"_count": {"full": 2}, "_max": {"full": "Bob Fox"}, "_sum": {"postCount": 3}}),
            ),
            (
                Operation::GroupBy,
                json!({"by": ["full"], "_count": {"_all": true}, "orderBy": {"full": "asc"}}),
                json!([{"full": "Ann Lee", "_count": {"_all": 1}}, {"full": "Bob Fox", "_count": {"_all": 1}}]),
            ),
        ] {
            let found = given(place, "User", operation, args.clone()).await;
            assert_eq!(found, expected, "{}: {args}", place.name);
        }
        let posts = json!({"where": {"user": {"full": "Ann Lee"}}, "orderBy": [{"user": {"postCount": "asc"}}, {"id": "asc"}], "select": {"id": true, "user": {"select": {"full": true, "postCount": true}}}});
        let ann = json!({"full": "Ann Lee", "postCount": 2});
        assert_eq!(
            given(place, "Post", Operation::FindMany, posts).await,
            json!([{"id": 1, "user": ann}, {"id": 2, "user": ann}]),
            "{}",
            place.name
        );
        let updated =
            json!({"where": {"id": 1}, "data": {"last": "Poe"}, "select": {"full": true}});
        assert_eq!(
            given(place, "User", Operation::Update, updated).await,
            json!({"full": "Ann Poe"}),
            "{}",
            place.name
        );
        let removed = json!({"where": {"id": 3}, "select": {"user": {"select": {"posts": {"select": {"user": {"select": {"full": true}}}}}}}});
        let removed = given(place, "Post", Operation::Delete, removed).await;
        assert_eq!(
            removed["user"]["posts"][0]["user"]["full"],
            json!("Bob Fox"),
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn computed_fields_are_not_written() {
    for place in &places().await.places {
        for (operation, args) in [
            (
                Operation::Create,
                json!({"data": {"id": 9, "first": "x", "last": "y", "full": "x"}}),
            ),
            (
                Operation::Update,
                json!({"where": {"id": 1}, "data": {"full": "x"}}),
            ),
        ] {
            let told = refused(&place.client, "User", operation, args).await;
            assert!(told.contains("Unrecognized key: \"full\""), "{told}");
        }
        let set = place
            .client
            .update("User")
            .filter(crate::field("id").eq(1))
            .set("full", "x");
        assert!(set.run().await.is_err());
    }
}

/// What a person may not see does not come out of what is made of it.
#[tokio::test]
async fn computed_fields_see_what_the_person_sees() {
    for place in &places().await.places {
        let person = ArgValue::from_json(json!({"id": 2})).unwrap();
        let person = place.client.for_user(Some(person));
        let args = json!({"orderBy": {"id": "asc"}, "select": {"guess": true, "postCount": true}});
        let seen = call(&person, "User", Operation::FindMany, args)
            .await
            .unwrap();
        assert_eq!(
            seen,
            json!([{"guess": null, "postCount": 1}, {"guess": "s2", "postCount": 1}]),
            "{}",
            place.name
        );
        let found = call(
            &person,
            "User",
            Operation::Count,
            json!({"where": {"guess": "s1"}}),
        )
        .await;
        assert_eq!(found.unwrap(), json!(0), "{}", place.name);
    }
}

fn opened(place: &Place, computed: Computed) -> Result<Client, OpenError> {
    let engine = place.client.engine();
    Client::speaking(
        engine.dialect,
        engine.database.clone(),
        Arc::clone(&engine.schema),
        with(computed),
    )
}

#[tokio::test]
async fn every_computed_field_needs_its_expression() {
    let place = &places().await.places[0];
    let missing = opened(place, Computed::default()).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "Computed field \"full\" in model \"User\" does not have a configuration"
    );
    let further = computed().field("User", "first", |row| row.field("last"));
    let further = opened(place, further).unwrap_err();
    assert_eq!(
        further,
        OpenError::Computed {
            item: "User.first".to_owned()
        }
    );
    // No circles.
    let circle = computed().field("User", "full", |row| row.field("full"));
    let circle = opened(place, circle).unwrap();
    assert!(
        call(&circle, "User", Operation::FindMany, json!({}))
            .await
            .is_err()
    );
}
