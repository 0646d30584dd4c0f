//! Why a verb is refused: a value with a stable code, never a bare string.

use thiserror::Error;

use crate::routing::ids::Version;
use crate::routing::time::Timestamp;

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
}

impl Refusal {
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
        }
    }
}
