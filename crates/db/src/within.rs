use std::time::Duration;

/// What one statement may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Within {
    /// How long it may run, where that is shorter than [`Options::statement_timeout`](crate::Options::statement_timeout).
    pub time: Option<Duration>,
    /// How many bytes the rows of a read may be, counted while they come: no row is kept that goes beyond it.
    pub bytes: Option<u64>,
}
