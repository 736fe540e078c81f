//! Passwords: what a person types, what a store keeps of it, and the work between the two.
//!
//! [`Password`] is what was typed, [`PasswordHash`] the text in the user's row, [`Hasher`] makes the second of the
//! first and compares the two, on threads of its own. [`PasswordStore`] is where the texts are kept.
//!
//! Invariant: neither is ever printed, logged, sent to a browser or made part of a [`User`](crate::adapter::User).
//! Nobody learns from the answer or its time whether there is a password to compare with.
//!
//! `rules` says what a new password must be, `service` what flows do with all of it.
//!
//! To add a form of hashes: a file in `hash/`, a row in `hash::FORMS`, vectors in `tests/vectors/passwords.json`.

mod breach;
mod hash;
mod hasher;
mod pool;
#[cfg(feature = "http")]
mod pwned;
mod rules;
mod service;
mod store;
mod strength;
mod text;

pub use breach::{BreachError, BreachService, Unanswered};
pub use hash::{Algorithm, HashFault};
pub use hasher::{Hasher, HasherError, HasherOptions, Verdict};
#[cfg(feature = "http")]
pub use pwned::{PwnedPasswords, PwnedSettings, PwnedSettingsError};
pub use rules::{Common, Rules, Weakness};
pub(crate) use service::Passwords;
pub use service::{PasswordSettings, Upgrade};
pub use store::PasswordStore;
pub use strength::Strength;
pub use text::{Password, PasswordHash, PasswordTooLong};
