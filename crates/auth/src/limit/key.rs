//! Which counter: an action, for one subject, which nobody can read back from the key.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;

use super::{LimitedAction, Quota, Subject};
use crate::environment::hex;
use crate::secrets::Secrets;

/// The key of a counter: what is counted, and a keyed hash of whom it is counted for.
///
/// SECURITY: mail addresses and client addresses are personal data, and few enough to be guessed from a plain hash.
/// Whoever has a copy of the counters, but not the secret, learns neither.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LimitKey {
    text: String,
    class_length: usize,
}

/// What every class and hash together fit into, in bytes.
const MAX_LENGTH: usize = 100;

impl LimitKey {
    /// A key from the name of what is counted (letters, digits, `_` and `.`) and the hash of a subject.
    pub(crate) fn new(class: &str, subject: &[u8]) -> Self {
        let text = format!("{class}.{}", hex(subject));
        debug_assert!(text.len() <= MAX_LENGTH, "stores keep at most this much");
        Self {
            class_length: class.len(),
            text,
        }
    }

    /// The whole key: ASCII, at most 100 bytes.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What is counted, without the subject.
    pub fn class(&self) -> &str {
        self.text.get(..self.class_length).unwrap_or_default()
    }
}

impl fmt::Display for LimitKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Makes keys. All replicas with the same secrets make the same ones, and so do those that have a newer one beside.
pub(super) struct LimitKeys(Hkdf<Sha256>);

impl LimitKeys {
    pub(super) fn derive(secrets: &Secrets) -> Self {
        let secret = secrets.oldest().expose().as_bytes();
        Self(Hkdf::new(Some(b"hallpass limit subjects"), secret))
    }

    /// The key of one quota of an action. Quotas of one subject differ in their windows, and so do their counters.
    pub(super) fn key(
        &self,
        (action, subject): (LimitedAction, Subject),
        quota: Quota,
        parts: &[&str],
    ) -> LimitKey {
        let window = quota.window.as_secs();
        let class = format!("{}.{}.{window}", action.name(), subject.name());
        LimitKey::new(&class, &self.hash(&class, parts))
    }

    /// 128 bits: in practice no two subjects share a counter.
    fn hash(&self, class: &str, parts: &[&str]) -> [u8; 16] {
        let mut info = Vec::new();
        for part in std::iter::once(&class).chain(parts) {
            // With its length, so that no two lists of parts read the same.
            info.extend(part.len().to_be_bytes());
            info.extend(part.as_bytes());
        }
        let mut hash = [0; 16];
        // HKDF gives 8,160 bytes, so it gives 16.
        let _ = self.0.expand(&info, &mut hash);
        hash
    }
}

impl fmt::Debug for LimitKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LimitKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    const PASSWORD: (LimitedAction, Subject) = (LimitedAction::Password, Subject::Address);
    const QUOTA: Quota = Quota::per_minutes(10, 15);

    fn keys(secret: &str) -> LimitKeys {
        LimitKeys::derive(&Secrets::new([Secret::new(secret)]).unwrap())
    }

    #[test]
    fn a_key_names_the_action_and_hides_the_subject() {
        let key = keys("planted-secret").key(PASSWORD, QUOTA, &["ada@example.com"]);
        let (class, hash) = key.as_str().rsplit_once('.').unwrap();
        assert_eq!((class, key.class()), ("password.address.900", class));
        assert_eq!(hash.len(), 32);
        let shown = format!("{key:?} {key} {:?}", keys("planted-secret"));
        assert!(
            !shown.contains("ada") && !shown.contains("planted"),
            "{shown}"
        );
    }

    #[test]
    fn a_key_depends_on_all_that_it_stands_for() {
        let one = keys("one");
        let hour = Quota::per_minutes(10, 60);
        let all = [
            one.key(PASSWORD, QUOTA, &["ada"]),
            one.key(PASSWORD, QUOTA, &["eve"]),
            one.key(PASSWORD, QUOTA, &["ada", ""]),
            one.key(PASSWORD, QUOTA, &["", "ada"]),
            one.key(PASSWORD, hour, &["ada"]),
            one.key((LimitedAction::Password, Subject::Client), QUOTA, &["ada"]),
            one.key((LimitedAction::Register, Subject::Address), QUOTA, &["ada"]),
            keys("two").key(PASSWORD, QUOTA, &["ada"]),
        ];
        let hashes: std::collections::HashSet<_> = all
            .iter()
            .map(|key| key.as_str().rsplit_once('.').unwrap().1)
            .collect();
        assert_eq!(hashes.len(), all.len());
        // The count may change while the counter runs.
        let larger = Quota::per_minutes(20, 15);
        assert_eq!(one.key(PASSWORD, larger, &["ada"]), all[0]);
        assert_eq!(keys("one").key(PASSWORD, QUOTA, &["ada"]), all[0]);
    }

    #[test]
    fn every_class_leaves_room_for_the_hash() {
        for action in LimitedAction::ALL {
            for subject in Subject::ALL {
                let forever = Quota::new(1, std::time::Duration::MAX);
                let key = keys("s").key((*action, *subject), forever, &[]);
                assert!(key.as_str().len() <= MAX_LENGTH, "{key}");
            }
        }
    }
}
