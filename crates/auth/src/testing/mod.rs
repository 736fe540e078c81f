//! What tests of sign-in need: a store in memory, the kit that judges stores, other servers by script, a fixed clock and
//! seeded randomness.
//!
//! Feature `testing`. Nothing here is for production.

pub mod authenticator;
pub mod clock;
pub mod http;
pub mod kit;
pub mod memory;
pub mod random;
pub mod rotating;
pub mod signer;
