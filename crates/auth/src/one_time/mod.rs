//! Links that work once: what a mail carries to prove that its reader owns a mailbox.
//!
//! SECURITY: a token is of one [`Purpose`]. The purpose stands in its text, in the key its hash is made with and in the
//! key of the stored row, so a link of one purpose is worth nothing for another (CVE-2026-110862, CVE-2026-4282). The
//! store keeps hashes only, and gives a record to one caller, once.
//!
//! Never here: the links that sign in, whose rows Auth.js reads and writes too; those are
//! [`verification`](crate::verification)'s.
//!
//! To add a purpose: one row of the table in `purpose.rs`, and the flow that takes it.

mod keys;
mod purpose;
mod store;
mod token;

pub use keys::OneTimeKeys;
pub use purpose::Purpose;
pub use store::{OneTimeRecord, OneTimeStore};
pub use token::OneTimeToken;
