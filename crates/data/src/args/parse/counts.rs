//! What the arguments of one call, or of all calls of a batch, add up to, and what of it is too much.
//!
//! Source: [`Limits`]. Each excess is told at the place that went beyond it.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::At;
use crate::args::ArgValue;
use crate::error::InvalidInput;
use crate::limits::Limits;

/// What is counted over a whole call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counting {
    Values,
    Bytes,
    Conditions,
    Relations,
    /// Rows that data adds.
    Rows,
    /// Things said about rows that belong to others.
    Actions,
    /// Passwords that are hashed.
    Hashes,
}

/// The sums so far. Not cells: futures that hold a call move from thread to thread.
#[derive(Debug, Default)]
pub(crate) struct Counts([AtomicUsize; 7]);

impl Counting {
    fn most(self, limits: &Limits) -> usize {
        match self {
            Self::Values => limits.values,
            Self::Bytes => limits.bytes,
            Self::Conditions => limits.conditions,
            Self::Relations => limits.relations,
            Self::Rows => limits.written_rows,
            Self::Actions => limits.actions,
            Self::Hashes => limits.hashes,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Values => "values in the arguments of one call",
            Self::Bytes => "bytes in the arguments of one call",
            Self::Conditions => "conditions in one call, each value of a list counted",
            Self::Relations => "relations in one call",
            Self::Rows => "rows that one call adds",
            Self::Actions => "rows that belong to others in the data of one call",
            Self::Hashes => "passwords in one call",
        }
    }

    fn of(self, counts: &Counts) -> &AtomicUsize {
        let [values, bytes, conditions, relations, rows, actions, hashes] = &counts.0;
        match self {
            Self::Values => values,
            Self::Bytes => bytes,
            Self::Conditions => conditions,
            Self::Relations => relations,
            Self::Rows => rows,
            Self::Actions => actions,
            Self::Hashes => hashes,
        }
    }
}

impl At<'_, '_> {
    /// Takes note of so many more.
    pub(crate) fn count(&self, counted: Counting, number: usize) -> Result<(), InvalidInput> {
        let most = counted.most(self.limits());
        let sum = counted.of(self.call().counts());
        let before = sum.fetch_add(number, Ordering::Relaxed);
        if before.saturating_add(number) > most {
            return Err(self.fail(format!("at most {most} {}", counted.text())));
        }
        Ok(())
    }

    /// Refuses a list of too many values.
    pub(crate) fn require_short(&self, length: usize) -> Result<(), InvalidInput> {
        let most = self.limits().list;
        if length > most {
            return Err(self.fail(format!("at most {most} values in one list")));
        }
        Ok(())
    }

    /// Looks at everything there is once: how deep, how many, how large.
    pub(crate) fn measure(&self) -> Result<(), InvalidInput> {
        self.count(Counting::Values, 1)?;
        self.count(Counting::Bytes, self.name().len())?;
        match self.value() {
            ArgValue::Text(text) | ArgValue::Decimal(text) => self.measure_bytes(text.len()),
            ArgValue::Bytes(bytes) => self.measure_bytes(bytes.len()),
            ArgValue::List(_) | ArgValue::Object(_) => self.try_each(|at| at.measure()),
            ArgValue::Null
            | ArgValue::Boolean(_)
            | ArgValue::Number(_)
            | ArgValue::DateTime(_)
            | ArgValue::BigInt(_)
            | ArgValue::JsonNull
            | ArgValue::DbNull
            | ArgValue::AnyNull => Ok(()),
        }
    }

    fn measure_bytes(&self, bytes: usize) -> Result<(), InvalidInput> {
        self.require_light(bytes)?;
        self.count(Counting::Bytes, bytes)
    }

    /// Refuses a document whose texts are too large together.
    pub(crate) fn require_light_document(&self) -> Result<(), InvalidInput> {
        self.require_light(weight(self.value()))
    }

    fn require_light(&self, bytes: usize) -> Result<(), InvalidInput> {
        let most = self.limits().value_bytes;
        if bytes > most {
            return Err(self.fail(format!("at most {most} bytes in one value")));
        }
        Ok(())
    }
}

/// The bytes of all texts in a value. Its depth was looked at before.
fn weight(value: &ArgValue) -> usize {
    match value {
        ArgValue::Text(text) | ArgValue::Decimal(text) => text.len(),
        ArgValue::Bytes(bytes) => bytes.len(),
        ArgValue::List(items) => items.iter().map(weight).sum(),
        ArgValue::Object(members) => members
            .iter()
            .map(|(name, value)| name.len() + weight(value))
            .sum(),
        _ => 0,
    }
}
