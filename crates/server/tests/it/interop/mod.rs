//! Hallpass beside the real packages of Auth.js (`interop/authjs`), and with its unmodified client in a browser.
//!
//! The Rust side decides what is right; the Node.js side only uses the packages. What each part proves, and with which
//! versions, stands in `interop/README.md`.

mod address;
mod authjs;
mod browser;
mod client;
mod conversation;
mod express;
mod jar;
mod node;
mod oidc;
mod passwords;
mod server;
mod shared;
mod tokens;
mod webhooks;
mod wire;
mod zenstack;

#[expect(
    clippy::disallowed_methods,
    reason = "both servers go by the clock of this machine"
)]
pub(crate) fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
