//! How many rows a list of filters names, each of which names one by a key.

use std::collections::HashSet;

use hallpass_sql::Value;
use hallpass_zmodel::schema::Model;

use super::Writer;
use super::owned::{equalities, not_found};
use super::rows::{Purpose, Which};
use crate::args::Filter;
use crate::error::Error;

impl<'s> Writer<'s> {
    /// How many rows these filters name, of which none may be missing.
    ///
    /// Where the database takes different texts for equal, two filters may name one row: then it is asked.
    ///
    /// # Errors
    /// [`Error::NotFound`] where it was asked, and one of them names none.
    pub(super) async fn named(
        &self,
        model: &'s Model,
        filters: &[Filter],
        which: impl Fn(Filter) -> Which<'s>,
        purpose: &Purpose<'s>,
    ) -> Result<u64, Error> {
        let count = distinct(filters);
        if count < 2 || !self.may_fold(model, filters, count)? {
            return Ok(count);
        }
        let found = self
            .passing(&which(Filter::Any(filters.to_vec())), purpose)
            .await?;
        if found >= count {
            return Ok(count);
        }
        for filter in filters {
            if self.passing(&which(filter.clone()), purpose).await? == 0 {
                return Err(not_found(model));
            }
        }
        Ok(found)
    }

    /// Whether two of the filters may ask for texts that differ and are equal to the database.
    fn may_fold(&self, model: &'s Model, filters: &[Filter], count: u64) -> Result<bool, Error> {
        let planner = self.planner();
        let is_exact = planner.engine.capability().exact_text_equality;
        let mut names = HashSet::new();
        for filter in filters {
            let mut fixed = Vec::new();
            if !equalities(filter, &mut fixed) {
                return Ok(!is_exact);
            }
            let mut name = String::new();
            for (field, value) in fixed {
                let (_, codec) = planner.column(model, field)?;
                let folds = codec.folds || (codec.is_text() && !is_exact);
                match value {
                    Value::Text(text) if folds && !text.is_ascii() => return Ok(true),
                    Value::Text(text) if folds => name.extend(letters(text)),
                    value => name.push_str(&format!("{value:?}")),
                }
                name.push('\0');
            }
            names.insert(name);
        }
        Ok(u64::try_from(names.len()).is_ok_and(|names| names < count))
    }
}

/// What no collation takes for something else: the letters and digits, whatever their case.
fn letters(text: &str) -> impl Iterator<Item = char> {
    let known = text.chars().filter(char::is_ascii_alphanumeric);
    known.map(|letter| letter.to_ascii_lowercase())
}

/// How many of them differ. Hashed as they are written: a call may name thousands.
pub(super) fn distinct(filters: &[Filter]) -> u64 {
    let written: HashSet<_> = filters.iter().map(|filter| format!("{filter:?}")).collect();
    u64::try_from(written.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::distinct;
    use crate::field;

    #[test]
    fn the_same_row_named_twice_is_one() {
        let filters = [
            field("id").eq(1),
            field("id").eq(1),
            field("id").eq("1"),
            field("key").eq(1),
        ];
        assert_eq!(distinct(&filters), 3);
        assert_eq!(distinct(&[]), 0);
    }
}
