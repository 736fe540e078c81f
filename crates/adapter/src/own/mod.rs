//! What Hallpass keeps beyond the sign-in tables of Auth.js: one file for each store trait of `auth`.

mod passwords;

pub(crate) use passwords::{DEFAULT_FIELD as PASSWORD_FIELD, Passwords};
