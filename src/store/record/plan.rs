//! A plan as it is stored.

use serde::{Deserialize, Serialize};

use crate::routing::plan::{self, MatchError, Weight};

use super::RecordError;

/// [`plan::Plan`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Plan {
    name: String,
    steps: Vec<Step>,
    #[serde(default, skip_serializing_if = "Sticky::is_none")]
    sticky: Sticky,
    #[serde(default, skip_serializing_if = "OnDeadline::is_abort")]
    on_deadline: OnDeadline,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Step {
    weight: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    mirror: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    matches: Vec<Match>,
    #[serde(default, skip_serializing_if = "is_zero")]
    min_dwell_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_dwell_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Gate::is_none")]
    gate: Gate,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Match {
    Header { name: String, value: String },
    Cookie { name: String, value: String },
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Gate {
    #[default]
    None,
    Manual,
    AfterMs(u64),
    Hook(String),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sticky {
    #[default]
    None,
    Cookie,
    Address,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OnDeadline {
    #[default]
    Abort,
    Wait,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Gate {
    const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
impl Sticky {
    const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
impl OnDeadline {
    const fn is_abort(&self) -> bool {
        matches!(self, Self::Abort)
    }
}

impl From<&plan::Plan> for Plan {
    fn from(plan: &plan::Plan) -> Self {
        Self {
            name: plan.name().to_owned(),
            steps: plan.steps().iter().map(Step::from).collect(),
            sticky: match plan.sticky {
                plan::Sticky::None => Sticky::None,
                plan::Sticky::Cookie => Sticky::Cookie,
                plan::Sticky::Address => Sticky::Address,
            },
            on_deadline: match plan.on_deadline {
                plan::OnDeadline::Abort => OnDeadline::Abort,
                plan::OnDeadline::Wait => OnDeadline::Wait,
            },
        }
    }
}

impl Plan {
    pub(super) fn decode(self) -> Result<plan::Plan, RecordError> {
        let steps: Vec<plan::PlanStep> = self
            .steps
            .into_iter()
            .map(Step::decode)
            .collect::<Result<_, _>>()?;
        // one share that stays is not what anybody can write down as steps
        let mut plan = match steps.as_slice() {
            [only] if only.weight != Weight::FULL => plan::Plan::manual(only.weight),
            _ => plan::Plan::new(self.name, steps)?,
        };
        plan.sticky = match self.sticky {
            Sticky::None => plan::Sticky::None,
            Sticky::Cookie => plan::Sticky::Cookie,
            Sticky::Address => plan::Sticky::Address,
        };
        plan.on_deadline = match self.on_deadline {
            OnDeadline::Abort => plan::OnDeadline::Abort,
            OnDeadline::Wait => plan::OnDeadline::Wait,
        };
        Ok(plan)
    }
}

impl From<&plan::PlanStep> for Step {
    fn from(step: &plan::PlanStep) -> Self {
        let plan::PlanStep {
            weight,
            mirror,
            matches,
            min_dwell_ms,
            max_dwell_ms,
            gate,
        } = step;
        Self {
            weight: weight.percent().into(),
            mirror: mirror.percent().into(),
            matches: matches.iter().map(Match::from).collect(),
            min_dwell_ms: *min_dwell_ms,
            max_dwell_ms: *max_dwell_ms,
            gate: match gate {
                plan::Gate::None => Gate::None,
                plan::Gate::Manual => Gate::Manual,
                plan::Gate::After(millis) => Gate::AfterMs(*millis),
                plan::Gate::Hook(name) => Gate::Hook(name.clone()),
            },
        }
    }
}

impl Step {
    fn decode(self) -> Result<plan::PlanStep, RecordError> {
        Ok(plan::PlanStep {
            weight: Weight::new(self.weight)?,
            mirror: Weight::new(self.mirror)?,
            matches: self
                .matches
                .into_iter()
                .map(Match::decode)
                .collect::<Result<_, _>>()?,
            min_dwell_ms: self.min_dwell_ms,
            max_dwell_ms: self.max_dwell_ms,
            gate: match self.gate {
                Gate::None => plan::Gate::None,
                Gate::Manual => plan::Gate::Manual,
                Gate::AfterMs(millis) => plan::Gate::After(millis),
                Gate::Hook(name) => plan::Gate::Hook(name),
            },
        })
    }
}

impl From<&plan::Match> for Match {
    fn from(matched: &plan::Match) -> Self {
        match matched.clone() {
            plan::Match::Header { name, value } => Self::Header { name, value },
            plan::Match::Cookie { name, value } => Self::Cookie { name, value },
        }
    }
}

impl Match {
    pub(super) fn decode(self) -> Result<plan::Match, MatchError> {
        let matched = match self {
            Self::Header { name, value } => plan::Match::Header { name, value },
            Self::Cookie { name, value } => plan::Match::Cookie { name, value },
        };
        matched.check()?;
        Ok(matched)
    }
}
