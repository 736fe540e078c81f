use std::pin::pin;
use std::sync::Arc;

use super::{Operation, Reply};
use crate::args::ArgValue;
use crate::args::parse::{Counts, too_many_bytes, too_many_rows};
use crate::client::Client;
use crate::error::{Error, InvalidInput};
use crate::limits::Limits;

impl Client {
    /// Does several operations as one: all of them happen, in this order, or nothing. Together they may ask for as much as one
    /// call, and take as long.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there are more than [`Limits::calls`](crate::Limits::calls) or they ask for more than [`Limits`](crate::Limits)
    /// allow, [`Error::CallTooLong`], else that of the first that fails, also where it was done and its result may not be seen.
    ///
    /// Source: contract zenstack §3.1, `$transaction([…])`.
    pub async fn batch(&self, calls: &[(&str, Operation, &ArgValue)]) -> Result<Vec<Reply>, Error> {
        let most = self.limits.calls;
        if calls.len() > most {
            return Err(InvalidInput::Calls { most }.into());
        }
        let work = Box::pin(self.transaction(async |tx| {
            // Of this attempt: what was undone does not count.
            let counts = Arc::<Counts>::default();
            let (mut rows, mut bytes) = (0, 0);
            let mut replies = Vec::with_capacity(calls.len());
            for (model, operation, args) in calls {
                let reply = tx.called(model, *operation, args, Arc::clone(&counts));
                let reply = reply.await?;
                rows += reply.rows();
                bytes += reply.bytes();
                tx.require_few(rows, bytes, model, *operation)?;
                replies.push(reply);
            }
            Ok(replies)
        }));
        self.in_time(pin!(work)).await
    }

    fn require_few(
        &self,
        rows: u64,
        bytes: u64,
        model: &str,
        operation: Operation,
    ) -> Result<(), InvalidInput> {
        let Limits {
            all_rows,
            read_bytes,
            ..
        } = *self.limits;
        let message = if rows > all_rows {
            too_many_rows(all_rows)
        } else if bytes > read_bytes {
            too_many_bytes(read_bytes)
        } else {
            return Ok(());
        };
        Err(InvalidInput::Argument {
            operation: operation.name(),
            model: self.model_called(model)?.name.clone(),
            path: String::new(),
            message,
        })
    }
}
