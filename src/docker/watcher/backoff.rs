//! Waits that double, with jitter, so that several of us do not knock in step.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// The next wait.
#[derive(Debug)]
pub(in crate::docker) struct Backoff {
    min: Duration,
    max: Duration,
    ceiling: Duration,
}

impl Backoff {
    pub(in crate::docker) const fn new(min: Duration, max: Duration) -> Self {
        Self {
            min,
            max,
            ceiling: min,
        }
    }

    /// Something worked.
    pub(in crate::docker) const fn reset(&mut self) {
        self.ceiling = self.min;
    }

    /// Between half of the ceiling and the ceiling, which then doubles.
    pub(in crate::docker) fn next(&mut self) -> Duration {
        let half = self.ceiling / 2;
        self.ceiling = self.ceiling.saturating_mul(2).min(self.max);
        let jitter_permille = u32::try_from(random() % 1000).unwrap_or(0);
        half + half * jitter_permille / 1000
    }
}

/// The hasher's keys are random, which is all that jitter needs.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_maximum_and_no_further() {
        let (min, max) = (Duration::from_millis(50), Duration::from_secs(5));
        let mut backoff = Backoff::new(min, max);
        assert!(backoff.next() <= min, "the first wait is short");
        let last = (0..20).map(|_| backoff.next()).last().unwrap();
        assert!(
            last >= max / 2 && last <= max,
            "the last one is long: {last:?}"
        );
        backoff.reset();
        assert!(backoff.next() <= min, "and short again after success");
    }
}
