//! Types that databases say in a way of their own: what is written is read, found and included.

use hallpass_sql::Dialect;
use serde_json::json;

use super::support::{Places, call, empty_places, options, schema};
use crate::{Client, Operation};

const POSTGRES: &str = r#"
    datasource db { provider = "postgresql" }
    model Room { id Int @id  doors Door[] }
    model Door {
      id     Int      @id
      opens  DateTime @db.Time(3)
      closes DateTime @db.Timetz
      bits   String   @db.Bit(3)
      flags  String   @db.VarBit(8)
      from   String   @db.Inet
      times  DateTime[] @db.Time(0)
      roomId Int
      room   Room     @relation(fields: [roomId], references: [id])
    }
"#;

const MYSQL: &str = r#"
    datasource db { provider = "mysql" }
    model Room { id Int @id  doors Door[] }
    model Door {
      id     Int      @id
      opens  DateTime @db.Time(3)
      roomId Int
      room   Room     @relation(fields: [roomId], references: [id])
    }
"#;

/// Databases of these dialects, with tables of these models.
async fn places(text: &str, dialects: &[Dialect]) -> Places {
    let mut places = empty_places("model A { id Int @id }").await;
    places
        .places
        .retain(|place| dialects.contains(&place.dialect));
    for place in &mut places.places {
        let database = place.client.engine().database.clone();
        let mut schema = schema(text);
        if place.dialect == Dialect::MySql {
            for model in &mut schema.models {
                model.table = format!("mysql_{}", model.table);
            }
        }
        let client = Client::speaking(place.dialect, database, schema.into(), options());
        place.client = client.unwrap();
        place.client.create_missing_tables().await.unwrap();
    }
    places
}

#[tokio::test]
async fn times_bits_and_addresses_of_postgres_are_read_as_they_are_written() {
    let places = places(POSTGRES, &[Dialect::Postgres]).await;
    for place in &places.places {
        let (db, name) = (&place.client, place.name);
        let room = json!({"data": {"id": 1}});
        call(db, "Room", Operation::Create, room).await.unwrap();
        let door = json!({
            "id": 1, "opens": "2026-01-31T08:30:00.987Z", "closes": "2026-01-31T23:59:59.000Z", "bits": "101",
            "flags": "0110", "from": "2001:DB8::1", "times": ["1970-01-01T10:00:00.000Z"], "roomId": 1,
        });
        let expected = json!({
            "id": 1, "opens": "1970-01-01T08:30:00.987Z", "closes": "1970-01-01T23:59:59.000Z", "bits": "101",
            "flags": "0110", "from": "2001:db8::1", "times": ["1970-01-01T10:00:00.000Z"], "roomId": 1,
        });
        let made = call(db, "Door", Operation::Create, json!({"data": door})).await;
        assert_eq!(made.unwrap(), expected, "{name}");
        let other = json!({
            "id": 2, "opens": "1970-01-01T09:00:00.000Z", "closes": "1970-01-01T10:00:00.000Z", "bits": "000",
            "flags": "", "from": "10.0.0.0/8", "times": [], "roomId": 1,
        });
        let made = call(db, "Door", Operation::Create, json!({"data": other})).await;
        assert_eq!(made.unwrap(), other, "{name}");
        let all = json!({"include": {"doors": {"orderBy": {"opens": "asc"}}}});
        let rooms = call(db, "Room", Operation::FindMany, all).await.unwrap();
        assert_eq!(rooms[0]["doors"], json!([expected, other]), "{name}");
        for filter in [
            json!({"opens": {"lt": "2030-05-05T09:00:00Z"}}),
            json!({"closes": {"gt": "1970-01-01T10:00:00Z"}}),
            json!({"bits": "101"}),
            json!({"flags": {"in": ["0110", "1"]}}),
            json!({"from": "2001:db8:0::1"}),
        ] {
            let args = json!({"where": filter, "select": {"id": true}});
            let found = call(db, "Door", Operation::FindMany, args).await;
            assert_eq!(found.unwrap(), json!([{"id": 1}]), "{name}: {filter}");
        }
        let latest = json!({"_max": {"closes": true}});
        let latest = call(db, "Door", Operation::Aggregate, latest).await;
        assert_eq!(
            latest.unwrap()["_max"]["closes"],
            "1970-01-01T23:59:59.000Z"
        );
        for wrong in [
            json!({"bits": "10"}),
            json!({"bits": "1x1"}),
            json!({"from": "example.org"}),
        ] {
            let args = json!({"where": {"id": 1}, "data": wrong});
            let refused = call(db, "Door", Operation::Update, args).await;
            assert!(refused.is_err(), "{name}: {wrong}");
        }
    }
}

#[tokio::test]
async fn times_of_mysql_are_read_as_they_are_written() {
    let places = places(MYSQL, &[Dialect::MySql, Dialect::MariaDb]).await;
    for place in &places.places {
        let (db, name) = (&place.client, place.name);
        let room = json!({"data": {"id": 1}});
        call(db, "Room", Operation::Create, room).await.unwrap();
        for (id, day, time) in [
            (1, "2026-01-31", "T08:30:00.987Z"),
            (2, "1970-01-01", "T09:00:00.000Z"),
        ] {
            let given = format!("{day}{time}");
            let door = json!({"id": id, "opens": given, "roomId": 1});
            let made = call(db, "Door", Operation::Create, json!({"data": door})).await;
            let expected = format!("1970-01-01{time}");
            assert_eq!(made.unwrap()["opens"], expected, "{name}");
        }
        let args = json!({"where": {"opens": {"lt": "2030-05-05T09:00:00Z"}}});
        let found = call(db, "Door", Operation::FindMany, args).await.unwrap();
        assert_eq!(found.as_array().unwrap().len(), 1, "{name}");
        assert_eq!(found[0]["opens"], "1970-01-01T08:30:00.987Z", "{name}");
        let all = json!({"include": {"doors": {"orderBy": {"opens": "desc"}}}});
        let rooms = call(db, "Room", Operation::FindMany, all).await.unwrap();
        assert_eq!(rooms[0]["doors"][0]["id"], 2, "{name}");
    }
}
