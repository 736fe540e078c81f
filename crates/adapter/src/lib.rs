//! The sign-in tables through the engine: [`DataAdapter`] is `auth`'s [`Adapter`](hallpass_auth::adapter::Adapter) over
//! `data`, and the layouts say what those tables look like.
//!
//! Invariant: no text of SQL and nothing about one database; what differs between layouts stands in their `.zmodel`
//! files. An application's own schema serves as well, as long as it has the models and fields of [`LayoutError`]'s table.
//!
//! To add a layout: see [`layouts`].

mod accounts;
mod addresses;
mod at_rest;
mod at_rest_accounts;
mod convert;
pub mod doctor;
mod expired;
mod layout;
pub mod layouts;
mod own;
pub mod recognise;
mod sessions;
mod sign_in;
mod statements;
mod store;
mod unique;

pub use at_rest::{AtRest, SessionTable, decide_tokens_at_rest};
pub use at_rest_accounts::AccountTokensAtRest;
pub use layout::LayoutError;
pub use own::OWN_TABLES;
pub use store::DataAdapter;

/// The tables of the Prisma adapter of Auth.js: what a new database gets. See `docs/design/database-default-layout.md`.
pub const PRISMA_LAYOUT: &str = layouts::PRISMA;

#[cfg(test)]
mod suite;
