//! What the plan is made from.

use std::collections::BTreeSet;

use crate::routing::ids::{EnvKey, Version};
use crate::routing::model::Retention;
use crate::routing::rollout::Record;
use crate::routing::time::Timestamp;

/// Everything at one moment.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// That moment.
    pub now: Timestamp,
    /// The envs that are looked at, each once.
    pub envs: Vec<EnvFacts>,
    /// What Docker uses on its disk, in bytes; `None` when nobody asked it.
    pub disk_bytes: Option<u64>,
    /// Numbers of the pull requests that are open; `None` when nobody said.
    pub open: Option<BTreeSet<u64>>,
}

/// One env.
#[derive(Clone, Debug)]
pub struct EnvFacts {
    /// Which.
    pub key: EnvKey,
    /// Its slots, and what else it names.
    pub record: Record,
    /// What its record, or the daemon, says about keeping; `None` when neither does.
    pub policy: Option<Retention>,
    /// All its stacks.
    pub stacks: Vec<StackFacts>,
}

/// One stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackFacts {
    /// Its version.
    pub version: Version,
    /// When its oldest container was made, in seconds since the epoch.
    pub created: u64,
    /// When its youngest container was made; a stack is as young as that.
    pub youngest: u64,
    /// Until when requests that it got as a live version may still be under way.
    pub draining_until: Option<Timestamp>,
    /// When somebody last asked for it; `None` when that is not known.
    pub last_request: Option<Timestamp>,
    /// What would be free without it, in bytes; `None` when it is not known.
    pub frees_bytes: Option<u64>,
    /// Why it is not certain that its containers are its own, or that they may be stopped.
    pub guarded: Option<String>,
}

impl StackFacts {
    /// The order in which stacks get old.
    pub(super) fn age_key(&self) -> (u64, &Version) {
        (self.created, &self.version)
    }
}
