//! One suite, run on every database there is; see `hallpass_db::testing`.
//!
//! Inside the crate, because a MariaDB server also stands in for MySQL: its client speaks the dialect without
//! RETURNING, which no public constructor offers.

mod aggregates;
mod concurrency;
mod corpus;
mod delegates;
mod field_services;
mod finding;
mod fitting;
mod for_ever;
mod holding;
#[cfg(feature = "http")]
mod http;
mod input;
mod inspecting;
mod isolation;
mod limits;
mod lists;
mod live;
mod migrating;
mod native_types;
mod opening;
mod plans;
mod policies;
mod preparing;
mod pulling;
mod reading;
mod records;
#[cfg(feature = "http")]
mod rest;
mod row_security;
mod shapes;
mod structure;
pub(crate) mod support;
mod tables;
mod transactions;
mod typed_documents;
mod upserting;
mod validation;
mod writes;
mod writing;
mod wrong_input;
