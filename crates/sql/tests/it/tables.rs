use hallpass_sql::{
    Action, AddColumn, AddForeignKey, AddTimeZone, AdvisoryLock, Column, ColumnDefault, ColumnType,
    CreateEnum, CreateIndex, CreateTable, Dialect, DropForeignKey, ForeignKey, Index, IndexKind,
    NativeColumn, NativeTypeError, PrimaryKey, Statement, TableName, Value, emit,
};

use crate::support::{DIALECTS, in_all_dialects};

fn column(name: &str, column_type: ColumnType) -> Column {
    Column {
        name: name.to_owned(),
        column_type,
        nullable: false,
        default: None,
    }
}

fn with_default(name: &str, column_type: ColumnType, default: ColumnDefault) -> Column {
    Column {
        default: Some(default),
        ..column(name, column_type)
    }
}

fn table(columns: Vec<Column>) -> CreateTable {
    CreateTable {
        table: TableName::from("Todo"),
        columns,
        primary_key: None,
        indexes: vec![],
        foreign_keys: vec![],
        taken_over: Default::default(),
    }
}

fn key(columns: &[&str]) -> Option<PrimaryKey> {
    Some(PrimaryKey {
        name: "Todo_pkey".to_owned(),
        columns: columns.iter().map(|&name| name.to_owned()).collect(),
    })
}

fn foreign_key() -> ForeignKey {
    ForeignKey {
        name: "Todo_userId_fkey".to_owned(),
        columns: vec!["userId".to_owned()],
        target: TableName::from("User"),
        references: vec!["id".to_owned()],
        on_delete: Action::Cascade,
        on_update: Action::SetNull,
    }
}

fn role() -> ColumnType {
    ColumnType::Enum {
        name: "Role".into(),
        labels: vec!["admin".to_owned(), "it's".to_owned()],
    }
}

#[test]
fn every_column_type() {
    let columns = [
        ("text", ColumnType::Text),
        ("boolean", ColumnType::Boolean),
        ("integer", ColumnType::Integer),
        ("bigInt", ColumnType::BigInt),
        ("double", ColumnType::Double),
        ("decimal", ColumnType::Decimal),
        ("timestamp", ColumnType::Timestamp),
        ("json", ColumnType::Json),
        ("bytes", ColumnType::Bytes),
        ("enum", role()),
    ];
    let columns = columns.map(|(name, column_type)| column(name, column_type));
    let mut create = table(columns.to_vec());
    create.columns[0].nullable = true;
    create.primary_key = key(&["text", "integer"]);
    create.foreign_keys = vec![foreign_key()];
    insta::assert_snapshot!(in_all_dialects(&Statement::CreateTable(create)));
}

#[test]
fn every_default() {
    let columns = vec![
        with_default(
            "quote",
            ColumnType::Text,
            ColumnDefault::Value(Value::from("it's \\")),
        ),
        with_default(
            "truth",
            ColumnType::Boolean,
            ColumnDefault::Value(Value::Bool(true)),
        ),
        with_default(
            "number",
            ColumnType::Integer,
            ColumnDefault::Value(Value::Int(-7)),
        ),
        with_default(
            "half",
            ColumnType::Double,
            ColumnDefault::Value(Value::Float(0.5)),
        ),
        with_default(
            "exact",
            ColumnType::Decimal,
            ColumnDefault::Value(Value::Decimal("-1.25".to_owned())),
        ),
        with_default("now", ColumnType::Timestamp, ColumnDefault::Now),
        with_default(
            "sql",
            ColumnType::Text,
            ColumnDefault::Verbatim("lower('A')".to_owned()),
        ),
        with_default("label", role(), ColumnDefault::Value(Value::from("admin"))),
    ];
    insta::assert_snapshot!(in_all_dialects(&Statement::CreateTable(table(columns))));
}

#[test]
fn a_counter() {
    let mut create = table(vec![column("id", ColumnType::Counter)]);
    create.primary_key = key(&["id"]);
    insta::assert_snapshot!(
        "a_counter",
        in_all_dialects(&Statement::CreateTable(create.clone()))
    );
    create.columns.push(column("other", ColumnType::Integer));
    create.primary_key = key(&["id", "other"]);
    insta::assert_snapshot!(
        "a_counter_in_a_wider_key",
        in_all_dialects(&Statement::CreateTable(create))
    );
}

#[test]
fn indexes() {
    let index = Index {
        name: "Todo_a_b_key".to_owned(),
        columns: vec!["a".into(), "b".into()],
        kind: IndexKind::Unique,
        method: None,
    };
    let mut create = table(vec![
        column("a", ColumnType::Text),
        column("b", ColumnType::Text),
    ]);
    create.indexes = vec![index.clone()];
    insta::assert_snapshot!(
        "an_index_inside",
        in_all_dialects(&Statement::CreateTable(create))
    );
    let create = CreateIndex {
        table: TableName::from("Todo"),
        index,
    };
    insta::assert_snapshot!(
        "an_index_after",
        in_all_dialects(&Statement::CreateIndex(create))
    );
}

#[test]
fn an_enum_type() {
    let create = CreateEnum {
        name: "Role".into(),
        labels: vec!["admin".to_owned(), "it's".to_owned()],
    };
    insta::assert_snapshot!(in_all_dialects(&Statement::CreateEnum(create)));
}

#[test]
fn a_foreign_key_added_later() {
    let add = AddForeignKey {
        table: TableName::from("Todo"),
        foreign_key: foreign_key(),
    };
    insta::assert_snapshot!(in_all_dialects(&Statement::AddForeignKey(add)));
}

#[test]
fn a_column_added_later() {
    let add = AddColumn {
        table: TableName::from("User"),
        column: Column {
            name: "password".to_owned(),
            column_type: ColumnType::Text,
            nullable: true,
            default: None,
        },
    };
    insta::assert_snapshot!(in_all_dialects(&Statement::AddColumn(add)));
}

#[test]
fn locks_between_processes() {
    let lock = AdvisoryLock {
        key: 42,
        timeout_seconds: 10,
    };
    insta::assert_snapshot!(
        "a_lock_taken",
        in_all_dialects(&Statement::AcquireLock(lock))
    );
    insta::assert_snapshot!(
        "a_lock_given_back",
        in_all_dialects(&Statement::ReleaseLock(lock))
    );
}

#[test]
fn native_types_are_the_dialect_s_own() {
    let sized = ["255".to_owned()];
    for (dialect, name, arguments, expected) in [
        (Dialect::Postgres, "VarChar", &sized[..], "VARCHAR(255)"),
        (Dialect::Postgres, "Uuid", &[], "UUID"),
        (
            Dialect::Postgres,
            "Timestamptz",
            &["6".to_owned()],
            "TIMESTAMPTZ(6)",
        ),
        (
            Dialect::Postgres,
            "Decimal",
            &["10".to_owned(), "2".to_owned()],
            "DECIMAL(10, 2)",
        ),
        (Dialect::MySql, "Text", &[], "TEXT"),
        (Dialect::MariaDb, "UnsignedInt", &[], "INT UNSIGNED"),
    ] {
        let native = NativeColumn::find(dialect, name, arguments).expect("is there");
        let create = table(vec![column("a", ColumnType::Native(native))]);
        let query = emit(&Statement::CreateTable(create), dialect).expect("has words");
        assert!(
            query.text.contains(&format!(" {expected} NOT NULL")),
            "{}",
            query.text
        );
    }
}

#[test]
fn native_types_of_others_are_refused() {
    let find = |dialect, name: &str, arguments: &[&str]| {
        let arguments: Vec<_> = arguments.iter().map(|&text| text.to_owned()).collect();
        NativeColumn::find(dialect, name, &arguments).expect_err("is none")
    };
    for dialect in DIALECTS {
        let error = find(dialect, "Nothing", &[]);
        assert!(matches!(error, NativeTypeError::Unknown { .. }), "{error}");
    }
    for (name, arguments) in [
        ("VarChar", vec!["1", "2"]),
        ("VarChar", vec!["1) --"]),
        ("Text", vec!["1"]),
    ] {
        let error = find(Dialect::Postgres, name, &arguments);
        assert!(
            matches!(error, NativeTypeError::Arguments { .. }),
            "{error}"
        );
    }
}

#[test]
fn a_foreign_key_taken_away() {
    let statement = Statement::DropForeignKey(DropForeignKey {
        table: TableName::from("Session"),
        name: "Session_userId_fkey".to_owned(),
    });
    insta::assert_snapshot!(in_all_dialects(&statement));
}

#[test]
fn moments_that_get_their_zone() {
    let statement = Statement::AddTimeZone(AddTimeZone {
        table: TableName::from("sessions"),
        column: "expires".to_owned(),
    });
    insta::assert_snapshot!(in_all_dialects(&statement));
}
