//! Why a verb is refused: a value with a stable code, never a bare string.

use thiserror::Error;

use crate::routing::ids::Version;
use crate::routing::plan;
use crate::routing::time::Timestamp;

use super::Hold;

/// A command that the state forbids. The record is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A weight shares live traffic, and nothing is live.
    #[error(
        "no version is active yet, so there is no traffic to share: promote without a weight, then switch"
    )]
    NoActive,
    /// The other slot is empty.
    #[error("the other slot is empty: promote a version first")]
    NothingStaged,
    /// The version has no routed containers.
    #[error("version {version} has no routed containers in this env: deploy it first")]
    UnknownVersion {
        /// Which.
        version: Version,
    },
    /// The version already has the live host.
    #[error("version {version} is already active")]
    AlreadyActive {
        /// Which.
        version: Version,
    },
    /// Another version is taking over.
    #[error(
        "a shift from {from} to {to} is running: finish it with switch or abort it with rollback"
    )]
    Shifting {
        /// Active.
        from: Version,
        /// Candidate.
        to: Version,
    },
    /// Only "not yet".
    #[error("version {version} is not ready: {reason}")]
    NotReady {
        /// Which.
        version: Version,
        /// What is missing.
        reason: String,
        /// When it will be ready if nothing changes; unknown while servers are missing.
        ready_at: Option<Timestamp>,
    },
    /// There is nothing to go back to.
    #[error("there is no previous version to roll back to")]
    NoPrevious,
    /// What rollback would return to cannot answer.
    #[error(
        "version {version} has no healthy server, so rolling back to it would take the app down"
    )]
    PreviousDown {
        /// Which.
        version: Version,
    },
    /// Changes are forbidden.
    #[error("frozen by {by}{because}: `unfreeze` lifts it; rollback and abort stay allowed", because = because(why))]
    Frozen {
        /// Who.
        by: String,
        /// What for.
        why: String,
    },
    /// Health is not known.
    #[error(
        "Docker does not answer, so nothing is known of version {version} now; rollback and abort stay possible"
    )]
    DockerAway {
        /// Which.
        version: Version,
    },
    /// It would end before it begins.
    #[error("a freeze must end in the future")]
    AlreadyOver,
    /// No live traffic is on its way.
    #[error("no shift is running")]
    NotShifting,
    /// The shift's clock runs, or it stays where it is by itself.
    #[error("nothing is held: the shift goes on by itself, or waits for weight, finish or abort")]
    NotHeld,
    /// The candidate is not ready, so there is no clock to stop.
    #[error("the shift has not begun: version {version} is not ready; abort ends it")]
    NotBegun {
        /// The candidate.
        version: Version,
    },
    /// Its cause is still there.
    #[error("still held: {hold}")]
    StillHeld {
        /// Why.
        hold: Hold,
    },
    /// A candidate that failed is not tried again by accident.
    #[error("version {version} has failed as it is ({why}): deploy it anew, or insist with force")]
    Failed {
        /// Which.
        version: Version,
        /// How.
        why: String,
    },
    /// Neither the request nor the env has a plan.
    #[error("this env has no plan of its own: name one ({list}), or write its steps down", list = plan::NAMES.join(", "))]
    NoPlan,
    /// A gate asks somebody who is not there.
    #[error("the plan asks hook {name:?}, and the env's record has no such hook")]
    UnknownHook {
        /// Which.
        name: String,
    },
    /// Withdrawn for good.
    #[error("version {version} is retired: deploy it anew")]
    Retired {
        /// Which.
        version: Version,
    },
    /// It has the live host.
    #[error(
        "version {version} is active: switch to another one first, or insist with force, which leaves the env without a live version"
    )]
    StillActive {
        /// Which.
        version: Version,
    },
}

fn because(why: &str) -> String {
    if why.is_empty() {
        return String::new();
    }
    format!(" ({why})")
}

impl Refusal {
    /// For a "not yet": when it will be over, if that is known.
    pub const fn ready_at(&self) -> Option<Option<Timestamp>> {
        if let Self::NotReady { ready_at, .. } = self {
            return Some(*ready_at);
        }
        None
    }

    /// Stable code for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoActive => "no_active",
            Self::NothingStaged => "nothing_staged",
            Self::UnknownVersion { .. } => "unknown_version",
            Self::AlreadyActive { .. } => "already_active",
            Self::Shifting { .. } => "shifting",
            Self::NotReady { .. } => "not_ready",
            Self::NoPrevious => "no_previous",
            Self::PreviousDown { .. } => "previous_down",
            Self::Frozen { .. } => "frozen",
            Self::DockerAway { .. } => "docker_away",
            Self::AlreadyOver => "already_over",
            Self::NotShifting => "not_shifting",
            Self::NotHeld => "not_held",
            Self::NotBegun { .. } => "not_begun",
            Self::StillHeld { .. } => "held",
            Self::Failed { .. } => "failed",
            Self::NoPlan => "no_plan",
            Self::UnknownHook { .. } => "unknown_hook",
            Self::Retired { .. } => "retired",
            Self::StillActive { .. } => "still_active",
        }
    }
}
