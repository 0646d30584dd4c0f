//! What a transition was, for the audit log and for those who listen.

use std::fmt;

use super::Hold;

/// What a transition was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// There was nothing to do.
    Nothing,
    /// A version went into the other slot.
    Placed,
    /// A shift waits for its candidate.
    ShiftPending,
    /// The candidate was made anew, and its shift begins again.
    ShiftRestarted,
    /// The candidate takes its first share.
    ShiftBegun,
    /// Somebody gave it another share.
    Weighed,
    /// The plan went on to its next step.
    Advanced,
    /// The clock stands.
    Held(Hold),
    /// The clock runs again.
    Resumed,
    /// All live traffic went back to the active version.
    Aborted(Cause),
    /// The candidate is active.
    Switched,
    /// The previous version is active again.
    RolledBack,
    /// The standby took over from a dead active version.
    FailedOver,
    /// The other slot was emptied.
    Evicted,
    /// Changes are forbidden.
    Frozen,
    /// Changes are allowed again.
    Unfrozen,
    /// A version was withdrawn.
    Retired,
    /// Nothing is left of a version that was being removed.
    Removed(
        /// What went, in words.
        String,
    ),
    /// A withdrawn version's containers are gone, or new ones came.
    Forgotten,
    /// The live host answers 503.
    Closed,
    /// The live host is itself again.
    Opened,
}

/// Why a shift was ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Somebody asked for it.
    Asked,
    /// The candidate was not ready in time.
    Deadline,
    /// It had no healthy server for too long.
    Died,
    /// A hook said so.
    Hook {
        /// Which.
        name: String,
        /// What it said.
        why: String,
    },
}

impl What {
    /// Its stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Placed => "placed",
            Self::ShiftPending => "shift-pending",
            Self::ShiftRestarted => "shift-restarted",
            Self::ShiftBegun => "shift-begun",
            Self::Weighed => "weighed",
            Self::Advanced => "advanced",
            Self::Held(_) => "held",
            Self::Resumed => "resumed",
            Self::Aborted(_) => "aborted",
            Self::Switched => "switched",
            Self::RolledBack => "rolled-back",
            Self::FailedOver => "failed-over",
            Self::Evicted => "evicted",
            Self::Frozen => "frozen",
            Self::Unfrozen => "unfrozen",
            Self::Retired => "retired",
            Self::Removed(_) => "removed",
            Self::Forgotten => "forgotten",
            Self::Closed => "maintenance-on",
            Self::Opened => "maintenance-off",
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Held(hold) => return write!(f, "held: {hold}"),
            Self::Aborted(cause) => return write!(f, "shift aborted{cause}"),
            Self::Removed(what) => return f.write_str(what),
            Self::Nothing => "nothing to do",
            Self::Placed => "placed",
            Self::ShiftPending => "shift waits for its candidate",
            Self::ShiftRestarted => "shift begins again: the candidate was made anew",
            Self::ShiftBegun => "shift begun",
            Self::Weighed => "share set",
            Self::Advanced => "next step",
            Self::Resumed => "resumed",
            Self::Switched => "switched",
            Self::RolledBack => "rolled back",
            Self::FailedOver => "failed over: the active version was dead, the standby took over",
            Self::Evicted => "other slot emptied",
            Self::Frozen => "frozen",
            Self::Unfrozen => "unfrozen",
            Self::Retired => "retired",
            Self::Forgotten => "retired version is gone",
            Self::Closed => "maintenance on",
            Self::Opened => "maintenance off",
        };
        f.write_str(words)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => Ok(()),
            Self::Deadline => f.write_str(": the candidate was not ready in time"),
            Self::Died => f.write_str(": the candidate died"),
            Self::Hook { name, why } => write!(f, ": hook {name} said no: {why}"),
        }
    }
}
