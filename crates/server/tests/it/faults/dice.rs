//! Randomness that can be had again: `SplitMix64`.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// The seed that the environment names, or one that nobody knows before.
pub(super) fn seed() -> u64 {
    let named = std::env::var_os("HALLPASS_TEST_SEED");
    match named.as_ref().and_then(|text| text.to_str()) {
        Some(text) => text.parse().expect("HALLPASS_TEST_SEED is a number"),
        None => RandomState::new().build_hasher().finish(),
    }
}

#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// Others, which do not depend on how often these are thrown from now on.
    pub(super) fn split(&mut self) -> Self {
        Self(self.next())
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap();
        usize::try_from(self.next() % end).unwrap()
    }

    pub(super) fn between(&mut self, first: usize, end: usize) -> usize {
        first + self.below(end - first)
    }

    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for place in (1..list.len()).rev() {
            list.swap(place, self.below(place + 1));
        }
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
