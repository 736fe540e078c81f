use hallpass_sql::Dialect;
use serde_json::{Value as Json, json};

use super::support::{Answer, resource, rest_options, served_as, served_with};
use crate::DialectVersion;

const SCHEMA: &str = "
    model Kinds {
      id    BigInt    @id
      big   BigInt?
      int   Int?
      ratio Float?
      price Decimal?
      at    DateTime?
      data  Json?
      bytes Bytes?
      flag  Boolean?
      parts Part[]
    }

    model Part {
      id      Int     @id
      bytes   Bytes
      kinds   Kinds?  @relation(fields: [kindsId], references: [id])
      kindsId BigInt?
    }
";

fn body() -> Json {
    json!({
        "data": {
            "type": "Kinds",
            "attributes": {
                "id": "9007199254740993",
                "big": "-9007199254740993",
                "int": 7,
                "ratio": 1.25,
                "price": "0.046875",
                "at": "2026-01-02T03:04:05.678Z",
                "data": {"a": [1, null]},
                "bytes": [1, 2, 255],
                "flag": true,
                "unsaid": null,
            },
            "relationships": {"parts": {"data": [{"type": "Part", "id": 1}]}},
        },
        "meta": {"serialization": {"values": {
            "data.attributes.id": ["bigint"],
            "data.attributes.big": ["bigint"],
            "data.attributes.price": [["custom", "Decimal"]],
            "data.attributes.at": ["Date"],
            "data.attributes.bytes": [["typed-array", "Uint8Array"]],
            "data.attributes.unsaid": ["undefined"],
        }, "v": 1}},
    })
}

fn attributes(bytes: &Json) -> Json {
    json!({
        "big": "-9007199254740993",
        "int": 7,
        "ratio": 1.25,
        "price": "0.046875",
        "at": "2026-01-02T03:04:05.678Z",
        "data": {"a": [1, null]},
        "bytes": bytes,
        "flag": true,
    })
}

fn annotations(at: &str, bytes: &Json) -> Vec<(String, Json)> {
    vec![
        (format!("{at}.id"), json!(["bigint"])),
        (format!("{at}.attributes.big"), json!(["bigint"])),
        (
            format!("{at}.attributes.price"),
            json!([["custom", "Decimal"]]),
        ),
        (format!("{at}.attributes.at"), json!(["Date"])),
        (format!("{at}.attributes.bytes"), bytes.clone()),
    ]
}

#[tokio::test]
async fn values_that_json_lacks_travel_with_their_kind() {
    for (version, bytes, kind) in [
        (
            DialectVersion::Three,
            json!([1, 2, 255]),
            json!([["typed-array", "Uint8Array"]]),
        ),
        (
            DialectVersion::Two,
            json!("AQL/"),
            json!([["custom", "Bytes"]]),
        ),
    ] {
        for db in served_as(SCHEMA, rest_options(), version).await.all {
            let part = crate::ArgValue::Object(vec![(
                "data".to_owned(),
                crate::ArgValue::Object(vec![
                    ("id".to_owned(), crate::ArgValue::Number(1.into())),
                    ("bytes".to_owned(), crate::ArgValue::Bytes(vec![1, 2, 255])),
                ]),
            )]);
            db.client
                .call("Part", crate::Operation::Create, &part)
                .await
                .unwrap();
            let created = db.send("POST", "/kinds", body()).await;
            assert_eq!(created.status, 201, "{} {created:?}", db.name);
            let read = db.get("/kinds/9007199254740993").await;
            for answer in [&created, &read] {
                assert_eq!(
                    answer.data()["id"],
                    json!("9007199254740993"),
                    "{}",
                    db.name
                );
                assert_eq!(
                    answer.data()["attributes"],
                    attributes(&bytes),
                    "{}",
                    db.name
                );
                let values = answer.body["meta"]["serialization"]["values"]
                    .as_object()
                    .unwrap();
                let expected: serde_json::Map<_, _> =
                    annotations("data", &kind).into_iter().collect();
                assert_eq!(*values, expected, "{}", db.name);
            }
            let answer = db.get("/kinds?include=parts").await;
            assert_eq!(
                answer.body["included"][0]["attributes"]["bytes"], bytes,
                "{}",
                db.name
            );
            let values = answer.body["meta"]["serialization"]["values"]
                .as_object()
                .unwrap();
            let mut expected = annotations("data.0", &kind);
            expected.push(("included.0.attributes.bytes".to_owned(), kind.clone()));
            expected.push((
                "included.0.attributes.kindsId".to_owned(),
                json!(["bigint"]),
            ));
            assert_eq!(*values, expected.into_iter().collect(), "{}", db.name);
            assert_eq!(answer.body["meta"]["total"], json!(1), "{}", db.name);
            // Identifiers too.
            let answer = db.get("/part/1/relationships/kinds").await;
            assert_eq!(
                answer.data()["id"],
                json!("9007199254740993"),
                "{}",
                db.name
            );
            let values = &answer.body["meta"]["serialization"]["values"];
            assert_eq!(*values, json!({"data.id": ["bigint"]}), "{}", db.name);
        }
    }
}

#[tokio::test]
async fn values_without_their_kind_are_taken_as_the_field_has_it() {
    for db in served_with(SCHEMA, rest_options()).await.all {
        let rows = [
            (
                json!({"id": 1, "big": 5, "price": 1.5, "at": "2026-01-02"}),
                201,
            ),
            (
                json!({"id": 2, "big": "5", "price": "1.5", "at": "2026-01-02T00:00:00+00:00"}),
                201,
            ),
            // Bytes cannot be told from text and numbers.
            (json!({"id": 3, "bytes": "AQL/"}), 422),
            (json!({"id": 3, "bytes": [1]}), 422),
        ];
        for (attributes, status) in rows {
            let answer = db
                .send("POST", "/kinds", resource("Kinds", attributes.clone()))
                .await;
            assert_eq!(answer.status, status, "{} {attributes} {answer:?}", db.name);
        }
        for query in [
            "filter[big]=5",
            "filter[price]=1.50",
            "filter[price$lt]=1.6",
            "filter[at]=2026-01-02",
            "filter[id]=1,2",
        ] {
            assert_eq!(
                db.get(&format!("/kinds?{query}")).await.ids().len(),
                2,
                "{} {query}",
                db.name
            );
        }
        for query in [
            "filter[big]=x",
            "filter[price]=x",
            "filter[bytes]=*",
            "filter[ratio]=x",
            "filter[flag]=1",
            "filter[id]=x",
        ] {
            let answer = db.get(&format!("/kinds?{query}")).await;
            assert_eq!(
                answer.problem(),
                (400, "invalid-value"),
                "{} {query}",
                db.name
            );
        }
        let answer = db.send("PATCH", "/kinds/1", json!({
            "data": {"type": "Kinds", "attributes": {"bytes": "BQY=", "price": "0.0146875"}},
            "meta": {"serialization": {"values": {"data.attributes.bytes": [["custom", "Bytes"]]}}},
        })).await;
        assert_eq!(
            answer.data()["attributes"]["bytes"],
            json!([5, 6]),
            "{} {answer:?}",
            db.name
        );
        assert_eq!(
            db.get("/kinds?filter[bytes]=BQY=").await.ids(),
            [json!("1")],
            "{}",
            db.name
        );
    }
}

#[tokio::test]
async fn numbers_of_many_digits_are_kept_or_refused() {
    let long = "12345678901234567890.123456789";
    for db in served_with(SCHEMA, rest_options()).await.all {
        let body = format!(
            r#"{{"data": {{"type": "Kinds", "attributes": {{"id": 1, "price": {long}}}}}}}"#
        );
        let response = db.respond("POST", "/kinds", body.as_bytes()).await;
        let answer = Answer::of(&response);
        if db.client.dialect() == Dialect::Sqlite {
            assert_eq!(answer.problem(), (422, "validation-error"), "{answer:?}");
            continue;
        }
        assert_eq!(answer.data()["attributes"]["price"], long, "{}", db.name);
        let found = db.get(&format!("/kinds?filter[price]={long}")).await;
        assert_eq!(found.ids().len(), 1, "{}", db.name);
    }
}
