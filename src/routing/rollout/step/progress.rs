//! What time and health do to a record by themselves.

use crate::routing::plan::{FirstDeploy, Gate, OnDeadline, Weight};
use crate::routing::time::Timestamp;

use super::super::{Cause, Hold, Phase, Record, Retired, Shift, View, What};
use super::failover::failover_at;
use super::{DEAD_CANDIDATE_GRACE_MS, Machine, READY_DEADLINE_MS, Step};

impl Machine<'_> {
    pub(super) fn tick(&self) -> Step {
        if self
            .old
            .frozen
            .as_ref()
            .is_some_and(|it| self.is_over(it.until))
        {
            return self.unfreeze();
        }
        if let Some(step) = self.forget() {
            return step;
        }
        match &self.old.shift {
            Some(shift) if self.is_another(shift) => self.restarted(shift),
            Some(shift) => self.progress(shift),
            None if self.old.active.is_none() => self.first_deploy(),
            None => self.fail_over(),
        }
    }

    /// A withdrawn version whose containers are gone, or new. One that is being removed is told to be gone: its networks
    /// and images outlive its containers.
    fn forget(&self) -> Option<Step> {
        let retired = self.old.retired.iter().filter(|_| self.view.current);
        let mut left_alone = retired.filter(|(_, retired)| retired.removal.is_none());
        let is_gone = |(version, retired): &(&_, &Retired)| {
            let made = self.view.made.get(*version);
            made.is_none_or(|made| made.oldest > retired.made_until)
        };
        let (gone, _) = left_alone.find(is_gone)?;
        Some(self.with(What::Forgotten, |record| {
            record.retired.remove(gone);
        }))
    }

    /// The first version of an env that wants it so goes live as soon as it is ready: the staged one, else the oldest.
    fn first_deploy(&self) -> Step {
        let is_wanted = self.view.policy.first_deploy == FirstDeploy::Auto;
        if !is_wanted || !self.view.current || self.refuse_frozen().is_err() {
            return self.unchanged();
        }
        let ready = |version: &&_| self.require_ready(version).is_ok() && !self.is_retired(version);
        let version = if let Some(staged) = self.old.other_version() {
            Some(staged).filter(ready)
        } else {
            let mut all: Vec<_> = self.view.stacks.keys().filter(ready).collect();
            all.sort_by_key(|version| self.view.stack(version).map(|stack| stack.created));
            all.first().copied()
        };
        let Some(version) = version else {
            return self.unchanged();
        };
        match self.promote(version, None, super::super::Insist::default(), "") {
            Ok(placed) => self.after(&placed).committed(placed.clone()),
            Err(_refused) => self.unchanged(),
        }
    }

    /// Was the candidate made anew since the shift began.
    fn is_another(&self, shift: &Shift) -> bool {
        let candidate = self.old.other_version();
        let now = candidate.and_then(|version| self.view.incarnation(version));
        self.view.current
            && shift.incarnation.is_some()
            && now.is_some()
            && now != shift.incarnation
    }

    fn restarted(&self, shift: &Shift) -> Step {
        let candidate = self.old.other_version();
        self.with(What::ShiftRestarted, |record| {
            let first = shift.plan.step(0).map_or(Weight::NONE, |step| step.weight);
            record.shift = Some(Shift {
                step: 0,
                weight: first,
                incarnation: candidate.and_then(|version| self.view.incarnation(version)),
                entered_at: self.now,
                phase: Phase::Pending {
                    deadline: self.now.plus_millis(READY_DEADLINE_MS),
                },
                ..shift.clone()
            });
        })
    }

    fn progress(&self, shift: &Shift) -> Step {
        match &shift.phase {
            Phase::Pending { deadline } => self.pending(shift, *deadline),
            Phase::Running { .. } | Phase::Held(_)
                if self.view.current && self.candidate_is_lost() =>
            {
                self.aborted(Cause::Died)
            }
            Phase::Running { .. } | Phase::Held(_) if shift.plan.stays() => self.staying(shift),
            Phase::Running { since } => match self.obstacle() {
                Some(hold) if !shift.commits_at_once() => self.held(hold),
                Some(_) | None => self.running_on(shift, *since),
            },
            Phase::Held(Hold::Hook { .. }) if self.is_overdue(shift) => self.held(Hold::Overdue),
            Phase::Held(hold) if hold.is_automatic() => self.cleared(hold),
            Phase::Held(_) => self.unchanged(),
        }
    }

    /// A share that somebody named has no clock that could stand.
    fn staying(&self, shift: &Shift) -> Step {
        match &shift.phase {
            Phase::Held(hold) if hold.is_automatic() => self.running(What::Resumed),
            Phase::Held(_) | Phase::Running { .. } | Phase::Pending { .. } => self.unchanged(),
        }
    }

    fn pending(&self, shift: &Shift, deadline: Timestamp) -> Step {
        if !self.view.current {
            return self.unchanged();
        }
        if self.candidate_ready() {
            return if self.refuse_frozen().is_err() {
                self.unchanged()
            } else {
                self.begin_if_ready(self.unchanged())
            };
        }
        match shift.plan.on_deadline {
            OnDeadline::Abort if self.now >= deadline => self.aborted(Cause::Deadline),
            OnDeadline::Abort | OnDeadline::Wait => self.unchanged(),
        }
    }

    fn cleared(&self, hold: &Hold) -> Step {
        match self.obstacle() {
            None => self.running(What::Resumed),
            Some(other) if other == *hold => self.unchanged(),
            // what a restart left unknown is not known better by another cause
            Some(_) if *hold == Hold::Restart => self.unchanged(),
            Some(other) => self.held(other),
        }
    }

    fn running_on(&self, shift: &Shift, since: Timestamp) -> Step {
        let Some(step) = shift.current() else {
            return self.unchanged();
        };
        let elapsed = self.now.millis_since(since);
        if elapsed < step.min_dwell_ms {
            return self.unchanged();
        }
        match &step.gate {
            Gate::Manual => self.held(Hold::Gate),
            Gate::Hook(name) => self.held(Hold::Hook { name: name.clone() }),
            Gate::After(millis) if elapsed < *millis => self.unchanged(),
            Gate::None | Gate::After(_) if self.may_advance(shift) => self.advanced(),
            Gate::None | Gate::After(_) if self.is_overdue(shift) => self.held(Hold::Overdue),
            Gate::None | Gate::After(_) => self.unchanged(),
        }
    }

    /// The candidate is ready, and every proxy has the shares of this step.
    fn may_advance(&self, shift: &Shift) -> bool {
        let applied = self
            .view
            .applied_until
            .is_some_and(|until| until > shift.entered_at);
        self.candidate_ready() && (applied || shift.commits_at_once())
    }

    fn is_overdue(&self, shift: &Shift) -> bool {
        let max = shift.current().and_then(|step| step.max_dwell_ms);
        max.is_some_and(|max| self.now.millis_since(shift.entered_at) >= max)
    }

    /// The daemon has just started: clocks begin anew, so that a jump of the clock can only lengthen them.
    pub(super) fn boot(&self) -> Step {
        let Some(shift) = &self.old.shift else {
            return self.unchanged();
        };
        let phase = match &shift.phase {
            Phase::Pending { .. } => Phase::Pending {
                deadline: self.now.plus_millis(READY_DEADLINE_MS),
            },
            Phase::Running { .. } if !shift.plan.stays() => Phase::Held(Hold::Restart),
            Phase::Held(hold) if hold.is_automatic() => Phase::Held(Hold::Restart),
            Phase::Running { .. } | Phase::Held(_) => return self.unchanged(),
        };
        self.with(What::Held(Hold::Restart), |record| {
            if let Some(shift) = record.shift.as_mut() {
                shift.entered_at = self.now;
                shift.phase = phase;
            }
        })
    }
}

/// When a tick could move this record, if nothing else happens before.
pub fn next_deadline(record: &Record, view: &View) -> Option<Timestamp> {
    let thaw = record.frozen.as_ref().and_then(|freeze| freeze.until);
    let first = record.active.is_none().then(|| first_ready(view)).flatten();
    let shift = record.shift.as_ref().and_then(|shift| {
        let candidate = record.other_version().and_then(|it| view.stack(it));
        let settled = candidate.filter(|it| it.sufficient).map(|it| it.settled_at);
        let died = candidate.and_then(|stack| stack.down_since);
        let died = died.map(|since| since.plus_millis(DEAD_CANDIDATE_GRACE_MS));
        match &shift.phase {
            Phase::Pending { deadline } => earliest([settled, Some(*deadline)]),
            Phase::Running { .. } => {
                earliest([died, shift.next_at(), settled_at_full(shift, settled)])
            }
            Phase::Held(_) => earliest([died, overdue_at(shift)]),
        }
    });
    earliest([thaw, first, shift, failover_at(record, view)])
}

fn earliest<const N: usize>(times: [Option<Timestamp>; N]) -> Option<Timestamp> {
    times.into_iter().flatten().min()
}

fn first_ready(view: &View) -> Option<Timestamp> {
    let ready = view.stacks.values().filter(|stack| stack.sufficient);
    let is_wanted = view.policy.first_deploy == FirstDeploy::Auto;
    ready
        .map(|stack| stack.settled_at)
        .min()
        .filter(|_| is_wanted)
}

fn settled_at_full(shift: &Shift, settled: Option<Timestamp>) -> Option<Timestamp> {
    settled.filter(|_| shift.weight == Weight::FULL)
}

fn overdue_at(shift: &Shift) -> Option<Timestamp> {
    let max = shift.current().and_then(|step| step.max_dwell_ms)?;
    Some(shift.entered_at.plus_millis(max))
}
