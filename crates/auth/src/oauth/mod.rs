//! OAuth 2 and OpenID Connect as a client: discovery, token requests, signed tokens, profiles.
//!
//! Knows providers and answers, and no route, cookie or store: `flows::oauth` does.
//!
//! SECURITY: every answer of a service is hostile: bounded in size and time, parsed strictly, and what it says is believed
//! only after it was checked. RFC 9700 is followed where Auth.js does not.
//!
//! Source: contract authjs §5.3; RFC 6749, 7636, 9207, 9700; OpenID Connect Core 1.0, Discovery 1.0.

mod address;
pub mod callback;
mod claims;
mod client;
mod client_authentication;
mod discovery;
mod error;
mod exchange;
mod fetch;
mod id_token;
mod identify;
mod jose;
mod json;
mod logout_token;
mod metadata;
mod refusal;
mod remembered;
mod revoke;
mod signed;
#[cfg(test)]
mod tests;
mod token_answer;
mod tokens;
mod userinfo;

pub use address::Address;
pub use client::OAuth;
pub(crate) use client_authentication::can_sign;
pub use error::OAuthError;
pub use exchange::Known;
pub use identify::{CodeGrant, Identity};
pub use logout_token::LogoutToken;
pub use metadata::Metadata;
pub use revoke::TokenHint;
pub(crate) use signed::is_strong;
pub use tokens::TokenSet;
pub use userinfo::UserInfoCall;
