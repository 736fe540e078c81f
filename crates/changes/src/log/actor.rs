//! Who acts, for the changes of one transaction.

use hallpass_db::Transaction;
use hallpass_sql::Dialect;

use super::attribution::VARIABLE;
use super::run;
use crate::capture::ACTORS;
use crate::error::ChangesError;

/// Says who does what follows in this transaction. [`clear`] must follow before the commit.
///
/// # Errors
/// What the database said; on SQLite also without a change log.
pub async fn set(tx: &mut Transaction, actor: &str) -> Result<(), ChangesError> {
    if tx.dialect() != Dialect::Sqlite {
        return Ok(tx.set_local(VARIABLE, Some(actor)).await?);
    }
    let text = format!("INSERT INTO {ACTORS} (actor) VALUES (?)");
    run(&mut tx.into(), &text, &[actor.into()]).await?;
    Ok(())
}

/// Ends what [`set`] began.
///
/// # Errors
/// What the database said.
pub async fn clear(tx: &mut Transaction) -> Result<(), ChangesError> {
    if tx.dialect() != Dialect::Sqlite {
        return Ok(tx.set_local(VARIABLE, None).await?);
    }
    run(&mut tx.into(), &format!("DELETE FROM {ACTORS}"), &[]).await?;
    Ok(())
}
