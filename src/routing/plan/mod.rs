//! How live traffic moves from one version to another: a plan is a list of steps, a step is a share and a way on.
//!
//! Nouns only; [`rollout`](crate::routing::rollout) walks through them. A plan that exists is valid: its shares never
//! fall and it ends with all of the traffic, or it is one share that stays until somebody says more.

mod matched;
mod named;
mod weight;

#[cfg(test)]
mod tests;

use std::fmt;

use thiserror::Error;

pub use matched::{MAX_MATCH, Match, MatchError};
pub use named::{NAMES, UnknownPlan, named};
pub use weight::{Weight, WeightError};

/// What a share is called that somebody names.
pub const MANUAL: &str = "manual";

/// How many steps a plan may have.
pub const MAX_STEPS: usize = 50;

/// Steps from no share to all of the traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    name: String,
    steps: Vec<PlanStep>,
    /// How a client stays with the version that it met first.
    pub sticky: Sticky,
    /// What follows when the candidate does not become ready in time.
    pub on_deadline: OnDeadline,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanStep {
    /// The candidate's share of live traffic.
    pub weight: Weight,
    /// The share of live requests that the candidate gets a copy of; nobody sees its answers.
    pub mirror: Weight,
    /// Requests that all go to the candidate, whatever the share is.
    pub matches: Vec<Match>,
    /// How long the step lasts at least, in milliseconds.
    pub min_dwell_ms: u64,
    /// After how long its gate is too late, in milliseconds; then a person decides.
    pub max_dwell_ms: Option<u64>,
    /// What has to open before it goes on.
    pub gate: Gate,
}

/// What has to open before a plan goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Gate {
    /// Nothing.
    #[default]
    None,
    /// A person's `resume`.
    Manual,
    /// Time, in milliseconds since the step began.
    After(u64),
    /// The answer of the env's hook with this name.
    Hook(String),
}

/// How a client stays with the version that it met first, while a shift runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sticky {
    /// It does not: each request is shared out anew.
    #[default]
    None,
    /// By a cookie that names the version.
    Cookie,
    /// By its address (Traefik's highest random weight, 3.6 and later): nobody moves back while the share grows.
    Address,
}

/// What follows when the candidate does not become ready in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDeadline {
    /// The shift is given up.
    #[default]
    Abort,
    /// It goes on waiting, and says so.
    Wait,
}

/// Whether the first version of an env goes live by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FirstDeploy {
    /// Somebody promotes and switches.
    #[default]
    Manual,
    /// As soon as it is ready.
    Auto,
}

/// Steps that are no plan.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlanError {
    /// None, or more than [`MAX_STEPS`].
    #[error("a plan has 1 to {MAX_STEPS} steps, not {0}")]
    Length(usize),
    /// A share smaller than the one before.
    #[error(
        "step {step} has weight {weight}, less than the step before: shares only grow, and abort takes all back"
    )]
    Falls {
        /// Which, counted from 1.
        step: usize,
        /// Its share.
        weight: u8,
    },
    /// It ends before all of the traffic.
    #[error("the last step has weight {0}: a plan ends with weight 100")]
    Unfinished(u8),
    /// A copy of what the candidate gets anyway.
    #[error(
        "step {0} mirrors requests although the candidate has all of the traffic: leave mirror out"
    )]
    Mirrors(usize),
    /// A time-out before the step may end.
    #[error("step {0} has a max_dwell that is shorter than its min_dwell")]
    Dwell(usize),
    /// A request that cannot be told by a rule.
    #[error("step {step}: {error}")]
    Match {
        /// Which, counted from 1.
        step: usize,
        /// Why not.
        error: MatchError,
    },
}

impl PlanStep {
    /// A share, and on as soon as it is applied.
    pub fn new(weight: Weight) -> Self {
        Self {
            weight,
            mirror: Weight::NONE,
            matches: Vec::new(),
            min_dwell_ms: 0,
            max_dwell_ms: None,
            gate: Gate::None,
        }
    }
}

impl Plan {
    /// Checks the steps.
    pub fn new(name: impl Into<String>, steps: Vec<PlanStep>) -> Result<Self, PlanError> {
        let last = steps.last().map(|step| step.weight);
        let last = last.filter(|_| steps.len() <= MAX_STEPS);
        let last = last.ok_or(PlanError::Length(steps.len()))?;
        if last != Weight::FULL {
            return Err(PlanError::Unfinished(last.percent()));
        }
        let mut before = Weight::NONE;
        for (number, step) in (1..).zip(&steps) {
            step.check(number, before)?;
            before = step.weight;
        }
        Ok(Self::of(name, steps))
    }

    /// One share that stays until somebody says more; all of the traffic is done as soon as it is reached.
    pub fn manual(weight: Weight) -> Self {
        Self::of(MANUAL, vec![PlanStep::new(weight)])
    }

    fn of(name: impl Into<String>, steps: Vec<PlanStep>) -> Self {
        Self {
            name: name.into(),
            steps,
            sticky: Sticky::None,
            on_deadline: OnDeadline::Abort,
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its steps; there is at least one.
    pub fn steps(&self) -> &[PlanStep] {
        &self.steps
    }

    /// One step, counted from 0.
    pub fn step(&self, index: usize) -> Option<&PlanStep> {
        self.steps.get(index)
    }

    /// Which step is the last.
    pub fn last_index(&self) -> usize {
        self.steps.len().saturating_sub(1)
    }

    /// Does it stay where it is until somebody says more.
    pub fn stays(&self) -> bool {
        self.steps
            .last()
            .is_some_and(|step| step.weight != Weight::FULL)
    }

    /// The last step whose share is not more than this one.
    pub fn step_for(&self, weight: Weight) -> usize {
        let reached = self.steps.iter().rposition(|step| step.weight <= weight);
        reached.unwrap_or_default()
    }

    /// The hooks that its gates ask.
    pub fn hooks(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match &step.gate {
            Gate::Hook(name) => Some(name.as_str()),
            Gate::None | Gate::Manual | Gate::After(_) => None,
        })
    }
}

impl PlanStep {
    fn check(&self, number: usize, before: Weight) -> Result<(), PlanError> {
        if self.weight < before {
            return Err(PlanError::Falls {
                step: number,
                weight: self.weight.percent(),
            });
        }
        if self.weight == Weight::FULL && self.mirror != Weight::NONE {
            return Err(PlanError::Mirrors(number));
        }
        if self.max_dwell_ms.is_some_and(|max| max < self.min_dwell_ms) {
            return Err(PlanError::Dwell(number));
        }
        let unsayable = |error| PlanError::Match {
            step: number,
            error,
        };
        let mut matches = self.matches.iter();
        matches.try_for_each(|matched| matched.check().map_err(unsayable))
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<String> = self.steps.iter().map(ToString::to_string).collect();
        write!(f, "{} [{}]", self.name, steps.join(", "))?;
        match self.sticky {
            Sticky::None => {}
            Sticky::Cookie => f.write_str(" sticky by cookie")?,
            Sticky::Address => f.write_str(" sticky by address")?,
        }
        match self.on_deadline {
            OnDeadline::Abort => Ok(()),
            OnDeadline::Wait => f.write_str(" waiting past the deadline"),
        }
    }
}

impl fmt::Display for PlanStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.weight.percent())?;
        if self.mirror != Weight::NONE {
            write!(f, " mirror {}%", self.mirror.percent())?;
        }
        for matched in &self.matches {
            write!(f, " {matched}")?;
        }
        if self.min_dwell_ms > 0 {
            write!(f, " for {}ms", self.min_dwell_ms)?;
        }
        if let Some(max) = self.max_dwell_ms {
            write!(f, " at most {max}ms")?;
        }
        match &self.gate {
            Gate::None => Ok(()),
            Gate::Manual => f.write_str(" until resumed"),
            Gate::After(millis) => write!(f, " after {millis}ms"),
            Gate::Hook(name) => write!(f, " asking {name}"),
        }
    }
}
