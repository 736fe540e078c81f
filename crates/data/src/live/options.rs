use std::time::Duration;

/// How many live queries there may be, and how often they read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveOptions {
    /// Live queries at the same time. Of nobody, who has no limit of its own, there are half as many at most.
    pub queries: usize,
    /// Of one person.
    pub queries_of_person: usize,
    /// Rows of a result, relations not counted. One with more is refused, not cut.
    pub rows: u64,
    /// Bytes of a result as JSON. A larger one is refused.
    pub result_bytes: usize,
    /// Bytes of all results that are held together, be it for readers who are slow to take them.
    pub all_bytes: usize,
    /// Between two reads of one query there is so much time at least, however much is written.
    pub pace: Duration,
    /// After so much time at most it is looked at anew who asks, whether the session goes on, and what the query gives:
    /// that finds what no wake told.
    pub look_again: Duration,
    /// When so much time has passed without anything to say, that is said.
    pub heartbeat: Duration,
    /// After how much time a client that lost the connection should come back.
    pub retry: Duration,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            queries: 2048,
            queries_of_person: 20,
            rows: 1000,
            result_bytes: 1 << 20,
            all_bytes: 256 << 20,
            pace: Duration::from_millis(100),
            look_again: Duration::from_secs(30),
            heartbeat: Duration::from_secs(15),
            retry: Duration::from_secs(2),
        }
    }
}
