//! A record, a view and a clock to try things on.

use crate::routing::ids::{Incarnation, Version};
use crate::routing::plan::{Plan, PlanStep, Weight, named};
use crate::routing::rollout::{
    Command, Event, Hold, HookAnswer, Insist, Made, Phase, Record, Refusal, StackHealth, Step,
    Verdict, View, step,
};
use crate::routing::time::Timestamp;

/// One env as a test sees it.
#[derive(Clone, Debug)]
pub(super) struct Bench {
    pub(super) record: Record,
    pub(super) view: View,
    pub(super) now: Timestamp,
}

pub(super) fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

pub(super) fn percent(percent: u64) -> Weight {
    Weight::new(percent).unwrap()
}

/// Steps of the given shares, each for so long.
pub(super) fn plan(weights: &[u64], dwell_ms: u64) -> Plan {
    let step = |weight: &u64| PlanStep {
        min_dwell_ms: dwell_ms,
        ..PlanStep::new(percent(*weight))
    };
    Plan::new("test", weights.iter().map(step).collect()).unwrap()
}

impl Bench {
    /// Nothing deployed.
    pub(super) fn empty() -> Self {
        let view = View {
            current: true,
            ..View::default()
        };
        Self {
            record: Record::default(),
            view,
            now: Timestamp::from_millis(1_000_000),
        }
        .applied()
    }

    /// v1 live, v2 staged, both healthy.
    pub(super) fn staged() -> Self {
        let mut bench = Self::empty();
        bench.deploy("v1");
        bench.deploy("v2");
        bench.promote("v1", None);
        bench.run(Command::switch());
        bench.promote("v2", None);
        bench
    }

    /// v1 live, v2 on its way by a plan.
    pub(super) fn shifting(plan: Plan) -> Self {
        let mut bench = Self::staged();
        bench.shift(plan);
        bench
    }

    fn applied(mut self) -> Self {
        self.view.applied_until = Some(self.now);
        self
    }

    /// Healthy, for long enough.
    pub(super) fn deploy(&mut self, name: &str) {
        let made_of = u64::try_from(self.view.stacks.len()).unwrap();
        let health = StackHealth {
            expected: 2,
            healthy: 2,
            sufficient: true,
            incarnation: Some(Incarnation(made_of)),
            created: self.now.as_millis() / 1000,
            ..StackHealth::default()
        };
        self.made(name, health.created);
        self.view.stacks.insert(version(name), health);
    }

    fn made(&mut self, name: &str, created: u64) {
        self.view.made.insert(version(name), Made::at(created));
    }

    pub(super) fn stack(&mut self, name: &str) -> &mut StackHealth {
        self.view.stacks.get_mut(&version(name)).unwrap()
    }

    /// No healthy server from now on.
    pub(super) fn kill(&mut self, name: &str) {
        let now = self.now;
        let stack = self.stack(name);
        stack.healthy = 0;
        stack.sufficient = false;
        stack.down_since = Some(now);
        stack.reason = "0 of 2 servers are healthy".to_owned();
    }

    pub(super) fn revive(&mut self, name: &str) {
        let stack = self.stack(name);
        stack.healthy = stack.expected;
        stack.sufficient = true;
        stack.down_since = None;
    }

    /// One healthy server of two.
    pub(super) fn weaken(&mut self, name: &str) {
        let stack = self.stack(name);
        stack.healthy = 1;
        stack.sufficient = false;
        stack.reason = "1 of 2 servers are healthy".to_owned();
    }

    /// The same version, made of something else.
    pub(super) fn rebuild(&mut self, name: &str) {
        let created = self.now.as_millis() / 1000 + 1;
        let stack = self.stack(name);
        stack.incarnation = stack
            .incarnation
            .map(|Incarnation(it)| Incarnation(it + 1000));
        stack.created = created;
        self.made(name, created);
    }

    #[track_caller]
    pub(super) fn run(&mut self, command: Command) -> Step {
        let words = command.to_string();
        self.try_run(command)
            .unwrap_or_else(|refusal| panic!("{words}: {refusal}"))
    }

    #[track_caller]
    pub(super) fn try_run(&mut self, command: Command) -> Result<Step, Refusal> {
        let by = "ann".to_owned();
        self.event(&Event::Command { command, by })
    }

    #[track_caller]
    pub(super) fn refused(&mut self, command: Command) -> Refusal {
        let before = self.record.clone();
        let refusal = self.try_run(command);
        assert_eq!(self.record, before, "a refusal changes nothing");
        refusal.map(|step| step.what).expect_err("is refused")
    }

    #[track_caller]
    pub(super) fn event(&mut self, event: &Event) -> Result<Step, Refusal> {
        let next = step(&self.record, event, &self.view, self.now)?;
        assert_eq!(next.record.check_invariants(), Ok(()), "after {event:?}");
        self.record = next.record.clone();
        Ok(next)
    }

    /// Time passes, in steps of a second, and every proxy keeps up.
    pub(super) fn pass(&mut self, millis: u64) {
        let end = self.now.plus_millis(millis);
        while self.now < end {
            self.now = self.now.plus_millis(1000.min(end.millis_since(self.now)));
            if self.view.applied_until.is_some() {
                self.view.applied_until = Some(self.now);
            }
            self.tick();
        }
    }

    pub(super) fn tick(&mut self) {
        self.event(&Event::Tick).unwrap();
    }

    pub(super) fn restart(&mut self) {
        self.event(&Event::Boot).unwrap();
    }

    #[track_caller]
    pub(super) fn promote(&mut self, name: &str, weight: Option<u64>) -> Step {
        self.run(promote(name, weight))
    }

    #[track_caller]
    pub(super) fn shift(&mut self, plan: Plan) {
        let insist = Insist::NONE;
        self.run(Command::Shift {
            plan: Some(plan),
            insist,
        });
    }

    /// A hook answers what it was asked last.
    pub(super) fn answer(&mut self, hook: &str, answer: HookAnswer) {
        let shift = self
            .record
            .shift
            .clone()
            .expect("a hook is asked in a shift");
        let verdict = Verdict {
            hook: hook.to_owned(),
            started_generation: shift.started_generation,
            step: shift.step,
            answer,
        };
        self.event(&Event::Verdict(verdict)).unwrap();
    }

    /// The active version, the candidate's intended share (none without a shift), and the other version.
    pub(super) fn seen(&self) -> (Option<&str>, Option<u8>, Option<&str>) {
        (
            self.record.active_version().map(Version::as_str),
            self.record
                .shift
                .as_ref()
                .map(|shift| shift.weight.percent()),
            self.record.other_version().map(Version::as_str),
        )
    }

    pub(super) fn hold(&self) -> Option<&Hold> {
        match &self.record.shift.as_ref()?.phase {
            Phase::Held(hold) => Some(hold),
            Phase::Pending { .. } | Phase::Running { .. } => None,
        }
    }
}

pub(super) fn promote(name: &str, weight: Option<u64>) -> Command {
    Command::Promote {
        version: version(name),
        weight: weight.map(percent),
        insist: Insist::NONE,
    }
}

pub(super) fn weight(weight: u64) -> Command {
    Command::Weight {
        weight: percent(weight),
        insist: Insist::NONE,
    }
}

pub(super) fn named_plan(name: &str) -> Plan {
    named(name).unwrap()
}
