//! Statements that write one row and give it back, found by what decides them.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use hallpass_sql::{Query, Value};
use hallpass_zmodel::schema::{Field, Model};
use rustc_hash::FxHasher;

use super::store::Reusable;
use super::{hash_filter, hash_selection, loose};
use crate::args::{Filter, Selection};
use crate::client::Client;
use crate::error::Error;
use crate::limits::Limits;
use crate::plan::{Planner, Slot};
use crate::policy::Whose;
use crate::write::KeptFlat;

/// What decides a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) model: &'a Model,
    /// The row that is to change, the values taken out of it; none where one is added.
    pub(crate) which: Option<&'a Filter>,
    /// The fields that are written, in the order of their values.
    pub(crate) fields: &'a [&'a Field],
    /// What is given back.
    pub(crate) selection: &'a Selection,
}

/// What was asked, and what it came to.
#[derive(Debug)]
pub(crate) struct Write {
    model: String,
    which: Option<Filter>,
    fields: Vec<String>,
    selection: Selection,
    limits: Limits,
    whose: Whose,
    slots: Vec<Slot>,
    /// Whether its values are the arguments of a run, in their order.
    is_given: bool,
    /// None where it takes more than one statement.
    pub(crate) one: Option<OneRow>,
}

/// One statement that writes a row and gives it back.
#[derive(Debug)]
pub(crate) struct OneRow {
    /// None where no row can be the one.
    pub(crate) query: Option<Query>,
    pub(crate) flat: KeptFlat,
}

impl Write {
    fn is(&self, asked: &Asked<'_>, limits: &Limits) -> bool {
        let names = asked.fields.iter().map(|field| &field.name);
        self.model == asked.model.name
            && self.fields.iter().eq(names)
            && self.which.as_ref() == asked.which
            && self.selection == *asked.selection
            && self.limits == *limits
    }

    /// The values of a run.
    pub(crate) fn values(
        &self,
        client: &Client,
        arguments: Vec<Value>,
    ) -> Result<Vec<Value>, Error> {
        if self.is_given && self.slots.len() == arguments.len() {
            return Ok(arguments);
        }
        Slot::values(&self.slots, &client.engine, &client.access, &arguments)
    }
}

impl Reusable for Write {
    fn is_same(&self, other: &Self) -> bool {
        self.model == other.model
            && self.fields == other.fields
            && self.which == other.which
            && self.selection == other.selection
            && self.limits == other.limits
    }

    fn whose(&self) -> &Whose {
        &self.whose
    }

    fn slots(&self) -> &[Slot] {
        &self.slots
    }
}

impl Client {
    /// The values in a filter, which are taken out of it; `None`, and nothing is changed, where something in it decides the
    /// statement.
    pub(crate) fn loosened(&self, model: &Model, filter: &mut Filter) -> Option<Vec<Value>> {
        loose::loosen_filter(&self.engine.schema, model, filter)
    }

    /// The statement for what is asked, by whoever this client is of; `make` plans it where there is none.
    pub(crate) fn kept_write<'e>(
        &'e self,
        asked: Asked<'_>,
        make: impl FnOnce(&mut Planner<'e>) -> Result<Option<OneRow>, Error>,
    ) -> Result<Arc<Write>, Error> {
        let hash = hash(&asked);
        let writes = &self.engine.writes;
        let is_it = |write: &Write| write.is(&asked, &self.limits);
        if let Some(found) = writes.find(hash, &self.access, is_it) {
            return Ok(found);
        }
        let mut planner = Planner::shared(self);
        let one = make(&mut planner)?;
        let (whose, slots) = planner.end();
        let mut numbered = slots.iter().enumerate();
        let is_given =
            numbered.all(|(at, slot)| matches!(slot, Slot::Given(number) if *number == at));
        let names = asked.fields.iter().map(|field| field.name.clone());
        let write = Arc::new(Write {
            model: asked.model.name.clone(),
            which: asked.which.cloned(),
            fields: names.collect(),
            selection: asked.selection.clone(),
            limits: *self.limits,
            whose,
            slots,
            is_given,
            one,
        });
        writes.keep(hash, &write);
        Ok(write)
    }
}

/// Of what tells most writes apart; the rest is compared.
fn hash(asked: &Asked<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    asked.model.name.hash(&mut hasher);
    if let Some(filter) = asked.which {
        hash_filter(filter, &mut hasher);
    }
    for field in asked.fields {
        field.name.hash(&mut hasher);
    }
    hash_selection(asked.selection, &mut hasher);
    hasher.finish()
}
