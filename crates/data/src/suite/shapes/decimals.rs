//! Exact numbers stay exact; where a database cannot keep them, it is said before they are lost.
//!
//! Source: contract zenstack §5.1.

use hallpass_sql::Dialect;
use serde_json::json;

use super::{call, given, places_of, refused};
use crate::{ArgValue, Operation};

const SCHEMA: &str = "
    model Item {
      id    Int      @id
      price Decimal
      list  Tag[]
    }
    model Tag {
      id    Int @id
      items Item[]
    }
";

#[tokio::test]
async fn exact_numbers_are_kept_or_refused() {
    for place in &places_of(SCHEMA).await.places {
        for (id, price) in [
            (1, "0.1"),
            (2, "12345678901.2345"),
            (3, "-0.000000000000012"),
            (4, "9007199254740993"),
        ] {
            let made = given(
                place,
                "Item",
                Operation::Create,
                json!({"data": {"id": id, "price": price}}),
            )
            .await;
            assert_eq!(made["price"], json!(price), "{}", place.name);
            let found = given(
                place,
                "Item",
                Operation::FindFirst,
                json!({"where": {"price": price}}),
            )
            .await;
            assert_eq!(found["id"], json!(id), "{}: {price}", place.name);
        }
        let long = "12345678901234567.25";
        let create = json!({"data": {"id": 9, "price": long}});
        if place.dialect == Dialect::Sqlite {
            let told = refused(&place.client, "Item", Operation::Create, create).await;
            assert!(told.contains("15 digits"), "{told}");
            let told = refused(
                &place.client,
                "Item",
                Operation::Update,
                json!({"where": {"id": 1}, "data": {"price": long}}),
            )
            .await;
            assert!(told.contains("15 digits"), "{told}");
            let told = refused(
                &place.client,
                "Item",
                Operation::Count,
                json!({"where": {"price": {"gt": long}}}),
            )
            .await;
            assert!(told.contains("15 digits"), "{told}");
        } else {
            let made = given(place, "Item", Operation::Create, create).await;
            assert_eq!(made["price"], json!(long), "{}", place.name);
            for (filter, expected) in [
                (json!({"price": "12345678901234567.26"}), 0),
                (json!({"price": {"in": ["12345678901234567.24", "1"]}}), 0),
                (json!({"price": {"gt": "12345678901234567.24"}}), 1),
                (
                    json!({"price": {"lt": "12345678901234567.26", "gt": 1e16}}),
                    1,
                ),
            ] {
                let count = given(place, "Item", Operation::Count, json!({"where": filter})).await;
                assert_eq!(count, json!(expected), "{}: {filter}", place.name);
            }
        }
    }
}

/// Beside texts, MySQL makes floating numbers of exact ones, of which many then are equal.
#[tokio::test]
async fn groups_and_rules_compare_digit_by_digit() {
    let rules =
        "@@allow('read', price == auth().price) @@allow('create,update', price < auth().price)";
    let ruled = SCHEMA.replace("list  Tag[]\n", &format!("list  Tag[]\n {rules}\n"));
    let ruled = format!("{ruled} type Me {{ price Decimal @@auth }}");
    for place in &places_of(&ruled).await.places {
        if place.dialect == Dialect::Sqlite {
            // It keeps none that could be confused.
            continue;
        }
        let digits = |last: u32| format!("12345678901234567.2{last}");
        for id in [5, 6] {
            let item = json!({"data": {"id": id, "price": digits(id)}});
            given(place, "Item", Operation::Create, item).await;
        }
        for (having, expected) in [
            (json!({"price": {"_sum": {"equals": digits(5)}}}), vec![5]),
            (json!({"price": {"_max": {"gt": digits(5)}}}), vec![6]),
            (
                json!({"price": {"_min": {"in": [digits(4), digits(6)]}}}),
                vec![6],
            ),
            (json!({"price": {"_sum": {"not": digits(6)}}}), vec![5]),
            (json!({"price": {"_sum": {"lt": digits(5)}}}), vec![]),
        ] {
            let args = json!({"by": ["id"], "having": having, "orderBy": {"id": "asc"}});
            let groups = given(place, "Item", Operation::GroupBy, args).await;
            let expected: Vec<_> = expected.into_iter().map(|id| json!({"id": id})).collect();
            assert_eq!(groups, json!(expected), "{}: {having}", place.name);
        }
        let person = ArgValue::from_json(json!({"price": digits(6)})).unwrap();
        let of = place.client.for_user(Some(person));
        let seen = call(
            &of,
            "Item",
            Operation::FindMany,
            json!({"select": {"id": true}}),
        )
        .await;
        assert_eq!(seen.unwrap(), json!([{"id": 6}]), "{}", place.name);
        let changed = json!({"data": {"price": 1}});
        let changed = call(&of, "Item", Operation::UpdateMany, changed).await;
        assert_eq!(changed.unwrap(), json!({"count": 1}), "{}", place.name);
    }
}

#[tokio::test]
async fn calculated_numbers_are_what_they_are_on_paper() {
    for place in &places_of(SCHEMA).await.places {
        given(
            place,
            "Item",
            Operation::Create,
            json!({"data": {"id": 1, "price": "0.1"}}),
        )
        .await;
        for (change, expected) in [
            (json!({"increment": 0.2}), "0.3"),
            (json!({"multiply": 3}), "0.9"),
            (json!({"decrement": "0.9"}), "0"),
            (json!({"set": 1.1}), "1.1"),
            (json!({"increment": "2.2"}), "3.3"),
        ] {
            let update = json!({"where": {"id": 1}, "data": {"price": change}});
            let changed = given(place, "Item", Operation::Update, update).await;
            assert_eq!(changed["price"], json!(expected), "{}", place.name);
            let count = given(
                place,
                "Item",
                Operation::Count,
                json!({"where": {"price": expected}}),
            )
            .await;
            assert_eq!(count, json!(1), "{}: {expected}", place.name);
        }
    }
}

/// Source: contract zenstack §3.6 (`createMany` of relations to many).
#[tokio::test]
async fn many_rows_are_added_through_a_table_between() {
    for place in &places_of(SCHEMA).await.places {
        let create = json!({"data": {"id": 1, "price": 1, "list": {"createMany": {"data": [{"id": 1}, {"id": 2}]}}}, "select": {"list": {"orderBy": {"id": "asc"}}}});
        let made = given(place, "Item", Operation::Create, create).await;
        assert_eq!(
            made,
            json!({"list": [{"id": 1}, {"id": 2}]}),
            "{}",
            place.name
        );
        let update = json!({"where": {"id": 1}, "data": {"list": {"createMany": {"data": {"id": 3}}}}, "select": {"_count": true}});
        let changed = given(place, "Item", Operation::Update, update).await;
        assert_eq!(changed, json!({"_count": {"list": 3}}), "{}", place.name);
        let skip = json!({"where": {"id": 1}, "data": {"list": {"createMany": {"data": {"id": 3}, "skipDuplicates": true}}}});
        let told = refused(&place.client, "Item", Operation::Update, skip).await;
        assert!(told.contains("`skipDuplicates`"), "{told}");
    }
}
