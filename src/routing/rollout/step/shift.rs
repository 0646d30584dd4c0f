//! How live traffic gets its shares: beginning, holding, going on, ending.

use crate::routing::plan::{Gate, MANUAL, Plan, PlanStep, Weight};

use super::super::{Cause, Failed, Hold, HookAnswer, Insist, Phase, Refusal, Shift, Verdict, What};
use super::{Machine, READY_DEADLINE_MS, Step};

/// The name of the plan that a `switch` is when hooks are asked.
const SWITCH: &str = "switch";

impl Machine<'_> {
    /// All of the traffic, by way of the env's hooks, if it has any.
    pub(super) fn direct(&self) -> Result<Step, Refusal> {
        match self.direct_plan(Weight::NONE, None) {
            Some(plan) if self.old.active.is_some() => {
                self.require_hooks(&plan)?;
                Ok(self.started(&plan))
            }
            Some(_) | None => Ok(self.committed(self.unchanged())),
        }
    }

    /// Ask before, ask after; `None` when nobody is to be asked and nothing is to be waited for.
    fn direct_plan(&self, from: Weight, last: Option<&PlanStep>) -> Option<Plan> {
        let policy = &self.view.policy;
        let gate = |hook: &Option<String>| hook.clone().map(Gate::Hook);
        let before = gate(&policy.pre_switch).map(|gate| PlanStep {
            gate,
            ..PlanStep::new(from)
        });
        let mut after = last.cloned().unwrap_or_else(|| PlanStep::new(Weight::FULL));
        if let (Some(post), Gate::None) = (gate(&policy.post_switch), &after.gate) {
            after.gate = post;
        }
        if before.is_none() && after.gate == Gate::None && after.min_dwell_ms == 0 {
            return None;
        }
        Plan::new(SWITCH, before.into_iter().chain([after]).collect()).ok()
    }

    /// A share that somebody names; `step` has the candidate in its slot.
    pub(super) fn weighed(&self, mut step: Step, weight: Weight, by: &str) -> Step {
        let has_it = |shift: &Shift| shift.weight == weight && shift.plan.name() == MANUAL;
        if step.record.shift.as_ref().is_some_and(has_it) {
            return step;
        }
        let Some(shift) = step.record.shift.take() else {
            let plan = self.plan_for(weight);
            let phase = Phase::Pending {
                deadline: self.now.plus_millis(READY_DEADLINE_MS),
            };
            let shift = self.after(&step).shift(plan, phase);
            step.record.shift = Some(shift);
            step.what = What::ShiftPending;
            return self.begin_if_ready(step);
        };
        step.record.shift = Some(self.reweighed(shift, weight, by));
        step.what = What::Weighed;
        let next = self.after(&step);
        if weight == Weight::FULL && next.candidate_ready() {
            return next.settled(step.clone());
        }
        step
    }

    fn plan_for(&self, weight: Weight) -> Plan {
        let direct = (weight == Weight::FULL).then(|| self.direct_plan(Weight::NONE, None));
        direct.flatten().unwrap_or_else(|| Plan::manual(weight))
    }

    fn reweighed(&self, shift: Shift, weight: Weight, by: &str) -> Shift {
        let has_begun = shift.has_begun();
        let is_manual = shift.plan.name() == MANUAL;
        let asks = (is_manual && weight == Weight::FULL)
            .then(|| self.direct_plan(shift.weight, None))
            .flatten();
        let (plan, step, weight) = match asks {
            // the share that it has stays while hooks are asked
            Some(plan) => (plan, 0, shift.weight),
            None if is_manual => (Plan::manual(weight), 0, weight),
            None => {
                let step = shift.plan.step_for(weight);
                (shift.plan, step, weight)
            }
        };
        let phase = if !has_begun {
            shift.phase
        } else if is_manual || weight == Weight::FULL {
            Phase::Running { since: self.now }
        } else {
            Phase::Held(Hold::User { by: by.to_owned() })
        };
        Shift {
            plan,
            step,
            weight,
            entered_at: self.now,
            phase,
            ..shift
        }
    }

    pub(super) fn weight(&self, weight: Weight, insist: Insist, by: &str) -> Result<Step, Refusal> {
        if self.old.active.is_none() {
            return Err(Refusal::NoActive);
        }
        let candidate = self.old.other_version().ok_or(Refusal::NothingStaged)?;
        self.refuse_frozen()?;
        let shares = self.old.shift.as_ref();
        let rises = shares.is_none_or(|shift| shift.has_begun() && weight > shift.weight);
        if rises {
            self.refuse_stale(candidate)?;
            self.require_ready(candidate)?;
        }
        if !insist.force {
            self.refuse_failed(candidate)?;
        }
        Ok(self.weighed(self.unchanged(), weight, by))
    }

    pub(super) fn begin_plan(&self, plan: Option<&Plan>, insist: Insist) -> Result<Step, Refusal> {
        if self.old.active.is_none() {
            return Err(Refusal::NoActive);
        }
        let candidate = self.old.other_version().ok_or(Refusal::NothingStaged)?;
        if !insist.supersede {
            self.refuse_shift()?;
        }
        self.refuse_frozen()?;
        let plan = plan
            .or(self.view.policy.plan.as_ref())
            .ok_or(Refusal::NoPlan)?;
        self.require_hooks(plan)?;
        self.refuse_stale(candidate)?;
        self.require_ready(candidate)?;
        if !insist.force {
            self.refuse_failed(candidate)?;
        }
        Ok(self.started(plan))
    }

    /// A shift whose candidate is ready.
    fn started(&self, plan: &Plan) -> Step {
        let phase = Phase::Running { since: self.now };
        let step = self.with(What::ShiftBegun, |record| {
            record.shift = Some(self.shift(plan.clone(), phase));
        });
        self.after(&step).settled(step.clone())
    }

    fn shift(&self, plan: Plan, phase: Phase) -> Shift {
        let weight = plan.step(0).map_or(Weight::NONE, |step| step.weight);
        let candidate = self.old.other_version();
        Shift {
            plan,
            step: 0,
            weight,
            incarnation: candidate.and_then(|version| self.view.incarnation(version)),
            entered_at: self.now,
            phase,
            started_generation: self.old.generation.saturating_add(1),
        }
    }

    pub(super) fn hold(&self, by: &str) -> Result<Step, Refusal> {
        let shift = self.old.shift.as_ref().ok_or(Refusal::NotShifting)?;
        if let (Phase::Pending { .. }, Some(version)) = (&shift.phase, self.old.other_version()) {
            return Err(Refusal::NotBegun {
                version: version.clone(),
            });
        }
        if matches!(shift.phase, Phase::Held(Hold::User { .. })) {
            return Ok(self.unchanged());
        }
        Ok(self.held(Hold::User { by: by.to_owned() }))
    }

    pub(super) fn held(&self, hold: Hold) -> Step {
        self.with(What::Held(hold.clone()), |record| {
            if let Some(shift) = record.shift.as_mut() {
                shift.phase = Phase::Held(hold);
            }
        })
    }

    pub(super) fn resume(&self) -> Result<Step, Refusal> {
        let shift = self.old.shift.as_ref().ok_or(Refusal::NotShifting)?;
        let Phase::Held(hold) = &shift.phase else {
            return Err(Refusal::NotHeld);
        };
        self.refuse_frozen()?;
        match hold {
            Hold::User { .. } => Ok(self.running(What::Resumed)),
            Hold::Gate | Hold::Hook { .. } | Hold::Refused { .. } | Hold::Overdue => {
                if let Some(candidate) = self.old.other_version() {
                    self.require_ready(candidate)?;
                }
                Ok(self.advanced())
            }
            Hold::Frozen
            | Hold::CandidateDead
            | Hold::StableDead
            | Hold::DockerStale
            | Hold::ProxyStale
            | Hold::Restart => Err(Refusal::StillHeld { hold: hold.clone() }),
        }
    }

    /// The step's clock begins anew.
    pub(super) fn running(&self, what: What) -> Step {
        self.with(what, |record| {
            if let Some(shift) = record.shift.as_mut() {
                shift.phase = Phase::Running { since: self.now };
            }
        })
    }

    pub(super) fn abort(&self) -> Result<Step, Refusal> {
        match (&self.old.shift, self.old.active_version()) {
            (None, _) | (_, None) => Ok(self.unchanged()),
            // without a healthy active version the candidate may be all there is
            (Some(_), Some(active)) if self.candidate_serves() && !self.active_alive() => {
                Err(Refusal::PreviousDown {
                    version: active.clone(),
                })
            }
            (Some(_), Some(_)) => Ok(self.aborted(Cause::Asked)),
        }
    }

    /// No share for the candidate. One that failed by itself is remembered as it is.
    pub(super) fn aborted(&self, cause: Cause) -> Step {
        let failed = match cause {
            Cause::Asked | Cause::Deadline => None,
            Cause::Died | Cause::Hook { .. } => {
                let candidate = self.old.other_version();
                Some(Failed {
                    incarnation: candidate.and_then(|version| self.view.incarnation(version)),
                    why: What::Aborted(cause.clone()).to_string(),
                })
            }
        };
        let mut step = self.with(What::Aborted(cause), |record| record.shift = None);
        let slot = self.old.other_slot();
        if let (Some(failed), Some(placed)) = (failed, self.old.slots.get(slot)) {
            let mut placed = placed.clone();
            placed.failed = Some(failed);
            step.record.slots.set(slot, Some(placed));
        }
        step
    }

    /// Skips to all of the traffic. What the env wants to be asked is asked, once.
    pub(super) fn finish(&self) -> Result<Step, Refusal> {
        let shift = self.old.shift.as_ref().ok_or(Refusal::NotShifting)?;
        let candidate = self.old.other_version().ok_or(Refusal::NothingStaged)?;
        self.refuse_frozen()?;
        self.require_ready(candidate)?;
        let is_last = shift.step == shift.plan.last_index();
        if shift.plan.name() == SWITCH || (is_last && !shift.plan.stays()) {
            return Ok(if is_last {
                self.committed(self.unchanged())
            } else {
                self.advanced()
            });
        }
        let last = shift.plan.steps().last().filter(|_| !shift.plan.stays());
        match self.direct_plan(shift.weight, last) {
            None => Ok(self.committed(self.unchanged())),
            Some(plan) => {
                self.require_hooks(&plan)?;
                let weight = shift.weight;
                let mut step = self.started(&plan);
                // the share that it has stays while hooks are asked
                if let Some(shift) = step.record.shift.as_mut().filter(|shift| shift.step == 0) {
                    shift.weight = shift.weight.max(weight);
                }
                Ok(step)
            }
        }
    }

    /// Starts a pending shift whose candidate is ready.
    pub(super) fn begin_if_ready(&self, step: Step) -> Step {
        let next = self.after(&step);
        if next.old.shift.is_none() || !next.candidate_ready() {
            return step;
        }
        let mut begun = next.running(What::ShiftBegun);
        begun.displaced.clone_from(&step.displaced);
        if let Some(shift) = begun.record.shift.as_mut() {
            shift.entered_at = self.now;
        }
        next.after(&begun).settled(begun.clone())
    }

    /// On to the next step; after the last one the candidate is active.
    pub(super) fn advanced(&self) -> Step {
        let next = self.old.shift.as_ref().and_then(|shift| {
            let at = shift.step.saturating_add(1);
            shift.plan.step(at).map(|step| (at, step.weight))
        });
        let Some((at, weight)) = next else {
            return self.committed(self.unchanged());
        };
        let step = self.with(What::Advanced, |record| {
            if let Some(shift) = record.shift.as_mut() {
                shift.step = at;
                shift.weight = shift.weight.max(weight);
                shift.entered_at = self.now;
                shift.phase = Phase::Running { since: self.now };
            }
        });
        self.after(&step).settled(step.clone())
    }

    /// Having all of the traffic and nothing to wait for is the end; a gate without a dwell is asked at once.
    /// `self` is the machine after `step`.
    fn settled(&self, mut step: Step) -> Step {
        let Some(now_at) = self.old.shift.as_ref().and_then(Shift::current) else {
            return step;
        };
        if now_at.min_dwell_ms > 0 || now_at.weight != Weight::FULL && now_at.gate == Gate::None {
            return step;
        }
        match &now_at.gate {
            Gate::None => {
                let displaced = step.displaced.take();
                let mut done = self.committed(step);
                done.displaced = displaced;
                done
            }
            Gate::Hook(name) => {
                let hold = Hold::Hook { name: name.clone() };
                if let Some(shift) = step.record.shift.as_mut() {
                    shift.phase = Phase::Held(hold);
                }
                step
            }
            Gate::Manual => {
                if let Some(shift) = step.record.shift.as_mut() {
                    shift.phase = Phase::Held(Hold::Gate);
                }
                step
            }
            Gate::After(_) => step,
        }
    }

    /// What a hook answered. About another shift, or another step, it says nothing.
    pub(super) fn verdict(&self, verdict: &Verdict) -> Step {
        let Some(shift) = self.old.shift.as_ref() else {
            return self.unchanged();
        };
        let is_asked =
            matches!(&shift.phase, Phase::Held(Hold::Hook { name }) if *name == verdict.hook);
        let is_about = (verdict.started_generation, verdict.step);
        if !is_asked || is_about != (shift.started_generation, shift.step) {
            return self.unchanged();
        }
        let name = verdict.hook.clone();
        match &verdict.answer {
            HookAnswer::Open if self.obstacle().is_none() && self.candidate_ready() => {
                self.advanced()
            }
            // it is asked again when the way is free
            HookAnswer::Open => self.running(What::Resumed),
            HookAnswer::Abort { why } if self.active_alive() => self.aborted(Cause::Hook {
                name,
                why: why.clone(),
            }),
            HookAnswer::Abort { why } | HookAnswer::Hold { why } => self.held(Hold::Refused {
                name,
                why: why.clone(),
            }),
        }
    }
}
