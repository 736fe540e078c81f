//! Passwords as the settings say.

use std::num::NonZeroUsize;
use std::sync::Arc;

use hallpass::DataAdapter;
use hallpass::auth::AuthBuilder;
use hallpass::auth::password::{HasherOptions, PasswordSettings, PwnedPasswords, PwnedSettings};
use hallpass::auth::providers::PasswordProvider;

use crate::config::Passwords;
use crate::failure::Failure;
use crate::store::Store;

/// The name of sign-in by password in paths: `/api/auth/callback/password`.
const PROVIDER: &str = "password";

/// The same sign-in, with passwords.
///
/// # Errors
/// [`Failure`] says which setting cannot be used, or what the schema lacks.
pub(crate) fn add(
    auth: AuthBuilder,
    passwords: Passwords,
    store: &Store,
) -> Result<AuthBuilder, Failure> {
    let adapter = DataAdapter::new(store.client())?;
    let adapter = match &passwords.field {
        Some(field) => adapter.password_field(field)?,
        None => adapter.password_store()?,
    };
    let provider = PasswordProvider::new(PROVIDER).unverified(passwords.unverified);
    let mut settings = PasswordSettings::new(adapter)
        .hasher(hasher(&passwords))
        .rules(passwords.rules)
        .upgrade(passwords.upgrade);
    if let Some(check) = passwords.breaches {
        let mut pwned = PwnedSettings::default();
        if let Some(url) = check.url {
            pwned.base = url;
        }
        settings = settings.breaches(PwnedPasswords::new(&pwned)?, check.unanswered);
    }
    Ok(auth.passwords(settings).provider(provider))
}

fn hasher(passwords: &Passwords) -> HasherOptions {
    let defaults = HasherOptions::default();
    let threads = passwords.threads.unwrap_or(defaults.threads);
    let each = NonZeroUsize::MIN.saturating_add(31);
    HasherOptions {
        algorithm: passwords.algorithm,
        threads,
        waiting: passwords.waiting.unwrap_or(threads.saturating_mul(each)),
        on_thread_start: Arc::new(hallpass::system::yield_to_others),
    }
}
