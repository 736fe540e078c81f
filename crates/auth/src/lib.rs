//! The sign-in engine: a function from request to response.
//!
//! Invariant: no web framework, no SQL, no globals, no clock or randomness of its own.

pub mod adapter;
pub mod cookies;
pub mod environment;
pub mod identifier;
pub mod jwe;
pub mod mail;
pub mod origin;
pub mod pages;
pub mod path;
pub mod redirect;
pub mod secret;
pub mod secrets;
pub mod session;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod time;
pub mod token;
pub mod variables;
pub mod verification;
