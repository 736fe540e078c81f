//! Conversations with the harness program, as suites of other engines hold them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod conversations;
mod program;
mod schemas;
