//! Lets the engine say who acts.

use hallpass_data::{Attribution, Client, Saying};
use hallpass_sql::{Access, Dialect, TableName};

use crate::capture::{self, ACTORS};
use crate::error::ChangesError;
use crate::words::query;

/// The variable that triggers read.
pub(super) const VARIABLE: &str = "hallpass.actor";

/// From now on the log says of what clients of a person write whose id it was ([`Client::for_user`]), in the tables that are tracked at this
/// moment: to be called again when others are, or again and again.
///
/// # Errors
/// What the database said, and [`hallpass_data::Error::NotSupported`] for a client of a person.
pub async fn attribute(client: &Client) -> Result<(), ChangesError> {
    let dialect = client.dialect();
    let rows = client.raw(capture::listing(dialect), &[]).await;
    let found = capture::listed(rows.map_err(Box::new)?.rows)?;
    let tables: Vec<TableName> = found.into_iter().map(|one| one.table).collect();
    let attribution = Attribution {
        tables,
        saying: saying(dialect),
    };
    Ok(client.attribute(&attribution).map_err(Box::new)?)
}

fn saying(dialect: Dialect) -> Saying {
    if dialect != Dialect::Sqlite {
        return Saying::Variable(VARIABLE);
    }
    // A log that was taken away must not keep anybody from writing.
    let can = format!("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '{ACTORS}'");
    Saying::Statements {
        can: query(dialect, Access::Read, &can),
        set: query(
            dialect,
            Access::Write,
            &format!("INSERT INTO {ACTORS} (actor) VALUES (?)"),
        ),
        end: query(dialect, Access::Write, &format!("DELETE FROM {ACTORS}")),
    }
}
