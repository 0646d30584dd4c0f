//! Which containers are to be read again, and when. Pure: time is an argument.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::routing::ids::ContainerId;

use super::mark::{Life, Mark};

/// The dirty containers.
#[derive(Debug)]
pub(super) struct Schedule {
    settle: [Duration; 2],
    dirty: BTreeMap<ContainerId, Dirty>,
}

#[derive(Debug)]
struct Dirty {
    mark: Mark,
    marked: Instant,
    due: Instant,
    /// How many of the settle waits are used up.
    waits: usize,
}

impl Schedule {
    pub(super) const fn new(settle: [Duration; 2]) -> Self {
        Self {
            settle,
            dirty: BTreeMap::new(),
        }
    }

    /// Events came. They are read at once; after a `die` the list would still lie, so that is read after the first wait,
    /// with what follows from the death: it leaves its networks.
    pub(super) fn add(&mut self, id: ContainerId, mark: Mark, now: Instant) {
        let [first_wait, _] = self.settle;
        let fresh = Dirty {
            mark: Mark::default(),
            marked: now,
            due: now,
            waits: 0,
        };
        let dirty = self.dirty.entry(id).or_insert(fresh);
        dirty.mark.merge(mark);
        let died = dirty.mark.life == Some(Life::Died);
        dirty.marked = dirty.marked.max(now);
        (dirty.due, dirty.waits) = if died {
            (dirty.marked + first_wait, 1)
        } else {
            (now, 0)
        };
    }

    /// It was read and shows what the events said, or it is gone.
    pub(super) fn remove(&mut self, id: &ContainerId) {
        self.dirty.remove(id);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.dirty.is_empty()
    }

    pub(super) fn contains(&self, id: &ContainerId) -> bool {
        self.dirty.contains_key(id)
    }

    /// Did an event come after this moment. Then what was read before it does not count.
    pub(super) fn marked_since(&self, id: &ContainerId, moment: Instant) -> bool {
        self.dirty
            .get(id)
            .is_some_and(|dirty| dirty.marked >= moment)
    }

    /// What events said of it; `None` when it is not dirty.
    pub(super) fn mark(&self, id: &ContainerId) -> Option<&Mark> {
        self.dirty.get(id).map(|dirty| &dirty.mark)
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.dirty.values().map(|dirty| dirty.due).min()
    }

    /// Those that are to be read now; first those that have waited longest.
    pub(super) fn due(&self, now: Instant) -> Vec<ContainerId> {
        let due = self.dirty.iter().filter(|(_, dirty)| dirty.due <= now);
        let mut due: Vec<_> = due.map(|(id, dirty)| (dirty.due, id)).collect();
        due.sort_unstable();
        due.into_iter().map(|(_, id)| id.clone()).collect()
    }

    /// A read did not show what the events said: it is read again after the next wait, if one is left.
    pub(super) fn lags(&mut self, id: &ContainerId) {
        let Some(dirty) = self.dirty.get_mut(id) else {
            return;
        };
        if let Some(wait) = self.settle.get(dirty.waits) {
            dirty.due = dirty.marked + *wait;
            dirty.waits += 1;
        } else {
            self.remove(id);
        }
    }

    /// A read was not believed: it is read again until one is. After the settle waits, at the pace of the last one.
    pub(super) fn doubted(&mut self, id: &ContainerId) {
        let [_, pace] = self.settle;
        let Some(dirty) = self.dirty.get_mut(id) else {
            return;
        };
        if let Some(wait) = self.settle.get(dirty.waits) {
            dirty.due = dirty.marked + *wait;
            dirty.waits += 1;
        } else {
            dirty.due += pace;
        }
    }
}
