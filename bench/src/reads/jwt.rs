//! Session tokens of the jwt strategy, sealed as a sign-in would seal them.

use std::time::{Duration, UNIX_EPOCH};

use anyhow::Result;
use hallpass_auth::environment::Random;
use hallpass_auth::jwe::{Keys, Lifetime};
use hallpass_auth::secret::Secret;
use hallpass_auth::secrets::Secrets;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::people::person;

const MAX_AGE: Duration = Duration::from_secs(30 * 86_400);

struct SystemRandom;

impl Random for SystemRandom {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is a program of its own, and its source of randomness"
    )]
    #[expect(
        clippy::expect_used,
        reason = "without randomness there is nothing to measure"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the system has no randomness");
    }
}

/// One token for each number.
pub(crate) fn tokens(secret: &str, cookie: &str, numbers: &[usize]) -> Result<Vec<String>> {
    let keys = Keys::derive(&Secrets::new([Secret::new(secret.to_owned())])?, cookie);
    let lifetime = Lifetime {
        now: Timestamp::try_from(UNIX_EPOCH + UNIX_EPOCH.elapsed()?)?,
        max_age: MAX_AGE,
    };
    Ok(numbers
        .iter()
        .map(|number| keys.encode(claims(*number), lifetime, &SystemRandom))
        .collect())
}

fn claims(number: usize) -> Map<String, Value> {
    let person = person(number);
    let claims = [
        ("name", person.name),
        ("email", person.email),
        ("picture", person.image),
        ("sub", person.id),
    ];
    claims
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::String(value)))
        .collect()
}
