use hallpass_sql::{Dialect, Expr, Insert, Statement, TableName, Value, emit};
use jiff::Timestamp;
use serde_json::json;

use super::support::{Place, places_of};
use crate::{Error, RecordError, field};

const EVERYTHING: &str = r#"
    enum Color { RED @map("r") GREEN @map("g") }

    model Thing {
      id      String   @id @default(uuid())
      text    String   @default("it's \"quoted\"")
      truth   Boolean  @default(true)
      int     Int      @default(-7)
      big     BigInt   @default(9007199254740993)
      float   Float    @default(0.5)
      decimal Decimal  @default(12.50)
      at      DateTime @default(now())
      json    Json     @default("{\"a\":[1,null]}")
      bytes   Bytes?
      color   Color    @default(GREEN)
      nano    String   @default(nanoid(10))
      ulid    String   @default(ulid())
      cuid2   String   @default(cuid(2))
      uuid7   String   @default(uuid(7))
      maybe   Color?
    }
"#;

#[tokio::test]
async fn every_type_comes_back_as_it_went_in() {
    let at: Timestamp = "1999-12-31T23:59:59.123456Z".parse().unwrap();
    for place in places_of(EVERYTHING).await.places {
        let db = &place.client;
        let create = db
            .create("Thing")
            .set("text", "Zoë 🎉 \\ ' \" `")
            .set("truth", false)
            .set("int", i32::MIN);
        let create = create
            .set("big", i64::MAX)
            .set("float", -1.25)
            .set("decimal", "0012345678901.2300")
            .set("at", at);
        let create = create
            .set("json", json!({"b": [true, "x", 1.5]}))
            .set("bytes", vec![0, 255, 10])
            .set("color", "RED");
        let created = create.set("maybe", "GREEN").run().await.unwrap();
        let found = db
            .find_unique("Thing")
            .filter(field("id").eq(created.get::<&str>("id").unwrap()))
            .run()
            .await;
        for thing in [created.clone(), found.unwrap().unwrap()] {
            assert_eq!(
                thing.get::<&str>("text"),
                Ok("Zoë 🎉 \\ ' \" `"),
                "{}",
                place.name
            );
            assert_eq!(thing.get::<bool>("truth"), Ok(false));
            assert_eq!(thing.get::<i32>("int"), Ok(i32::MIN));
            assert_eq!(thing.get::<i64>("big"), Ok(i64::MAX));
            assert_eq!(thing.get::<f64>("float"), Ok(-1.25));
            assert_eq!(
                thing.get::<&str>("decimal"),
                Ok("12345678901.23"),
                "{}",
                place.name
            );
            let cut: Timestamp = "1999-12-31T23:59:59.123Z".parse().unwrap();
            assert_eq!(thing.get::<Timestamp>("at"), Ok(cut));
            assert_eq!(
                thing.get::<&serde_json::Value>("json"),
                Ok(&json!({"b": [true, "x", 1.5]}))
            );
            assert_eq!(thing.get::<&[u8]>("bytes"), Ok(&[0, 255, 10][..]));
            assert_eq!(thing.get::<&str>("color"), Ok("RED"));
            assert_eq!(thing.get::<Option<&str>>("maybe"), Ok(Some("GREEN")));
        }
        for filter in [
            field("truth").eq(false),
            field("big").eq(i64::MAX),
            field("float").lt(-1.0),
            field("decimal").gt("12345678901.22"),
            field("at").eq(at),
            field("bytes").eq(vec![0, 255, 10]),
            field("color").eq("RED"),
            field("maybe").ne("RED"),
            field("color").one_of(["RED"]),
        ] {
            let count = db.count("Thing").filter(filter.clone()).run().await;
            assert_eq!(count.unwrap(), 1, "{}: {filter:?}", place.name);
        }
    }
}

#[tokio::test]
async fn defaults_are_filled() {
    for place in places_of(EVERYTHING).await.places {
        let thing = place.client.create("Thing").run().await.unwrap();
        assert_eq!(
            thing.get::<&str>("text"),
            Ok("it's \"quoted\""),
            "{}",
            place.name
        );
        assert_eq!(thing.get::<i64>("big"), Ok(9_007_199_254_740_993));
        assert_eq!(thing.get::<&str>("decimal"), Ok("12.5"));
        assert_eq!(
            thing.get::<&serde_json::Value>("json"),
            Ok(&json!({"a": [1, null]}))
        );
        assert_eq!(thing.get::<Option<&[u8]>>("bytes"), Ok(None));
        let shape = |name: &str, pattern: &str| {
            let text: &str = thing.get(name).unwrap();
            let same = text.len() == pattern.len();
            let fits = |(sign, form): (char, char)| match form {
                'x' => sign.is_ascii_hexdigit(),
                'a' => sign.is_ascii_alphanumeric() || sign == '_' || sign == '-',
                other => sign == other,
            };
            assert!(
                same && text.chars().zip(pattern.chars()).all(fits),
                "{name}: {text}"
            );
        };
        shape("id", "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx");
        shape("uuid7", "xxxxxxxx-xxxx-7xxx-axxx-xxxxxxxxxxxx");
        shape("nano", "aaaaaaaaaa");
        shape("ulid", "01KDVaaaaaaaaaaaaaaaaaaaaa");
        shape("cuid2", "aaaaaaaaaaaaaaaaaaaaaaaa");
    }
}

/// Sends a row as another program would, without the engine's defaults.
async fn insert_raw(place: &Place, columns: &[&str], values: Vec<Value>) {
    let insert = Statement::Insert(Insert {
        table: TableName::from(&*place.client.schema().models[0].table),
        columns: columns.iter().map(|&name| name.to_owned()).collect(),
        rows: vec![values.into_iter().map(Expr::Value).collect()],
        unless: None,
        conflict: None,
        returning: vec![],
    });
    let query = emit(&insert, place.dialect).unwrap();
    place
        .client
        .engine
        .database
        .exec(&query, &[])
        .await
        .unwrap();
}

#[tokio::test]
async fn columns_have_defaults_for_other_programs() {
    for place in places_of(EVERYTHING).await.places {
        let given = ["id", "nano", "ulid", "cuid2", "uuid7"];
        let mut columns = given.to_vec();
        let mut values: Vec<Value> = given.iter().map(|name| Value::from(*name)).collect();
        if !place.dialect.capability().document_defaults {
            columns.push("json");
            values.push(Value::from(json!({"a": [1, null]})));
        }
        insert_raw(&place, &columns, values).await;
        let thing = place
            .client
            .find_first("Thing")
            .run()
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            thing.get::<&str>("text"),
            Ok("it's \"quoted\""),
            "{}",
            place.name
        );
        assert_eq!(thing.get::<bool>("truth"), Ok(true));
        assert_eq!(thing.get::<&str>("color"), Ok("GREEN"));
        assert_eq!(thing.get::<&str>("decimal"), Ok("12.5"));
        assert_eq!(
            thing.get::<&serde_json::Value>("json"),
            Ok(&json!({"a": [1, null]})),
            "{}",
            place.name
        );
        assert!(thing.get::<Timestamp>("at").unwrap().as_second() > 1_767_225_600);
    }
}

#[tokio::test]
async fn moments_that_others_kept_in_sqlite_are_read() {
    let text = "model Event { id Int @id  at DateTime }";
    let expected: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
    for place in places_of(text)
        .await
        .places
        .into_iter()
        .filter(|place| place.dialect == Dialect::Sqlite)
    {
        let kept = [
            Value::Int(expected.as_millisecond()),
            Value::from("2026-01-02T03:04:05.678Z"),
            Value::from("2026-01-02T03:04:05.678+00:00"),
            Value::from("2026-01-02T04:04:05.678+01:00"),
            Value::from("2026-01-02 03:04:05.678"),
        ];
        for (id, value) in (1_i64..).zip(kept) {
            insert_raw(&place, &["id", "at"], vec![Value::Int(id), value]).await;
            let event = place
                .client
                .find_unique("Event")
                .filter(field("id").eq(id))
                .run()
                .await
                .unwrap()
                .unwrap();
            assert_eq!(event.get::<Timestamp>("at"), Ok(expected), "{id}");
        }
        insert_raw(
            &place,
            &["id", "at"],
            vec![Value::Int(9), Value::from("yesterday")],
        )
        .await;
        let error = place
            .client
            .find_unique("Event")
            .filter(field("id").eq(9))
            .run()
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Stored { .. }));
        assert_eq!(
            error.to_string(),
            "a stored value of `Event.at` is no a date and time in ISO 8601 (row: id 9)"
        );
    }
}

#[tokio::test]
async fn records_serialize_as_the_data_api_does() {
    for place in places_of(EVERYTHING).await.places {
        let create = place
            .client
            .create("Thing")
            .set("id", "x")
            .set("at", "2026-01-02T03:04:05Z")
            .set("bytes", vec![1, 2]);
        let fields = [
            "id", "truth", "int", "big", "float", "decimal", "at", "json", "bytes", "color",
            "maybe",
        ];
        let thing = create.select(fields).run().await.unwrap();
        let expected = r#"{"id":"x","truth":true,"int":-7,"big":"9007199254740993","float":0.5,"decimal":"12.5","at":"2026-01-02T03:04:05.000Z","json":{"a":[1,null]},"bytes":[1,2],"color":"GREEN","maybe":null}"#;
        assert_eq!(
            serde_json::to_string(&thing).unwrap(),
            expected,
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn wrong_questions_to_a_record_are_answered_clearly() {
    let test = hallpass_db::testing::sqlite().await;
    let schema = std::sync::Arc::new(super::support::schema(EVERYTHING));
    let db = crate::Client::new(test.database.clone(), schema, super::support::options()).unwrap();
    db.create_missing_tables().await.unwrap();
    let thing = db.create("Thing").run().await.unwrap();
    let message = |error: RecordError| error.to_string();
    assert_eq!(
        message(thing.get::<&str>("x").unwrap_err()),
        "the record of `Thing` has no field `x`"
    );
    assert_eq!(
        message(thing.get::<&str>("int").unwrap_err()),
        "`Thing.int` is no text"
    );
    assert_eq!(
        message(thing.get::<&[u8]>("bytes").unwrap_err()),
        "`Thing.bytes` is null"
    );
    assert_eq!(
        message(thing.related("color").unwrap_err()),
        "the record of `Thing` has no field `color`"
    );
    assert_eq!(thing.model(), "Thing");
}
