use std::hash::{BuildHasherDefault, Hasher};

/// Tells calls apart by what decides their statement, in a step a word.
///
/// Who wants to can make calls that meet in one number. Such calls are compared, and few are kept of one number
/// ([`store`](super::store)), so that nothing but the keeping is lost.
#[derive(Debug, Default)]
pub(super) struct CallHasher(u64);

/// For keys that are such a number already.
#[derive(Debug, Default)]
pub(super) struct Hashed(u64);

pub(super) type BuildHashed = BuildHasherDefault<Hashed>;

impl CallHasher {
    fn add(&mut self, word: u64) {
        // An odd number of which half the bits are set, as in `codecs`.
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        self.0 = (self.0.rotate_left(29) ^ word).wrapping_mul(SPREAD);
    }
}

impl Hasher for CallHasher {
    fn finish(&self) -> u64 {
        // Tables look at the lowest bits and the highest, of which multiplication leaves the lowest behind.
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (place, byte) in last.iter_mut().zip(rest) {
            *place = *byte;
        }
        if !rest.is_empty() {
            self.add(u64::from_le_bytes(last));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.add(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.add(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.add(u64::try_from(number).unwrap_or_default());
    }

    fn write_isize(&mut self, number: isize) {
        self.add(u64::from_le_bytes(
            i64::try_from(number).unwrap_or_default().to_le_bytes(),
        ));
    }
}

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut hasher = CallHasher(self.0);
        hasher.write(bytes);
        self.0 = hasher.finish();
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}
