//! Columns of tables that other programs made are written as they are found, and all forms are read.

use hallpass_sql::{Access, Dialect, Query, Value};
use jiff::Timestamp;

use super::support::{Place, empty_places, places_of};
use crate::{Client, field, parameter};

const SCHEMA: &str = "
    enum Level { LOW @map(\"low\") HIGH @map(\"high\") }
    model Thing {
      id      Int       @id
      at      DateTime?
      size    Int?
      level   Level     @default(LOW)
      changed DateTime  @updatedAt
      @@map(\"things\")
    }
";

async fn run(place: &Place, text: &str) -> Vec<Vec<Value>> {
    let query = Query {
        text: text.to_owned(),
        binds: Vec::new(),
        access: Access::Write,
    };
    let rows = place.client.statement("", &query, &[]).await;
    rows.unwrap_or_else(|error| panic!("{}: {text}: {error:?}", place.name))
        .rows
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn stored(place: &Place, column: &str, id: i64) -> Value {
    run(
        place,
        &format!("SELECT {column} FROM things WHERE id = {id}"),
    )
    .await[0][0]
        .clone()
}

async fn add(client: &Client, id: i64, at: &str) {
    let create = client.create("Thing").set("id", id).set("at", moment(at));
    let added = create.run().await.unwrap();
    assert_eq!(
        added.get::<Option<Timestamp>>("at").unwrap(),
        Some(moment(at))
    );
}

async fn ids(client: &Client, filter: crate::Filter) -> Vec<i64> {
    let found = client
        .find_many("Thing")
        .filter(filter)
        .run()
        .await
        .unwrap();
    let mut ids: Vec<i64> = found.iter().map(|one| one.get("id").unwrap()).collect();
    ids.sort_unstable();
    ids
}

/// An SQLite table whose moments are of this declared type, with a row as some program wrote it.
async fn sqlite(declared: &str, row: &str) -> (super::support::Places, Client) {
    let places = empty_places(SCHEMA).await;
    let place = places
        .places
        .iter()
        .find(|one| one.dialect == Dialect::Sqlite)
        .unwrap();
    let table = format!(
        "CREATE TABLE things (id INTEGER PRIMARY KEY, at {declared}, size INTEGER, level TEXT NOT NULL, \
         changed {declared} NOT NULL)"
    );
    run(place, &table).await;
    if !row.is_empty() {
        run(
            place,
            &format!("INSERT INTO things VALUES (1, {row}, 0, 'low', {row})"),
        )
        .await;
    }
    let client = place.client.fitted().await.unwrap();
    (places, client)
}

#[tokio::test]
async fn sqlite_moments_are_written_as_they_are_found() {
    let at = "2026-01-31T23:59:59.123Z";
    let number = Value::Int(1_769_903_999_123);
    let rows = [
        ("DATETIME", "1600000000000", number.clone()),
        (
            "DATETIME",
            "'2020-01-01T00:00:00.000+00:00'",
            Value::from("2026-01-31T23:59:59.123+00:00"),
        ),
        ("DATETIME", "'2020-01-01T00:00:00.000Z'", Value::from(at)),
        ("DATETIME", "", Value::from(at)),
        ("integer", "", number.clone()),
        ("integer", "1600000000000", number.clone()),
        ("integer", "0", number),
        // As Drizzle's `mode: "timestamp"` writes them.
        ("integer", "1600000000", Value::Int(1_769_903_999)),
        ("DATETIME", "1600000000", Value::Int(1_769_903_999)),
        (
            "TEXT",
            "'2020-01-01T00:00:00.000+00:00'",
            Value::from("2026-01-31T23:59:59.123+00:00"),
        ),
        ("TEXT", "", Value::from(at)),
    ];
    for (declared, row, expected) in rows {
        let (places, client) = sqlite(declared, row).await;
        let kept = match expected {
            Value::Int(1_769_903_999) => "2026-01-31T23:59:59Z",
            _ => at,
        };
        let create = client.create("Thing").set("id", 2).set("at", moment(at));
        let added = create.run().await.unwrap();
        let added = added.get::<Timestamp>("at").unwrap();
        assert_eq!(added, moment(kept), "{declared} {row}");
        let place = places
            .places
            .iter()
            .find(|one| one.dialect == Dialect::Sqlite)
            .unwrap();
        assert_eq!(stored(place, "at", 2).await, expected, "{declared} {row}");
        let kind = std::mem::discriminant(&expected);
        let changed = std::mem::discriminant(&stored(place, "changed", 2).await);
        assert_eq!(changed, kind, "{declared} {row}: `@updatedAt`");
    }
}

#[tokio::test]
async fn sqlite_moments_of_every_form_are_compared_as_moments() {
    for declared in ["DATETIME", "TIMESTAMP"] {
        let (places, client) = sqlite(declared, "1600000000000").await;
        let place = places
            .places
            .iter()
            .find(|one| one.dialect == Dialect::Sqlite)
            .unwrap();
        for (id, written) in [
            (2, "1600000001000"),
            (3, "'2020-09-13T12:26:41.000Z'"),
            (4, "'2020-09-13T12:26:41.000+00:00'"),
            (5, "'2020-09-13T12:26:42.000Z'"),
            (6, "1600000002000"),
        ] {
            run(
                place,
                &format!("INSERT INTO things VALUES ({id}, {written}, 0, 'low', 0)"),
            )
            .await;
        }
        run(place, "INSERT INTO things VALUES (7, NULL, 0, 'low', 0)").await;
        let middle = moment("2020-09-13T12:26:41Z");
        let at = || field("at");
        let cases = [
            (at().lt(middle), vec![1]),
            (at().lte(middle), vec![1, 2, 3, 4]),
            (at().gt(middle), vec![5, 6]),
            (at().gte(middle), vec![2, 3, 4, 5, 6]),
            (at().eq(middle), vec![2, 3, 4]),
            (at().ne(middle), vec![1, 5, 6]),
            (crate::not(at().lt(middle)), vec![2, 3, 4, 5, 6]),
        ];
        for (filter, expected) in cases {
            let name = format!("{declared} {filter:?}");
            assert_eq!(ids(&client, filter).await, expected, "{name}");
        }
        let prepared = client
            .find_many("Thing")
            .filter(at().lt(parameter(0)))
            .prepare()
            .unwrap();
        let found = prepared
            .run(&client, &[Value::Timestamp(middle)])
            .await
            .unwrap();
        assert_eq!(found.len(), 1, "{declared}");
    }
}

#[tokio::test]
async fn digits_and_zones_of_columns_shift_nothing() {
    let at = "2026-01-31T23:59:59.987Z";
    for place in empty_places(SCHEMA).await.places {
        let (types, kept): (&[&str], _) = match place.dialect {
            Dialect::Postgres => (
                &["timestamp", "timestamptz", "timestamp(3)", "timestamptz(3)"],
                at,
            ),
            Dialect::MariaDb => (&["datetime(3)", "timestamp(3)", "datetime(6)"], at),
            Dialect::MySql | Dialect::Sqlite => continue,
        };
        let whole: &[&str] = match place.dialect {
            Dialect::Postgres => &["timestamp(0)", "timestamptz(0)"],
            _ => &["timestamp", "datetime"],
        };
        let rows = types.iter().map(|one| (one, kept));
        for (declared, expected) in
            rows.chain(whole.iter().map(|one| (one, "2026-01-31T23:59:59Z")))
        {
            run(&place, &format!(
                "CREATE TABLE things (id int PRIMARY KEY, at {declared} NULL, size bigint, level varchar(9) NOT NULL \
                 DEFAULT 'high', changed {declared} NOT NULL)"
            )).await;
            let client = place.client.fitted().await.unwrap();
            let create = client.create("Thing").set("id", 1).set("at", moment(at));
            let create = create.set("size", 5_000_000_000_i64);
            let added = create.run().await.unwrap();
            let name = format!("{} {declared}", place.name);
            assert_eq!(
                added.get::<Timestamp>("at").unwrap(),
                moment(expected),
                "{name}"
            );
            assert_eq!(added.get::<i64>("size").unwrap(), 5_000_000_000, "{name}");
            assert_eq!(
                added.get::<&str>("level").unwrap(),
                "HIGH",
                "{name}: the column's default"
            );
            let same = field("at").eq(moment(expected));
            assert_eq!(ids(&client, same).await, [1], "{name}");
            run(&place, "DROP TABLE things").await;
        }
    }
}

#[tokio::test]
async fn moments_counted_in_milliseconds_are_made_where_the_schema_says_so() {
    let schema = SCHEMA.replace("at      DateTime?", "at      DateTime? @db.EpochMillis");
    let at = "2026-01-31T23:59:59.123Z";
    for place in places_of(&schema).await.places {
        if place.dialect == Dialect::MySql {
            continue;
        }
        add(&place.client, 1, at).await;
        let fitted = place.client.fitted().await.unwrap();
        add(&fitted, 2, at).await;
        if place.dialect == Dialect::Sqlite {
            for id in [1, 2] {
                assert_eq!(
                    stored(&place, "at", id).await,
                    Value::Int(1_769_903_999_123)
                );
            }
        }
        assert_eq!(
            ids(&fitted, field("at").eq(moment(at))).await,
            [1, 2],
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn without_foreign_keys_relations_are_joins_only() {
    let schema = "
        datasource db { provider = \"PROVIDER\" relationMode = \"prisma\" }
        model A { id Int @id bs B[] }
        model B { id Int @id aId Int a A @relation(fields: [aId], references: [id], onDelete: Cascade) }
    ";
    for (provider, dialect) in [
        ("postgresql", Dialect::Postgres),
        ("mysql", Dialect::MariaDb),
        ("sqlite", Dialect::Sqlite),
    ] {
        let databases = hallpass_db::testing::databases().await;
        let test = databases
            .iter()
            .find(|one| one.database.dialect() == dialect)
            .unwrap();
        let schema = super::support::schema(&schema.replace("PROVIDER", provider));
        let options = super::support::options();
        let client = Client::new(test.database.clone(), schema.into(), options).unwrap();
        client.create_missing_tables().await.unwrap();
        client
            .create("B")
            .set("id", 1)
            .set("aId", 7)
            .run()
            .await
            .unwrap();
        let fitted = client.fitted().await.unwrap();
        let table = fitted.found().unwrap().table("B").unwrap();
        assert!(table.foreign_keys.is_empty(), "{provider}");
        let orphan = fitted
            .find_first("B")
            .include(crate::relation("a"))
            .run()
            .await
            .unwrap();
        assert_eq!(orphan.unwrap().related("a").unwrap(), None, "{provider}");
    }
}

/// Sessions of another program would end by being read as milliseconds.
#[tokio::test]
async fn moments_counted_in_seconds_are_read_compared_and_written_as_such() {
    let schema = SCHEMA.replace("size    Int?", "size    Int?\n      other   DateTime?");
    for place in empty_places(&schema).await.places {
        // Its tables have other names there.
        if place.dialect == Dialect::MySql {
            continue;
        }
        run(
            &place,
            "CREATE TABLE things (id integer PRIMARY KEY, at bigint, size integer, other bigint, level varchar(9) NOT NULL, \
             changed bigint NOT NULL)",
        )
        .await;
        for (id, at) in [
            (1, 1_600_000_000_i64),
            (2, 1_600_000_010),
            (3, 1_600_000_020),
        ] {
            let row = format!("INSERT INTO things VALUES ({id}, {at}, 0, NULL, 'low', {at})");
            run(&place, &row).await;
        }
        // By a program that took them for milliseconds, before it knew.
        let strange = "INSERT INTO things VALUES (4, 1600000030000, 0, NULL, 'low', 1600000030000)";
        run(&place, strange).await;
        let client = place.client.fitted().await.unwrap();
        let at = |seconds: i64| Timestamp::from_second(1_600_000_000 + seconds).unwrap();
        for (id, seconds) in [(1, 0), (2, 10), (3, 20), (4, 30)] {
            let found = client.find_unique("Thing").filter(field("id").eq(id));
            let found = found.run().await.unwrap().unwrap();
            assert_eq!(
                found.get::<Timestamp>("at").unwrap(),
                at(seconds),
                "{}",
                place.name
            );
        }
        let cases = [
            (field("at").lt(at(10)), vec![1]),
            (field("at").lte(at(10)), vec![1, 2]),
            (field("at").eq(at(20)), vec![3]),
            (field("at").gt(at(10)), vec![3, 4]),
        ];
        for (filter, expected) in cases {
            assert_eq!(ids(&client, filter).await, expected, "{}", place.name);
        }
        let create = client.create("Thing").set("id", 5).set("at", at(40));
        let added = create.set("other", at(50)).run().await.unwrap();
        assert_eq!(added.get::<Timestamp>("at").unwrap(), at(40));
        let written = Value::Int(1_600_000_040);
        assert_eq!(stored(&place, "at", 5).await, written, "{}", place.name);
        // No row of its own told, but those of its neighbours.
        let written = Value::Int(1_600_000_050);
        assert_eq!(stored(&place, "other", 5).await, written, "{}", place.name);
        run(&place, "DROP TABLE things").await;
    }
}
