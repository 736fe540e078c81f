use std::sync::Arc;

use hallpass_sql::Value;

/// What a statement gave back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    /// Names of the columns, as the database gives them; shared, since a prepared statement has the same each time.
    pub columns: Arc<[String]>,
    /// The rows; each has one value a column.
    pub rows: Vec<Vec<Value>>,
    /// Rows a write inserted, matched for update (changed or not) or deleted; 0 for a read.
    ///
    /// MySQL counts a row that `ON DUPLICATE KEY UPDATE` changed as two.
    pub affected: u64,
    /// The key a MySQL or MariaDB table gave to an inserted row (`AUTO_INCREMENT`); other databases say it
    /// with `RETURNING`.
    pub inserted_id: Option<u64>,
    /// Bytes that the rows took on their way, as far as the driver sees them; each database has forms of its own.
    pub bytes: u64,
}
