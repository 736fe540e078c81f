use http::{Method, StatusCode};

use crate::args::parse::cut;
use crate::http::errors::Fault;
use crate::operation::Operation;

/// How an operation is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    pub(crate) operation: Operation,
    verb: Verb,
    /// The status of an answer with data.
    pub(crate) success: StatusCode,
}

/// The methods of an operation, and where its arguments stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Get,
    Post,
    Change,
    Delete,
}

impl Route {
    /// The route of an operation by its name.
    pub(crate) fn of(name: &str) -> Result<Self, Fault> {
        let operation = Operation::from_name(name);
        let found = operation.and_then(|operation| Some((operation, verb(operation)?)));
        let (operation, verb) =
            found.ok_or_else(|| Fault::bad(format!("invalid operation: {}", cut(name))))?;
        let success = match verb {
            Verb::Post => StatusCode::CREATED,
            Verb::Get | Verb::Change | Verb::Delete => StatusCode::OK,
        };
        Ok(Self {
            operation,
            verb,
            success,
        })
    }

    /// Refuses other methods.
    pub(crate) fn takes(self, method: &Method) -> Result<(), Fault> {
        let (taken, names) = match self.verb {
            Verb::Get => (*method == Method::GET, "only GET is"),
            Verb::Post => (*method == Method::POST, "only POST is"),
            Verb::Change => (
                *method == Method::PUT || *method == Method::PATCH,
                "only PUT or PATCH are",
            ),
            Verb::Delete => (*method == Method::DELETE, "only DELETE is"),
        };
        if taken {
            return Ok(());
        }
        Err(Fault::bad(format!(
            "invalid request method, {names} supported"
        )))
    }

    /// The method; of those that change a row also `PATCH`.
    pub(crate) fn method(self) -> Method {
        match self.verb {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
            Verb::Change => Method::PUT,
            Verb::Delete => Method::DELETE,
        }
    }

    /// Whether it changes nothing.
    pub(crate) fn is_read(self) -> bool {
        self.verb == Verb::Get
    }

    /// Whether the arguments are the body, not a parameter of the query.
    pub(crate) fn has_body(self) -> bool {
        matches!(self.verb, Verb::Post | Verb::Change)
    }
}

/// Those that raise an error where there is no row have no route.
fn verb(operation: Operation) -> Option<Verb> {
    match operation {
        Operation::FindMany
        | Operation::FindFirst
        | Operation::FindUnique
        | Operation::Exists
        | Operation::Check
        | Operation::Count
        | Operation::Aggregate
        | Operation::GroupBy => Some(Verb::Get),
        Operation::Create
        | Operation::CreateMany
        | Operation::CreateManyAndReturn
        | Operation::Upsert => Some(Verb::Post),
        Operation::Update | Operation::UpdateMany | Operation::UpdateManyAndReturn => {
            Some(Verb::Change)
        }
        Operation::Delete | Operation::DeleteMany => Some(Verb::Delete),
        Operation::FindFirstOrThrow | Operation::FindUniqueOrThrow => None,
    }
}
