use std::fmt;
use std::sync::Arc;

use hallpass_sql::Value;

use super::{Grouped, Shape};
use crate::error::Error;
use crate::record::Record;

/// What a read found, as the database gave it: records can be made of it, or JSON.
pub(crate) struct Found {
    pub(crate) shape: Arc<Shape>,
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) levels: Vec<Grouped>,
}

impl Found {
    /// The records, in the order that was asked for.
    pub(crate) fn into_records(self) -> Result<Vec<Record>, Error> {
        #[cfg(all(test, feature = "http"))]
        crate::http::require_alike(&self);
        self.shape.records(self.rows, &self.levels)
    }

    /// The records; the rows stay.
    #[cfg(feature = "http")]
    pub(crate) fn records(&self) -> Result<Vec<Record>, Error> {
        self.shape.records(self.rows.clone(), &self.levels)
    }

    /// The first of the records alone.
    #[cfg(feature = "http")]
    pub(crate) fn into_first(mut self) -> Self {
        if self.shape.reversed {
            self.rows.reverse();
        }
        self.rows.truncate(1);
        self
    }
}

/// Hides the values, which may be secrets.
impl fmt::Debug for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows.len();
        write!(formatter, "{rows} rows of {}", self.shape.model)
    }
}
