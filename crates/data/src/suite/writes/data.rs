use serde_json::{Value as Json, json};

use super::SCHEMA;
use crate::suite::support::{call, places_of};
use crate::{ArgValue, Error, InvalidInput, Operation};

/// Where a mistake stands, and what is said of it.
async fn refused(db: &crate::Client, model: &str, operation: Operation, args: Json) -> String {
    match call(db, model, operation, args).await {
        Err(Error::Invalid(InvalidInput::Argument { path, message, .. })) => {
            format!("{path}: {message}")
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn mistakes_are_told_with_their_place() {
    let places = places_of(SCHEMA).await;
    let db = &places.places[0].client;
    for (model, operation, args, expected) in [
        (
            "User",
            Operation::Create,
            json!({}),
            "data: expected a value, found none",
        ),
        (
            "User",
            Operation::Create,
            json!({"data": {}}),
            "data.email: expected a value, found none",
        ),
        (
            "User",
            Operation::Create,
            json!({"data": 5}),
            "data: expected object, found number",
        ),
        (
            "User",
            Operation::Create,
            json!({"data": {"email": 5}}),
            "data.email: expected string, found number",
        ),
        (
            "User",
            Operation::Create,
            json!({"data": {"emial": "x"}}),
            "data: Unrecognized key: \"emial\", did you mean `email`?",
        ),
        (
            "User",
            Operation::Create,
            json!({"date": {}}),
            ": Unrecognized key: \"date\", did you mean `data`?",
        ),
        (
            "User",
            Operation::Create,
            json!({"data": {"email": null}}),
            "data.email: expected string, found null",
        ),
        (
            "User",
            Operation::Create,
            json!({"data": {"email": "x", "role": "GOD"}}),
            "data.role: expected one of `USER`, `ADMIN`",
        ),
        (
            "User",
            Operation::Create,
            json!({"data": {"email": "x", "posts": {"crate": {}}}}),
            "data.posts: Unrecognized key: \"crate\", did you mean `create`?",
        ),
        (
            "User",
            Operation::Create,
            json!({"data": {"email": "x", "posts": {"create": [{"title": "t"}, {}]}}}),
            "data.posts.create[1].title: expected a value, found none",
        ),
        (
            "User",
            Operation::Create,
            json!({"data": {"email": "x", "posts": {"create": {"title": "t", "authorId": 1}}}}),
            "data.posts.create: Unrecognized key: \"authorId\"",
        ),
        (
            "User",
            Operation::Create,
            json!({"data": {"email": "x", "posts": {"disconnect": {"id": "1"}}}}),
            "data.posts: Unrecognized key: \"disconnect\", did you mean `connect`?",
        ),
        (
            "Post",
            Operation::Create,
            json!({"data": {"title": "t", "authorId": 1, "author": {"connect": {"id": 1}}}}),
            "data: `authorId` cannot stand beside `author`: name other rows by relations or by their keys",
        ),
        (
            "Comment",
            Operation::Create,
            json!({"data": {"text": "t"}}),
            "data.post: expected a value, found none",
        ),
        (
            "Comment",
            Operation::CreateMany,
            json!({"data": [{"text": "t"}]}),
            "data[0].postId: expected a value, found none",
        ),
        (
            "Comment",
            Operation::Create,
            json!({"data": {"text": "t", "replyTo": 1}}),
            "data.postId: expected a value, found none",
        ),
        (
            "Comment",
            Operation::Update,
            json!({"where": {"id": 1}, "data": {"post": {"disconnect": true}}}),
            "data.post: Unrecognized key: \"disconnect\", did you mean `connect`?",
        ),
        (
            "Post",
            Operation::Update,
            json!({"where": {"id": "1"}, "data": {"views": {"increment": 1, "set": 2}}}),
            "data.views: expected exactly one of `set`, `increment`, `decrement`, `multiply`, `divide`",
        ),
        (
            "Post",
            Operation::Update,
            json!({"where": {"id": "1"}, "data": {"views": {"divide": 0}}}),
            "data.views.divide: expected a number other than zero",
        ),
        (
            "Post",
            Operation::Update,
            json!({"where": {"id": "1"}, "data": {"views": {"increment": null}}}),
            "data.views.increment: expected number, found null",
        ),
        (
            "Post",
            Operation::Update,
            json!({"where": {"id": "1"}, "data": {"title": {"set": "x"}}}),
            "data.title: expected string, found object",
        ),
        (
            "Post",
            Operation::UpdateMany,
            json!({"data": {"comments": {}}}),
            "data: Unrecognized key: \"comments\"",
        ),
        (
            "Post",
            Operation::UpdateMany,
            json!({"data": {}, "limit": -1}),
            "limit: expected a number of rows, 0 or more",
        ),
        (
            "Post",
            Operation::CreateMany,
            json!({"data": [], "skipDuplicates": 1}),
            "skipDuplicates: expected boolean, found number",
        ),
        (
            "Kinds",
            Operation::Create,
            json!({"data": {"id": 1, "count": 2_147_483_648_u32}}),
            "data.count: expected a whole number of 32 bits",
        ),
        (
            "Kinds",
            Operation::Create,
            json!({"data": {"id": 1, "count": 1.5}}),
            "data.count: expected a whole number",
        ),
        (
            "Kinds",
            Operation::Create,
            json!({"data": {"id": "9223372036854775808"}}),
            "data.id: expected a whole number of 64 bits",
        ),
        (
            "Kinds",
            Operation::Create,
            json!({"data": {"id": 1, "at": 5}}),
            "data.at: expected date, found number",
        ),
        (
            "Kinds",
            Operation::Create,
            json!({"data": {"id": 1, "at": "2026-02-30"}}),
            "data.at: expected a date and time in ISO 8601",
        ),
        (
            "Kinds",
            Operation::Create,
            json!({"data": {"id": 1, "price": "12,5"}}),
            "data.price: expected a decimal number",
        ),
        (
            "User",
            Operation::Create,
            json!({"data": {"email": "a\u{0}b"}}),
            "data.email: expected text without NUL characters",
        ),
    ] {
        let said = refused(db, model, operation, args.clone()).await;
        assert_eq!(said, expected, "{model} {operation} {args}");
    }
}

#[tokio::test]
async fn values_of_every_kind_come_back_as_they_were_given() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let number = |text: &str| ArgValue::Number(text.parse().unwrap());
        let data = vec![
            ("id", ArgValue::BigInt(i64::MAX)),
            ("big", ArgValue::Text("-9223372036854775808".to_owned())),
            ("ratio", number("0.5")),
            ("price", ArgValue::Decimal("12345678901234.25".to_owned())),
            (
                "at",
                ArgValue::Text("2026-03-29T01:30:00.123+02:00".to_owned()),
            ),
            ("data", ArgValue::JsonNull),
            (
                "must",
                ArgValue::List(vec![ArgValue::Text("it's".to_owned())]),
            ),
            ("bytes", ArgValue::Bytes(vec![0, 255])),
            ("count", number("-2147483648")),
            ("flag", ArgValue::Boolean(false)),
        ];
        let data = data
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let args = ArgValue::Object(vec![("data".to_owned(), ArgValue::Object(data))]);
        let row = db.call("Kinds", Operation::Create, &args).await.unwrap();
        let row = serde_json::to_value(&row).unwrap();
        let price = if place.dialect == hallpass_sql::Dialect::Sqlite {
            json!("12345678901234.25")
        } else {
            row["price"].clone()
        };
        let expected = json!({
            "id": "9223372036854775807",
            "big": "-9223372036854775808",
            "ratio": 0.5,
            "price": price,
            "at": "2026-03-28T23:30:00.123Z",
            "data": null,
            "must": ["it's"],
            "bytes": [0, 255],
            "count": -2_147_483_648_i64,
            "flag": false,
        });
        assert_eq!(row, expected, "{}", place.name);
        let price = row["price"].as_str().unwrap();
        assert!(
            price.starts_with("12345678901234.25"),
            "{}: {price}",
            place.name
        );
        // The document null is a value, and no value is another thing.
        let is_null = db.count("Kinds").filter(crate::field("data").is_null());
        assert_eq!(is_null.run().await.unwrap(), 0, "{}", place.name);
        let args = json!({"where": {"id": "9223372036854775807"}, "data": {"data": null, "flag": null, "at": "10:30"}});
        let row = call(db, "Kinds", Operation::Update, args).await.unwrap();
        assert_eq!(row["flag"], Json::Null, "{}: null stays null", place.name);
        assert_eq!(row["at"], "1970-01-01T10:30:00.000Z");
        let is_null = db.count("Kinds").filter(crate::field("data").is_null());
        assert_eq!(is_null.run().await.unwrap(), 1, "{}", place.name);
    }
}

#[tokio::test]
async fn numbers_are_calculated_by_the_database() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let data = json!({"id": 1, "count": 7, "big": "7", "ratio": 7, "price": "7"});
        call(db, "Kinds", Operation::Create, json!({"data": data}))
            .await
            .unwrap();
        for (data, count, big, ratio, price) in [
            (json!({"increment": 3}), 10, "10", 10.0, "10"),
            (json!({"decrement": 2}), 8, "8", 8.0, "8"),
            (json!({"multiply": 5}), 40, "40", 40.0, "40"),
            (json!({"divide": 16}), 2, "2", 2.5, "2.5"),
            (json!({"multiply": -1}), -2, "-2", -2.5, "-2.5"),
            (json!({"set": 7}), 7, "7", 7.0, "7"),
        ] {
            let data = json!({"count": data, "big": data, "ratio": data, "price": data});
            let args = json!({"where": {"id": 1}, "data": data});
            let row = call(db, "Kinds", Operation::Update, args).await.unwrap();
            assert_eq!(row["count"], count, "{} {data}", place.name);
            assert_eq!(row["big"], big, "{} {data}", place.name);
            assert_eq!(row["ratio"], ratio, "{} {data}", place.name);
            let stored: f64 = row["price"].as_str().unwrap().parse().unwrap();
            assert!(
                (stored - price.parse::<f64>().unwrap()).abs() < 1e-9,
                "{} {data}",
                place.name
            );
        }
    }
}

#[tokio::test]
async fn a_number_that_grows_too_large_is_refused_and_stays_as_it_was() {
    for place in places_of(SCHEMA).await.places {
        let db = &place.client;
        let data = json!({"id": 1, "count": i32::MAX, "big": i64::MAX.to_string()});
        call(db, "Kinds", Operation::Create, json!({"data": data}))
            .await
            .unwrap();
        for data in [
            json!({"count": {"increment": 1}}),
            json!({"count": {"multiply": -3}}),
            json!({"big": {"increment": 1}}),
            json!({"big": {"multiply": 2}}),
        ] {
            let args = json!({"where": {"id": 1}, "data": data});
            let refused = call(db, "Kinds", Operation::Update, args).await;
            assert!(
                matches!(refused, Err(Error::Refused { .. })),
                "{} {data}: {refused:?}",
                place.name
            );
            let args = json!({"data": data});
            let refused = call(db, "Kinds", Operation::UpdateMany, args).await;
            assert!(
                matches!(refused, Err(Error::Refused { .. })),
                "{} {data}: {refused:?}",
                place.name
            );
        }
        let row = db.find_many("Kinds").run().await.unwrap().remove(0);
        assert_eq!(row.get::<i32>("count"), Ok(i32::MAX), "{}", place.name);
        let args = json!({"data": {"id": 2}});
        call(db, "Kinds", Operation::Create, args).await.unwrap();
        let args = json!({"where": {"id": 2}, "data": {"count": {"increment": 1}}});
        let row = call(db, "Kinds", Operation::Update, args).await.unwrap();
        assert_eq!(
            row["count"],
            Json::Null,
            "{}: nothing and one is nothing",
            place.name
        );
    }
}
