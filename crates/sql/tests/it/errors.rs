use hallpass_sql::{
    Action, AddForeignKey, Column, ColumnDefault, ColumnType, CreateTable, Dialect, EmitError,
    Expr, ForeignKey, Insert, Select, Statement, TableName, Update, Value, emit,
};

use crate::support::{DIALECTS, filtered, select};

/// The error that every dialect gives.
fn refused(statement: &Statement) -> EmitError {
    let [first, others @ ..] =
        DIALECTS.map(|dialect| emit(statement, dialect).expect_err("has no words"));
    assert!(
        others.iter().all(|other| *other == first),
        "{first} and {others:?}"
    );
    first
}

#[test]
fn names_that_no_database_takes_are_refused() {
    for name in ["", "a\0b", "\0"] {
        let statement = Statement::Select(select(name, &["id"]));
        assert_eq!(refused(&statement), EmitError::Identifier);
        let statement = Statement::Select(select("todo", &[name]));
        assert_eq!(refused(&statement), EmitError::Identifier);
    }
}

#[test]
fn unfinished_trees_are_refused() {
    let statement = Statement::Select(Select {
        columns: vec![],
        ..select("todo", &[])
    });
    assert_eq!(
        refused(&statement),
        EmitError::Incomplete { part: "columns" }
    );
    let statement = Statement::Update(Update {
        table: TableName::from("todo"),
        assignments: vec![],
        filter: None,
        returning: vec![],
    });
    assert_eq!(
        refused(&statement),
        EmitError::Incomplete {
            part: "assignments"
        }
    );
    let insert = |columns: &[&str], rows| {
        Statement::Insert(Insert {
            table: TableName::from("todo"),
            columns: columns.iter().map(|&name| name.to_owned()).collect(),
            rows,
            unless: None,
            conflict: None,
            returning: vec![],
        })
    };
    assert_eq!(
        refused(&insert(&["a"], vec![])),
        EmitError::Incomplete { part: "rows" }
    );
    assert_eq!(
        refused(&insert(&["a"], vec![vec![]])),
        EmitError::RowWidth {
            values: 0,
            columns: 1
        }
    );
}

#[test]
fn more_binds_than_the_database_takes_are_refused() {
    let list = vec![Expr::Parameter(0); 40_000];
    let statement = filtered(Expr::In(Box::new(Expr::column("id")), list));
    assert!(emit(&statement, Dialect::Postgres).is_ok());
    assert_eq!(
        emit(&statement, Dialect::Sqlite).expect_err("too many"),
        EmitError::TooManyBinds {
            count: 40_000,
            limit: 32_766,
            dialect: Dialect::Sqlite
        }
    );
}

#[test]
fn defaults_without_a_literal_are_refused() {
    for value in [
        Value::Float(f64::NAN),
        Value::Float(f64::INFINITY),
        Value::Decimal("1); DROP TABLE todo; --".to_owned()),
        Value::Decimal(String::new()),
    ] {
        let create = CreateTable {
            table: TableName::from("todo"),
            columns: vec![Column {
                name: "a".to_owned(),
                column_type: ColumnType::Text,
                nullable: true,
                default: Some(ColumnDefault::Value(value)),
            }],
            primary_key: None,
            indexes: vec![],
            foreign_keys: vec![],
            taken_over: Default::default(),
        };
        let error = refused(&Statement::CreateTable(create));
        assert_eq!(
            error,
            EmitError::Default {
                column: "a".to_owned()
            }
        );
    }
}

#[test]
fn mysql_has_no_set_default() {
    let statement = Statement::AddForeignKey(AddForeignKey {
        table: TableName::from("todo"),
        foreign_key: ForeignKey {
            name: "k".to_owned(),
            columns: vec!["a".to_owned()],
            target: TableName::from("user"),
            references: vec!["id".to_owned()],
            on_delete: Action::SetDefault,
            on_update: Action::Cascade,
        },
    });
    let error = emit(&statement, Dialect::MySql).expect_err("InnoDB refuses it");
    assert_eq!(error.to_string(), "MySQL has no SET DEFAULT");
}
