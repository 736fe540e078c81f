//! The second factor.

mod devices;
mod passkeys;
mod setup;
mod sign_in;
mod step_up;
mod support;
