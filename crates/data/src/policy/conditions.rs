//! What the planner asks of each table and field it touches.

use std::sync::Arc;

use hallpass_sql::Expr;
use hallpass_zmodel::schema::{Effect, Field, Operation, Policy};

use super::{Access, Person};
use crate::error::InvalidInput;
use crate::plan::{Planner, Scene};

impl<'e> Planner<'e> {
    /// What a row must meet to be seen; `None` where every row may be, `FALSE` where no statement need be sent.
    pub(crate) fn readable(&self, scene: Scene<'e, '_>) -> Result<Option<Expr>, InvalidInput> {
        self.may(Operation::Read, scene)
    }

    /// What a row must meet for the operation; `None` where every row does.
    pub(crate) fn may(
        &self,
        operation: Operation,
        scene: Scene<'e, '_>,
    ) -> Result<Option<Expr>, InvalidInput> {
        let Access::Person(person) = self.access else {
            return Ok(None);
        };
        self.combined(person, operation, scene, &scene.model.policies)
    }

    /// The value of a column as the person may see it: null where the rules of the field hide it.
    pub(crate) fn visible(
        &self,
        scene: Scene<'e, '_>,
        field: &'e Field,
    ) -> Result<Expr, InvalidInput> {
        let column = scene.column(&field.column);
        let Access::Person(_) = self.access else {
            return Ok(column);
        };
        if field.policies.is_empty() {
            return Ok(column);
        }
        Err(InvalidInput::Policy {
            model: scene.model.name.clone(),
        })
    }

    /// What a row must meet for its field to be changed; `None` where nothing is asked.
    pub(crate) fn may_write(
        &self,
        scene: Scene<'e, '_>,
        field: &'e Field,
    ) -> Result<Option<Expr>, InvalidInput> {
        let Access::Person(_) = self.access else {
            return Ok(None);
        };
        if field.policies.is_empty() {
            return Ok(None);
        }
        Err(InvalidInput::Policy {
            model: scene.model.name.clone(),
        })
    }

    /// Source: contract zenstack §2.1.
    fn combined(
        &self,
        _: &Arc<Person>,
        operation: Operation,
        scene: Scene<'e, '_>,
        policies: &'e [Policy],
    ) -> Result<Option<Expr>, InvalidInput> {
        let of_operation = |policy: &&Policy| policy.operations.contains(operation);
        let mut allows = policies
            .iter()
            .filter(of_operation)
            .filter(|policy| policy.effect == Effect::Allow);
        if allows.next().is_none() {
            return Ok(Some(Expr::Bool(false)));
        }
        Err(InvalidInput::Policy {
            model: scene.model.name.clone(),
        })
    }
}
