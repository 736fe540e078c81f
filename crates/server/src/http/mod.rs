//! HTTP around the application: connections and their bounds, headers, logs, host names, health.
//!
//! Nothing here knows what the application does.

mod body;
pub(crate) mod connections;
pub(crate) mod health;
pub(crate) mod hosts;
mod icon;
mod log;
mod patience;
mod security;
pub(crate) mod site;
