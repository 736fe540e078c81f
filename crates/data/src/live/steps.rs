//! What is different between two lists of rows, as steps that make one of the other.

use std::collections::HashMap;

use hallpass_sql::Value;
use sha2::{Digest as _, Sha256};

use crate::record::Record;

/// Bytes of the hashes that rows are compared by: enough that nobody finds two rows with one.
const LENGTH: usize = 16;

/// A hash.
pub(crate) type Hash = [u8; LENGTH];

/// What is remembered of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// By what it is known: the same of one row at two times, no two of one list have the same.
    pub(crate) key: Hash,
    /// What it holds.
    pub(crate) content: Hash,
}

/// One step from a list to another. Each is taken on the list that those before it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The row at this place goes.
    Remove { at: usize },
    /// The row at a place goes to another, which is counted without it.
    Move { from: usize, to: usize },
    /// A row of the new list comes in before the one at this place.
    Insert { at: usize, row: usize },
    /// A row of the new list stands in the place of the one there.
    Replace { at: usize, row: usize },
}

/// The hash of bytes.
pub(crate) fn mark(bytes: &[u8]) -> Hash {
    let mut hash = Hash::default();
    for (to, from) in hash.iter_mut().zip(Sha256::digest(bytes)) {
        *to = from;
    }
    hash
}

/// By what a row of a model is known: its identity, where all of it was read.
pub(crate) fn key_of(record: &Record, identity: &[String]) -> Option<Hash> {
    if identity.is_empty() {
        return None;
    }
    let values: Option<Vec<&Value>> = identity.iter().map(|field| record.value(field)).collect();
    let values = values?;
    let is_known = |value: &&Value| **value != Value::Null;
    values
        .iter()
        .all(is_known)
        .then(|| mark(format!("{values:?}").as_bytes()))
}

/// The marks of rows of which some may be alike: those are told apart by their number.
pub(crate) fn distinct(marks: impl IntoIterator<Item = (Option<Hash>, Hash)>) -> Vec<Mark> {
    let mut seen: HashMap<Hash, u64> = HashMap::new();
    let number = |(key, content): (Option<Hash>, Hash)| {
        let key = key.unwrap_or(content);
        let times = seen.entry(key).or_default();
        *times += 1;
        let key = match *times {
            1 => key,
            times => mark(&[&key[..], &times.to_le_bytes()].concat()),
        };
        Mark { key, content }
    };
    marks.into_iter().map(number).collect()
}

/// The steps from one list to another; `None` where they would be more than `most`.
pub(crate) fn steps(old: &[Mark], new: &[Mark], most: usize) -> Option<Vec<Step>> {
    let mut steps = Steps {
        taken: Vec::new(),
        most,
    };
    let places: HashMap<Hash, usize> = new
        .iter()
        .zip(0..)
        .map(|(mark, at)| (mark.key, at))
        .collect();
    // The rows that stay, as their places in the new list, in the order of the old one.
    let mut list = Vec::with_capacity(new.len());
    for mark in old {
        match places.get(&mark.key) {
            Some(place) => list.push(*place),
            None => steps.take(Step::Remove { at: list.len() })?,
        }
    }
    let known: HashMap<Hash, Hash> = old.iter().map(|mark| (mark.key, mark.content)).collect();
    let settled = longest_rise(&list);
    let mut settled = settled.into_iter().peekable();
    // Where the next row of the new list belongs.
    let mut at = 0;
    for (place, mark) in new.iter().enumerate() {
        if settled.peek() == Some(&place) {
            settled.next();
            // Behind it stand, at most, rows that are to move.
            while list.get(at).is_some_and(|there| *there != place) {
                at += 1;
            }
        } else if known.contains_key(&mark.key) {
            let from = list.iter().position(|there| *there == place)?;
            list.remove(from);
            if from < at {
                at -= 1;
            }
            list.insert(at, place);
            steps.take(Step::Move { from, to: at })?;
        } else {
            list.insert(at, place);
            steps.take(Step::Insert { at, row: place })?;
        }
        at += 1;
    }
    for (row, mark) in new.iter().enumerate() {
        let is_other = known
            .get(&mark.key)
            .is_some_and(|content| *content != mark.content);
        if is_other {
            steps.take(Step::Replace { at: row, row })?;
        }
    }
    Some(steps.taken)
}

struct Steps {
    taken: Vec<Step>,
    most: usize,
}

impl Steps {
    fn take(&mut self, step: Step) -> Option<()> {
        self.taken.push(step);
        (self.taken.len() <= self.most).then_some(())
    }
}

/// The longest part of a list that rises, so that as few rows as can be have to move.
fn longest_rise(list: &[usize]) -> Vec<usize> {
    // The last of the best rise of each length, and what stands before each.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(list.len());
    let value = |at: usize| list.get(at).copied().unwrap_or_default();
    for (at, place) in list.iter().enumerate() {
        let length = ends.partition_point(|end| value(*end) < *place);
        before.push(length.checked_sub(1).and_then(|one| ends.get(one).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut rise = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(at) = next {
        rise.push(value(at));
        next = before.get(at).copied().flatten();
    }
    rise.reverse();
    rise
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marks(rows: &[(u8, u8)]) -> Vec<Mark> {
        let mark_of = |(key, content): &(u8, u8)| (Some(mark(&[*key])), mark(&[*key, *content]));
        distinct(rows.iter().map(mark_of))
    }

    /// What a client does.
    fn walk(old: &[Mark], new: &[Mark], steps: &[Step]) -> Vec<Mark> {
        let mut list = old.to_vec();
        for step in steps {
            match *step {
                Step::Remove { at } => drop(list.remove(at)),
                Step::Move { from, to } => {
                    let row = list.remove(from);
                    list.insert(to, row);
                }
                Step::Insert { at, row } => list.insert(at, new[row]),
                Step::Replace { at, row } => list[at] = new[row],
            }
        }
        list
    }

    #[test]
    fn small_changes_are_small() {
        let old = marks(&[(1, 0), (2, 0), (3, 0), (4, 0)]);
        for (new, expected) in [
            (vec![(1, 0), (2, 0), (3, 0), (4, 0)], vec![]),
            (vec![(2, 0), (3, 0), (4, 0)], vec![Step::Remove { at: 0 }]),
            (
                vec![(5, 0), (1, 0), (2, 0), (3, 0), (4, 0)],
                vec![Step::Insert { at: 0, row: 0 }],
            ),
            (
                vec![(1, 0), (2, 7), (3, 0), (4, 0)],
                vec![Step::Replace { at: 1, row: 1 }],
            ),
            // The first becomes the last.
            (
                vec![(2, 0), (3, 0), (4, 0), (1, 0)],
                vec![Step::Move { from: 0, to: 3 }],
            ),
            (
                vec![(4, 0), (1, 0), (2, 0), (3, 0)],
                vec![Step::Move { from: 3, to: 0 }],
            ),
        ] {
            let new = marks(&new);
            let found = steps(&old, &new, 10).unwrap();
            assert_eq!(found, expected);
            assert_eq!(walk(&old, &new, &found), new);
        }
        assert_eq!(steps(&old, &[], 3), None);
    }

    #[test]
    fn rows_that_are_alike_are_told_apart_by_their_number() {
        let same = |times: usize| distinct((0..times).map(|_| (None, mark(b"same"))));
        let (one, three) = (same(1), same(3));
        let found = steps(&one, &three, 10).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(walk(&one, &three, &found), three);
    }

    fn rows() -> impl Strategy<Value = Vec<(u8, u8)>> {
        proptest::collection::vec((0_u8..20, 0_u8..3), 0..20)
    }

    proptest! {
        #[test]
        fn steps_lead_from_one_list_to_the_other(old in rows(), new in rows()) {
            let (old, new) = (marks(&old), marks(&new));
            let found = steps(&old, &new, 1000).unwrap();
            prop_assert_eq!(walk(&old, &new, &found), new);
        }
    }
}
