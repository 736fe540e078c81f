use crate::Value;

/// A statement ready for a driver: text with the dialect's placeholders, and what to bind to them.
///
/// Built once by [`emit`](crate::emit) and run many times: the text is the key of a driver's cache of
/// prepared statements, and [`Bind::Parameter`] leaves room for the values of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The statement; placeholders stand in the order of `binds`.
    pub text: String,
    /// One entry a placeholder, in order.
    pub binds: Vec<Bind>,
    /// Whether the statement changes anything; SQLite sends the two kinds to different connections.
    pub access: Access,
}

/// What a placeholder stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Bind {
    /// A value known when the statement was built.
    Value(Value),
    /// The n-th argument of a run, counted from 0.
    Parameter(usize),
}

/// Whether a statement reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Changes nothing.
    Read,
    /// May change rows or tables.
    Write,
}
