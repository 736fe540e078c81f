use std::sync::{Mutex, PoisonError};

use hallpass_sql::{Expr, Value};

use super::slot::Slot;
use crate::client::Engine;
use crate::error::Error;
use crate::policy::{Access, Member};

/// The slots of a plan while it is made. Behind a lock, because rules find values of the person where they only look at the
/// planner, and because it is looked at by work that moves between threads.
#[derive(Debug, Default)]
pub(super) struct Slots(Mutex<Vec<Slot>>);

impl Slots {
    pub(super) fn add(&mut self, slot: Slot) -> Expr {
        let slots = self.own();
        slots.push(slot);
        Expr::Parameter(slots.len() - 1)
    }

    /// One slot for a value of the person, wherever it stands: what is said twice must look the same.
    pub(super) fn member(&self, member: Member) -> Expr {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |slot: &Slot| matches!(slot, Slot::Member(one) if **one == member);
        let found = slots.iter().position(is_it);
        Expr::Parameter(found.unwrap_or_else(|| {
            slots.push(Slot::Member(Box::new(member)));
            slots.len() - 1
        }))
    }

    /// Takes back the last.
    pub(super) fn pop(&mut self) -> Option<Slot> {
        self.own().pop()
    }

    pub(super) fn len(&self) -> usize {
        let slots = self.0.lock();
        slots.unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(super) fn values(&self, engine: &Engine) -> Result<Vec<Value>, Error> {
        let slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Slot::values(slots.iter(), engine, &Access::Full, &[])
    }

    pub(super) fn all(self) -> Vec<Slot> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn own(&mut self) -> &mut Vec<Slot> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}
