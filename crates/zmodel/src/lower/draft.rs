//! A model while it is being made.

use std::collections::HashMap;

use crate::ast::{self, Name};
use crate::bind::Bound;
use crate::diagnostic::Mistake;
use crate::schema::{Field, Model};
use crate::suggest;

/// A model whose relations still lack their other side.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) ast: &'a ast::Model,
    pub(super) model: Model,
    /// The attributes of the fields, by the place of the field in `model.fields`.
    pub(super) attributes: Vec<Vec<Bound<'a>>>,
    /// The `@@` attributes, inherited ones first.
    pub(super) block: Vec<Bound<'a>>,
    /// The places of fields in `model.fields`; none for a field that was refused.
    pub(super) places: HashMap<&'a str, Option<usize>>,
    /// Whether it may have fields that are not seen.
    pub(super) incomplete: bool,
}

/// One side of a relation.
#[derive(Debug)]
pub(super) struct Side<'a> {
    /// Place of its model among the drafts.
    pub(super) model: usize,
    /// Place of its field in that model.
    pub(super) field: usize,
    pub(super) ast: &'a ast::Field,
    /// Place of the model it points at.
    pub(super) target: usize,
    /// Name of the relation.
    pub(super) name: Option<Name>,
}

impl<'a> Draft<'a> {
    /// The field of this name; `Ok(None)` when it was refused, or may stand where the model could not be read.
    pub(super) fn find(&self, name: &Name) -> Result<Option<&Field>, Mistake> {
        match self.places.get(name.text.as_str()) {
            Some(_) => Ok(self.field(&name.text)),
            None if self.ast.damaged => Ok(None),
            None => {
                let message = format!("model `{}` has no field `{}`", self.model.name, name.text);
                let known = self.places.keys().copied();
                Err(Mistake::at(name.span, message)
                    .maybe_help(suggest::did_you_mean(&name.text, known)))
            }
        }
    }

    /// The field of this name, where it was not refused.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        let place = self.places.get(name).copied().flatten()?;
        self.model.fields.get(place)
    }

    /// An attribute of the field with this place.
    pub(super) fn attribute(&self, field: usize, name: &str) -> Option<&Bound<'a>> {
        self.attributes
            .get(field)?
            .iter()
            .find(|bound| bound.row.name == name)
    }

    /// Every attribute of this name on a field, with the field as it was written.
    pub(super) fn on_fields(&self, name: &str) -> impl Iterator<Item = (&Field, &Bound<'a>)> {
        let attributes = self.attributes.iter();
        self.model
            .fields
            .iter()
            .zip(attributes)
            .filter_map(move |(field, attributes)| {
                let found = attributes.iter().find(|bound| bound.row.name == name)?;
                Some((field, found))
            })
    }
}
