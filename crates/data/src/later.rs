//! Writes of a transaction whose answers nobody waits for.

use hallpass_sql::Value;

use crate::client::Client;
use crate::error::Error;
use crate::plan::{Plan, Work};
use crate::prepared::{Answer, Prepared};

impl<T: Answer> Prepared<T> {
    /// Writes with these arguments as part of the client's transaction, and gives no answer: the database may get it only
    /// with the next statement, or with the commit, which then gives its error. Outside of a transaction it is run at once.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_later(&self, client: &Client, arguments: &[Value]) -> Result<(), Error> {
        client.execute_later(&self.plan, arguments).await
    }
}

impl Client {
    async fn execute_later(&self, plan: &Plan, arguments: &[Value]) -> Result<(), Error> {
        let query = match &plan.work {
            Work::Rows { query, .. } | Work::Affected(query) => query,
            // What would be read back is for nobody.
            Work::InsertThenRead { insert, .. } => insert,
            _ => return self.execute(plan, arguments).await.map(drop),
        };
        let values = plan.values(self, arguments)?;
        self.statement_later(&plan.model, query, &values).await
    }
}
