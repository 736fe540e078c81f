use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use hallpass_zmodel::schema::Field;

use crate::client::Engine;
use crate::codec::Codec;

/// The codecs of all fields of the models of an engine: what a column takes depends on facts that take longer to find than to use.
#[derive(Debug)]
pub(crate) struct Codecs {
    /// By where the field is in memory. The engine holds its schema, so nothing else is ever there.
    by_address: HashMap<usize, Option<Codec>, BuildHasherDefault<AddressHasher>>,
}

/// Spreads addresses, which nobody outside chooses, in one step.
#[derive(Debug, Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|byte| self.write_usize(usize::from(*byte)));
    }

    fn write_usize(&mut self, address: usize) {
        // An odd number of which half the bits are set: all bits of the address reach the upper half of the product.
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let address = u64::try_from(address).unwrap_or_default();
        self.0 = (self.0.rotate_left(32) ^ address).wrapping_mul(SPREAD);
    }
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
