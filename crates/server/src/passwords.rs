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

/// The store, which keeps passwords in the field that the settings name.
///
/// SECURITY: everything uses this one. Another would show the field among the members of a user, and leave the password
/// of an unproven user where the address is proven by somebody else.
///
/// # Errors
/// [`Failure`] says what the schema lacks.
pub(crate) fn adapter(
    passwords: Option<&Passwords>,
    store: &Store,
) -> Result<DataAdapter, Failure> {
    let adapter = DataAdapter::new(store.client())?;
    Ok(match passwords {
        None => adapter,
        Some(Passwords {
            field: Some(field), ..
        }) => adapter.password_field(field)?,
        Some(Passwords { field: None, .. }) => adapter.password_store()?,
    })
}

/// The same sign-in, with passwords.
///
/// # Errors
/// [`Failure`] says which setting cannot be used.
pub(crate) fn add(
    auth: AuthBuilder,
    passwords: Passwords,
    adapter: DataAdapter,
) -> Result<AuthBuilder, Failure> {
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
    let auth = auth.passwords(settings).provider(provider);
    Ok(match passwords.registration {
        Some(registration) => auth.registration(registration),
        None => auth,
    })
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
