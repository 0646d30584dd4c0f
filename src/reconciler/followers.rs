//! How far the proxies are, in the reconciler's own time.

use std::collections::VecDeque;
use std::fmt::Debug;

use crate::routing::time::Timestamp;

use super::news::Proof;

/// How many publications are remembered; who is further behind than that has nothing.
const REMEMBERED: usize = 256;

/// Those who follow the document.
pub trait Followers: Debug + Send {
    /// The place of the last publication that all of them have; `None` when there is nobody.
    fn applied(&self) -> Option<u64>;

    /// How that is known.
    fn proof(&self) -> Proof;
}

/// When what was published. Publications are counted from 1, without a gap.
#[derive(Debug, Default)]
pub(super) struct Published {
    count: u64,
    times: VecDeque<Timestamp>,
}

impl Published {
    /// One more, now.
    pub(super) fn note(&mut self, now: Timestamp) {
        self.count += 1;
        if self.times.len() == REMEMBERED {
            self.times.pop_front();
        }
        self.times.push_back(now);
    }

    /// Who has the publication at `sequence` has whatever was published before this time.
    pub(super) fn known_until(&self, sequence: u64, now: Timestamp) -> Timestamp {
        let missing = self.count.saturating_sub(sequence);
        let Ok(missing) = usize::try_from(missing) else {
            return Timestamp::ZERO;
        };
        if missing == 0 {
            return now;
        }
        let first_missing = self.times.len().checked_sub(missing);
        let time = first_missing.and_then(|index| self.times.get(index));
        time.copied().unwrap_or(Timestamp::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_lacks_a_publication_knows_what_was_before_it() {
        let at = Timestamp::from_millis;
        let mut published = Published::default();
        assert_eq!(published.known_until(0, at(5)), at(5), "nothing to lack");
        for millis in [10, 20, 30] {
            published.note(at(millis));
        }
        assert_eq!(published.known_until(3, at(99)), at(99), "all");
        assert_eq!(published.known_until(2, at(99)), at(30), "not the last");
        assert_eq!(published.known_until(0, at(99)), at(10), "none");
        for millis in 100..(100 + 300) {
            published.note(at(millis));
        }
        assert_eq!(
            published.known_until(3, at(999)),
            Timestamp::ZERO,
            "too long ago"
        );
    }
}
