//! The one place that asks the system for randomness.

use hallpass::auth::environment::Random;

/// The system's source of randomness.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemRandom;

impl Random for SystemRandom {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the randomness that everything else asks for"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            // SECURITY: going on with predictable bytes would hand out guessable sessions.
            tracing::error!(%error, "the system gives no randomness; stopping");
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_differ() {
        let (one, other) = (SystemRandom.hex_token(), SystemRandom.hex_token());
        assert_eq!(one.len(), 64);
        assert!(one.chars().all(|digit| digit.is_ascii_hexdigit()));
        assert_ne!(one, other);
    }
}
