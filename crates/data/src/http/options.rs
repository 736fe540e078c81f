use super::{Exposure, RestOptions};

/// How the data is served over HTTP.
#[derive(Debug, Clone, Default)]
pub struct HttpOptions {
    /// Which models are there.
    pub exposure: Exposure,
    /// How much one request may ask for.
    pub limits: HttpLimits,
    /// What a refusal of the database tells.
    pub errors: ErrorDetail,
    /// What the REST style looks like.
    pub rest: RestOptions,
}

/// How much one request may ask for. What a call may cost the database stands in the client's own limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Bytes of a query string, as it was sent.
    pub query_bytes: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            query_bytes: 60 << 10,
        }
    }
}

/// What a refusal of the database tells the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorDetail {
    /// What kind of refusal it is, the fields of the schema that it is about, and the database's code.
    #[default]
    Fields,
    /// And the words of the driver, which name tables, columns and constraints: for tests, never for strangers.
    Database,
}
