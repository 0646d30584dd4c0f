//! What an operator can ask for, and the passing of time.

use crate::routing::ids::Version;

use super::Weight;

/// An operator's verb on one env.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Put a version into the other slot; with a weight, also give it that share of live traffic.
    Promote {
        /// Which version.
        version: Version,
        /// Its share once it is ready; `None` places it only.
        weight: Option<Weight>,
    },
    /// Exchange active and other; in a shift, finish it.
    Switch,
    /// Back to the previous version; in a shift, abort it.
    Rollback,
    /// Empty the other slot.
    Evict,
}

impl Command {
    /// The verb's one name, the same at every door.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Promote { .. } => "promote",
            Self::Switch => "switch",
            Self::Rollback => "rollback",
            Self::Evict => "evict",
        }
    }
}

/// What can move a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody asked.
    Command(Command),
    /// Health or time may have changed: pending steps and deadlines are looked at.
    Tick,
}
