//! What the engine does with fields, where they are inherited.

use hallpass_sql::Value;
use serde_json::json;

use super::{done, given, refused};
use crate::suite::policies::support::{person, ruled};
use crate::suite::support::{call, options, places_of, places_with, schema};
use crate::{Encryption, FieldServices, Operation, field};

const SAFES: &str = "
    model Thing {
      id     String @id @default(cuid())
      name   String @length(2, 5) @trim
      secret String? @encrypted
      pass   String? @password(saltLength: 4)
      size   Int @default(1)
      kind   String
      hidden String? @ignore
      @@delegate(kind)
      @@validate(size < 10, 'too large')
    }
    model Box extends Thing {
      note   String? @encrypted
      lid    String? @password(saltLength: 4) @length(3)
      colour String @default('red') @trim
      @@validate(colour != 'ODD', 'odd')
    }
    model Crate extends Thing {
      wood String
      @@ignore
    }";

#[tokio::test]
async fn inherited_fields_are_checked_hashed_and_sealed() {
    let with = || {
        let mut options = options();
        options.fields = FieldServices {
            encryption: Some(Encryption::new(&[1; 32])),
            ..FieldServices::default()
        };
        options
    };
    for place in &places_with(&schema(SAFES), &with).await.places {
        let data = json!({"name": "box", "secret": "s", "note": "n", "pass": "p", "lid": "lid", "colour": " blue "});
        let made = done(place, "Box", Operation::Create, json!({"data": data})).await;
        for row in [
            made.clone(),
            done(
                place,
                "Thing",
                Operation::FindUnique,
                json!({"where": {"id": made["id"]}}),
            )
            .await,
        ] {
            assert_eq!(
                (&row["secret"], &row["note"]),
                (&json!("s"), &json!("n")),
                "{}",
                place.name
            );
            assert_eq!(row["colour"], "blue", "{}", place.name);
            for hash in ["pass", "lid"] {
                assert!(
                    row[hash].as_str().unwrap().starts_with("$2"),
                    "{}",
                    place.name
                );
            }
        }
        // In the tables, both are sealed.
        let mut plain = place.client.schema().clone();
        for model in &mut plain.models {
            model
                .fields
                .iter_mut()
                .for_each(|field| field.encrypted = false);
        }
        let raw = place.client.saying(plain);
        let stored = raw.find_first("Box").run().await.unwrap().unwrap();
        for name in ["secret", "note"] {
            let text: &str = stored.get(name).unwrap();
            assert!(text.len() > 40, "{} {name}", place.name);
        }
        for (data, told) in [
            (json!({"name": "x"}), "name"),
            (json!({"name": "much too long"}), "name"),
            (json!({"name": "box", "size": 10}), "too large"),
            (json!({"name": "box", "lid": "x"}), "lid"),
            (json!({"name": "box", "colour": "ODD"}), "odd"),
            (json!({"name": "box", "hidden": "x"}), "hidden"),
        ] {
            let refusal = refused(place, "Box", Operation::Create, json!({"data": data})).await;
            let said = refusal.to_lowercase();
            assert!(said.contains(told), "{} {data} {refusal}", place.name);
        }
        let named = json!({"id": made["id"]});
        for (model, data) in [
            ("Box", json!({"size": 11})),
            ("Thing", json!({"name": "x"})),
        ] {
            let args = json!({"where": named, "data": data});
            refused(place, model, Operation::Update, args).await;
        }
        let args = json!({"where": named, "data": {"secret": "t", "pass": "q", "lid": "new"}});
        let changed = done(place, "Box", Operation::Update, args).await;
        assert_eq!(changed["secret"], "t", "{}", place.name);
        assert_ne!(changed["pass"], made["pass"], "{}", place.name);
        assert_ne!(changed["lid"], made["lid"], "{}", place.name);
    }
}

#[tokio::test]
async fn a_hidden_model_adds_nothing_to_its_delegate() {
    let mut open = schema(SAFES);
    for model in &mut open.models {
        model
            .fields
            .iter_mut()
            .for_each(|field| field.encrypted = false);
    }
    for place in &places_with(&open, &options).await.places {
        let mut seen = place.client.schema().clone();
        seen.models
            .iter_mut()
            .for_each(|model| model.ignored = false);
        let all = place.client.saying(seen);
        let data = json!({"name": "abc", "wood": "oak"});
        let made = given(
            place.name,
            &all,
            "Crate",
            Operation::Create,
            json!({"data": data}),
        )
        .await;
        let args = json!({"where": {"id": made["id"]}});
        let row = given(
            place.name,
            &all,
            "Thing",
            Operation::FindUnique,
            args.clone(),
        )
        .await;
        assert_eq!(row["wood"], "oak", "{}", place.name);
        let row = done(place, "Thing", Operation::FindUnique, args).await;
        assert_eq!(
            (&row["kind"], row.get("wood")),
            (&json!("Crate"), None),
            "{}",
            place.name
        );
    }
}

/// A person gets no hash, of whichever table.
#[tokio::test]
async fn hashes_stay_with_the_engine() {
    let text = "
        model Thing { id Int @id pass String? @password(saltLength: 4) kind String @@delegate(kind) @@allow('all', true) }
        model Box extends Thing { lid String? @password(saltLength: 4) }";
    for (name, db) in &ruled(text).await.clients {
        let data = json!({"id": 1, "pass": "p", "lid": "l"});
        given(name, db, "Box", Operation::Create, json!({"data": data})).await;
        let of = db.for_user(person(json!({"id": 1})));
        for model in ["Thing", "Box"] {
            let rows = given(name, &of, model, Operation::FindMany, json!({})).await;
            assert_eq!(rows, json!([{"id": 1, "kind": "Box"}]), "{name}");
        }
    }
}

#[tokio::test]
async fn identities_may_have_several_fields() {
    let text = "
        model Part { shelf String place Int label String? kind String @@delegate(kind) @@id([shelf, place]) @@unique([label, place], name: 'labelled') owner Owner? }
        model Screw extends Part { length Int slot Int? }
        model Owner { id Int @id shelf String place Int part Part @relation(fields: [shelf, place], references: [shelf, place], onDelete: Cascade) @@unique([shelf, place]) }";
    for place in &places_of(text).await.places {
        let rows: Vec<_> = (0..3)
            .map(|number| json!({"shelf": "a", "place": number, "length": number * 10, "label": "l"}))
            .collect();
        let made = done(place, "Screw", Operation::CreateMany, json!({"data": rows})).await;
        assert_eq!(made, json!({"count": 3}), "{}", place.name);
        let owner = json!({"data": {"id": 1, "part": {"connect": {"shelf_place": {"shelf": "a", "place": 1}}}}});
        done(place, "Owner", Operation::Create, owner).await;
        for key in [
            json!({"shelf_place": {"shelf": "a", "place": 1}}),
            json!({"labelled": {"label": "l", "place": 1}}),
        ] {
            let args = json!({"where": key, "include": {"owner": true}});
            let row = done(place, "Screw", Operation::FindUnique, args).await;
            assert_eq!(
                (&row["length"], &row["owner"]["id"]),
                (&json!(10), &json!(1)),
                "{}",
                place.name
            );
        }
        let args = json!({"where": {"length": {"gte": 10}}, "data": {"label": "m", "slot": 1}});
        let changed = done(place, "Screw", Operation::UpdateMany, args).await;
        assert_eq!(changed, json!({"count": 2}), "{}", place.name);
        let args = json!({"include": {"part": true}});
        let owner = done(place, "Owner", Operation::FindFirst, args).await;
        let part = &owner["part"];
        assert_eq!(
            (&part["label"], &part["slot"]),
            (&json!("m"), &json!(1)),
            "{}",
            place.name
        );
        let key = json!({"shelf_place": {"shelf": "a", "place": 1}});
        let args = json!({"where": key, "data": {"shelf": "b", "place": 9, "slot": 2}});
        let moved = done(place, "Screw", Operation::Update, args).await;
        assert_eq!(
            (&moved["shelf"], &moved["slot"]),
            (&json!("b"), &json!(2)),
            "{}",
            place.name
        );
        let gone = done(
            place,
            "Part",
            Operation::DeleteMany,
            json!({"where": {"shelf": "b"}}),
        )
        .await;
        assert_eq!(gone, json!({"count": 1}), "{}", place.name);
        for (model, left) in [("Part", 2), ("Screw", 2), ("Owner", 0)] {
            let count = done(place, model, Operation::Count, json!({})).await;
            assert_eq!(count, left, "{} {model}", place.name);
        }
    }
}

/// What somebody found in the catalog is said of the tables in which columns stand.
#[tokio::test]
async fn clients_are_fitted_to_every_table() {
    for place in &places_of(super::SCHEMA).await.places {
        let fitted = place.client.fitted().await.unwrap();
        let data = json!({"duration": 1, "url": "a", "rating": 5, "createdAt": "2020-01-01T00:00:00.000Z"});
        let made = given(
            place.name,
            &fitted,
            "Rated",
            Operation::Create,
            json!({"data": data}),
        )
        .await;
        assert_eq!(
            made["createdAt"], "2020-01-01T00:00:00.000Z",
            "{}",
            place.name
        );
        let args =
            json!({"where": {"createdAt": {"lt": "2020-01-02T00:00:00.000Z"}, "duration": 1}});
        let found = given(place.name, &fitted, "Rated", Operation::FindMany, args).await;
        assert_eq!(found.as_array().map(Vec::len), Some(1), "{}", place.name);
        let row = fitted
            .find_many("Asset")
            .filter(field("views").eq(0))
            .run()
            .await
            .unwrap();
        assert_eq!(
            row[0].value("rating"),
            Some(&Value::Int(5)),
            "{}",
            place.name
        );
    }
}

/// Filled from whoever asks, at whichever level the field stands.
#[tokio::test]
async fn defaults_of_a_person_are_inherited() {
    let text = "
        model User { id Int @id things Thing[] boxes Box[] @relation('boxes') @@allow('all', true) }
        model Thing { id Int @id ownerId Int @default(auth().id) owner User @relation(fields: [ownerId], references: [id]) kind String @@delegate(kind) @@allow('all', owner == auth()) }
        model Box extends Thing { packerId Int @default(auth().id) packer User @relation('boxes', fields: [packerId], references: [id]) }";
    for (name, db) in &ruled(text).await.clients {
        for id in [1, 2] {
            given(
                name,
                db,
                "User",
                Operation::Create,
                json!({"data": {"id": id}}),
            )
            .await;
        }
        let of = db.for_user(person(json!({"id": 1})));
        let made = given(
            name,
            &of,
            "Box",
            Operation::Create,
            json!({"data": {"id": 1}}),
        )
        .await;
        assert_eq!(
            (&made["ownerId"], &made["packerId"]),
            (&json!(1), &json!(1)),
            "{name}"
        );
        let data = json!({"data": {"id": 2, "ownerId": 2}});
        assert!(
            call(&of, "Box", Operation::Create, data).await.is_err(),
            "{name}"
        );
        let other = db.for_user(person(json!({"id": 2})));
        let rows = given(name, &other, "Thing", Operation::FindMany, json!({})).await;
        assert_eq!(rows, json!([]), "{name}");
    }
}
