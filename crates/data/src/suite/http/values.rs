//! Source: contract zenstack §4.3.

use hallpass_sql::Dialect;
use http::Method;
use serde_json::{Value as Json, json};

use super::support::{Served, served};
use crate::Client;
use crate::DialectVersion::{Three, Two};
use crate::http::{DataService, Exposure, HttpOptions};
use crate::suite::support::{Place, empty_places, options, schema};

const SCHEMA: &str = r#"
    model Foo {
      id      Int       @id
      text    String?
      int     Int?
      big     BigInt?
      date    DateTime?
      float   Float?
      decimal Decimal?
      truth   Boolean?
      bytes   Bytes?
      doc     Json?
      bars    Bar[]
      @@allow('all', true)
    }
    model Bar {
      id    Int    @id
      bytes Bytes
      big   BigInt
      foo   Foo    @relation(fields: [fooId], references: [id])
      fooId Int
      @@allow('all', true)
    }
"#;

/// A row with everything, as clients of a generation write it.
fn everything(bytes: (&Json, Json)) -> (Json, Json) {
    let (annotation, bytes) = bytes;
    let json = json!({
        "data": {
            "id": 1, "text": "täxt", "int": 123, "big": "9007199254740993", "date": "2026-01-02T03:04:05.678Z",
            "float": 1.25, "decimal": "0.046875", "truth": true, "bytes": bytes, "doc": {"a.b": [1, null]},
            "bars": {"create": [{"id": 1, "bytes": bytes, "big": "5"}]},
        },
        "include": {"bars": {"omit": {"fooId": true}}},
    });
    let meta = json!({
        "data.big": ["bigint"],
        "data.date": ["Date"],
        "data.decimal": [["custom", "Decimal"]],
        "data.bytes": [annotation],
        "data.bars.create.0.bytes": [annotation],
        "data.bars.create.0.big": ["bigint"],
    });
    (json, meta)
}

async fn create(place: &Served, (mut json, meta): (Json, Json)) -> (Json, Json) {
    json["meta"] = json!({"serialization": {"values": meta, "v": 1}});
    let answer = place.post("ann", "/foo/create", &json).await;
    assert_eq!(answer.status, 201, "{}: {answer:?}", place.name);
    (answer.data().clone(), answer.body["meta"].clone())
}

#[tokio::test]
async fn everything_comes_back_as_the_third_generation_reads_it() {
    let numbers = json!(["typed-array", "Uint8Array"]);
    let base64 = json!(["custom", "Bytes"]);
    for place in &served(SCHEMA, Three).await.all {
        for bytes in [(&numbers, json!([1, 2, 255])), (&base64, json!("AQL/"))] {
            let (data, meta) = create(place, everything(bytes)).await;
            assert_eq!(
                data,
                json!({
                    "id": 1, "text": "täxt", "int": 123, "big": "9007199254740993",
                    "date": "2026-01-02T03:04:05.678Z", "float": 1.25, "decimal": "0.046875", "truth": true,
                    "bytes": [1, 2, 255], "doc": {"a.b": [1, null]},
                    "bars": [{"id": 1, "bytes": [1, 2, 255], "big": "5"}],
                }),
                "{}",
                place.name
            );
            assert_eq!(
                meta,
                json!({"serialization": {"values": {
                    "big": ["bigint"],
                    "date": ["Date"],
                    "decimal": [["custom", "Decimal"]],
                    "bytes": [numbers],
                    "bars.0.bytes": [numbers],
                    "bars.0.big": ["bigint"],
                }, "v": 1}}),
                "{}",
                place.name
            );
            let all = json!({"where": {}});
            place.delete("ann", "/bar/deleteMany", &all).await.data();
            place.delete("ann", "/foo/deleteMany", &all).await.data();
        }
    }
}

#[tokio::test]
async fn the_second_generation_reads_bytes_in_base64() {
    let base64 = json!(["custom", "Bytes"]);
    for place in &served(SCHEMA, Two).await.all {
        let (data, meta) = create(place, everything((&base64, json!("AQL/")))).await;
        assert_eq!(data["bytes"], "AQL/", "{}", place.name);
        assert_eq!(data["bars"][0]["bytes"], "AQL/", "{}", place.name);
        let serialization = &meta["serialization"];
        assert_eq!(serialization["values"]["bytes"], json!([base64]));
        assert_eq!(serialization.get("v"), None);
    }
}

#[tokio::test]
async fn lists_and_numbers_about_rows_are_annotated() {
    for place in &served(SCHEMA, Three).await.all {
        let rows = json!({"data": [
            {"id": 1, "big": "1", "decimal": "0.5", "date": "2026-01-01T00:00:00Z"},
            {"id": 2, "big": "2", "decimal": "1.5"},
        ]});
        place.post("ann", "/foo/createMany", &rows).await.data();
        let select =
            json!({"select": {"id": true, "big": true, "date": true}, "orderBy": {"id": "asc"}});
        let found = place.get("ann", "/foo/findMany", &select).await;
        assert_eq!(
            found.body,
            json!({
                "data": [
                    {"id": 1, "big": "1", "date": "2026-01-01T00:00:00.000Z"},
                    {"id": 2, "big": "2", "date": null},
                ],
                "meta": {"serialization": {"values": {
                    "0.big": ["bigint"], "0.date": ["Date"], "1.big": ["bigint"],
                }, "v": 1}},
            }),
            "{}",
            place.name
        );
        let sums = json!({"_sum": {"big": true, "id": true}, "_max": {"decimal": true, "date": true}, "_count": true});
        let measured = place.get("ann", "/foo/aggregate", &sums).await;
        assert_eq!(
            measured.body,
            json!({
                "data": {
                    "_count": 2,
                    "_sum": {"big": "3", "id": 3},
                    "_max": {"decimal": "1.5", "date": "2026-01-01T00:00:00.000Z"},
                },
                "meta": {"serialization": {"values": {
                    "_sum.big": ["bigint"],
                    "_max.decimal": [["custom", "Decimal"]],
                    "_max.date": ["Date"],
                }, "v": 1}},
            }),
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn queries_carry_their_annotations_beside_them() {
    for place in &served(SCHEMA, Three).await.all {
        create(
            place,
            everything((&json!(["custom", "Bytes"]), json!("AQL/"))),
        )
        .await;
        for (field, value, annotation) in [
            ("big", json!("9007199254740993"), json!(["bigint"])),
            ("date", json!("2026-01-02T03:04:05.678Z"), json!(["Date"])),
            ("decimal", json!("0.046875"), json!([["custom", "Decimal"]])),
            (
                "bytes",
                json!([1, 2, 255]),
                json!([["typed-array", "Uint8Array"]]),
            ),
            ("text", json!(null), json!(["undefined"])),
        ] {
            let q = json!({"where": {field: value}}).to_string();
            let values = json!({format!("where.{field}"): annotation});
            let meta = json!({"serialization": {"values": values}}).to_string();
            let query = [("q", q.as_str()), ("meta", meta.as_str())];
            let path = "/foo/count";
            let answer = place.ask(None, Method::GET, path, &query, b"").await;
            assert_eq!(*answer.data(), json!(1), "{}: {field}", place.name);
        }
    }
}

#[tokio::test]
async fn without_annotations_what_json_says_is_taken() {
    for place in &served(SCHEMA, Three).await.all {
        let data = json!({"data": {
            "id": 1, "big": 5, "date": "2026-01-02T03:04:05Z", "decimal": 0.5,
        }});
        let answer = place.post("ann", "/foo/create", &data).await;
        assert_eq!(
            answer.data()["decimal"],
            "0.5",
            "{}: {answer:?}",
            place.name
        );
        let text = json!({"data": {"id": 2, "big": "7", "decimal": "1.25"}});
        let answer = place.post("ann", "/foo/create", &text).await;
        assert_eq!(answer.data()["big"], "7", "{}: {answer:?}", place.name);
        let bytes = json!({"data": {"id": 3, "bytes": "AQL/"}});
        let answer = place.post("ann", "/foo/create", &bytes).await;
        assert_eq!(answer.status, 422, "{}: {answer:?}", place.name);
    }
}

#[tokio::test]
async fn nulls_of_documents_are_told_apart() {
    for place in &served(SCHEMA, Three).await.all {
        for (id, name) in [(1, "JsonNull"), (2, "DbNull")] {
            let data = json!({
                "data": {"id": id, "doc": name},
                "meta": {"serialization": {"values": {"data.doc": [["custom", name]]}}},
            });
            place.post("ann", "/foo/create", &data).await.data();
        }
        for (name, expected) in [("JsonNull", 1), ("DbNull", 1), ("AnyNull", 2)] {
            let q = json!({"where": {"doc": {"equals": name}}}).to_string();
            let meta =
                json!({"serialization": {"values": {"where.doc.equals": [["custom", name]]}}})
                    .to_string();
            let query = [("q", q.as_str()), ("meta", meta.as_str())];
            let answer = place
                .ask(None, Method::GET, "/foo/count", &query, b"")
                .await;
            assert_eq!(*answer.data(), json!(expected), "{}: {name}", place.name);
        }
    }
}

#[tokio::test]
async fn lists_of_values_are_annotated_one_by_one() {
    let schema = r#"
        model Foo {
          id    Int        @id
          bigs  BigInt[]
          dates DateTime[]
          texts String[]
          @@allow('all', true)
        }
    "#;
    for place in empty_places("model A { id Int @id }").await.places {
        if place.dialect == Dialect::Postgres {
            lists_of(&place, schema).await;
        }
    }
}

async fn lists_of(place: &Place, text: &str) {
    let database = place.client.engine.database.clone();
    let client = Client::new(database, schema(text).into(), options()).unwrap();
    client.create_missing_tables().await.unwrap();
    let http = HttpOptions {
        exposure: Exposure::everything(),
        ..HttpOptions::default()
    };
    let served = Served {
        name: place.name,
        service: DataService::new(client, http).unwrap(),
    };
    let data = json!({
        "data": {"id": 1, "bigs": ["1", "2"], "dates": ["2026-01-01T00:00:00Z"], "texts": ["a"]},
        "meta": {"serialization": {"values": {"data.bigs.0": ["bigint"], "data.bigs.1": ["bigint"]}}},
    });
    let answer = served.post("ann", "/foo/create", &data).await;
    assert_eq!(
        answer.body,
        json!({
            "data": {"id": 1, "bigs": ["1", "2"], "dates": ["2026-01-01T00:00:00.000Z"], "texts": ["a"]},
            "meta": {"serialization": {"values": {
                "bigs.0": ["bigint"], "bigs.1": ["bigint"], "dates.0": ["Date"],
            }, "v": 1}},
        })
    );
}

/// Of more digits than a floating number keeps.
const LONG: &str = "12345678901234567890.123456789";

/// A number that JSON can say is stored as it was said, or refused, and never becomes another one.
#[tokio::test]
async fn numbers_of_many_digits_stay_what_they_are() {
    for place in &served(SCHEMA, Three).await.all {
        let create = async |body: String| {
            let path = "/foo/create";
            place
                .ask(Some("ann"), Method::POST, path, &[], body.as_bytes())
                .await
        };
        let plain = create(format!(r#"{{"data": {{"id": 1, "decimal": {LONG}}}}}"#)).await;
        let annotated = create(format!(
            r#"{{"data": {{"id": 2, "decimal": -{LONG}}}, "meta": {{"serialization": {{"values": {{"data.decimal": [["custom", "Decimal"]]}}}}}}}}"#
        ))
        .await;
        let steps = format!(
            r#"[{{"model": "foo", "op": "create", "args": {{"data": {{"id": 3, "decimal": {LONG}}}}}}}]"#
        );
        let path = "/$transaction/sequential";
        let batch = place
            .ask(Some("ann"), Method::POST, path, &[], steps.as_bytes())
            .await;
        if place.service.client().dialect() == Dialect::Sqlite {
            // Its columns keep fifteen digits.
            for refused in [&plain, &annotated, &batch] {
                assert_eq!(refused.status, 422, "{refused:?}");
                assert!(refused.message().contains("15 digits"), "{refused:?}");
                assert!(refused.message().contains("data.decimal"), "{refused:?}");
            }
        } else {
            assert_eq!(plain.data()["decimal"], LONG, "{} {plain:?}", place.name);
            let minus = format!("-{LONG}");
            assert_eq!(
                annotated.data()["decimal"],
                minus,
                "{} {annotated:?}",
                place.name
            );
            assert_eq!(batch.data()[0]["decimal"], LONG, "{} {batch:?}", place.name);
            for (filter, count) in [
                (format!(r#"{{"where": {{"decimal": {LONG}}}}}"#), 2),
                (
                    format!(r#"{{"where": {{"decimal": {{"gt": {LONG}}}}}}}"#),
                    0,
                ),
                (
                    format!(r#"{{"where": {{"decimal": {{"in": [{LONG}1, -{LONG}]}}}}}}"#),
                    1,
                ),
            ] {
                let query = [("q", filter.as_str())];
                let found = place.ask(Some("ann"), Method::GET, "/foo/count", &query, b"");
                assert_eq!(*found.await.data(), json!(count), "{} {filter}", place.name);
            }
        }
        // The number next to it where the field is a floating number, and in documents.
        let next = create(format!(
            r#"{{"data": {{"id": 4, "float": 0.10000000000000001, "doc": {{"a": [{LONG}]}}}}}}"#
        ))
        .await;
        assert_eq!(next.data()["float"], json!(0.1), "{} {next:?}", place.name);
        let near = next.data()["doc"]["a"][0].as_f64();
        let expected = LONG.parse().ok().map(f64::to_bits);
        assert_eq!(near.map(f64::to_bits), expected, "{} {next:?}", place.name);
        for (field, number) in [
            ("int", "1.00000000000000000001"),
            ("big", LONG),
            ("big", "9007199254740993.0"),
        ] {
            let refused = create(format!(r#"{{"data": {{"id": 5, "{field}": {number}}}}}"#)).await;
            assert_eq!(refused.status, 422, "{} {number}: {refused:?}", place.name);
            let told = format!("expected a whole number at \"data.{field}\"");
            assert!(refused.message().contains(&told), "{refused:?}");
        }
        let text = create(format!(r#"{{"data": {{"id": 6, "text": {LONG}}}}}"#)).await;
        assert!(text.message().contains("expected string"), "{text:?}");
        // What is no JSON, or no number that there is, is none.
        for body in [
            format!(r#"{{"data": {{{LONG}: 1}}}}"#),
            r#"{"data": {"id": 7, "decimal": 1e400}}"#.to_owned(),
        ] {
            assert_eq!(create(body.clone()).await.status, 400, "{body}");
        }
    }
}
