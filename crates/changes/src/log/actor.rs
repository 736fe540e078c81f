//! Who acts, for the changes of one transaction.

use hallpass_db::Transaction;
use hallpass_sql::Dialect;

use super::run;
use crate::capture::ACTORS;
use crate::error::ChangesError;

/// Says who does what follows in this transaction.
///
/// [`clear`] must follow before the commit. A transaction that fails in between is to be closed
/// ([`Transaction::close`]) rather than rolled back: on MySQL and MariaDB the name belongs to the connection, and
/// would stand at what others do with it.
///
/// # Errors
/// What the database said; on SQLite also without a change log.
pub async fn set(tx: &mut Transaction, actor: &str) -> Result<(), ChangesError> {
    let dialect = tx.dialect();
    let text = match dialect {
        Dialect::Postgres => "SELECT set_config('hallpass.actor', ?, true)".to_owned(),
        Dialect::Sqlite => format!("INSERT INTO {ACTORS} (actor) VALUES (?)"),
        _ => "SET @hallpass_actor = ?".to_owned(),
    };
    run(&mut tx.into(), &text, &[actor.into()]).await?;
    Ok(())
}

/// Ends what [`set`] began.
///
/// # Errors
/// What the database said.
pub async fn clear(tx: &mut Transaction) -> Result<(), ChangesError> {
    let dialect = tx.dialect();
    let text = match dialect {
        Dialect::Postgres => "SELECT set_config('hallpass.actor', '', true)".to_owned(),
        Dialect::Sqlite => format!("DELETE FROM {ACTORS}"),
        _ => "SET @hallpass_actor = NULL".to_owned(),
    };
    run(&mut tx.into(), &text, &[]).await?;
    Ok(())
}
