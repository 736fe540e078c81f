//! The secrets of the installation: one, or several while a new one replaces an old one.
//!
//! Element 0 encrypts, all decrypt. Hashes (CSRF cookies, mail links) use the whole list joined by commas, as
//! Auth.js does, so that changing the list makes pending ones worthless.
//!
//! Source: contract authjs §2.2, §3.1, §16.

use crate::secret::Secret;

/// The secrets, newest first.
// INVARIANT: `list` is never empty, and no element is an empty text.
#[derive(Debug, Clone)]
pub struct Secrets {
    list: Vec<Secret>,
    joined: Secret,
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
        let list: Vec<Secret> = secrets
            .into_iter()
            .filter(|secret| !secret.expose().is_empty())
            .collect();
        if list.is_empty() {
            return Err(NoSecret);
        }
        let joined = Secret::new(
            list.iter()
                .map(Secret::expose)
                .collect::<Vec<_>>()
                .join(","),
        );
        Ok(Self { list, joined })
    }

    /// All of them, the one that encrypts first.
    pub fn iter(&self) -> impl Iterator<Item = &Secret> {
        self.list.iter()
    }

    /// The list joined by commas: what hashes are made with.
    pub fn joined(&self) -> &Secret {
        &self.joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(texts: &[&str]) -> Result<Secrets, NoSecret> {
        Secrets::new(texts.iter().map(|text| Secret::new(*text)))
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
    fn nothing_of_it_prints() {
        let text = format!("{:?}", secrets(&["planted-1", "planted-2"]).unwrap());
        assert!(!text.contains("planted"), "{text}");
    }
}
