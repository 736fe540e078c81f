//! What fields of a schema may ask for, as the settings say.

use std::sync::Arc;

use hallpass::data::{
    ClientOptions, DialectVersion, Encryption, FieldServices, Random as _, Threads, ThreadsOptions,
};
use hallpass::system::{SystemRandom, yield_to_others};

use crate::config::Fields;

/// Keys and threads for `@encrypted` and `@password`.
pub(crate) fn services(settings: Fields) -> FieldServices {
    let defaults = ThreadsOptions::default();
    let threads = settings.threads.unwrap_or(defaults.threads);
    let waiting = settings.waiting.unwrap_or(defaults.waiting);
    let threads = ThreadsOptions {
        threads,
        waiting,
        // Whoever signs in or reads goes first.
        on_thread_start: Arc::new(yield_to_others),
    };
    FieldServices {
        encryption: Some(settings.encryption),
        password: settings.password,
        workers: Some(Arc::new(Threads::new(threads))),
        ..FieldServices::default()
    }
}

/// For commands that open a database only to look at it: they need no secret, for they open and seal nothing. A schema
/// with encrypted fields asks for a key nevertheless, so it gets one that nobody else has.
pub(crate) fn options_to_look() -> ClientOptions {
    let mut key = [0; 32];
    SystemRandom.fill(&mut key);
    let mut options = hallpass::client_options();
    options.fields.encryption = Some(Encryption::new(&key));
    options
}

/// The same for commands that say what the rules say, where generations of the language disagree about it.
pub(crate) fn options_to_judge(dialect: DialectVersion) -> ClientOptions {
    ClientOptions {
        dialect_version: dialect,
        ..options_to_look()
    }
}
