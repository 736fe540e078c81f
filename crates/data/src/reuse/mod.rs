//! Plans of reads, kept for the next call that differs in its values only, whoever asks.
//!
//! A read is taken apart into what decides its statement and the values in it (`loose`); the first is what it is found by.
//! What the statement takes for granted about the person stands in the plan ([`Whose`](crate::policy::Whose)), so that of
//! plans for the same read each serves those persons of whom it is true. Why, in `docs/design/plans.md`.

mod loose;
mod shapes;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::discriminant;
use std::sync::{Arc, PoisonError, RwLock};

use hallpass_sql::Value;

use crate::args::{Filter, FindArgs, OrderKey, Selection};
use crate::client::Client;
use crate::error::Error;
use crate::limits::Limits;
use crate::plan::{self, Plan, Planner};
use crate::policy::Access;

pub(crate) use shapes::Shapes;

/// Plans that are kept, at most. Where another comes, all of them go: whoever asks something new each time gains nothing from
/// any, and others get theirs back with their next call.
pub(crate) const PLANS: usize = 1024;
/// Plans of one read for persons who are not alike.
const ALIKE: usize = 16;

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

/// The plans of an engine.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    held: RwLock<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// By a hash of what they are found by.
    entries: HashMap<u64, Vec<Arc<Entry>>>,
    count: usize,
}

#[derive(Debug)]
struct Entry {
    read: Read,
    args: FindArgs,
    limits: Limits,
    plan: Plan,
}

impl Entry {
    fn is(&self, read: Read, args: &FindArgs, limits: &Limits) -> bool {
        self.read == read && self.args == *args && self.limits == *limits
    }

    /// Whether it does the same for the same persons.
    fn serves_as(&self, other: &Self) -> bool {
        self.is(other.read, &other.args, &other.limits)
            && self.plan.whose.is_as_wide_as(&other.plan.whose)
    }
}

impl Plans {
    /// How many there are.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.held
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .count
    }

    fn find(
        &self,
        hash: u64,
        (read, args, limits): (Read, &FindArgs, &Limits),
        access: &Access,
    ) -> Option<Arc<Entry>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let mut alike = held.entries.get(&hash)?.iter();
        let found = alike.find(|entry| entry.is(read, args, limits) && entry.plan.is_of(access))?;
        Some(Arc::clone(found))
    }

    fn keep(&self, hash: u64, entry: &Arc<Entry>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.count >= PLANS {
            *held = Held::default();
        }
        let alike = held.entries.entry(hash).or_default();
        // Others may have planned the same meanwhile.
        if alike.len() < ALIKE && !alike.iter().any(|one| one.serves_as(entry)) {
            alike.push(Arc::clone(entry));
            held.count += 1;
        }
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
        let wanted = (read, &args, &*self.limits);
        let entry = match plans.find(hash, wanted, &self.access) {
            Some(entry) => entry,
            None => {
                let plan = read.plan(Planner::shared(self), &args)?;
                let is_shared = plan.is_shared();
                let entry = Arc::new(Entry {
                    read,
                    args,
                    limits: *self.limits,
                    plan,
                });
                if is_shared {
                    plans.keep(hash, &entry);
                }
                entry
            }
        };
        #[cfg(test)]
        if entry.plan.is_shared() {
            let own = read.plan(Planner::new(self), &whole);
            tests::require_same(self, &entry.plan, &values, own);
        }
        Ok(Planned {
            plan: Kept::Shared(entry),
            values,
        })
    }
}

/// Of what tells most reads apart; the rest is compared.
fn hash(read: Read, args: &FindArgs) -> u64 {
    let mut hasher = DefaultHasher::new();
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

fn hash_filter(filter: &Filter, hasher: &mut DefaultHasher) {
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

fn hash_selection(selection: &Selection, hasher: &mut DefaultHasher) {
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
