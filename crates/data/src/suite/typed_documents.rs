use hallpass_sql::Value;
use serde_json::{Value as Json, json};

use super::support::{Places, call, places_of};
use crate::args::parse::{self, Call};
use crate::{ArgValue, InvalidInput, Operation};

const MODELS: &str = "
    enum Color { RED @map(\"r\") GREEN }

    type Address {
      street String
      number Int?
      since  DateTime?
      height Decimal?
      color  Color?
      tags   String[]
      part   Part?
      parts  Part[]
    }

    type Part {
      size BigInt
      next Part?
    }

    model Person {
      id      Int       @id
      home    Address   @json
      others  Address[] @json
      nothing Address?  @json
    }
";

fn judge(places: &Places, field: &str, given: &ArgValue) -> Result<Json, InvalidInput> {
    let client = &places.places[0].client;
    let model = client.schema().model("Person").unwrap();
    let call = Call::new(client.engine(), Operation::Create, model, client.limits());
    match parse::nullable(&call.at(given), model, model.field(field).unwrap())? {
        Value::Json(json) => Ok(*json),
        other => panic!("{other:?}"),
    }
}

fn least() -> Json {
    json!({"street": "a", "tags": [], "parts": []})
}

fn with(member: &str, value: Json) -> Json {
    let mut document = least();
    document[member] = value;
    document
}

#[tokio::test]
async fn documents_are_taken_as_their_type_says() {
    let places = places_of(MODELS).await;
    for (given, expected) in [
        (least(), least()),
        (with("number", json!(7)), with("number", json!(7))),
        (with("number", json!(null)), with("number", json!(null))),
        (
            with("since", json!("2026-01-31")),
            with("since", json!("2026-01-31T00:00:00.000Z")),
        ),
        (with("height", json!("1.50")), with("height", json!("1.5"))),
        (with("height", json!(1.5)), with("height", json!(1.5))),
        (with("color", json!("RED")), with("color", json!("RED"))),
        (
            with("tags", json!(["x", ""])),
            with("tags", json!(["x", ""])),
        ),
        (
            with("parts", json!([{"size": "9007199254740993"}])),
            with("parts", json!([{"size": 9_007_199_254_740_993_i64}])),
        ),
        (
            with(
                "part",
                json!({"size": 1, "next": {"size": 2, "next": null}}),
            ),
            with(
                "part",
                json!({"size": 1, "next": {"size": 2, "next": null}}),
            ),
        ),
        // What the type does not name stays.
        (
            with("further", json!({"a": [1, null]})),
            with("further", json!({"a": [1, null]})),
        ),
    ] {
        let given = ArgValue::from_json(given).unwrap();
        assert_eq!(
            judge(&places, "home", &given),
            Ok(expected.clone()),
            "{expected}"
        );
        let list = ArgValue::List(vec![given.clone(), given]);
        assert_eq!(
            judge(&places, "others", &list),
            Ok(json!([expected, expected]))
        );
    }
}

#[tokio::test]
async fn documents_of_another_shape_are_refused_with_the_place() {
    let places = places_of(MODELS).await;
    for (given, place, message) in [
        (json!(null), "", "expected object, found null"),
        (json!([]), "", "expected object, found array"),
        (json!({"tags": [], "parts": []}), "", "`street` is missing"),
        (json!({"street": "a", "parts": []}), "", "`tags` is missing"),
        (
            with("street", json!(null)),
            "street",
            "expected string, found null",
        ),
        (
            with("number", json!("7")),
            "number",
            "expected number, found string",
        ),
        (
            with("number", json!(1.5)),
            "number",
            "expected a whole number",
        ),
        (
            with("since", json!("yesterday")),
            "since",
            "expected a date and time in ISO 8601",
        ),
        (
            with("height", json!("high")),
            "height",
            "expected a decimal number",
        ),
        (
            with("color", json!("r")),
            "color",
            "expected one of `RED`, `GREEN`",
        ),
        (
            with("tags", json!("x")),
            "tags",
            "expected array, found string",
        ),
        (
            with("tags", json!(["x", 1])),
            "tags[1]",
            "expected string, found number",
        ),
        (
            with("tags", json!(null)),
            "tags",
            "expected array, found null",
        ),
        (
            with("parts", json!([{"size": 1}, {}])),
            "parts[1]",
            "`size` is missing",
        ),
        (
            with("part", json!({"size": 1, "next": {"size": "x"}})),
            "part.next.size",
            "expected a whole number of 64 bits",
        ),
    ] {
        let given = ArgValue::from_json(given).unwrap();
        let refused = judge(&places, "home", &given).unwrap_err();
        let InvalidInput::Argument {
            path,
            message: said,
            ..
        } = refused
        else {
            panic!("{refused:?}");
        };
        assert_eq!(
            (path.as_str(), said.as_str()),
            (place, message),
            "{given:?}"
        );
    }
    let deep = (0..200).fold(
        json!({"size": 1}),
        |inner, _| json!({"size": 1, "next": inner}),
    );
    let deep = of_json(with("part", deep));
    assert!(
        matches!(judge(&places, "home", &deep), Err(InvalidInput::Argument { message, .. }) if message == "nests too deep: at most 64 levels")
    );
}

/// Without the bound that arguments of clients have.
fn of_json(json: Json) -> ArgValue {
    match json {
        Json::Object(members) => {
            let members = members.into_iter();
            ArgValue::Object(
                members
                    .map(|(name, value)| (name, of_json(value)))
                    .collect(),
            )
        }
        Json::Array(items) => ArgValue::List(items.into_iter().map(of_json).collect()),
        other => ArgValue::from_json(other).unwrap(),
    }
}

#[tokio::test]
async fn exact_members_compare_digit_by_digit_whatever_they_are_kept_as() {
    for place in places_of(MODELS).await.places {
        let db = &place.client;
        let heights = [
            json!("1.1"),
            json!("10"),
            json!(2.5),
            json!(null),
            json!("-3"),
        ];
        for (id, height) in heights.into_iter().enumerate() {
            let mut home = with("height", height);
            home["part"] = json!({"size": 9_007_199_254_740_992_i64 + i64::try_from(id).unwrap()});
            let data = json!({"data": {"id": id, "home": home, "others": []}});
            call(db, "Person", Operation::Create, data).await.unwrap();
        }
        for (filter, expected) in [
            (json!({"height": {"gt": "1"}}), vec![0, 1, 2]),
            (json!({"height": {"gte": "2.5", "lt": "10"}}), vec![2]),
            (json!({"height": {"lt": 2}}), vec![0, 4]),
            (json!({"height": {"between": ["2", "10"]}}), vec![1, 2]),
            (json!({"height": "2.5"}), vec![2]),
            (
                json!({"part": {"size": {"gt": "9007199254740992"}}}),
                vec![1, 2, 3, 4],
            ),
            (
                json!({"part": {"size": {"lte": "9007199254740993"}}}),
                vec![0, 1],
            ),
        ] {
            let args = json!({"where": {"home": filter}, "select": {"id": true}, "orderBy": {"id": "asc"}});
            let found = call(db, "Person", Operation::FindMany, args).await;
            let found = found.unwrap_or_else(|error| panic!("{}: {filter}: {error:?}", place.name));
            let expected: Vec<_> = expected.into_iter().map(|id| json!({"id": id})).collect();
            assert_eq!(found, json!(expected), "{}: {filter}", place.name);
        }
    }
}
