//! Services where people have accounts: the tables below `[providers]`, and the variables of Auth.js.
//!
//! A table is called as the service is in the catalogue (`[providers.github]`), or says its `type`: a service of the
//! catalogue once more, `oidc` or `oauth` for any other.
//!
//! Source: contract authjs §12.

mod build;
mod keys;
mod variables;

use hallpass::auth::providers::oauth::OAuthProvider;

pub(super) use variables::tables;

use super::read::Reader;

impl Reader {
    /// The providers. One with a trouble is left out, and the trouble is reported.
    pub(super) fn providers(&mut self) -> Vec<OAuthProvider> {
        let mut providers = Vec::new();
        for table in std::mem::take(&mut self.providers) {
            match table.and_then(build::provider) {
                Ok(provider) => providers.push(provider),
                Err(trouble) => self.trouble(trouble),
            }
        }
        providers
    }
}

/// Whether this can be the name of a provider: it stands in paths, in variables and in the accounts of users.
fn is_name(text: &str) -> bool {
    let plain = |sign: u8| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

#[cfg(test)]
mod tests;
