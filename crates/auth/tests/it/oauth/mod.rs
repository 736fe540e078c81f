//! Sign-in at other services.

mod before_proof;
mod callback;
mod catalogue;
mod configuration;
mod leaving;
mod linking;
mod oidc;
mod posted;
mod proxy;
mod races;
mod revocation;
mod security;
pub(crate) mod service;
mod start;
mod ways_in;
