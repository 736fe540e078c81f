//! Columns that hold several values.

use hallpass_sql::{Dialect, Value};

use super::support::{Places, empty_places, options, places_of, schema};
use crate::field;
use crate::{Client, OpenError};

const LISTS: &str = r#"
    datasource db { provider = "postgresql" }
    enum Mood { CALM @map("calm") LOUD @map("it's loud") }
    model A {
      id      Int        @id
      texts   String[]   @default(["a", "it's \"b\""])
      numbers Int[]      @default([1, 2])
      large   BigInt[]
      floats  Float[]
      exact   Decimal[]
      truths  Boolean[]  @default([true])
      moments DateTime[]
      moods   Mood[]     @default([LOUD])
      bytes   Bytes[]
      json    Json[]
      ids     String[]   @db.Uuid
    }
"#;

/// The places whose columns may hold several values.
async fn postgres() -> Places {
    let mut places = empty_places("model A { id Int @id }").await;
    places
        .places
        .retain(|place| place.dialect == Dialect::Postgres);
    for place in &mut places.places {
        let database = place.client.engine.database.clone();
        place.client = Client::new(database, schema(LISTS).into(), options()).unwrap();
        place.client.create_missing_tables().await.unwrap();
    }
    places
}

fn texts(items: &[&str]) -> Value {
    Value::List(items.iter().map(|text| (*text).into()).collect())
}

#[tokio::test]
async fn lists_of_every_type_come_back_as_they_went_in() {
    for place in postgres().await.places {
        let moment = "2026-01-31T23:59:59.123Z".parse().unwrap();
        let id = "6f9619ff-8b86-4011-b42d-00c04fc964ff";
        let given = [
            ("texts", texts(&["", "NULL", "{a,b}", "\"", "ä"])),
            (
                "numbers",
                Value::List(vec![Value::Int(-1), Value::Int(2_147_483_647)]),
            ),
            ("large", Value::List(vec![Value::Int(i64::MAX)])),
            ("floats", Value::List(vec![Value::Float(0.5)])),
            ("exact", Value::List(vec![Value::Decimal("0.1".to_owned())])),
            (
                "truths",
                Value::List(vec![Value::Bool(true), Value::Bool(false)]),
            ),
            ("moments", Value::List(vec![Value::Timestamp(moment)])),
            ("moods", texts(&["LOUD", "CALM", "LOUD"])),
            ("bytes", Value::List(vec![Value::Bytes(vec![0, 255])])),
            (
                "json",
                Value::List(vec![Value::from(serde_json::json!({"a": [null]}))]),
            ),
            ("ids", texts(&[id])),
        ];
        let mut create = place.client.create("A").set("id", 1);
        for (field, value) in &given {
            create = create.set(*field, value.clone());
        }
        let record = create.run().await.unwrap();
        for (field, value) in given {
            assert_eq!(record.value(field), Some(&value), "{field}");
        }
        let shown = serde_json::to_value(&record).unwrap();
        assert_eq!(shown["large"], serde_json::json!(["9223372036854775807"]));
        assert_eq!(shown["moods"], serde_json::json!(["LOUD", "CALM", "LOUD"]));
    }
}

#[tokio::test]
async fn defaults_are_the_columns_own_and_what_is_not_said_is_empty() {
    for place in postgres().await.places {
        let record = place.client.create("A").set("id", 1).run().await.unwrap();
        assert_eq!(record.value("texts"), Some(&texts(&["a", "it's \"b\""])));
        assert_eq!(record.value("moods"), Some(&texts(&["LOUD"])));
        assert_eq!(record.value("large"), Some(&Value::List(Vec::new())));
        // Another program's row has the same defaults from the table, and null where there are none.
        let database = &place.client.engine.database;
        let query = hallpass_sql::Query {
            text: r#"INSERT INTO "A" ("id") VALUES (2)"#.to_owned(),
            binds: Vec::new(),
            access: hallpass_sql::Access::Write,
        };
        database.exec(&query, &[]).await.unwrap();
        let other = place
            .client
            .find_unique("A")
            .filter(field("id").eq(2))
            .run()
            .await;
        let other = other.unwrap().unwrap();
        for field in ["texts", "numbers", "truths", "moods", "large"] {
            assert_eq!(other.value(field), record.value(field), "{field}");
        }
    }
}

#[tokio::test]
async fn what_is_no_list_of_the_type_is_refused() {
    for place in postgres().await.places {
        let wrong = [
            ("numbers", Value::Int(1)),
            ("numbers", texts(&["a"])),
            ("texts", Value::List(vec![Value::Null])),
            ("moods", texts(&["QUIET"])),
            ("texts", Value::List(vec![texts(&["a"])])),
        ];
        for (field, value) in wrong {
            let create = place.client.create("A").set("id", 1);
            let result = create.set(field, value.clone()).run().await;
            assert!(result.is_err(), "{field} {value:?}");
        }
        assert_eq!(place.client.count("A").run().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn other_databases_refuse_the_schema() {
    for place in places_of("model A { id Int @id }").await.places {
        if place.dialect == Dialect::Postgres {
            continue;
        }
        let text = "model A { id Int @id  texts String[] }";
        let database = place.client.engine.database.clone();
        let refused = Client::new(database, schema(text).into(), options());
        assert!(
            matches!(refused, Err(OpenError::List { .. })),
            "{}",
            place.name
        );
    }
}
