use hallpass_db::Rows;
use hallpass_sql::{Access, Bind, Query, Value};

use crate::client::Client;
use crate::error::{Error, Rejection};

impl Client {
    /// Sends a statement of the caller's own, in the client's transaction where it is part of one. `values` fill its
    /// placeholders, in the words of this database, in their order.
    ///
    /// Values come back as the database gives them, not as fields of the schema say.
    ///
    /// # Errors
    /// [`Error::Rejected`] to clients of a person: no rule can judge SQL. Else what the database says.
    ///
    /// Source: contract zenstack §2.2 and §3.1, `$queryRaw` and `$executeRaw`.
    pub async fn raw(&self, text: &str, values: &[Value]) -> Result<Rows, Error> {
        if self.access.require_full().is_err() {
            return Err(Error::Rejected {
                model: String::new(),
                rejection: Rejection::Other,
            });
        }
        let query = Query {
            text: text.to_owned(),
            binds: (0..values.len()).map(Bind::Parameter).collect(),
            // It may write, whatever it begins with.
            access: Access::Write,
        };
        self.statement("", &query, values).await
    }
}
