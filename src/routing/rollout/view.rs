//! What the machine sees of the world: each version's health, as the table derives it, the env's policy, and how far
//! the proxies are.

use std::collections::BTreeMap;

use crate::routing::ids::{Incarnation, Version};
use crate::routing::plan::{FirstDeploy, Plan};
use crate::routing::time::Timestamp;

/// All stacks of one env.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// By version. Without routed containers a version is absent, unless a slot holds it: then it has no servers.
    pub stacks: BTreeMap<Version, StackHealth>,
    /// When the containers of each version were made, whether any of them is routed or not.
    pub made: BTreeMap<Version, Made>,
    /// The Docker view is complete and current. While it is not, nothing moves by itself.
    pub current: bool,
    /// Every live proxy has whatever was published until then; `None` while nobody asks for the document.
    pub applied_until: Option<Timestamp>,
    /// What the env's record says about shifts.
    pub policy: Policy,
}

/// When a version's containers were made, in seconds since the epoch, by Docker's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// The oldest of its deployment. Containers that were withdrawn are none of a newer one.
    pub created: u64,
    /// The oldest of all.
    pub oldest: u64,
    /// The newest of all.
    pub newest: u64,
}

impl Made {
    /// All at once.
    pub const fn at(created: u64) -> Self {
        Self {
            created,
            oldest: created,
            newest: created,
        }
    }
}

/// What an env's record says about shifts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The plan of a `shift` that names none.
    pub plan: Option<Plan>,
    /// Whether the first version goes live by itself.
    pub first_deploy: FirstDeploy,
    /// Whether the standby takes over from a dead active version.
    pub auto_failover: bool,
    /// The hook that is asked before a switch.
    pub pre_switch: Option<String>,
    /// The hook that is asked after a switch, before it is final.
    pub post_switch: Option<String>,
    /// All hooks that a plan's gates may name.
    pub hooks: Vec<String>,
}

/// One version's health.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackHealth {
    /// Routed containers in any state, without compose one-offs.
    pub expected: u32,
    /// Servers that can take traffic now.
    pub healthy: u32,
    /// Enough of them, and each routed compose service has one.
    pub sufficient: bool,
    /// When the slowest of them will have been up for the minimum time (the past, when all have).
    pub settled_at: Timestamp,
    /// Since when none is healthy.
    pub down_since: Option<Timestamp>,
    /// Why it is not sufficient, in words; empty when it is.
    pub reason: String,
    /// What it is made of: images and compose configuration.
    pub incarnation: Option<Incarnation>,
    /// When its oldest container was made, in seconds since the epoch.
    pub created: u64,
}

impl View {
    /// One version's health.
    pub fn stack(&self, version: &Version) -> Option<&StackHealth> {
        self.stacks.get(version)
    }

    /// At least one healthy server.
    pub fn is_alive(&self, version: &Version) -> bool {
        self.stack(version).is_some_and(|stack| stack.healthy > 0)
    }

    /// What a version is made of.
    pub fn incarnation(&self, version: &Version) -> Option<Incarnation> {
        self.stack(version).and_then(|stack| stack.incarnation)
    }
}
