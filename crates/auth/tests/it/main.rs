//! The sign-in engine from outside: requests in, responses out, on the memory adapter.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at what they do not expect"
)]

mod account;
mod app;
#[cfg(feature = "http")]
mod breaches;
mod callbacks;
mod cleanup;
mod config;
mod confirm;
mod credentials;
mod email;
mod events;
mod for_servers;
mod guesses;
mod hosts;
mod html;
mod intake;
mod kit;
mod limits;
mod linking;
mod logs;
mod oauth;
mod pages;
mod passkey_api;
mod passkeys;
mod password_changes;
mod passwords;
mod properties;
mod races;
mod routes;
mod second_factor;
mod security;
mod server_side;
mod session_database;
mod session_jwt;
mod sessions;
mod tokens_for_later;
mod transcripts;
mod unavailable;
mod unproven;
mod witnesses;
