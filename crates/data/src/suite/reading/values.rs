//! Values of every type, read plainly and inside of related rows: nothing of them is lost on the way.

use hallpass_sql::Value;
use serde_json::{Value as Json, json};

use super::{call, found, library, text};
use crate::suite::support::Place;
use crate::{ArgValue, Operation, Reply};

/// A field, what is stored there, and what clients get.
fn cases() -> Vec<(&'static str, Value, Json)> {
    let float = |number: f64| ("weight", Value::Float(number), json!(number));
    let exact = |digits: &str| ("price", Value::Decimal(digits.to_owned()), json!(digits));
    let at = |moment: &str| ("at", text(moment), json!(moment));
    let document = |document: Json| ("meta", Value::from(document.clone()), document);
    vec![
        (
            "title",
            text("\"quotes\" \\ / \u{1}\u{7f} ä 漢 🦀 \u{2028} ' ` ?$1"),
            json!("\"quotes\" \\ / \u{1}\u{7f} ä 漢 🦀 \u{2028} ' ` ?$1"),
        ),
        ("title", text(""), json!("")),
        ("views", Value::Int(i32::MIN.into()), json!(i32::MIN)),
        ("big", Value::Int(i64::MAX), json!("9223372036854775807")),
        ("big", Value::Int(i64::MIN), json!("-9223372036854775808")),
        (
            "big",
            Value::Int(9_007_199_254_740_993),
            json!("9007199254740993"),
        ),
        float(0.1),
        float(-0.0),
        float(1.0 / 3.0),
        float(1e300),
        float(5e-324),
        float(f64::MAX),
        float(123_456_789.123_456_79),
        exact("0.1"),
        exact("-12345.678901"),
        exact("100"),
        at("2026-01-31T23:59:59.123Z"),
        at("1969-07-20T20:17:40.000Z"),
        at("0001-01-01T00:00:00.000Z"),
        at("9999-12-30T21:59:59.999Z"),
        (
            "picture",
            Value::Bytes((0..=255).collect()),
            json!((0..=255).collect::<Vec<u8>>()),
        ),
        ("picture", Value::Bytes(Vec::new()), json!([])),
        ("role", text("ADMIN"), json!("ADMIN")),
        ("done", Value::Bool(true), json!(true)),
        document(json!({"a": [1, "x", null, {"b": 1.5}], "ä": "\"\\"})),
        document(json!(null)),
        document(json!("text")),
        document(json!("1r")),
        document(json!(17)),
        document(json!(1.25)),
        document(json!(true)),
        document(json!([])),
        document(json!("")),
    ]
}

async fn set(place: &Place, field: &str, value: Value) {
    let update = place.client.update("Post").filter(crate::field("id").eq(1));
    let updated = update.set(field, value).run().await;
    assert!(updated.is_ok(), "{} {field}: {updated:?}", place.name);
}

#[tokio::test]
async fn values_are_the_same_at_every_level() {
    let library = library().await;
    for place in &library.places {
        for (field, value, expected) in cases() {
            set(place, field, value.clone()).await;
            let plain = json!({"where": {"id": 1}, "select": {field: true}});
            let plain = found(place, "Post", plain).await;
            assert_eq!(
                plain,
                json!([{field: expected}]),
                "{} {value:?}",
                place.name
            );
            let posts = json!({"where": {"id": 1}, "select": {field: true}});
            // Two levels down, sorted and not, and beside a joined row.
            let ordered =
                json!({"where": {"id": 1}, "select": {field: true}, "orderBy": {"id": "asc"}});
            let author = json!({"select": {"posts": ordered}});
            let posts_of_posts = json!({"where": {"id": 1}, "select": {"author": author}});
            for (posts, expected) in [
                (posts, json!([{field: expected}])),
                (
                    posts_of_posts,
                    json!([{"author": {"posts": [{field: expected}]}}]),
                ),
            ] {
                let args = json!({"where": {"id": 1}, "select": {"posts": posts}});
                let nested = found(place, "User", args).await;
                assert_eq!(
                    nested,
                    json!([{"posts": expected}]),
                    "{} {value:?}",
                    place.name
                );
            }
            let args = json!({"where": {"postId": 1}, "take": 1, "select": {"post": {"select": {field: true}}}});
            let joined = found(place, "Comment", args).await;
            assert_eq!(
                joined,
                json!([{"post": {field: expected}}]),
                "{} {value:?}",
                place.name
            );
        }
    }
}

#[tokio::test]
async fn nothing_is_told_from_the_document_null() {
    let library = library().await;
    for place in &library.places {
        for (value, expected) in [
            (Value::from(Json::Null), Value::from(Json::Null)),
            (Value::Null, Value::Null),
        ] {
            set(place, "meta", value).await;
            let args = json!({"where": {"id": 1}, "select": {"posts": {"where": {"id": 1}, "select": {"meta": true}}}});
            let args = ArgValue::from_json(args).unwrap();
            let reply = place
                .client
                .call("User", Operation::FindMany, &args)
                .await
                .unwrap();
            let Reply::Records(users) = reply else {
                panic!("{reply:?}");
            };
            let posts = users[0].related_many("posts").unwrap();
            assert_eq!(posts[0].value("meta"), Some(&expected), "{}", place.name);
        }
    }
}

#[tokio::test]
async fn floats_come_back_to_the_last_bit() {
    let library = library().await;
    let mut seed = 42_u64;
    for _ in 0..20 {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let number = f64::from_bits(seed);
        if !number.is_finite() {
            continue;
        }
        for place in &library.places {
            set(place, "weight", Value::Float(number)).await;
            let args = json!({"where": {"id": 1}, "select": {"posts": {"where": {"id": 1}, "select": {"weight": true}}}});
            let args = ArgValue::from_json(args).unwrap();
            let reply = place
                .client
                .call("User", Operation::FindMany, &args)
                .await
                .unwrap();
            let Reply::Records(users) = reply else {
                panic!("{reply:?}");
            };
            let weight = users[0].related_many("posts").unwrap()[0]
                .get::<f64>("weight")
                .unwrap();
            assert_eq!(
                weight.to_bits(),
                number.to_bits(),
                "{} {number:e}",
                place.name
            );
        }
    }
}

#[tokio::test]
async fn values_that_filters_take() {
    let library = library().await;
    for place in &library.places {
        for (field, value) in [
            ("at", text("2026-01-31T23:59:59.123Z")),
            ("big", Value::Int(9_007_199_254_740_993)),
            ("price", Value::Decimal("12.5".to_owned())),
            ("weight", Value::Float(0.5)),
            ("picture", Value::Bytes(vec![1, 2])),
        ] {
            set(place, field, value).await;
        }
        let is = |field: &str, value: ArgValue| {
            let filter = ArgValue::Object(vec![(field.to_owned(), value)]);
            ArgValue::Object(vec![("where".to_owned(), filter)])
        };
        let moment: jiff::Timestamp = "2026-01-31T23:59:59.123Z".parse().unwrap();
        let as_text = |text: &str| ArgValue::Text(text.to_owned());
        for args in [
            is("at", ArgValue::DateTime(moment)),
            is("at", as_text("2026-01-31T23:59:59.123Z")),
            is("at", as_text("2026-02-01T01:59:59.123+02:00")),
            is("at", as_text("2026-01-31T23:59:59.123")),
            is("big", ArgValue::BigInt(9_007_199_254_740_993)),
            is("big", as_text("9007199254740993")),
            is("big", ArgValue::Number(9_007_199_254_740_993_i64.into())),
            is("price", ArgValue::Decimal("12.50".to_owned())),
            is("price", as_text("1.25e1")),
            is("price", ArgValue::from_json(json!(12.5)).unwrap()),
            is("weight", ArgValue::from_json(json!(0.5)).unwrap()),
            is("picture", ArgValue::Bytes(vec![1, 2])),
        ] {
            let reply = place.client.call("Post", Operation::FindMany, &args).await;
            let found = serde_json::to_value(reply.unwrap()).unwrap();
            assert_eq!(
                super::column(&found, "id"),
                json!([1]),
                "{} {args:?}",
                place.name
            );
        }
        for (moment, sought) in [
            ("2026-01-31T00:00:00.000Z", "2026-01-31"),
            ("1970-01-01T10:30:00.000Z", "10:30:00"),
            ("1970-01-01T10:30:00.250Z", "10:30:00.250Z"),
        ] {
            set(place, "at", text(moment)).await;
            let args = json!({"where": {"at": sought}, "select": {"id": true}});
            let found = call(&place.client, "Post", Operation::FindMany, args)
                .await
                .unwrap();
            assert_eq!(found, json!([{"id": 1}]), "{} {sought}", place.name);
        }
    }
}
