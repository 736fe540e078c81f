use std::time::Duration;

/// How a [`Database`](crate::Database) uses its connections.
#[derive(Debug, Clone)]
pub struct Options {
    /// Connections open at the same time, at most. PostgreSQL shares half of them, where there are four
    /// or more, among reads by key. SQLite opens
    /// one for writing and up to four for reading.
    pub max_connections: usize,
    /// How long a call waits for a free connection before it gives up.
    pub acquire_timeout: Duration,
    /// How long opening one connection may take.
    pub connect_timeout: Duration,
    /// How long one statement may run; it is then stopped. `None` lets it run.
    pub statement_timeout: Option<Duration>,
    /// Prepared statements a connection keeps; the least recently used goes first.
    pub statement_cache: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_connections: 10,
            acquire_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Some(Duration::from_secs(30)),
            statement_cache: 256,
        }
    }
}
