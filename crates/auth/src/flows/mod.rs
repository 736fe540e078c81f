//! What the routes do: each flow loads, decides, writes and reports.

pub(crate) mod access_token;
pub(crate) mod account;
pub(crate) mod backchannel_logout;
pub(crate) mod credentials;
pub(crate) mod email;
pub(crate) mod oauth;
pub(crate) mod pages;
pub(crate) mod passkey;
pub(crate) mod password;
pub(crate) mod second_factor;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
mod ways_in;
