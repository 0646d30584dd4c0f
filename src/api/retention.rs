//! How long stacks are kept: the env record's `retention`, and `/v1/gc`.

use serde::{Deserialize, Serialize};

use crate::routing::ids::{AppName, EnvName, Slot, Version};

/// Rules by which stacks go; each is a reason by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionBody {
    /// So many of the newest versions stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_last: Option<u32>,
    /// What is older goes, as Go writes durations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<String>,
    /// Refused: nobody tells Pointsman who asks for previews. Only shown of records that an earlier release took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<String>,
    /// While Docker uses more than this, the oldest go: `20GB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_disk: Option<String>,
    /// How versions of pull requests begin: `pr-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_requests: Option<String>,
    /// What is younger stays; default `10m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_age: Option<String>,
    /// When it is done without being asked: `manual` (default), `deploy`, or a duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// Body of `POST /v1/gc`; it may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GcBody {
    /// Only this application; with `env`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppName>,
    /// Only this env.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<EnvName>,
    /// Numbers of the pull requests that are open; others are closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_pull_requests: Option<Vec<u64>>,
    /// Named volumes go, too.
    #[serde(default, skip_serializing_if = "is_not")]
    pub volumes: bool,
    /// Images stay, although nothing uses them.
    #[serde(default, skip_serializing_if = "is_not")]
    pub keep_images: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
const fn is_not(flag: &bool) -> bool {
    !*flag
}

/// Answer of `/v1/gc`: what becomes of every stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GcAnswer {
    /// By env, the oldest first.
    pub stacks: Vec<GcEntry>,
    /// Removals that are under way.
    pub removing: Vec<Removing>,
    /// What Docker uses on its disk, in bytes, when a rule asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
    /// Of a run: the revision of the document without those that go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

/// A stack that is being removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removing {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub env: EnvName,
    /// The version.
    pub version: Version,
    /// `withdrawing`, `draining`, `detaching` or `removing`.
    pub stage: String,
    /// What is in the way; empty while nothing is.
    pub detail: String,
    /// When the stage is over, RFC 3339, if only time has to pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// What becomes of one stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GcEntry {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub env: EnvName,
    /// The version.
    pub version: Version,
    /// Its slot, if any.
    pub slot: Option<Slot>,
    /// When its oldest container was created, seconds since the epoch.
    pub created: u64,
    /// What would be free without it, in bytes, when that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frees_bytes: Option<u64>,
    /// Whether it goes.
    #[serde(flatten)]
    pub fate: Fate,
}

/// Whether a stack goes, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fate {
    /// It goes.
    pub goes: bool,
    /// Stable word.
    pub reason: String,
    /// In words.
    pub detail: String,
    /// When that is over, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}
