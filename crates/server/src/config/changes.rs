//! What the change log is about: the settings under `[changes]`.

use hallpass::changes::{Deletion, Retention};

use super::problem::Problem;
use super::read::{Choices, Reader, names};
use super::span;

impl Reader {
    /// The models that are tracked beside the users and those with `@@track`.
    pub(super) fn track(&mut self) -> Vec<String> {
        let (texts, _) = self.texts("changes.track");
        names(&texts)
    }

    /// What of the log is kept; everything unless something is said.
    pub(super) fn retention(&mut self) -> Retention {
        Retention {
            age: self.parsed("changes.keep", span::interval).flatten(),
            most: self.parsed("changes.most", count),
        }
    }

    /// What becomes of what is told of users who go.
    pub(super) fn deletion(&mut self) -> Deletion {
        self.choice("sync.deletion", &DELETIONS).unwrap_or_default()
    }
}

/// What becomes of what is told of users who go.
pub(super) const DELETIONS: Choices<Deletion> = Choices {
    text: "`soft` and `hard`",
    rows: &[("soft", Deletion::Soft), ("hard", Deletion::Hard)],
};

fn count(text: &str) -> Result<u64, Problem> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(Problem::NotANumber(text.to_owned())),
    }
}
