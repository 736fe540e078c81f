//! The services that are known: some ninety, each a row of data.
//!
//! ```
//! use hallpass_auth::providers::catalogue::{self, Registration};
//! use hallpass_auth::secret::Secret;
//!
//! # fn main() -> Result<(), catalogue::CatalogueError> {
//! let github = catalogue::github(Registration::new("client-id", Secret::new("client-secret")))?;
//! let company = catalogue::keycloak(
//!     Registration::new("client-id", Secret::new("client-secret"))
//!         .issuer("https://id.example.com/realms/company"),
//! )?;
//! assert_eq!(github.id(), "github");
//! # assert_eq!(company.name(), "Keycloak");
//! # Ok(())
//! # }
//! ```
//!
//! To add a service: a row in `entries/`, its logo in `logos.rs` if there is a free one, its line in `docs/providers.md`. Only what a row cannot say
//! is code: a file in `services/` with its [`Quirks`](super::oauth::Quirks), named by the row's `adjust`.
//!
//! PKCE, `state` and `nonce` are asked for wherever the service takes them, whatever Auth.js asks for (RFC 9700 §2.1). Scopes
//! are those of Auth.js, the `openid profile email` included that its core sends to services without a scope of their own.
//!
//! Source: contract authjs §11; the table of `@auth/core` 0.41.3.

mod entries;
mod entry;
mod logos;
mod registration;
mod services;

#[cfg(test)]
mod tests;

pub use entries::{a_to_f::*, g_to_o::*, openid_connect::*, p_to_z::*};
pub use registration::{CatalogueError, Registration};

use super::oauth::{OAuthProvider, Protocol};
use entry::{Entry, Kind, Need};

/// The service with this id, as `github`.
///
/// # Errors
/// [`CatalogueError`] says what the registration lacks, and [`CatalogueError::Unknown`] that there is no such service.
pub fn provider(id: &str, registration: &Registration) -> Result<OAuthProvider, CatalogueError> {
    match find(id) {
        Some(entry) => entry.provider(registration),
        None => Err(CatalogueError::Unknown { id: id.to_owned() }),
    }
}

/// What is known of a service before it is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// Its name in paths, settings and accounts.
    pub id: &'static str,
    /// The name people see.
    pub name: &'static str,
    /// What it speaks.
    pub protocol: Protocol,
    /// Whether the address of the issuer must be given.
    pub needs_issuer: bool,
    /// Further settings that it takes.
    pub options: &'static [ServiceOption],
}

/// A further setting of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceOption {
    /// Its name in settings, as `account_id`.
    pub name: &'static str,
    /// What it may hold.
    pub(crate) kind: Kind,
    /// What holds without it.
    pub(crate) need: Need,
}

impl ServiceOption {
    /// Whether the service cannot be used without it.
    pub fn is_required(&self) -> bool {
        matches!(self.need, Need::Required)
    }
}

/// All services.
pub fn services() -> impl Iterator<Item = Service> {
    all().map(|entry| Service {
        id: entry.id,
        name: entry.name,
        protocol: entry.protocol,
        needs_issuer: entry.needs_issuer(),
        options: entry.options,
    })
}

fn all() -> impl Iterator<Item = &'static Entry> {
    entries::ALL.iter().copied().flatten()
}

fn find(id: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.id == id)
}
