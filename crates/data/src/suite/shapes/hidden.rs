//! `@ignore`, `@@ignore` and `Unsupported`: in the database, and nowhere else.
//!
//! Source: contract zenstack §1.5, §1.6, §8.35.

use serde_json::json;

use super::{given, places_of, refused};
use crate::{Operation, field};

const SCHEMA: &str = r#"
    model User {
      id      Int     @id
      name    String
      secret  String? @ignore
      counter Int     @default(3) @ignore
      notes   Note[]
      audits  Audit[] @ignore
      likes   Note[]  @relation("likes") @ignore
    }

    model Note {
      id      Int    @id
      text    String
      userId  Int
      user    User   @relation(fields: [userId], references: [id])
      liked   User[] @relation("likes") @ignore
      @@allow('all', user.secret == auth().word)
    }

    type Person {
      id   Int
      word String
      @@auth
    }

    model Audit {
      id     Int    @id
      what   String
      userId Int
      user   User   @relation(fields: [userId], references: [id])
      @@ignore
    }

    model Sealed {
      id    Int    @id
      token String @ignore
      name  String
    }

    model Log {
      at   String
      what String
      @@ignore
    }
"#;

#[tokio::test]
async fn what_is_ignored_has_no_name_for_clients() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let made = given(
            &place,
            "User",
            Operation::Create,
            json!({"data": {"id": 1, "name": "Ann"}}),
        )
        .await;
        assert_eq!(made, json!({"id": 1, "name": "Ann"}), "{}", place.name);
        for (model, operation, args, name) in [
            (
                "User",
                Operation::Create,
                json!({"data": {"id": 2, "name": "x", "secret": "x"}}),
                "secret",
            ),
            (
                "User",
                Operation::Create,
                json!({"data": {"id": 2, "name": "x", "audits": {"create": {"id": 1, "what": "x"}}}}),
                "audits",
            ),
            (
                "User",
                Operation::Update,
                json!({"where": {"id": 1}, "data": {"counter": 1}}),
                "counter",
            ),
            (
                "User",
                Operation::FindMany,
                json!({"where": {"secret": null}}),
                "secret",
            ),
            (
                "User",
                Operation::FindMany,
                json!({"where": {"NOT": {"audits": {"some": {}}}}}),
                "audits",
            ),
            (
                "User",
                Operation::FindMany,
                json!({"where": {"notes": {"some": {"liked": {"none": {}}}}}}),
                "liked",
            ),
            (
                "User",
                Operation::FindMany,
                json!({"select": {"secret": true}}),
                "secret",
            ),
            (
                "User",
                Operation::FindMany,
                json!({"omit": {"secret": true}}),
                "secret",
            ),
            (
                "User",
                Operation::FindMany,
                json!({"include": {"audits": true}}),
                "audits",
            ),
            (
                "User",
                Operation::FindMany,
                json!({"include": {"_count": {"select": {"likes": true}}}}),
                "likes",
            ),
            (
                "User",
                Operation::FindMany,
                json!({"orderBy": {"secret": "asc"}}),
                "secret",
            ),
            (
                "User",
                Operation::FindMany,
                json!({"orderBy": {"audits": {"_count": "asc"}}}),
                "audits",
            ),
            (
                "User",
                Operation::Aggregate,
                json!({"_max": {"secret": true}}),
                "secret",
            ),
            (
                "User",
                Operation::Count,
                json!({"select": {"secret": true}}),
                "secret",
            ),
            (
                "User",
                Operation::GroupBy,
                json!({"by": "name", "orderBy": {"secret": "asc"}}),
                "secret",
            ),
            (
                "Note",
                Operation::FindMany,
                json!({"where": {"user": {"secret": "x"}}}),
                "secret",
            ),
        ] {
            let told = refused(db, model, operation, args.clone()).await;
            let expected = format!("Unrecognized key: \"{name}\" at");
            assert!(told.contains(&expected), "{}: {args}: {told}", place.name);
        }
        // Not even as a suggestion.
        let told = refused(
            db,
            "User",
            Operation::FindMany,
            json!({"where": {"secre": 1}}),
        )
        .await;
        assert!(!told.contains("secret"), "{}: {told}", place.name);
        for model in ["Audit", "audit", "Log"] {
            let told = refused(db, model, Operation::FindMany, json!({})).await;
            assert_eq!(
                told,
                format!("there is no model `{model}`"),
                "{}",
                place.name
            );
        }
        let counts = given(
            &place,
            "User",
            Operation::FindFirst,
            json!({"include": {"_count": true}}),
        )
        .await;
        assert_eq!(counts["_count"], json!({"notes": 0}), "{}", place.name);
    }
}

#[tokio::test]
async fn a_hidden_field_that_needs_a_value_lets_nobody_add_rows() {
    for place in places_of(SCHEMA).await.places {
        for (operation, args) in [
            (Operation::Create, json!({"data": {"id": 1, "name": "x"}})),
            (
                Operation::CreateMany,
                json!({"data": [{"id": 1, "name": "x"}]}),
            ),
        ] {
            let told = refused(&place.client, "Sealed", operation, args).await;
            let expected =
                "no row of `Sealed` can be added: `token` needs a value that clients cannot give";
            assert!(told.contains(expected), "{}: {told}", place.name);
        }
        // The program itself can: the column is there.
        let made = place
            .client
            .create("Sealed")
            .set("id", 1)
            .set("token", "t")
            .set("name", "x");
        made.run().await.unwrap();
        let found = given(&place, "Sealed", Operation::FindMany, json!({})).await;
        assert_eq!(found, json!([{"id": 1, "name": "x"}]), "{}", place.name);
    }
}

/// Rules are the schema's own, and see what clients do not.
#[tokio::test]
async fn rules_read_hidden_fields() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        db.create("User")
            .set("id", 1)
            .set("name", "Ann")
            .set("secret", "sesame")
            .run()
            .await
            .unwrap();
        db.create("Note")
            .set("id", 1)
            .set("text", "x")
            .set("userId", 1)
            .run()
            .await
            .unwrap();
        for (word, expected) in [("sesame", 1), ("other", 0)] {
            let person = crate::ArgValue::from_json(json!({"id": 1, "word": word})).unwrap();
            let person = db.for_user(Some(person));
            let count = person
                .count("Note")
                .filter(field("id").gt(0))
                .run()
                .await
                .unwrap();
            assert_eq!(count, expected, "{}: {word}", place.name);
        }
    }
}

/// Source: contract zenstack §1.3.
#[tokio::test]
async fn columns_of_unsupported_types_are_left_alone() {
    let text = r#"
        model Place {
          id    Int    @id
          name  String
          shape Unsupported("polygon")?
        }
        model Area {
          id    Int @id
          shape Unsupported("polygon")
        }
    "#;
    for place in places_of(text).await.places {
        let made = given(
            &place,
            "Place",
            Operation::Create,
            json!({"data": {"id": 1, "name": "x"}}),
        )
        .await;
        assert_eq!(made, json!({"id": 1, "name": "x"}), "{}", place.name);
        let told = refused(
            &place.client,
            "Area",
            Operation::Create,
            json!({"data": {"id": 1}}),
        )
        .await;
        assert!(
            told.contains("`shape` needs a value"),
            "{}: {told}",
            place.name
        );
        let told = refused(
            &place.client,
            "Place",
            Operation::FindMany,
            json!({"where": {"shape": 1}}),
        )
        .await;
        assert!(told.contains("\"shape\""), "{}: {told}", place.name);
    }
}
