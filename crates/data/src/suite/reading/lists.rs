//! Source: contract zenstack §3.2, scalar lists.

use hallpass_db::testing::{self, TestDatabase};
use serde_json::json;

use super::{found, ids};
use crate::suite::support::{Place, options, schema};
use crate::{Client, Dialect, Operation, Value};

const SCHEMA: &str = r#"
    enum Tag {
      RED  @map("r'ed")
      BLUE
    }

    model Owner {
      id    Int    @id
      items Item[]
    }

    model Item {
      id      Int        @id
      texts   String[]
      numbers Int[]
      bigs    BigInt[]
      floats  Float[]
      exacts  Decimal[]
      moments DateTime[]
      bytes   Bytes[]
      tags    Tag[]
      truths  Boolean[]
      ownerId Int
      owner   Owner      @relation(fields: [ownerId], references: [id])
    }
"#;

#[tokio::test]
async fn lists_are_filtered_and_read_at_every_level() {
    let Some((place, _database)) = postgres().await else {
        return;
    };
    let place = &place;
    for (filter, expected) in [
        (json!({"texts": {"has": "a"}}), json!([1])),
        (json!({"texts": {"hasEvery": ["a", "b"]}}), json!([1])),
        (json!({"texts": {"hasEvery": ["a", "c"]}}), json!([])),
        (json!({"texts": {"hasEvery": []}}), json!([1, 2])),
        (json!({"texts": {"hasSome": ["a", "c"]}}), json!([1])),
        (json!({"texts": {"hasSome": []}}), json!([])),
        (json!({"texts": {"isEmpty": true}}), json!([2])),
        (json!({"texts": {"isEmpty": false}}), json!([1])),
        (json!({"texts": {"equals": ["a", "b"]}}), json!([1])),
        (json!({"texts": {"equals": ["b", "a"]}}), json!([])),
        (json!({"texts": {"equals": []}}), json!([2])),
        (json!({"numbers": {"has": 2, "isEmpty": false}}), json!([1])),
        (json!({"tags": {"has": "RED"}}), json!([1])),
        (
            json!({"moments": {"has": "2026-01-31T23:59:59.123Z"}}),
            json!([1]),
        ),
        (json!({"NOT": {"texts": {"has": "a"}}}), json!([2])),
    ] {
        assert_eq!(
            ids(place, "Item", filter.clone()).await,
            expected,
            "{filter}"
        );
    }
    let plain = found(place, "Item", json!({"orderBy": {"id": "asc"}})).await;
    assert_eq!(plain[0]["bigs"], json!(["9007199254740993"]));
    assert_eq!(plain[1]["texts"], json!([]));
    let items = json!({"orderBy": {"id": "asc"}});
    let nested = found(place, "Owner", json!({"include": {"items": items}})).await;
    assert_eq!(nested[0]["items"], plain);
    for (filter, told) in [
        (
            json!({"texts": ["a"]}),
            "expected object, found array at \"where.texts\"",
        ),
        (
            json!({"texts": {"has": 1}}),
            "expected string, found number at \"where.texts.has\"",
        ),
        (
            json!({"texts": {"hasSome": "a"}}),
            "expected array, found string at \"where.texts.hasSome\"",
        ),
        (
            json!({"texts": {"in": ["a"]}}),
            "Unrecognized key: \"in\" at \"where.texts\"",
        ),
        (
            json!({"tags": {"has": "GREEN"}}),
            "expected one of `RED`, `BLUE` at \"where.tags.has\"",
        ),
    ] {
        let args = json!({"where": filter});
        let refused = super::refused(&place.client, "Item", Operation::FindMany, args).await;
        assert!(refused.ends_with(told), "{refused}");
    }
}

/// PostgreSQL with two items, where it is there: other databases have no lists.
async fn postgres() -> Option<(Place, TestDatabase)> {
    let test = testing::databases().await;
    let test = test.into_iter().find(|test| test.name == "postgres")?;
    let place = Place {
        name: test.name,
        client: Client::new(test.database.clone(), schema(SCHEMA).into(), options()).unwrap(),
        dialect: Dialect::Postgres,
    };
    let db = &place.client;
    db.create_missing_tables().await.unwrap();
    db.create("Owner").set("id", 1).run().await.unwrap();
    let moment = "2026-01-31T23:59:59.123Z"
        .parse::<jiff::Timestamp>()
        .unwrap();
    let exact = |digits: &str| Value::Decimal(digits.to_owned());
    let item = db.create("Item").set("id", 1).set("ownerId", 1);
    let item = item.set("texts", Value::List(vec!["a".into(), "b".into()]));
    let item = item.set("numbers", Value::List(vec![1.into(), 2.into()]));
    let item = item.set("bigs", Value::List(vec![9_007_199_254_740_993_i64.into()]));
    let item = item.set("floats", Value::List(vec![0.1.into(), 1e300.into()]));
    let item = item.set("exacts", Value::List(vec![exact("12345678901234567890.5")]));
    let item = item.set("moments", Value::List(vec![moment.into()]));
    let item = item.set("bytes", Value::List(vec![Value::Bytes(vec![0, 255])]));
    let item = item.set("tags", Value::List(vec!["RED".into(), "BLUE".into()]));
    let item = item.set("truths", Value::List(vec![true.into()]));
    item.run().await.unwrap();
    let nothing = || Value::List(Vec::new());
    let mut item = db.create("Item").set("id", 2).set("ownerId", 1);
    for field in [
        "texts", "numbers", "bigs", "floats", "exacts", "moments", "bytes", "tags", "truths",
    ] {
        item = item.set(field, nothing());
    }
    item.run().await.unwrap();
    Some((place, test))
}
