//! One transition: record, event, view and time to the next record.
//!
//! `verbs` is what operators ask for, `shift` how live traffic gets its shares, `progress` what time and health do,
//! `guards` what must hold before something moves.

mod failover;
mod guards;
mod progress;
mod shift;
mod verbs;

use crate::routing::ids::Version;
use crate::routing::time::Timestamp;

use super::{Command, Event, Record, Refusal, View, What};

pub use failover::stand_in;
pub use progress::next_deadline;

/// How long a pending shift waits for its candidate to become ready.
pub(super) const READY_DEADLINE_MS: u64 = 300_000;
/// How long a candidate may be dead before its shift is aborted.
pub(super) const DEAD_CANDIDATE_GRACE_MS: u64 = 10_000;

/// An accepted transition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The next record; equal to the old one when there was nothing to do.
    pub record: Record,
    /// The version that lost its slot and is a preview again.
    pub displaced: Option<Version>,
    /// What happened, for the audit log.
    pub what: What,
}

/// Applies an event. `now` is the time of the event.
pub fn step(record: &Record, event: &Event, view: &View, now: Timestamp) -> Result<Step, Refusal> {
    let machine = Machine {
        old: record,
        view,
        now,
    };
    let mut step = match event {
        Event::Command { command, by } => machine.command(command, by)?,
        Event::Tick => machine.tick(),
        Event::Boot => machine.boot(),
        Event::Verdict(verdict) => machine.verdict(verdict),
        Event::Removed { version, what } => machine.removed(version, what),
    };
    if step.record != *record {
        step.record.generation = record.generation.saturating_add(1);
    }
    debug_assert_eq!(
        step.record.check_invariants(),
        Ok(()),
        "after {event:?} on {record:?}"
    );
    Ok(step)
}

struct Machine<'a> {
    old: &'a Record,
    view: &'a View,
    now: Timestamp,
}

impl Machine<'_> {
    fn command(&self, command: &Command, by: &str) -> Result<Step, Refusal> {
        match command {
            Command::Promote {
                version,
                weight,
                insist,
            } => self.promote(version, *weight, *insist, by),
            Command::Switch { insist } => self.switch(*insist),
            Command::Rollback => self.rollback(),
            Command::Weight { weight, insist } => self.weight(*weight, *insist, by),
            Command::Shift { plan, insist } => self.begin_plan(plan.as_ref(), *insist),
            Command::Hold => self.hold(by),
            Command::Resume => self.resume(),
            Command::Abort => self.abort(),
            Command::Finish => self.finish(),
            Command::Evict => self.evict(),
            Command::Freeze { why, until } => self.freeze(by, why, *until),
            Command::Unfreeze => Ok(self.unfreeze()),
            Command::Retire {
                version,
                removal,
                insist,
            } => self.retire((version, removal.clone()), *insist, by),
            Command::Maintenance(closure) => Ok(self.maintenance(closure.as_ref(), by)),
        }
    }

    fn unchanged(&self) -> Step {
        Step {
            record: self.old.clone(),
            displaced: None,
            what: What::Nothing,
        }
    }

    fn with(&self, what: What, change: impl FnOnce(&mut Record)) -> Step {
        let mut step = self.unchanged();
        change(&mut step.record);
        step.what = what;
        step
    }

    /// The same machine, one transition later.
    fn after<'b>(&'b self, step: &'b Step) -> Machine<'b> {
        Machine {
            old: &step.record,
            view: self.view,
            now: self.now,
        }
    }
}
