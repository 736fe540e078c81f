//! The real clock and the real random source, for whoever runs an application.

use jiff::Timestamp;

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The random source of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl hallpass_auth::environment::Clock for SystemClock {
    fn now(&self) -> Timestamp {
        now()
    }
}

impl hallpass_data::Clock for SystemClock {
    fn now(&self) -> Timestamp {
        now()
    }
}

impl hallpass_auth::environment::Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        fill(bytes);
    }
}

impl hallpass_data::Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        fill(bytes);
    }
}

/// From now on this thread works only while others have nothing to do, where the system has a word for it: for threads
/// that hash passwords ([`HasherOptions::on_thread_start`]).
///
/// [`HasherOptions::on_thread_start`]: hallpass_auth::password::HasherOptions::on_thread_start
pub fn yield_to_others() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(19) {
        tracing::debug!(%error, "a thread does not yield to others");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock that everything else asks"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the randomness that everything else asks for"
)]
fn fill(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        // SECURITY: going on with predictable bytes would hand out sessions that can be guessed.
        tracing::error!(%error, "the system gives no randomness; stopping");
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use hallpass_auth::environment::Random as _;

    use super::*;

    #[test]
    fn random_tokens_are_long_and_differ() {
        let (one, other) = (SystemRandom.hex_token(), SystemRandom.hex_token());
        assert_eq!(one.len(), 64);
        assert_ne!(one, other);
    }
}
