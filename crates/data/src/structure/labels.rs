//! Rows that hold what an enum has no longer, where the database keeps enums as text and so does not notice.

use hallpass_db::{Catalog, Connection};
use hallpass_sql::{
    Column, ColumnType, EnumStorage, Expr, Select, Source, Statement, TableName, Value,
};

use super::StructureError;
use super::compare::same;
use super::step::{Effect, Step};
use crate::ddl::Wanted;

/// A step for each column with such rows. Nothing can be done about it but by whoever knows what they shall hold.
pub(super) async fn steps(
    connection: &mut Connection<'_>,
    wanted: &Wanted,
    catalog: &Catalog,
) -> Result<Vec<Step>, StructureError> {
    let mut steps = Vec::new();
    if connection.dialect().capability().enum_storage != EnumStorage::Text {
        return Ok(steps);
    }
    for table in &wanted.tables {
        for column in &table.columns {
            let ColumnType::Enum { labels, .. } = &column.column_type else {
                continue;
            };
            if !is_there(catalog, &table.name, column) {
                continue;
            }
            let rows = rows(connection, &table.name, &column.name, labels).await?;
            if rows > 0 {
                steps.push(step(&table.name, &column.name, rows));
            }
        }
    }
    Ok(steps)
}

fn step(table: &TableName, column: &str, rows: i64) -> Step {
    let holds = if rows == 1 { "row holds" } else { "rows hold" };
    Step {
        name: format!("unknown-labels:{}.{column}", table.name),
        effect: Effect::MayFail,
        consequence: format!(
            "{rows} {holds} what the enum does not have; to read them fails until somebody changes them"
        ),
        statements: Vec::new(),
    }
}

fn is_there(catalog: &Catalog, table: &TableName, column: &Column) -> bool {
    let mut tables = catalog.tables.iter();
    let found = tables.find(|one| same(&one.name, &table.name, true));
    found.is_some_and(|found| {
        let mut columns = found.columns.iter();
        columns.any(|one| same(&one.name, &column.name, true))
    })
}

async fn rows(
    connection: &mut Connection<'_>,
    table: &TableName,
    column: &str,
    labels: &[String],
) -> Result<i64, StructureError> {
    let source = Source::Table {
        table: table.clone(),
        alias: None,
    };
    let held = Box::new(Expr::column(column));
    let known = labels
        .iter()
        .map(|label| Expr::Value(label.as_str().into()));
    let select = Select {
        filter: Some(Expr::NotIn(held, known.collect())),
        ..Select::from(source, vec![Expr::CountAll])
    };
    let query = hallpass_sql::emit(&Statement::Select(select), connection.dialect())?;
    let rows = connection.exec(&query, &[]).await?.rows;
    let count = rows.first().and_then(|row| row.first());
    Ok(match count {
        Some(Value::Int(number)) => *number,
        _ => 0,
    })
}
