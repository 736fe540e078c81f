use hallpass_sql::{Dialect, Expr, Select, Source, Statement, TableName, Value, emit};

pub(crate) const DIALECTS: [Dialect; 4] = [
    Dialect::Postgres,
    Dialect::MySql,
    Dialect::MariaDb,
    Dialect::Sqlite,
];

/// The statement in PostgreSQL's words with what is bound, then what each other dialect says differently.
pub(crate) fn in_all_dialects(statement: &Statement) -> String {
    let said = DIALECTS.map(|dialect| match emit(statement, dialect) {
        Ok(query) => query.text,
        Err(error) => format!("error: {error}"),
    });
    let mut lines = vec![format!("PostgreSQL  {}", said[0])];
    for (position, dialect) in DIALECTS.into_iter().enumerate().skip(1) {
        let same = (0..position).find(|before| said[*before] == said[position]);
        lines.push(match same {
            Some(before) => format!("{:<10}  as {}", dialect.to_string(), DIALECTS[before]),
            None => format!("{:<10}  {}", dialect.to_string(), said[position]),
        });
    }
    lines.join("\n")
}

pub(crate) fn source(table: &str) -> Source {
    Source::Table {
        table: TableName::from(table),
        alias: None,
    }
}

pub(crate) fn aliased(table: &str, alias: &str) -> Source {
    Source::Table {
        table: TableName::from(table),
        alias: Some(alias.to_owned()),
    }
}

pub(crate) fn select(table: &str, columns: &[&str]) -> Select {
    Select::from(
        source(table),
        columns.iter().copied().map(Expr::column).collect(),
    )
}

pub(crate) fn text(value: &str) -> Expr {
    Expr::Value(Value::from(value))
}

/// Where `filter` holds.
pub(crate) fn filtered(filter: Expr) -> Statement {
    Statement::Select(Select {
        filter: Some(filter),
        ..select("todo", &["id"])
    })
}
