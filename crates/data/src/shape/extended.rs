//! Rows of a delegate, each of which has the fields of the model that it really is of.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Shape, ShapeField};

/// What rows may have besides.
#[derive(Debug)]
pub(crate) struct Extended {
    extensions: Vec<Extension>,
    /// The shapes that rows were found to have, by which extensions are there. As many as there are models, and each is
    /// made once a plan.
    shapes: Mutex<HashMap<Vec<bool>, Arc<Shape>>>,
}

/// What the rows of one model have of their own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Extension {
    /// A row is of the model, and may be seen as such, where the column at this position is not null.
    pub(crate) presence: usize,
    pub(crate) fields: Vec<ShapeField>,
}

impl Extended {
    pub(crate) fn new(extensions: Vec<Extension>) -> Self {
        Self {
            extensions,
            shapes: Mutex::default(),
        }
    }

    /// What rows may have besides.
    pub(super) fn fields(&self) -> impl Iterator<Item = &ShapeField> {
        self.extensions.iter().flat_map(|one| &one.fields)
    }

    /// The shape of a row: what all have, and what it has besides.
    pub(super) fn of_row(&self, common: &Shape, is_there: impl Fn(usize) -> bool) -> Arc<Shape> {
        let extensions = self.extensions.iter();
        let there: Vec<bool> = extensions.map(|one| is_there(one.presence)).collect();
        let mut shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        let shape = shapes.entry(there).or_insert_with_key(|there| {
            let extensions = self.extensions.iter().zip(there);
            let own = extensions.filter(|(_, there)| **there);
            let own = own.flat_map(|(extension, _)| &extension.fields);
            Arc::new(Shape {
                model: common.model.clone(),
                fields: common.fields.iter().chain(own).cloned().collect(),
                reversed: false,
                extended: None,
                key: common.key.clone(),
            })
        });
        Arc::clone(shape)
    }
}

impl PartialEq for Extended {
    fn eq(&self, other: &Self) -> bool {
        self.extensions == other.extensions
    }
}
