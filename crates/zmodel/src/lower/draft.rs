//! A model while it is being made.

use std::collections::HashMap;

use crate::ast::{self, Name};
use crate::bind::Bound;
use crate::diagnostic::Mistake;
use crate::schema::{Field, Model};
use crate::suggest;

/// A model, view, type or abstract model whose relations still lack their other side.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) ast: &'a ast::Model,
    pub(super) model: Model,
    /// The fields as written, by their place in `model.fields`.
    pub(super) written: Vec<&'a ast::Field>,
    /// The attributes of the fields, by the place of the field in `model.fields`.
    pub(super) attributes: Vec<Vec<Bound<'a>>>,
    /// The `@@` attributes, inherited ones first.
    pub(super) block: Vec<Bound<'a>>,
    /// How many of `block` are of the delegate that the model extends.
    pub(super) of_base: usize,
    /// The places of fields in `model.fields`; none for a field that was refused.
    pub(super) places: HashMap<&'a str, Option<usize>>,
    /// The delegate it extends, by its place among the drafts of models.
    pub(super) base: Option<usize>,
    /// Whether part of it could not be read, so that it may have fields of any name.
    pub(super) damaged: bool,
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
            None if self.damaged => Ok(None),
            None => {
                let word = self.ast.word.text();
                let message = format!("{word} `{}` has no field `{}`", self.model.name, name.text);
                let mut known: Vec<&str> = self.places.keys().copied().collect();
                // Of two that are as near, always the same is suggested.
                known.sort_unstable();
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

    /// Every attribute of this name on a field that is not inherited from a delegate, with the field.
    pub(super) fn on_fields(&self, name: &str) -> impl Iterator<Item = (&Field, &Bound<'a>)> {
        let attributes = self.attributes.iter();
        self.model
            .fields
            .iter()
            .zip(attributes)
            .filter(|(field, _)| field.origin.is_none())
            .filter_map(move |(field, attributes)| {
                let found = attributes.iter().find(|bound| bound.row.name == name)?;
                Some((field, found))
            })
    }

    /// The `@@` attributes that are not of the delegate it extends.
    pub(super) fn own_block(&self) -> &[Bound<'a>] {
        self.block.get(self.of_base..).unwrap_or_default()
    }

    /// An `@@` attribute, its own before that of the delegate it extends.
    pub(super) fn on_block(&self, name: &str) -> Option<&Bound<'a>> {
        let mut block = self.block.iter().rev();
        block.find(|bound| bound.row.name == name)
    }
}
