//! Runs of the real binary, from outside.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that meets the unexpected fails"
)]

mod accounts;
mod auditing;
mod browser;
mod changes;
mod configuration;
mod connections;
mod console;
mod data;
mod databases;
mod dev;
mod doctor;
mod faults;
mod following;
mod for_servers;
mod foreign_rows;
mod half_migrated;
mod harness;
mod interop;
mod limits;
mod passkeys;
mod policies;
mod recovery;
mod replicas;
mod row_security;
mod services;
mod tables;
mod unproven;
mod zmodel;
