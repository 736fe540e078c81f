//! Whether the number of a user who is gone becomes somebody else's: SQLite counts on from the last row, unless the column says
//! otherwise.
//!
//! Source: <https://www.sqlite.org/autoinc.html>.

use hallpass_data::Client;
use hallpass_data::catalog::Catalog;

use super::promises::place;
use super::{Finding, Severity};
use crate::layout::USER;

pub(super) fn examine(client: &Client, catalog: &Catalog) -> Option<Finding> {
    let users = client.schema().model(USER)?;
    let [id] = users.id.as_slice() else {
        return None;
    };
    let name = &users.field(id)?.column;
    let mut tables = catalog.tables.iter();
    let table = tables.find(|table| table.name.eq_ignore_ascii_case(&users.table))?;
    let mut columns = table.columns.iter();
    let column = columns.find(|column| column.name.eq_ignore_ascii_case(name))?;
    column.counts_again.then(|| Finding {
        code: "user-id-given-again".to_owned(),
        severity: Severity::Danger,
        place: place(client, USER, &[id]),
        problem: "the number of the newest user is given to the next one once that user is removed".to_owned(),
        consequence: "whoever registers next is signed in wherever the one who is gone still was (strategy `jwt`: until the cookie \
                      expires), and gets what still names the number: rows of the application without a foreign key, and, of a user whom \
                      another program removed, the password, second factor and passkeys that Hallpass keeps",
        rows: None,
        look: None,
        remedies: Vec::new(),
        advice: Some(advice(&table.name, &column.name)),
    })
}

fn advice(table: &str, column: &str) -> String {
    format!(
        "SQLite gives no number twice where the column says `AUTOINCREMENT`, and only a table that is made anew can say it. In a \
         migration of the application, with `PRAGMA foreign_keys = OFF`: make `new_{table}` as `{table}` is, but with `{column} \
         INTEGER PRIMARY KEY AUTOINCREMENT`, `INSERT INTO new_{table} SELECT * FROM {table}`, drop `{table}`, `ALTER TABLE \
         new_{table} RENAME TO {table}`, and make its indexes and triggers again. Until then keep sessions in the database (strategy \
         `database`) and remove users through Hallpass alone"
    )
}
