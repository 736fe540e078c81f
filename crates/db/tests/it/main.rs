//! One suite over every database there is: see `hallpass_db::testing` for the servers it needs.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

mod bounds;
mod catalog;
mod connect;
mod errors;
mod later;
mod listening;
mod locals;
mod look_up;
mod recovery;
mod transactions;
mod values;

use hallpass_db::{Database, Error, Rows};
use hallpass_sql::{Access, Bind, Dialect, Query, Value};

/// A statement with `?` for each value, in the dialect's placeholders.
fn query(dialect: Dialect, access: Access, text: &str) -> Query {
    let mut parts = text.split('?');
    let mut written = parts.next().unwrap_or_default().to_owned();
    let mut binds = Vec::new();
    for part in parts {
        binds.push(Bind::Parameter(binds.len()));
        match dialect {
            Dialect::Postgres => written.push_str(&format!("${}", binds.len())),
            _ => written.push('?'),
        }
        written.push_str(part);
    }
    Query {
        text: written,
        binds,
        access,
    }
}

async fn write(database: &Database, text: &str, values: &[Value]) -> Result<Rows, Error> {
    database
        .exec(&query(database.dialect(), Access::Write, text), values)
        .await
}

async fn read(database: &Database, text: &str, values: &[Value]) -> Result<Rows, Error> {
    database
        .exec(&query(database.dialect(), Access::Read, text), values)
        .await
}

/// The only value of the only row.
async fn one(database: &Database, text: &str, values: &[Value]) -> Value {
    let mut rows = read(database, text, values).await.unwrap().rows;
    assert_eq!(rows.len(), 1, "{text}");
    rows.remove(0).remove(0)
}

async fn count(database: &Database, table: &str) -> i64 {
    match one(database, &format!("SELECT count(*) FROM {table}"), &[]).await {
        Value::Int(count) => count,
        other => panic!("a count is {other:?}"),
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
