//! Signed tokens: their form, their keys, their signatures. Who signed what for whom is judged elsewhere.
//!
//! SECURITY: a key is of one kind, and the algorithm must be of that kind: a public key can never be taken for the secret
//! of an HMAC, and there is no `none` (RFC 8725 §3.1, §3.2). Keys come from the service's own key set; what a token says of
//! keys (`jwk`, `jku`, `x5c`, `x5u`) is not read.
//!
//! Source: RFC 7515, 7517, 7518, 8037.

mod jws;
mod keys;
mod signing;

pub(super) use jws::{Jws, mac_fits};
pub(super) use keys::KeySet;
pub(super) use signing::{sign, sign_with_secret};
