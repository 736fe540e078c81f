//! What goes in comes out, on every database, in the kind that the crate's table promises.

use hallpass_db::testing::{TestDatabase, databases, sqlite};
use hallpass_db::{ErrorKind, Options};
use hallpass_sql::{Access, Bind, Dialect, Query, Value};
use serde_json::json;

use crate::{one, query, read, text, write};

const POSTGRES_TABLE: &str = "CREATE TABLE v (id integer PRIMARY KEY, truth boolean, small smallint, middle integer, \
    large bigint, number double precision, exact numeric, words text, short varchar(20), bytes bytea, \
    moment timestamp(3), zoned timestamptz, document jsonb, plain json, uuid uuid)";
const MYSQL_TABLE: &str = "CREATE TABLE v (id int PRIMARY KEY, truth boolean, small smallint, middle int, \
    large bigint, number double, exact decimal(65,30), words longtext, short varchar(20), bytes longblob, \
    moment datetime(3), zoned timestamp(6) NULL, document json, plain json, uuid char(36))";
const SQLITE_TABLE: &str = "CREATE TABLE v (id INTEGER PRIMARY KEY, truth BOOLEAN, small INTEGER, middle INTEGER, \
    large BIGINT, number REAL, exact TEXT, words TEXT, short TEXT, bytes BLOB, \
    moment TEXT, zoned TEXT, document TEXT, plain TEXT, uuid TEXT)";

async fn create(test: &TestDatabase) {
    let table = match test.database.dialect() {
        Dialect::Postgres => POSTGRES_TABLE,
        Dialect::MySql | Dialect::MariaDb => MYSQL_TABLE,
        Dialect::Sqlite => SQLITE_TABLE,
    };
    write(&test.database, table, &[]).await.unwrap();
}

fn moment(text: &str) -> Value {
    Value::Timestamp(text.parse().unwrap())
}

fn decimal(text: &str) -> Value {
    Value::Decimal(text.to_owned())
}

/// What the crate's documentation says comes back.
fn expected(dialect: Dialect, value: &Value) -> Value {
    match (dialect, value) {
        (Dialect::Postgres, value) => value.clone(),
        (_, Value::Bool(truth)) => Value::Int(i64::from(*truth)),
        (Dialect::Sqlite, Value::Decimal(decimal)) => text(decimal),
        (Dialect::Sqlite, Value::Timestamp(moment)) => {
            text(&moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
        }
        (Dialect::Sqlite | Dialect::MariaDb, Value::Json(document)) => text(&document.to_string()),
        (_, value) => value.clone(),
    }
}

#[tokio::test]
async fn every_kind_of_value_survives() {
    let cases = [
        ("truth", Value::Bool(true)),
        ("truth", Value::Bool(false)),
        ("small", Value::Int(i16::MIN.into())),
        ("middle", Value::Int(i32::MAX.into())),
        ("large", Value::Int(i64::MIN)),
        ("large", Value::Int(i64::MAX)),
        ("number", Value::Float(-0.1)),
        ("number", Value::Float(f64::MAX)),
        ("number", Value::Float(5e-324)),
        ("words", text("")),
        ("words", text("Grüße, 世界 👋 \u{10FFFF}")),
        ("words", text("a'b\"c\\d`e;--\n\r\t%_$1?")),
        ("words", text(&"x".repeat(100_000))),
        ("short", text("ﬀ ')); DROP TABLE v")),
        ("bytes", Value::Bytes(vec![])),
        ("bytes", Value::Bytes((0..=255).collect())),
        ("moment", moment("2026-01-31T23:59:59.999Z")),
        ("moment", moment("1970-01-01T00:00:00Z")),
        ("moment", moment("1969-12-31T23:59:59.001Z")),
        ("moment", moment("9999-12-30T21:59:59.999Z")),
        ("zoned", moment("2038-01-19T03:14:07.123Z")),
        (
            "document",
            Value::from(json!({"a": [1, 2.5, null, "ä\"\\"], "b": {}})),
        ),
        ("plain", Value::from(json!("text"))),
        ("uuid", text("0190a8a5-7b0e-7cc1-9f5c-2f1f0b6a3c11")),
    ];
    for test in databases().await {
        create(&test).await;
        let dialect = test.database.dialect();
        for (id, (column, value)) in (0..).zip(&cases) {
            let insert = format!("INSERT INTO v (id, {column}) VALUES (?, ?)");
            write(&test.database, &insert, &[Value::Int(id), value.clone()])
                .await
                .unwrap();
            let select = format!("SELECT {column} FROM v WHERE id = ?");
            let back = one(&test.database, &select, &[Value::Int(id)]).await;
            assert_eq!(back, expected(dialect, value), "{} {column}", test.name);
        }
    }
}

#[tokio::test]
async fn exact_numbers_keep_every_digit() {
    for test in databases().await {
        create(&test).await;
        let (value, back) = match test.database.dialect() {
            Dialect::Postgres => (
                "-123456789012345678901234567890123456789.000000001",
                "-123456789012345678901234567890123456789.000000001",
            ),
            Dialect::Sqlite => ("12345678901234567890.10", "12345678901234567890.10"),
            _ => (
                "-12345678901234567890123456789012345.000000001",
                "-12345678901234567890123456789012345.000000001000000000000000000000",
            ),
        };
        write(
            &test.database,
            "INSERT INTO v (id, exact) VALUES (1, ?)",
            &[decimal(value)],
        )
        .await
        .unwrap();
        let found = one(&test.database, "SELECT exact FROM v", &[]).await;
        assert_eq!(
            found,
            expected(test.database.dialect(), &decimal(back)),
            "{}",
            test.name
        );
    }
}

#[tokio::test]
async fn every_column_can_be_null() {
    for test in databases().await {
        create(&test).await;
        let columns = "truth, small, middle, large, number, exact, words, short, bytes, moment, zoned, document, uuid";
        let insert = format!(
            "INSERT INTO v (id, {columns}) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        );
        write(&test.database, &insert, &vec![Value::Null; 13])
            .await
            .unwrap();
        let rows = read(&test.database, &format!("SELECT {columns} FROM v"), &[])
            .await
            .unwrap();
        assert_eq!(rows.rows, [vec![Value::Null; 13]], "{}", test.name);
        assert_eq!(rows.columns.join(", "), columns, "{}", test.name);
    }
}

#[tokio::test]
async fn moments_keep_their_order_in_comparisons() {
    for test in databases().await {
        create(&test).await;
        let moments = [
            "1969-12-31T23:59:59.9Z",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.01Z",
            "2026-01-01T00:00:00.1Z",
        ];
        for (id, at) in (0..).zip(moments) {
            let values = [Value::Int(id), moment(at)];
            write(
                &test.database,
                "INSERT INTO v (id, moment) VALUES (?, ?)",
                &values,
            )
            .await
            .unwrap();
        }
        let since = [moment("2026-01-01T00:00:00Z")];
        let later = read(
            &test.database,
            "SELECT id FROM v WHERE moment > ? ORDER BY moment",
            &since,
        );
        let ids: Vec<_> = later.await.unwrap().rows.into_iter().flatten().collect();
        assert_eq!(ids, [Value::Int(2), Value::Int(3)], "{}", test.name);
    }
}

#[tokio::test]
async fn the_databases_clock_writes_utc() {
    for test in databases().await {
        create(&test).await;
        let now = if test.database.dialect() == Dialect::Sqlite {
            "strftime('%Y-%m-%dT%H:%M:%fZ')"
        } else {
            "CURRENT_TIMESTAMP"
        };
        write(
            &test.database,
            &format!("INSERT INTO v (id, moment) VALUES (1, {now})"),
            &[],
        )
        .await
        .unwrap();
        let written = match one(&test.database, "SELECT moment FROM v", &[]).await {
            Value::Timestamp(moment) => moment,
            Value::Text(text) => text.parse().unwrap(),
            other => panic!("{}: {other:?}", test.name),
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "compared with the server's clock"
        )]
        let apart = jiff::Timestamp::now().duration_since(written).abs();
        assert!(apart.as_secs() < 60, "{}: {written}", test.name);
    }
}

#[tokio::test]
async fn values_known_when_the_statement_was_built_are_bound_too() {
    for test in databases().await {
        create(&test).await;
        let mut insert = query(
            test.database.dialect(),
            Access::Write,
            "INSERT INTO v (id, words, short) VALUES (?, ?, ?)",
        );
        // Each parameter may be used more than once, and in any order.
        insert.binds = vec![
            Bind::Value(Value::Int(7)),
            Bind::Parameter(1),
            Bind::Parameter(0),
        ];
        test.database
            .exec(&insert, &[text("first"), text("second")])
            .await
            .unwrap();
        let rows = read(&test.database, "SELECT id, words, short FROM v", &[])
            .await
            .unwrap();
        assert_eq!(
            rows.rows,
            [vec![Value::Int(7), text("second"), text("first")]],
            "{}",
            test.name
        );

        let error = test
            .database
            .exec(&insert, &[text("first")])
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Other, "{}", test.name);
        let too_few = Query {
            binds: Vec::new(),
            ..insert
        };
        let error = test.database.exec(&too_few, &[]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Other, "{}: {error}", test.name);
    }
}

#[tokio::test]
async fn hostile_values_stay_values() {
    let hostile = [
        "'; DROP TABLE v; --",
        "\\'; DROP TABLE v; --",
        "\" OR 1=1 --",
        "$1",
        "?",
        "%s{}",
        "\u{202e}",
        "' || (SELECT 1) || '",
    ];
    for test in databases().await {
        create(&test).await;
        for (id, value) in (0..).zip(hostile) {
            write(
                &test.database,
                "INSERT INTO v (id, words) VALUES (?, ?)",
                &[Value::Int(id), text(value)],
            )
            .await
            .unwrap();
            let found = read(
                &test.database,
                "SELECT id FROM v WHERE words = ?",
                &[text(value)],
            )
            .await
            .unwrap();
            assert_eq!(found.rows, [[Value::Int(id)]], "{} {value}", test.name);
        }
        assert_eq!(
            crate::count(&test.database, "v").await,
            hostile.len() as i64
        );
    }
}

#[tokio::test]
async fn writes_count_the_rows_they_meant() {
    for test in databases().await {
        let database = &test.database;
        let created = write(
            database,
            "CREATE TABLE n (id integer PRIMARY KEY, a integer NOT NULL)",
            &[],
        )
        .await
        .unwrap();
        assert_eq!(created.affected, 0, "{}", test.name);
        let inserted = write(
            database,
            "INSERT INTO n (id, a) VALUES (1, 1), (2, 1), (3, 2)",
            &[],
        )
        .await
        .unwrap();
        assert_eq!(inserted.affected, 3, "{}", test.name);
        // The second update matches rows and changes nothing.
        for _ in 0..2 {
            let updated = write(
                database,
                "UPDATE n SET a = 5 WHERE id < ?",
                &[Value::Int(3)],
            )
            .await
            .unwrap();
            assert_eq!(updated.affected, 2, "{}", test.name);
        }
        assert_eq!(
            read(database, "SELECT id FROM n", &[])
                .await
                .unwrap()
                .affected,
            0,
            "{}",
            test.name
        );
        let nothing = write(database, "DELETE FROM n WHERE id = 9", &[])
            .await
            .unwrap();
        assert_eq!(nothing.affected, 0, "{}", test.name);
        assert_eq!(
            write(database, "DELETE FROM n", &[])
                .await
                .unwrap()
                .affected,
            3,
            "{}",
            test.name
        );
    }
}

#[tokio::test]
async fn returned_rows_count_as_affected() {
    for test in databases().await {
        if test.database.dialect() == Dialect::MySql {
            continue;
        }
        let database = &test.database;
        write(
            database,
            "CREATE TABLE n (id integer PRIMARY KEY, a integer)",
            &[],
        )
        .await
        .unwrap();
        write(
            database,
            "INSERT INTO n (id, a) VALUES (1, 10), (2, 20)",
            &[],
        )
        .await
        .unwrap();
        let deleted = write(
            database,
            "DELETE FROM n WHERE id = ? RETURNING a",
            &[Value::Int(2)],
        )
        .await
        .unwrap();
        assert_eq!(
            (deleted.affected, deleted.rows),
            (1, vec![vec![Value::Int(20)]]),
            "{}",
            test.name
        );
        let again = write(
            database,
            "DELETE FROM n WHERE id = ? RETURNING a",
            &[Value::Int(2)],
        )
        .await
        .unwrap();
        assert_eq!((again.affected, again.rows.len()), (0, 0), "{}", test.name);
    }
}

#[tokio::test]
async fn mysql_tells_the_key_it_made() {
    for test in databases().await {
        if !matches!(test.database.dialect(), Dialect::MySql | Dialect::MariaDb) {
            continue;
        }
        write(
            &test.database,
            "CREATE TABLE n (id int PRIMARY KEY AUTO_INCREMENT, a int)",
            &[],
        )
        .await
        .unwrap();
        for id in 1..=2 {
            let inserted = write(&test.database, "INSERT INTO n (a) VALUES (1)", &[])
                .await
                .unwrap();
            assert_eq!(inserted.inserted_id, Some(id));
        }
    }
}

#[tokio::test]
async fn postgres_enums_and_domains_are_text() {
    for test in databases().await {
        if test.database.dialect() != Dialect::Postgres {
            continue;
        }
        let database = &test.database;
        write(database, "CREATE TYPE mood AS ENUM ('Happy', 'sad')", &[])
            .await
            .unwrap();
        write(database, "CREATE DOMAIN label AS varchar(5)", &[])
            .await
            .unwrap();
        write(
            database,
            "CREATE TABLE e (mood mood, label label, day date, tags point[])",
            &[],
        )
        .await
        .unwrap();
        let values = [text("Happy"), text("abc"), moment("2026-02-28T00:00:00Z")];
        write(
            database,
            "INSERT INTO e (mood, label, day) VALUES (?, ?, ?)",
            &values,
        )
        .await
        .unwrap();
        let found = read(
            database,
            "SELECT mood, label, day FROM e WHERE mood = ?",
            &[text("Happy")],
        )
        .await
        .unwrap();
        assert_eq!(found.rows, [values]);
        let error = write(
            database,
            "INSERT INTO e (mood) VALUES (?)",
            &[text("hunter2")],
        )
        .await
        .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        assert!(!format!("{error}{error:?}").contains("hunter2"));
        let error = read(database, "SELECT tags FROM e", &[]).await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains("column `tags` has type `_point`"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_changed_table_needs_no_restart() {
    let options = Options {
        max_connections: 1,
        ..Options::default()
    };
    for test in hallpass_db::testing::databases_with(options).await {
        let database = &test.database;
        write(
            database,
            "CREATE TABLE c (id integer PRIMARY KEY, a varchar(20))",
            &[],
        )
        .await
        .unwrap();
        write(
            database,
            "INSERT INTO c (id, a) VALUES (?, ?)",
            &[Value::Int(1), text("1")],
        )
        .await
        .unwrap();
        // The same text is prepared before and after.
        let select = "SELECT * FROM c WHERE id = ?";
        assert_eq!(
            read(database, select, &[Value::Int(1)])
                .await
                .unwrap()
                .columns
                .len(),
            2
        );
        write(database, "ALTER TABLE c ADD COLUMN b varchar(20)", &[])
            .await
            .unwrap();
        let rows = read(database, select, &[Value::Int(1)]).await.unwrap();
        assert_eq!(
            rows.rows,
            [[Value::Int(1), text("1"), Value::Null]],
            "{}",
            test.name
        );
        if database.dialect() == Dialect::Postgres {
            write(database, "DISCARD ALL", &[]).await.unwrap();
            let rows = read(database, select, &[Value::Int(1)]).await.unwrap();
            assert_eq!(rows.rows.len(), 1);
        }
    }
}

#[tokio::test]
async fn more_statements_than_the_cache_holds_work() {
    let options = Options {
        statement_cache: 2,
        max_connections: 1,
        ..Options::default()
    };
    for test in hallpass_db::testing::databases_with(options).await {
        for _ in 0..3 {
            for number in 0..6 {
                let found = one(
                    &test.database,
                    &format!("SELECT {number} + CAST(? AS DECIMAL)"),
                    &[Value::Int(1)],
                )
                .await;
                let found = match found {
                    Value::Int(found) => found,
                    Value::Decimal(found) => found.parse().unwrap(),
                    other => panic!("{other:?}"),
                };
                assert_eq!(found, number + 1, "{}", test.name);
            }
        }
    }
}

/// Others take minutes for it, which is why clients bound what is looked for.
#[tokio::test]
async fn sqlite_looks_for_long_texts_in_long_texts() {
    let test = sqlite().await;
    let [text, sought] = [1_000_000, 500_000].map(|length| "Aa".repeat(length / 2));
    for (sought, expected) in [(sought.clone(), 1), (format!("{sought}c"), 0)] {
        let text =
            format!("SELECT CASE WHEN '{text}' LIKE '%{sought}%' ESCAPE '!' THEN 1 ELSE 0 END");
        assert_eq!(test.rows(&text).await, [[Value::Int(expected)]]);
    }
}

#[tokio::test]
async fn postgres_compiles_no_statements() {
    for test in databases().await {
        if test.database.dialect() == Dialect::Postgres {
            assert_eq!(test.rows("SHOW jit").await, [[text("off")]]);
        }
    }
}
