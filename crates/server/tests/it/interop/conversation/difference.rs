//! What differs between two answers.

use std::collections::BTreeSet;
use std::fmt;

use super::seen::Seen;

/// One aspect of one answer, as each of them gave it. Where one has nothing, its text is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// `setup / scene / step`.
    pub(super) place: String,
    pub(super) aspect: String,
    pub(super) theirs: String,
    pub(super) ours: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (theirs, ours) = (beginning(&self.theirs), beginning(&self.ours));
        write!(
            formatter,
            "{}: {}\n    Auth.js:  {theirs}\n    Hallpass: {ours}",
            self.place, self.aspect
        )
    }
}

pub(super) fn between(place: &str, theirs: &Seen, ours: &Seen) -> Vec<Difference> {
    let difference = |aspect: &str, theirs: &str, ours: &str| Difference {
        place: place.to_owned(),
        aspect: aspect.to_owned(),
        theirs: theirs.to_owned(),
        ours: ours.to_owned(),
    };
    let aspects: BTreeSet<&String> = theirs.aspects.keys().chain(ours.aspects.keys()).collect();
    let mut found: Vec<Difference> = aspects
        .into_iter()
        .map(|aspect| {
            let of = |seen: &Seen| seen.aspects.get(aspect).cloned().unwrap_or_default();
            difference(aspect, &of(theirs), &of(ours))
        })
        .filter(|difference| difference.theirs != difference.ours)
        .collect();
    found.extend(
        lacking(&theirs.page, &ours.page)
            .iter()
            .map(|line| difference("page", line, "")),
    );
    found.extend(
        lacking(&ours.page, &theirs.page)
            .iter()
            .map(|line| difference("page", "", line)),
    );
    found
}

/// The lines of the one that the other lacks, each as often.
fn lacking<'a>(one: &'a [String], other: &[String]) -> Vec<&'a str> {
    let mut left: Vec<&String> = other.iter().collect();
    one.iter()
        .filter(|line| match left.iter().position(|known| known == line) {
            Some(at) => {
                left.remove(at);
                false
            }
            None => true,
        })
        .map(String::as_str)
        .collect()
}

fn beginning(text: &str) -> String {
    text.chars().take(600).collect()
}
