//! Whether a password is known from breaches elsewhere, asked without saying which.
//!
//! A service is told the first five digits of a hash, and answers with all it knows that begin so: it learns one of a
//! million groups. Source: the range API of Pwned Passwords, which others speak too.

use std::fmt;

use async_trait::async_trait;
use sha1::{Digest, Sha1};

use super::Password;
use crate::environment::hex;

/// What to do with a password when the service does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unanswered {
    /// It is taken, and a line is logged.
    #[default]
    Take,
    /// Nobody can set a password until the service answers again.
    Refuse,
}

/// Why a service gave no answer. Nothing of the password stands in it.
#[derive(Debug, thiserror::Error)]
#[error("the breach service gave no answer: {reason}")]
pub struct BreachError {
    reason: String,
}

impl BreachError {
    /// With the reason, for the log.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}

/// Knows the hashes of passwords that were in breaches.
#[async_trait]
pub trait BreachService: Send + Sync + 'static {
    /// The hashes (SHA-1, in hex) that begin with these five digits, without them, each with `:` and how often it was
    /// seen, one in a line.
    async fn range(&self, prefix: &str) -> Result<String, BreachError>;
}

/// How many digits a service is told.
const PREFIX: usize = 5;

/// Asks the service.
pub(super) async fn is_known(
    service: &dyn BreachService,
    password: &Password,
) -> Result<bool, BreachError> {
    let digest = hex(&Sha1::digest(password.normalized())).to_uppercase();
    let (prefix, rest) = digest.split_at_checked(PREFIX).unwrap_or_default();
    holds(&service.range(prefix).await?, rest)
}

/// Lines with a count of zero are padding. Whoever answers with anything else than lines of hashes (a page to log in to some
/// network, a message) has not answered.
fn holds(lines: &str, rest: &str) -> Result<bool, BreachError> {
    let mut is_known = false;
    let lines = lines.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty()) {
        let no_range = || BreachError::new("it answered with what is no range");
        let (hash, count) = line.split_once(':').ok_or_else(no_range)?;
        let is_hash = hash.len() == rest.len() && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let count: u64 = count.trim().parse().map_err(|_| no_range())?;
        if !is_hash {
            return Err(no_range());
        }
        is_known |= count > 0 && hash.eq_ignore_ascii_case(rest);
    }
    Ok(is_known)
}

impl fmt::Debug for dyn BreachService {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BreachService(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    struct Fixed {
        answer: &'static str,
        asked: Mutex<Vec<String>>,
    }

    #[async_trait]
    impl BreachService for Fixed {
        async fn range(&self, prefix: &str) -> Result<String, BreachError> {
            self.asked.lock().unwrap().push(prefix.to_owned());
            Ok(self.answer.to_owned())
        }
    }

    /// SHA-1 of `password` is 5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8.
    #[tokio::test]
    async fn a_service_learns_five_digits_and_padding_counts_for_nothing() {
        for (answer, known) in [
            (
                "1E4C9B93F3F0682250B6CF8331B7EE68FD8:3861493\r\n",
                Some(true),
            ),
            (
                "0018A45C4D1DEF81644B54AB7F969B88D65:1\n1e4c9b93f3f0682250b6cf8331b7ee68fd8:2",
                Some(true),
            ),
            ("1E4C9B93F3F0682250B6CF8331B7EE68FD8:0", Some(false)),
            ("1E4C9B93F3F0682250B6CF8331B7EE68FD8", None),
            ("1E4C9B93F3F0682250B6CF8331B7EE68FD9:5", Some(false)),
            ("1E4C9B93F3F0682250B6CF8331B7EE68FD8:many", None),
            ("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:5", None),
            ("<html>", None),
            ("", Some(false)),
        ] {
            let service = Fixed {
                answer,
                asked: Mutex::default(),
            };
            let password = Password::parse("password").unwrap();
            let found = is_known(&service, &password).await;
            assert_eq!(found.ok(), known, "{answer}");
            assert_eq!(*service.asked.lock().unwrap(), ["5BAA6"]);
        }
    }
}
