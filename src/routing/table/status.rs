//! What the table can tell about an env and its stacks: plain values for the admin API.

use crate::routing::ids::{EnvKey, Slot, Version};
use crate::routing::model::EnvRecord;
use crate::routing::rollout::{Record, StackHealth};
use crate::routing::time::Timestamp;

/// One env as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvStatus {
    /// Its record.
    pub env: EnvRecord,
    /// Its slots.
    pub rollout: Record,
    /// Its stacks, oldest first, without those of withdrawn versions.
    pub stacks: Vec<StackStatus>,
    /// Live shares after health.
    pub effective: Share,
    /// URLs of the live host.
    pub live_urls: Vec<String>,
    /// URLs of the staged host.
    pub staged_urls: Vec<String>,
    /// When this was derived.
    pub now: Timestamp,
}

/// One stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackStatus {
    /// Its env.
    pub key: EnvKey,
    /// Its version.
    pub version: Version,
    /// Its slot.
    pub slot: Option<Slot>,
    /// It has the live host.
    pub active: bool,
    /// When its oldest container was created, seconds since the epoch.
    pub created: u64,
    /// Its preview URLs (whether or not it is a preview now); none when it is withdrawn.
    pub urls: Vec<String>,
    /// How it is.
    pub health: StackHealth,
    /// Ready for `switch` at the time of asking.
    pub ready: bool,
}

/// Shares of live traffic by slot, in percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Blue's.
    pub blue: u8,
    /// Green's.
    pub green: u8,
}
