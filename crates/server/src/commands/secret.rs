//! `hallpass secret`: prints a new random secret.

use std::io::{self, Write as _};

use hallpass::auth::environment::Random as _;

use hallpass::system::SystemRandom;

/// Prints one secret and nothing else, so that `AUTH_SECRET=$(hallpass secret)` works.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn run() -> io::Result<()> {
    writeln!(io::stdout(), "{}", SystemRandom.hex_token())
}
