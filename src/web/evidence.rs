//! When "Traefik has this revision" proves that it has this publication.
//!
//! A revision can come back: a shift that is taken back gives the document from before. While Traefik has not yet
//! applied what was between, its API says "there" of the revision from before, and would say so of the new
//! publication although the one between is still to come. Then only one of two things proves it: the revision was
//! seen to be gone since the publication, or it has stayed for longer than Traefik may keep a document back.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::snapshot::Publication;

/// Longer than Traefik keeps a document back (`providersThrottleDuration`, 2 s unless told) and takes to apply it.
const SETTLED: Duration = Duration::from_millis(2500);

/// What one API has proven.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    proven: u64,
    /// Of publications that are asked for, by place.
    seen: BTreeMap<u64, Seen>,
}

#[derive(Clone, Copy, Debug)]
enum Seen {
    /// Its revision was not in force at some time after it was published.
    Lacking,
    /// Its revision is in force since then at the latest, from before perhaps.
    There(Instant),
}

impl Evidence {
    /// Place of the newest publication that is proven; 0 while there is none.
    pub(super) const fn proven(&self) -> u64 {
        self.proven
    }

    /// Forgets what is not asked for any more.
    pub(super) fn keep(&mut self, asked: &BTreeMap<u64, Publication>) {
        self.seen.retain(|sequence, _| asked.contains_key(sequence));
    }

    /// The revision is not in force.
    pub(super) fn lacks(&mut self, asked: Publication) {
        self.seen.insert(asked.sequence, Seen::Lacking);
    }

    /// The revision is in force. Gives whether that proves the publication.
    pub(super) fn has(&mut self, asked: Publication, now: Instant) -> bool {
        let is_new = asked.earlier.is_none_or(|earlier| earlier < self.proven);
        let seen = self.seen.entry(asked.sequence);
        let is_proven = match *seen.or_insert(Seen::There(now)) {
            Seen::Lacking => true,
            Seen::There(since) => is_new || now - since >= SETTLED,
        };
        if is_proven {
            self.proven = self.proven.max(asked.sequence);
        }
        is_proven
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::ids::Revision;

    fn publication(sequence: u64, earlier: Option<u64>) -> Publication {
        Publication {
            revision: Revision(0xa),
            sequence,
            earlier,
        }
    }

    fn proven(sequence: u64) -> Evidence {
        let mut evidence = Evidence::default();
        let first = publication(sequence, None);
        assert!(evidence.has(first, Instant::now()), "never before");
        evidence
    }

    #[test]
    fn a_revision_that_came_back_is_proven_by_having_been_away() {
        let (mut evidence, now) = (proven(1), Instant::now());
        let again = publication(3, Some(1));
        assert!(!evidence.has(again, now), "that may be the first");
        evidence.lacks(again);
        assert!(evidence.has(again, now), "and now the third");
        assert_eq!(evidence.proven(), 3);
    }

    #[test]
    fn a_revision_that_stays_is_proven_by_time() {
        let (mut evidence, now) = (proven(1), Instant::now());
        let again = publication(3, Some(1));
        assert!(!evidence.has(again, now), "perhaps");
        let almost = now + SETTLED - Duration::from_millis(1);
        assert!(!evidence.has(again, almost), "perhaps");
        assert!(evidence.has(again, now + SETTLED), "by now");
    }

    #[test]
    fn what_was_between_proves_it() {
        let mut evidence = proven(2);
        let again = publication(3, Some(1));
        assert!(evidence.has(again, Instant::now()), "2 was there");
    }

    #[test]
    fn nothing_is_kept_of_what_nobody_asks_for() {
        let mut evidence = Evidence::default();
        evidence.lacks(publication(1, None));
        evidence.keep(&BTreeMap::from([(2, publication(2, None))]));
        assert!(evidence.seen.is_empty(), "gone");
    }
}
