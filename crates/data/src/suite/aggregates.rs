use serde_json::{Value as Json, json};

use super::support::{Place, Places, places_of};
use crate::args::parse::{self, Call};
use crate::plan::{self, Work};
use crate::{ArgValue, Error, InvalidInput, Operation};

const MODELS: &str = "
    enum Color { RED @map(\"r\") GREEN @map(\"a\") }

    model Item {
      id     Int       @id
      kind   String
      color  Color
      size   Int?
      big    BigInt?
      weight Float?
      price  Decimal?
      at     DateTime?
      ok     Boolean?
      doc    Json?
      boxId  Int?      @map(\"box_id\")
      box    Box?      @relation(fields: [boxId], references: [id])
    }

    model Box {
      id    Int    @id
      name  String
      items Item[]
    }
";

/// Five items of two kinds; the last has nothing that it need not have.
async fn filled() -> Places {
    let places = places_of(MODELS).await;
    for place in &places.places {
        let db = &place.client;
        db.create("Box")
            .set("id", 1)
            .set("name", "one")
            .run()
            .await
            .unwrap();
        let largest = i64::MAX;
        let rows = [
            (
                1,
                "a",
                "RED",
                1,
                largest,
                0.5,
                "0.1",
                "2026-01-01T00:00:00Z",
                true,
            ),
            (
                2,
                "a",
                "GREEN",
                2,
                largest,
                1.5,
                "0.2",
                "2026-01-02T00:00:00Z",
                false,
            ),
            (
                3,
                "b",
                "GREEN",
                2,
                -7,
                2.5,
                "0.3",
                "2026-01-03T00:00:00Z",
                true,
            ),
            (
                4,
                "b",
                "GREEN",
                5,
                7,
                -1.0,
                "12345678.9",
                "2026-01-04T00:00:00Z",
                true,
            ),
        ];
        for (id, kind, color, size, big, weight, price, at, ok) in rows {
            let row = db
                .create("Item")
                .set("id", id)
                .set("kind", kind)
                .set("color", color);
            let row = row.set("size", size).set("big", big).set("weight", weight);
            let row = row.set("price", price).set("at", at).set("ok", ok);
            row.set("boxId", (id < 3).then_some(1)).run().await.unwrap();
        }
        let row = db
            .create("Item")
            .set("id", 5)
            .set("kind", "c")
            .set("color", "RED");
        row.run().await.unwrap();
    }
    places
}

async fn call(place: &Place, operation: Operation, args: &Json) -> Result<Json, Error> {
    let args = ArgValue::from_json(args.clone()).unwrap();
    let reply = place.client.call("item", operation, &args).await?;
    Ok(serde_json::to_value(&reply).unwrap())
}

async fn answers(operation: Operation, cases: Vec<(Json, Json)>) {
    let places = filled().await;
    for place in &places.places {
        for (args, expected) in &cases {
            let found = call(place, operation, args).await;
            let found = found.unwrap_or_else(|error| panic!("{} {args}: {error:?}", place.name));
            assert_eq!(found, *expected, "{} {args}", place.name);
        }
    }
}

#[tokio::test]
async fn rows_are_counted() {
    answers(
        Operation::Count,
        vec![
            (json!({}), json!(5)),
            (json!({"where": {"kind": "a"}}), json!(2)),
            (json!({"where": {"OR": []}}), json!(0)),
            (json!({"take": 2}), json!(2)),
            (json!({"take": -2}), json!(2)),
            (json!({"take": 0}), json!(0)),
            (json!({"skip": 4}), json!(1)),
            (
                json!({"skip": 1, "take": 3, "orderBy": {"kind": "desc"}}),
                json!(3),
            ),
            (json!({"select": true}), json!(5)),
            (
                json!({"select": {"_all": true, "size": true, "boxId": true, "doc": true}}),
                json!({"_all": 5, "size": 4, "boxId": 2, "doc": 0}),
            ),
            (
                json!({"select": {"size": true}, "where": {"size": {"gt": 1}}, "take": 2}),
                json!({"size": 2}),
            ),
            (
                json!({"select": {"boxId": true}, "orderBy": {"id": "desc"}, "take": 3}),
                json!({"boxId": 0}),
            ),
            (json!({"where": {"box": {"name": "one"}}}), json!(2)),
        ],
    )
    .await;
}

#[tokio::test]
async fn values_of_all_rows() {
    answers(
        Operation::Aggregate,
        vec![
            (json!({}), json!({})),
            (json!({"_sum": {}}), json!({})),
            (json!({"_count": true}), json!({"_count": 5})),
            (json!({"_count": {"_all": true, "price": true, "color": true}}), json!({"_count": {"_all": 5, "price": 4, "color": 5}})),
            (
                json!({"_sum": {"size": true, "big": true, "weight": true, "price": true}}),
                json!({"_sum": {"size": 10, "big": "18446744073709551614", "weight": 3.5, "price": 12_345_679.5}}),
            ),
            (
                json!({"_avg": {"size": true, "big": true, "weight": true, "price": true}}),
                json!({"_avg": {"size": 2.5, "big": 4_611_686_018_427_387_903.5, "weight": 0.875, "price": 3_086_419.875}}),
            ),
            // Neither cut after four digits nor off by the last one.
            (json!({"_avg": {"size": true, "price": true}, "where": {"id": {"lt": 4}}}), json!({"_avg": {"size": 5.0 / 3.0, "price": 0.2}})),
            (json!({"_sum": {"price": true}, "where": {"id": {"lt": 3}}}), json!({"_sum": {"price": 0.3}})),
            (
                json!({"_min": {"kind": true, "color": true, "size": true, "big": true, "weight": true, "price": true, "at": true, "ok": true}}),
                json!({"_min": {
                    "kind": "a", "color": "GREEN", "size": 1, "big": "-7", "weight": -1.0, "price": "0.1",
                    "at": "2026-01-01T00:00:00.000Z", "ok": false,
                }}),
            ),
            (
                json!({"_max": {"kind": true, "color": true, "size": true, "big": true, "weight": true, "price": true, "at": true, "ok": true}}),
                json!({"_max": {
                    "kind": "c", "color": "RED", "size": 5, "big": "9223372036854775807", "weight": 2.5, "price": "12345678.9",
                    "at": "2026-01-04T00:00:00.000Z", "ok": true,
                }}),
            ),
            (json!({"_sum": {"size": true}, "where": {"kind": "a"}}), json!({"_sum": {"size": 3}})),
            (json!({"_sum": {"size": true}, "orderBy": {"id": "desc"}, "skip": 1, "take": 2}), json!({"_sum": {"size": 7}})),
            (json!({"_sum": {"size": true}, "orderBy": {"id": "asc"}, "take": -2}), json!({"_sum": {"size": 5}})),
            // Of nothing.
            (
                json!({"_count": {"_all": true, "size": true}, "_sum": {"size": true, "big": true}, "_avg": {"size": true}, "_min": {"at": true}, "where": {"id": 99}}),
                json!({"_count": {"_all": 0, "size": 0}, "_sum": {"size": null, "big": null}, "_avg": {"size": null}, "_min": {"at": null}}),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn values_of_groups() {
    let by_kind = |rest: Json| {
        let mut args = json!({"by": "kind", "orderBy": {"kind": "asc"}});
        args.as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        args
    };
    let kinds =
        |kinds: &[&str]| Json::Array(kinds.iter().map(|kind| json!({"kind": kind})).collect());
    answers(
        Operation::GroupBy,
        vec![
            (by_kind(json!({})), kinds(&["a", "b", "c"])),
            (by_kind(json!({"by": ["kind"]})), kinds(&["a", "b", "c"])),
            (
                by_kind(json!({"_count": true, "_sum": {"size": true}, "_avg": {"weight": true}})),
                json!([
                    {"kind": "a", "_count": 2, "_sum": {"size": 3}, "_avg": {"weight": 1.0}},
                    {"kind": "b", "_count": 2, "_sum": {"size": 7}, "_avg": {"weight": 0.75}},
                    {"kind": "c", "_count": 1, "_sum": {"size": null}, "_avg": {"weight": null}},
                ]),
            ),
            (
                json!({"by": ["kind", "color"], "orderBy": [{"kind": "asc"}, {"_count": {"_all": "desc"}}, {"_max": {"color": "desc"}}], "_count": {"_all": true, "price": true}}),
                json!([
                    {"kind": "a", "color": "RED", "_count": {"_all": 1, "price": 1}},
                    {"kind": "a", "color": "GREEN", "_count": {"_all": 1, "price": 1}},
                    {"kind": "b", "color": "GREEN", "_count": {"_all": 2, "price": 2}},
                    {"kind": "c", "color": "RED", "_count": {"_all": 1, "price": 0}},
                ]),
            ),
            (json!({"by": "boxId", "orderBy": {"boxId": {"sort": "asc", "nulls": "first"}}, "_count": true}), json!([{"boxId": null, "_count": 3}, {"boxId": 1, "_count": 2}])),
            (json!({"by": "at", "take": 1, "where": {"id": {"lt": 5}}}), json!([{"at": "2026-01-01T00:00:00.000Z"}])),
            // Which groups.
            (by_kind(json!({"where": {"size": {"gt": 1}}})), kinds(&["a", "b"])),
            (by_kind(json!({"having": {"kind": {"in": ["a", "c"]}}})), kinds(&["a", "c"])),
            (by_kind(json!({"having": {"kind": "b"}})), kinds(&["b"])),
            (by_kind(json!({"having": {"size": {"_avg": {"gt": 1.5}}}})), kinds(&["b"])),
            (by_kind(json!({"having": {"size": {"_avg": {"gte": 1.5}}}})), kinds(&["a", "b"])),
            (by_kind(json!({"having": {"size": {"_avg": {"gte": 1, "lt": 3}}}})), kinds(&["a"])),
            (by_kind(json!({"having": {"size": {"_sum": 7}}})), kinds(&["b"])),
            (by_kind(json!({"having": {"size": {"_sum": {"not": 7}}}})), kinds(&["a"])),
            (by_kind(json!({"having": {"size": {"_sum": null}}})), kinds(&["c"])),
            (by_kind(json!({"having": {"size": {"_sum": {"not": null}}}})), kinds(&["a", "b"])),
            (by_kind(json!({"having": {"size": {"_sum": {"in": [3, 8]}}}})), kinds(&["a"])),
            (by_kind(json!({"having": {"size": {"_sum": {"in": []}}}})), kinds(&[])),
            (by_kind(json!({"having": {"size": {"_sum": {"notIn": [3, 8]}}}})), kinds(&["b"])),
            (by_kind(json!({"having": {"size": {"_sum": {"between": [3, 6]}}}})), kinds(&["a"])),
            (by_kind(json!({"having": {"size": {"_count": {"equals": 0}}}})), kinds(&["c"])),
            (by_kind(json!({"having": {"id": {"_count": {"gt": 1}}}})), kinds(&["a", "b"])),
            (by_kind(json!({"having": {"big": {"_sum": {"gt": "9223372036854775807"}}}})), kinds(&["a"])),
            (by_kind(json!({"having": {"big": {"_max": {"lte": 7}}}})), kinds(&["b"])),
            (by_kind(json!({"having": {"price": {"_sum": {"lt": "1.5"}}}})), kinds(&["a"])),
            (by_kind(json!({"having": {"price": {"_max": {"gt": 1.5}}}})), kinds(&["b"])),
            (by_kind(json!({"having": {"price": {"_min": {"lte": "0.1"}}}})), kinds(&["a"])),
            (by_kind(json!({"having": {"weight": {"_min": {"lt": 0}}}})), kinds(&["b"])),
            (by_kind(json!({"having": {"at": {"_max": {"gte": "2026-01-03T00:00:00Z"}}}})), kinds(&["b"])),
            (by_kind(json!({"having": {"color": {"_min": "RED"}}})), kinds(&["c"])),
            (by_kind(json!({"having": {"ok": {"_min": true}}})), kinds(&["b"])),
            (by_kind(json!({"having": {"kind": {"_max": {"gt": "a"}, "not": "c"}}})), kinds(&["b"])),
            (by_kind(json!({"having": {"AND": [{"kind": {"not": "a"}}, {"id": {"_count": 2}}]}})), kinds(&["b"])),
            (by_kind(json!({"having": {"OR": [{"kind": "c"}, {"size": {"_sum": 3}}]}})), kinds(&["a", "c"])),
            (by_kind(json!({"having": {"OR": [{"kind": "c"}, {"kind": "b"}]}})), kinds(&["b", "c"])),
            (by_kind(json!({"having": {"OR": []}})), kinds(&[])),
            (by_kind(json!({"having": {"NOT": {"id": {"_count": 2}}}})), kinds(&["c"])),
            (by_kind(json!({"having": {"NOT": []}})), kinds(&["a", "b", "c"])),
            (by_kind(json!({"having": {}})), kinds(&["a", "b", "c"])),
            // In which order, and how many.
            (json!({"by": "kind", "orderBy": {"_count": {"price": "asc"}}, "take": 1}), kinds(&["c"])),
            (json!({"by": "kind", "orderBy": [{"_avg": {"size": "desc"}}], "where": {"size": {"gt": 0}}}), kinds(&["b", "a"])),
            (json!({"by": "kind", "orderBy": {"_sum": {"big": "asc"}}, "where": {"size": {"gt": 0}}}), kinds(&["b", "a"])),
            (by_kind(json!({"skip": 1, "take": 1})), kinds(&["b"])),
            (by_kind(json!({"take": -2})), kinds(&["b", "c"])),
            (json!({"by": "kind", "take": 2}), kinds(&["a", "b"])),
            (json!({"by": "kind", "skip": 2}), kinds(&["c"])),
            (json!({"by": "kind", "where": {"id": 99}}), json!([])),
        ],
    )
    .await;
}

#[tokio::test]
async fn arguments_that_have_no_meaning_are_refused_with_their_place() {
    use Operation::{Aggregate, Count, GroupBy};
    let places = filled().await;
    for place in &places.places {
        for (operation, args, path, message) in [
            (Count, json!({"foo": 1}), "", "Unrecognized key: \"foo\""),
            (
                Count,
                json!({"cursor": {"id": 1}}),
                "",
                "Unrecognized key: \"cursor\"",
            ),
            (
                Count,
                json!({"select": {"siz": true}}),
                "select",
                "Unrecognized key: \"siz\", did you mean `size`?",
            ),
            (
                Count,
                json!({"select": {"box": true}}),
                "select",
                "Unrecognized key: \"box\"",
            ),
            (
                Count,
                json!({"select": {"size": false}}),
                "select.size",
                "expected true",
            ),
            (
                Count,
                json!({"select": {"size": {"x": 1}}}),
                "select.size",
                "expected true",
            ),
            (
                Count,
                json!({"select": "size"}),
                "select",
                "expected object, found string",
            ),
            (Count, json!({"skip": -1}), "skip", "expected 0 or more"),
            (
                Count,
                json!({"take": 1.5}),
                "take",
                "expected a whole number",
            ),
            (
                Count,
                json!({"where": {"size": "x"}}),
                "where.size",
                "expected number, found string",
            ),
            (
                Aggregate,
                json!({"_total": {"size": true}}),
                "",
                "Unrecognized key: \"_total\"",
            ),
            (
                Aggregate,
                json!({"_sum": true}),
                "_sum",
                "expected object, found boolean",
            ),
            (
                Aggregate,
                json!({"_sum": {"kind": true}}),
                "_sum",
                "Unrecognized key: \"kind\"",
            ),
            (
                Aggregate,
                json!({"_sum": {"_all": true}}),
                "_sum",
                "Unrecognized key: \"_all\"",
            ),
            (
                Aggregate,
                json!({"_avg": {"color": true}}),
                "_avg",
                "Unrecognized key: \"color\"",
            ),
            (
                Aggregate,
                json!({"_min": {"doc": true}}),
                "_min",
                "Unrecognized key: \"doc\"",
            ),
            (
                Aggregate,
                json!({"_max": {"box": true}}),
                "_max",
                "Unrecognized key: \"box\"",
            ),
            (
                Aggregate,
                json!({"_count": {"_all": 1}}),
                "_count._all",
                "expected true",
            ),
            (GroupBy, json!({}), "", "`by` is missing"),
            (
                GroupBy,
                json!({"by": []}),
                "by",
                "expected the name of a field",
            ),
            (
                GroupBy,
                json!({"by": ["kind", "box"]}),
                "by[1]",
                "expected the name of a field",
            ),
            (
                GroupBy,
                json!({"by": 7}),
                "by",
                "expected string, found number",
            ),
            (
                GroupBy,
                json!({"by": "kind", "having": {"size": 1}}),
                "having.size",
                "fields in \"having\" must be in \"by\"",
            ),
            (
                GroupBy,
                json!({"by": "kind", "having": {"size": {"_avg": {"gt": 1}, "gt": 1}}}),
                "having.size",
                "fields in \"having\" must be in \"by\"",
            ),
            (
                GroupBy,
                json!({"by": "kind", "having": {"OR": [{"size": 1}]}}),
                "having.OR[0].size",
                "fields in \"having\" must be in \"by\"",
            ),
            (
                GroupBy,
                json!({"by": "kind", "having": {"kind": {"_avg": 1}}}),
                "having",
                "Unrecognized key: \"kind\"",
            ),
            (
                GroupBy,
                json!({"by": "kind", "having": {"size": {"_avg": {"contains": "1"}}}}),
                "having.size._avg",
                "Unrecognized key: \"contains\"",
            ),
            (
                GroupBy,
                json!({"by": "kind", "having": {"size": {"_avg": "1"}}}),
                "having.size._avg",
                "expected number, found string",
            ),
            (
                GroupBy,
                json!({"by": "kind", "having": {"size": {"_sum": 1.5}}}),
                "having.size._sum",
                "expected a whole number",
            ),
            (
                GroupBy,
                json!({"by": "kind", "having": {"size": {"_count": null}}}),
                "having.size._count",
                "expected number, found null",
            ),
            (
                GroupBy,
                json!({"by": "kind", "having": {"size": {"_sum": {"between": [1]}}}}),
                "having.size._sum.between",
                "expected two values",
            ),
            (
                GroupBy,
                json!({"by": "kind", "orderBy": {"size": "asc"}}),
                "orderBy.size",
                "fields in \"orderBy\" must be in \"by\"",
            ),
            (
                GroupBy,
                json!({"by": "kind", "orderBy": {"kind": "up"}}),
                "orderBy.kind",
                "expected `asc` or `desc`",
            ),
            (
                GroupBy,
                json!({"by": "kind", "orderBy": {"kind": "asc", "_count": {"id": "asc"}}}),
                "orderBy",
                "expected one key at most",
            ),
            (
                GroupBy,
                json!({"by": "kind", "orderBy": {"_count": {"id": "asc", "size": "asc"}}}),
                "orderBy._count",
                "expected one key",
            ),
            (
                GroupBy,
                json!({"by": "kind", "orderBy": {"_sum": {"kind": "asc"}}}),
                "orderBy._sum",
                "Unrecognized key: \"kind\"",
            ),
            (
                GroupBy,
                json!({"by": "kind", "orderBy": {"box": {"name": "asc"}}}),
                "orderBy.box",
                "fields in \"orderBy\" must be in \"by\"",
            ),
        ] {
            let refused = call(place, operation, &args).await.unwrap_err();
            let Error::Invalid(InvalidInput::Argument {
                path: at,
                message: said,
                ..
            }) = &refused
            else {
                panic!("{} {operation} {args}: {refused:?}", place.name);
            };
            assert_eq!(
                (
                    at.as_str(),
                    said.split_once(", did")
                        .map_or(said.as_str(), |(start, _)| start)
                ),
                (
                    path,
                    message
                        .split_once(", did")
                        .map_or(message, |(start, _)| start)
                ),
                "{} {operation} {args}",
                place.name
            );
        }
    }
}

#[tokio::test]
async fn one_statement_each_and_none_where_nothing_is_asked() {
    let places = filled().await;
    for place in &places.places {
        let db = &place.client;
        let work = |operation: Operation, args: Json| {
            let model = db.schema().model("Item").unwrap();
            let engine = db.engine();
            let call = Call::new(engine, operation, model, db.limits());
            let args = ArgValue::from_json(args).unwrap();
            let at = call.at(&args);
            if operation == Operation::GroupBy {
                plan::group_by(db, parse::group_by(&at).unwrap(), "Item")
                    .unwrap()
                    .work
            } else {
                plan::aggregate(db, &parse::aggregate(&at).unwrap(), "Item")
                    .unwrap()
                    .plan
                    .work
            }
        };
        let all = json!({"_count": true, "_sum": {"big": true, "price": true}, "_avg": {"size": true}, "_min": {"at": true}, "take": 3});
        assert!(
            matches!(work(Operation::Aggregate, all), Work::Rows { .. }),
            "{}",
            place.name
        );
        let groups =
            json!({"by": ["kind"], "_avg": {"big": true}, "having": {"size": {"_sum": {"gt": 1}}}});
        assert!(
            matches!(work(Operation::GroupBy, groups), Work::Rows { .. }),
            "{}",
            place.name
        );
        assert!(
            matches!(
                work(Operation::Aggregate, json!({"where": {"id": 1}})),
                Work::Nothing
            ),
            "{}",
            place.name
        );
    }
}
