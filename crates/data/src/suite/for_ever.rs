//! Moments of the last hours of the year 9999, by which people say "for ever", and what lies beyond all moments.

use hallpass_sql::{Access, Dialect, Query};
use serde_json::{Value as Json, json};

use super::support::{Place, call, places_of};
use crate::{Client, Operation};

const SCHEMA: &str = r#"
    model Room { id Int @id  keys Key[] }
    model Key {
      id     Int       @id
      at     DateTime?
      roomId Int?
      room   Room?     @relation(fields: [roomId], references: [id])
      @@allow('all', at > "9999-12-31T12:00:00Z")
    }
"#;

async fn run(place: &Place, text: &str) {
    let quote = place.dialect.capability().identifier_quote.to_string();
    let query = Query {
        text: text.replace('"', &quote),
        binds: Vec::new(),
        access: Access::Write,
    };
    let done = place.client.statement("", &query, &[]).await;
    done.unwrap_or_else(|error| panic!("{}: {text}: {error:?}", place.name));
}

async fn ids(db: &Client, filter: Json) -> Vec<i64> {
    let args = json!({"where": {"at": filter}, "select": {"id": true}, "orderBy": {"at": "asc"}});
    let found = call(db, "Key", Operation::FindMany, args).await.unwrap();
    let found = found.as_array().unwrap().iter();
    found.map(|row| row["id"].as_i64().unwrap()).collect()
}

const MOMENTS: [&str; 4] = [
    "9999-12-30T22:00:00.899Z",
    "9999-12-30T22:00:00.950Z",
    "9999-12-31T23:59:59.000Z",
    "9999-12-31T23:59:59.999Z",
];

#[tokio::test]
async fn moments_are_said_to_the_end_of_the_year_9999() {
    for place in places_of(SCHEMA).await.places {
        let (db, name) = (&place.client, place.name);
        let room = json!({"data": {"id": 1}});
        call(db, "Room", Operation::Create, room).await.unwrap();
        for (id, at) in MOMENTS.iter().enumerate() {
            let data = json!({"data": {"id": id, "at": at, "roomId": 1}});
            let made = call(db, "Key", Operation::Create, data).await.unwrap();
            assert_eq!(made["at"], *at, "{name}");
        }
        assert_eq!(ids(db, json!(MOMENTS[2])).await, [2], "{name}");
        assert_eq!(ids(db, json!({"gt": MOMENTS[1]})).await, [2, 3], "{name}");
        assert_eq!(ids(db, json!({"lte": MOMENTS[1]})).await, [0, 1], "{name}");
        assert_eq!(ids(db, json!({"lt": "9999-12-31"})).await, [0, 1], "{name}");
        let offset = json!({"in": ["9999-12-31T21:59:59-02:00", "9999-12-31T01:00:00.950+03:00"]});
        assert_eq!(ids(db, offset).await, [1, 2], "{name}");
        let args = json!({"include": {"keys": {"orderBy": {"at": "desc"}}}});
        let rooms = call(db, "Room", Operation::FindMany, args).await.unwrap();
        let of_room = rooms[0]["keys"].as_array().unwrap().iter();
        let of_room: Vec<_> = of_room.map(|key| key["at"].as_str().unwrap()).collect();
        assert!(
            of_room.iter().rev().eq(MOMENTS.iter()),
            "{name}: {of_room:?}"
        );
        let ruled = db.for_user(None);
        assert_eq!(ids(&ruled, json!({"not": null})).await, [2, 3], "{name}");
        let most = json!({"_max": {"at": true}});
        let most = call(db, "Key", Operation::Aggregate, most).await.unwrap();
        assert_eq!(most["_max"]["at"], MOMENTS[3], "{name}");
        let beyond = json!({"data": {"id": 9, "at": "9999-12-31T23:59:59-01:00"}});
        let refused = call(db, "Key", Operation::Create, beyond).await;
        assert!(refused.is_err(), "{name}");
    }
}

/// What other programs keep, and what is read of it.
fn of_others(dialect: Dialect) -> &'static [(&'static str, &'static str)] {
    match dialect {
        Dialect::Postgres => &[
            ("'9999-12-31 23:59:59'", "9999-12-31T23:59:59.000Z"),
            ("'infinity'", "9999-12-31T23:59:59.999Z"),
            ("'12026-01-01'", "9999-12-31T23:59:59.999Z"),
            ("'0044-03-15 BC'", "-000043-03-15T00:00:00.000Z"),
            ("'-infinity'", "-009999-01-02T01:59:59.000Z"),
        ],
        Dialect::MySql | Dialect::MariaDb => {
            &[("'9999-12-31 23:59:59'", "9999-12-31T23:59:59.000Z")]
        }
        Dialect::Sqlite => &[
            ("'9999-12-31T23:59:59Z'", "9999-12-31T23:59:59.000Z"),
            ("'9999-12-31 23:59:59'", "9999-12-31T23:59:59.000Z"),
            ("253402300799999", "9999-12-31T23:59:59.999Z"),
            ("'12026-01-01T00:00:00Z'", "9999-12-31T23:59:59.999Z"),
        ],
    }
}

#[tokio::test]
async fn what_lies_beyond_all_moments_is_the_nearest_and_fails_no_read() {
    for place in places_of(SCHEMA).await.places {
        let (db, name) = (&place.client, place.name);
        let room = json!({"data": {"id": 1}});
        call(db, "Room", Operation::Create, room).await.unwrap();
        for (id, (stored, _)) in of_others(place.dialect).iter().enumerate() {
            let data = json!({"data": {"id": id + 1, "roomId": 1}});
            call(db, "Key", Operation::Create, data).await.unwrap();
            let table = &db.schema().model("Key").unwrap().table;
            let set = format!(
                r#"UPDATE "{table}" SET "at" = {stored} WHERE "id" = {}"#,
                id + 1
            );
            run(&place, &set).await;
        }
        let expected: Vec<_> = of_others(place.dialect)
            .iter()
            .map(|(_, read)| *read)
            .collect();
        let args = json!({"orderBy": {"id": "asc"}});
        let all = call(db, "Key", Operation::FindMany, args.clone())
            .await
            .unwrap();
        let rooms = json!({"include": {"keys": args}});
        let rooms = call(db, "Room", Operation::FindMany, rooms).await.unwrap();
        for (what, rows) in [("all", &all), ("of the room", &rooms[0]["keys"])] {
            let read = rows.as_array().unwrap().iter();
            let read: Vec<_> = read.map(|row| row["at"].as_str().unwrap()).collect();
            assert_eq!(read, expected, "{name}: {what}");
        }
    }
}

/// Taken for the nearest moment, what was over long ago would last for ever.
#[tokio::test]
async fn what_counts_or_says_something_else_is_no_moment() {
    for place in places_of(SCHEMA).await.places {
        if place.dialect != Dialect::Sqlite {
            continue;
        }
        let (db, name) = (&place.client, place.name);
        let room = json!({"data": {"id": 1}});
        call(db, "Room", Operation::Create, room).await.unwrap();
        let data = json!({"data": {"id": 1, "roomId": 1}});
        call(db, "Key", Operation::Create, data).await.unwrap();
        for stored in ["1600000000000000", "'20260101-foo'", "'12026-02-30'", "''"] {
            run(&place, &format!(r#"UPDATE "Key" SET "at" = {stored}"#)).await;
            let read = call(db, "Key", Operation::FindMany, json!({})).await;
            assert!(read.is_err(), "{name}: {stored}: {read:?}");
        }
    }
}
