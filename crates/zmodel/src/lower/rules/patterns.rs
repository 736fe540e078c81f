//! Regular expressions, each tried once: one that cannot be run is a mistake at its place, not a surprise later.

use std::collections::HashSet;

use crate::diagnostic::Mistake;
use crate::pattern::{Pattern, PatternError};
use crate::source::Span;

/// How many different ones a schema may have: each is held ready as long as a client lives.
const MAX_PATTERNS: usize = 1000;

/// Those that were tried.
#[derive(Debug, Default)]
pub(super) struct Patterns(HashSet<String>);

impl Patterns {
    /// Reports one that cannot be run.
    pub(super) fn check(&mut self, pattern: &str, span: Span) -> Result<(), Box<Mistake>> {
        if self.0.contains(pattern) {
            return Ok(());
        }
        if self.0.len() >= MAX_PATTERNS {
            let message = format!("the schema has more than {MAX_PATTERNS} regular expressions");
            return Err(Box::new(Mistake::at(span, message)));
        }
        match Pattern::compile(pattern) {
            Ok(_) => {
                self.0.insert(pattern.to_owned());
                Ok(())
            }
            Err(PatternError::TooLarge) => {
                let mistake = Mistake::at(span, "this regular expression grows too large");
                Err(Box::new(
                    mistake.help("make its counts, such as `{1000}`, smaller"),
                ))
            }
            Err(PatternError::Malformed(reason)) => {
                let mistake = Mistake::at(span, "this is no regular expression");
                let help = reason.unwrap_or_else(|| {
                    "it is read as JavaScript reads it without flags; a backslash in quotes is written twice".to_owned()
                });
                Err(Box::new(mistake.help(help)))
            }
        }
    }
}
