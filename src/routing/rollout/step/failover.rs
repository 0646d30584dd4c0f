//! The standby takes over from a dead active version, where the env wants it so: once, until a person has looked.
//!
//! While the active version is dead the document already sends its traffic to the standby, and back when it recovers; when
//! it stays dead the slots follow. What was left behind is marked as failed, so that nothing goes back to it by itself.

use crate::routing::ids::Version;
use crate::routing::time::Timestamp;

use super::super::{Failed, Record, View, What};
use super::{DEAD_CANDIDATE_GRACE_MS, Machine, Step};

impl Machine<'_> {
    /// Without a shift.
    pub(super) fn fail_over(&self) -> Step {
        let due = failover_at(self.old, self.view).is_some_and(|at| self.now >= at);
        let (true, Some(dead)) = (due, self.old.active_version()) else {
            return self.unchanged();
        };
        let incarnation = self.view.incarnation(dead);
        let mut step = self.committed(self.unchanged());
        let slot = step.record.other_slot();
        if let Some(mut left) = step.record.slots.get(slot).cloned() {
            let why = "it had no healthy server, and the standby took over".to_owned();
            left.failed = Some(Failed { incarnation, why });
            step.record.slots.set(slot, Some(left));
        }
        step.what = What::FailedOver;
        step
    }
}

/// The version that stands in for a dead active one: the previous one, if it lives and did not fail itself.
pub fn stand_in<'a>(record: &'a Record, view: &View) -> Option<&'a Version> {
    let standby = record
        .other_version()
        .filter(|_| view.policy.auto_failover)?;
    let active = record.active_version()?;
    let is_previous = record.previous.as_ref() == Some(standby);
    let slot = record.slots.get(record.other_slot())?;
    let failed = slot.failed.as_ref();
    let failed = failed.is_some_and(|failed| failed.incarnation == view.incarnation(standby));
    let needed = record.shift.is_none() && !view.is_alive(active) && view.is_alive(standby);
    (is_previous && needed && !failed).then_some(standby)
}

/// When the slots follow, if nothing changes before.
pub(super) fn failover_at(record: &Record, view: &View) -> Option<Timestamp> {
    stand_in(record, view).filter(|_| view.current)?;
    let dead = view.stack(record.active_version()?)?;
    Some(dead.down_since?.plus_millis(DEAD_CANDIDATE_GRACE_MS))
}
