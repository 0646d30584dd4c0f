//! Differences that a complete list showed and no event has explained yet.
//!
//! An event may arrive a little after the list that already shows its effect. So a difference is only suspected at first,
//! and counts as drift when nothing explains it in time.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::routing::ids::ContainerId;

/// The suspected ones and when each is counted.
#[derive(Debug)]
pub(super) struct Drift {
    grace: Duration,
    suspects: BTreeMap<ContainerId, Instant>,
}

impl Drift {
    pub(super) const fn new(grace: Duration) -> Self {
        Self {
            grace,
            suspects: BTreeMap::new(),
        }
    }

    pub(super) fn suspect(&mut self, id: ContainerId, now: Instant) {
        self.suspects.entry(id).or_insert(now + self.grace);
    }

    /// An event came.
    pub(super) fn explain(&mut self, id: &ContainerId) {
        self.suspects.remove(id);
    }

    /// When the next one is counted.
    pub(super) fn next(&self) -> Option<Instant> {
        self.suspects.values().min().copied()
    }

    /// Those that nothing explained.
    pub(super) fn take_unexplained(&mut self, now: Instant) -> Vec<ContainerId> {
        self.suspects
            .extract_if(.., |_, due| *due <= now)
            .map(|(id, _)| id)
            .collect()
    }
}
