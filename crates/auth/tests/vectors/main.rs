//! The machine-made vectors of the Auth.js contract, each held against our primitives, and the published flaws
//! that touch them.
//!
//! `authjs.json` was produced by the real library; `meta` in it says by which versions.

#![cfg(feature = "testing")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at what they do not expect"
)]

mod addresses;
mod chunks;
mod cookies;
mod passwords;
mod paths;
mod sealed;
mod security;
mod support;
mod tokens;
mod variables;
