use hallpass_zmodel::schema::{Arity, Field, Join, Model, Relation};

use crate::error::InvalidInput;
use crate::plan::{Planner, field};

/// A relation, seen from one of its ends.
#[derive(Debug, Clone)]
pub(crate) struct End<'s> {
    /// The model at this end.
    pub(crate) model: &'s Model,
    /// The field at this end.
    pub(crate) field: &'s Field,
    /// The model at the other end.
    pub(crate) target: &'s Model,
    /// Whether there may be several rows at the other end.
    pub(crate) is_many: bool,
    pub(crate) keeper: Keeper<'s>,
}

/// What keeps a relation.
#[derive(Debug, Clone)]
pub(crate) enum Keeper<'s> {
    /// This end: its fields, and those of the other that they are equal to.
    Own(Vec<(&'s Field, &'s Field)>),
    /// The other end: the fields of this one, and those of the other that are equal to them.
    Other(Vec<(&'s Field, &'s Field)>),
    /// A table between both.
    Table(Table<'s>),
}

/// A table with a row for each pair of rows that belong together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'s> {
    pub(super) join: &'s Join,
    /// The identity of rows at this end.
    pub(super) own: &'s Field,
    /// The identity of rows at the other end.
    pub(super) other: &'s Field,
}

impl<'s> End<'s> {
    pub(crate) fn of(
        planner: &Planner<'s>,
        model: &'s Model,
        relation_field: &'s Field,
    ) -> Result<Self, InvalidInput> {
        let relation = relation_field
            .relation()
            .ok_or_else(|| not_a_relation(model, relation_field))?;
        let target = planner.model(&relation.model)?;
        let keeper = if let Some(join) = &relation.join {
            Keeper::Table(Table {
                join,
                own: identity(model, relation_field)?,
                other: identity(target, relation_field)?,
            })
        } else if relation.fields.is_empty() {
            let opposite = field(target, &relation.opposite)?;
            let held = opposite
                .relation()
                .ok_or_else(|| not_a_relation(target, opposite))?;
            let pairs = pairs(target, held, model)?;
            Keeper::Other(pairs.into_iter().map(|(fk, own)| (own, fk)).collect())
        } else {
            Keeper::Own(pairs(model, relation, target)?)
        };
        Ok(Self {
            model,
            field: relation_field,
            target,
            is_many: relation_field.arity == Arity::List,
            keeper,
        })
    }

    /// Whether this end holds the key.
    pub(crate) fn is_owned(&self) -> bool {
        matches!(self.keeper, Keeper::Own(_))
    }

    /// The fields of the other end that tell which rows belong together.
    pub(crate) fn other_fields(&self) -> Vec<&'s Field> {
        match &self.keeper {
            Keeper::Own(pairs) | Keeper::Other(pairs) => {
                pairs.iter().map(|(_, other)| *other).collect()
            }
            Keeper::Table(table) => vec![table.other],
        }
    }

    /// The fields of this end that tell which rows belong to one.
    pub(crate) fn own_fields(&self) -> Vec<&'s Field> {
        match &self.keeper {
            Keeper::Own(pairs) | Keeper::Other(pairs) => {
                pairs.iter().map(|(own, _)| *own).collect()
            }
            Keeper::Table(table) => vec![table.own],
        }
    }
}

/// The one field of an identity that a table between can hold.
fn identity<'s>(model: &'s Model, relation: &Field) -> Result<&'s Field, InvalidInput> {
    match model.id.as_slice() {
        [only] => field(model, only),
        _ => Err(not_a_relation(model, relation)),
    }
}

fn pairs<'s>(
    holder: &'s Model,
    relation: &'s Relation,
    target: &'s Model,
) -> Result<Vec<(&'s Field, &'s Field)>, InvalidInput> {
    let pairs = relation.fields.iter().zip(&relation.references);
    pairs
        .map(|(own, other)| Ok((field(holder, own)?, field(target, other)?)))
        .collect()
}

fn not_a_relation(model: &Model, field: &Field) -> InvalidInput {
    InvalidInput::NotToOne {
        model: model.name.clone(),
        field: field.name.clone(),
    }
}
