use hallpass_sql::{
    Access, Aggregate, Arithmetic, Bind, Comparison, Conflict, Delete, Dialect, Direction,
    EmitError, Expr, Insert, Join, JoinKind, Nulls, Order, RowLock, Select, Source, Statement,
    TableName, Update, Value, emit, script, tables_read,
};

use crate::support::{aliased, filtered, in_all_dialects, select, source, text};

fn order(column: &str, direction: Direction, nulls: Nulls) -> Order {
    Order {
        expr: Expr::column(column),
        direction,
        nulls,
    }
}

fn insert(columns: &[&str], returning: &[&str]) -> Statement {
    Statement::Insert(Insert {
        table: TableName::from("Todo"),
        columns: columns.iter().map(|&name| name.to_owned()).collect(),
        rows: vec![(0..columns.len()).map(Expr::Parameter).collect()],
        unless: None,
        conflict: None,
        returning: returning.iter().copied().map(Expr::column).collect(),
    })
}

#[test]
fn a_page_of_rows() {
    let statement = Statement::Select(Select {
        filter: Some(Expr::column("userId").equals(Expr::Parameter(0))),
        order: vec![
            order("done", Direction::Ascending, Nulls::Default),
            order("due", Direction::Descending, Nulls::Last),
            order("title", Direction::Ascending, Nulls::First),
        ],
        limit: Some(Expr::Value(Value::Int(50))),
        offset: Some(Expr::Value(Value::Int(100))),
        ..select("Todo", &["id", "title"])
    });
    insta::assert_snapshot!(in_all_dialects(&statement));
}

#[test]
fn an_offset_without_a_limit() {
    let statement = Statement::Select(Select {
        offset: Some(Expr::Value(Value::Int(3))),
        ..select("Todo", &["id"])
    });
    insta::assert_snapshot!(in_all_dialects(&statement));
}

#[test]
fn rows_of_two_tables() {
    let mut select = Select::from(
        aliased("Session", "t0"),
        vec![Expr::of("t0", "expires"), Expr::of("t1", "email")],
    );
    select.joins.push(Join {
        kind: JoinKind::Left,
        source: aliased("User", "t1"),
        on: Expr::of("t0", "userId").equals(Expr::of("t1", "id")),
    });
    select.joins.push(Join {
        kind: JoinKind::Inner,
        source: aliased("Team", "t2"),
        on: Expr::of("t1", "teamId").equals(Expr::of("t2", "id")),
    });
    select.filter = Some(Expr::of("t0", "sessionToken").equals(Expr::Parameter(0)));
    insta::assert_snapshot!(in_all_dialects(&Statement::Select(select)));
}

#[test]
fn rows_held_for_change() {
    let statement = Statement::Select(Select {
        lock: Some(RowLock::Update),
        ..select("Todo", &["id"])
    });
    insta::assert_snapshot!(in_all_dialects(&statement));
    let query = emit(&statement, Dialect::Postgres).expect("PostgreSQL locks rows");
    assert_eq!(
        query.access,
        Access::Write,
        "a lock needs the writing connection"
    );
}

#[test]
fn every_expression() {
    let column = || Box::new(Expr::column("a"));
    let compare = |comparison| Expr::Compare(column(), comparison, Box::new(text("x")));
    let filter = Expr::And(vec![
        Expr::Or(vec![
            compare(Comparison::Equal),
            compare(Comparison::NotEqual),
            compare(Comparison::Less),
            compare(Comparison::LessOrEqual),
            compare(Comparison::Greater),
            compare(Comparison::GreaterOrEqual),
        ]),
        Expr::Not(Box::new(Expr::IsNull(column()))),
        Expr::IsNotNull(column()),
        Expr::In(column(), vec![text("x"), Expr::Parameter(0)]),
        Expr::NotIn(column(), vec![text("y")]),
        Expr::Like(column(), Box::new(text("%50!%%"))),
        Expr::Exactly(column(), Box::new(text("z"))),
        Expr::AsText(column()).equals(text("z")),
        Expr::Bool(true),
    ]);
    insta::assert_snapshot!(in_all_dialects(&filtered(filter)));
}

#[test]
fn empty_lists_need_no_row() {
    let column = || Box::new(Expr::column("a"));
    for (expr, expected) in [
        (Expr::In(column(), vec![]), "FALSE"),
        (Expr::NotIn(column(), vec![]), "TRUE"),
        (Expr::And(vec![]), "TRUE"),
        (Expr::Or(vec![]), "FALSE"),
    ] {
        let query = emit(&filtered(expr), Dialect::Sqlite).expect("has words");
        assert_eq!(
            query.text,
            format!("SELECT \"id\" FROM \"todo\" WHERE {expected}")
        );
    }
}

#[test]
fn binds_stand_in_the_order_of_placeholders() {
    let filter = Expr::And(vec![
        Expr::column("a").equals(Expr::Parameter(1)),
        Expr::column("b").equals(text("x")),
        Expr::column("c").equals(Expr::Parameter(0)),
    ]);
    let query = emit(&filtered(filter), Dialect::Postgres).expect("has words");
    assert!(
        query
            .text
            .ends_with("WHERE (\"a\" = $1) AND (\"b\" = $2) AND (\"c\" = $3)")
    );
    let expected = [
        Bind::Parameter(1),
        Bind::Value(Value::from("x")),
        Bind::Parameter(0),
    ];
    assert_eq!(query.binds, expected);
}

#[test]
fn a_new_row() {
    insta::assert_snapshot!(in_all_dialects(&insert(&["id", "title"], &["id", "done"])));
}

#[test]
fn a_row_of_defaults() {
    insta::assert_snapshot!(in_all_dialects(&insert(&[], &[])));
}

#[test]
fn a_change() {
    let statement = |returning| {
        Statement::Update(Update {
            table: TableName {
                schema: Some("app".to_owned()),
                name: "Todo".to_owned(),
            },
            assignments: vec![
                ("done".to_owned(), Expr::Value(Value::Bool(true))),
                ("title".to_owned(), Expr::Parameter(0)),
            ],
            filter: Some(Expr::column("id").equals(Expr::Parameter(1))),
            returning,
        })
    };
    insta::assert_snapshot!("a_change", in_all_dialects(&statement(vec![])));
    insta::assert_snapshot!(
        "a_change_given_back",
        in_all_dialects(&statement(vec![Expr::column("id")]))
    );
}

#[test]
fn a_removal() {
    let statement = |returning| {
        Statement::Delete(Delete {
            table: TableName::from("Todo"),
            filter: Some(Expr::column("id").equals(Expr::Parameter(0))),
            returning,
        })
    };
    insta::assert_snapshot!("a_removal", in_all_dialects(&statement(vec![])));
    insta::assert_snapshot!(
        "a_removal_given_back",
        in_all_dialects(&statement(vec![Expr::column("id")]))
    );
}

#[test]
fn a_count() {
    let statement = Statement::Select(Select {
        columns: vec![Expr::CountAll],
        ..select("Todo", &[])
    });
    insta::assert_snapshot!(in_all_dialects(&statement));
}

#[test]
fn groups_that_pass_counted_as_rows_of_another_statement() {
    let groups = Select {
        filter: Some(Expr::IsNotNull(Box::new(Expr::column("email")))),
        group: vec![Expr::column("email"), Expr::column("team")],
        having: Some(Expr::Compare(
            Box::new(Expr::CountAll),
            Comparison::Greater,
            Box::new(Expr::Value(Value::Int(1))),
        )),
        ..select("User", &["email"])
    };
    let statement = Statement::Select(Select::from(
        Source::Query {
            select: Box::new(groups),
            alias: "groups".to_owned(),
        },
        vec![Expr::CountAll],
    ));
    insta::assert_snapshot!(in_all_dialects(&statement));
}

#[test]
fn rows_without_a_partner_go() {
    let partner = Select {
        filter: Some(Expr::of("partner", "id").equals(Expr::of("Session", "userId"))),
        ..Select::from(aliased("User", "partner"), vec![Expr::Bool(true)])
    };
    let statement = Statement::Delete(Delete {
        table: TableName::from("Session"),
        filter: Some(Expr::And(vec![
            Expr::IsNotNull(Box::new(Expr::column("userId"))),
            Expr::Not(Box::new(Expr::Exists(Box::new(partner)))),
        ])),
        returning: vec![],
    });
    insta::assert_snapshot!(in_all_dialects(&statement));
}

#[test]
fn a_script_holds_its_values() {
    let filter = Expr::And(vec![
        Expr::column("n").equals(Expr::Value(Value::Int(-1))),
        Expr::column("text").equals(text("it's \\ here")),
    ]);
    for (dialect, expected) in [
        (
            Dialect::Postgres,
            r#"SELECT "id" FROM "todo" WHERE ("n" = -1) AND ("text" = 'it''s \ here')"#,
        ),
        (
            Dialect::MariaDb,
            r"SELECT `id` FROM `todo` WHERE (`n` = -1) AND (`text` = 'it''s \\ here')",
        ),
    ] {
        let written = script(&filtered(filter.clone()), dialect);
        assert_eq!(written.as_deref(), Ok(expected));
    }
    for (dialect, expected) in [
        (Dialect::Postgres, r"'\x00ff'"),
        (Dialect::MariaDb, "X'00ff'"),
        (Dialect::Sqlite, "X'00ff'"),
    ] {
        let bytes = Expr::Value(Value::Bytes(vec![0, 255]));
        let written = script(&filtered(bytes), dialect).unwrap();
        assert!(written.ends_with(expected), "{written}");
    }
    for (expr, error) in [
        (
            Expr::Parameter(0),
            EmitError::Incomplete { part: "a value" },
        ),
        (Expr::Value(Value::List(Vec::new())), EmitError::Literal),
        (Expr::Value(Value::from("a\0")), EmitError::Identifier),
    ] {
        let refused = script(&filtered(expr), Dialect::Sqlite);
        assert_eq!(refused, Err(error));
    }
}

/// A counter that begins, goes on, or begins again.
fn counter(assignments: Vec<(&str, Expr)>) -> Statement {
    let assignments = assignments.into_iter();
    Statement::Insert(Insert {
        table: TableName::from("Counter"),
        columns: ["key", "count", "ends"].map(str::to_owned).into(),
        rows: vec![(0..3).map(Expr::Parameter).collect()],
        unless: None,
        conflict: Some(Conflict::Change {
            key: vec!["key".to_owned()],
            assignments: assignments
                .map(|(column, value)| (column.to_owned(), value))
                .collect(),
            only: None,
        }),
        returning: vec![],
    })
}

fn when(condition: Expr, one: Expr, other: Expr) -> Expr {
    Expr::Case(Box::new(condition), Box::new(one), Box::new(other))
}

#[test]
fn a_new_row_or_a_change_of_the_one_that_is_there() {
    let old = |column| Expr::of("Counter", column);
    let is_over = || {
        let (ends, now) = (Box::new(old("ends")), Box::new(Expr::Parameter(3)));
        Expr::Compare(ends, Comparison::LessOrEqual, now)
    };
    let next = Expr::Add(Box::new(old("count")), Box::new(Expr::Value(Value::Int(1))));
    let statement = counter(vec![
        ("count", when(is_over(), Expr::Parameter(1), next)),
        ("ends", when(is_over(), Expr::Parameter(2), old("ends"))),
    ]);
    insta::assert_snapshot!(in_all_dialects(&statement));
}

/// The counter again: nobody writes where one is spent, and one that is there changes where it is not.
#[test]
fn rows_are_written_unless_one_is_found_and_change_only_where_they_may() {
    let of = |table: &str, comparison| {
        let (count, most) = (Box::new(Expr::of(table, "count")), Expr::Parameter(3));
        Expr::Compare(count, comparison, Box::new(most))
    };
    let given = Expr::Given("ends".to_owned());
    let mut statement = counter(vec![("ends", given)]);
    let source = Source::Table {
        table: TableName::from("Counter"),
        alias: Some("t0".to_owned()),
    };
    let mut spent = Select::from(source, vec![Expr::Bool(true)]);
    spent.filter = Some(of("t0", Comparison::GreaterOrEqual));
    if let Statement::Insert(insert) = &mut statement {
        insert.unless = Some(spent);
        insert.rows.push((4..7).map(Expr::Parameter).collect());
    }
    insta::assert_snapshot!("written_unless", in_all_dialects(&statement));
    if let Statement::Insert(insert) = &mut statement
        && let Some(Conflict::Change { only, .. }) = &mut insert.conflict
    {
        *only = Some(of("Counter", Comparison::Less));
    }
    insta::assert_snapshot!("changed_only", in_all_dialects(&statement));
    if let Statement::Insert(insert) = &mut statement {
        insert.columns.clear();
        insert.rows = vec![vec![]];
    }
    let refused = emit(&statement, Dialect::Postgres);
    assert_eq!(refused, Err(EmitError::Incomplete { part: "rows" }));
}

/// MySQL and MariaDB assign one after the other, so the same words would say something else there.
#[test]
fn an_assignment_that_reads_one_before_it_is_refused_where_it_would_see_the_new_value() {
    let assignments = || {
        vec![
            ("count", Expr::Parameter(1)),
            (
                "ends",
                when(
                    Expr::IsNull(Box::new(Expr::column("count"))),
                    text("a"),
                    text("b"),
                ),
            ),
        ]
    };
    let named = assignments().into_iter();
    let update = Statement::Update(Update {
        table: TableName::from("Counter"),
        assignments: named
            .map(|(column, value)| (column.to_owned(), value))
            .collect(),
        filter: None,
        returning: vec![],
    });
    for statement in [counter(assignments()), update] {
        for (dialect, is_said) in [
            (Dialect::Postgres, true),
            (Dialect::Sqlite, true),
            (Dialect::MySql, false),
            (Dialect::MariaDb, false),
        ] {
            assert_eq!(emit(&statement, dialect).is_ok(), is_said, "{dialect}");
        }
    }
}

#[test]
fn a_conflict_without_key_or_change_is_incomplete() {
    let mut statement = counter(vec![]);
    for dialect in [Dialect::Postgres, Dialect::MySql] {
        let refused = emit(&statement, dialect);
        assert!(matches!(refused, Err(EmitError::Incomplete { .. })));
    }
    if let Statement::Insert(insert) = &mut statement {
        let assignments = vec![("count".to_owned(), Expr::Parameter(1))];
        insert.conflict = Some(Conflict::Change {
            key: vec![],
            assignments,
            only: None,
        });
    }
    let refused = emit(&statement, Dialect::Postgres);
    assert_eq!(refused, Err(EmitError::Incomplete { part: "a key" }));
}

#[test]
fn rows_that_are_there_already_are_left_out() {
    let mut statement = insert(&["id", "title"], &[]);
    if let Statement::Insert(insert) = &mut statement {
        insert
            .rows
            .push(vec![Expr::Parameter(2), Expr::Parameter(3)]);
        insert.conflict = Some(Conflict::Skip);
    }
    insta::assert_snapshot!(in_all_dialects(&statement));
    if let Statement::Insert(insert) = &mut statement {
        insert.returning = vec![Expr::column("id")];
    }
    insta::assert_snapshot!("new_rows_only", in_all_dialects(&statement));
}

#[test]
fn numbers_that_are_calculated() {
    let number = |how| {
        let (one, other) = (Expr::column("n"), Expr::Parameter(0));
        Expr::Arithmetic(Box::new(one), how, Box::new(other))
    };
    let all = [
        Arithmetic::Subtract,
        Arithmetic::Multiply,
        Arithmetic::Divide,
        Arithmetic::DivideWhole,
    ];
    let mut columns: Vec<Expr> = all.into_iter().map(number).collect();
    let product = Box::new(number(Arithmetic::Multiply));
    columns.push(Expr::Within(product, -128, 127));
    let statement = Statement::Select(Select {
        columns,
        ..select("todo", &[])
    });
    insta::assert_snapshot!(in_all_dialects(&statement));
}

#[test]
fn a_list_that_grows() {
    let (old, new) = (Expr::column("tags"), Expr::Parameter(0));
    let statement = Statement::Update(Update {
        table: TableName::from("todo"),
        assignments: vec![(
            "tags".to_owned(),
            Expr::Append(Box::new(old), Box::new(new)),
        )],
        filter: None,
        returning: vec![],
    });
    insta::assert_snapshot!(in_all_dialects(&statement));
}

#[test]
fn a_removal_of_a_few_of_the_rows_that_pass() {
    let key = || vec![Expr::column("a"), Expr::column("b")];
    let few = Select {
        filter: Some(Expr::column("done").equals(Expr::Value(Value::Bool(true)))),
        limit: Some(Expr::Value(Value::Int(2))),
        ..Select::from(source("todo"), key())
    };
    // MySQL reads from the table that it changes only through the rows of another statement.
    let few = Source::Query {
        select: Box::new(few),
        alias: "few".to_owned(),
    };
    let filter = Expr::InQuery(key(), Box::new(Select::from(few, key())));
    let statement = Statement::Delete(Delete {
        table: TableName::from("todo"),
        filter: Some(filter),
        returning: vec![],
    });
    insta::assert_snapshot!(in_all_dialects(&statement));
    let uneven = Expr::InQuery(
        vec![Expr::column("a")],
        Box::new(select("todo", &["a", "b"])),
    );
    let refused = emit(&filtered(uneven), Dialect::Sqlite);
    assert!(matches!(refused, Err(EmitError::Incomplete { .. })));
}

#[test]
fn the_value_of_another_statement() {
    let mut oldest = Select {
        filter: Some(Expr::of("t1", "userId").equals(Expr::of("todo", "userId"))),
        limit: Some(Expr::Value(Value::Int(1))),
        ..Select::from(aliased("Todo", "t1"), vec![Expr::of("t1", "due")])
    };
    oldest.order.push(Order {
        expr: Expr::of("t1", "due"),
        direction: Direction::Ascending,
        nulls: Nulls::Default,
    });
    let filter = Expr::column("due").equals(Expr::Scalar(Box::new(oldest)));
    insta::assert_snapshot!(in_all_dialects(&filtered(filter)));
}

#[test]
fn a_pattern_whatever_the_case() {
    let column = Box::new(Expr::column("a"));
    let filter = Expr::LikeAnyCase(column, Box::new(text("%x%")));
    insta::assert_snapshot!(in_all_dialects(&filtered(filter)));
}

#[test]
fn the_first_that_is_not_null_and_texts_made_of_others() {
    let pattern = Expr::Concat(vec![
        text("%"),
        Expr::Replace(
            Box::new(Expr::Coalesce(vec![Expr::column("word"), text("")])),
            Box::new(text("%")),
            Box::new(text("!%")),
        ),
    ]);
    let statement = filtered(Expr::Like(
        Box::new(Expr::column("title")),
        Box::new(pattern),
    ));
    insta::assert_snapshot!(in_all_dialects(&statement));
}

#[test]
fn nothing_can_be_joined_of_no_texts() {
    for expr in [Expr::Concat(Vec::new()), Expr::Coalesce(Vec::new())] {
        let said = emit(&filtered(expr), Dialect::Postgres);
        assert!(matches!(said, Err(EmitError::Incomplete { .. })));
    }
}

#[test]
fn values_made_of_many_rows() {
    let of = |aggregate| Expr::Aggregate(aggregate, Box::new(Expr::column("size")));
    let statement = Statement::Select(Select {
        columns: vec![
            of(Aggregate::Count),
            of(Aggregate::Sum),
            of(Aggregate::Average),
            of(Aggregate::Minimum),
            of(Aggregate::Maximum),
            Expr::Aggregate(Aggregate::Every, Box::new(Expr::column("done"))),
            Expr::Aggregate(Aggregate::Any, Box::new(Expr::column("done"))),
        ],
        group: vec![Expr::column("kind")],
        having: Some(Expr::Compare(
            Box::new(of(Aggregate::Average)),
            Comparison::Greater,
            Box::new(Expr::Value(Value::Float(1.5))),
        )),
        ..select("todo", &[])
    });
    insta::assert_snapshot!(in_all_dialects(&statement));
}

#[test]
fn elements_of_lists() {
    let list = || Box::new(Expr::column("tags"));
    let has = Expr::ListHas(list(), Box::new(text("a")));
    let empty = Expr::ListLength(list()).equals(Expr::Value(Value::Int(0)));
    let statement = filtered(Expr::And(vec![has, empty]));
    insta::assert_snapshot!(in_all_dialects(&statement));
}

/// A CASE would compare as text what SQLite keeps as a number.
#[test]
fn a_value_that_is_null_elsewhere_keeps_the_type_of_its_column() {
    let shown = Expr::OnlyWhere(
        Box::new(Expr::column("open").equals(Expr::Bool(true))),
        Box::new(Expr::column("price")),
    );
    let statement = filtered(shown.equals(text("1.5")));
    insta::assert_snapshot!(in_all_dialects(&statement));
}

#[test]
fn the_tables_that_are_read_are_known_wherever_they_stand() {
    let of = |name: &str| select(name, &["id"]);
    let statement = Statement::Select(Select {
        columns: vec![
            Expr::column("id"),
            Expr::Scalar(Box::new(of("InScalar"))),
            Expr::JsonRows(Box::new(Select {
                columns: vec![Expr::JsonRow(vec![Expr::column("id")])],
                ..of("InRows")
            })),
        ],
        from: Some(Source::Query {
            select: Box::new(of("InFrom")),
            alias: "few".to_owned(),
        }),
        joins: vec![Join {
            kind: JoinKind::Left,
            source: source("Joined"),
            on: Expr::Exists(Box::new(of("InOn"))),
        }],
        filter: Some(Expr::And(vec![
            Expr::Not(Box::new(Expr::Exists(Box::new(Select {
                filter: Some(Expr::InQuery(
                    vec![Expr::column("id")],
                    Box::new(of("Deep")),
                )),
                ..of("InFilter")
            })))),
            Expr::Or(vec![Expr::Bool(false), Expr::Exists(Box::new(of("InOr")))]),
        ])),
        order: vec![Order {
            expr: Expr::Scalar(Box::new(of("InOrder"))),
            direction: Direction::Ascending,
            nulls: Nulls::Default,
        }],
        ..of("Nothing")
    });
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let read = tables_read(&statement, dialect).unwrap();
        let mut names: Vec<_> = read.into_iter().map(|table| table.name).collect();
        names.sort_unstable();
        let expected = [
            "Deep", "InFilter", "InFrom", "InOn", "InOr", "InOrder", "InRows", "InScalar", "Joined",
        ];
        assert_eq!(names, expected, "{dialect}");
    }
    let delete = Statement::Delete(Delete {
        table: TableName::from("Todo"),
        filter: None,
        returning: Vec::new(),
    });
    assert_eq!(tables_read(&delete, Dialect::Sqlite), Ok(Vec::new()));
}
