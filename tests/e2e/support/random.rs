//! A seed that is printed, so that a run can be repeated.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

/// A number from the environment, for those who want more than each run has time for.
pub(crate) fn often(name: &str, usual: usize) -> usize {
    let given = std::env::var_os(name);
    let given = given.map(|text| text.to_str().unwrap().parse().unwrap());
    given.unwrap_or(usual)
}

/// `SplitMix64`.
pub(crate) struct Random(u64);

impl Random {
    /// The same numbers again.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From `POINTSMAN_E2E_SEED`, else anew.
    pub(crate) fn seeded() -> Self {
        let given = std::env::var_os("POINTSMAN_E2E_SEED");
        let given = given.map(|text| text.to_str().unwrap().parse().unwrap());
        let seed: u64 = given.unwrap_or_else(|| RandomState::new().build_hasher().finish());
        println!("POINTSMAN_E2E_SEED={seed}");
        Self::new(seed)
    }

    /// Below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// A time up to `most`.
    pub(crate) fn moment(&mut self, most: Duration) -> Duration {
        Duration::from_micros(self.below(u64::try_from(most.as_micros()).unwrap()))
    }
}
