//! The data over HTTP: a function from request to response, without a framework and without sessions.
//!
//! [`DataService`] answers requests in the name of a person; who that is, is for the caller to find out. `request` and
//! `json` read what comes in and bound it, `exposed` says which models are there at all, `meta` carries what JSON has no
//! form for, `errors` says what went wrong; `rpc` is the one style, `rest` the other, and `live` gives results that stay as
//! they are.
//!
//! Invariants: whatever a request holds, the answer is a response. A model that is not exposed and one that does not
//! exist answer alike. The access rules hold as they do everywhere: this module makes no statement of its own.
//!
//! Source: contract zenstack §4.

mod conditional;
mod decline;
mod errors;
mod exposed;
mod json;
pub(crate) mod live;
mod meta;
pub mod openapi;
mod options;
mod request;
mod rest;
mod rpc;
mod service;

pub use conditional::conditional;
pub use decline::{Decline, Style, decline};
pub use errors::respond;
pub use exposed::{Exposure, ExposureError, Otherwise};
pub use live::{Follower, LiveStream, headers as live_headers};
pub use meta::{SerializationError, Writer, arguments};
#[cfg(test)]
pub(crate) use meta::{goes_unparsed, require_alike};
pub use options::{ErrorDetail, HttpLimits, HttpOptions};
pub use request::Request;
pub use rest::{PageSize, RestOptions, RestOptionsError};
pub use service::{DataService, ServiceError};
