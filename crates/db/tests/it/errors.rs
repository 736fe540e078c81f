//! The same mistake has the same class on every database, and no error repeats a value.

use hallpass_db::ErrorKind;
use hallpass_db::testing::databases;
use hallpass_sql::{Dialect, Value};

use crate::{read, text, write};

const SECRET: &str = "hunter2-5cd1";

async fn tables(database: &hallpass_db::Database) {
    for table in [
        "CREATE TABLE parent (id integer PRIMARY KEY, email varchar(20) NOT NULL, age integer, \
         CONSTRAINT parent_email_key UNIQUE (email), CONSTRAINT parent_age_check CHECK (age > 0))",
        "CREATE TABLE child (id integer PRIMARY KEY, parent_id integer, \
         CONSTRAINT child_parent_fkey FOREIGN KEY (parent_id) REFERENCES parent (id))",
    ] {
        write(database, table, &[]).await.unwrap();
    }
    let values = [Value::Int(1), text(SECRET)];
    write(
        database,
        "INSERT INTO parent (id, email) VALUES (?, ?)",
        &values,
    )
    .await
    .unwrap();
    write(
        database,
        "INSERT INTO child (id, parent_id) VALUES (1, 1)",
        &[],
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn violations_have_a_class_and_a_name() {
    struct Case {
        text: &'static str,
        values: Vec<Value>,
        kind: ErrorKind,
        /// The constraint's name; on SQLite the second.
        named: [Option<&'static str>; 2],
    }
    let cases = [
        Case {
            text: "INSERT INTO parent (id, email) VALUES (2, ?)",
            values: vec![text(SECRET)],
            kind: ErrorKind::UniqueViolation,
            named: [Some("parent_email_key"), Some("parent.email")],
        },
        Case {
            text: "INSERT INTO child (id, parent_id) VALUES (2, ?)",
            values: vec![Value::Int(987_654)],
            kind: ErrorKind::ForeignKeyViolation,
            named: [Some("child_parent_fkey"), None],
        },
        Case {
            text: "DELETE FROM parent WHERE id = ?",
            values: vec![Value::Int(1)],
            kind: ErrorKind::ForeignKeyViolation,
            named: [Some("child_parent_fkey"), None],
        },
        Case {
            text: "INSERT INTO parent (id, email) VALUES (?, NULL)",
            values: vec![Value::Int(987_654)],
            kind: ErrorKind::NotNullViolation,
            named: [Some("email"), Some("parent.email")],
        },
        Case {
            text: "INSERT INTO parent (id, email, age) VALUES (3, ?, -987654)",
            values: vec![text("x")],
            kind: ErrorKind::CheckViolation,
            named: [Some("parent_age_check"), Some("parent_age_check")],
        },
    ];
    for test in databases().await {
        tables(&test.database).await;
        for case in &cases {
            let error = write(&test.database, case.text, &case.values)
                .await
                .unwrap_err();
            let [server, sqlite] = case.named;
            let named = if test.database.dialect() == Dialect::Sqlite {
                sqlite
            } else {
                server
            };
            assert_eq!(
                error.kind(),
                case.kind,
                "{} {}: {error}",
                test.name,
                case.text
            );
            assert_eq!(error.constraint(), named, "{} {}", test.name, case.text);
            assert!(error.code().is_some(), "{}", test.name);
            let shown = format!("{error} {error:?}");
            assert!(
                !shown.contains(SECRET) && !shown.contains("987"),
                "{}: {shown}",
                test.name
            );
        }
        // The connections are as good as before.
        assert_eq!(crate::count(&test.database, "parent").await, 1);
    }
}

#[tokio::test]
async fn values_that_do_not_fit_have_a_class_and_are_not_repeated() {
    for test in databases().await {
        if test.database.dialect() == Dialect::Sqlite {
            // Columns of SQLite take any value but NaN.
            let error = read(&test.database, "SELECT ?", &[Value::Float(f64::NAN)])
                .await
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidValue);
            continue;
        }
        tables(&test.database).await;
        let cases = [
            (
                "INSERT INTO parent (id, email) VALUES (2, ?)",
                text(&SECRET.repeat(9)),
            ),
            (
                "INSERT INTO parent (id, email) VALUES (?, 'x')",
                text(SECRET),
            ),
            (
                "INSERT INTO parent (id, email) VALUES (?, 'x')",
                Value::Int(i64::MAX),
            ),
        ];
        for (statement, value) in cases {
            let error = write(&test.database, statement, &[value])
                .await
                .unwrap_err();
            assert_eq!(
                error.kind(),
                ErrorKind::InvalidValue,
                "{} {statement}: {error}",
                test.name
            );
            let shown = format!("{error} {error:?}");
            assert!(
                !shown.contains("hunter2") && !shown.contains("92233"),
                "{}: {shown}",
                test.name
            );
        }
    }
}

#[tokio::test]
async fn a_nul_in_a_text_is_kept_or_refused_and_never_cuts() {
    for test in databases().await {
        write(&test.database, "CREATE TABLE t (a varchar(20))", &[])
            .await
            .unwrap();
        let nul = text("a\0b");
        match write(
            &test.database,
            "INSERT INTO t (a) VALUES (?)",
            std::slice::from_ref(&nul),
        )
        .await
        {
            Ok(_) => assert_eq!(
                crate::one(&test.database, "SELECT a FROM t", &[]).await,
                nul,
                "{}",
                test.name
            ),
            Err(error) => assert_eq!(error.kind(), ErrorKind::InvalidValue, "{}", test.name),
        }
    }
}

#[tokio::test]
async fn mistakes_in_the_text_are_named() {
    for test in databases().await {
        let error = read(&test.database, "SELECT a FROM missing_table", &[])
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Other, "{}", test.name);
        assert!(
            error.to_string().contains("missing_table"),
            "{}: {error}",
            test.name
        );
        let error = read(&test.database, "SELEC 1", &[]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Other, "{}", test.name);
    }
}

#[tokio::test]
async fn reads_cannot_write_on_sqlite() {
    let test = hallpass_db::testing::sqlite().await;
    write(&test.database, "CREATE TABLE t (a integer)", &[])
        .await
        .unwrap();
    let error = read(&test.database, "INSERT INTO t (a) VALUES (1)", &[])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Other);
}

#[tokio::test]
async fn sqlite_tells_its_own_restrict_from_a_trigger_of_the_application() {
    let test = hallpass_db::testing::sqlite().await;
    let database = &test.database;
    for text in [
        "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
        "CREATE TABLE child (parent_id INTEGER REFERENCES parent (id) ON DELETE RESTRICT)",
        "CREATE TABLE guarded (id INTEGER PRIMARY KEY)",
        "CREATE TRIGGER guard BEFORE DELETE ON guarded BEGIN SELECT RAISE(ABORT, 'no'); END",
        "INSERT INTO parent VALUES (1)",
        "INSERT INTO child VALUES (1)",
        "INSERT INTO guarded VALUES (1)",
    ] {
        write(database, text, &[]).await.unwrap();
    }
    for (table, kind) in [
        ("parent", ErrorKind::ForeignKeyViolation),
        ("guarded", ErrorKind::Other),
    ] {
        let error = write(database, &format!("DELETE FROM {table}"), &[])
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (kind, Some("1811")),
            "{table}"
        );
    }
}
