//! A shift as it is stored.

use serde::{Deserialize, Serialize};

use crate::routing::ids::Incarnation;
use crate::routing::plan::{self, Weight};
use crate::routing::rollout;
use crate::routing::time::Timestamp;

use super::RecordError;
use super::plan::Plan;

/// [`rollout::Shift`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Shift {
    weight: u64,
    phase: Phase,
    /// Absent in schema 1, which knew only shares that somebody names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plan: Option<Plan>,
    #[serde(default)]
    step: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    incarnation: Option<String>,
    #[serde(default)]
    entered_at_ms: u64,
    /// Since when the clock runs, while it does.
    #[serde(default)]
    since_ms: u64,
    #[serde(default)]
    started_generation: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Phase {
    Pending { deadline_ms: u64 },
    Running,
    Held(Hold),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Hold {
    User { by: String },
    Gate,
    Hook { name: String },
    HookRefused { name: String, why: String },
    Inconclusive,
    Frozen,
    CandidateDead,
    StableDead,
    DockerStale,
    ProxyStale,
    Restart,
}

impl From<&rollout::Shift> for Shift {
    fn from(shift: &rollout::Shift) -> Self {
        // without `..`: a field added to the live type breaks the build here
        let rollout::Shift {
            plan,
            step,
            weight,
            incarnation,
            entered_at,
            phase,
            started_generation,
        } = shift;
        let since_ms = match phase {
            rollout::Phase::Running { since } => since.as_millis(),
            rollout::Phase::Pending { .. } | rollout::Phase::Held(_) => 0,
        };
        Self {
            weight: weight.percent().into(),
            phase: match phase {
                rollout::Phase::Pending { deadline } => Phase::Pending {
                    deadline_ms: deadline.as_millis(),
                },
                rollout::Phase::Running { .. } => Phase::Running,
                rollout::Phase::Held(hold) => Phase::Held(hold.into()),
            },
            plan: Some(plan.into()),
            step: *step,
            incarnation: incarnation.map(|it| it.to_string()),
            entered_at_ms: entered_at.as_millis(),
            since_ms,
            started_generation: *started_generation,
        }
    }
}

impl Shift {
    pub(super) fn decode(self) -> Result<rollout::Shift, RecordError> {
        let weight = Weight::new(self.weight)?;
        let plan = self.plan.map(Plan::decode).transpose()?;
        let plan = plan.unwrap_or_else(|| plan::Plan::manual(weight));
        if plan.step(self.step).is_none() {
            return Err(RecordError::Step {
                step: self.step,
                steps: plan.steps().len(),
            });
        }
        Ok(rollout::Shift {
            plan,
            step: self.step,
            weight,
            incarnation: parse_incarnation(self.incarnation.as_deref())?,
            entered_at: Timestamp::from_millis(self.entered_at_ms),
            phase: match self.phase {
                Phase::Pending { deadline_ms } => rollout::Phase::Pending {
                    deadline: Timestamp::from_millis(deadline_ms),
                },
                Phase::Running => rollout::Phase::Running {
                    since: Timestamp::from_millis(self.since_ms),
                },
                Phase::Held(hold) => rollout::Phase::Held(hold.into()),
            },
            started_generation: self.started_generation,
        })
    }
}

pub(super) fn parse_incarnation(text: Option<&str>) -> Result<Option<Incarnation>, RecordError> {
    Ok(text.map(Incarnation::parse).transpose()?)
}

impl From<&rollout::Hold> for Hold {
    fn from(hold: &rollout::Hold) -> Self {
        match hold.clone() {
            rollout::Hold::User { by } => Self::User { by },
            rollout::Hold::Gate => Self::Gate,
            rollout::Hold::Hook { name } => Self::Hook { name },
            rollout::Hold::Refused { name, why } => Self::HookRefused { name, why },
            rollout::Hold::Overdue => Self::Inconclusive,
            rollout::Hold::Frozen => Self::Frozen,
            rollout::Hold::CandidateDead => Self::CandidateDead,
            rollout::Hold::StableDead => Self::StableDead,
            rollout::Hold::DockerStale => Self::DockerStale,
            rollout::Hold::ProxyStale => Self::ProxyStale,
            rollout::Hold::Restart => Self::Restart,
        }
    }
}

impl From<Hold> for rollout::Hold {
    fn from(hold: Hold) -> Self {
        match hold {
            Hold::User { by } => Self::User { by },
            Hold::Gate => Self::Gate,
            Hold::Hook { name } => Self::Hook { name },
            Hold::HookRefused { name, why } => Self::Refused { name, why },
            Hold::Inconclusive => Self::Overdue,
            Hold::Frozen => Self::Frozen,
            Hold::CandidateDead => Self::CandidateDead,
            Hold::StableDead => Self::StableDead,
            Hold::DockerStale => Self::DockerStale,
            Hold::ProxyStale => Self::ProxyStale,
            Hold::Restart => Self::Restart,
        }
    }
}
