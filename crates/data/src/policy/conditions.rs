//! What the planner asks of each table and field it touches.

use std::rc::Rc;

use hallpass_sql::Expr;
use hallpass_zmodel::schema::{Field, Operation};

use super::compile::{Compiler, Row, Truth};
use super::{Access, combine};
use crate::error::InvalidInput;
use crate::plan::{Planner, Scene};

impl<'e> Planner<'e> {
    /// What a row must meet to be seen; `None` where every row may be, `FALSE` where no statement need be sent.
    pub(crate) fn readable(&self, scene: Scene<'e, '_>) -> Result<Option<Expr>, InvalidInput> {
        self.may(Operation::Read, scene)
    }

    /// What a row must meet for the operation; `None` where every row does.
    ///
    /// Of `create` and `post-update` ask [`creatable`](Self::creatable) and [`became`](Self::became): those need more
    /// than the row.
    pub(crate) fn may(
        &self,
        operation: Operation,
        scene: Scene<'e, '_>,
    ) -> Result<Option<Expr>, InvalidInput> {
        let Access::Person(person) = self.access else {
            return Ok(None);
        };
        let compiler = Compiler::new(self, person, &self.bounds, operation, row(scene));
        let truth = combine::model(&compiler, &scene.model.policies, operation, false)?;
        Ok(truth.into_filter())
    }

    /// What a row must meet for another to be linked with it by a table in between: that is an update which leaves the row
    /// as it was, so that rules about what a row becomes are asked of it as it is.
    pub(crate) fn may_link(&self, scene: Scene<'e, '_>) -> Result<Option<Expr>, InvalidInput> {
        let Access::Person(person) = self.access else {
            return Ok(None);
        };
        let compiler = Compiler::new(self, person, &self.bounds, Operation::Update, row(scene));
        let admitted = combine::update(&compiler, &scene.model.policies, false)?;
        Ok(admitted.into_filter())
    }

    /// The value of a column as the person may see it: null where the rules of the field hide it.
    ///
    /// Source: contract zenstack §2.7.
    pub(crate) fn visible(
        &self,
        scene: Scene<'e, '_>,
        field: &'e Field,
    ) -> Result<Expr, InvalidInput> {
        // Beside the rules of what it is made of, a computed field may have its own.
        let column = if field.computed {
            self.computed(scene, field)?
        } else {
            self.at(scene, field)?
        };
        // Also where it is never seen: of a bare null nobody could tell what type it has.
        Ok(match self.of_field(Operation::Read, scene, field)? {
            None => column,
            Some(condition) => Expr::OnlyWhere(Box::new(condition), Box::new(column)),
        })
    }

    /// What a row must meet, all of it, for these fields of it to be changed, as their own rules say.
    pub(crate) fn may_write_all(
        &self,
        scene: Scene<'e, '_>,
        fields: &[&'e Field],
    ) -> Result<Vec<Expr>, InvalidInput> {
        let mut rules = Vec::new();
        for field in fields {
            rules.extend(self.of_field(Operation::Update, scene, field)?);
        }
        Ok(rules)
    }

    /// What a row must meet for these fields of it to be changed: the rules of the model admit an update, or those of
    /// each field that say they override them. What [`may_write_all`](Self::may_write_all) asks must hold as well.
    ///
    /// Source: contract zenstack §2.7 (`override`).
    pub(crate) fn may_update(
        &self,
        scene: Scene<'e, '_>,
        fields: &[&'e Field],
    ) -> Result<Option<Expr>, InvalidInput> {
        let Access::Person(person) = self.access else {
            return Ok(None);
        };
        let compiler = Compiler::new(self, person, &self.bounds, Operation::Update, row(scene));
        let policies = &scene.model.policies;
        let admitted = combine::model(&compiler, policies, Operation::Update, false)?;
        let mut overridden = Truth::known(!fields.is_empty());
        for field in fields {
            overridden = overridden.and(combine::overrides(&compiler, &field.policies)?);
        }
        Ok(admitted.or(overridden).into_filter())
    }

    fn of_field(
        &self,
        operation: Operation,
        scene: Scene<'e, '_>,
        field: &'e Field,
    ) -> Result<Option<Expr>, InvalidInput> {
        let Access::Person(person) = self.access else {
            return Ok(None);
        };
        if field.policies.is_empty() {
            return Ok(None);
        }
        let compiler = Compiler::new(self, person, &self.bounds, operation, row(scene));
        let truth = combine::field(&compiler, &field.policies, operation)?;
        Ok(truth.into_filter())
    }
}

/// The row of a scene. Its columns are always named with their table: rules may read others inside.
pub(super) fn row<'e>(scene: Scene<'e, '_>) -> Row<'e> {
    Row::Table {
        model: scene.model,
        alias: Rc::from(scene.name()),
        bases: scene.bases,
    }
}
