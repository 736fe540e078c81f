//! What a clean-up removed.

use std::collections::BTreeMap;
use std::error::Error;

use crate::error::Causes;

/// How many expired rows were removed, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    counts: BTreeMap<&'static str, usize>,
    may_be_more: bool,
    failed: BTreeMap<&'static str, String>,
}

impl Removed {
    /// Counts rows of a kind, such as `sessions`, of which at most `at_most` were to be removed.
    pub fn count(&mut self, kind: &'static str, rows: usize, at_most: usize) {
        if rows > 0 {
            *self.counts.entry(kind).or_default() += rows;
            self.may_be_more |= rows >= at_most;
        }
    }

    /// Takes note that rows of a kind could not be removed, with the error and its causes. Those of other kinds were.
    pub fn fail(&mut self, kind: &'static str, error: &(dyn Error + 'static)) {
        let text = Causes(error).to_string();
        self.failed.entry(kind).or_insert(text);
    }

    /// The kinds whose rows could not be removed, each with what was said first.
    pub fn failed(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let failed = self.failed.iter();
        failed.map(|(kind, text)| (*kind, text.as_str()))
    }

    /// How many rows of a kind.
    pub fn of(&self, kind: &str) -> usize {
        self.counts.get(kind).copied().unwrap_or_default()
    }

    /// The kinds of which there were any, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.counts.iter().map(|(kind, count)| (*kind, *count))
    }

    /// Whether nothing was removed.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Whether as many as were allowed were found of some kind, so that there may be more.
    pub fn may_be_more(&self) -> bool {
        self.may_be_more
    }

    /// Adds what another call removed; whether there may be more is what that call says.
    pub fn add(&mut self, next: &Self) {
        for (kind, rows) in next.iter() {
            *self.counts.entry(kind).or_default() += rows;
        }
        self.may_be_more = next.may_be_more;
        for (kind, text) in &next.failed {
            self.failed.entry(kind).or_insert_with(|| text.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_may_be_more_when_a_kind_reached_its_bound() {
        let mut first = Removed::default();
        first.count("sessions", 0, 2);
        assert!(first.is_empty() && !first.may_be_more());
        first.count("sessions", 2, 2);
        first.count("link tokens", 1, 2);
        assert!(first.may_be_more());
        let mut second = Removed::default();
        second.count("sessions", 1, 2);
        first.add(&second);
        assert_eq!((first.of("sessions"), first.of("link tokens")), (3, 1));
        assert!(!first.may_be_more());
    }
}
