use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;
use url::form_urlencoded;

use super::errors::Fault;
use super::options::HttpLimits;

/// What a client asks. Whoever serves it has cut off the prefix that the style is mounted at.
#[derive(Debug, Clone, Copy)]
pub struct Request<'r> {
    /// The method.
    pub method: &'r Method,
    /// The path after the prefix, still encoded: `/todo/findMany`.
    pub path: &'r str,
    /// The query as it was sent, without `?`; empty where there is none.
    pub query: &'r str,
    /// The body; empty where there is none.
    pub body: &'r [u8],
}

impl<'r> Request<'r> {
    /// Refuses what is too large to be looked at.
    pub(crate) fn check(&self, limits: &HttpLimits) -> Result<(), Fault> {
        if self.body.len() > limits.body_bytes {
            return Err(Fault::too_large(format!(
                "the request body is larger than {} bytes",
                limits.body_bytes
            )));
        }
        if self.query.len() > limits.query_bytes {
            return Err(Fault::too_long(format!(
                "the query string is longer than {} bytes",
                limits.query_bytes
            )));
        }
        Ok(())
    }

    /// The parts of the path, decoded; the slash that it begins with is none of them.
    ///
    /// SECURITY: CVE-2025-71399: an empty part is refused, not passed over. Whoever closes a path before us closes it as it is
    /// written, and `/note//deleteMany` must not be another way to it.
    pub(crate) fn segments(&self) -> Result<Vec<Cow<'r, str>>, Fault> {
        let parts = self.path.strip_prefix('/').unwrap_or(self.path).split('/');
        let decoded = parts.map(|part| {
            let decoded = percent_decode_str(part).decode_utf8().ok();
            decoded.filter(|part| !part.is_empty())
        });
        decoded
            .collect::<Option<_>>()
            .ok_or_else(|| Fault::bad("invalid request path"))
    }

    /// The query, decoded.
    pub(crate) fn parameters(&self) -> Parameters<'r> {
        Parameters(form_urlencoded::parse(self.query.as_bytes()).collect())
    }
}

/// The parameters of a query, in the order they were sent.
#[derive(Debug)]
pub(crate) struct Parameters<'r>(pub(crate) Vec<(Cow<'r, str>, Cow<'r, str>)>);

impl Parameters<'_> {
    /// The one parameter of this name, unless it is empty.
    pub(crate) fn one(&self, name: &str) -> Result<Option<&str>, Fault> {
        let mut found = self.0.iter().filter(|(one, _)| one == name);
        let first = found.next().map(|(_, value)| &**value);
        if found.next().is_some() {
            return Err(Fault::bad(format!("invalid \"{name}\" query parameter")));
        }
        Ok(first.filter(|value| !value.is_empty()))
    }
}
