//! Runs of the real binary, from outside.

mod browser;
mod configuration;
mod connections;
mod databases;
mod dev;
mod harness;
mod recovery;
