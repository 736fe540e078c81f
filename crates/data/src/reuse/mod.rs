//! Plans of reads, and statements that write one row, kept for the next call that differs in its values only, whoever asks.
//!
//! A call is taken apart into what decides its statement and the values in it (`loose`); the first is what it is found by
//! (`store`). What the statement takes for granted about the person stands beside it ([`Whose`]), so that of plans for the
//! same call each serves those persons of whom it is true. Reads stand here, writes in `writes`. Why, in
//! `docs/design/plans.md`.

mod loose;
mod shapes;
mod store;
mod writes;

use std::hash::{Hash, Hasher};
use std::mem::discriminant;
use std::sync::Arc;

use hallpass_sql::Value;
use rustc_hash::FxHasher;

use crate::args::{Filter, FindArgs, OrderKey, Selection};
use crate::client::Client;
use crate::error::Error;
use crate::limits::Limits;
use crate::plan::{self, Plan, Planner, Slot};
use crate::policy::Whose;

pub(crate) use shapes::Shapes;
#[cfg(test)]
pub(crate) use store::PLANS;
pub(crate) use store::{Reusable, Store};
pub(crate) use writes::{Asked, OneRow, Write};

/// The plans of reads of an engine.
pub(crate) type Plans = Store<Entry>;
/// Its statements that write one row.
pub(crate) type Writes = Store<Write>;

/// What kind of read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Read {
    Find {
        /// Whether the filter must fix a unique key.
        unique: bool,
    },
    Count,
    Exists,
}

impl Read {
    fn plan(self, planner: Planner<'_>, args: &FindArgs) -> Result<Plan, Error> {
        match self {
            Self::Find { unique } => plan::find(planner, args, unique),
            Self::Count => plan::count(planner, args),
            Self::Exists => plan::exists(planner, args),
        }
    }
}

/// A plan and the values of one run.
#[derive(Debug)]
pub(crate) struct Planned {
    plan: Kept,
    values: Vec<Value>,
}

#[derive(Debug)]
enum Kept {
    Alone(Box<Plan>),
    Shared(Arc<Entry>),
}

impl Planned {
    pub(crate) fn plan(&self) -> &Plan {
        match &self.plan {
            Kept::Alone(plan) => plan,
            Kept::Shared(entry) => &entry.plan,
        }
    }

    pub(crate) fn values(&self) -> &[Value] {
        &self.values
    }
}

#[derive(Debug)]
pub(crate) struct Entry {
    read: Read,
    args: FindArgs,
    limits: Limits,
    plan: Plan,
}

impl Entry {
    fn is(&self, read: Read, args: &FindArgs, limits: &Limits) -> bool {
        self.read == read && self.args == *args && self.limits == *limits
    }
}

impl Reusable for Entry {
    fn is_same(&self, other: &Self) -> bool {
        self.is(other.read, &other.args, &other.limits)
    }

    fn whose(&self) -> &Whose {
        &self.plan.whose
    }

    fn slots(&self) -> &[Slot] {
        &self.plan.slots
    }
}

impl Client {
    /// A plan of the read for whoever this client is of, and the values to run it with.
    pub(crate) fn planned(&self, read: Read, mut args: FindArgs) -> Result<Planned, Error> {
        // What is kept has noted nothing.
        if self.touched.is_some() {
            return Ok(Planned {
                plan: Kept::Alone(Box::new(read.plan(Planner::new(self), &args)?)),
                values: Vec::new(),
            });
        }
        #[cfg(test)]
        let whole = args.clone();
        let Some(values) = loose::loosen(&self.engine.schema, &mut args) else {
            let plan = read.plan(Planner::new(self), &args)?;
            return Ok(Planned {
                plan: Kept::Alone(Box::new(plan)),
                values: Vec::new(),
            });
        };
        let hash = hash(read, &args);
        let plans = &self.engine.plans;
        let is_it = |entry: &Entry| entry.is(read, &args, &self.limits);
        let entry = match plans.find(hash, &self.access, is_it) {
            Some(entry) => entry,
            None => {
                let plan = read.plan(Planner::shared(self), &args)?;
                let entry = Arc::new(Entry {
                    read,
                    args,
                    limits: *self.limits,
                    plan,
                });
                plans.keep(hash, &entry);
                entry
            }
        };
        #[cfg(test)]
        if entry.plan.whose.is_shared() {
            let own = read.plan(Planner::new(self), &whole);
            tests::require_same(self, &entry.plan, &values, own);
        }
        Ok(Planned {
            plan: Kept::Shared(entry),
            values,
        })
    }
}

/// Of what tells most reads apart; the rest is compared. Who wants to can make calls that meet in one number: few are kept of one, and
/// nothing but the keeping is lost.
fn hash(read: Read, args: &FindArgs) -> u64 {
    let mut hasher = FxHasher::default();
    read.hash(&mut hasher);
    args.model.hash(&mut hasher);
    args.rows.take.hash(&mut hasher);
    args.rows.skip.hash(&mut hasher);
    for order in &args.rows.order {
        if let OrderKey::Field(name) = &order.key {
            name.hash(&mut hasher);
        }
        discriminant(&order.direction).hash(&mut hasher);
    }
    if let Some(filter) = &args.rows.filter {
        hash_filter(filter, &mut hasher);
    }
    hash_selection(&args.selection, &mut hasher);
    hasher.finish()
}

fn hash_filter(filter: &Filter, hasher: &mut FxHasher) {
    discriminant(filter).hash(hasher);
    match filter {
        Filter::All(parts) | Filter::Any(parts) => {
            parts.len().hash(hasher);
            parts.iter().for_each(|part| hash_filter(part, hasher));
        }
        Filter::Not(inner) => hash_filter(inner, hasher),
        Filter::Field(name, test) => {
            name.hash(hasher);
            discriminant(test).hash(hasher);
        }
        Filter::Relation(name, _) | Filter::Unlinked(name) => name.hash(hasher),
    }
}

fn hash_selection(selection: &Selection, hasher: &mut FxHasher) {
    selection.select.hash(hasher);
    selection.omit.hash(hasher);
    for include in &selection.include {
        include.field.hash(hasher);
        hash_selection(&include.selection, hasher);
    }
    selection.counts.len().hash(hasher);
}

#[cfg(test)]
mod tests;
