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
    /// Bytes of texts that are looked for within texts.
    Patterns,
}

/// The sums so far. Not cells: futures that hold a call move from thread to thread.
#[derive(Debug, Default)]
pub(crate) struct Counts([AtomicUsize; 8]);

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
            Self::Patterns => limits.pattern_bytes,
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
            Self::Patterns => "bytes to look for within texts in one call",
        }
    }

    fn of(self, counts: &Counts) -> &AtomicUsize {
        let [
            values,
            bytes,
            conditions,
            relations,
            rows,
            actions,
            hashes,
            patterns,
        ] = &counts.0;
        match self {
            Self::Values => values,
            Self::Bytes => bytes,
            Self::Conditions => conditions,
            Self::Relations => relations,
            Self::Rows => rows,
            Self::Actions => actions,
            Self::Hashes => hashes,
            Self::Patterns => patterns,
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
        // Nearly everything is within all bounds, and then nobody asks where it stands.
        let limits = self.limits();
        let is_within = Size::of(self.value(), 0, limits)
            .is_some_and(|size| self.call().counts().take(size, limits));
        if is_within {
            return Ok(());
        }
        self.measure_each()
    }

    /// The same with the place of what is too much.
    fn measure_each(&self) -> Result<(), InvalidInput> {
        self.count(Counting::Values, 1)?;
        self.count(Counting::Bytes, self.name().len())?;
        match self.value() {
            ArgValue::Text(text) | ArgValue::Decimal(text) | ArgValue::Literal(text) => {
                self.measure_bytes(text.len())
            }
            ArgValue::Bytes(bytes) => self.measure_bytes(bytes.len()),
            ArgValue::List(_) | ArgValue::Object(_) => self.try_each(|at| at.measure_each()),
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

    /// Takes note of a text that is looked for within texts: databases take as long as both together, multiplied.
    pub(crate) fn count_pattern(&self) -> Result<(), InvalidInput> {
        match self.value() {
            ArgValue::Text(text) => self.count(Counting::Patterns, text.len()),
            _ => Ok(()),
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

/// How much arguments hold, names included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Size {
    values: usize,
    bytes: usize,
}

impl Size {
    /// Of a value at this depth; `None` where something in it is deeper or larger than it may be.
    fn of(value: &ArgValue, depth: usize, limits: &Limits) -> Option<Self> {
        // The outermost value is where it is, however little depth is allowed.
        if depth > 0 && depth >= limits.depth {
            return None;
        }
        let mut size = Self {
            values: 1,
            bytes: 0,
        };
        match value {
            ArgValue::Text(text) | ArgValue::Decimal(text) | ArgValue::Literal(text) => {
                size.bytes = text.len()
            }
            ArgValue::Bytes(bytes) => size.bytes = bytes.len(),
            ArgValue::List(items) => {
                for item in items {
                    size.add(Self::of(item, depth + 1, limits)?);
                }
                return Some(size);
            }
            ArgValue::Object(members) => {
                for (name, member) in members {
                    size.add(Self::of(member, depth + 1, limits)?);
                    size.bytes = size.bytes.saturating_add(name.len());
                }
                return Some(size);
            }
            _ => {}
        }
        (size.bytes <= limits.value_bytes).then_some(size)
    }

    fn add(&mut self, other: Self) {
        self.values = self.values.saturating_add(other.values);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

impl Counts {
    /// Takes note of so much more, where that is within bounds; else of nothing.
    fn take(&self, size: Size, limits: &Limits) -> bool {
        let counted = [
            (Counting::Values, size.values),
            (Counting::Bytes, size.bytes),
        ];
        let fits = |(counting, number): &(Counting, usize)| {
            let before = counting.of(self).load(Ordering::Relaxed);
            before.saturating_add(*number) <= counting.most(limits)
        };
        // Calls of a batch are read one after the other, so that nobody counts in between.
        let all_fit = counted.iter().all(fits);
        if all_fit {
            for (counting, number) in counted {
                counting.of(self).fetch_add(number, Ordering::Relaxed);
            }
        }
        all_fit
    }
}

/// The bytes of all texts in a value. Its depth was looked at before.
fn weight(value: &ArgValue) -> usize {
    match value {
        ArgValue::Text(text) | ArgValue::Decimal(text) | ArgValue::Literal(text) => text.len(),
        ArgValue::Bytes(bytes) => bytes.len(),
        ArgValue::List(items) => items.iter().map(weight).sum(),
        ArgValue::Object(members) => members
            .iter()
            .map(|(name, value)| name.len() + weight(value))
            .sum(),
        _ => 0,
    }
}
