//! What people do with their accounts: prove the address, choose a new password, change either, leave.
//!
//! Each step checks its own proof again (CVE-2026-18963): a link is judged and used up in the transaction that does what
//! it is for ([`AccountStore::redeem`]), and whoever is signed in proves it once more before anything that locks others out.
//! Nothing here tells a stranger whether an address has an account: such answers go by mail, to the owner of the
//! address.
//!
//! The routes are in `flows/account/`, the pages in `pages/account/`, the mails in `letters.rs`.
//!
//! To add something a link can do: a row in [`Purpose`](crate::one_time::Purpose), a variant of [`Effect`] with its arm in
//! `store.rs`, its letter, and its flow.

mod api;
mod letters;
pub(crate) mod name;
mod refusal;
mod register;
mod settings;
pub(crate) mod steps;
mod store;

pub use api::{AccountApi, AccountError};
pub use letters::{AccountLetter, MailKind};
pub use refusal::Refusal;
pub(crate) use refusal::sentence;
pub use register::{AfterRegister, Existing, Registration};
pub use settings::Accounts;
pub use store::{AccountStore, Effect, Opener, PasswordChange, Redeemed, change_password, redeem};
