//! How many rows a read may give, and how a read that could multiply them is kept from it.

use hallpass_sql::{Select, Value};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Arity, Model};

use super::order::bound;
use super::{Asked, Planner, field};
use crate::args::parse::{too_many_bytes, too_many_rows};
use crate::args::{Include, Listing, Selection};
use crate::error::InvalidInput;
use crate::limits::Limits;
use crate::shape::{Lists, Shape};

/// How many rows there may be, and where it is told that there are more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Most {
    rows: u64,
    place: Place,
}

/// How much a read may give over all its levels, and where it is told that it would give more.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct All {
    rows: u64,
    bytes: u64,
    place: Place,
    /// Where documents stand that hold rows.
    lists: Lists,
}

/// A place in the arguments of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    operation: &'static str,
    model: String,
    path: String,
}

impl Place {
    fn refuse(&self, message: String) -> InvalidInput {
        InvalidInput::Argument {
            operation: self.operation,
            model: self.model.clone(),
            path: self.path.clone(),
            message,
        }
    }
}

impl Most {
    /// Refuses more rows than there may be.
    pub(crate) fn check(&self, found: usize) -> Result<(), InvalidInput> {
        if u64::try_from(found).is_ok_and(|found| found <= self.rows) {
            return Ok(());
        }
        Err(self.place.refuse(too_many_rows(self.rows)))
    }

    /// Reads one row more than there may be, at most, so that it shows.
    pub(crate) fn cap(&self, take: Option<i64>, select: &mut Select) {
        let is_within = take.is_some_and(|take| take.unsigned_abs() <= self.rows);
        if !is_within {
            cap(self.rows, select);
        }
    }
}

impl All {
    /// Refuses more rows than there may be.
    pub(crate) fn check(&self, rows: u64) -> Result<(), InvalidInput> {
        if rows <= self.rows {
            return Ok(());
        }
        Err(self.place.refuse(too_many_rows(self.rows)))
    }

    /// Refuses more rows than there may be, those in documents included, before anything is made of them.
    pub(crate) fn check_documents(&self, rows: &[Vec<Value>]) -> Result<(), InvalidInput> {
        match self.lists.count(rows, self.rows) {
            Some(rows) => self.check(rows),
            None => Err(self.too_many_bytes()),
        }
    }

    /// Reads one row more than there may be, at most, so that it shows.
    pub(crate) fn cap(&self, select: &mut Select) {
        cap(self.rows, select);
    }

    /// How many bytes there may be; none where any number may come.
    pub(crate) fn bytes(&self) -> Option<u64> {
        Some(self.bytes).filter(|bytes| *bytes < u64::MAX)
    }

    pub(crate) fn too_many_bytes(&self) -> InvalidInput {
        self.place.refuse(too_many_bytes(self.bytes))
    }
}

fn cap(rows: u64, select: &mut Select) {
    let one_more = rows.checked_add(1);
    if let Some(rows) = one_more.and_then(|rows| i64::try_from(rows).ok()) {
        select.limit = Some(bound(rows));
    }
}

/// What is known of the rows above a relation.
#[derive(Debug, Clone, Copy)]
struct Above {
    /// How many there are, at most, each counted as often as it stands in the result.
    rows: u64,
    /// Whether there may be several.
    several: bool,
    /// Whether the way went from several rows up to one that they may share.
    shared: bool,
}

impl<'e> Planner<'e> {
    /// Takes note of who asked for rows.
    pub(super) fn ask(&mut self, operation: Option<&'static str>, model: &Model) {
        self.asked = operation.map(|operation| Asked {
            operation,
            model: model.name.clone(),
        });
    }

    fn place(&self, path: &str) -> Option<Place> {
        let asked = self.asked.as_ref()?;
        Some(Place {
            operation: asked.operation,
            model: asked.model.clone(),
            path: path.to_owned(),
        })
    }

    /// The bound of rows at this place; none where the engine knows how many there are, or where any number may come.
    fn most(&self, rows: u64, path: &str) -> Option<Most> {
        let place = self.place(path).filter(|_| rows < u64::MAX)?;
        Some(Most { rows, place })
    }

    /// Keeps the rows of the read itself within bounds.
    pub(super) fn cap_rows(&self, take: Option<i64>, select: &mut Select) -> Option<Most> {
        let most = self.most(self.limits.rows, "take")?;
        most.cap(take, select);
        Some(most)
    }

    /// The bound of the rows of a relation that come with one row.
    pub(super) fn most_related(&self, include: &Include) -> Option<Most> {
        self.most(self.limits.nested_rows, &include.path)
    }

    /// The bound of all that a read of this shape gives.
    pub(super) fn most_of_all(&self, path: &str, shape: &Shape) -> Option<All> {
        let &Limits {
            all_rows,
            read_bytes,
            ..
        } = self.limits;
        let place = self.place(path);
        let place = place.filter(|_| all_rows < u64::MAX || read_bytes < u64::MAX)?;
        Some(All {
            rows: all_rows,
            bytes: read_bytes,
            place,
            lists: Lists::of(shape),
        })
    }

    /// How many bytes the rows of a document may be; none where any number may come.
    pub(super) fn most_bytes(&self) -> Option<i32> {
        let bounded = self.asked.is_some() && self.limits.read_bytes < u64::MAX;
        bounded.then(|| i32::try_from(self.limits.read_bytes).unwrap_or(i32::MAX))
    }

    /// Keeps the rows of a relation that come with one row within bounds, where the statement reads those of one.
    pub(super) fn cap_related(&self, include: &Include, select: &mut Select) -> Option<Most> {
        let most = self.most_related(include)?;
        most.cap(include.rows.take, select);
        Some(most)
    }

    /// Whether rows may stand in the result so often that they are more than there may be: where the way leads from
    /// many rows to one that they share, and from there to many again.
    ///
    /// Everywhere else a row comes once for each row that it belongs to, so that tables themselves are the bound.
    pub(super) fn may_multiply(
        &self,
        model: &'e Model,
        rows: &Listing,
        selection: &Selection,
        unique: bool,
    ) -> Result<bool, InvalidInput> {
        if self.asked.is_none() || self.limits.all_rows == u64::MAX {
            return Ok(false);
        }
        let above = Above {
            rows: if unique {
                1
            } else {
                taken(rows, self.limits.rows)
            },
            several: !unique && rows.take != Some(1),
            shared: false,
        };
        self.multiplies(model, selection, above)
    }

    fn multiplies(
        &self,
        model: &'e Model,
        selection: &Selection,
        above: Above,
    ) -> Result<bool, InvalidInput> {
        for include in &selection.include {
            let owner = field(model, &include.field)?;
            let Some(relation) = owner.relation() else {
                continue;
            };
            let is_many = owner.arity == Arity::List;
            let rows = if is_many {
                let each = taken(&include.rows, self.limits.nested_rows);
                above.rows.saturating_mul(each)
            } else {
                above.rows
            };
            let is_shared = above.shared || (is_many && relation.join.is_some() && above.several);
            if is_many && is_shared && rows > self.limits.all_rows {
                return Ok(true);
            }
            let here = Above {
                rows,
                several: above.several || is_many,
                shared: is_shared || (!is_many && above.several),
            };
            let target = self.model(&relation.model)?;
            if self.multiplies(target, &include.selection, here)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The place of the relation to many rows that is nested deepest, whose rows multiply with those around them.
pub(super) fn deepest<'a>(model: &Model, schema: &Schema, selection: &'a Selection) -> &'a str {
    fn look<'a>(
        (model, schema): (&Model, &Schema),
        selection: &'a Selection,
        level: usize,
        found: &mut (usize, &'a str),
    ) {
        for include in &selection.include {
            let Some(owner) = model.field(&include.field) else {
                continue;
            };
            let level = level + usize::from(owner.arity == Arity::List);
            if level > found.0 {
                *found = (level, include.path.as_str());
            }
            if let Some(target) = owner.relation().and_then(|one| schema.model(&one.model)) {
                look((target, schema), &include.selection, level, found);
            }
        }
    }
    let mut found = (0, "");
    look((model, schema), selection, 0, &mut found);
    found.1
}

/// How many rows a listing gives, at most.
fn taken(rows: &Listing, most: u64) -> u64 {
    rows.take.map_or(most, |take| take.unsigned_abs().min(most))
}
