//! The secrets of the installation: one, or several while a new one replaces an old one.
//!
//! Element 0 encrypts, all decrypt. Hashes (CSRF cookies, mail links) are made with the whole list joined by commas, as
//! Auth.js does. Other processes may work with another list while a secret is replaced, so hashes made with any part
//! of what is known here are found too.
//!
//! Source: contract authjs §2.2, §3.1, §16.

use crate::secret::Secret;

/// So many other lists are tried at most: each costs a look-up of a link that is not there.
const MOST_OTHERS: usize = 15;

/// The secrets, newest first, and those that are accepted without being used.
// INVARIANT: `list` is never empty, no element is an empty text, and what is in `accepted` is not in `list`.
#[derive(Debug, Clone)]
pub struct Secrets {
    list: Vec<Secret>,
    accepted: Vec<Secret>,
    joined: Secret,
    others: Vec<Secret>,
}

/// There is no secret to work with.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no secret is configured")]
pub struct NoSecret;

impl Secrets {
    /// Takes the secrets, newest first. Empty texts do not count.
    ///
    /// # Errors
    ///
    /// [`NoSecret`] when nothing is left: there is no default secret.
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Result<Self, NoSecret> {
        let list: Vec<Secret> = secrets.into_iter().filter(is_one).collect();
        if list.is_empty() {
            return Err(NoSecret);
        }
        let joined = join(list.iter());
        Ok(Self {
            others: others(&list, &[], &joined),
            accepted: Vec::new(),
            list,
            joined,
        })
    }

    /// With secrets that nothing is written with, and whose work is good here: of processes that have the next secret
    /// already, or still the one before.
    #[must_use]
    pub fn accepting(self, secrets: impl IntoIterator<Item = Secret>) -> Self {
        let is_new = |secret: &Secret| is_one(secret) && !self.list.contains(secret);
        let accepted: Vec<Secret> = secrets.into_iter().filter(is_new).collect();
        Self {
            others: others(&self.list, &accepted, &self.joined),
            accepted,
            ..self
        }
    }

    /// All of them, the one that encrypts first, those that are only accepted last.
    pub fn iter(&self) -> impl Iterator<Item = &Secret> {
        self.list.iter().chain(&self.accepted)
    }

    /// The list joined by commas: what hashes are made with.
    pub fn joined(&self) -> &Secret {
        &self.joined
    }

    /// What hashes that come back may have been made with: [`joined`](Self::joined), then the lists that other
    /// processes may have.
    pub fn hashed_with(&self) -> impl Iterator<Item = &Secret> {
        std::iter::once(&self.joined).chain(&self.others)
    }

    /// The one in use that changes last, for what should stay the same when a secret is added.
    pub(crate) fn oldest(&self) -> &Secret {
        self.list.last().unwrap_or(&self.joined)
    }
}

fn is_one(secret: &Secret) -> bool {
    !secret.expose().is_empty()
}

fn join<'a>(list: impl Iterator<Item = &'a Secret>) -> Secret {
    let texts: Vec<&str> = list.map(Secret::expose).collect();
    Secret::new(texts.join(","))
}

/// The lists that were in force before or will be: secrets come in at the front and go at the end, so each is a
/// part without gaps. Whether what is accepted is newer or older is not said. Shorter ones are the likelier ones.
fn others(list: &[Secret], accepted: &[Secret], joined: &Secret) -> Vec<Secret> {
    let orders = [[accepted, list].concat(), [list, accepted].concat()];
    let mut others: Vec<Secret> = Vec::new();
    for length in 1..=list.len() + accepted.len() {
        for part in orders.iter().flat_map(|order| order.windows(length)) {
            let other = join(part.iter());
            if other != *joined && !others.contains(&other) {
                others.push(other);
            }
        }
    }
    others.truncate(MOST_OTHERS);
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(texts: &[&str]) -> Result<Secrets, NoSecret> {
        Secrets::new(texts.iter().map(|text| Secret::new(*text)))
    }

    fn accepting(texts: &[&str], accepted: &[&str]) -> Secrets {
        let accepted = accepted.iter().map(|text| Secret::new(*text));
        secrets(texts).unwrap().accepting(accepted)
    }

    fn texts<'a>(secrets: impl Iterator<Item = &'a Secret>) -> Vec<&'a str> {
        secrets.map(Secret::expose).collect()
    }

    #[test]
    fn an_empty_list_is_refused() {
        assert_eq!(secrets(&[]).unwrap_err(), NoSecret);
        assert_eq!(secrets(&["", ""]).unwrap_err(), NoSecret);
    }

    #[test]
    fn the_list_is_joined_by_commas() {
        assert_eq!(secrets(&["a"]).unwrap().joined().expose(), "a");
        assert_eq!(secrets(&["a", "", "b"]).unwrap().joined().expose(), "a,b");
    }

    #[test]
    fn what_is_accepted_is_written_with_by_nobody() {
        let both = accepting(&["old"], &["new", "", "old"]);
        assert_eq!(both.joined().expose(), "old");
        assert_eq!(both.oldest().expose(), "old");
        assert_eq!(texts(both.iter()), ["old", "new"]);
    }

    #[test]
    fn hashes_of_every_list_that_may_be_in_force_are_known() {
        for (list, accepted, known) in [
            (&["a"][..], &[][..], &["a"][..]),
            (&["new", "old"], &[], &["new,old", "new", "old"]),
            (&["a"], &["b"], &["a", "b", "b,a", "a,b"]),
            (
                &["b", "a"],
                &["c"],
                &["b,a", "c", "b", "a", "c,b", "a,c", "c,b,a", "b,a,c"],
            ),
        ] {
            let secrets = accepting(list, accepted);
            assert_eq!(texts(secrets.hashed_with()), known, "{list:?} {accepted:?}");
        }
        let many: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let many = Secrets::new(many.into_iter().map(Secret::new)).unwrap();
        assert_eq!(many.hashed_with().count(), 1 + MOST_OTHERS);
    }

    #[test]
    fn nothing_of_it_prints() {
        let text = format!(
            "{:?}",
            accepting(&["planted-1", "planted-2"], &["planted-3"])
        );
        assert!(!text.contains("planted"), "{text}");
    }
}
