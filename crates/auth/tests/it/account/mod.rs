//! Accounts: proving an address, passwords, leaving. Each file is one flow.

mod address;
mod leaving;
mod linked;
mod mails;
mod names;
mod overview;
mod passwords;
mod programs;
mod proof;
mod registration;
mod registration_limits;
mod strength;
pub(crate) mod support;
