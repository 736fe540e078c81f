//! The emitter, statement by statement and dialect by dialect.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod errors;
mod json;
mod properties;
mod rows;
mod support;
mod tables;
