//! The face for calls whose model, operation and arguments are known at run time only: [`Client::call`].
//!
//! One file a family: it reads the arguments (`args/parse`), plans, runs, and makes the [`Reply`].
//!
//! Source: contract zenstack §3.

mod aggregate;
#[cfg(feature = "http")]
mod answer;
mod batch;
mod check;
mod find;
mod key;
mod kind;
mod raw;
mod reply;
mod write;

use std::pin::{Pin, pin};
use std::sync::Arc;

use hallpass_zmodel::schema::Model;

use crate::args::ArgValue;
use crate::args::parse::{Call, Counts, cut, is_seen};
use crate::client::Client;
use crate::error::{Error, InvalidInput};

#[cfg(feature = "http")]
pub(crate) use answer::Answer;
pub use kind::Operation;
pub use reply::Reply;

impl Client {
    /// Does what a client asks: `call("Todo", Operation::FindMany, &args)`. The model may begin with a small letter.
    ///
    /// ```no_run
    /// # async fn example(db: hallpass_data::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use hallpass_data::{ArgValue, Operation};
    /// use serde_json::json;
    ///
    /// let args = ArgValue::from_json(json!({"where": {"done": false}, "include": {"user": true}}))?;
    /// let todos = db.call("todo", Operation::FindMany, &args).await?;
    /// println!("{}", serde_json::to_string(&todos)?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] when the arguments are not what the operation takes, or more than [`Limits`](crate::Limits) allow, with
    /// the place in them; [`Error::CallTooLong`]; else as the operation itself.
    pub async fn call(
        &self,
        model: &str,
        operation: Operation,
        args: &ArgValue,
    ) -> Result<Reply, Error> {
        let work = pin!(self.called(model, operation, args, Arc::default()));
        self.in_time(work).await
    }

    /// The same, for who passes on what it gives as JSON and looks at nothing of it.
    #[cfg(feature = "http")]
    pub(crate) async fn answer(
        &self,
        model: &str,
        operation: Operation,
        args: &ArgValue,
    ) -> Result<Answer, Error> {
        if !find::is_of_rows(operation) {
            let reply = Box::pin(self.call(model, operation, args)).await;
            return reply.map(Answer::Reply);
        }
        let work = pin!(async {
            let call = self.checked(model, operation, args, Arc::default())?;
            find::answer(self, &call, args).await
        });
        self.in_time(work).await
    }

    /// What takes no longer than one call may.
    pub(crate) async fn in_time<T>(
        &self,
        // Pinned where the caller has it, because a future that is given to another is copied, and this one twice.
        work: Pin<&mut (impl Future<Output = Result<T, Error>> + ?Sized)>,
    ) -> Result<T, Error> {
        match self.limits.call_time {
            None => work.await,
            Some(limit) => tokio::time::timeout(limit, work)
                .await
                .unwrap_or(Err(Error::CallTooLong { limit })),
        }
    }

    // What is seldom asked for, or asks the database again and again, is boxed: every call has room for what is not.
    async fn called(
        &self,
        model: &str,
        operation: Operation,
        args: &ArgValue,
        counts: Arc<Counts>,
    ) -> Result<Reply, Error> {
        let call = self.checked(model, operation, args, counts)?;
        match operation {
            Operation::FindMany
            | Operation::FindFirst
            | Operation::FindFirstOrThrow
            | Operation::FindUnique
            | Operation::FindUniqueOrThrow
            | Operation::Exists => find::run(self, &call, args).await,
            Operation::Check => check::run(self, &call, args),
            Operation::Count | Operation::Aggregate | Operation::GroupBy => {
                Box::pin(aggregate::run(self, &call, args)).await
            }
            Operation::Create
            | Operation::CreateMany
            | Operation::CreateManyAndReturn
            | Operation::Update
            | Operation::UpdateMany
            | Operation::UpdateManyAndReturn
            | Operation::Upsert
            | Operation::Delete
            | Operation::DeleteMany => write::run(self, &call, args).await,
        }
    }

    /// The call, where the operation is there for whoever asks and its arguments are not too large.
    fn checked(
        &self,
        model: &str,
        operation: Operation,
        args: &ArgValue,
        counts: Arc<Counts>,
    ) -> Result<Call<'_>, Error> {
        self.access.require_own(model)?;
        let model = self.model_called(model)?;
        let slicing = &self.engine.interface.slicing;
        let is_known = operation.is_of(self.engine.dialect_version);
        if !is_known || !slicing.has_operation(model, operation) {
            return Err(InvalidInput::Operation {
                operation: operation.name(),
                model: model.name.clone(),
            }
            .into());
        }
        let call = Call::counting(&self.engine, operation, model, &self.limits, counts);
        call.at(args).measure()?;
        Ok(call)
    }

    /// The model of a name as clients say it: exact, or with a small first letter.
    pub(crate) fn model_called(&self, name: &str) -> Result<&Model, InvalidInput> {
        let is_called = |model: &&Model| model.name == name || uncapitalized_is(&model.name, name);
        let models = &self.engine.schema.models;
        // A model of exactly this name comes before one that only begins with another letter.
        let exact = self.engine.schema.model(name);
        let found = exact.or_else(|| models.iter().find(is_called));
        found
            .filter(|model| is_seen(&self.engine, model))
            .ok_or_else(|| InvalidInput::UnknownModel { model: cut(name) })
    }
}

/// Whether `name` is the model's name with a small first letter.
pub(crate) fn uncapitalized_is(model: &str, name: &str) -> bool {
    let mut letters = model.chars();
    let Some(first) = letters.next() else {
        return false;
    };
    name.strip_suffix(letters.as_str())
        .is_some_and(|start| first.to_lowercase().eq(start.chars()))
}

/// An operation that nobody does yet.
pub(crate) fn not_supported(call: &Call<'_>) -> Error {
    Error::NotSupported(format!("`{}` is not supported", call.operation))
}

#[cfg(test)]
mod tests {
    use super::uncapitalized_is;

    #[test]
    fn models_may_begin_with_a_small_letter() {
        assert!(uncapitalized_is("TodoItem", "todoItem"));
        assert!(uncapitalized_is("Ärger", "ärger"));
        for other in ["todoitem", "odoItem", "", "odo", "ttodoItem"] {
            assert!(!uncapitalized_is("TodoItem", other), "{other}");
        }
        assert!(!uncapitalized_is("", ""));
    }
}
