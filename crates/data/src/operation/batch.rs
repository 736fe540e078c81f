use super::{Operation, Reply};
use crate::args::ArgValue;
use crate::client::Client;
use crate::error::{Error, InvalidInput};

impl Client {
    /// Does several operations as one: all of them happen, in this order, or nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there are more than [`Limits::calls`](crate::Limits::calls), else that of the first that fails, also where it was done and its result may not be seen.
    ///
    /// Source: contract zenstack §3.1, `$transaction([…])`.
    pub async fn batch(&self, calls: &[(&str, Operation, &ArgValue)]) -> Result<Vec<Reply>, Error> {
        let most = self.limits.calls;
        if calls.len() > most {
            return Err(InvalidInput::Calls { most }.into());
        }
        self.transaction(async |tx| {
            let mut replies = Vec::with_capacity(calls.len());
            for (model, operation, args) in calls {
                replies.push(tx.call(model, *operation, args).await?);
            }
            Ok(replies)
        })
        .await
    }
}
