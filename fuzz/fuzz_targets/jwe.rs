//! Any text as a token: nothing panics, and nothing opens that we did not seal.

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use hallpass_auth::environment::Random;
use hallpass_auth::jwe::{Keys, Lifetime};
use hallpass_auth::secret::Secret;
use hallpass_auth::secrets::Secrets;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let secrets = Secrets::new([Secret::new("secret")]).expect("one secret");
    Keys::derive(&secrets, "authjs.session-token")
});

/// The same bytes each time, so that a finding repeats.
struct Given(&'static [u8]);

impl Random for Given {
    fn fill(&self, bytes: &mut [u8]) {
        bytes
            .iter_mut()
            .zip(self.0)
            .for_each(|(to, from)| *to = *from);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let now = Timestamp::UNIX_EPOCH;
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(KEYS.decode(text, now).is_err(), "opened without the key");
    }
    if let Ok(Value::Object(claims)) = serde_json::from_slice::<Value>(bytes) {
        comes_back(claims, now);
    }
});

fn comes_back(claims: Map<String, Value>, now: Timestamp) {
    let lifetime = Lifetime {
        now,
        max_age: Duration::from_secs(60),
    };
    let token = KEYS.encode(claims.clone(), lifetime, &Given(b"0123456789abcdef"));
    if let Ok(decoded) = KEYS.decode(&token, now) {
        for name in claims.keys() {
            assert!(decoded.contains_key(name));
        }
    }
}
