use std::collections::HashMap;

use hallpass_zmodel::schema::Field;
use rustc_hash::FxBuildHasher;

use crate::client::Engine;
use crate::codec::Codec;

/// The codecs of all fields of the models of an engine: what a column takes depends on facts that take longer to find than to use.
#[derive(Debug)]
pub(crate) struct Codecs {
    /// By where the field is in memory, which nobody outside chooses. The engine holds its schema, so nothing else is ever there.
    by_address: HashMap<usize, Option<Codec>, FxBuildHasher>,
}

impl Codecs {
    pub(crate) fn of(engine: &Engine) -> Self {
        let models = engine.schema.models.iter();
        let codecs = models.flat_map(|model| {
            let fields = model.fields.iter();
            fields.map(move |field| (address(field), Codec::made(engine, model, field)))
        });
        Self {
            by_address: codecs.collect(),
        }
    }

    /// What [`Codec::of`] gives; `None` for a field that is none of a model's.
    pub(crate) fn get(&self, field: &Field) -> Option<&Option<Codec>> {
        self.by_address.get(&address(field))
    }
}

fn address(field: &Field) -> usize {
    std::ptr::from_ref(field).addr()
}
