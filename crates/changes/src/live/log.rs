//! Which tables the change log speaks of since the last look.

use hallpass_data::live::Wakes;
use hallpass_sql::{Dialect, Value};

use crate::capture::LOG;
use crate::error::ChangesError;
use crate::install::has_table;
use crate::log::Log;

/// How far the log was looked at.
#[derive(Debug)]
pub(super) struct Look {
    position: i64,
}

impl Look {
    /// From the end of the log on.
    pub(super) async fn begin(log: &Log) -> Result<Self, ChangesError> {
        if !has_table(&mut (&log.database).into(), LOG).await? {
            return Err(ChangesError::NotInstalled);
        }
        let position = log.last().await?;
        Ok(Self { position })
    }

    /// Wakes those who wait for what was written since.
    pub(super) async fn again(&mut self, log: &Log, wakes: &Wakes) -> Result<(), ChangesError> {
        let end = log.last().await?;
        if end < self.position {
            // Another log than before: the database was restored.
            self.position = end;
            wakes.anything();
            return Ok(());
        }
        if end == self.position {
            return Ok(());
        }
        let text = written(log.dialect());
        for row in log.read(text, &[self.position.into(), end.into()]).await? {
            match row.as_slice() {
                [Value::Text(table), Value::Int(0)] => wakes.added(table),
                [Value::Text(table), _] => wakes.changed(table),
                _ => return Err(ChangesError::Shape),
            }
        }
        self.position = end;
        Ok(())
    }
}

/// The tables between two positions, and of each whether more was done than to add rows.
fn written(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "SELECT table_name, max(operation <> 'insert') FROM hallpass_change WHERE seq > ? AND seq <= ? GROUP BY table_name"
        }
        Dialect::Postgres => {
            "SELECT table_name, max(CASE WHEN operation = 'insert' THEN 0 ELSE 1 END)::bigint FROM hallpass_change \
             WHERE position > ? AND position <= ? GROUP BY table_name"
        }
        _ => {
            "SELECT table_name, CAST(MAX(operation <> 'insert') AS SIGNED) FROM hallpass_change \
             WHERE position > ? AND position <= ? GROUP BY table_name"
        }
    }
}
