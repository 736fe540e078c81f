//! Procedures: what the program does when it is asked by name, with arguments that the schema describes.
//!
//! Source: contract zenstack §1.2 (`procedure`), §3.1 and §4.1 (`$procs`).

use std::collections::HashMap;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;

use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::Procedure;

use crate::args::ArgValue;
use crate::args::parse::{Call, cut, procedure_arguments};
use crate::client::{Client, OpenError};
use crate::error::{Error, InvalidInput};
use crate::operation::{Operation, Reply};

type Answering = Pin<Box<dyn Future<Output = Result<ProcedureReply, Error>> + Send>>;
type Handler = dyn Fn(ProcedureCall) -> Answering + Send + Sync;

/// What a procedure gave.
#[derive(Debug, Clone, PartialEq)]
pub enum ProcedureReply {
    /// Nothing: `undefined`.
    Nothing,
    /// What an operation gave.
    Reply(Reply),
    /// A value, in the form of arguments, which knows moments, exact numbers and bytes.
    Value(ArgValue),
}

impl From<()> for ProcedureReply {
    fn from((): ()) -> Self {
        Self::Nothing
    }
}

impl From<Reply> for ProcedureReply {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl From<ArgValue> for ProcedureReply {
    fn from(value: ArgValue) -> Self {
        Self::Value(value)
    }
}

/// A procedure that is called.
#[derive(Debug, Clone)]
pub struct ProcedureCall {
    /// The client that it was called on: of the same person, in the same transaction.
    pub client: Client,
    /// The arguments, checked: an object with a member for each that was given. Moments, exact and large numbers have their
    /// own kind, however they were sent.
    pub args: ArgValue,
}

/// What the procedures of a schema do.
///
/// ```
/// use hallpass_data::{ArgValue, Operation, Procedures};
///
/// let procedures = Procedures::default().with("listUsers", async |call| {
///     call.client.call("User", Operation::FindMany, &ArgValue::Object(Vec::new())).await
/// });
/// ```
#[derive(Clone, Default)]
pub struct Procedures {
    handlers: HashMap<String, Arc<Handler>>,
}

impl Procedures {
    /// Says what a procedure does.
    #[must_use]
    pub fn with<F, T, R>(mut self, name: &str, procedure: F) -> Self
    where
        F: Fn(ProcedureCall) -> T + Send + Sync + 'static,
        T: Future<Output = Result<R, Error>> + Send + 'static,
        R: Into<ProcedureReply>,
    {
        let handler = move |call| -> Answering {
            let answering = procedure(call);
            Box::pin(async move { Ok(answering.await?.into()) })
        };
        self.handlers.insert(name.to_owned(), Arc::new(handler));
        self
    }

    /// Whoever says what a procedure does means one of the schema.
    pub(crate) fn check(&self, schema: &Schema) -> Result<(), OpenError> {
        let is_declared = |name: &&String| schema.procedures.iter().any(|one| one.name == **name);
        match self.handlers.keys().find(|name| !is_declared(name)) {
            Some(name) => Err(OpenError::Procedure { name: name.clone() }),
            None => Ok(()),
        }
    }
}

/// Names the procedures.
impl fmt::Debug for Procedures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.handlers.keys()).finish()
    }
}

impl Client {
    /// The procedure of this name, where clients see it.
    pub fn procedure(&self, name: &str) -> Option<&Procedure> {
        let mut procedures = self.engine.schema.procedures.iter();
        let is_there = self.engine.interface.slicing.has_procedure(name);
        procedures.find(|one| is_there && one.name == name)
    }

    /// Calls a procedure with an object of arguments by name.
    ///
    /// # Errors
    /// [`InvalidInput::Procedure`] when there is no such procedure, an argument is missing or unknown,
    /// [`InvalidInput::ProcedureArgument`] when one is of another type, [`Error::NotSupported`] when nobody said what the
    /// procedure does, [`Error::CallTooLong`] when all that it does took longer than a call may; else what it says.
    pub async fn call_procedure(
        &self,
        name: &str,
        args: &ArgValue,
    ) -> Result<ProcedureReply, Error> {
        let procedure = self
            .procedure(name)
            .ok_or_else(|| InvalidInput::Procedure {
                procedure: cut(name),
                message: "there is no such procedure".to_owned(),
            })?;
        let handler = self.engine.interface.procedures.handlers.get(name);
        let handler = handler.ok_or_else(|| {
            Error::NotSupported(format!(
                "procedure `{name}` does nothing: the program says not what"
            ))
        })?;
        let model = self.engine.schema.models.first().ok_or_else(|| {
            Error::NotSupported("a schema without models has no procedures".to_owned())
        })?;
        let call = Call::new(&self.engine, Operation::FindMany, model, &self.limits);
        let call = call.of_procedure(procedure);
        call.at(args).measure()?;
        let args = procedure_arguments(&call.at(args), procedure)?;
        let answer = handler(ProcedureCall {
            client: self.clone(),
            args,
        });
        self.in_time(pin!(answer)).await
    }
}
