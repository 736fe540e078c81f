use hallpass_sql::{
    Dialect, Direction, EmitError, Expr, JsonForm, JsonStep, Nulls, Order, Select, Statement,
    Value, emit,
};

use crate::support::{aliased, filtered, in_all_dialects, text};

fn todos(columns: Vec<Expr>) -> Select {
    let mut select = Select::from(aliased("Todo", "t1"), columns);
    select.filter = Some(Expr::of("t1", "userId").equals(Expr::of("t0", "id")));
    select
}

fn row() -> Expr {
    let value = |name, form| Expr::JsonValue(Box::new(Expr::of("t1", name)), form);
    Expr::JsonRow(vec![
        value("id", JsonForm::Plain),
        value("price", JsonForm::Text),
        value("weight", JsonForm::Float),
        value("picture", JsonForm::Hex),
    ])
}

fn users(documents: Select) -> Statement {
    let rows = Expr::JsonRows(Box::new(documents));
    Statement::Select(Select::from(
        aliased("User", "t0"),
        vec![Expr::of("t0", "id"), Expr::AsText(Box::new(rows))],
    ))
}

fn by(expr: Expr) -> Order {
    Order {
        expr,
        direction: Direction::Ascending,
        nulls: Nulls::Default,
    }
}

#[test]
fn related_rows_as_documents() {
    insta::assert_snapshot!(in_all_dialects(&users(todos(vec![row()]))));
}

#[test]
fn related_rows_as_documents_in_order_and_inside_of_others() {
    let tags = Select::from(
        aliased("Tag", "t2"),
        vec![Expr::JsonRow(vec![Expr::of("t2", "name")])],
    );
    let tags = Expr::JsonRows(Box::new(tags));
    let mut todos = todos(vec![Expr::JsonRow(vec![
        Expr::of("t1", "id"),
        Expr::JsonValue(Box::new(tags), JsonForm::Document),
    ])]);
    todos.order.push(by(Expr::of("t1", "due")));
    todos.limit = Some(Expr::Value(Value::Int(5)));
    insta::assert_snapshot!(in_all_dialects(&users(todos)));
}

#[test]
fn documents_that_would_be_too_long_are_not_sent() {
    let mut select = todos(vec![row()]);
    select.limit = Some(Expr::Value(Value::Int(5)));
    let rows = Expr::JsonRowsWithin(Box::new(select), 1000);
    let statement = Statement::Select(Select::from(aliased("User", "t0"), vec![rows]));
    insta::assert_snapshot!(in_all_dialects(&statement));
}

#[test]
fn lists_as_texts() {
    let tags = Expr::JsonValue(Box::new(Expr::of("t1", "tags")), JsonForm::Texts);
    let statement = users(todos(vec![Expr::JsonRow(vec![tags])]));
    insta::assert_snapshot!(in_all_dialects(&statement));
}

#[test]
fn a_wide_row_is_an_array_of_arrays() {
    let columns = (0..=Expr::JSON_ROW).map(|number| Expr::of("t1", format!("c{number}")));
    let statement = users(todos(vec![Expr::JsonRow(columns.collect())]));
    let query = emit(&statement, Dialect::Postgres).expect("has words");
    assert!(
        query
            .text
            .contains(r#""t1"."c99"), json_build_array("t1"."c100"))"#),
        "{}",
        query.text
    );
}

#[test]
fn a_row_of_documents_has_one_document() {
    let statement = users(todos(vec![row(), row()]));
    assert_eq!(
        emit(&statement, Dialect::Sqlite),
        Err(EmitError::Incomplete {
            part: "one document a row"
        })
    );
}

#[test]
fn numbers_of_rows_and_names_of_columns() {
    let number = Expr::RowNumber(
        vec![Expr::of("t1", "userId")],
        vec![by(Expr::of("t1", "due"))],
    );
    let mut numbered = todos(vec![Expr::of("t1", "id"), number]);
    numbered.names = vec!["c0".to_owned(), "number".to_owned()];
    insta::assert_snapshot!(in_all_dialects(&Statement::Select(numbered.clone())));
    numbered.names.pop();
    assert!(emit(&Statement::Select(numbered), Dialect::Sqlite).is_err());
}

#[test]
fn the_first_rows_of_each_kind() {
    let mut select = todos(vec![Expr::of("t1", "id")]);
    select.distinct = vec![Expr::of("t1", "userId")];
    insta::assert_snapshot!(in_all_dialects(&Statement::Select(select)));
}

#[test]
fn places_in_documents() {
    let column = || Box::new(Expr::column("meta"));
    let at = || {
        let steps = vec![
            JsonStep::Key("a b".to_owned()),
            JsonStep::Index(2),
            JsonStep::Last,
        ];
        Box::new(Expr::JsonAt(column(), steps))
    };
    let value = || Box::new(Expr::Value(Value::from(serde_json::json!(1))));
    let filter = Expr::And(vec![
        Expr::JsonEqual(Box::new(Expr::JsonAt(column(), Vec::new())), value()),
        Expr::JsonEqual(at(), value()),
        Expr::JsonIsArray(at()),
        Expr::JsonHas(at(), value()),
        Expr::Like(Box::new(Expr::JsonText(at())), Box::new(text("%x%"))),
    ]);
    insta::assert_snapshot!(in_all_dialects(&filtered(filter)));
}

#[test]
fn no_name_ends_a_path() {
    for name in ["a\"b", "a\\", "a\nb"] {
        let steps = vec![JsonStep::Key(name.to_owned())];
        let at = Expr::JsonAt(Box::new(Expr::column("meta")), steps);
        for dialect in [Dialect::Sqlite, Dialect::MySql, Dialect::MariaDb] {
            let said = emit(&filtered(Expr::IsNull(Box::new(at.clone()))), dialect);
            assert_eq!(said, Err(EmitError::Literal), "{name}");
        }
    }
}
