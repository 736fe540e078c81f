//! How far a long command is, on standard error: a bar that moves in a terminal, nothing in a pipeline.

use std::io::{self, IsTerminal as _, Write as _};

const WIDTH: u64 = 40;

/// A bar from nothing to all.
#[derive(Debug)]
pub(crate) struct Bar {
    is_shown: bool,
    last: Option<u64>,
}

impl Bar {
    /// A bar that is drawn where somebody sees it.
    pub(crate) fn new() -> Self {
        Self {
            is_shown: io::stderr().is_terminal(),
            last: None,
        }
    }

    /// Draws how far it is, where that is another picture than the last.
    pub(crate) fn draw(&mut self, done: u64, all: u64) {
        let filled = filled(done, all);
        if !self.is_shown || self.last == Some(filled) {
            return;
        }
        self.last = Some(filled);
        // Nobody has to see it: a closed terminal ends no work.
        let _ = write!(io::stderr().lock(), "\r{}", picture(filled, done, all));
    }

    /// Leaves the line to what follows.
    pub(crate) fn finish(&mut self) {
        if self.is_shown && self.last.is_some() {
            let _ = writeln!(io::stderr().lock());
        }
    }
}

fn filled(done: u64, all: u64) -> u64 {
    // More may come while it runs.
    let done = u128::from(done.min(all)) * u128::from(WIDTH);
    let filled = done.checked_div(u128::from(all));
    filled.map_or(WIDTH, |filled| u64::try_from(filled).unwrap_or(WIDTH))
}

fn picture(filled: u64, done: u64, all: u64) -> String {
    let signs = (0..WIDTH).map(|place| if place < filled { '#' } else { '.' });
    format!("[{}] {done} of {all}", signs.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_goes_from_nothing_to_all_and_not_beyond() {
        let rows = [
            ((0, 10), 0),
            ((5, 10), WIDTH / 2),
            ((10, 10), WIDTH),
            ((11, 10), WIDTH),
            ((0, 0), WIDTH),
            ((u64::MAX, u64::MAX), WIDTH),
        ];
        for ((done, all), expected) in rows {
            assert_eq!(filled(done, all), expected, "{done} of {all}");
        }
        let half = picture(WIDTH / 2, 5, 10);
        assert_eq!(
            half,
            format!("[{}{}] 5 of 10", "#".repeat(20), ".".repeat(20))
        );
    }
}
