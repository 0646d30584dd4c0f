//! Differences that a complete list showed and no event has explained yet.
//!
//! An event may arrive a little after the list that already shows its effect. So a difference is only suspected at first,
//! and counts as drift when nothing explains it in time.
//!
//! An event can be lost from a stream that goes on. But when nothing at all came since the list before, or the next list shows
//! drift again, it is the stream that is not to be trusted: a proxy in between can forget it without an end.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::routing::ids::ContainerId;

/// The suspected ones and when each is counted.
#[derive(Debug)]
pub(super) struct Drift {
    grace: Duration,
    suspects: BTreeMap<ContainerId, Instant>,
    /// How many events had come when the last two complete lists began, the older one first.
    events: [u64; 2],
    /// The last complete list showed drift.
    drifted: bool,
}

impl Drift {
    pub(super) const fn new(grace: Duration) -> Self {
        Self {
            grace,
            suspects: BTreeMap::new(),
            events: [0; 2],
            drifted: false,
        }
    }

    pub(super) fn suspect(&mut self, id: ContainerId, now: Instant) {
        self.suspects.entry(id).or_insert(now + self.grace);
    }

    /// An event came.
    pub(super) fn explain(&mut self, id: &ContainerId) {
        self.suspects.remove(id);
    }

    /// A complete list begins, when so many events had come.
    pub(super) const fn list_begins(&mut self, events: u64) {
        let [_, before] = self.events;
        self.events = [before, events];
    }

    /// A complete list shows nothing new.
    pub(super) const fn agreed(&mut self) {
        self.drifted = false;
    }

    /// Something was counted, when so many events had come: is the stream to be given up.
    pub(super) const fn distrusts(&mut self, events: u64) -> bool {
        let [list_before, _] = self.events;
        std::mem::replace(&mut self.drifted, true) || events == list_before
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_given_up_when_it_is_silent_or_drift_goes_on() {
        let mut drift = Drift::new(Duration::ZERO);
        drift.list_begins(5);
        drift.list_begins(7);
        assert!(drift.distrusts(5), "not one event since the list before");
        drift.agreed();
        assert!(!drift.distrusts(8), "one was lost, others come");
        drift.list_begins(9);
        assert!(drift.distrusts(9), "the next list shows drift again");
        drift.agreed();
        assert!(!drift.distrusts(9), "not one after the other");
    }
}
