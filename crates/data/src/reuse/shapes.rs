use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use hallpass_zmodel::schema::Model;

use crate::error::InvalidInput;
use crate::shape::Shape;

/// The shapes of whole rows, which most writes give back: two a model at most.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    /// By where the model is in memory, and whether they are for persons. The engine holds its schema, so nothing else is
    /// ever there.
    made: RwLock<HashMap<(usize, bool), Arc<Shape>>>,
}

impl Shapes {
    pub(crate) fn whole(
        &self,
        model: &Model,
        for_person: bool,
        make: impl FnOnce() -> Result<Arc<Shape>, InvalidInput>,
    ) -> Result<Arc<Shape>, InvalidInput> {
        let key = (std::ptr::from_ref(model).addr(), for_person);
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(shape) = made.get(&key) {
            return Ok(Arc::clone(shape));
        }
        drop(made);
        let shape = make()?;
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        made.insert(key, Arc::clone(&shape));
        Ok(shape)
    }
}
