//! What an operator can ask for, what hooks answer, and the passing of time.

use std::fmt;

use crate::routing::ids::Version;
use crate::routing::plan::{Plan, Weight};
use crate::routing::time::Timestamp;

use super::Removal;

/// An operator's verb on one env.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Put a version into the other slot; with a weight, also give it that share of live traffic.
    Promote {
        /// Which version.
        version: Version,
        /// Its share once it is ready; `None` places it only.
        weight: Option<Weight>,
        /// What may be overridden.
        insist: Insist,
    },
    /// Exchange active and other; in a shift, finish it.
    Switch {
        /// What may be overridden.
        insist: Insist,
    },
    /// Back to the previous version; in a shift, abort it.
    Rollback,
    /// Give the other slot this share, and stay there.
    Weight {
        /// Its share.
        weight: Weight,
        /// What may be overridden.
        insist: Insist,
    },
    /// Move live traffic to the other slot by a plan; `None` means the env's own.
    Shift {
        /// Its steps.
        plan: Option<Plan>,
        /// What may be overridden.
        insist: Insist,
    },
    /// Stop a shift's clock; the shares stay.
    Hold,
    /// Let it go on, past a gate too.
    Resume,
    /// Take all live traffic back to the active version.
    Abort,
    /// Skip to all of the traffic.
    Finish,
    /// Empty the other slot.
    Evict,
    /// Forbid changes; going back stays allowed.
    Freeze {
        /// What for.
        why: String,
        /// When it ends by itself.
        until: Option<Until>,
    },
    /// Allow them again.
    Unfreeze,
    /// Withdraw a version from routing for good.
    Retire {
        /// Which.
        version: Version,
        /// What is removed afterwards; `None` leaves its containers alone.
        removal: Option<Removal>,
        /// What may be overridden.
        insist: Insist,
    },
    /// Let the live host answer 503, or no longer.
    Maintenance(Option<Closure>),
}

/// When something ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Then.
    At(Timestamp),
    /// So many milliseconds after it was accepted.
    After(u64),
}

/// What visitors of a closed live host are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    /// In words.
    pub message: String,
    /// When they should come again, in seconds.
    pub retry_after_s: u32,
}

/// What a verb may override when it is told to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Insist {
    /// Try again what has failed; retire what is active.
    pub force: bool,
    /// End a running shift for it.
    pub supersede: bool,
}

impl Command {
    /// A switch that overrides nothing.
    pub const fn switch() -> Self {
        Self::Switch {
            insist: Insist::NONE,
        }
    }

    /// The verb's one name, the same at every door.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Promote { .. } => "promote",
            Self::Switch { .. } => "switch",
            Self::Rollback => "rollback",
            Self::Weight { .. } => "weight",
            Self::Shift { .. } => "shift",
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::Abort => "abort",
            Self::Finish => "finish",
            Self::Evict => "evict",
            Self::Freeze { .. } => "freeze",
            Self::Unfreeze => "unfreeze",
            Self::Retire { .. } => "retire",
            Self::Maintenance(_) => "maintenance",
        }
    }
}

/// What can move a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody asked.
    Command {
        /// For what.
        command: Command,
        /// Who.
        by: String,
    },
    /// Health or time may have changed: pending steps and deadlines are looked at.
    Tick,
    /// The daemon has read the record and knows nothing of the time in between.
    Boot,
    /// A hook has answered.
    Verdict(Verdict),
    /// Nothing is left of a version that was being removed.
    Removed {
        /// Which.
        version: Version,
        /// What went, in words.
        what: String,
    },
}

impl Event {
    /// A command of somebody who does not matter.
    pub fn command(command: Command) -> Self {
        Self::Command {
            command,
            by: String::new(),
        }
    }
}

/// What a hook said about a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Which hook.
    pub hook: String,
    /// The generation that began the shift it was asked about.
    pub started_generation: u64,
    /// The step it was asked about.
    pub step: usize,
    /// What it said.
    pub answer: HookAnswer,
}

/// A hook's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookAnswer {
    /// Go on.
    Open,
    /// Stay where you are, and tell a person.
    Hold {
        /// Why.
        why: String,
    },
    /// Go back.
    Abort {
        /// Why.
        why: String,
    },
}

/// The command as an operator would type it.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verb())?;
        match self {
            Self::Promote {
                version, weight, ..
            } => {
                write!(f, " {version}")?;
                if let Some(weight) = weight {
                    write!(f, " {}%", weight.percent())?;
                }
            }
            Self::Weight { weight, .. } => write!(f, " {}%", weight.percent())?,
            Self::Shift { plan, .. } => {
                if let Some(plan) = plan {
                    write!(f, " {plan}")?;
                }
            }
            Self::Freeze { why, until } => {
                if !why.is_empty() {
                    write!(f, " --why {why:?}")?;
                }
                match until {
                    None => {}
                    Some(Until::At(at)) => write!(f, " --until {at}")?,
                    Some(Until::After(millis)) => write!(f, " --for {millis}ms")?,
                }
            }
            Self::Retire {
                version, removal, ..
            } => {
                write!(f, " {version}")?;
                if let Some(removal) = removal {
                    removal.fmt(f)?;
                }
            }
            Self::Maintenance(Some(closure)) => {
                write!(f, " on --retry-after {}s", closure.retry_after_s)?;
                if !closure.message.is_empty() {
                    write!(f, " --message {:?}", closure.message)?;
                }
            }
            Self::Maintenance(None) => f.write_str(" off")?,
            Self::Switch { .. }
            | Self::Rollback
            | Self::Hold
            | Self::Resume
            | Self::Abort
            | Self::Finish
            | Self::Evict
            | Self::Unfreeze => {}
        }
        self.insist().fmt(f)
    }
}

impl fmt::Display for Removal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(" --remove")?;
        if self.volumes {
            f.write_str(" --volumes")?;
        }
        if self.keep_images {
            f.write_str(" --keep-images")?;
        }
        Ok(())
    }
}

impl fmt::Display for Insist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.force {
            f.write_str(" --force")?;
        }
        if self.supersede {
            f.write_str(" --supersede")?;
        }
        Ok(())
    }
}

impl Insist {
    /// Nothing is overridden.
    pub const NONE: Self = Self {
        force: false,
        supersede: false,
    };
}

impl Command {
    /// What it may override.
    pub fn insist(&self) -> Insist {
        match self {
            Self::Promote { insist, .. }
            | Self::Switch { insist }
            | Self::Weight { insist, .. }
            | Self::Shift { insist, .. }
            | Self::Retire { insist, .. } => *insist,
            Self::Rollback
            | Self::Hold
            | Self::Resume
            | Self::Abort
            | Self::Finish
            | Self::Evict
            | Self::Freeze { .. }
            | Self::Unfreeze
            | Self::Maintenance(_) => Insist::NONE,
        }
    }
}
