use std::sync::{Mutex, PoisonError};

use hallpass_sql::{EmitError, Statement};
use hallpass_zmodel::schema::ModelKind;

use super::Tables;
use crate::client::Engine;

/// The tables that the statements of a client's reads look at, as they are planned: those of rules, relations and counts
/// included, for all of them stand in the statements.
#[derive(Debug, Default)]
pub(crate) struct Touched(Mutex<Tables>);

impl Touched {
    pub(crate) fn note(&self, engine: &Engine, statement: &Statement) -> Result<(), EmitError> {
        let read = hallpass_sql::tables_read(statement, engine.dialect)?;
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for table in read {
            if tables.add(&table.name) && is_view(engine, &table.name) {
                // What it is made of, nobody here knows.
                tables.add_any();
            }
        }
        Ok(())
    }

    pub(crate) fn tables(&self) -> Tables {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn is_view(engine: &Engine, table: &str) -> bool {
    let mut models = engine.schema.models.iter();
    models.any(|model| model.kind == ModelKind::View && model.table == table)
}
