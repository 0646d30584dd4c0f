//! One transition: record, event, view and time to the next record.

use crate::routing::ids::{Slot, Version};
use crate::routing::time::Timestamp;

use super::{Command, Event, Phase, Placed, Record, Refusal, Shift, View, Weight};

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
    pub what: &'static str,
}

/// Applies an event. `now` is the time of the event.
pub fn step(record: &Record, event: &Event, view: &View, now: Timestamp) -> Result<Step, Refusal> {
    let machine = Machine {
        old: record,
        view,
        now,
    };
    let mut step = match event {
        Event::Command(Command::Promote {
            version,
            weight: None,
        }) => machine.place(version),
        Event::Command(Command::Promote {
            version,
            weight: Some(weight),
        }) => machine.share(version, *weight),
        Event::Command(Command::Switch) => machine.switch(),
        Event::Command(Command::Rollback) => machine.rollback(),
        Event::Command(Command::Evict) => machine.evict(),
        Event::Tick => Ok(machine.tick()),
    }?;
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

/// When a tick could move this record, if nothing else happens before.
pub fn next_deadline(record: &Record, view: &View) -> Option<Timestamp> {
    let shift = record.shift?;
    let candidate = view.stack(record.other_version()?);
    match shift.phase {
        Phase::Pending { deadline } => {
            let settled = candidate
                .filter(|stack| stack.sufficient)
                .map(|stack| stack.settled_at);
            Some(settled.map_or(deadline, |settled| settled.min(deadline)))
        }
        Phase::Running => {
            let stack = candidate?;
            let commits = stack.sufficient && shift.weight == Weight::FULL;
            stack
                .down_since
                .map(|since| since.plus_millis(DEAD_CANDIDATE_GRACE_MS))
                .or_else(|| commits.then_some(stack.settled_at))
        }
    }
}

struct Machine<'a> {
    old: &'a Record,
    view: &'a View,
    now: Timestamp,
}

impl Machine<'_> {
    fn unchanged(&self, what: &'static str) -> Step {
        Step {
            record: self.old.clone(),
            displaced: None,
            what,
        }
    }

    fn place(&self, version: &Version) -> Result<Step, Refusal> {
        if self.old.other_version() == Some(version) {
            return Ok(self.unchanged("already placed"));
        }
        self.refuse_active(version)?;
        self.refuse_shift()?;
        self.view
            .stack(version)
            .ok_or_else(|| Refusal::UnknownVersion {
                version: version.clone(),
            })?;
        Ok(self.placed(version))
    }

    fn share(&self, version: &Version, weight: Weight) -> Result<Step, Refusal> {
        if self.old.active.is_none() {
            return Err(Refusal::NoActive);
        }
        let mut step = self.place(version)?;
        let phase = match self.old.shift.map(|shift| shift.phase) {
            Some(phase) => phase,
            None => Phase::Pending {
                deadline: self.now.plus_millis(READY_DEADLINE_MS),
            },
        };
        step.record.shift = Some(Shift { weight, phase });
        step.what = "shift to a weight";
        Ok(self.begin_if_ready(step))
    }

    fn switch(&self) -> Result<Step, Refusal> {
        let candidate = self.old.other_version().ok_or(Refusal::NothingStaged)?;
        self.require_ready(candidate)?;
        Ok(self.committed(self.unchanged("")))
    }

    fn rollback(&self) -> Result<Step, Refusal> {
        let active_alive = self
            .old
            .active_version()
            .is_some_and(|version| self.view.is_alive(version));
        if self.old.shift.is_some() && active_alive {
            return Ok(self.aborted("shift aborted"));
        }
        let target = match self.rollback_target() {
            // nobody is served by the shift, so ending it harms nobody; and nothing else could end it
            Err(_) if self.old.shift.is_some() && !self.candidate_serves() => {
                return Ok(self.aborted("shift aborted"));
            }
            found => found?,
        };
        let mut step = match self.old.slot_of(&target) {
            Some(_) => self.unchanged(""),
            None => self.placed(&target),
        };
        step = self.committed(step);
        step.what = "rolled back";
        Ok(step)
    }

    /// Does the candidate answer live requests now.
    fn candidate_serves(&self) -> bool {
        let has_share = self
            .old
            .shift
            .is_some_and(|shift| shift.phase == Phase::Running && shift.weight.percent() > 0);
        has_share
            && self
                .old
                .other_version()
                .is_some_and(|version| self.view.is_alive(version))
    }

    /// The previous version, alive.
    fn rollback_target(&self) -> Result<Version, Refusal> {
        let previous = self.old.previous.clone();
        match previous {
            Some(version) if self.view.is_alive(&version) => Ok(version),
            Some(version) => Err(Refusal::PreviousDown { version }),
            None => Err(self
                .old
                .shift
                .and_then(|_| self.old.active_version())
                .map_or(Refusal::NoPrevious, |active| Refusal::PreviousDown {
                    version: active.clone(),
                })),
        }
    }

    fn evict(&self) -> Result<Step, Refusal> {
        self.refuse_shift()?;
        let mut step = self.unchanged("other slot emptied");
        let evicted = step.record.slots.set(self.old.other_slot(), None);
        step.displaced = evicted.map(|placed| placed.version);
        Ok(step)
    }

    fn tick(&self) -> Step {
        let Some(shift) = self.old.shift.filter(|_| self.view.current) else {
            return self.unchanged("");
        };
        match shift.phase {
            Phase::Pending { deadline } if self.now >= deadline && !self.candidate_ready() => {
                self.aborted("shift given up: the candidate did not become ready in time")
            }
            Phase::Pending { .. } => self.begin_if_ready(self.unchanged("")),
            Phase::Running if self.candidate_is_lost() => {
                self.aborted("shift aborted: the candidate died")
            }
            // the weight was raised while the candidate was not ready
            Phase::Running if shift.weight == Weight::FULL => {
                self.begin_if_ready(self.unchanged(""))
            }
            Phase::Running => self.unchanged(""),
        }
    }

    /// Dead for longer than the grace, while the active version lives.
    fn candidate_is_lost(&self) -> bool {
        let candidate = self
            .old
            .other_version()
            .and_then(|version| self.view.stack(version));
        let dead = candidate.is_some_and(|stack| {
            stack
                .down_since
                .is_some_and(|since| self.now.millis_since(since) >= DEAD_CANDIDATE_GRACE_MS)
        });
        dead && self
            .old
            .active_version()
            .is_some_and(|version| self.view.is_alive(version))
    }

    fn candidate_ready(&self) -> bool {
        self.old
            .other_version()
            .is_some_and(|version| self.require_ready(version).is_ok())
    }

    /// Starts a pending shift whose candidate is ready; all of the traffic means that it is done.
    fn begin_if_ready(&self, mut step: Step) -> Step {
        let ready = step
            .record
            .other_version()
            .is_some_and(|version| self.require_ready(version).is_ok());
        let Some(shift) = step.record.shift.as_mut().filter(|_| ready) else {
            return step;
        };
        shift.phase = Phase::Running;
        if shift.weight == Weight::FULL {
            return self.committed(step);
        }
        if step.what.is_empty() {
            step.what = "shift begun";
        }
        step
    }

    /// The other slot filled with `version`.
    fn placed(&self, version: &Version) -> Step {
        let mut step = self.unchanged("placed");
        let placed = Placed {
            version: version.clone(),
            placed_generation: self.old.generation.saturating_add(1),
        };
        let slot: Slot = self.old.other_slot();
        step.displaced = step
            .record
            .slots
            .set(slot, Some(placed))
            .map(|placed| placed.version);
        step.record.shift = None;
        step
    }

    /// Active and other exchanged.
    fn committed(&self, mut step: Step) -> Step {
        step.record.previous = self.old.active_version().cloned();
        step.record.active = Some(step.record.other_slot());
        step.record.shift = None;
        step.what = "switched";
        step
    }

    fn aborted(&self, what: &'static str) -> Step {
        let mut step = self.unchanged(what);
        step.record.shift = None;
        step
    }

    fn refuse_active(&self, version: &Version) -> Result<(), Refusal> {
        if self.old.active_version() == Some(version) {
            return Err(Refusal::AlreadyActive {
                version: version.clone(),
            });
        }
        Ok(())
    }

    fn refuse_shift(&self) -> Result<(), Refusal> {
        match (
            self.old.shift,
            self.old.active_version(),
            self.old.other_version(),
        ) {
            (Some(_), Some(from), Some(to)) => Err(Refusal::Shifting {
                from: from.clone(),
                to: to.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Enough healthy servers, for long enough. The first version of an env need not wait.
    fn require_ready(&self, version: &Version) -> Result<(), Refusal> {
        let refuse = |reason: String, ready_at| Refusal::NotReady {
            version: version.clone(),
            reason,
            ready_at,
        };
        let stack = self
            .view
            .stack(version)
            .ok_or_else(|| refuse("it has no routed containers".to_owned(), None))?;
        if !stack.sufficient {
            return Err(refuse(stack.reason.clone(), None));
        }
        if self.old.active.is_some() && stack.settled_at > self.now {
            let seconds = stack.settled_at.millis_since(self.now).div_ceil(1000);
            let reason = format!("healthy, but for {seconds} s less than the minimum time");
            return Err(refuse(reason, Some(stack.settled_at)));
        }
        Ok(())
    }
}
