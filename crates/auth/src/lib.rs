//! The sign-in engine: a function from request to response.
//!
//! Invariant: no web framework, no SQL, no globals, no clock or randomness of its own.

pub mod adapter;
pub mod environment;
pub mod mail;
pub mod pages;
pub mod secret;
