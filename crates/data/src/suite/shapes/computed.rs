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

/// What `zmodel` refuses in a text may still come from a schema that a program makes.
#[tokio::test]
async fn a_computed_field_has_rules_of_its_own() {
    let mut ruled = schema(SCHEMA);
    let user = ruled.models.iter_mut().find(|one| one.name == "User");
    let fields = &mut user.unwrap().fields;
    let of_secret = fields.iter().find(|one| one.name == "secret");
    let rules = of_secret.unwrap().policies.clone();
    let full = fields.iter_mut().find(|one| one.name == "full").unwrap();
    full.policies = rules;
    let places = places_with(&ruled, &|| with(computed())).await;
    for place in &places.places {
        for (id, first) in [(1, "Ann"), (2, "Bob")] {
            let user = json!({"data": {"id": id, "first": first, "last": "Lee"}});
            given(place, "User", Operation::Create, user).await;
        }
        let person = ArgValue::from_json(json!({"id": 2})).unwrap();
        let person = place.client.for_user(Some(person));
        for (operation, args, expected) in [
            (
                Operation::FindMany,
                json!({"orderBy": {"id": "asc"}, "select": {"full": true}}),
                json!([{"full": null}, {"full": "Bob Lee"}]),
            ),
            (
                Operation::Count,
                json!({"where": {"full": "Ann Lee"}}),
                json!(0),
            ),
            (
                Operation::Aggregate,
                json!({"_min": {"full": true}}),
                json!({"_min": {"full": "Bob Lee"}}),
            ),
        ] {
            let seen = call(&person, "User", operation, args.clone()).await;
            assert_eq!(seen.unwrap(), expected, "{}: {args}", place.name);
        }
    }
}

#[tokio::test]
async fn a_rule_about_a_computed_field_is_refused_at_once() {
    let place = &places().await.places[0];
    let opened = |rule: &str| {
        let text = SCHEMA.replacen("@@allow('all', true)", rule, 1);
        let engine = place.client.engine();
        let database = engine.database.clone();
        Client::speaking(
            engine.dialect,
            database,
            schema(&text).into(),
            with(computed()),
        )
    };
    for rule in [
        "@@allow('read', full == 'x')",
        "@@deny('update', !(postCount > 1))",
        "@@allow('read', posts?[user.full == 'x'])",
        "@@allow('post-update', before().full == full)",
    ] {
        let refused = opened(rule).unwrap_err();
        let is_rule = matches!(&refused, OpenError::Rule { model, .. } if model == "User");
        assert!(is_rule, "{rule}: {refused:?}");
        assert!(
            refused
                .to_string()
                .contains("is computed and has no column"),
            "{refused}"
        );
    }
    // What the person's program says of the person is no column.
    for rule in [
        "@@allow('read', auth().full == 'x')",
        "@@allow('read', auth().posts?[user.full == 'x'])",
    ] {
        assert!(opened(rule).is_ok(), "{rule}");
    }
}

const DELEGATES: &str = r#"
    model Asset {
      id    Int    @id
      kind  String
      name  String
      label String @computed
      uses  Int    @computed
      notes Note[]
      @@delegate(kind)
      @@allow('all', true)
    }
    model Image extends Asset {
      form  String
      size  String @computed
    }
    model Note {
      id      Int   @id
      assetId Int
      asset   Asset @relation(fields: [assetId], references: [id])
      @@allow('all', true)
    }
"#;

/// A model that extends another has its computed fields as well, of columns in either table.
#[tokio::test]
async fn computed_fields_are_inherited() {
    let computed = || {
        Computed::default()
            .field("Asset", "label", |row| {
                Ok(Expr::Concat(vec![
                    Expr::Value("#".into()),
                    row.field("name")?,
                ]))
            })
            .field("Asset", "uses", |row| row.count("notes"))
            .field("Image", "size", |row| {
                let colon = Expr::Value(":".into());
                Ok(Expr::Concat(vec![
                    row.field("name")?,
                    colon,
                    row.field("form")?,
                ]))
            })
    };
    let places = places_with(&schema(DELEGATES), &|| with(computed())).await;
    for place in &places.places {
        let db = &place.client;
        for (id, name, notes) in [(1, "a", 2), (2, "b", 0)] {
            let notes: Vec<_> = (0..notes).map(|note| json!({"id": note})).collect();
            let image =
                json!({"data": {"id": id, "name": name, "form": "x", "notes": {"create": notes}}});
            let made = given(place, "Image", Operation::Create, image).await;
            assert_eq!(made["label"], json!(format!("#{name}")), "{}", place.name);
            assert_eq!(made["size"], json!(format!("{name}:x")), "{}", place.name);
            assert_eq!(made["uses"], json!(notes.len()), "{}", place.name);
        }
        let person = db.for_user(Some(ArgValue::from_json(json!({})).unwrap()));
        for of in [db, &person] {
            for (model, operation, args, expected) in [
                (
                    "Image",
                    Operation::FindMany,
                    json!({"where": {"label": "#a"}, "select": {"size": true, "uses": true}}),
                    json!([{"size": "a:x", "uses": 2}]),
                ),
                (
                    "Image",
                    Operation::FindMany,
                    json!({"orderBy": {"label": "desc"}, "select": {"id": true}}),
                    json!([{"id": 2}, {"id": 1}]),
                ),
                (
                    "Image",
                    Operation::Count,
                    json!({"where": {"uses": {"gte": 1}, "size": {"startsWith": "a"}}}),
                    json!(1),
                ),
                (
                    "Asset",
                    Operation::FindFirst,
                    json!({"where": {"id": 1}}),
                    json!({"id": 1, "kind": "Image", "name": "a", "label": "#a", "uses": 2, "form": "x", "size": "a:x"}),
                ),
                (
                    "Note",
                    Operation::FindFirst,
                    json!({"where": {"asset": {"label": "#a"}}, "select": {"asset": {"select": {"label": true, "uses": true}}}}),
                    json!({"asset": {"label": "#a", "uses": 2}}),
                ),
                (
                    "Image",
                    Operation::GroupBy,
                    json!({"by": ["label"], "_count": {"_all": true}, "orderBy": {"label": "asc"}}),
                    json!([{"label": "#a", "_count": {"_all": 1}}, {"label": "#b", "_count": {"_all": 1}}]),
                ),
            ] {
                let found = call(of, model, operation, args.clone()).await;
                assert_eq!(found.unwrap(), expected, "{}: {model} {args}", place.name);
            }
        }
        let update = json!({"where": {"id": 2}, "data": {"name": "c", "form": "y"}, "select": {"label": true, "size": true}});
        assert_eq!(
            given(place, "Image", Operation::Update, update).await,
            json!({"label": "#c", "size": "c:y"}),
            "{}",
            place.name
        );
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
