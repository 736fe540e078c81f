use hallpass_sql::{
    Column, ColumnDefault, ColumnType, Comparison, CreateTable, Dialect, Expr, Statement,
    TableName, Value, emit,
};
use proptest::prelude::*;

use crate::support::{DIALECTS, filtered, select};

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        any::<String>().prop_map(Value::Text),
        any::<Vec<u8>>().prop_map(Value::Bytes),
    ]
}

fn leaf() -> impl Strategy<Value = Expr> {
    prop_oneof![
        ".+".prop_map(Expr::column),
        (".+", ".+").prop_map(|(table, name)| Expr::of(table, name)),
        value().prop_map(Expr::Value),
        (0..9_usize).prop_map(Expr::Parameter),
        any::<bool>().prop_map(Expr::Bool),
    ]
}

fn expr() -> impl Strategy<Value = Expr> {
    leaf().prop_recursive(5, 40, 4, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let list = || prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            (boxed(), boxed()).prop_map(|(left, right)| Expr::Compare(
                left,
                Comparison::Less,
                right
            )),
            (boxed(), boxed()).prop_map(|(left, right)| Expr::Exactly(left, right)),
            (boxed(), boxed()).prop_map(|(left, right)| Expr::Like(left, right)),
            (boxed(), boxed()).prop_map(|(one, other)| Expr::Add(one, other)),
            (boxed(), boxed(), boxed())
                .prop_map(|(condition, one, other)| Expr::Case(condition, one, other)),
            (boxed(), boxed()).prop_map(|(condition, value)| Expr::OnlyWhere(condition, value)),
            boxed().prop_map(Expr::Not),
            boxed().prop_map(Expr::AsText),
            boxed().prop_map(Expr::Lower),
            boxed().prop_map(Expr::Trim),
            boxed().prop_map(Expr::IsNull),
            list().prop_map(Expr::And),
            list().prop_map(Expr::Or),
            (boxed(), list()).prop_map(|(left, list)| Expr::In(left, list)),
            (boxed(), list()).prop_map(|(left, list)| Expr::NotIn(left, list)),
        ]
    })
}

/// What stands outside of quotes, with each quoted part (of this quote) as one `_`.
fn unquoted(text: &str, quotes: &[char]) -> Option<String> {
    let mut outside = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if !quotes.contains(&character) {
            outside.push(character);
            continue;
        }
        loop {
            let inner = characters.next()?;
            if inner == character {
                if characters.peek() == Some(&character) {
                    characters.next();
                } else {
                    break;
                }
            }
        }
        outside.push('_');
    }
    Some(outside)
}

fn placeholders(text: &str, dialect: Dialect) -> usize {
    let quote = dialect.capability().identifier_quote;
    let outside = unquoted(text, &[quote, '\'']).expect("every quote closes");
    let sign = if dialect == Dialect::Postgres {
        '$'
    } else {
        '?'
    };
    outside.matches(sign).count()
}

proptest! {
    #[test]
    fn every_bind_has_one_placeholder(expr in expr()) {
        for dialect in DIALECTS {
            // A name with a NUL character is the only thing that has no words here.
            if let Ok(query) = emit(&filtered(expr.clone()), dialect) {
                prop_assert_eq!(placeholders(&query.text, dialect), query.binds.len());
            }
        }
    }

    #[test]
    fn hostile_identifiers_stay_inside_their_quotes(table in ".+", column in ".*['\"`\\\\;?$-].*") {
        for dialect in DIALECTS {
            let statement = Statement::Select(select(&table, &[&column]));
            let Ok(query) = emit(&statement, dialect) else {
                prop_assert!(table.contains('\0') || column.contains('\0'));
                continue;
            };
            let quote = dialect.capability().identifier_quote;
            prop_assert_eq!(unquoted(&query.text, &[quote]), Some("SELECT _ FROM _".to_owned()));
            let doubled = column.replace(quote, &format!("{quote}{quote}"));
            let expected = format!("SELECT {quote}{doubled}{quote} FROM ");
            prop_assert!(query.text.starts_with(&expected));
        }
    }

    #[test]
    fn hostile_defaults_stay_inside_their_quotes(text in ".*['\"`\\\\;-].*") {
        for dialect in DIALECTS {
            let create = CreateTable {
                table: TableName::from("t"),
                columns: vec![Column {
                    name: "c".to_owned(),
                    column_type: ColumnType::Text,
                    nullable: false,
                    default: Some(ColumnDefault::Value(Value::from(text.as_str()))),
                }],
                primary_key: None,
                indexes: vec![],
                foreign_keys: vec![],
                taken_over: Default::default(),
            };
            let Ok(query) = emit(&Statement::CreateTable(create), dialect) else {
                prop_assert!(text.contains('\0'));
                continue;
            };
            let quote = dialect.capability().identifier_quote;
            let outside = unquoted(&query.text, &[quote, '\'']).expect("every quote closes");
            prop_assert!(outside.contains("NOT NULL DEFAULT _)"), "{}", query.text);
            // MySQL reads backslashes too: none may stand alone before a quote.
            if matches!(dialect, Dialect::MySql | Dialect::MariaDb) {
                let escaped = text.replace('\\', "\\\\").replace('\'', "''");
                let expected = format!("'{escaped}'");
                prop_assert!(query.text.contains(&expected));
            }
        }
    }
}
