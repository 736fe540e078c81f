//! Checks of what a client writes: the rules of fields (`@trim`, `@length`, `@email`, …) and of models (`@@validate`).
//!
//! Works on the data of one call alone, after its shape and types were checked, and before any policy. It reads no
//! row: what an update leaves out is not known here (contract zenstack §2.10). Relations are passed over: whoever walks
//! nested data calls this once for each of its rows.
//!
//! Invariants: texts of issues repeat what the schema says, never what was sent. Work is linear in what was sent, but for
//! patterns that look around, whose work is bounded (`pattern.rs`).
//!
//! To add a check: its variant in `zmodel`, its arm in `checks.rs`. To add a function: its arm in `condition.rs`.

mod checks;
mod condition;
mod datum;
mod format;
mod pattern;
mod walk;

use std::fmt;

use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::Model;
use jiff::Timestamp;

use crate::args::ArgValue;
use crate::client::Engine;

pub(crate) use pattern::{PatternError, Patterns};

/// How many issues one call tells of.
const MAX_ISSUES: usize = 99;

/// One thing that is wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Where: `data.posts.create[0].title`.
    pub path: String,
    /// What was expected. Never a value of the caller.
    pub message: String,
}

impl fmt::Display for Issue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = self.message.chars();
        if let Some(first) = letters.next() {
            write!(formatter, "{}{}", first.to_uppercase(), letters.as_str())?;
        }
        if self.path.is_empty() {
            Ok(())
        } else {
            write!(formatter, " at \"{}\"", self.path)
        }
    }
}

/// Issues up to a bound; what comes after it is only counted as wrong.
#[derive(Debug, Default)]
struct Issues(Vec<Issue>);

impl Issues {
    fn add(&mut self, path: &str, message: impl Into<String>) {
        if self.0.len() < MAX_ISSUES {
            self.0.push(Issue {
                path: path.to_owned(),
                message: message.into(),
            });
        }
    }
}

/// Checks data against the rules of a schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Validator<'e> {
    schema: &'e Schema,
    patterns: &'e Patterns,
    now: Timestamp,
}

impl Engine {
    /// Checks data, as of now.
    pub(crate) fn validator(&self) -> Validator<'_> {
        Validator {
            schema: &self.schema,
            patterns: &self.patterns,
            now: self.clock.now(),
        }
    }
}

impl Validator<'_> {
    /// Changes the texts of a row as its transforms say, and checks it. `path` is where the row stands in the
    /// arguments.
    ///
    /// # Errors
    /// What is wrong, in the order of the schema, fields before rules of the model; 99 at most.
    pub(crate) fn data(
        &self,
        model: &Model,
        data: &mut [(String, ArgValue)],
        path: &str,
    ) -> Result<(), Vec<Issue>> {
        let mut issues = Issues::default();
        self.members(&model.into(), data, path, &mut issues);
        if issues.0.is_empty() {
            Ok(())
        } else {
            Err(issues.0)
        }
    }
}

#[cfg(test)]
mod tests;
