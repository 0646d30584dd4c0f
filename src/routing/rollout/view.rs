//! What the machine sees of the world: each version's health, as the table derives it.

use std::collections::BTreeMap;

use crate::routing::ids::Version;
use crate::routing::time::Timestamp;

/// All stacks of one env.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// By version. Without routed containers a version is absent, unless a slot holds it: then it has no servers.
    pub stacks: BTreeMap<Version, StackHealth>,
    /// The Docker view is complete and current. While it is not, nothing moves by itself.
    pub current: bool,
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
}
